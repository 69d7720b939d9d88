/* The pure half of vmx/vcpu/inject.h. */
#include "lib/bits.h"
#include "vmx/exit/exit_decode.h"
#include "vmx/vcpu/inject.h"
#include "x86/exception.h"

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
_Static_assert(ARRAY_SIZE(types) == EVENT_SOFTWARE_EXCEPTION + 1, "every kind has a type");

static bool vector_fits(const struct vcpu_event *event)
{
	switch (event->kind) {
	case EVENT_NMI:
		return event->vector == VECTOR_NMI;
	case EVENT_EXCEPTION:
		return event->vector < EXCEPTION_VECTORS && event->vector != VECTOR_NMI;
	case EVENT_PRIVILEGED_SOFTWARE_EXCEPTION:
		return event->vector == EXCEPTION_DEBUG;
	case EVENT_SOFTWARE_EXCEPTION:
		return event->vector == EXCEPTION_BREAKPOINT || event->vector == EXCEPTION_OVERFLOW;
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

enum error injection_possible(const struct vcpu_event *event, bool zero_length_allowed,
			      struct reason *why)
{
	if (event->kind == EVENT_SOFTWARE_INTERRUPT && !event->instruction_length &&
	    !zero_length_allowed)
		return reason_set(why, ERROR_UNSUPPORTED,
				  "INT %u of length 0 cannot be injected on this CPU",
				  event->vector);
	return ERROR_NONE;
}

/* The coprocessor's, and an abort: no CPU with VMX raises it. */
#define VECTOR_SEGMENT_OVERRUN 9

/* Traps and aborts. SDM volume 3, "Exception and Interrupt Reference". */
#define NO_FAULTS                                                                              \
	(BIT(EXCEPTION_DEBUG) | BIT(VECTOR_NMI) | BIT(EXCEPTION_BREAKPOINT) |                  \
	 BIT(EXCEPTION_OVERFLOW) | BIT(EXCEPTION_DOUBLE_FAULT) | BIT(VECTOR_SEGMENT_OVERRUN) | \
	 BIT(EXCEPTION_MACHINE_CHECK))

/* SDM volume 3, "System Flags and Fields in the EFLAGS Register" and "Instruction-Breakpoint
 * Exception Condition". #DB may be a trap or a fault: who raises one sets RF where it is due. */
bool injection_sets_rf(const struct vcpu_event *event)
{
	return event->kind == EVENT_EXCEPTION && event->vector < EXCEPTION_VECTORS &&
	       !(NO_FAULTS & BIT(event->vector));
}
