/* Tests of the encoding of events for injection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "vmx/exit/exit_decode.h"
#include "vmx/vcpu/inject.h"

static const struct injection_rules protected_mode = { .protected_mode = true };
static const struct injection_rules real_mode = { .protected_mode = false };
static const struct injection_rules zero_length = { .protected_mode = true,
						    .zero_length_allowed = true };

static struct injection encoded(struct vcpu_event event, const struct injection_rules *rules)
{
	struct injection injection = { 0 };

	assert_int_equal(injection_encode(&event, rules, &injection), ERROR_NONE);
	return injection;
}

static void every_kind_has_its_type(void **unused)
{
	static const struct {
		struct vcpu_event event;
		uint32_t info;
	} rows[] = {
		{ { .kind = EVENT_EXTERNAL_INTERRUPT, .vector = 0 }, 0x80000000 },
		{ { .kind = EVENT_EXTERNAL_INTERRUPT, .vector = 255 }, 0x800000ff },
		{ { .kind = EVENT_NMI, .vector = 2 }, 0x80000202 },
		{ { .kind = EVENT_EXCEPTION, .vector = 6 }, 0x80000306 },
		{ { .kind = EVENT_EXCEPTION, .vector = 0 }, 0x80000300 },
		{ { .kind = EVENT_SOFTWARE_INTERRUPT, .vector = 0x80, .instruction_length = 2 },
		  0x80000480 },
		{ { .kind = EVENT_PRIVILEGED_SOFTWARE_EXCEPTION,
		    .vector = 1,
		    .instruction_length = 1 },
		  0x80000501 },
		{ { .kind = EVENT_SOFTWARE_EXCEPTION, .vector = 3, .instruction_length = 1 },
		  0x80000603 },
		{ { .kind = EVENT_SOFTWARE_EXCEPTION, .vector = 4, .instruction_length = 1 },
		  0x80000604 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct injection injection = encoded(rows[i].event, &protected_mode);

		assert_int_equal(injection.info, rows[i].info);
		assert_int_equal(injection.instruction_length, rows[i].event.instruction_length);
	}
}

static void error_codes_are_delivered_in_protected_mode_only(void **unused)
{
	struct vcpu_event event = {
		.kind = EVENT_EXCEPTION, .vector = 13, .has_error_code = true, .error_code = 0x12345
	};
	struct injection injection = encoded(event, &protected_mode);

	assert_int_equal(injection.info, 0x80000b0d);
	/* An entry with bits 31:16 set would fail. */
	assert_int_equal(injection.error_code, 0x2345);
	injection = encoded(event, &real_mode);
	assert_int_equal(injection.info, 0x8000030d);
}

static void an_interrupt_never_has_an_error_code(void **unused)
{
	struct vcpu_event event = { .kind = EVENT_EXTERNAL_INTERRUPT,
				    .vector = 14,
				    .has_error_code = true,
				    .error_code = 4 };

	assert_int_equal(encoded(event, &protected_mode).info, 0x8000000e);
}

static void vectors_that_do_not_fit_their_kind(void **unused)
{
	static const struct vcpu_event bad[] = {
		{ .kind = EVENT_NONE },
		{ .kind = EVENT_NMI, .vector = 3 },
		{ .kind = EVENT_EXCEPTION, .vector = 2 },
		{ .kind = EVENT_EXCEPTION, .vector = 32 },
		{ .kind = EVENT_PRIVILEGED_SOFTWARE_EXCEPTION, .vector = 3 },
		{ .kind = EVENT_SOFTWARE_EXCEPTION, .vector = 1 },
		{ .kind = EVENT_SOFTWARE_INTERRUPT, .vector = 1, .instruction_length = 16 },
		{ .kind = (enum vcpu_event_kind)99, .vector = 1 },
	};
	struct injection injection;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(injection_encode(&bad[i], &protected_mode, &injection),
				 ERROR_INVALID_INPUT);
}

