%define MODE LONG64
%define SAYS "INVLPG exits when the owner asks, and the translation is gone"
%define INTERCEPTS INTERCEPT_INVLPG
%include "guest.inc"
; A second mapping of the first 2 MiB is used, taken away, and flushed: its next use must fault.
ENTRY equ 0x3000 + 8 ; maps 2 MiB to 4 MiB
	mov qword [ENTRY], 0x87 ; to physical 0
	mov eax, [0x200000 + marker]
	check_equal eax, 0x600d600d
	mov qword [ENTRY], 0x86 ; not present
	exits INVLPG, 0x200000 + marker, invlpg [0x200000 + marker]
	handle VECTOR_PAGE_FAULT, on_page_fault
	xor ebp, ebp
	mov eax, [0x200000 + marker]
	fail_here
behind:
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_page_fault:
	drop_error_code
	inc ebp
	return_to behind
	align 4
marker:	dd 0x600d600d
