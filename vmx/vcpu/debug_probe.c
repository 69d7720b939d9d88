/* Some emulators offer the monitor trap flag and never act on it. */
#include "kernel/output/log.h"
#include "vm/manager.h"
#include "vmx/cpu/capability.h"
#include "vmx/cpu/controls.h"
#include "vmx/vcpu/debug.h"
#include "vmx/vcpu/probe_vm.h"

bool vmx_monitor_trap_works;

/* NOP, and behind it HLT: what stops there has gone too far. */
static void write_guest(struct vcpu *vcpu, uint8_t *memory, void *argument)
{
	memory[PROBE_ENTRY] = 0x90;
	memory[PROBE_ENTRY + 1] = 0xf4;
}

static bool steps_once(struct vm *vm)
{
	static const struct vcpu_debug debug = { .step = true };
	struct vcpu_exit exit = { .kind = VCPU_EXIT_UNKNOWN };

	return !vcpu_set_debug(vm->vcpus[0], &debug) && !probe_vm_run(vm, &exit) &&
	       exit.kind == VCPU_EXIT_DEBUG && exit.debug.step && exit.rip == PROBE_ENTRY + 1;
}

void vmx_debug_probe(void)
{
	static const struct probe_vm probe = {
		.name = "probe",
		.memory = KIB(64),
		.config = { .mode = VCPU_MODE_PROT32, .intercepts = INTERCEPT_HLT },
		.prepare = write_guest,
	};
	struct reason why = { 0 };
	struct vm *vm;

	if (!(vmx_control_may_be_one(&vmx_capability, CONTROL_PRIMARY) &
	      PRIMARY_MONITOR_TRAP_FLAG)) {
		log_info("gdb", "steps go by RFLAGS.TF: the CPU has no monitor trap flag");
		return;
	}
	vm = probe_vm_make(&probe, NULL, &why);
	if (!vm) {
		log_warn("gdb", "steps go by RFLAGS.TF: %s", why.text);
		return;
	}
	vmx_monitor_trap_works = true;
	vmx_monitor_trap_works = steps_once(vm);
	vm_stop(vm, NULL);
	log_info("gdb", "steps go by %s",
		 vmx_monitor_trap_works ? "the monitor trap flag"
					: "RFLAGS.TF: the monitor trap flag does not act");
}
