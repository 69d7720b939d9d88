; From the loader's 32-bit protected mode to C in 64-bit mode.
;
; Multiboot2, "I386 machine state": EAX is the loader's magic, EBX the physical address of the boot
; information, paging off, flat segments, interrupts off, no stack. The image may have been loaded
; anywhere below 1 GiB: EBP holds how far from its link address, and [ebp + PHYSICAL(symbol)]
; reaches a symbol until paging is on.
;
; The page tables made here give every page of the image its final rights, so that from C's first
; instruction nothing executable is writable: text read and execute, rodata read, everything else
; read and write, and the page below the stack nothing at all.

%include "kernel/offsets.inc"

IMAGE_VIRTUAL_BASE equ 0x40000000
%define PHYSICAL(symbol) (symbol - IMAGE_VIRTUAL_BASE)

LOADER_MAGIC       equ 0x36d76289
CPUID_LONG_MODE    equ 1 << 29 ; CPUID 80000001h, EDX
CPUID_NO_EXECUTE   equ 1 << 20
CR0_PE             equ 1 << 0
CR0_MP             equ 1 << 1
CR0_ET             equ 1 << 4
CR0_NE             equ 1 << 5
CR0_WP             equ 1 << 16
CR0_PG             equ 1 << 31
CR4_PAE            equ 1 << 5
MSR_EFER           equ 0xc0000080
EFER_LME           equ 1 << 8
EFER_NXE           equ 1 << 11
MSR_GS_BASE        equ 0xc0000101
PTE_PRESENT        equ 1 << 0
PTE_WRITE          equ 1 << 1
PTE_LARGE          equ 1 << 7
PTE_NX_HIGH        equ 1 << 31 ; bit 63, seen from the upper half of an entry
IMAGE_TABLES       equ 4       ; page tables of 2 MiB each: boot/plinth.ld asserts that they suffice
SELECTOR_CODE64    equ 0x08
SELECTOR_DATA      equ 0x10
COM1               equ 0x3f8

extern image_start, image_text_end, image_rodata_end, image_end, boot_stack_guard
extern kernel_main, boot_cpu

global boot_entry, boot_root_table, boot_stack_top, boot_tsc

section .boot.text progbits alloc exec nowrite align=16
bits 32

boot_entry:
	cli
	cld
	; A call needs a stack and there is none: the reserved word of the boot information serves.
	lea esp, [ebx + 8]
	cmp eax, LOADER_MAGIC
	je .call
	mov esp, 0x7c00 ; no boot information: the memory below the old boot sector
.call:
	call .here
.here:
	pop ebp
	sub ebp, PHYSICAL(.here)
	lea esp, [ebp + PHYSICAL(boot_stack_top)]
	lea esi, [ebp + PHYSICAL(no_loader)]
	cmp eax, LOADER_MAGIC
	jne fail
	mov edi, ebx
	rdtsc
	mov [ebp + PHYSICAL(boot_tsc)], eax
	mov [ebp + PHYSICAL(boot_tsc) + 4], edx

	mov eax, 0x80000000
	cpuid
	lea esi, [ebp + PHYSICAL(no_long_mode)]
	cmp eax, 0x80000001
	jb fail
	mov eax, 0x80000001
	cpuid
	test edx, CPUID_LONG_MODE
	jz fail
	lea esi, [ebp + PHYSICAL(no_execute_disable)]
	test edx, CPUID_NO_EXECUTE
	jz fail

	call build_tables
	lea eax, [ebp + PHYSICAL(boot_gdt)]
	mov [ebp + PHYSICAL(boot_gdt_pointer) + 2], eax
	lea eax, [ebp + PHYSICAL(long_mode)]
	mov [ebp + PHYSICAL(boot_far_pointer)], eax
	lgdt [ebp + PHYSICAL(boot_gdt_pointer)]

	mov eax, cr4
	or eax, CR4_PAE
	mov cr4, eax
	lea eax, [ebp + PHYSICAL(boot_root_table)]
	mov cr3, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, EFER_LME | EFER_NXE
	wrmsr
	mov eax, CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG
	mov cr0, eax

	jmp far [ebp + PHYSICAL(boot_far_pointer)]

; Fills the tables for the image and, for the jump into paging, one 2 MiB identity page.
; EBP: load offset. Changes EAX, EBX, ECX, EDX, ESI.
build_tables:
	lea ebx, [ebp + PHYSICAL(boot_root_table)]
	lea eax, [ebp + PHYSICAL(directory_pointers) + PTE_PRESENT + PTE_WRITE]
	mov [ebx], eax
	lea ebx, [ebp + PHYSICAL(directory_pointers)]
	lea eax, [ebp + PHYSICAL(identity_directory) + PTE_PRESENT]
	mov [ebx], eax
	lea eax, [ebp + PHYSICAL(image_directory) + PTE_PRESENT + PTE_WRITE]
	mov [ebx + 8], eax

	; The image is linked 2 MiB above the base: its first table is entry 1 of the directory.
	lea ebx, [ebp + PHYSICAL(image_directory) + 8]
	lea eax, [ebp + PHYSICAL(image_tables) + PTE_PRESENT + PTE_WRITE]
	mov ecx, IMAGE_TABLES
