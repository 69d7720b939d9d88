/* The states of a vCPU as a table: what is allowed, and what follows. */
#include "vm/vcpu/vcpu_state.h"

#include "lib/text_list.h"

static const char state_names[] =
#define X(symbol, name) name "\0"
	VCPU_STATE_LIST(X)
#undef X
	;

static const char call_names[] =
#define X(symbol, call_name, states, next) call_name "\0"
	VCPU_CALL_LIST(X)
#undef X
	;

static const uint8_t states_after[] = {
#define X(symbol, call_name, states, next) [symbol] = (next),
	VCPU_CALL_LIST(X)
#undef X
};

const uint8_t vcpu_calls_allowed[VCPU_CALLS] = {
#define X(symbol, call_name, states, next) [symbol] = (states),
	VCPU_CALL_LIST(X)
#undef X
};

const char *vcpu_state_name(enum vcpu_state state)
{
	return (unsigned)state < VCPU_STATES ? nth_text(state_names, state) : "unknown";
}

const char *vcpu_call_name(enum vcpu_call call)
{
	return (unsigned)call < VCPU_CALLS ? nth_text(call_names, call) : "unknown";
}

enum vcpu_state vcpu_state_after(enum vcpu_state state, enum vcpu_call call)
{
	enum vcpu_state after = (enum vcpu_state)states_after[call];

	return after == VCPU_STATE_SAME ? state : after;
}
