/* Each test makes a VM of one vCPU that would execute HLT, spoils one thing, and compares what the
 * CPU answers and what becomes of the vCPU. SDM volume 3, "VM Instruction Error Numbers". */
#include "vmx/vcpu/entry_selftest.h"

#include "kernel/output/tap.h"
#include "vm/manager.h"
#include "vm/vm.h"
#include "vmx/vcpu/entry.h"
#include "vmx/instruction_error.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/probe_vm.h"
#include "vmx/vcpu/vcpu.h"
#include "x86/instructions.h"

#define HLT          0xf4
#define MANY_TARGETS 5 /* a CPU has at most four CR3-target values */

/* Before the first run. */
static void spoil_nothing(struct vmx_vcpu *v)
{
}

static void spoil_launched(struct vmx_vcpu *v)
{
	v->launched = true;
}

static void spoil_control(struct vmx_vcpu *v)
{
	vmcs_write(VMCS_CR3_TARGET_COUNT, MANY_TARGETS);
}

static void spoil_host_state(struct vmx_vcpu *v)
{
	vmcs_write(VMCS_HOST_CS_SELECTOR, 0);
}

static const struct refusal {
	const char *name;
	void (*spoil)(struct vmx_vcpu *v);
	uint32_t error;
} refusals[] = {
	{ "vmx/resume-of-a-clear-vmcs-is-told", spoil_launched, VMX_ERROR_VMRESUME_NOT_LAUNCHED },
	{ "vmx/bad-control-field-is-told", spoil_control, VMX_ERROR_ENTRY_CONTROLS },
	{ "vmx/bad-host-state-is-told", spoil_host_state, VMX_ERROR_ENTRY_HOST_STATE },
};

static const char launch_twice[] = "vmx/launch-of-a-launched-vmcs-is-told";
static const char no_vmcs[] = "vmx/entry-without-a-vmcs-is-told-apart";

#define OTHER_TESTS 2

static void write_guest(struct vcpu *vcpu, uint8_t *memory, void *argument)
{
	memory[PROBE_ENTRY] = HLT;
}

/* A VM whose vCPU is bound here, and spoilt. Null: `why` has the reason. */
static struct vm *make(void (*spoil)(struct vmx_vcpu *v), struct reason *why)
{
	static const struct probe_vm probe = {
		.name = "selftest",
		.memory = PROBE_ENTRY + PAGE_SIZE,
		.config = { .mode = VCPU_MODE_PROT32, .intercepts = INTERCEPT_HLT },
		.prepare = write_guest,
	};
	struct vm *vm = probe_vm_make(&probe, NULL, why);

	if (vm)
		spoil(vmx_of(vm->vcpus[0]));
	return vm;
}

/* True when the run fails as it should, and the vCPU cannot be run again. */
static bool is_refused(struct vm *vm, uint32_t number, struct reason *why)
{
	struct vcpu_exit exit = { .kind = VCPU_EXIT_UNKNOWN };
	enum error error = probe_vm_run(vm, &exit);
	struct vcpu *vcpu = vm->vcpus[0];
	bool told = error == ERROR_ENTRY_FAILED && exit.kind == VCPU_EXIT_ENTRY_FAILED &&
		    exit.entry_failed.instruction_error == number &&
		    vcpu->trouble.kind == ERROR_ENTRY_FAILED && vcpu->state == VCPU_INVALID;

	if (!told)
		reason_set(why, ERROR_BAD_STATE,
			   "error=%s exit=%s instruction-error=%u state=%s, not error %u",
			   error_name(error), vcpu_exit_name(exit.kind),
			   exit.kind == VCPU_EXIT_ENTRY_FAILED ? exit.entry_failed.instruction_error
							       : 0,
			   vcpu_state_name(vcpu->state), number);
	return told;
}

static void test_refusal(const struct refusal *test)
{
	struct reason why = { 0 };
	struct vm *vm = make(test->spoil, &why);
	bool ok = vm && is_refused(vm, test->error, &why);

	if (vm)
		vm_stop(vm, NULL);
	tap_result(ok, test->name, "%s", why.text);
}

static void test_launch_twice(void)
{
	struct reason why = { 0 };
	struct vm *vm = make(spoil_nothing, &why);
	struct vcpu_exit exit = { .kind = VCPU_EXIT_UNKNOWN };
	bool ok = false;

	if (vm && !probe_vm_run(vm, &exit) && exit.kind == VCPU_EXIT_HLT) {
		vmx_of(vm->vcpus[0])->launched = false;
		ok = is_refused(vm, VMX_ERROR_VMLAUNCH_NOT_CLEAR, &why);
	} else if (vm) {
		reason_set(&why, ERROR_BAD_STATE, "the first run ended with %s, not with hlt",
			   vcpu_exit_name(exit.kind));
	}
	if (vm)
		vm_stop(vm, NULL);
	tap_result(ok, launch_twice, "%s", why.text);
}

/* VMfailInvalid leaves no error number behind. */
static void test_no_vmcs(void)
{
	struct reason why = { 0 };
	struct vm *vm = make(spoil_nothing, &why);
	enum vmx_result result = VMX_SUCCEED;

	if (vm) {
		vmx_evict(vmx_of(vm->vcpus[0]));
		interrupts_disable();
		result = vmx_enter(vm->vcpus[0], vmx_of(vm->vcpus[0]));
		interrupts_enable();
		vm_stop(vm, NULL);
	}
	tap_result(result == VMX_FAIL_INVALID, no_vmcs, "VMLAUNCH returned %d; %s", result,
		   vm ? "made" : why.text);
}

unsigned vmx_entry_selftest_count(void)
{
	return ARRAY_SIZE(refusals) + OTHER_TESTS;
}

void vmx_entry_selftest_skip(const char *reason)
{
	for (unsigned i = 0; i < ARRAY_SIZE(refusals); i++)
		tap_skip(refusals[i].name, "%s", reason);
	tap_skip(launch_twice, "%s", reason);
	tap_skip(no_vmcs, "%s", reason);
}

void vmx_entry_selftest(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(refusals); i++)
		test_refusal(&refusals[i]);
	test_launch_twice();
	test_no_vmcs();
}
