; The 256 entries of the interrupt descriptor table, and the two MSR accesses whose #GP is caught.
; Every vector comes through `enter_trap` with a frame of one shape (struct trap_frame).

extern trap_handle
global trap_entries, read_msr_safe, write_msr_safe
global safe_read_instruction, safe_write_instruction, safe_access_failed

; Exceptions that push an error code (SDM volume 3, "Error Code"): DF TS NP SS GP PF AC CP.
%define HAS_ERROR_CODE(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21)

%define SIGNED(v)         ((v) - (((v) & 0x80) << 1))

section .text

; One after the other, each in ENTRY_SIZE bytes. A push of one byte spreads its highest bit over the
; seven above, which nobody reads.
ENTRY_SIZE equ 9
trap_entries:
%assign vector 0
%rep 256
entry_%[vector]:
%if !HAS_ERROR_CODE(vector)
	push byte 0
%endif
	push byte SIGNED(vector)
	jmp near enter_trap
	times ENTRY_SIZE - ($ - entry_%[vector]) int3
%assign vector vector + 1
%endrep

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
	; The interrupted frame's RBP chain goes on through this frame.
	mov rbx, rsp
	and rsp, -16
	call trap_handle
	mov rsp, rbx
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
