/* The states of a vCPU as a table: what is allowed, and what follows. */
#include "vm/vcpu/vcpu_state.h"

static const char *const state_names[] = {
#define X(symbol, name) [symbol] = (name),
	VCPU_STATE_LIST(X)
#undef X
};
_Static_assert(ARRAY_SIZE(state_names) == VCPU_STATES, "every state has a name");

static const struct {
	const char *name;
	uint8_t after;
} calls[] = {
#define X(symbol, call_name, states, next) [symbol] = { (call_name), (next) },
	VCPU_CALL_LIST(X)
#undef X
};
_Static_assert(ARRAY_SIZE(calls) == VCPU_CALLS, "every call has a row");

const uint8_t vcpu_calls_allowed[VCPU_CALLS] = {
#define X(symbol, call_name, states, next) [symbol] = (states),
	VCPU_CALL_LIST(X)
#undef X
};

const char *vcpu_state_name(enum vcpu_state state)
{
	return (unsigned)state < VCPU_STATES ? state_names[state] : "unknown";
}

const char *vcpu_call_name(enum vcpu_call call)
{
	return (unsigned)call < VCPU_CALLS ? calls[call].name : "unknown";
}

enum vcpu_state vcpu_state_after(enum vcpu_state state, enum vcpu_call call)
{
	return calls[call].after == VCPU_STATE_SAME ? state : (enum vcpu_state)calls[call].after;
}
