/* The resolver of the controls, against its own rules on every row and on known CPUs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "vmx/cpu/capability_samples.h"
#include "vmx/cpu/controls.h"

static struct reason why;
static struct vmx_controls controls;

/* The capability MSR that speaks for a word in sample_skylake(). */
static uint64_t *msr_of(struct vmx_capability *cap, enum vmx_control_word word)
{
	switch (word) {
	case CONTROL_PIN:
		return &cap->true_pin;
	case CONTROL_PRIMARY:
		return &cap->true_primary;
	case CONTROL_SECONDARY:
		return &cap->secondary;
	case CONTROL_EXIT:
		return &cap->true_exit;
	case CONTROL_ENTRY:
		return &cap->true_entry;
	default:
		return NULL;
	}
}

static const uint32_t all_requests =
	REQUEST_ALWAYS | REQUEST_VPID | REQUEST_PREEMPTION_TIMER | REQUEST_INTERCEPTS;

static void rows_are_well_formed(void **state)
{
	for (unsigned i = 0; i < VMX_CONTROLS; i++) {
		const struct vmx_control_row *row = &vmx_control_rows[i];
		assert_true(strlen(row->name) > 0 && strlen(row->missing) > 10);
		assert_true(row->need == NEED_UNUSED || row->need == NEED_FORBIDDEN || row->when);
		if (row->word != CONTROL_TERTIARY)
			assert_true(vmx_control_mask(row) <= 0xffffffff);
		for (unsigned j = 0; j < i; j++) {
			const struct vmx_control_row *other = &vmx_control_rows[j];
			assert_string_not_equal(row->name, other->name);
			assert_false(row->word == other->word &&
				     vmx_control_mask(row) == vmx_control_mask(other));
		}
	}
}

static void a_modern_cpu(void **state)
{
	struct vmx_capability cap = sample_skylake();

	assert_int_equal(
		vmx_controls_resolve(&cap, vmx_request(true, true, INTERCEPT_HLT), &controls, &why),
		ERROR_NONE);
	assert_int_equal(controls.word[CONTROL_PIN], 0x16 | PIN_EXTERNAL_INTERRUPT_EXITING |
							     PIN_NMI_EXITING | PIN_VIRTUAL_NMIS |
							     PIN_ACTIVATE_PREEMPTION_TIMER);
	assert_int_equal(controls.word[CONTROL_PRIMARY],
			 0x04006172 | PRIMARY_USE_TSC_OFFSETTING | PRIMARY_HLT_EXITING |
				 PRIMARY_MWAIT_EXITING | PRIMARY_RDPMC_EXITING |
				 PRIMARY_CR8_LOAD_EXITING | PRIMARY_CR8_STORE_EXITING |
				 PRIMARY_USE_IO_BITMAPS | PRIMARY_USE_MSR_BITMAPS |
				 PRIMARY_MONITOR_EXITING | PRIMARY_ACTIVATE_SECONDARY);
	assert_int_equal(controls.word[CONTROL_SECONDARY],
			 SECONDARY_ENABLE_EPT | SECONDARY_ENABLE_RDTSCP | SECONDARY_ENABLE_VPID |
				 SECONDARY_UNRESTRICTED_GUEST | SECONDARY_ENABLE_INVPCID |
				 SECONDARY_ENABLE_XSAVES);
	assert_int_equal(controls.word[CONTROL_TERTIARY], 0);
	assert_true(controls.word[CONTROL_EXIT] ==
		    (0x00036dfb | EXIT_SAVE_DEBUG_CONTROLS | EXIT_HOST_ADDRESS_SPACE_SIZE |
		     EXIT_ACKNOWLEDGE_INTERRUPT | EXIT_SAVE_PAT | EXIT_LOAD_PAT | EXIT_SAVE_EFER |
		     EXIT_LOAD_EFER | EXIT_SAVE_PREEMPTION_TIMER));
	assert_int_equal(controls.word[CONTROL_ENTRY],
			 0x000011fb | ENTRY_LOAD_DEBUG_CONTROLS | ENTRY_LOAD_PAT | ENTRY_LOAD_EFER);
	assert_true(controls.may_be_one[CONTROL_PRIMARY] & PRIMARY_NMI_WINDOW_EXITING);
}

