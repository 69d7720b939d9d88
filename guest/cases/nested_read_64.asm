%define MODE LONG64
%define SAYS "A read of an unmapped page is a nested fault; mapped, it succeeds"
%include "guest.inc"
; The qualification: bits 2:0 the access made, 5:3 what the mapping allows, 7 the linear address is
; valid, 8 the access was not one of the page walk. Higher bits depend on the CPU.
%include "nested.inc"

	mov dword [PAGE_ + 8], 0x11223344
	call_board HYPERCALL_ON_FAULT, ON_FAULT_MAP
	call_board HYPERCALL_NESTED_RIGHTS, PAGE_, 0x1000, 0
	check_equal eax, 0
	faults_times 1, 1, NESTED_FAULT, NESTED(ACCESS_READ, 0), NESTED_MASK, mov ebp, [PAGE_ + 8]
	with_field GPA, PAGE_ + 8
	with_field GVA, PAGE_ + 8
	with_field ACCESS, ACCESS_READ
	with_field ALLOWED, 0
	check_equal ebp, 0x11223344
	mov ebp, [PAGE_ + 8]
	final ebp, 0x11223344
	hypercall_done
