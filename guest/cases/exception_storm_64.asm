%define MODE LONG64
%define SAYS "A trap that raises itself in its own delivery for ever takes no CPU away"
%define VCPUS 2
%define FLAGS GUEST_ALL_START | GUEST_QUIET
%define IGNORED KIND_BIT(EXCEPTION) | KIND_BIT(HYPERCALL) | KIND_BIT(PAUSE)
%define PINNED 0
%include "guest.inc"
; The stack of #DB is the same each time, and its first word is watched: SDM volume 3, "Data Breakpoint
; Exception Condition". There is never a moment at which the CPU would take an interrupt. The second
; vCPU shares the CPU, and ends the guest once it has its turn.
TSS_LIMIT     equ 0x67
TSS_IST1      equ 0x24
TSS_AVAILABLE equ 0x89 << 8
STACK         equ 0x18000
DR7_WATCH_0   equ 1 << 1 | 1 << 16 | 2 << 18 | 1 << 10 ; writes of eight bytes
	test edi, edi
	jnz second
	mov dword [gdt_tss], TSS_LIMIT
	mov word [gdt_tss + 2], tss
	mov dword [gdt_tss + 4], TSS_AVAILABLE
	mov eax, SELECTOR_TSS
	ltr ax
	mov qword [tss + TSS_IST1], STACK
	handle VECTOR_DEBUG, on_debug
	mov byte [GUEST_IDT + VECTOR_DEBUG * 16 + 4], 1
	mov eax, STACK - 8
	mov dr0, rax
	mov eax, DR7_WATCH_0
	mov dr7, rax
	mov dword [begins], 1
	mov qword [STACK - 8], 0
on_debug:
	fail_here
second:
	pause
	cmp dword [begins], 1
	jne second
	hypercall_done
	final_count EXCEPTION, 1, 0x7fffffff
begins:
	dd 0
	align 16
tss:
	times TSS_LIMIT + 1 db 0
