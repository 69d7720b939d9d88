/* Pending events: what is refused, and how two exceptions combine (every pair of classes). */
#include "tests/host/vcpu_events.h"

/* --- what is refused ------------------------------------------------------------------------ */

static void exception_vectors(void **state)
{
	for (unsigned vector = 0; vector < 256; vector++) {
		struct vcpu_events events = { 0 };
		bool good = vector < 32 && vector != 2 && vector != 3 && vector != 4;

		assert_int_equal(queue(&events, exception((uint8_t)vector)),
				 good ? ERROR_NONE : ERROR_INVALID_INPUT);
		expect(&events, &open_all, good ? EVENT_EXCEPTION : EVENT_NONE, vector);
	}
}

static void error_codes(void **state)
{
	static const uint8_t with[] = { 8, 10, 11, 12, 13, 14, 17, 21 };

	for (uint8_t vector = 0; vector < 32; vector++) {
		struct vcpu_events events = { 0 };
		bool has = memchr(with, vector, sizeof(with));

		assert_int_equal(queue(&events, with_code(vector, 0)),
				 has ? ERROR_NONE : ERROR_INVALID_INPUT);
		if (!has)
			continue;
		struct event_choice choice = vcpu_events_choose(&events, &open_all);
		assert_true(choice.event.has_error_code);
		/* Not given, it is 0: without one the entry would fail. */
		struct vcpu_event without = exception(vector);
		without.error_code = 0xdead;
		put(&events, without);
		choice = vcpu_events_choose(&events, &open_all);
		assert_true(choice.event.has_error_code);
		assert_int_equal(choice.event.error_code, 0);
		assert_int_equal(queue(&events, with_code(vector, 0x10000)), ERROR_INVALID_INPUT);
	}
}

static void malformed(void **state)
{
	static const struct vcpu_event bad[] = {
		{ .kind = EVENT_NONE },
		{ .kind = (enum vcpu_event_kind)99 },
		{ .kind = EVENT_NMI, .vector = 3 },
		{ .kind = EVENT_NMI, .vector = 2, .has_error_code = true },
		{ .kind = EVENT_EXTERNAL_INTERRUPT, .vector = 14, .has_error_code = true },
		{ .kind = EVENT_SOFTWARE_INTERRUPT, .vector = 13, .has_error_code = true },
		{ .kind = EVENT_SOFTWARE_INTERRUPT, .vector = 13, .instruction_length = 16 },
		{ .kind = EVENT_SOFTWARE_EXCEPTION, .vector = 1, .instruction_length = 1 },
		{ .kind = EVENT_PRIVILEGED_SOFTWARE_EXCEPTION, .vector = 3 },
	};
	const struct vcpu_events empty = { 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		struct vcpu_events events = empty;

		assert_int_equal(queue(&events, bad[i]), ERROR_INVALID_INPUT);
		assert_memory_equal(&events, &empty, sizeof(events));
	}
}

