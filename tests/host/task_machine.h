/* A small flat memory with a GDT, an LDT and three tasks, for tests of task switches. */
#ifndef TESTS_HOST_TASK_MACHINE_H
#define TESTS_HOST_TASK_MACHINE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "vm/emulate/task_switch.h"
#include "x86/control_registers.h"
#include "x86/exception.h"
#include "x86/segment.h"

#define GDT       0x1000
#define GDT_LIMIT 0x7f
#define LDT       0x1800
#define OLD_TSS   0x2000
#define NEW_TSS   0x3000
#define STACK     0x4000

#define SELECTOR_OLD   0x28
#define SELECTOR_NEW   0x30
#define SELECTOR_LDT   0x38
#define SELECTOR_CODE  0x08
#define SELECTOR_DATA  0x10
#define SELECTOR_CODE3 0x1b
#define SELECTOR_DATA3 0x23
#define SELECTOR_TSS16 0x40

/* Offsets in a 32-bit TSS. */
enum { LINK = 0, CR3 = 28, EIP = 32, EFLAGS = 36, GPR = 40, SEGMENT = 72, LDTR = 96, TRAP = 100 };

static struct {
	uint8_t memory[0x8000];
	uint32_t fault_at; /* writes here are page faults */
	uint32_t last_cr3;
	bool last_implicit;
	unsigned last_cpl;
} machine;

static inline bool inside(uint32_t at, uint32_t length, struct vcpu_event *fault)
{
	if (at < sizeof(machine.memory) && length <= sizeof(machine.memory) - at &&
	    !(machine.fault_at >= at && machine.fault_at < at + length))
		return true;
	*fault = (struct vcpu_event) { .kind = EVENT_EXCEPTION,
				       .vector = EXCEPTION_PAGE_FAULT,
				       .has_error_code = true,
				       .fault_address = at };
	return false;
}

static inline bool read(void *context, uint32_t cr3, uint32_t at, void *to, uint32_t length,
			struct vcpu_event *fault)
{
	if (!inside(at, length, fault))
		return false;
	memcpy(to, machine.memory + at, length);
	return true;
}

static inline bool write(void *context, uint32_t cr3, bool implicit, unsigned cpl, uint32_t at,
			 const void *from, uint32_t length, struct vcpu_event *fault)
{
	if (!inside(at, length, fault))
		return false;
	memcpy(machine.memory + at, from, length);
	machine.last_cr3 = cr3;
	machine.last_implicit = implicit;
	machine.last_cpl = cpl;
	return true;
}

static const struct task_memory memory = { .read = read, .write = write };

static inline uint32_t get32(uint32_t at)
{
	uint32_t value;

	memcpy(&value, machine.memory + at, sizeof(value));
	return value;
}

static inline void put32(uint32_t at, uint32_t value)
{
	memcpy(machine.memory + at, &value, sizeof(value));
}

static inline uint16_t get16(uint32_t at)
{
	return (uint16_t)get32(at);
}

static inline void put16(uint32_t at, uint16_t value)
{
	memcpy(machine.memory + at, &value, sizeof(value));
}

static inline void describe(uint16_t selector, uint32_t base, uint32_t limit, uint32_t rights)
{
	uint64_t descriptor = descriptor_make(base, limit, rights);

	memcpy(machine.memory + GDT + (selector & ~7u), &descriptor, sizeof(descriptor));
}

static inline uint8_t type_of(uint16_t selector)
{
	return machine.memory[GDT + (selector & ~7u) + 5] & 15;
}

/* The old task is at privilege 0 with recognisable registers; the new one has others. */
static inline struct task_state prepare(void)
{
	struct task_state state = {
		.rip = 0x500,
		.rflags = RFLAGS_FIXED | RFLAGS_IF,
		.cr3 = 0x11000,
		.cr0 = CR0_PE | CR0_PG,
		.dr7 = 0x7ff,
		.gdtr_base = GDT,
		.gdtr_limit = GDT_LIMIT,
		.segment[TASK_CS] = { .selector = SELECTOR_CODE, .rights = RIGHTS_CODE32 },
		.segment[TASK_LDTR] = { .rights = RIGHTS_UNUSABLE },
		.segment[TASK_TR] = { .selector = SELECTOR_OLD,
				      .base = OLD_TSS,
				      .limit = 0x67,
				      .rights = RIGHTS_BUSY_TSS },
	};

	memset(&machine, 0, sizeof(machine));
	machine.fault_at = UINT32_MAX;
	describe(SELECTOR_CODE, 0, 0xfffff, RIGHTS_CODE32);
	describe(SELECTOR_DATA, 0, 0xfffff, RIGHTS_DATA32);
	describe(SELECTOR_CODE3, 0, 0xfffff, RIGHTS_CODE32 | RIGHTS_PRIVILEGE(3));
	describe(SELECTOR_DATA3, 0, 0xfffff, RIGHTS_DATA32 | RIGHTS_PRIVILEGE(3));
	describe(SELECTOR_OLD, OLD_TSS, 0x67, RIGHTS_BUSY_TSS);
	describe(SELECTOR_NEW, NEW_TSS, 0x67, TYPE_TSS_AVAILABLE | RIGHTS_P);
	describe(SELECTOR_LDT, LDT, 0x3f, RIGHTS_LDT);
	for (unsigned i = 0; i < 8; i++) {
		state.gpr[i] = 0x0d0d0000 + i;
		put32(NEW_TSS + GPR + 4 * i, 0xe0e00000 + i);
	}
	for (unsigned i = TASK_ES; i <= TASK_GS; i++) {
		if (i != TASK_CS)
			state.segment[i] = (struct task_segment) { .selector = SELECTOR_DATA,
								   .rights = RIGHTS_DATA32 };
		put32(NEW_TSS + SEGMENT + 4 * i, i == TASK_CS ? SELECTOR_CODE : SELECTOR_DATA);
	}
	put32(NEW_TSS + CR3, 0x22000);
	put32(NEW_TSS + EIP, 0x700);
	put32(NEW_TSS + EFLAGS, RFLAGS_CF);
	put32(NEW_TSS + GPR + 4 * RSP, STACK);
	return state;
}

static inline struct vcpu_event switch_ok(struct task_state *state,
					  const struct task_request *request)
{
	struct reason why = { 0 };
	struct vcpu_event fault;

	assert_int_equal(task_switch(state, request, &memory, &fault, &why), ERROR_NONE);
	return fault;
}

#endif
