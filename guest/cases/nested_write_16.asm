%define MODE REAL16
%define SAYS "Nested faults in real mode: the board skips or maps"
%include "guest.inc"
%include "nested.inc"
	mov eax, PAGE_ / 16
	mov ds, ax
	mov dword [0], 0x55667788
	xor ax, ax
	mov ds, ax
	call_board HYPERCALL_ON_FAULT, ON_FAULT_MAP
	call_board HYPERCALL_NESTED_RIGHTS, PAGE_, 0x1000, 0
	check_equal eax, 0
	mov eax, PAGE_ / 16
	mov ds, ax
	faults_times 1, 1, NESTED_FAULT, NESTED(ACCESS_WRITE, 0), NESTED_MASK, mov byte [1], 0x99
	with_field GPA, PAGE_ + 1
	mov ebp, [0]
	final ebp, 0x55669988
	hypercall_done
