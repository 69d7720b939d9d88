/* Pending events: what is refused, how two exceptions combine (every pair of classes), what goes
 * first, and that nothing gets lost. */
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "vm/vcpu_event.h"

static const struct event_openings open_all = { .interrupts_enabled = true };

static struct vcpu_event exception(uint8_t vector)
{
	return (struct vcpu_event) { .kind = EVENT_EXCEPTION, .vector = vector };
}

static struct vcpu_event with_code(uint8_t vector, uint32_t code)
{
	struct vcpu_event event = exception(vector);

	event.has_error_code = true;
	event.error_code = code;
	return event;
}

static struct vcpu_event external(uint8_t vector)
{
	return (struct vcpu_event) { .kind = EVENT_EXTERNAL_INTERRUPT, .vector = vector };
}

static const struct vcpu_event nmi = { .kind = EVENT_NMI, .vector = 2 };

static enum error queue(struct vcpu_events *events, struct vcpu_event event)
{
	struct reason why;
	bool triple_fault;
	enum error error = vcpu_events_queue(events, &event, &triple_fault, &why);

	assert_false(triple_fault);
	return error;
}

static void put(struct vcpu_events *events, struct vcpu_event event)
{
	assert_int_equal(queue(events, event), ERROR_NONE);
}

static void expect(struct vcpu_events *events, const struct event_openings *openings,
		   enum vcpu_event_kind kind, unsigned vector)
{
	struct event_choice choice = vcpu_events_choose(events, openings);

	assert_int_equal(choice.event.kind, kind);
	if (kind != EVENT_NONE)
		assert_int_equal(choice.event.vector, vector);
}

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

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
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

	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
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

	for (unsigned i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		struct vcpu_events events = { 0 };

		vcpu_events_interrupted(&events, &firsts[i]);
		put(&events, with_code(13, 0x10));
		expect(&events, &open_all, EVENT_EXCEPTION, 13);
	}
}

/* --- what goes first ------------------------------------------------------------------------ */

static void order(void **state)
{
	struct vcpu_events events = { 0 };
	struct event_choice choice;

	put(&events, external(0x31));
	put(&events, external(0xfe));
	put(&events, nmi);
	put(&events, exception(6));

	choice = vcpu_events_choose(&events, &open_all);
	assert_int_equal(choice.event.vector, 6);
	assert_true(choice.want_nmi_window);
	assert_true(choice.want_interrupt_window);
	choice = vcpu_events_choose(&events, &open_all);
	assert_int_equal(choice.event.kind, EVENT_NMI);
	assert_false(choice.want_nmi_window);
	assert_true(choice.want_interrupt_window);
	choice = vcpu_events_choose(&events, &open_all);
	assert_int_equal(choice.event.vector, 0xfe);
	assert_true(choice.want_interrupt_window);
	choice = vcpu_events_choose(&events, &open_all);
	assert_int_equal(choice.event.vector, 0x31);
	assert_false(choice.want_interrupt_window);
	expect(&events, &open_all, EVENT_NONE, 0);
}

static void every_vector(void **state)
{
	struct vcpu_events events = { 0 };

	for (unsigned vector = 0; vector < 256; vector++)
		put(&events, external((uint8_t)vector));
	put(&events, external(77)); /* asked for twice, delivered once: as an IRR bit */
	for (unsigned vector = 256; vector-- > 0;)
		expect(&events, &open_all, EVENT_EXTERNAL_INTERRUPT, vector);
	expect(&events, &open_all, EVENT_NONE, 0);
}

