; The console font that tools/make-font took from a distribution package: glyphs of 16 rows
; for the characters that a line of the log consists of, ' ' to '~'.

global console_font

section .rodata
console_font:
	incbin "font.bin", ' ' * 16, ('~' - ' ' + 1) * 16
