%define MODE REAL16
%define SAYS "From real mode by protected and PAE paging to 64-bit mode"
%include "guest.inc"
; The way that every kernel takes: CR0.PE, CR4.PAE, EFER.LME, CR0.PG, each of them emulated.
SELECTOR_LONG equ SELECTOR_TSS
CR4_PAE  equ 1 << 5
EFER     equ 0xc0000080
EFER_LME equ 1 << 8
EFER_LMA equ 1 << 10
	mov dword [gdt_tss], 0x0000ffff
	mov dword [gdt_tss + 4], 0x00af9b00
	mov dword [GUEST_PAGE_TABLES], GUEST_PAGE_TABLES + 0x1007
	mov dword [GUEST_PAGE_TABLES + 0x1000], GUEST_PAGE_TABLES + 0x2007
	mov dword [GUEST_PAGE_TABLES + 0x2000], 0x87
	lgdt [gdt_pointer]
	mov eax, cr0
	or eax, CR0_PE
	exits CR_ACCESS, CR_WRITE(0, eax), mov cr0, eax
	jmp SELECTOR_CODE:protected
BITS 32
protected:
	mov eax, SELECTOR_DATA
	mov ds, eax
	mov ss, eax
	mov eax, cr4
	or eax, CR4_PAE
	exits CR_ACCESS, CR_WRITE(4, eax), mov cr4, eax
	mov eax, GUEST_PAGE_TABLES
	mov cr3, eax
	mov ecx, EFER
	exits MSR_READ, 0, rdmsr
	test eax, EFER_LMA
	check z
	or eax, EFER_LME
	exits MSR_WRITE, 0, wrmsr
	mov eax, cr0
	or eax, CR0_PG
	exits CR_ACCESS, CR_WRITE(0, eax), mov cr0, eax
	jmp SELECTOR_LONG:sixty_four
BITS 64
sixty_four:
	mov ecx, EFER
	exits MSR_READ, 0, rdmsr
	test eax, EFER_LMA
	check nz
	mov rbp, 0x123456789abcdef0
	push rbp
	pop r8
	final rbp, 0x123456789abcdef0
	final r8, 0x123456789abcdef0
	final_state EFER, EFER_LME | EFER_LMA, EFER_LME | EFER_LMA
	hypercall_done
