/* What is decided from the capability snapshot of known CPUs, and of broken ones. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "vmx/cpu/capability.h"
#include "vmx/cpu/capability_samples.h"
#include "vmx/cpu/controls.h"

static struct reason why;

#define REFUSED(cap, sentence)                                                 \
	do {                                                                   \
		assert_int_equal(vmx_usable(&(cap), &why), ERROR_UNSUPPORTED); \
		assert_int_equal(why.kind, ERROR_UNSUPPORTED);                 \
		assert_string_equal(why.text, sentence);                       \
	} while (0)

static void known_cpus(void **state)
{
	struct vmx_capability cap = sample_skylake();

	assert_int_equal(vmx_usable(&cap, &why), ERROR_NONE);
	assert_int_equal(vmx_revision(&cap), 4);
	assert_int_equal(vmx_region_size(&cap), 1024);
	assert_int_equal(vmx_timer_shift(&cap), 7);
	assert_true(vmx_has_ept(&cap) && vmx_has_vpid(&cap) && vmx_has_preemption_timer(&cap));
	assert_true(vmx_has_unrestricted_guest(&cap) && vmx_has_virtual_nmis(&cap));
	assert_true(vmx_invept_single(&cap));

	cap = sample_lynnfield();
	assert_int_equal(vmx_usable(&cap, &why), ERROR_NONE);
	assert_false(vmx_has_unrestricted_guest(&cap));

	cap = sample_penryn();
	assert_false(vmx_has_ept(&cap) || vmx_has_vpid(&cap) || vmx_has_preemption_timer(&cap));
	REFUSED(cap, "this CPU has VMX but no EPT");
	cap = sample_first();
	REFUSED(cap, "this CPU has VMX but no EPT");
}

static void engines(void **state)
{
	struct vmx_capability cap = sample_bochs_skylake_x();

	assert_int_equal(vmx_usable(&cap, &why), ERROR_NONE);
	assert_int_equal(vmx_region_size(&cap), 4096);
	assert_int_equal(vmx_timer_shift(&cap), 0);
	assert_true(vmx_has_unrestricted_guest(&cap) && vmx_has_vpid(&cap));
	assert_true(vmx_has_preemption_timer(&cap) && vmx_has_virtual_nmis(&cap));

	cap = sample_bochs_lynnfield();
	assert_int_equal(vmx_usable(&cap, &why), ERROR_NONE);
	assert_int_equal(vmx_mode_usable(&cap, VCPU_MODE_REAL16, &why), ERROR_UNSUPPORTED);
	assert_int_equal(vmx_mode_usable(&cap, VCPU_MODE_PROT32, &why), ERROR_NONE);

	cap = sample_bochs_penryn();
	REFUSED(cap, "this CPU has VMX but no EPT");
}

static void unusable_machines(void **state)
{
	struct vmx_capability cap = { .physical_bits = 36 };

	REFUSED(cap, "this CPU has no VMX");
	cap = sample_skylake();
	cap.feature_control = FEATURE_CONTROL_LOCK;
	REFUSED(cap, "VMX disabled by firmware");
	cap.feature_control = FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX_INSIDE_SMX;
	REFUSED(cap, "VMX disabled by firmware");
	cap.feature_control = 0; /* unlocked: Plinth will set and lock it */
	assert_int_equal(vmx_usable(&cap, &why), ERROR_NONE);

	cap = sample_skylake();
	cap.ept_vpid &= ~EPT_CAP_WALK_4;
	REFUSED(cap, "EPT without page walks of four levels");
	cap = sample_skylake();
	cap.ept_vpid &= ~(EPT_CAP_WB | EPT_CAP_UC);
	REFUSED(cap, "EPT without any memory type for EPT tables");
	cap = sample_skylake();
	cap.ept_vpid &= ~EPT_CAP_INVEPT;
	REFUSED(cap, "EPT without INVEPT");
	cap = sample_skylake();
	cap.ept_vpid &= ~(EPT_CAP_INVEPT_SINGLE | EPT_CAP_INVEPT_ALL);
	REFUSED(cap, "EPT without INVEPT");
	cap = sample_skylake();
	cap.true_exit &= ~((uint64_t)EXIT_SAVE_EFER << 32);
	REFUSED(cap, "required control \"save IA32_EFER\" cannot be 1: "
		     "a guest's IA32_EFER would be lost at its exit");
}

static void modes(void **state)
{
	struct vmx_capability with = sample_skylake(), without = sample_lynnfield();

	for (int mode = VCPU_MODE_REAL16; mode <= VCPU_MODE_LONG64; mode++) {
		bool real = mode == VCPU_MODE_REAL16 || mode == VCPU_MODE_RESET;
		assert_int_equal(vmx_mode_usable(&with, mode, &why), ERROR_NONE);
		assert_int_equal(vmx_mode_usable(&without, mode, &why),
				 real ? ERROR_UNSUPPORTED : ERROR_NONE);
	}
	assert_string_equal(why.text, "real mode needs unrestricted guest, which this CPU lacks");
}

