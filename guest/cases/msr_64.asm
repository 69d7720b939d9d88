%define MODE LONG64
%define SAYS "RDMSR and WRMSR: passed, emulated and denied"
%include "guest.inc"
FS_BASE     equ 0xc0000100 ; passed: no exit
MISC_ENABLE equ 0x1a0      ; emulated
TSC_ADJUST  equ 0x3b       ; emulated
UNKNOWN_MSR equ 0x12345    ; denied
	handle VECTOR_PROTECTION, on_protection
	xor ebp, ebp

	mov ecx, FS_BASE
	mov eax, 0x11223344
	mov edx, 0x55
	wrmsr
	xor eax, eax
	xor edx, edx
	rdmsr
	check_equal eax, 0x11223344
	check_equal edx, 0x55

	mov ecx, MISC_ENABLE
	exits MSR_READ, 0, rdmsr
	with_field MSR_INDEX, MISC_ENABLE
	test eax, 1 << 11 ; no branch trace store
	check nz

	mov ecx, TSC_ADJUST
	mov eax, 0x1000
	xor edx, edx
	exits MSR_WRITE, 0, wrmsr
	with_field MSR_INDEX, TSC_ADJUST
	with_field MSR_VALUE, 0x1000
	xor eax, eax
	exits MSR_READ, 0, rdmsr
	check_equal eax, 0x1000

	mov ecx, UNKNOWN_MSR
	mov ebx, .read_denied
	exits MSR_READ, 0, rdmsr
	fail_here
.read_denied:
	mov ebx, .write_denied
	exits MSR_WRITE, 0, wrmsr
	fail_here
.write_denied:
	check_equal ebp, 2
	final ebp, 2
	hypercall_done
on_protection:
	pop rsi
	check_equal rsi, 0
	inc ebp
	mov [rsp], rbx
	iretq