static void toggles_and_intercepts(void **state)
{
	static const struct {
		uint32_t request;
		enum vmx_control_word word;
		uint64_t bits;
	} cases[] = {
		{ REQUEST_VPID, CONTROL_SECONDARY, SECONDARY_ENABLE_VPID },
		{ REQUEST_PREEMPTION_TIMER, CONTROL_PIN, PIN_ACTIVATE_PREEMPTION_TIMER },
		{ REQUEST_PREEMPTION_TIMER, CONTROL_EXIT, EXIT_SAVE_PREEMPTION_TIMER },
		{ INTERCEPT_HLT, CONTROL_PRIMARY, PRIMARY_HLT_EXITING },
		{ INTERCEPT_PAUSE, CONTROL_PRIMARY, PRIMARY_PAUSE_EXITING },
		{ INTERCEPT_RDTSC, CONTROL_PRIMARY, PRIMARY_RDTSC_EXITING },
		{ INTERCEPT_CR3, CONTROL_PRIMARY,
		  PRIMARY_CR3_LOAD_EXITING | PRIMARY_CR3_STORE_EXITING },
		{ INTERCEPT_DR, CONTROL_PRIMARY, PRIMARY_MOV_DR_EXITING },
		{ INTERCEPT_INVLPG, CONTROL_PRIMARY, PRIMARY_INVLPG_EXITING },
		{ INTERCEPT_DESCRIPTOR_TABLE, CONTROL_SECONDARY,
		  SECONDARY_DESCRIPTOR_TABLE_EXITING },
		{ INTERCEPT_WBINVD, CONTROL_SECONDARY, SECONDARY_WBINVD_EXITING },
		{ INTERCEPT_RANDOM, CONTROL_SECONDARY,
		  SECONDARY_RDRAND_EXITING | SECONDARY_RDSEED_EXITING },
	};
	struct vmx_capability cap = sample_skylake();

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t without = all_requests & ~cases[i].request;
		assert_int_equal(vmx_controls_resolve(&cap, all_requests, &controls, &why),
				 ERROR_NONE);
		assert_true((controls.word[cases[i].word] & cases[i].bits) == cases[i].bits);
		assert_int_equal(vmx_controls_resolve(&cap, without, &controls, &why), ERROR_NONE);
		assert_true((controls.word[cases[i].word] & cases[i].bits) == 0);
	}
}

/* Takes each row's bit away in turn. */
static void each_missing_bit(void **state)
{
	for (unsigned i = 0; i < VMX_CONTROLS; i++) {
		const struct vmx_control_row *row = &vmx_control_rows[i];
		struct vmx_capability cap = sample_skylake();
		if (row->word == CONTROL_TERTIARY)
			continue;
		*msr_of(&cap, row->word) &= ~(vmx_control_mask(row) << 32 | vmx_control_mask(row));
		bool fails = row->need == NEED_REQUIRED || row->need == NEED_DYNAMIC ||
			     row->need == NEED_ON_DEMAND;
		enum error error = vmx_controls_resolve(&cap, all_requests, &controls, &why);
		if (fails) {
			assert_int_equal(error, ERROR_UNSUPPORTED);
			assert_non_null(strstr(why.text, row->name));
			assert_non_null(strstr(why.text, "cannot be 1"));
			assert_int_equal(vmx_control_state(row, &cap, all_requests),
					 CONTROL_STATE_MISSING);
		} else {
			assert_int_equal(error, ERROR_NONE);
			assert_false(controls.word[row->word] & vmx_control_mask(row));
			assert_false(controls.may_be_one[row->word] & vmx_control_mask(row));
		}
	}
}

/* Makes the CPU insist on each row's bit in turn. */
static void each_forced_bit(void **state)
{
	for (unsigned i = 0; i < VMX_CONTROLS; i++) {
		const struct vmx_control_row *row = &vmx_control_rows[i];
		struct vmx_capability cap = sample_skylake();
		if (row->word == CONTROL_TERTIARY)
			continue;
		*msr_of(&cap, row->word) |= vmx_control_mask(row) << 32 | vmx_control_mask(row);
		enum error error = vmx_controls_resolve(&cap, REQUEST_ALWAYS, &controls, &why);
		if (row->need == NEED_FORBIDDEN) {
			assert_int_equal(error, ERROR_UNSUPPORTED);
			assert_non_null(strstr(why.text, row->name));
			assert_non_null(strstr(why.text, "cannot be 0"));
		} else {
			assert_int_equal(error, ERROR_NONE);
			assert_true(controls.word[row->word] & vmx_control_mask(row));
		}
	}
}

static void assert_allowed(const struct vmx_capability *cap)
{
	for (unsigned word = 0; word < CONTROL_WORDS; word++) {
		uint64_t must = vmx_control_must_be_one(cap, word);
		assert_true((controls.word[word] & must) == must);
		assert_true((controls.word[word] & ~vmx_control_may_be_one(cap, word)) == 0);
	}
}