/* Reading an MSR that a CPU lacks would fault: each depends on what its predecessors say. */
static void which_msrs_exist(void **state)
{
	struct vmx_capability none = { 0 }, smx = { .smx = true };
	struct vmx_capability first = sample_first(), penryn = sample_penryn(),
			      full = sample_skylake();

#define X(member, msr) assert_false(vmx_capability_has_msr(&none, msr));
	VMX_CAPABILITY_MSR_LIST(X)
#undef X
	assert_false(vmx_capability_has_msr(&none, MSR_FEATURE_CONTROL));
	assert_true(vmx_capability_has_msr(&smx, MSR_FEATURE_CONTROL));
	assert_false(vmx_capability_has_msr(&smx, MSR_VMX_BASIC));

	assert_true(vmx_capability_has_msr(&first, MSR_VMX_VMCS_ENUM));
	assert_false(vmx_capability_has_msr(&first, MSR_VMX_PROCBASED_CTLS2));
	assert_true(vmx_capability_has_msr(&penryn, MSR_VMX_PROCBASED_CTLS2));
	assert_false(vmx_capability_has_msr(&penryn, MSR_VMX_EPT_VPID_CAP));
	assert_false(vmx_capability_has_msr(&penryn, MSR_VMX_TRUE_PINBASED_CTLS));

	assert_true(vmx_capability_has_msr(&full, MSR_VMX_EPT_VPID_CAP));
	assert_true(vmx_capability_has_msr(&full, MSR_VMX_TRUE_ENTRY_CTLS));
	assert_true(vmx_capability_has_msr(&full, MSR_VMX_VMFUNC));
	assert_false(vmx_capability_has_msr(&full, MSR_VMX_PROCBASED_CTLS3));
	assert_false(vmx_capability_has_msr(&full, MSR_VMX_EXIT_CTLS2));
	assert_false(vmx_capability_has_msr(&full, MSR_EFER));
	full.primary |= (uint64_t)PRIMARY_ACTIVATE_TERTIARY << 32;
	full.exit |= (uint64_t)EXIT_ACTIVATE_SECONDARY << 32;
	assert_true(vmx_capability_has_msr(&full, MSR_VMX_PROCBASED_CTLS3));
	assert_true(vmx_capability_has_msr(&full, MSR_VMX_EXIT_CTLS2));
}

static void true_controls_count_where_they_exist(void **state)
{
	struct vmx_capability cap = sample_skylake();

	assert_int_equal(vmx_control_must_be_one(&cap, CONTROL_PRIMARY), 0x04006172);
	cap.basic &= ~VMX_BASIC_TRUE_CONTROLS;
	assert_int_equal(vmx_control_must_be_one(&cap, CONTROL_PRIMARY), 0x0401e172);
	assert_int_equal(vmx_control_may_be_one(&cap, CONTROL_PIN), 0xff);
	assert_int_equal(vmx_control_may_be_one(&cap, CONTROL_TERTIARY), 0);
	cap.tertiary = 0x8000000000000001; /* 64 bits that may be 1, none that must */
	assert_true(vmx_control_may_be_one(&cap, CONTROL_TERTIARY) == cap.tertiary);
	assert_int_equal(vmx_control_must_be_one(&cap, CONTROL_TERTIARY), 0);
}

static void cpus_agree_or_not(void **state)
{
	struct vmx_capability first = sample_skylake(), mine = first;

	mine.feature_control = 0;
	assert_int_equal(vmx_capability_agrees(&mine, &first, &why), ERROR_NONE);
	/* What nobody uses may differ: the cores of a hybrid CPU do. */
	mine.true_entry ^= (uint64_t)ENTRY_LOAD_PERF_GLOBAL_CTRL << 32;
	mine.vmcs_enum = 0x34;
	assert_int_equal(vmx_capability_agrees(&mine, &first, &why), ERROR_NONE);
	mine.true_entry |= ENTRY_LOAD_PERF_GLOBAL_CTRL;
	assert_int_equal(vmx_capability_agrees(&mine, &first, &why), ERROR_UNSUPPORTED);
	assert_string_equal(why.text, "entry controls that must be 1 differ from CPU 0's");
	mine = first;
	mine.secondary &= ~((uint64_t)SECONDARY_ENABLE_VPID << 32);
	assert_int_equal(vmx_capability_agrees(&mine, &first, &why), ERROR_UNSUPPORTED);
	assert_string_equal(why.text,
			    "control \"enable VPID\" cannot be 1 on this CPU, unlike on CPU 0");
	assert_int_equal(vmx_capability_agrees(&first, &mine, &why), ERROR_UNSUPPORTED);
	assert_string_equal(why.text,
			    "control \"enable VPID\" can be 1 on this CPU, unlike on CPU 0");
	mine = first;
	mine.misc++;
	assert_int_equal(vmx_capability_agrees(&mine, &first, &why), ERROR_UNSUPPORTED);
	assert_string_equal(why.text, "IA32_VMX_MISC is 0x7004c1e8 on this CPU and 0x7004c1e7 on "
				      "CPU 0");
	mine = first;
	mine.physical_bits = 39;
	assert_int_equal(vmx_capability_agrees(&mine, &first, &why), ERROR_UNSUPPORTED);
	mine = (struct vmx_capability) { .physical_bits = 46 };
	assert_int_equal(vmx_capability_agrees(&mine, &first, &why), ERROR_UNSUPPORTED);
	assert_string_equal(why.text, "this CPU lacks VMX, unlike CPU 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_cpus),
		cmocka_unit_test(engines),
		cmocka_unit_test(unusable_machines),
		cmocka_unit_test(modes),
		cmocka_unit_test(which_msrs_exist),
		cmocka_unit_test(true_controls_count_where_they_exist),
		cmocka_unit_test(cpus_agree_or_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
