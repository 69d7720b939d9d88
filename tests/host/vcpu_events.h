/* Short words for the tests of pending events: making an event, queueing it, expecting the next. */
#ifndef TESTS_HOST_VCPU_EVENTS_H
#define TESTS_HOST_VCPU_EVENTS_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "vm/vcpu/vcpu_event.h"

static const struct event_openings open_all = { .interrupts_enabled = true };

static inline struct vcpu_event exception(uint8_t vector)
{
	return (struct vcpu_event) { .kind = EVENT_EXCEPTION, .vector = vector };
}

static inline struct vcpu_event with_code(uint8_t vector, uint32_t code)
{
	struct vcpu_event event = exception(vector);

	event.has_error_code = true;
	event.error_code = code;
	return event;
}

static inline struct vcpu_event external(uint8_t vector)
{
	return (struct vcpu_event) { .kind = EVENT_EXTERNAL_INTERRUPT, .vector = vector };
}

static const struct vcpu_event nmi = { .kind = EVENT_NMI, .vector = 2 };

static inline enum error queue(struct vcpu_events *events, struct vcpu_event event)
{
	struct reason why;
	bool triple_fault;
	enum error error = vcpu_events_queue(events, &event, &triple_fault, &why);

	assert_false(triple_fault);
	return error;
}

static inline void put(struct vcpu_events *events, struct vcpu_event event)
{
	assert_int_equal(queue(events, event), ERROR_NONE);
}

static inline void expect(struct vcpu_events *events, const struct event_openings *openings,
			  enum vcpu_event_kind kind, unsigned vector)
{
	struct event_choice choice = vcpu_events_choose(events, openings);

	assert_int_equal(choice.event.kind, kind);
	if (kind != EVENT_NONE)
		assert_int_equal(choice.event.vector, vector);
}

#endif