/* Whatever is resolved passes the CPU's own test of the controls. */
static void values_are_always_allowed(void **state)
{
	struct vmx_capability caps[] = { sample_skylake(), sample_lynnfield(),
					 sample_bochs_skylake_x(), sample_bochs_lynnfield() };

	for (unsigned i = 0; i < ARRAY_SIZE(caps); i++)
		for (uint32_t intercepts = 0; intercepts < 2 * INTERCEPT_RANDOM; intercepts++)
			for (unsigned toggles = 0; toggles < 4; toggles++) {
				uint32_t request =
					vmx_request(toggles & 1, toggles & 2, intercepts);
				assert_int_equal(
					vmx_controls_resolve(&caps[i], request, &controls, &why),
					ERROR_NONE);
				assert_allowed(&caps[i]);
			}
}

static void dependencies_hold(void **state)
{
	struct vmx_capability cap = sample_skylake();

	/* Without virtual NMIs there is no NMI window, whatever the primary word says. */
	cap.true_pin &= ~((uint64_t)PIN_VIRTUAL_NMIS << 32);
	assert_int_equal(vmx_controls_resolve(&cap, all_requests, &controls, &why), ERROR_NONE);
	assert_false(controls.word[CONTROL_PIN] & PIN_VIRTUAL_NMIS);
	assert_false(controls.may_be_one[CONTROL_PRIMARY] & PRIMARY_NMI_WINDOW_EXITING);

	/* Without the timer there is nothing to save. */
	cap = sample_skylake();
	cap.true_pin &= ~((uint64_t)PIN_ACTIVATE_PREEMPTION_TIMER << 32);
	assert_int_equal(vmx_controls_resolve(&cap, all_requests, &controls, &why), ERROR_NONE);
	assert_false(controls.word[CONTROL_EXIT] & EXIT_SAVE_PREEMPTION_TIMER);

	/* Without I/O bitmaps all I/O exits. */
	cap = sample_skylake();
	cap.true_primary &= ~((uint64_t)PRIMARY_USE_IO_BITMAPS << 32);
	assert_int_equal(vmx_controls_resolve(&cap, all_requests, &controls, &why), ERROR_NONE);
	assert_true(controls.word[CONTROL_PRIMARY] & PRIMARY_UNCONDITIONAL_IO_EXITING);
	cap.true_primary &= ~((uint64_t)PRIMARY_UNCONDITIONAL_IO_EXITING << 32);
	assert_int_equal(vmx_controls_resolve(&cap, all_requests, &controls, &why),
			 ERROR_UNSUPPORTED);
}

static void old_cpus_fail_by_name(void **state)
{
	struct vmx_capability cap = sample_first();

	assert_int_equal(vmx_controls_resolve(&cap, REQUEST_ALWAYS, &controls, &why),
			 ERROR_UNSUPPORTED);
	assert_non_null(strstr(why.text, "\"activate secondary controls\" cannot be 1"));
	cap = sample_penryn();
	assert_int_equal(vmx_controls_resolve(&cap, REQUEST_ALWAYS, &controls, &why),
			 ERROR_UNSUPPORTED);
	assert_non_null(strstr(why.text, "\"enable EPT\" cannot be 1"));

	/* The default1 bits stay set where there are no TRUE capability MSRs. */
	cap = sample_skylake();
	cap.basic &= ~VMX_BASIC_TRUE_CONTROLS;
	assert_int_equal(vmx_controls_resolve(&cap, REQUEST_ALWAYS, &controls, &why), ERROR_NONE);
	assert_true(controls.word[CONTROL_PRIMARY] & PRIMARY_CR3_LOAD_EXITING);
}

static void words_and_states_have_names(void **state)
{
	assert_int_equal(vmx_control_field(CONTROL_PIN), 0x4000);
	assert_int_equal(vmx_control_field(CONTROL_TERTIARY), 0x2034);
	assert_string_equal(vmx_control_word_name(CONTROL_ENTRY), "entry");
	for (unsigned s = 0; s < CONTROL_STATES; s++)
		assert_non_null(vmx_control_state_name(s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_well_formed),
		cmocka_unit_test(a_modern_cpu),
		cmocka_unit_test(toggles_and_intercepts),
		cmocka_unit_test(each_missing_bit),
		cmocka_unit_test(each_forced_bit),
		cmocka_unit_test(values_are_always_allowed),
		cmocka_unit_test(dependencies_hold),
		cmocka_unit_test(old_cpus_fail_by_name),
		cmocka_unit_test(words_and_states_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
