%define MODE REAL16
%define SAYS "A real-mode guest enters protected mode and comes back"
%include "guest.inc"
	lgdt [gdt_pointer]
	mov ebx, cr0
	mov eax, ebx
	or eax, CR0_PE
	exits CR_ACCESS, CR_WRITE(0, eax), mov cr0, eax
	jmp SELECTOR_CODE:protected
BITS 32
protected:
	mov eax, SELECTOR_DATA
	mov ds, eax
	mov es, eax
	mov ss, eax
	mov ecx, 1
	exits CPUID, 0, cpuid
	mov dword [0x10ffe], 0x12345678 ; beyond a real-mode segment
	jmp SELECTOR_CODE16:sixteen
BITS 16
sixteen:
	mov eax, SELECTOR_DATA16
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov eax, cr0
	and eax, ~CR0_PE
	exits CR_ACCESS, CR_WRITE(0, eax), mov cr0, eax
	jmp 0:real
real:
	xor ax, ax
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov eax, 1
	exits CPUID, 0, cpuid
	mov ax, 0x1000
	mov ds, ax
	mov ebp, [0xffe]
	final ebp, 0x12345678
	final_state CR0, 0, CR0_PE
	hypercall_done
