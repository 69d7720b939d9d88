/* Pauses, restarts and halts for good, with a thread for each CPU over the machine of
 * tests/host/smp_machine.h. */
#include "tests/host/smp_run.h"

/* --- restarts -------------------------------------------------------------------------------- */

#define LIVES 5

static unsigned restarts; /* atomic */

/* Each life: a few slices, then the first vCPU resets the VM while the others halt or run. */
static struct vcpu_exit play_lives(struct vcpu *vcpu, struct fake_vcpu *state)
{
	if (++state->work % 7)
		return exit_of(vcpu->id % 2 ? VCPU_EXIT_HLT : VCPU_EXIT_TIME_SLICE);
	return exit_of(vcpu->id ? VCPU_EXIT_TIME_SLICE : VCPU_EXIT_HYPERCALL);
}

static enum board_action lives_exit(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	if (exit->kind == VCPU_EXIT_HLT)
		return BOARD_BLOCK;
	return __atomic_load_n(&restarts, __ATOMIC_RELAXED) < LIVES ? BOARD_RESET_VM : BOARD_END_VM;
}

#define STEPS 3 /* of each restart */

static unsigned steps; /* atomic */

static enum error set_up_again(struct vm *vm, bool *again, struct reason *why)
{
	static const struct vcpu_config config;

	*again = __atomic_add_fetch(&steps, 1, __ATOMIC_RELAXED) % STEPS;
	if (*again) {
		for (unsigned i = 0; i < vm->vcpu_count; i++)
			assert_null(fake_of(vm->vcpus[i])->active_on);
		return ERROR_NONE;
	}

	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		assert_int_equal(vm->vcpus[i]->state, VCPU_FREE);
		assert_null(fake_of(vm->vcpus[i])->active_on);
		assert_int_equal(fake_of(vm->vcpus[i])->running, 0);
		assert_int_equal(vcpu_reset(vm->vcpus[i]), ERROR_NONE);
		assert_int_equal(vcpu_setup(vm->vcpus[i], &config), ERROR_NONE);
	}
	__atomic_fetch_add(&restarts, 1, __ATOMIC_RELAXED);
	return ERROR_NONE;
}

static const struct board_ops lives_board = { .exit = lives_exit,
					      .restart = set_up_again,
					      .ended = count_end };

static void vms_start_anew(void **unused)
{
	for (unsigned count = 1; count <= CPUS; count++) {
		boot(count);
		play = play_lives;
		ended_well = ended_badly = restarts = steps = 0;
		start_vm(make(&lives_board, 4, false));
		run_all();
		assert_int_equal(restarts, LIVES);
		assert_int_equal(steps, LIVES * STEPS);
		assert_int_equal(ended_well, 1);
		assert_int_equal(troubles, 0);
	}
}

static enum error refuse(struct vm *vm, bool *again, struct reason *why)
{
	restarts++;
	return reason_set(why, ERROR_NO_MEMORY, "told to refuse");
}

static const struct board_ops refusing_board = { .exit = lives_exit,
						 .restart = refuse,
						 .ended = count_end };

static void a_restart_that_fails_ends_the_vm(void **unused)
{
	boot(2);
	play = play_lives;
	ended_well = ended_badly = restarts = 0;
	start_vm(make(&refusing_board, 3, false));
	run_all();
	assert_int_equal(restarts, 1);
	assert_int_equal(ended_badly, 1);
}

/* --- pauses ---------------------------------------------------------------------------------- */

#define PAUSES 1000

static struct vm *paused_vm;
static uint32_t pauses; /* atomic */

/* VM 1 works; the vCPU of VM 2 pauses and resumes it from outside. */
static struct vcpu_exit play_pause(struct vcpu *vcpu, struct fake_vcpu *state)
{
	if (vcpu->vm == paused_vm)
		return exit_of(vcpu->id ? VCPU_EXIT_HLT : VCPU_EXIT_HYPERCALL);
	return exit_of(VCPU_EXIT_HYPERCALL);
}

/* A halted vCPU stays halted across a pause. */
static unsigned halts[CPUS];

static bool all_are_parked(struct vm *vm)
{
	uint64_t flags = spinlock_acquire(&vm->lock);
	uint64_t parked = vm->parked;

	spinlock_release(&vm->lock, flags);
	return parked == BIT(vm->vcpu_count) - 1;
}

static enum board_action pause_exit(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	if (vcpu->vm == paused_vm) {
		if (exit->kind != VCPU_EXIT_HLT)
			return BOARD_YIELD;
		__atomic_fetch_add(&halts[vcpu->id], 1, __ATOMIC_RELAXED);
		return BOARD_BLOCK;
	}
	if (vm_is_paused(paused_vm)) {
		if (!all_are_parked(paused_vm))
			return BOARD_YIELD;
		for (unsigned i = 0; i < paused_vm->vcpu_count; i++)
			assert(paused_vm->vcpus[i]->state == VCPU_FREE);
		vm_resume(paused_vm);
	} else if (pauses++ < PAUSES) {
		vm_pause(paused_vm);
	} else {
		/* What ends a paused VM must find its parked vCPUs. */
		vm_pause(paused_vm);
		vm_stop(paused_vm, NULL);
		return BOARD_END_VM;
	}
	return BOARD_YIELD;
}

static const struct board_ops pause_board = { .exit = pause_exit, .ended = count_end };

static void paused_vms_stand_still(void **unused)
{
	for (unsigned count = 1; count <= CPUS; count++) {
		boot(count);
		play = play_pause;
		ended_well = pauses = 0;
		memset(halts, 0, sizeof(halts));
		paused_vm = make(&pause_board, 3, false);
		struct vm *other = make(&pause_board, 1, false);
		start_vm(paused_vm);
		start_vm(other);
		run_all();
		assert_int_equal(ended_well, 2);
		assert_true(halts[1] <= 1 && halts[2] <= 1);
		assert_int_equal(troubles, 0);
	}
}

