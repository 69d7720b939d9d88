/* Runs a vCPU and hands its exits to whoever answers for them. */
#include "vm/schedule/run_loop.h"

#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/time.h"
#include "vm/board.h"
#include "vm/crash/crash.h"
#include "vm/debugger.h"
#include "vm/exit_log.h"
#include "vm/ipi.h"
#include "vm/manager.h"
#include "vm/schedule/scheduler.h"
#include "vm/schedule/turn.h"
#include "vm/vcpu/vcpu_account.h"
#include "vm/vm.h"
#include "x86/exception.h"

static const char *const action_names[] = {
	[BOARD_RESUME] = "resumed",      [BOARD_YIELD] = "yielded",   [BOARD_BLOCK] = "blocked",
	[BOARD_END_VCPU] = "ended-vcpu", [BOARD_END_VM] = "ended-vm", [BOARD_RESET_VM] = "reset-vm",
	[BOARD_UNHANDLED] = "unhandled",
};
_Static_assert(ARRAY_SIZE(action_names) == BOARD_UNHANDLED + 1, "every action has a name");

static void tell(struct vcpu *vcpu, const struct vcpu_exit *exit, const char *did)
{
	vcpu_account_did(vcpu, did);
	if (vcpu->watcher)
		vcpu->watcher->handled(vcpu, exit, did);
}

/* Stops the VM because of what one of its vCPUs met. */
static enum turn_end stop(struct vcpu *vcpu, const struct reason *why)
{
	vm_stop(vcpu->vm, why);
	return TURN_DONE;
}

/* The register state after an INIT, if one came. False when that failed. */
static bool take_init(struct vcpu *vcpu)
{
	if (!(__atomic_load_n(&vcpu->startup, __ATOMIC_ACQUIRE) & STARTUP_INIT))
		return true;
	__atomic_fetch_and(&vcpu->startup, ~STARTUP_INIT, __ATOMIC_SEQ_CST);
	vcpu->halted = false;
	return !vcpu_init_reset(vcpu);
}

