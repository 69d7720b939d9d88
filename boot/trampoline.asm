; What another CPU runs first: from the real mode in which a start-up IPI leaves it (SDM volume 3,
; "MP Initialization Protocol"), in one page below 1 MiB, to 64-bit C. kernel/smp.c copies these
; bytes to the page, fills in the three values at its end, and maps the page read and execute
; only; every CPU runs the same copy at once and writes nothing to it.

%include "kernel/offsets.inc"

CR0_VALUE       equ 0x80010033 ; PG, WP, NE, ET, MP, PE
CR4_PAE         equ 1 << 5
MSR_EFER        equ 0xc0000080
EFER_VALUE      equ 1 << 8 | 1 << 11 ; LME, NXE
MSR_GS_BASE     equ 0xc0000101
SELECTOR_CODE32 equ 0x18
SELECTOR_CODE64 equ 0x08
SELECTOR_DATA   equ 0x10
CPUID_TOPOLOGY  equ 0x0b

extern ap_boot_rows, ap_boot_row_count, ap_starting, ap_main

global trampoline_start, trampoline_end, trampoline_root, trampoline_base

section .rodata
align 16
bits 16
trampoline_start:
	cli
	cld
	mov ax, cs
	mov ds, ax
	o32 lgdt [gdt_pointer - trampoline_start]
	mov ebx, [trampoline_base - trampoline_start]
	mov eax, 1 ; PE
	mov cr0, eax
	jmp far dword [far32 - trampoline_start]

bits 32
protected:
	mov ax, SELECTOR_DATA
	mov ds, ax
	mov ss, ax
	mov eax, CR4_PAE
	mov cr4, eax
	mov eax, [ebx + trampoline_root - trampoline_start]
	mov cr3, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, EFER_VALUE
	wrmsr
	mov eax, CR0_VALUE
	mov cr0, eax
	jmp far [ebx + far64 - trampoline_start]

bits 64
sixty_four:
	mov eax, ap_entry
	jmp rax

align 8
gdt:
	dq 0
	dq 0x00af9b000000ffff ; 64-bit code
	dq 0x00cf93000000ffff ; data
	dq 0x00cf9b000000ffff ; 32-bit code
gdt_pointer:
	dw gdt_pointer - gdt - 1
	dd gdt - trampoline_start ; + trampoline_base, added by kernel/smp.c
far32:
	dd protected - trampoline_start ; likewise
	dw SELECTOR_CODE32
far64:
	dd sixty_four - trampoline_start ; likewise
	dw SELECTOR_CODE64
align 8
trampoline_base: dd 0 ; physical address of the page
trampoline_root: dd 0 ; physical address of the root page table
trampoline_end:

; Offsets of the three addresses that move with the page.
global trampoline_fixups
trampoline_fixups:
	dd gdt_pointer + 2 - trampoline_start
	dd far32 - trampoline_start
	dd far64 - trampoline_start
	dd 0

section .text
; No stack yet: finds this CPU's row by its APIC ID. A CPU that nobody asked for halts.
ap_entry:
	mov eax, SELECTOR_DATA
	mov ds, eax
	mov es, eax
	mov ss, eax
	xor eax, eax
	mov fs, eax
	mov gs, eax
	lock inc dword [ap_starting]

	xor eax, eax
	cpuid
	mov esi, eax
	mov eax, 1
	cpuid
	shr ebx, 24
	mov edi, ebx ; the initial APIC ID of eight bits
	cmp esi, CPUID_TOPOLOGY
	jb .find
	mov eax, CPUID_TOPOLOGY
	xor ecx, ecx
	cpuid
	test ebx, ebx
	jz .find
	mov edi, edx ; the x2APIC ID
.find:
	mov rsi, [ap_boot_rows]
	mov ecx, [ap_boot_row_count]
.row:
	test ecx, ecx
	jz .stranger
	mov rax, [rsi]
	add rsi, 8
	dec ecx
	test rax, rax
	jz .row
	cmp [rax + CPU_APIC_ID], edi
	jne .row

	mov rsp, [rax + CPU_STACK_TOP]
	mov rdi, rax
	mov rdx, rax
	shr rdx, 32
	mov ecx, MSR_GS_BASE
	wrmsr
	xor ebp, ebp
	call ap_main
	ud2
.stranger:
	lock dec dword [ap_starting]
.halt:
	cli
	hlt
	jmp .halt
