%define MODE LONG64
%define SAYS "INS and OUTS across a page that is not there fault at that element"
%include "guest.inc"
%include "io.inc"
; The guest maps its first 2 MiB by small pages and takes one away. The fault comes with registers
; that stand at the element which met it; the handler maps the page, and the instruction goes on.
TABLE equ 0x10000
HOLE  equ 0x12000
	handle VECTOR_PAGE_FAULT, on_page_fault
	xor ebp, ebp
	mov edi, TABLE
	mov eax, 7
	mov ecx, 512
.fill:
	mov [rdi], rax
	add rdi, 8
	add eax, 0x1000
	loop .fill
	mov qword [TABLE + HOLE / 0x1000 * 8], 0
	mov qword [0x3000], TABLE | 7
	mov eax, GUEST_PAGE_TABLES
	mov cr3, rax

	; Four bytes fit before the hole.
	mov edx, PORT_SEQUENCE
	mov edi, HOLE - 4
	mov ecx, 8
	mov r8d, 2  ; the error code to come: a write
	mov r9d, 4  ; RCX at the fault
	exits_times 2, 2, IO, IO_QUALIFICATION(PORT_SEQUENCE, 1, IO_IN | IO_STRING | IO_REP), rep insb
	check_equal ebp, 1
	check_equal rcx, 0
	check_equal rdi, HOLE + 4
%assign OFFSET 0
%rep 8
	sequence_read
	cmp byte [HOLE - 4 + OFFSET], SEQUENCE & 0xff
	check e
	%assign OFFSET OFFSET + 1
%endrep

	; One element that crosses into the hole: nothing of it is output before the fault.
	mov qword [TABLE + HOLE / 0x1000 * 8], 0
	invlpg [HOLE]
	mov dword [HOLE - 4], 0x44332211
	mov esi, HOLE - 2
	mov ecx, 1
	xor r8d, r8d
	mov r9d, 1
	exits_times 2, 2, IO, IO_QUALIFICATION(PORT_SEQUENCE, 4, IO_STRING), outsd
	check_equal ebp, 2
	mov eax, [HOLE - 2]
	mov r10d, SEQUENCE
	imul r10d, r10d, 31
	add r10d, eax
	imul r10d, r10d, 31
	add r10d, 7
	exits IO, IO_QUALIFICATION(PORT_SEQUENCE, 4, IO_IN), in eax, dx
	check_equal eax, r10d
	final ebp, 2
	hypercall_done
on_page_fault:
	pop rbx
	check_equal rbx, r8
	check_equal rcx, r9
	mov rbx, cr2
	check_equal rbx, HOLE
	mov qword [TABLE + HOLE / 0x1000 * 8], HOLE | 7
	inc ebp
	iretq
