%define MODE LONG64
%define SAYS "A write to a page mapped for reading is a nested fault"
%include "guest.inc"
; The qualification: bits 2:0 the access made, 5:3 what the mapping allows, 7 the linear address is
; valid, 8 the access was not one of the page walk. Higher bits depend on the CPU.
%include "nested.inc"

	mov dword [PAGE_ + 8], 0x11223344
	call_board HYPERCALL_ON_FAULT, ON_FAULT_MAP
	call_board HYPERCALL_NESTED_RIGHTS, PAGE_, 0x1000, ACCESS_READ
	check_equal eax, 0
	mov ebp, [PAGE_ + 8]
	check_equal ebp, 0x11223344
	faults_times 1, 1, NESTED_FAULT, NESTED(ACCESS_WRITE, ACCESS_READ), NESTED_MASK, mov [PAGE_ + 16], ebp
	with_field GPA, PAGE_ + 16
	check_equal dword [PAGE_ + 16], 0x11223344
	final_memory PAGE_ + 16, 0x11223344
	hypercall_done
