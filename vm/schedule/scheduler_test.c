/* The scheduler and the run loop themselves, with a thread for each CPU over the machine of
 * tests/host/smp_machine.h. */
#include "tests/host/smp_run.h"

/* --- a token that goes round ---------------------------------------------------------------- */

#define LAPS 300

/* Halts until an interrupt comes; each interrupt is passed on to the next vCPU by an IPI. */
static struct vcpu_exit play_ring(struct vcpu *vcpu, struct fake_vcpu *state)
{
	static const struct event_openings open = { .interrupts_enabled = true };
	struct event_choice choice = vcpu_events_choose(&vcpu->events, &open);
	struct vcpu_exit exit = exit_of(VCPU_EXIT_IPI);
	uint64_t next = (vcpu->id + 1) % vcpu->vm->vcpu_count;

	if (choice.event.kind == EVENT_NONE && (vcpu->id || state->work))
		return exit_of(VCPU_EXIT_HLT);
	if (state->work++ == LAPS)
		return exit_of(VCPU_EXIT_HYPERCALL);
	exit.ipi.icr = next << 32 | 0x30;
	return exit;
}

static enum board_action ring_exit(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	if (exit->kind != VCPU_EXIT_HLT)
		return BOARD_END_VM;
	/* Now and then long enough for the token to come between the HLT and the blocking. */
	if (vcpu_exits(vcpu) % 16 == 0)
		usleep(50);
	return BOARD_BLOCK;
}

static const struct board_ops ring_board = { .exit = ring_exit, .ended = count_end };

/* Whatever idle CPUs wait for. */
static void no_wake_is_lost(void **unused)
{
	for (unsigned round = 0; round < 2 * CPUS; round++) {
		boot(1 + round / 2);
		cpus_monitor = round % 2;
		play = play_ring;
		ended_well = 0;
		for (unsigned i = 0; i < 12; i++)
			start_vm(make(&ring_board, 1 + i % 4, false));
		run_all();
		assert_int_equal(ended_well, 12);
		assert_int_equal(troubles, 0);
	}
}

/* --- INIT and SIPI -------------------------------------------------------------------------- */

static struct vcpu_exit play_startup(struct vcpu *vcpu, struct fake_vcpu *state)
{
	struct vcpu_exit exit = exit_of(VCPU_EXIT_IPI);

	if (vcpu->id) {
		assert(state->started_with_vector == 0x9a);
		return exit_of(VCPU_EXIT_HYPERCALL);
	}
	switch (state->work++) {
	case 0:
		exit.ipi.icr = 0xc4500; /* INIT to all but self */
		return exit;
	case 1:
	case 2:
		exit.ipi.icr = 0xc469a; /* SIPI to all but self, twice as the SDM has it */
		return exit;
	default:
		return exit_of(VCPU_EXIT_HYPERCALL);
	}
}

static void application_processors_start(void **unused)
{
	boot(2);
	play = play_startup;
	ended_well = 0;
	for (unsigned i = 0; i < 20; i++)
		start_vm(make(&vcpu_ends_board, 4, true));
	run_all();
	assert_int_equal(ended_well, 20);
}

/* The first vCPU ends without having started the others: nobody can any more. */
static void nobody_left_to_start_them(void **unused)
{
	boot(2);
	play = play_end;
	ended_well = 0;
	start_vm(make(&vcpu_ends_board, 3, true));
	run_all();
	assert_int_equal(ended_well, 1);
}

/* --- equal shares --------------------------------------------------------------------------- */

#define SHARES 200
static unsigned smallest_share;

/* The alarm is not far behind the end of a slice, whatever of it is guest time. */
static void assert_rings_soon(const struct vcpu *vcpu)
{
	const struct scheduler *s = scheduler_of(this_cpu());

	assert(s->until == vcpu->turn_began + vcpu->slice.left + s->allowance);
	assert(vcpu->slice.left <= s->slice && s->allowance <= s->slice / 4);
	assert(s->armed_for <= s->until);
}