/* Does what INIT and SIPI from other vCPUs ask for. True when the vCPU may run. */
static bool start_up(struct vcpu *vcpu, enum turn_end *end)
{
	uint32_t word;

	do {
		if (!take_init(vcpu)) {
			*end = stop(vcpu, &vcpu->trouble);
			return false;
		}
		word = __atomic_load_n(&vcpu->startup, __ATOMIC_ACQUIRE);
		if (!(word & STARTUP_WAITING))
			return true;
		*end = TURN_BLOCK;
		if (!(word & STARTUP_SIPI))
			return false;
		/* An INIT that came at this moment has replaced the word: once more. */
	} while (!__atomic_compare_exchange_n(&vcpu->startup, &word, 0, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	vcpu->halted = false;
	if (!vcpu_start_up(vcpu, (uint8_t)(word & STARTUP_VECTOR)))
		return true;
	*end = stop(vcpu, &vcpu->trouble);
	return false;
}

/* WRMSR to the ICR: done for all targets, or the guest's fault. */
static enum board_action send_ipi(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	static const struct vcpu_event fault = { .kind = EVENT_EXCEPTION,
						 .vector = EXCEPTION_PROTECTION,
						 .has_error_code = true };
	struct reason why;

	vcpu->did = ipi_send(vcpu, exit->ipi.icr, &why);
	if (vcpu->did) {
		vcpu_skip_instruction(vcpu);
		return BOARD_RESUME;
	}
	/* A guest may do this as often as it likes: no more than a line for the curious. */
	log_debug("vm", "bad interprocessor interrupt vm=%u(%s) vcpu=%u: %s", vcpu->vm->id,
		  vcpu->vm->name, vcpu->id, why.text);
	vcpu->did = "injected #GP";
	return vcpu_inject(vcpu, &fault) ? BOARD_UNHANDLED : BOARD_RESUME;
}

static enum turn_end unhandled(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	struct reason why;

	exit_log_story(vcpu, exit, LOG_ERROR);
	reason_set(&why, ERROR_UNSUPPORTED, "nobody handles exit %s at rip=0x%lx of vcpu %u",
		   vcpu_exit_name(exit->kind), exit->rip, vcpu->id);
	return stop(vcpu, &why);
}

static enum turn_end failed(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	tell(vcpu, exit, "stopped");
	exit_log_story(vcpu, exit, LOG_ERROR);
	return stop(vcpu, &vcpu->trouble);
}

static enum turn_end reset(struct vcpu *vcpu)
{
	if (!vcpu->vm->board->restart)
		return stop(vcpu, NULL);
	vm_reset(vcpu->vm);
	return TURN_PARK;
}

/* True when the vCPU goes on. */
static bool act(struct vcpu *vcpu, const struct vcpu_exit *exit, enum turn_end *end)
{
	enum board_action action;

	vcpu->did = NULL;
	if (exit->kind == VCPU_EXIT_IPI)
		action = send_ipi(vcpu, exit);
	else if (exit->kind == VCPU_EXIT_DEBUG)
		action = vcpu->vm->debugger->exit(vcpu, exit);
	else
		action = vcpu->vm->board->exit(vcpu, exit);
	/* What a debugger does is no business of the guest's. */
	if (exit->kind != VCPU_EXIT_DEBUG)
		tell(vcpu, exit, vcpu->did ? vcpu->did : action_names[action]);
	switch (action) {
	case BOARD_RESUME:
		return true;
	case BOARD_YIELD:
		*end = TURN_OVER;
		return false;
	case BOARD_BLOCK:
		*end = TURN_BLOCK;
		return false;
	case BOARD_END_VCPU:
		*end = TURN_DONE;
		return false;
	case BOARD_END_VM:
		*end = stop(vcpu, NULL);
		return false;
	case BOARD_RESET_VM:
		*end = reset(vcpu);
		return false;
	default:
		*end = unhandled(vcpu, exit);
		return false;
	}
}

static bool vm_is_stopping(const struct vm *vm)
{
	return __atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) != VM_STARTED;
}

/* Who asked is told; and when its VM is stopped for some trouble, who reads of that sees where each of
 * its vCPUs was. */
static void tell_where(struct vcpu *vcpu)
{
	if (vm_is_stopping(vcpu->vm) && vcpu->vm->trouble.kind)
		crash_tell_where(vcpu, LOG_WARN);
	else if (__atomic_load_n(&vcpu->asked, __ATOMIC_RELAXED))
		crash_tell_where(vcpu, LOG_INFO);
	__atomic_store_n(&vcpu->asked, false, __ATOMIC_RELAXED);
}

/* May the guest be entered? Else how the turn ends. */
static noinline_fn bool may_run(struct vcpu *vcpu, enum turn_end *end)
{
	bool stopping = vm_is_stopping(vcpu->vm);

	if (unlikely(stopping || __atomic_load_n(&vcpu->asked, __ATOMIC_RELAXED)))
		tell_where(vcpu);
	*end = TURN_DONE;
	if (stopping)
		return false;
	*end = TURN_PARK;
	if (vm_holds(vcpu->vm, vcpu))
		return false;
	/* Kept while it is held. */
	bool told = __atomic_load_n(&vcpu->wake_pending, __ATOMIC_RELAXED) &&
		    __atomic_exchange_n(&vcpu->wake_pending, false, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&vcpu->startup, __ATOMIC_RELAXED) && !start_up(vcpu, end))
		return false;
	/* It was woken only to stop for a while, or what woke it has gone again. A hold that came
	 * just now is no reason to run on: blocking looks at it. */
	*end = TURN_BLOCK;
	if (vcpu->halted && !told && !scheduler_is_woken(vcpu))
		return false;
	vcpu->halted = false;
	return true;
}

enum turn_end run_loop_turn(struct vcpu **whose)
{
	struct vcpu *vcpu = *whose;
	struct vcpu_exit exit;
	enum turn_end end = TURN_OVER;

	for (;;) {
		/* Cleared before looking at what a kick may have been sent for. */
		if (unlikely(__atomic_load_n(&this_cpu()->need_resched, __ATOMIC_RELAXED))) {
			__atomic_store_n(&this_cpu()->need_resched, false, __ATOMIC_SEQ_CST);
			if (turn_is_over(vcpu, &end))
				return end;
		}
		if (!vm_lets_run(vcpu) && !may_run(vcpu, &end))
			return end;
		enum error error = vcpu_run(whose, &exit);
		vcpu = *whose;
		if (error)
			return failed(vcpu, &exit);
		if (exit.kind == VCPU_EXIT_TIME_SLICE) {
			/* A slice that ended between two exits has none to tell of. */
			if (exit.raw_reason)
				tell(vcpu, &exit, "slice-over");
			return TURN_OVER;
		}
		if (exit.kind == VCPU_EXIT_KICKED)
			continue;
		if (exit.kind == VCPU_EXIT_PAUSE) {
			tell(vcpu, &exit, "yielded");
			return TURN_OVER;
		}
		if (!act(vcpu, &exit, &end))
			return end;
	}
}
