%define MODE LONG64
%define SAYS "LMSW exits from a register and from memory"
%include "guest.inc"
LMSW_TYPE   equ 3 << 4
LMSW_MEMORY equ 1 << 6
	smsw eax
	or eax, CR0_TS
	faults_times 1, 1, LMSW, LMSW_TYPE | CR0_TS << 16, LMSW_TYPE | LMSW_MEMORY | CR0_TS << 16, lmsw ax
	with_field LMSW_VALUE, CR0_TS, CR0_TS
	smsw ebx
	test ebx, CR0_TS
	check nz
	and ebx, ~CR0_TS
	mov [word_], bx
	faults_times 1, 1, LMSW, LMSW_TYPE | LMSW_MEMORY, LMSW_TYPE | LMSW_MEMORY | CR0_TS << 16, lmsw [word_]
	smsw ebx
	test ebx, CR0_TS
	check z
	hypercall_done
word_:	dw 0, 0