static void windows(void **state)
{
	/* Every combination of openings: an NMI and an interrupt are taken or asked for. */
	for (unsigned bits = 0; bits < 16; bits++) {
		const struct event_openings openings = {
			.interrupts_enabled = bits & 1,
			.sti_blocking = bits & 2,
			.mov_ss_blocking = bits & 4,
			.nmi_blocking = bits & 8,
		};
		bool nmi_opens = !(bits & (2 | 4 | 8));
		bool interrupt_opens = (bits & 1) && !(bits & (2 | 4));
		struct vcpu_events events = { 0 };
		struct event_choice choice;

		put(&events, nmi);
		choice = vcpu_events_choose(&events, &openings);
		assert_int_equal(choice.event.kind, nmi_opens ? EVENT_NMI : EVENT_NONE);
		assert_int_equal(choice.want_nmi_window, !nmi_opens);
		assert_false(choice.want_interrupt_window);

		events = (struct vcpu_events) { 0 };
		put(&events, external(0));
		choice = vcpu_events_choose(&events, &openings);
		assert_int_equal(choice.event.kind,
				 interrupt_opens ? EVENT_EXTERNAL_INTERRUPT : EVENT_NONE);
		assert_int_equal(choice.want_interrupt_window, !interrupt_opens);
		assert_false(choice.want_nmi_window);

		/* An exception belongs to the instruction and waits for no window. */
		events = (struct vcpu_events) { 0 };
		put(&events, exception(0));
		expect(&events, &openings, EVENT_EXCEPTION, 0);
	}
}

static void nmis_are_latched(void **state)
{
	struct vcpu_events events = { 0 };

	for (unsigned i = 0; i < 5; i++)
		put(&events, nmi);
	expect(&events, &open_all, EVENT_NMI, 2);
	for (unsigned i = 0; i < 5; i++)
		put(&events, nmi);
	expect(&events, &open_all, EVENT_NMI, 2);
	expect(&events, &open_all, EVENT_NMI, 2);
	expect(&events, &open_all, EVENT_NONE, 0);
}

/* --- delivery cut short --------------------------------------------------------------------- */

static void interrupted_goes_first(void **state)
{
	static const struct event_openings blocked = { .interrupts_enabled = true,
						       .nmi_blocking = true };
	struct vcpu_event first[] = {
		external(0x40),
		nmi,
		with_code(14, 2),
		{ .kind = EVENT_SOFTWARE_INTERRUPT, .vector = 0x80, .instruction_length = 2 }
	};

	first[2].fault_address = 0x1234;
	for (unsigned i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		struct vcpu_events events = { 0 };

		put(&events, external(0xff));
		vcpu_events_interrupted(&events, &first[i]);
		/* The NMI's own first delivery has set the blocking by NMI. */
		struct event_choice choice = vcpu_events_choose(&events, &blocked);
		assert_memory_equal(&choice.event, &first[i], sizeof(first[i]));
		expect(&events, &open_all, EVENT_EXTERNAL_INTERRUPT, 0xff);
		expect(&events, &open_all, EVENT_NONE, 0);
	}
}

static void interrupted_waits_for_the_fault(void **state)
{
	static const struct event_openings in_handler = { .nmi_blocking = true };
	struct vcpu_events events = { 0 };
	struct vcpu_event vector = external(0x40);

	vcpu_events_interrupted(&events, &vector);
	put(&events, with_code(14, 0));
	struct event_choice choice = vcpu_events_choose(&events, &open_all);
	assert_int_equal(choice.event.vector, 14);
	assert_true(choice.want_interrupt_window);
	expect(&events, &in_handler, EVENT_NONE, 0);
	expect(&events, &open_all, EVENT_EXTERNAL_INTERRUPT, 0x40);

	vcpu_events_interrupted(&events, &nmi);
	put(&events, with_code(14, 0));
	choice = vcpu_events_choose(&events, &in_handler);
	assert_int_equal(choice.event.vector, 14);
	assert_true(choice.want_nmi_window);
	expect(&events, &in_handler, EVENT_NONE, 0);
	expect(&events, &open_all, EVENT_NMI, 2);
	expect(&events, &open_all, EVENT_NONE, 0);
}

static void interrupted_when_closed(void **state)
{
	static const struct event_openings closed = { 0 };
	struct vcpu_events events = { 0 };
	struct vcpu_event vector = external(0);

	vcpu_events_interrupted(&events, &vector);
	struct event_choice choice = vcpu_events_choose(&events, &closed);
	assert_int_equal(choice.event.kind, EVENT_NONE);
	assert_true(choice.want_interrupt_window);
	expect(&events, &open_all, EVENT_EXTERNAL_INTERRUPT, 0);
}