static void software_events(void **state)
{
	struct vcpu_events events = { 0 };

	/* INT 0 and INT 255, INT3, INTO, INT1: kind, vector and length arrive unchanged. */
	static const struct vcpu_event good[] = {
		{ .kind = EVENT_SOFTWARE_INTERRUPT, .vector = 0, .instruction_length = 2 },
		{ .kind = EVENT_SOFTWARE_INTERRUPT, .vector = 255, .instruction_length = 15 },
		{ .kind = EVENT_SOFTWARE_EXCEPTION, .vector = 3, .instruction_length = 1 },
		{ .kind = EVENT_SOFTWARE_EXCEPTION, .vector = 4, .instruction_length = 1 },
		{ .kind = EVENT_PRIVILEGED_SOFTWARE_EXCEPTION, .vector = 1 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(good); i++) {
		put(&events, good[i]);
		struct event_choice choice = vcpu_events_choose(&events, &open_all);
		assert_int_equal(choice.event.kind, good[i].kind);
		assert_int_equal(choice.event.vector, good[i].vector);
		assert_int_equal(choice.event.instruction_length, good[i].instruction_length);
	}
}

/* --- two exceptions ------------------------------------------------------------------------- */

enum class { BENIGN, CONTRIBUTORY, PAGE_FAULT, DOUBLE_FAULT };

/* Written from the SDM's table of classes, by vector, independently of the code. */
static enum class class_of(unsigned vector) {
	switch (vector) {
		case 0 : case 10 : case 11 : case 12 : case 13 : case 21 : return CONTRIBUTORY;
		case 14 : case 20 : return PAGE_FAULT;
		case 8 : return DOUBLE_FAULT;
		default : return BENIGN;
	}
}

enum outcome { SERIAL, DOUBLE, SHUTDOWN };

static const enum outcome outcomes[4][4] = {
	/* second:          benign  contributory page fault #DF */
	[BENIGN] = { SERIAL, SERIAL, SERIAL, SERIAL },
	[CONTRIBUTORY] = { SERIAL, DOUBLE, SERIAL, SERIAL },
	[PAGE_FAULT] = { SERIAL, DOUBLE, DOUBLE, SERIAL },
	[DOUBLE_FAULT] = { SERIAL, SHUTDOWN, SHUTDOWN, SERIAL },
};

static bool is_exception(unsigned vector)
{
	return vector != 2 && vector != 3 && vector != 4;
}

/* `second` arises while `first` is being delivered, or waits to be. */
static void pair(uint8_t first, uint8_t second, bool in_delivery)
{
	struct vcpu_events events = { 0 };
	struct vcpu_event a = exception(first), b = exception(second);
	enum outcome outcome = outcomes[class_of(first)][class_of(second)];
	struct reason why;
	bool triple_fault;

	if (in_delivery)
		vcpu_events_interrupted(&events, &a);
	else
		put(&events, a);
	enum error error = vcpu_events_queue(&events, &b, &triple_fault, &why);

	assert_int_equal(triple_fault, outcome == SHUTDOWN);
	if (outcome == SHUTDOWN) {
		assert_int_equal(error, ERROR_NONE);
	} else if (outcome == DOUBLE) {
		assert_int_equal(error, ERROR_NONE);
		struct event_choice choice = vcpu_events_choose(&events, &open_all);
		assert_int_equal(choice.event.vector, 8);
		assert_true(choice.event.has_error_code);
		assert_int_equal(choice.event.error_code, 0);
		expect(&events, &open_all, EVENT_NONE, 0);
	} else if (in_delivery) {
		/* The first comes again when its instruction is restarted; a #DF is an abort, and
		 * nothing but this queue remembers it. */
		assert_int_equal(error, ERROR_NONE);
		expect(&events, &open_all, EVENT_EXCEPTION, second);
		if (first == 8) {
			vcpu_events_interrupted(&events, &b);
			expect(&events, &open_all, EVENT_EXCEPTION, second);
			expect(&events, &open_all, EVENT_EXCEPTION, 8);
		}
		expect(&events, &open_all, EVENT_NONE, 0);
	} else {
		assert_int_equal(error, ERROR_RESOURCE_BUSY);
		expect(&events, &open_all, EVENT_EXCEPTION, first);
		expect(&events, &open_all, EVENT_NONE, 0);
	}
}

static void every_pair(void **state)
{
	for (uint8_t first = 0; first < 32; first++)
		for (uint8_t second = 0; second < 32; second++) {
			if (!is_exception(first) || !is_exception(second))
				continue;
			pair(first, second, false);
			pair(first, second, true);
		}
}

static void benign_by_kind(void **state)
{
	/* INT 13 and an external interrupt with vector 14 are benign: a fault in their delivery
	 * is that fault, not a #DF. */
	static const struct vcpu_event firsts[] = {
		{ .kind = EVENT_SOFTWARE_INTERRUPT, .vector = 13, .instruction_length = 2 },
		{ .kind = EVENT_SOFTWARE_INTERRUPT, .vector = 8, .instruction_length = 2 },
		{ .kind = EVENT_EXTERNAL_INTERRUPT, .vector = 14 },
		{ .kind = EVENT_NMI, .vector = 2 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(firsts); i++) {
		struct vcpu_events events = { 0 };

		vcpu_events_interrupted(&events, &firsts[i]);
		put(&events, with_code(13, 0x10));
		expect(&events, &open_all, EVENT_EXCEPTION, 13);
	}
}

/* --- whether there is something to choose from --------------------------------------------------- */

static void whatever_waits_is_fresh(void **state)
{
	static const struct event_openings closed = { .nmi_blocking = true };
	const struct vcpu_event kinds[] = { exception(6), external(0x31), external(5), nmi };

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct vcpu_events events = { 0 };

		assert_false(events.fresh);
		put(&events, kinds[i]);
		assert_true(events.fresh);
		/* What cannot be delivered yet is looked at again. */
		(void)vcpu_events_choose(&events, &closed);
		assert_int_equal(events.fresh, kinds[i].kind != EVENT_EXCEPTION);
		(void)vcpu_events_choose(&events, &open_all);
		assert_false(events.fresh);
	}
}

static void what_was_cut_short_is_fresh(void **state)
{
	struct vcpu_events events = { 0 };
	const struct vcpu_event first = external(0x31);

	vcpu_events_interrupted(&events, &first);
	assert_true(events.fresh);
	/* The fault goes first, and the interrupt waits behind it. */
	put(&events, with_code(13, 0));
	expect(&events, &open_all, EVENT_EXCEPTION, 13);
	assert_true(events.fresh);
	expect(&events, &open_all, EVENT_EXTERNAL_INTERRUPT, 0x31);
	assert_false(events.fresh);
}

/* A class that the priority holds back. */
static void what_the_priority_holds_back_is_fresh(void **state)
{
	const struct event_openings high = { .interrupts_enabled = true, .priority = 15 };
	struct vcpu_events events = { 0 };

	put(&events, external(0x31));
	expect(&events, &high, EVENT_NONE, 0);
	assert_true(events.fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exception_vectors),
		cmocka_unit_test(error_codes),
		cmocka_unit_test(malformed),
		cmocka_unit_test(software_events),
		cmocka_unit_test(every_pair),
		cmocka_unit_test(benign_by_kind),
		cmocka_unit_test(whatever_waits_is_fresh),
		cmocka_unit_test(what_was_cut_short_is_fresh),
		cmocka_unit_test(what_the_priority_holds_back_is_fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
