; A flat guest that waits for what is easily missed. A TSC deadline that was minutes away has come near
; since the TSC was written; and with interrupts off, the 8254's edge as an NMI of the I/O APIC.
bits 32
org 0x100000

STACK		equ 0x90000
GATE_32		equ 0x8e00
NMI		equ 2
TIMER_VECTOR	equ 0x40

MSR_TSC		equ 0x10
MSR_TSC_DEADLINE equ 0x6e0
LAPIC_EOI	equ 0xfee000b0
LAPIC_LVT_TIMER	equ 0xfee00320
TSC_DEADLINE	equ 2 << 17
MINUTES		equ 0x100	; in the upper half of the TSC
A_MOMENT	equ 1 << 20	; in its lower half

IOREGSEL	equ 0xfec00000
IOWIN		equ 0xfec00010
PIN_2_LOW	equ 0x14
PIN_2_HIGH	equ 0x15
AS_NMI		equ 4 << 8
CMOS_INDEX	equ 0x70
CMOS_DATA	equ 0x71
RTC_B		equ 0x0b
RTC_C		equ 0x0c
RTC_PERIODIC	equ 0x42	; PIE, 24 hours
PIT_CHANNEL_0	equ 0x40
PIT_CONTROL	equ 0x43
MODE_0		equ 0x30	; channel 0, both bytes: OUT rises when the count is over

	mov	esp, STACK
	mov	eax, take_timer
	mov	edi, idt + 8 * TIMER_VECTOR
	call	set_gate
	mov	eax, take_nmi
	mov	edi, idt + 8 * NMI
	call	set_gate
	lidt	[idt_register]

	mov	dword [LAPIC_LVT_TIMER], TSC_DEADLINE | TIMER_VECTOR
	rdtsc
	add	edx, MINUTES
	mov	ecx, MSR_TSC_DEADLINE
	wrmsr
	sub	eax, A_MOMENT
	sbb	edx, 0
	mov	ecx, MSR_TSC
	wrmsr
	sti
	hlt
	cli
	mov	esi, timer_text
	call	say

	mov	dword [IOREGSEL], PIN_2_HIGH
	mov	dword [IOWIN], 0
	mov	dword [IOREGSEL], PIN_2_LOW
	mov	dword [IOWIN], AS_NMI
	; Meanwhile the clock ticks, and nobody clears its flag in time.
	mov	al, RTC_B
	out	CMOS_INDEX, al
	mov	al, RTC_PERIODIC
	out	CMOS_DATA, al
	mov	al, MODE_0
	out	PIT_CONTROL, al
	mov	al, 0xff
	out	PIT_CHANNEL_0, al
	out	PIT_CHANNEL_0, al
	hlt
	mov	al, RTC_C
	out	CMOS_INDEX, al
	in	al, CMOS_DATA
	mov	esi, nmi_text
	call	say
	jmp	switch_off

; The gate at EDI leads to EAX.
set_gate:
	mov	[edi], ax
	mov	[edi + 2], cs
	mov	word [edi + 4], GATE_32
	shr	eax, 16
	mov	[edi + 6], ax
	ret

take_timer:
	mov	dword [LAPIC_EOI], 0
	iret

take_nmi:
	iret

%include "com1.inc"

timer_text: db "the TSC deadline came", 13, 10, 0
nmi_text: db "the NMI came", 13, 10, 0
align 8
idt_register: dw 8 * (TIMER_VECTOR + 1) - 1
	dd idt
align 8
idt:	times 8 * (TIMER_VECTOR + 1) db 0
