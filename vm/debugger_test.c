/* A debugger that holds and lets go of a VM's vCPUs, with a thread for each CPU over the machine of
 * tests/host/smp_machine.h. The bootstrap processor's chores are the debugger. */
#include "tests/host/smp_run.h"

#define ROUNDS   40
#define VCPUS    4
#define ALL_HELD UINT64_MAX

static unsigned claims, stops; /* the chores'; atomic */

/* Works, halts now and then, and meets a breakpoint in between, until the debugger has seen enough. */
static struct vcpu_exit play_breakpoints(struct vcpu *vcpu, struct fake_vcpu *state)
{
	unsigned turn = ++state->work % 9;

	if (__atomic_load_n(&claims, __ATOMIC_SEQ_CST) >= ROUNDS)
		return exit_of(VCPU_EXIT_HYPERCALL);
	return exit_of(turn == 4 ? VCPU_EXIT_DEBUG : VCPU_EXIT_TIME_SLICE);
}

static enum board_action ends(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	return vcpu->id ? BOARD_END_VCPU : BOARD_END_VM;
}

static const struct board_ops board = { .exit = ends, .ended = count_end };

static enum board_action stop_all(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	assert_int_equal(exit->kind, VCPU_EXIT_DEBUG);
	__atomic_fetch_add(&stops, 1, __ATOMIC_SEQ_CST);
	vm_debug_hold(vcpu->vm, ALL_HELD);
	return BOARD_RESUME;
}

static unsigned ends_told; /* atomic */

static void told_of_end(const struct vm *vm, const struct reason *trouble)
{
	__atomic_fetch_add(&ends_told, 1, __ATOMIC_SEQ_CST);
}

static const struct vm_debugger debugger = { .exit = stop_all, .ended = told_of_end };

static bool is_debugged(const struct vm *vm, const void *wanted)
{
	return vm->debugger == wanted;
}

/* While it is claimed no vCPU is anywhere. Then all but one go on, another one each time. */
static void look(struct vm *vm, void *unused)
{
	if (!vm_debug_claim(vm))
		return;
	for (unsigned i = 0; i < VCPUS; i++) {
		assert_int_equal(fake_of(vm->vcpus[i])->running, 0);
		assert_null(fake_of(vm->vcpus[i])->active_on);
		assert_true(vm->vcpus[i]->ended || vm->vcpus[i]->state == VCPU_FREE);
	}
	unsigned round = __atomic_add_fetch(&claims, 1, __ATOMIC_SEQ_CST);
	uint64_t parked = vm->parked;
	vm_debug_hold(vm, round < ROUNDS ? BIT(round % VCPUS) : 0);
	/* Not before the claim is given back. */
	assert_int_equal(vm->parked, parked);
	vm_debug_release(vm);
}

static void chores(void)
{
	if (vm_act_on(is_debugged, &debugger, look, NULL))
		sched_yield();
}

static void all_stop_and_some_go_on(void **unused)
{
	for (unsigned count = 1; count <= CPUS; count++) {
		boot(count);
		play = play_breakpoints;
		ended_well = ended_badly = claims = stops = ends_told = 0;
		vm_debug_wait_for("fake", &debugger);
		scheduler_set_chores(chores, 1000);
		idle_timer_works = true;
		start_vm(make(&board, VCPUS, false));
		run_all();
		assert_true(claims >= ROUNDS);
		assert_true(stops >= ROUNDS - 1);
		assert_int_equal(ended_well, 1);
		assert_int_equal(ends_told, 1);
		assert_int_equal(troubles, 0);
	}
}

/* Stopped from outside while it is held, and while it is claimed. */
static void kill_it(struct vm *vm, void *unused)
{
	if (!vm_debug_claim(vm))
		return;
	vm_stop(vm, NULL);
	assert_int_equal(vm->parked, BITS(VCPUS - 1, 0));
	vm_debug_release(vm);
}

static void kill_chores(void)
{
	if (vm_act_on(is_debugged, &debugger, kill_it, NULL))
		sched_yield();
}

static void a_held_vm_can_be_stopped(void **unused)
{
	for (unsigned count = 1; count <= CPUS; count++) {
		boot(count);
		play = play_breakpoints;
		ended_well = claims = ends_told = 0;
		vm_debug_wait_for("fake", &debugger);
		scheduler_set_chores(kill_chores, 1000);
		idle_timer_works = true;
		start_vm(make(&board, VCPUS, false));
		run_all();
		assert_int_equal(ended_well, 1);
		assert_int_equal(ends_told, 1);
		assert_int_equal(troubles, 0);
	}
}

/* Another name, and nobody waits. */
static void others_are_left_alone(void **unused)
{
	boot(1);
	claims = ROUNDS;
	play = play_breakpoints;
	ended_well = 0;
	vm_debug_wait_for("other", &debugger);
	scheduler_set_chores(NULL, 0);
	struct vm *vm = make(&board, 1, false);
	assert_null(vm->debugger);
	start_vm(vm);
	run_all();
	assert_int_equal(ended_well, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_stop_and_some_go_on),
		cmocka_unit_test(a_held_vm_can_be_stopped),
		cmocka_unit_test(others_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
