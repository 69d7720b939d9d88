/* Some emulators offer the monitor trap flag and never act on it. */
#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/time.h"
#include "vm/board.h"
#include "vm/manager.h"
#include "vm/vm.h"
#include "vmx/cpu/capability.h"
#include "vmx/cpu/controls.h"
#include "vmx/vcpu/debug.h"
#include "vmx/vcpu/vcpu.h"

#define MEMORY   KIB(64)
#define ENTRY    0x1000
#define SLICE_US 10000

bool vmx_monitor_trap_works;

/* NOP, and behind it HLT: what stops there has gone too far. */
static enum error step_once(struct vcpu *vcpu, struct vcpu_exit *exit)
{
	static const struct vcpu_config config = { .mode = VCPU_MODE_PROT32,
						   .intercepts = INTERCEPT_HLT };
	static const struct vcpu_debug debug = { .step = true };
	uint8_t *code = vm_memory(vcpu->vm, gpa(ENTRY), 2);

	if (!code || vcpu_set_entry(vcpu, gpa(ENTRY)) || vcpu_setup(vcpu, &config) ||
	    vcpu_set_debug(vcpu, &debug) || vcpu_bind(vcpu))
		return ERROR_BAD_STATE;
	code[0] = 0x90;
	code[1] = 0xf4;
	vcpu_set_slice(vcpu, time_us_to_ticks(SLICE_US));
	do {
		__atomic_store_n(&this_cpu()->need_resched, false, __ATOMIC_SEQ_CST);
		if (vcpu_run(&vcpu, exit))
			return ERROR_BAD_STATE;
	} while (exit->kind == VCPU_EXIT_KICKED);
	return ERROR_NONE;
}

void vmx_debug_probe(void)
{
	static const struct board_ops no_board;
	struct vcpu_exit exit = { .kind = VCPU_EXIT_UNKNOWN };
	struct reason why = { 0 };
	struct vm *vm;

	if (!(vmx_control_may_be_one(&vmx_capability, CONTROL_PRIMARY) &
	      PRIMARY_MONITOR_TRAP_FLAG)) {
		log_info("gdb", "steps go by RFLAGS.TF: the CPU has no monitor trap flag");
		return;
	}
	if (vm_create(&vm, "probe", MEMORY, 1, &no_board, NULL, &why)) {
		log_warn("gdb", "steps go by RFLAGS.TF: %s", why.text);
		return;
	}
	vmx_monitor_trap_works = true;
	vmx_monitor_trap_works = !step_once(vm->vcpus[0], &exit) && exit.kind == VCPU_EXIT_DEBUG &&
				 exit.debug.step && exit.rip == ENTRY + 1;
	vm_stop(vm, NULL);
	log_info("gdb", "steps go by %s",
		 vmx_monitor_trap_works ? "the monitor trap flag"
					: "RFLAGS.TF: the monitor trap flag does not act");
}
