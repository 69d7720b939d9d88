/* The printed names of exits, registers and events, in the order of their enums. */
#include "vm/vcpu/vcpu_exit.h"

#include "lib/text_list.h"
#include "vm/vcpu/vcpu.h"

static const char exit_names[] =
#define X(symbol, name) name "\0"
	VCPU_EXIT_LIST(X)
#undef X
	;

/* In encoding order. */
static const char gpr_names[] = "rax\0rcx\0rdx\0rbx\0rsp\0rbp\0rsi\0rdi\0"
				"r8\0r9\0r10\0r11\0r12\0r13\0r14\0r15";
_Static_assert(R15 == 15 && GPR_COUNT == 16, "every general register has a name");

static const char register_names[] =
#define X(symbol, name) name "\0"
	VCPU_REGISTER_LIST(X)
#undef X
	;

const char *const vcpu_event_names[] = {
#define X(symbol, name) [symbol] = (name),
	VCPU_EVENT_LIST(X)
#undef X
};
_Static_assert(ARRAY_SIZE(vcpu_event_names) == VCPU_EVENT_KINDS, "every event has a name");

const char *vcpu_exit_name(enum vcpu_exit_kind kind)
{
	return (unsigned)kind < VCPU_EXIT_KINDS ? nth_text(exit_names, kind) : "unknown";
}

const char *vcpu_gpr_name(enum gpr gpr)
{
	return (unsigned)gpr < GPR_COUNT ? nth_text(gpr_names, gpr) : "unknown";
}

const char *vcpu_register_name(enum vcpu_register reg)
{
	return (unsigned)reg < VCPU_REGISTERS ? nth_text(register_names, reg) : "unknown";
}
