/* Looks at every VM's clock, on whichever CPU comes by first. */
#include "vm/schedule/watchdog.h"

#include "kernel/output/log.h"
#include "kernel/time.h"
#include "vm/manager.h"
#include "vm/vcpu/vcpu_account.h"
#include "vm/vcpu/vcpu_interrupts.h"
#include "vm/vm.h"

static uint64_t next_look; /* time_ticks(); atomic */

static uint64_t us_since(uint64_t then, uint64_t now)
{
	return now > then ? time_ticks_to_us(now - then) : 0;
}

static void add(struct watchdog_view *view, const struct vcpu *vcpu, uint64_t now)
{
	uint64_t since = __atomic_load_n(&vcpu->blocked_since, __ATOMIC_RELAXED);
	uint64_t turn = __atomic_load_n(&vcpu->turn_began, __ATOMIC_RELAXED);
	uint64_t us = time_ticks_to_us(__atomic_load_n(&vcpu->turn_ticks, __ATOMIC_RELAXED));

	if (turn)
		us += us_since(turn, now);
	view->live_vcpus++;
	if (us > view->busiest_us) {
		view->busiest_us = us;
		view->busiest_vcpu = vcpu->id;
	}
	if (!since)
		return;
	/* All of them have been halted since the last one halted. */
	us = us_since(since, now);
	if (!view->halted_vcpus || us < view->halted_us)
		view->halted_us = us;
	view->halted_vcpus++;
}

static const char *halt_of(const struct vcpu *vcpu)
{
	if (!__atomic_load_n(&vcpu->blocked_since, __ATOMIC_RELAXED))
		return "no";
	return __atomic_load_n(&vcpu->halted_interruptible, __ATOMIC_RELAXED) ? "interruptible"
									      : "for-good";
}

/* A guest that stands still may wait for an interrupt: what each vCPU does, and what its controllers
 * have for it. `new` is what the vCPU has yet to look at. */
static void tell_of_interrupts(const struct vm *vm)
{
	char text[LOG_LINE_MAX];

	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		const struct vcpu *vcpu = vm->vcpus[i];

		if (!vcpu->interrupts || !vcpu->interrupts->describe)
			continue;
		vcpu->interrupts->describe(vcpu, text, sizeof(text));
		log_warn("vm", "interrupts vm=%u(%s) vcpu=%u state=%s halted=%s new=%s%s", vm->id,
			 vm->name, i,
			 vcpu_state_name(__atomic_load_n(&vcpu->state, __ATOMIC_RELAXED)),
			 halt_of(vcpu),
			 __atomic_load_n(&vcpu->interrupt_request, __ATOMIC_RELAXED) ? "yes" : "no",
			 text);
	}
}

/* `context` is whether any VM has a deadline. */
static void check(struct vm *vm, void *context)
{
	struct watchdog_view view = { .deadline_us = vm->deadline_us };
	uint64_t now = time_ticks();
	struct reason why;

	if (!vm->deadline_us || __atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) != VM_STARTED)
		return;
	*(bool *)context = true;
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (!__atomic_load_n(&vm->vcpus[i]->ended, __ATOMIC_ACQUIRE))
			add(&view, vm->vcpus[i], now);
	if (!watchdog_judge(&view, &why))
		return;
	vm_record_event(vm, RECORD_WATCHDOG, NULL);
	tell_of_interrupts(vm);
	vm_stop(vm, &why);
}

void watchdog_look(uint64_t now)
{
	uint64_t due = __atomic_load_n(&next_look, __ATOMIC_RELAXED);
	bool any = false;

	if (now < due)
		return;
	uint64_t next = now + time_us_to_ticks(WATCHDOG_PERIOD_US);
	if (!__atomic_compare_exchange_n(&next_look, &due, next, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED))
		return;
	vm_for_each(check, &any);
	if (any)
		return;
	/* Unless one that has a deadline was started meanwhile. */
	due = now + time_us_to_ticks(WATCHDOG_IDLE_US);
	(void)__atomic_compare_exchange_n(&next_look, &next, due, false, __ATOMIC_SEQ_CST,
					  __ATOMIC_RELAXED);
}

void watchdog_wake(void)
{
	__atomic_store_n(&next_look, 0, __ATOMIC_SEQ_CST);
}
