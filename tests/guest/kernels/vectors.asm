; An entry for each interrupt vector, which hands over what is on the stack: struct frame of vectors.h.
	bits	32
	global	vector_entries
	extern	trap

	section	.text
%assign vector 0
%rep 256
entry_%+vector:
%if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17)
	push	dword 0		; an error code for all
%endif
	push	dword vector
	jmp	to_c
%assign vector vector + 1
%endrep

to_c:
	pushad
	cld
	push	esp
	call	trap
	add	esp, 4
	popad
	add	esp, 8
	iret

	section	.data
	align	4
vector_entries:
%assign vector 0
%rep 256
	dd	entry_%+vector
%assign vector vector + 1
%endrep
