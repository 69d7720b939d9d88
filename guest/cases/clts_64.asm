%define MODE LONG64
%define SAYS "CLTS exits while CR0.TS is set, and clears it"
%include "guest.inc"
	mov rbx, cr0
	mov rax, rbx
	or rax, CR0_TS
	exits CR_ACCESS, CR_WRITE(0, rax), mov cr0, rax
	exits CLTS, 2 << 4, clts
	mov rcx, cr0
	test ecx, CR0_TS
	check z
	clts ; nothing to clear: no exit
	and ebx, ~CR0_TS
	check_equal ecx, ebx
	hypercall_done