.directory:
	mov [ebx], eax
	add eax, 4096
	add ebx, 8
	loop .directory

	lea ebx, [ebp + PHYSICAL(image_tables)]
	lea esi, [ebp + PHYSICAL(image_start)]
	xor ecx, ecx
	lea eax, [ebp + PHYSICAL(image_text_end)]
	mov edx, PTE_PRESENT
	call .pages
	mov ecx, PTE_NX_HIGH
	lea eax, [ebp + PHYSICAL(image_rodata_end)]
	call .pages
	or edx, PTE_WRITE
	lea eax, [ebp + PHYSICAL(boot_stack_guard)]
	call .pages
	add esi, 4096 ; the guard page stays absent
	add ebx, 8
	lea eax, [ebp + PHYSICAL(image_end)]
	call .pages

	; Identity, read and execute, around long_mode: gone before C runs.
	lea esi, [ebp + PHYSICAL(long_mode)]
	mov eax, esi
	shr eax, 21
	lea ebx, [ebp + PHYSICAL(identity_directory) + eax * 8]
	and esi, ~0x1fffff
	or esi, PTE_PRESENT | PTE_LARGE
	mov [ebx], esi
	ret

; Maps pages from ESI up to EAX with the rights EDX (low half) and ECX (high half) at EBX.
.pages:
	cmp esi, eax
	jae .done
	push esi
	or esi, edx
	mov [ebx], esi
	mov [ebx + 4], ecx
	pop esi
	add esi, 4096
	add ebx, 8
	jmp .pages
.done:
	ret

; Says the sentence at ESI on COM1 and ends. Nothing else works yet.
fail:
	mov dx, COM1 + 3
	mov al, 3 ; eight data bits, divisor latch closed
	out dx, al
.character:
	lodsb
	test al, al
	jz .end
	mov ah, al
	mov ecx, 0x100000 ; status reads: far more than a byte takes at any speed
.wait:
	mov dx, COM1 + 5
	in al, dx
	test al, 0x20
	loopz .wait
	mov dx, COM1
	mov al, ah
	out dx, al
	jmp .character
.end:
	mov ecx, 0x1000000
.drain:
	mov dx, COM1 + 5
	in al, dx
	test al, 0x40
	loopz .drain
	mov dx, 0xf4 ; QEMU's debug exit, as kernel/machine_end.c tells it of a FAIL
	mov eax, 0x11
	out dx, eax
	lea esi, [ebp + PHYSICAL(bochs_shutdown)]
	mov dx, 0x8900
	mov ecx, 8
	rep outsb
.halt:
	hlt
	jmp .halt

bits 64
long_mode:
	mov eax, at_link_address
	jmp rax

section .text
at_link_address:
	; The table by its own address: its identity page is about to go, and an exception loads
	; selectors from it.
	lgdt [boot_gdt_pointer64]
	mov eax, SELECTOR_DATA
	mov ds, eax
	mov es, eax
	mov ss, eax
	xor eax, eax
	mov fs, eax
	mov gs, eax
	mov esp, boot_stack_top
	mov qword [directory_pointers], 0 ; the identity page goes
	mov rax, cr3
	mov cr3, rax

	mov eax, boot_cpu
	mov [rax + CPU_SELF], rax
	mov dword [rax + CPU_HOLDER], 1 ; its index is 0
	xor edx, edx
	mov ecx, MSR_GS_BASE
	wrmsr

	mov edi, edi ; the boot information's physical address
	mov esi, ebp ; how far from its link address the image lies
	xor ebp, ebp ; ends a backtrace
	call kernel_main
	ud2

section .rodata
align 8
boot_gdt:
	dq 0
	dq 0x00af9b000000ffff ; 64-bit code
	dq 0x00cf93000000ffff ; data
boot_gdt_end:

boot_gdt_pointer64:
	dw boot_gdt_end - boot_gdt - 1
	dq boot_gdt

; Both are completed by boot_entry, before paging protects them: the image's place is not known
; at link time. They lie in the identity page, as the jump reads one with paging on.
boot_gdt_pointer:
	dw boot_gdt_end - boot_gdt - 1
	dd 0
boot_far_pointer:
	dd 0
	dw SELECTOR_CODE64

; The TSC a few instructions after the loader's jump: also written before paging protects it.
align 8
boot_tsc: dq 0

no_loader:
	db 13, 10, "plinth: not started by a Multiboot2 loader", 13, 10
	db "verdict FAIL passed=0 failed=0 skipped=0 reason=", 34, "no Multiboot2 loader", 34, 13, 10, 0
no_long_mode:
	db 13, 10, "plinth: this CPU has no 64-bit mode", 13, 10
	db "verdict FAIL passed=0 failed=0 skipped=0 reason=", 34, "no 64-bit mode", 34, 13, 10, 0
no_execute_disable:
	db 13, 10, "plinth: this CPU cannot forbid execution of data pages (NX)", 13, 10
	db "verdict FAIL passed=0 failed=0 skipped=0 reason=", 34, "no execute-disable", 34, 13, 10, 0
bochs_shutdown:
	db "Shutdown"

section .bss.page_aligned nobits alloc noexec write align=4096
boot_root_table:    resb 4096
directory_pointers: resb 4096
identity_directory: resb 4096
image_directory:    resb 4096
image_tables:       resb IMAGE_TABLES * 4096

section .stacks nobits alloc noexec write align=4096
	resb 16384
boot_stack_top:
