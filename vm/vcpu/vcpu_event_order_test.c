/* Pending events: what goes first, what waits for a window or a lower priority, what ends a halt, and
 * that nothing gets lost. */
#include "tests/host/vcpu_events.h"

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

/* Interrupt controllers: asked when nothing goes before them and the window is open, else waited
 * for. */
static void controllers(void **state)
{
	struct event_openings open = { .interrupts_enabled = true, .controller_pending = true };
	struct event_openings shut = { .controller_pending = true };
	struct vcpu_events events = { 0 };
	struct event_choice choice = vcpu_events_choose(&events, &open);

	assert_int_equal(choice.event.kind, EVENT_NONE);
	assert_true(choice.acknowledge);
	assert_false(choice.want_interrupt_window);

	choice = vcpu_events_choose(&events, &shut);
	assert_false(choice.acknowledge);
	assert_true(choice.want_interrupt_window);

	put(&events, exception(6));
	choice = vcpu_events_choose(&events, &open);
	assert_int_equal(choice.event.kind, EVENT_EXCEPTION);
	assert_false(choice.acknowledge);
	assert_true(choice.want_interrupt_window);

	/* What was acknowledged before, and gave way in its delivery, is not lost behind a new one. */
	put(&events, external(0x31));
	choice = vcpu_events_choose(&events, &open);
	assert_int_equal(choice.event.vector, 0x31);
	assert_false(choice.acknowledge);
	assert_true(choice.want_interrupt_window);
	open.sti_blocking = true;
	choice = vcpu_events_choose(&events, &open);
	assert_false(choice.acknowledge);
	assert_true(choice.want_interrupt_window);
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

/* In its handler one more is latched, however many come: before it, one goes and one is latched. */
static void one_nmi_is_latched_in_its_handler(void **state)
{
	static const struct event_openings in_handler = { .nmi_blocking = true };
	struct vcpu_events events = { 0 };

	put(&events, nmi);
	expect(&events, &open_all, EVENT_NMI, 2);
	for (unsigned i = 0; i < 10; i++) {
		put(&events, nmi);
		put(&events, nmi);
		expect(&events, &in_handler, EVENT_NONE, 0);
	}
	assert_true(vcpu_events_choose(&events, &in_handler).want_nmi_window);
	expect(&events, &open_all, EVENT_NMI, 2);
	expect(&events, &open_all, EVENT_NONE, 0);
}

/* SDM volume 3, "Priority Among Concurrent Events": traps on the previous instruction go before NMIs
 * and interrupts; an exception that is raised instead of an instruction has no trap behind it. */
static void debug_traps_go_first(void **state)
{
	static const struct event_openings trap = { .interrupts_enabled = true,
						    .debug_trap = true,
						    .controller_pending = true };
	struct vcpu_events events = { 0 };
	struct event_choice choice;

	put(&events, nmi);
	put(&events, external(0x31));
	choice = vcpu_events_choose(&events, &trap);
	assert_int_equal(choice.event.kind, EVENT_NONE);
	assert_false(choice.acknowledge);
	assert_true(choice.want_nmi_window);
	assert_true(choice.want_interrupt_window);
	put(&events, exception(6));
	expect(&events, &trap, EVENT_EXCEPTION, 6);
	expect(&events, &open_all, EVENT_NMI, 2);
	expect(&events, &open_all, EVENT_EXTERNAL_INTERRUPT, 0x31);
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
	for (unsigned i = 0; i < ARRAY_SIZE(first); i++) {
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

/* A #DF waits behind an exception that came in its delivery, and behind those that come in that one's, in which
 * a guest may have as many as it likes. */
static void double_fault_waits_for_them_all(void **state)
{
	const struct vcpu_event double_fault = with_code(8, 0), alignment = with_code(17, 0);
	struct vcpu_events events = { 0 };

	vcpu_events_interrupted(&events, &double_fault);
	put(&events, alignment);
	for (unsigned i = 0; i < 3; i++) {
		expect(&events, &open_all, EVENT_EXCEPTION, 17);
		vcpu_events_interrupted(&events, &alignment);
		put(&events, alignment);
	}
	expect(&events, &open_all, EVENT_EXCEPTION, 17);
	vcpu_events_interrupted(&events, &alignment);
	put(&events, exception(1));
	expect(&events, &open_all, EVENT_EXCEPTION, 1);
	expect(&events, &open_all, EVENT_EXCEPTION, 8);
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

/* --- priorities and waking ------------------------------------------------------------------ */

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
		cmocka_unit_test(order),
		cmocka_unit_test(every_vector),
		cmocka_unit_test(controllers),
		cmocka_unit_test(windows),
		cmocka_unit_test(nmis_are_latched),
		cmocka_unit_test(one_nmi_is_latched_in_its_handler),
		cmocka_unit_test(debug_traps_go_first),
		cmocka_unit_test(interrupted_goes_first),
		cmocka_unit_test(interrupted_waits_for_the_fault),
		cmocka_unit_test(double_fault_waits_for_them_all),
		cmocka_unit_test(interrupted_when_closed),
		cmocka_unit_test(priorities),
		cmocka_unit_test(priority_among_several),
		cmocka_unit_test(wakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