/* --- waking --------------------------------------------------------------------------------- */

/* Every vector against every priority: held back by it alone, and no window is asked for then. */
static void priorities(void **state)
{
	for (uint8_t priority = 0; priority < 16; priority++) {
		const struct event_openings openings = { .interrupts_enabled = true,
							 .priority = priority };
		const struct event_openings closed = { .priority = priority };

		for (unsigned vector = 0; vector < 256; vector++) {
			bool passes = vector < 16 || vector >> 4 > priority;
			struct vcpu_events events = { 0 };

			put(&events, external((uint8_t)vector));
			assert_int_equal(vcpu_events_wake(&events, true, priority), passes);
			assert_false(vcpu_events_wake(&events, false, priority));
			struct event_choice choice = vcpu_events_choose(&events, &closed);
			assert_int_equal(choice.event.kind, EVENT_NONE);
			assert_int_equal(choice.want_interrupt_window, passes);
			choice = vcpu_events_choose(&events, &openings);
			assert_int_equal(choice.event.kind,
					 passes ? EVENT_EXTERNAL_INTERRUPT : EVENT_NONE);
			assert_false(choice.want_interrupt_window);
			if (!passes)
				expect(&events, &open_all, EVENT_EXTERNAL_INTERRUPT, vector);
			expect(&events, &open_all, EVENT_NONE, 0);
		}
	}
}

/* Of several, the highest that passes; NMIs and exceptions ask for no priority. */
static void priority_among_several(void **state)
{
	static const struct event_openings five = { .interrupts_enabled = true, .priority = 5 };
	static const struct event_openings all = { .interrupts_enabled = true, .priority = 15 };
	struct vcpu_events events = { 0 };

	put(&events, external(0x08));
	put(&events, external(0x5f));
	put(&events, external(0x60));
	put(&events, external(0xff));
	expect(&events, &five, EVENT_EXTERNAL_INTERRUPT, 0xff);
	expect(&events, &five, EVENT_EXTERNAL_INTERRUPT, 0x60);
	expect(&events, &five, EVENT_EXTERNAL_INTERRUPT, 0x08);
	expect(&events, &five, EVENT_NONE, 0);
	put(&events, nmi);
	put(&events, exception(6));
	assert_true(vcpu_events_wake(&events, false, 15));
	expect(&events, &all, EVENT_EXCEPTION, 6);
	expect(&events, &all, EVENT_NMI, 2);
	expect(&events, &all, EVENT_NONE, 0);
	expect(&events, &open_all, EVENT_EXTERNAL_INTERRUPT, 0x5f);
}

static void wakes(void **state)
{
	struct vcpu_events events = { 0 };

	assert_false(vcpu_events_wake(&events, true, 0));
	put(&events, external(0));
	assert_true(vcpu_events_wake(&events, true, 0));
	assert_false(vcpu_events_wake(&events, false, 0));
	put(&events, nmi);
	assert_true(vcpu_events_wake(&events, false, 0));
	expect(&events, &open_all, EVENT_NMI, 2);
	expect(&events, &open_all, EVENT_EXTERNAL_INTERRUPT, 0);
	assert_false(vcpu_events_wake(&events, true, 0));
	put(&events, exception(13));
	assert_true(vcpu_events_wake(&events, false, 0));
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
		cmocka_unit_test(order),
		cmocka_unit_test(every_vector),
		cmocka_unit_test(windows),
		cmocka_unit_test(nmis_are_latched),
		cmocka_unit_test(interrupted_goes_first),
		cmocka_unit_test(interrupted_waits_for_the_fault),
		cmocka_unit_test(interrupted_when_closed),
		cmocka_unit_test(priorities),
		cmocka_unit_test(priority_among_several),
		cmocka_unit_test(wakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
