/* Instructions whose operand lies in no RAM: the register of a device, ROM, or nothing. The CPU
 * cannot carry out such an access, so the instruction is fetched from the guest, decoded and
 * executed here, and what the access would have met on the bus is asked of the board. */
#ifndef VM_EMULATE_EMULATE_H
#define VM_EMULATE_EMULATE_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"

/* Physical accesses to what is not RAM (or not RAM that allows the access: a write to ROM comes
 * here). `width` is 1, 2, 4 or 8 bytes and `at` is aligned to it: wider or unaligned operands come
 * in several pieces, in ascending order. Bits of a value beyond the width are zero when written,
 * ignored when read. A read-modify-write instruction reads, then writes. Called on the bound
 * CPU; the board takes its own lock. */
struct emulate_bus {
	void *context;
	void (*read)(void *context, struct vcpu *vcpu, gpa_t at, unsigned width, uint64_t *value);
	void (*write)(void *context, struct vcpu *vcpu, gpa_t at, unsigned width, uint64_t value);
};

/* Carries out the instruction that caused `exit` (VCPU_EXIT_NESTED_FAULT). On success the vCPU is
 * just to be resumed: the instruction is done, is to be continued by executing it again (a long
 * REP), or has a fault queued. Unsupported, with nothing of the guest changed, for an instruction
 * that is not emulated (the sentence has its bytes and its name); what the backend returns when a
 * register cannot be had. */
enum error emulate_instruction(struct vcpu *vcpu, const struct vcpu_exit *exit,
			       const struct emulate_bus *bus, struct reason *why) must_check;

#endif
