/* Exits that events caused or that cut events short, against the SDM's tables. */
#include "tests/host/exit_snapshot.h"

static void exceptions(void **state)
{
	struct exit_snapshot s = rubbish(EXIT_REASON_EXCEPTION_OR_NMI);
	struct vcpu_exit exit;

	s.interruption_info = 0x80000b0e; /* #PF with an error code */
	s.interruption_error = 6;
	s.qualification = 0xdeadbeef000ull;
	exit = decode(&s);
	assert_int_equal(exit.kind, VCPU_EXIT_EXCEPTION);
	assert_int_equal(exit.event.vector, 14);
	assert_int_equal(exit.event.type, INTERRUPTION_HARDWARE_EXCEPTION);
	assert_true(exit.event.has_error_code);
	assert_int_equal(exit.event.error_code, 6);
	assert_int_equal(exit.event.address, 0xdeadbeef000ull);
	assert_int_equal(exit.length, 0);

	s.interruption_info = 0x80000306; /* #UD: no error code, no address */
	exit = decode(&s);
	assert_int_equal(exit.event.vector, 6);
	assert_false(exit.event.has_error_code);
	assert_int_equal(exit.event.error_code, 0);
	assert_int_equal(exit.event.address, 0);

	s.interruption_info = 0x80000603; /* INT3 */
	exit = decode(&s);
	assert_int_equal(exit.event.vector, 3);
	assert_int_equal(exit.event.type, INTERRUPTION_SOFTWARE_EXCEPTION);
	assert_int_equal(exit.length, 3);

	s.interruption_info = 0x80000202; /* NMI */
	assert_int_equal(decode(&s).kind, VCPU_EXIT_NMI);
	s.interruption_info = 0x00000306; /* not valid */
	assert_int_equal(decode(&s).kind, VCPU_EXIT_UNKNOWN);
	s.interruption_info = 0x80000106; /* a reserved type */
	assert_int_equal(decode(&s).kind, VCPU_EXIT_UNKNOWN);
}

static void interrupts_and_sipi(void **state)
{
	struct exit_snapshot s = rubbish(EXIT_REASON_EXTERNAL_INTERRUPT);

	s.interruption_info = 0x800000f0;
	assert_int_equal(decode(&s).event.vector, 0xf0);
	s.interruption_info = 0x000000f0; /* left for the host's IDT: no vector is known */
	assert_int_equal(decode(&s).event.vector, 0);
	assert_int_equal(decode_qualified(EXIT_REASON_STARTUP_IPI, 0x9a).event.vector, 0x9a);
}

static void task_switches(void **state)
{
	struct exit_snapshot s = rubbish(EXIT_REASON_TASK_SWITCH);
	struct vcpu_exit exit;

	s.qualification = 0x28; /* CALL */
	exit = decode(&s);
	assert_int_equal(exit.kind, VCPU_EXIT_TASK_SWITCH);
	assert_int_equal(exit.task_switch.selector, 0x28);
	assert_int_equal(exit.task_switch.source, 0);
	assert_int_equal(exit.length, 3);
	assert_false(exit.task_switch.has_error_code);

	s.qualification = 3u << 30 | 0x30; /* #GP(11h) through a task gate: nothing to skip */
	s.vectoring_info = 0x80000b0d;
	s.vectoring_error = 0x11;
	exit = decode(&s);
	assert_int_equal(exit.task_switch.source, 3);
	assert_true(exit.task_switch.has_error_code);
	assert_int_equal(exit.task_switch.error_code, 0x11);
	assert_int_equal(exit.length, 0);

	s.vectoring_info = 0x80000440; /* INT 40h through a task gate */
	exit = decode(&s);
	assert_false(exit.task_switch.has_error_code);
	assert_int_equal(exit.length, 3);
}

static void events_cut_short(void **state)
{
	struct exit_snapshot s = rubbish(EXIT_REASON_EPT_VIOLATION);
	struct vcpu_event event;

	assert_false(exit_interrupted_event(&s, 0, &event));
	s.vectoring_info = 0x80000020 | 0x20; /* external interrupt 20h */
	assert_true(exit_interrupted_event(&s, 0x1000, &event));
	assert_int_equal(event.kind, EVENT_EXTERNAL_INTERRUPT);
	assert_int_equal(event.vector, 0x20);
	assert_false(event.has_error_code);
	assert_int_equal(event.instruction_length, 0);
	s.vectoring_info = 0x80000b0e; /* #PF: CR2 was written before */
	s.vectoring_error = 2;
	assert_true(exit_interrupted_event(&s, 0x1000, &event));
	assert_int_equal(event.kind, EVENT_EXCEPTION);
	assert_int_equal(event.fault_address, 0x1000);
	assert_int_equal(event.error_code, 2);
	s.vectoring_info = 0x80000480; /* INT 80h */
	assert_true(exit_interrupted_event(&s, 0, &event));
	assert_int_equal(event.kind, EVENT_SOFTWARE_INTERRUPT);
	assert_int_equal(event.instruction_length, 3);
	s.vectoring_info = 0x80000202;
	assert_true(exit_interrupted_event(&s, 0, &event));
	assert_int_equal(event.kind, EVENT_NMI);
	s.vectoring_info = 0x80000501;
	assert_true(exit_interrupted_event(&s, 0, &event));
	assert_int_equal(event.kind, EVENT_PRIVILEGED_SOFTWARE_EXCEPTION);
	s.vectoring_info = 0x80000700; /* a reserved type */
	assert_false(exit_interrupted_event(&s, 0, &event));
	s.reason = EXIT_REASON_CPUID; /* never within a delivery: the field is stale */
	s.vectoring_info = 0x80000020;
	assert_false(exit_interrupted_event(&s, 0, &event));
}

static void nmi_unblocking(void **state)
{
	struct exit_snapshot s = rubbish(EXIT_REASON_EXCEPTION_OR_NMI);

	s.interruption_info = 0x80001b0e;
	assert_true(exit_unblocked_nmis(&s));
	s.interruption_info = 0x80001b08; /* undefined with #DF */
	assert_false(exit_unblocked_nmis(&s));
	s.interruption_info = 0x80001b0e;
	s.vectoring_info = 0x80000202; /* undefined within a delivery */
	assert_false(exit_unblocked_nmis(&s));
	s = rubbish(EXIT_REASON_EPT_VIOLATION);
	s.qualification = 0x1000;
	assert_true(exit_unblocked_nmis(&s));
	s.qualification = 0xfff;
	assert_false(exit_unblocked_nmis(&s));
	s.reason = EXIT_REASON_CPUID;
	s.qualification = 0x1000;
	assert_false(exit_unblocked_nmis(&s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exceptions),     cmocka_unit_test(interrupts_and_sipi),
		cmocka_unit_test(task_switches),  cmocka_unit_test(events_cut_short),
		cmocka_unit_test(nmi_unblocking),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
