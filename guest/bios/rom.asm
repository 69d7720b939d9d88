; The BIOS of machines without firmware (guest/bios/rom/), and the option ROM of those with one
; (guest/bios/option/), parts of the image.
	default rel
	global	bios_rom, linux_rom

	section	.rodata
bios_rom:
	incbin	"gen/bios.bin"
linux_rom:
	incbin	"gen/linux_rom.bin"
