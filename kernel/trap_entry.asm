; Where the 256 vectors of the interrupt descriptor table lead, and the two MSR accesses whose #GP is
; caught. Exceptions come through `enter_trap` with a frame of one shape (struct trap_frame), interrupts
; through `enter_interrupt`, which keeps only what a C function may change.

extern trap_handle, interrupt_dispatch
global exception_entries, interrupt_entries, read_msr_safe, write_msr_safe
global safe_read_instruction, safe_write_instruction, safe_access_failed

; Exceptions that push an error code (SDM volume 3, "Error Code"): DF TS NP SS GP PF AC CP.
%define HAS_ERROR_CODE(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21)

section .text

; One after the other, each in EXCEPTION_ENTRY_SIZE bytes.
EXCEPTION_VECTORS    equ 32
EXCEPTION_ENTRY_SIZE equ 9
exception_entries:
%assign vector 0
%rep EXCEPTION_VECTORS
.entry_%[vector]:
%if !HAS_ERROR_CODE(vector)
	push byte 0
%endif
	push byte vector
	jmp near enter_trap
	times EXCEPTION_ENTRY_SIZE - ($ - .entry_%[vector]) int3
%assign vector vector + 1
%endrep

; A push of one byte spreads its highest bit over the seven above, which nobody reads.
%define SIGNED(v) ((v) - (((v) & 0x80) << 1))

; As many as reach it with a short jump share the long one behind them (struct interrupt_block).
INTERRUPT_BLOCK equ 32
interrupt_entries:
%assign block 0
%rep (256 - EXCEPTION_VECTORS) / INTERRUPT_BLOCK
%rep INTERRUPT_BLOCK
	push byte SIGNED(vector)
	jmp short .end_%[block]
%assign vector vector + 1
%endrep
.end_%[block]:
	jmp near enter_interrupt
%assign block block + 1
%endrep

; The frame pointer stays as it was in both: a backtrace goes on with what was interrupted.
enter_interrupt:
	push rax
	push rcx
	push rdx
	push rsi
	push rdi
	push r8
	push r9
	push r10
	push r11
	cld
	movzx edi, byte [rsp + 9 * 8]
	call interrupt_dispatch
	pop r11
	pop r10
	pop r9
	pop r8
	pop rdi
	pop rsi
	pop rdx
	pop rcx
	pop rax
	add rsp, 8 ; vector
	iretq

enter_trap:
	push rax
	push rbx
	push rcx
	push rdx
	push rsi
	push rdi
	push rbp
	push r8
	push r9
	push r10
	push r11
	push r12
	push r13
	push r14
	push r15
	cld
	mov rdi, rsp
	call trap_handle
	pop r15
	pop r14
	pop r13
	pop r12
	pop r11
	pop r10
	pop r9
	pop r8
	pop rbp
	pop rdi
	pop rsi
	pop rdx
	pop rcx
	pop rbx
	pop rax
	add rsp, 16 ; vector, error code
	iretq

; bool read_msr_safe(uint32_t index, uint64_t *value): trap_handle() sends a #GP at the marked
; instruction to safe_access_failed.
read_msr_safe:
	mov ecx, edi
safe_read_instruction:
	rdmsr
	shl rdx, 32
	or rax, rdx
	mov [rsi], rax
	mov eax, 1
	ret

write_msr_safe:
	mov ecx, edi
	mov eax, esi
	mov rdx, rsi
	shr rdx, 32
safe_write_instruction:
	wrmsr
	mov eax, 1
	ret

safe_access_failed:
	xor eax, eax
	ret
