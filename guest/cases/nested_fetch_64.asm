%define MODE LONG64
%define SAYS "A fetch from a page that is not executable is a nested fault"
%include "guest.inc"
; The qualification: bits 2:0 the access made, 5:3 what the mapping allows, 7 the linear address is
; valid, 8 the access was not one of the page walk. Higher bits depend on the CPU.
%include "nested.inc"

	mov byte [PAGE_], 0xc3 ; RET
	call_board HYPERCALL_ON_FAULT, ON_FAULT_MAP
	call_board HYPERCALL_NESTED_RIGHTS, PAGE_, 0x1000, ACCESS_READ | ACCESS_WRITE
	check_equal eax, 0
	mov eax, PAGE_
	exit_at PAGE_, NESTED_FAULT, NESTED(ACCESS_EXECUTE, ACCESS_READ | ACCESS_WRITE), NESTED_MASK, 1, 1
	with_field GPA, PAGE_
	call rax
	mov eax, PAGE_
	call rax
	hypercall_done
