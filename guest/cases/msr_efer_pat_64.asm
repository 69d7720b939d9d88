%define MODE LONG64
%define SAYS "EFER and PAT: valid values are taken, others are #GP(0)"
%include "guest.inc"
EFER     equ 0xc0000080
EFER_SCE equ 1 << 0
EFER_LME equ 1 << 8
PAT      equ 0x277
	handle VECTOR_PROTECTION, on_protection
	xor ebp, ebp
	mov ecx, EFER
	exits MSR_READ, 0, rdmsr
	mov esi, eax
	or eax, EFER_SCE
	exits MSR_WRITE, 0, wrmsr
	exits MSR_READ, 0, rdmsr
	or esi, EFER_SCE
	check_equal eax, esi
	; LME cannot change while paging is on.
	and eax, ~EFER_LME
	mov ebx, .paging
	exits MSR_WRITE, 0, wrmsr
	fail_here
.paging:
	mov eax, esi
	or eax, 2 ; reserved
	mov ebx, .reserved
	exits MSR_WRITE, 0, wrmsr
	fail_here
.reserved:
	mov ecx, PAT
	mov eax, 0x00070406
	mov edx, 0x01000406
	exits MSR_WRITE, 0, wrmsr
	xor eax, eax
	xor edx, edx
	exits MSR_READ, 0, rdmsr
	check_equal eax, 0x00070406
	check_equal edx, 0x01000406
	mov eax, 0x00070402 ; there is no memory type 2
	mov ebx, .type
	exits MSR_WRITE, 0, wrmsr
	fail_here
.type:
	check_equal ebp, 3
	final ebp, 3
	final_state EFER, 0x501, 0x501
	hypercall_done
on_protection:
	drop_error_code
	inc ebp
	mov [rsp], rbx
	iretq