static struct vcpu_exit play_slices(struct vcpu *vcpu, struct fake_vcpu *state)
{
	state->work++;
	if (vcpu->slice_ticks != SLICE_ENDLESS)
		assert_rings_soon(vcpu);
	return exit_of(vcpu->slices > SHARES ? VCPU_EXIT_HYPERCALL : VCPU_EXIT_TIME_SLICE);
}

static void note_share(struct vm *vm, const struct reason *trouble)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		if (vm->vcpus[i]->slices < smallest_share)
			smallest_share = (unsigned)vm->vcpus[i]->slices;
	count_end(vm, trouble);
}

static enum board_action end_vm(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	return BOARD_END_VM;
}

static const struct board_ops share_board = { .exit = end_vm, .ended = note_share };

static void equal_shares_on_one_cpu(void **unused)
{
	boot(1);
	play = play_slices;
	smallest_share = ~0u;
	start_vm(make(&share_board, 16, false));
	run_all();
	/* The first to have its 201st slice ends them all: nobody else is behind by more than one. */
	assert_true(smallest_share >= SHARES);
}

/* --- who is told ---------------------------------------------------------------------------- */

static struct vcpu *start_on_second(void)
{
	struct vm *vm = make(&vcpu_ends_board, 1, false);

	vm->vcpus[0]->pinned_cpu = 1;
	start_vm(vm);
	return vm->vcpus[0];
}

/* An IPI goes only to a CPU that sleeps, or one whose turn has no end. */
static void only_who_has_to_look_is_told(void **unused)
{
	boot(2);
	play = play_end;
	struct scheduler *s = scheduler_of(&cpus[1]);

	kicks = 0;
	(void)start_on_second(); /* between two turns it looks by itself */
	assert_int_equal(kicks, 0);
	idle_mark(&cpus[1]);
	(void)start_on_second();
	assert_int_equal(kicks, 1);
	(void)start_on_second(); /* it has been woken already */
	assert_int_equal(kicks, 1);
	s->busy = true;
	(void)start_on_second(); /* others wait, too: a slice ends by itself */
	assert_int_equal(kicks, 1);
	s->alone = true;
	(void)start_on_second();
	assert_int_equal(kicks, 2);
	assert_false(s->alone);
	(void)start_on_second();
	assert_int_equal(kicks, 2);
	s->busy = false;
	run_all();
}

/* Its interrupt is not to wait for other vCPUs' slices. */
static void who_is_woken_goes_first(void **unused)
{
	boot(2);
	play = play_end;
	struct scheduler *s = scheduler_of(&cpus[1]);
	struct vcpu *sleepers[2] = { start_on_second(), start_on_second() };
	struct vcpu *waiting = start_on_second();

	assert_ptr_equal(take_next(s), sleepers[0]);
	assert_ptr_equal(take_next(s), sleepers[1]);
	assert_true(s->busy);
	assert_int_equal(scheduler_queue(s, sleepers[1], true), CALL_RUNNING);
	assert_true(s->preempt);
	assert_int_equal(scheduler_queue(s, sleepers[0], true), CALL_NOBODY);
	assert_ptr_equal(take_next(s), sleepers[1]);
	assert_false(s->preempt);
	assert_ptr_equal(take_next(s), sleepers[0]);
	/* What was left of its slice is used up, and the others have not had theirs. */
	sleepers[0]->slice = (struct slice_account) { .filled = time_ticks() };
	assert_int_equal(scheduler_queue(s, sleepers[0], true), CALL_NOBODY);
	assert_ptr_equal(take_next(s), waiting);
	run_queue_append(&s->queue, waiting);
	run_queue_append(&s->queue, sleepers[1]);
	s->busy = false;
	s->load = 3;
	run_all();
}

static struct vm *lone_vm;

