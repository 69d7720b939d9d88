/* What an exit interrupted besides an instruction: the delivery of an event, or NMI blocking that an
 * IRET had just ended. */
#include "vmx/exit/exit_qualification.h"
#include "vmx/exit/exit_reason.h"
#include "x86/exception.h"

/* In the qualification of the exits that fault on an access to memory. */

bool exit_interrupted_event(const struct exit_snapshot *s, uint64_t cr2, struct vcpu_event *event)
{
	/* A kind for each type of the hardware's; EVENT_NONE for the ones that are reserved. */
	static const uint8_t kinds[] = {
		[INTERRUPTION_EXTERNAL] = EVENT_EXTERNAL_INTERRUPT,
		[INTERRUPTION_NMI] = EVENT_NMI,
		[INTERRUPTION_HARDWARE_EXCEPTION] = EVENT_EXCEPTION,
		[INTERRUPTION_SOFTWARE_INTERRUPT] = EVENT_SOFTWARE_INTERRUPT,
		[INTERRUPTION_PRIVILEGED_EXCEPTION] = EVENT_PRIVILEGED_SOFTWARE_EXCEPTION,
		[INTERRUPTION_SOFTWARE_EXCEPTION] = EVENT_SOFTWARE_EXCEPTION,
		[INTERRUPTION_OTHER] = EVENT_NONE,
	};
	_Static_assert(ARRAY_SIZE(kinds) == 8, "a three-bit field");
	uint32_t info = s->vectoring_info;
	bool page_fault;

	if (!(info & INTERRUPTION_VALID) || !(exit_needs(s->reason) & EXIT_NEEDS_VECTORING))
		return false;

	event->kind = (enum vcpu_event_kind)kinds[field_get(info, INTERRUPTION_TYPE_MASK)];
	event->vector = (uint8_t)field_get(info, INTERRUPTION_VECTOR_MASK);
	event->has_error_code = info & INTERRUPTION_ERROR_VALID;
	event->error_code = event->has_error_code ? s->vectoring_error : 0;
	event->instruction_length =
		interruption_is_software(info) ? (uint8_t)s->instruction_length : 0;
	page_fault = event->kind == EVENT_EXCEPTION && event->vector == EXCEPTION_PAGE_FAULT;
	event->fault_address = page_fault ? cr2 : 0;
	return event->kind != EVENT_NONE;
}

bool exit_unblocked_nmis(const struct exit_snapshot *s)
{
	bool vectoring = s->vectoring_info & INTERRUPTION_VALID;

	switch (exit_reason_basic(s->reason)) {
	case EXIT_REASON_EXCEPTION_OR_NMI:
		/* Undefined for a double fault and while an event was being delivered. */
		return !vectoring && (s->interruption_info & INTERRUPTION_VALID) &&
		       field_get(s->interruption_info, INTERRUPTION_VECTOR_MASK) !=
			       EXCEPTION_DOUBLE_FAULT &&
		       (s->interruption_info & INTERRUPTION_NMI_UNBLOCKING);
	case EXIT_REASON_EPT_VIOLATION:
	case EXIT_REASON_PML_FULL:
	case EXIT_REASON_SPP_EVENT:
		return !vectoring && (s->qualification & VIOLATION_NMI_UNBLOCKING);
	default:
		return false;
	}
}