static void software_events_of_length_zero(void **unused)
{
	struct vcpu_event breakpoint = { .kind = EVENT_SOFTWARE_EXCEPTION, .vector = 3 };
	struct vcpu_event interrupt = { .kind = EVENT_SOFTWARE_INTERRUPT, .vector = 0x21 };
	struct injection injection;

	assert_int_equal(encoded(breakpoint, &zero_length).info, 0x80000603);
	assert_int_equal(encoded(interrupt, &zero_length).info, 0x80000421);
	/* A CPU that refuses them gets a fault-like one, or says that it cannot. */
	assert_int_equal(encoded(breakpoint, &protected_mode).info, 0x80000303);
	assert_int_equal(injection_encode(&interrupt, &protected_mode, &injection),
			 ERROR_UNSUPPORTED);
}

static void software_events_that_are_refused(void **unused)
{
	static const struct vcpu_event interrupt = { .kind = EVENT_SOFTWARE_INTERRUPT,
						     .vector = 0x21 };
	static const struct vcpu_event good[] = {
		{ .kind = EVENT_SOFTWARE_INTERRUPT, .vector = 0x21, .instruction_length = 2 },
		{ .kind = EVENT_SOFTWARE_EXCEPTION, .vector = 3 },
		{ .kind = EVENT_PRIVILEGED_SOFTWARE_EXCEPTION, .vector = 1 },
		{ .kind = EVENT_EXCEPTION, .vector = 6 },
		{ .kind = EVENT_EXTERNAL_INTERRUPT, .vector = 0x21 },
	};
	struct reason why;

	assert_int_equal(injection_possible(&interrupt, true, &why), ERROR_NONE);
	assert_int_equal(injection_possible(&interrupt, false, &why), ERROR_UNSUPPORTED);
	assert_string_equal(why.text, "INT 33 of length 0 cannot be injected on this CPU");
	/* Whatever is let through here can be encoded. */
	for (unsigned i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(injection_possible(&good[i], false, &why), ERROR_NONE);
		encoded(good[i], &protected_mode);
	}
}

static void faults_restart_with_rf(void **unused)
{
	static const uint8_t others[] = { 1, 2, 3, 4, 8, 9, 18 };
	struct vcpu_event event = { .kind = EVENT_EXCEPTION };

	for (unsigned vector = 0; vector < 256; vector++) {
		event.vector = (uint8_t)vector;
		assert_int_equal(injection_sets_rf(&event),
				 vector < 32 && !memchr(others, (int)vector, sizeof(others)));
	}
	event.vector = 13;
	for (unsigned kind = 0; kind <= EVENT_SOFTWARE_EXCEPTION; kind++) {
		event.kind = (enum vcpu_event_kind)kind;
		assert_int_equal(injection_sets_rf(&event), kind == EVENT_EXCEPTION);
	}
}

/* What an exit cut short is encoded again as it was. */
static void decoded_events_encode_to_what_they_were(void **unused)
{
	static const uint32_t infos[] = { 0x80000020, 0x80000202, 0x80000b0d, 0x80000306,
					  0x80000480, 0x80000501, 0x80000603, 0x80000b0e };

	for (unsigned i = 0; i < ARRAY_SIZE(infos); i++) {
		struct exit_snapshot snapshot = { .reason = 48,
						  .vectoring_info = infos[i],
						  .vectoring_error = 0x18,
						  .instruction_length = 2 };
		struct vcpu_event event = { 0 };

		assert_true(exit_interrupted_event(&snapshot, 0, &event));
		assert_int_equal(encoded(event, &protected_mode).info, infos[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_its_type),
		cmocka_unit_test(error_codes_are_delivered_in_protected_mode_only),
		cmocka_unit_test(an_interrupt_never_has_an_error_code),
		cmocka_unit_test(vectors_that_do_not_fit_their_kind),
		cmocka_unit_test(software_events_of_length_zero),
		cmocka_unit_test(software_events_that_are_refused),
		cmocka_unit_test(faults_restart_with_rf),
		cmocka_unit_test(decoded_events_encode_to_what_they_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
