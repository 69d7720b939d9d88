/* Which call is allowed in which state of a vCPU, and where it leads. Pure. */
#ifndef VM_VCPU_VCPU_STATE_H
#define VM_VCPU_VCPU_STATE_H

#include "lib/types.h"
#include "vm/vcpu/vcpu.h"

/* The states as bits, for the table below. */
#define IN_CREATED (1u << VCPU_CREATED)
#define IN_FREE    (1u << VCPU_FREE)
#define IN_READY   (1u << VCPU_READY)
#define IN_RUNNING (1u << VCPU_RUNNING)
#define IN_BLOCKED (1u << VCPU_BLOCKED)
#define IN_INVALID (1u << VCPU_INVALID)

/* No state of its own: the call leaves it as it is. */
#define VCPU_STATE_SAME VCPU_STATES

/* X(call, printed name, states in which it is allowed, state after success). Registers can be read
 * and written while Running only by the CPU that runs the vCPU: from within the backend. */
#define VCPU_CALL_LIST(X)                                                                       \
	X(CALL_SET_ENTRY, "set_entry", IN_CREATED, VCPU_STATE_SAME)                             \
	X(CALL_SET_NESTED_ROOT, "set_nested_root", IN_CREATED, VCPU_STATE_SAME)                 \
	X(CALL_SETUP, "setup", IN_CREATED, VCPU_FREE)                                           \
	X(CALL_RESET, "reset", IN_FREE, VCPU_CREATED)                                           \
	X(CALL_BIND, "bind", IN_FREE, VCPU_READY)                                               \
	X(CALL_RUN, "run", IN_READY, VCPU_RUNNING)                                              \
	X(CALL_EXIT, "exit", IN_RUNNING, VCPU_READY)                                            \
	X(CALL_BLOCK, "block", IN_READY, VCPU_BLOCKED)                                          \
	X(CALL_WAKE, "wake", IN_BLOCKED, VCPU_READY)                                            \
	X(CALL_UNBIND, "unbind", IN_READY, VCPU_FREE)                                           \
	X(CALL_RELEASE, "unbind", IN_INVALID, VCPU_STATE_SAME)                                  \
	X(CALL_INJECT, "inject", IN_FREE | IN_READY | IN_RUNNING | IN_BLOCKED, VCPU_STATE_SAME) \
	X(CALL_GET_REGISTER, "get_register",                                                    \
	  IN_FREE | IN_READY | IN_RUNNING | IN_BLOCKED | IN_INVALID, VCPU_STATE_SAME)           \
	X(CALL_SET_REGISTER, "set_register", IN_FREE | IN_READY | IN_RUNNING | IN_BLOCKED,      \
	  VCPU_STATE_SAME)                                                                      \
	X(CALL_SET_DEBUG, "set_debug", IN_FREE | IN_READY | IN_BLOCKED, VCPU_STATE_SAME)        \
	X(CALL_SKIP_INSTRUCTION, "skip_instruction", IN_READY | IN_RUNNING, VCPU_STATE_SAME)    \
	X(CALL_INIT_RESET, "init_reset", IN_READY, VCPU_STATE_SAME)                             \
	X(CALL_START_UP, "start_up", IN_READY, VCPU_STATE_SAME)                                 \
	X(CALL_DESTROY, "destroy", IN_CREATED | IN_FREE | IN_READY | IN_BLOCKED | IN_INVALID,   \
	  VCPU_INVALID)

enum vcpu_call {
#define X(symbol, name, allowed, after) symbol,
	VCPU_CALL_LIST(X)
#undef X
		VCPU_CALLS
};

const char *vcpu_call_name(enum vcpu_call call);

/* The states that allow each call, from the table. */
extern const uint8_t vcpu_calls_allowed[VCPU_CALLS];

/* Inline, since it is asked many times an exit. */
static inline bool vcpu_state_allows(enum vcpu_state state, enum vcpu_call call)
{
	return (unsigned)state < VCPU_STATES && (vcpu_calls_allowed[call] & (1u << state));
}

/* The state in which a successful `call` leaves a vCPU that was in `state`. */
enum vcpu_state vcpu_state_after(enum vcpu_state state, enum vcpu_call call);

#endif
