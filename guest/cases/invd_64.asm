%define MODE LONG64
%define SAYS "INVD exits and is carried out without harm"
%include "guest.inc"
	mov dword [0x10000], 0x1234
	exits INVD, 0, invd
	mov ebp, [0x10000]
	final ebp, 0x1234
	hypercall_done
