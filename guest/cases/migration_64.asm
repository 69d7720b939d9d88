%define MODE LONG64
%define SAYS "vCPUs that change CPUs keep their registers, XSAVE state and CR2"
%define VCPUS 9
%define MEMORY 0x40000
%define FLAGS GUEST_ALL_START | GUEST_QUIET | GUEST_ALONE
%define IGNORED KIND_BIT(HYPERCALL) | KIND_BIT(HLT)
%include "guest.inc"
; Eight workers yield, and compare what they hold each time. vCPU 0 puts those of one CPU to sleep
; and wakes them later, so that CPUs fall idle and queues grow, and the host moves waiting vCPUs.
; It counts until enough of them have been seen on another CPU than before.
MOVES       equ 8
TURNS       equ 12
WAKE        equ 0x41
CR4_OSFXSR  equ 1 << 9
CR0_MP      equ 1 << 1
CR0_EM      equ 1 << 2
; A worker's page: at AREA + its number * 4096.
AREA        equ 0x10000
PATTERN     equ 0     ; 16 registers of 16 bytes
STORED      equ 0x100
WORKERS_CPU equ 0x200
WORKERS_MOVES equ 0x204
SLEEP       equ 0x208
NUMBER      equ 0x20c

%macro yield 1
	mov r15d, %1
%%again:
	mov eax, HYPERCALL_YIELD
	vmcall
	dec r15d
	jnz %%again
%endmacro
%macro each_worker 0
	mov r14d, AREA + 0x1000
%endmacro
%macro next_worker 1
	add r14d, 0x1000
	cmp r14d, AREA + VCPUS * 0x1000
	jb %1
%endmacro

	test edi, edi
	jnz worker
	handle WAKE, on_wake
	mov ebx, COUNTER_CPUS_ONLINE
	mov eax, HYPERCALL_COUNTER
	vmcall
	cmp eax, 1
	ja .several
	skip "needs two CPUs"
.several:
	cmp eax, VCPUS
	jb .fewer
	skip "as many CPUs as vCPUs: none has to move"
.fewer:
	mov dword [go], 1
	yield TURNS
	mov r12d, AREA + 0x1000
.round:
	; The CPU of one worker after the other is to fall idle.
	mov ecx, [r12 + WORKERS_CPU]
	each_worker
.sleep:
	cmp [r14 + WORKERS_CPU], ecx
	jne .not_there
	mov dword [r14 + SLEEP], 1
.not_there:
	next_worker .sleep
	yield TURNS

	mov r13d, 1
	each_worker
.wake:
	mov dword [r14 + SLEEP], 0
	mov ebx, EVENT_EXTERNAL_INTERRUPT
	mov ecx, WAKE
	mov esi, r13d
	mov eax, HYPERCALL_INJECT
	vmcall
	check_equal eax, 0
	inc r13d
	next_worker .wake
	yield TURNS

	xor ebp, ebp
	each_worker
.count:
	add ebp, [r14 + WORKERS_MOVES]
	next_worker .count
	cmp ebp, MOVES
	jge .enough
	add r12d, 0x1000
	cmp r12d, AREA + VCPUS * 0x1000
	jb .round
	mov r12d, AREA + 0x1000
	jmp .round
.enough:
	hypercall_done

; R14 is the worker's seed, R13 its page. All others hold the seed plus their number.
%define OTHERS rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r15
%macro fill 1-*
	%assign n 1
	%rep %0
	lea %1, [r14 + n]
	%rotate 1
	%assign n n + 1
	%endrep
%endmacro
%macro compare 1-*
	%assign n 1
	%rep %0
	lea rax, [r14 + n]
	check_equal %1, rax
	%rotate 1
	%assign n n + 1
	%endrep
%endmacro

worker:
	mov r13d, edi
	shl r13d, 12
	add r13d, AREA
	imul r14, rdi, 0x01010101
.wait:
	mov eax, HYPERCALL_YIELD
	vmcall
	cmp dword [go], 0
	je .wait
	mov rax, cr4
	or eax, CR4_OSFXSR
	mov cr4, rax
	mov rax, cr0
	and eax, ~CR0_EM
	or eax, CR0_MP
	mov cr0, rax
	mov edi, r13d
	mov eax, r14d
	mov ecx, 16 * 4
.make:
	stosd
	add eax, 0x9e3779b9
	loop .make
%assign i 0
%rep 16
	movdqu xmm%[i], [r13 + PATTERN + i * 16]
	%assign i i + 1
%endrep
	fninit
	mov [r13 + NUMBER], r14d
	fild dword [r13 + NUMBER]
	lea rax, [r14 + 0x77]
	mov cr2, rax
	mov dword [r13 + WORKERS_CPU], -1
	mov dword [r13 + WORKERS_MOVES], -1 ; the first CPU is no move
turn:
	fill OTHERS
	mov eax, HYPERCALL_YIELD
	vmcall
	compare OTHERS
	lea rbx, [r14 + 0x77]
	mov rax, cr2
	check_equal rax, rbx
%assign i 0
%rep 16
	movdqu [r13 + STORED + i * 16], xmm%[i]
	%assign i i + 1
%endrep
	lea rsi, [r13 + PATTERN]
	lea rdi, [r13 + STORED]
	mov ecx, 16 * 16
	repe cmpsb
	check e
	fist dword [r13 + NUMBER]
	check_equal [r13 + NUMBER], r14d

	mov ebx, COUNTER_CPU
	mov eax, HYPERCALL_COUNTER
	vmcall
	cmp eax, [r13 + WORKERS_CPU]
	je .same
	mov [r13 + WORKERS_CPU], eax
	inc dword [r13 + WORKERS_MOVES]
.same:
	cmp dword [r13 + SLEEP], 0
	je turn
	sti
	hlt
	cli
	jmp turn
on_wake:
	iretq
	align 8
go:	dd 0
