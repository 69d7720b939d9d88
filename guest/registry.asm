; The table of embedded test guests. The Makefile writes the list of names from guest/cases/,
; sorted, and assembles each image.

global guest_registry, guest_registry_count

%assign guests 0
%macro guest_image 1
	section .rodata.guest_images
%%name:	db %str(%1), 0
	align 16, db 0
%%image:
	incbin %strcat("guest/", %str(%1), ".bin")
%%end:
	section .rodata.guest_registry
	dq %%name, %%image, %%end
	%assign guests guests + 1
%endmacro

section .rodata.guest_images progbits alloc noexec nowrite align=16
section .rodata.guest_registry progbits alloc noexec nowrite align=8
guest_registry:

%include "guest/registry.inc"

section .rodata.guest_registry
guest_registry_count:
	dq guests
