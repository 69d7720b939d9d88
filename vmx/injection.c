/* The pure half of vmx/inject.h. */
#include "lib/bits.h"
#include "vmx/exit_decode.h"
#include "vmx/inject.h"

#define VECTOR_NMI          2
#define VECTOR_DEBUG        1
#define VECTOR_BREAKPOINT   3
#define VECTOR_OVERFLOW     4
#define EXCEPTION_VECTORS   32
#define INSTRUCTION_MAXIMUM 15

/* The hardware's type of an event of each kind. */
static const uint8_t types[] = {
	[EVENT_EXTERNAL_INTERRUPT] = INTERRUPTION_EXTERNAL,
	[EVENT_NMI] = INTERRUPTION_NMI,
	[EVENT_EXCEPTION] = INTERRUPTION_HARDWARE_EXCEPTION,
	[EVENT_SOFTWARE_INTERRUPT] = INTERRUPTION_SOFTWARE_INTERRUPT,
	[EVENT_PRIVILEGED_SOFTWARE_EXCEPTION] = INTERRUPTION_PRIVILEGED_EXCEPTION,
	[EVENT_SOFTWARE_EXCEPTION] = INTERRUPTION_SOFTWARE_EXCEPTION,
};

static bool vector_fits(const struct vcpu_event *event)
{
	switch (event->kind) {
	case EVENT_NMI:
		return event->vector == VECTOR_NMI;
	case EVENT_EXCEPTION:
		return event->vector < EXCEPTION_VECTORS && event->vector != VECTOR_NMI;
	case EVENT_PRIVILEGED_SOFTWARE_EXCEPTION:
		return event->vector == VECTOR_DEBUG;
	case EVENT_SOFTWARE_EXCEPTION:
		return event->vector == VECTOR_BREAKPOINT || event->vector == VECTOR_OVERFLOW;
	case EVENT_EXTERNAL_INTERRUPT:
	case EVENT_SOFTWARE_INTERRUPT:
		return true;
	default:
		return false;
	}
}

enum error injection_encode(const struct vcpu_event *event, const struct injection_rules *rules,
			    struct injection *out)
{
	bool software = event->kind == EVENT_SOFTWARE_INTERRUPT ||
			event->kind == EVENT_PRIVILEGED_SOFTWARE_EXCEPTION ||
			event->kind == EVENT_SOFTWARE_EXCEPTION;
	uint32_t type;

	if (!vector_fits(event))
		return ERROR_INVALID_INPUT;
	if (software && event->instruction_length > INSTRUCTION_MAXIMUM)
		return ERROR_INVALID_INPUT;
	type = types[event->kind];
	if (software && !event->instruction_length && !rules->zero_length_allowed) {
		if (event->kind == EVENT_SOFTWARE_INTERRUPT)
			return ERROR_UNSUPPORTED;
		type = INTERRUPTION_HARDWARE_EXCEPTION;
	}

	out->info = INTERRUPTION_VALID | (uint32_t)field_put(INTERRUPTION_TYPE_MASK, type) |
		    event->vector;
	out->error_code = 0;
	if (event->kind == EVENT_EXCEPTION && event->has_error_code && rules->protected_mode) {
		out->info |= INTERRUPTION_ERROR_VALID;
		/* Bits 31:16 have to be 0 for the entry to be accepted. */
		out->error_code = event->error_code & 0xffff;
	}
	out->instruction_length = software ? event->instruction_length : 0;
	return ERROR_NONE;
}
