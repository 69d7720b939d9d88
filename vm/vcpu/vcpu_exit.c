/* The printed names of exits, registers and events. */
#include "vm/vcpu/vcpu_exit.h"

#include "vm/vcpu/vcpu.h"

static const char *const exit_names[] = {
#define X(symbol, name) [symbol] = (name),
	VCPU_EXIT_LIST(X)
#undef X
};
_Static_assert(ARRAY_SIZE(exit_names) == VCPU_EXIT_KINDS, "every exit has a name");

static const char *const register_names[] = {
#define X(symbol, name) [symbol] = (name),
	VCPU_REGISTER_LIST(X)
#undef X
};
_Static_assert(ARRAY_SIZE(register_names) == VCPU_REGISTERS, "every register has a name");

const char *const vcpu_event_names[] = {
#define X(symbol, name) [symbol] = (name),
	VCPU_EVENT_LIST(X)
#undef X
};
_Static_assert(ARRAY_SIZE(vcpu_event_names) == VCPU_EVENT_KINDS, "every event has a name");

const char *vcpu_exit_name(enum vcpu_exit_kind kind)
{
	return (unsigned)kind < VCPU_EXIT_KINDS ? exit_names[kind] : "unknown";
}

const char *vcpu_register_name(enum vcpu_register reg)
{
	return (unsigned)reg < VCPU_REGISTERS ? register_names[reg] : "unknown";
}