/* --- asking ---------------------------------------------------------------------------------- */

static unsigned asked;

/* Each step waits for what the one before it asked for. The vCPU of VM 2 goes through them. */
static enum board_action ask_exit(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	struct vm *vm = paused_vm;
	unsigned told = __atomic_load_n(&wheres, __ATOMIC_RELAXED);

	if (vcpu->vm == vm)
		return pause_exit(vcpu, exit);
	if (asked == 0 && __atomic_load_n(&halts[1], __ATOMIC_RELAXED) &&
	    __atomic_load_n(&halts[2], __ATOMIC_RELAXED)) {
		/* One runs, two have halted. */
		vm_ask_where(vm);
		asked++;
	} else if (asked == 1 && told == vm->vcpu_count) {
		vm_pause(vm);
		asked++;
	} else if (asked == 2 && all_are_parked(vm)) {
		vm_ask_where(vm);
		asked++;
	} else if (asked == 3 && told == 2 * vm->vcpu_count && all_are_parked(vm)) {
		vm_stop(vm, NULL);
		return BOARD_END_VM;
	}
	return BOARD_YIELD;
}

static const struct board_ops ask_board = { .exit = ask_exit, .ended = count_end };

static void who_is_asked_tells_and_stays(void **unused)
{
	for (unsigned count = 1; count <= CPUS; count++) {
		boot(count);
		play = play_pause;
		ended_well = asked = wheres = 0;
		memset(halts, 0, sizeof(halts));
		paused_vm = make(&ask_board, 3, false);
		struct vm *other = make(&ask_board, 1, false);
		start_vm(paused_vm);
		start_vm(other);
		run_all();
		assert_int_equal(ended_well, 2);
		assert_int_equal(wheres, 6);
		assert_true(halts[1] == 1 && halts[2] == 1);
		assert_int_equal(troubles, 0);
	}
}

/* --- acting from outside ---------------------------------------------------------------------- */

#define LOOKS 2000

static bool is_wanted(const struct vm *vm, const void *wanted)
{
	return vm == wanted;
}

/* Its vCPUs may end on other CPUs meanwhile: the VM is there all the same. */
static void stop_and_look(struct vm *vm, void *context)
{
	vm_stop(vm, NULL);
	for (unsigned i = 0; i < LOOKS; i++)
		assert(__atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) == VM_STOPPING);
	__atomic_fetch_add((unsigned *)context, 1, __ATOMIC_RELAXED);
}

static enum board_action act_exit(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	static unsigned acts;

	if (vcpu->vm == paused_vm)
		return BOARD_YIELD;
	acts = 0;
	assert(vm_act_on(is_wanted, paused_vm, stop_and_look, &acts));
	/* It stops: nobody acts on it any more. */
	assert(!vm_act_on(is_wanted, paused_vm, stop_and_look, &acts));
	assert(acts == 1);
	return BOARD_END_VM;
}

static const struct board_ops acting_board = { .exit = act_exit, .ended = count_end };

static void who_acts_on_a_vm_keeps_it(void **unused)
{
	for (unsigned round = 0; round < 10 * CPUS; round++) {
		boot(round % CPUS + 1);
		play = play_pause;
		ended_well = 0;
		paused_vm = make(&acting_board, 1, false);
		struct vm *other = make(&acting_board, 1, false);
		start_vm(paused_vm);
		start_vm(other);
		run_all();
		assert_int_equal(ended_well, 2);
		assert_int_equal(troubles, 0);
	}
}

/* --- halts for good -------------------------------------------------------------------------- */

static unsigned asked; /* atomic */

static bool nothing_wakes(struct vm *vm)
{
	__atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED);
	return true;
}

static enum error interrupts_are_off(struct vcpu *vcpu, enum vcpu_register reg, uint64_t *value)
{
	*value = 2; /* RFLAGS without IF */
	return ERROR_NONE;
}

/* The first vCPU sends an NMI to each of the others, one after the other, and halts as well. */
static struct vcpu_exit play_last_words(struct vcpu *vcpu, struct fake_vcpu *state)
{
	struct vcpu_exit exit = exit_of(VCPU_EXIT_IPI);
	static const struct event_openings open = { 0 };

	(void)vcpu_events_choose(&vcpu->events, &open);
	if (vcpu->id || ++state->work >= vcpu->vm->vcpu_count)
		return exit_of(VCPU_EXIT_HLT);
	exit.ipi.icr = state->work << 32 | 0x4400;
	return exit;
}

static enum board_action halt_exit(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	return BOARD_BLOCK;
}

static const struct board_ops halting_board = { .exit = halt_exit,
						.all_halted = nothing_wakes,
						.ended = count_end };

static void halted_for_good_ends_orderly(void **unused)
{
	struct virt_ops ops = fake;

	ops.get_register = interrupts_are_off;
	virt = &ops;
	for (unsigned count = 1; count <= CPUS; count++) {
		boot(count);
		play = play_last_words;
		ended_well = asked = 0;
		for (unsigned i = 0; i < 8; i++)
			start_vm(make(&halting_board, 4, i % 2));
		run_all();
		assert_int_equal(ended_well, 8);
		assert_true(asked >= 8); /* two vCPUs may see it at once */
	}
	virt = &fake;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vms_start_anew),
		cmocka_unit_test(a_restart_that_fails_ends_the_vm),
		cmocka_unit_test(paused_vms_stand_still),
		cmocka_unit_test(who_is_asked_tells_and_stays),
		cmocka_unit_test(who_acts_on_a_vm_keeps_it),
		cmocka_unit_test(halted_for_good_ends_orderly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
