; The BIOS of machines without firmware (guest/bios/rom/), part of the image.
	default rel
	global	bios_rom

	section	.rodata
bios_rom:
	incbin	"gen/bios.bin"
