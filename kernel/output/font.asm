; The console font that tools/make-font took from a distribution package: 256 glyphs of 16 rows.

global console_font

section .rodata
console_font:
	incbin "font.bin", 0, 4096
