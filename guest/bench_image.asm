; The benchmark (guest/bench/), part of the image.
	default rel
	global	bench_image, bench_image_end

	section	.rodata.bench_image progbits alloc noexec nowrite align=16
bench_image:
	incbin	"gen/bench.elf"
bench_image_end:
