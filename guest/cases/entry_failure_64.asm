%define MODE LONG64
%define SAYS "A guest state that breaks a rule is a failed entry with its reason"
%include "guest.inc"
; The task register always holds a busy TSS; with another type from outside, the next entry is
; refused with basic reason 33 and qualification 0 (SDM volume 3, "Checks on Guest Segment
; Registers").
	call_board HYPERCALL_SET_REGISTER, VCPU_TR_RIGHTS, 0x89
	last ENTRY_FAILED, 0, nop
	with_field RAW_REASON, 33, 0xffff
	with_field INSTRUCTION_ERROR, 0
	fail_here
