; The compiled DSDT of guests' machines, part of the image.
	default rel
	global	dsdt_start, dsdt_end

	section	.rodata
dsdt_start:
	incbin	"gen/dsdt.aml"
dsdt_end:
