; A flat guest that sends itself an interrupt which its task priority holds back, and waits for it, for
; ever: interrupts are on, so that one might come.
bits 32
org 0x100000

LAPIC_TPR equ 0xfee00080
LAPIC_SVR equ 0xfee000f0
LAPIC_ICR equ 0xfee00300

	mov	dword [LAPIC_SVR], 0x1ff ; enabled
	mov	dword [LAPIC_TPR], 0x40
	mov	dword [LAPIC_ICR], 0x44031 ; fixed, to itself
wait_for_it:
	sti
	hlt
	jmp	wait_for_it