static struct vcpu_exit play_company(struct vcpu *vcpu, struct fake_vcpu *state)
{
	/* Alone; then another VM is started: the slice has an end from the next exit on. */
	switch (state->work++) {
	case 0:
		if (vcpu->vm != lone_vm)
			return exit_of(VCPU_EXIT_HYPERCALL);
		assert(vcpu->slice_ticks == SLICE_ENDLESS);
		assert(this_cpu()->current.endless);
		start_vm(make(&vcpu_ends_board, 1, false));
		assert(this_cpu()->need_resched);
		return exit_of(VCPU_EXIT_KICKED);
	case 1:
		assert(vcpu->slice_ticks == scheduler_of(this_cpu())->slice);
		assert(!this_cpu()->current.endless);
		/* What went before costs it nothing. */
		assert(vcpu->slice.left ==
		       vcpu->slice_ticks + vcpu->slice.filled - vcpu->turn_began);
		return exit_of(VCPU_EXIT_TIME_SLICE);
	case 2: /* the other one has had its turn, and ended */
		assert(vcpu->slice_ticks == SLICE_ENDLESS);
		return exit_of(VCPU_EXIT_HYPERCALL);
	}
	return exit_of(VCPU_EXIT_HYPERCALL);
}

static void company_ends_an_endless_turn(void **unused)
{
	boot(1);
	play = play_company;
	ended_well = 0;
	lone_vm = make(&vcpu_ends_board, 1, false);
	start_vm(lone_vm);
	run_all();
	assert_int_equal(ended_well, 2);
}

/* --- moving --------------------------------------------------------------------------------- */

static uint64_t cpus_seen; /* atomic */

static struct vcpu_exit play_moving(struct vcpu *vcpu, struct fake_vcpu *state)
{
	__atomic_fetch_or(&cpus_seen, 1ull << this_cpu()->index, __ATOMIC_RELAXED);
	if (vcpu->pinned_cpu >= 0)
		assert(this_cpu()->index == (unsigned)vcpu->pinned_cpu);
	usleep(100);
	return exit_of(++state->work > 40 ? VCPU_EXIT_HYPERCALL : VCPU_EXIT_TIME_SLICE);
}

static void idle_cpus_get_work(void **unused)
{
	boot(CPUS);
	play = play_moving;
	cpus_seen = 0;
	ended_well = 0;
	struct vm *vm = make(&vcpu_ends_board, 16, false);

	/* All of them before the first CPU; half of them have to stay there. */
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		vm->vcpus[i]->pinned_cpu = 0;
	start_vm(vm);
	for (unsigned i = 0; i < vm->vcpu_count; i += 2) {
		vm->vcpus[i]->pinned_cpu = -1;
		scheduler_of(&cpus[0])->queue.movable++;
	}
	run_all();
	assert_int_equal(ended_well, 1);
	assert_true(cpus_seen & ~1ull);
}

/* --- failures ------------------------------------------------------------------------------- */

static void one_failure_stays_alone(void **unused)
{
	boot(2);
	play = play_ring;
	ended_well = ended_badly = 0;
	for (unsigned i = 0; i < 8; i++) {
		struct vm *vm = make(&ring_board, 2, false);

		fake_of(vm->vcpus[1])->refuses_entry = i % 2;
		start_vm(vm);
	}
	run_all();
	assert_int_equal(ended_badly, 4);
	assert_int_equal(ended_well, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_wake_is_lost),
		cmocka_unit_test(application_processors_start),
		cmocka_unit_test(nobody_left_to_start_them),
		cmocka_unit_test(equal_shares_on_one_cpu),
		cmocka_unit_test(only_who_has_to_look_is_told),
		cmocka_unit_test(who_is_woken_goes_first),
		cmocka_unit_test(company_ends_an_endless_turn),
		cmocka_unit_test(idle_cpus_get_work),
		cmocka_unit_test(one_failure_stays_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
