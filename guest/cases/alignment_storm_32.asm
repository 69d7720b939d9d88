%define MODE PROT32
%define SAYS "#AC in the delivery of #DF, and for ever in its own, harms nobody"
%define VCPUS 2
%define FLAGS GUEST_ALL_START | GUEST_QUIET
%define IGNORED KIND_BIT(EXCEPTION) | KIND_BIT(HYPERCALL) | KIND_BIT(PAUSE)
%define PINNED 0
%include "guest.inc"
; At CPL 3, with gates that stay there, and a stack that is not aligned. A fault whose gate is absent makes #NP,
; and that makes #DF, as its gate is absent, too. The second vCPU ends the guest: see exception_storm_64.asm.
CR0_AM         equ 1 << 18
RFLAGS_AC      equ 1 << 18
SELECTOR_CODE3 equ SELECTOR_TSS | 3
SELECTOR_DATA3 equ SELECTOR_TSS + 8 | 3
VECTOR_ALIGN   equ 17
STACK          equ 0x18001
	test edi, edi
	jnz second
	mov dword [gdt_tss], 0x0000ffff
	mov dword [gdt_tss + 4], 0x00cffb00
	mov dword [gdt_tss + 8], 0x0000ffff
	mov dword [gdt_tss + 12], 0x00cff300
	handle VECTOR_DOUBLE, on_fault, 3
	handle VECTOR_ALIGN, on_fault, 3
	mov word [GUEST_IDT + VECTOR_DOUBLE * 8 + 2], SELECTOR_CODE3
	mov word [GUEST_IDT + VECTOR_ALIGN * 8 + 2], SELECTOR_CODE3
	mov byte [GUEST_IDT + VECTOR_PROTECTION * 8 + 5], GATE_ABSENT
	mov byte [GUEST_IDT + VECTOR_NOT_PRESENT * 8 + 5], GATE_ABSENT
	mov eax, cr0
	or eax, CR0_AM
	mov cr0, eax
	mov dword [begins], 1
	push SELECTOR_DATA3
	push STACK
	push RFLAGS_AC | 2
	push SELECTOR_CODE3
	push at_cpl_3
	iretd
at_cpl_3:
	hlt
on_fault:
	jmp on_fault
second:
	pause
	cmp dword [begins], 1
	jne second
	hypercall_done
	final_count EXCEPTION, 1, 0x7fffffff
	align 4
begins:
	dd 0
