%define MODE LONG64
%define SAYS "A 64-bit guest goes down to no paging, up to PAE, and back to 64 bits"
%include "guest.inc"
; SDM volume 3, "Switching Out of IA-32e Mode Operation" and "PDPTE Registers".
EFER     equ 0xc0000080
EFER_LME equ 1 << 8
EFER_LMA equ 1 << 10
CR4_PAE  equ 1 << 5
	handle VECTOR_PROTECTION, on_protection

	; PAE cannot be switched off in IA-32e mode, nor paging in 64-bit code.
	xor ebp, ebp
	mov rax, cr4
	and eax, ~CR4_PAE
	mov edi, .paging
	exits CR_ACCESS, CR_WRITE(4, rax), mov cr4, rax
	fail_here
.paging:
	mov rax, cr0
	mov ecx, CR0_PG
	xor rax, rcx
	mov edi, .compatibility
	exits CR_ACCESS, CR_WRITE(0, rax), mov cr0, rax
	fail_here
.compatibility:
	check_equal ebp, 2
	mov rsi, cr3
	push SELECTOR_CODE32
	push .thirty_two
	o64 retf

BITS 32
.thirty_two:
	mov eax, cr0
	xor eax, CR0_PG
	exits CR_ACCESS, CR_WRITE(0, eax), mov cr0, eax
	mov ecx, EFER
	exits MSR_READ, 0, rdmsr
	test eax, EFER_LMA
	jnz .failed
	test eax, EFER_LME
	jz .failed
	xor eax, EFER_LME
	exits MSR_WRITE, 0, wrmsr

	; PAE paging: CR4.PAE is still set.
	mov eax, pdpt
	exits_times 0, 1, CR_ACCESS, CR_WRITE(3, eax), mov cr3, eax ; without unrestricted guest
	mov eax, cr0
	or eax, CR0_PG
	exits CR_ACCESS, CR_WRITE(0, eax), mov cr0, eax
	mov ebx, [marker]
	cmp ebx, 0x600d600d
	jne .failed
	; The PDPTEs are the ones that were loaded, whatever memory holds now.
	mov dword [pdpt], 0
	mov dword [pdpt], 0x3001
	mov eax, cr0
	xor eax, CR0_PG
	exits CR_ACCESS, CR_WRITE(0, eax), mov cr0, eax

	; And up again.
	mov ecx, EFER
	mov eax, EFER_LME
	xor edx, edx
	exits MSR_WRITE, 0, wrmsr
	exits_times 0, 1, CR_ACCESS, CR_WRITE(3, esi), mov cr3, esi
	mov eax, cr0
	or eax, CR0_PG
	exits CR_ACCESS, CR_WRITE(0, eax), mov cr0, eax
	jmp SELECTOR_CODE:.sixty_four
.failed:
	ud2 ; no handler for 32-bit code: a triple fault

BITS 64
.sixty_four:
	mov ecx, EFER
	exits MSR_READ, 0, rdmsr
	test eax, EFER_LMA
	check nz
	mov r8, 0x123456789abcdef0
	mov rax, r8
	shr rax, 32
	check_equal eax, 0x12345678
	mov ebp, ebx
	final ebp, 0x600d600d
	hypercall_done

on_protection:
	drop_error_code
	inc ebp
	mov [rsp], rdi
	iretq

	align 4
marker:	dd 0x600d600d
	align 32
pdpt:	dq 0x3001, 0, 0, 0
