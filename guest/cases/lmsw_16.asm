%define MODE REAL16
%define SAYS "LMSW enters protected mode from real mode"
%include "guest.inc"
	lgdt [gdt_pointer]
	smsw eax
	or eax, CR0_PE
	exit_at here, LMSW, 0x30 | CR0_PE << 16, 0x10070, 1, 1
here:	lmsw ax
	jmp SELECTOR_CODE:protected
BITS 32
protected:
	mov eax, SELECTOR_DATA
	mov ds, eax
	mov es, eax
	mov ss, eax
	mov ebp, 32
	final ebp, 32
	final_state CR0, CR0_PE, CR0_PE
	hypercall_done
