/* One turn after the other without the scheduler's loop in between: shares, accounts and records are
 * those of the long way, and what has to be seen to is seen to. */
#include "tests/host/smp_run.h"

#define TURNS 500

/* --- shares and accounts -------------------------------------------------------------------- */

static unsigned fewest_turns;
static uint64_t turns, kept_behind; /* and vCPUs whose accounts do not add up */

static struct vcpu_exit play_yield(struct vcpu *vcpu, struct fake_vcpu *state)
{
	return exit_of(vcpu->slices > TURNS ? VCPU_EXIT_HYPERCALL : VCPU_EXIT_PAUSE);
}

static enum board_action end_vm(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	return BOARD_END_VM;
}

static void note_turns(struct vm *vm, const struct reason *trouble)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		const struct vcpu *vcpu = vm->vcpus[i];

		if (vcpu->slices < fewest_turns)
			fewest_turns = (unsigned)vcpu->slices;
		turns += vcpu->slices;
		kept_behind += vcpu->turn_began || vcpu->record != &vcpu->no_record ||
			       vcpu->statistics.turns.count != vcpu->slices ||
			       vcpu->guest_ticks > vcpu->turn_ticks;
	}
	count_end(vm, trouble);
}

static const struct board_ops yield_board = { .exit = end_vm, .ended = note_turns };

static void start_on(unsigned cpu_number)
{
	boot(cpu_number);
	hand_overs = 0;
	ended_well = 0;
	turns = kept_behind = 0;
	fewest_turns = ~0u;
}

static void everybody_has_a_turn(void **unused)
{
	start_on(1);
	play = play_yield;
	start_vm(make(&yield_board, 16, false));
	run_all();
	assert_int_equal(ended_well, 1);
	assert_true(hand_overs > TURNS * 16 / 2);
	assert_true(fewest_turns >= TURNS);
	assert_int_equal(kept_behind, 0);
}

#define DEBTORS_TURNS 20
static unsigned unpaid; /* turns that began as if there was no debt */

/* One whose turns last half a slice too long, among others that yield. */
static struct vcpu_exit play_debtor(struct vcpu *vcpu, struct fake_vcpu *state)
{
	uint64_t slice = scheduler_of(this_cpu())->slice;

	if (vcpu->id != 1)
		return exit_of(VCPU_EXIT_PAUSE);
	if (vcpu->slices > DEBTORS_TURNS)
		return exit_of(VCPU_EXIT_HYPERCALL);
	unpaid += vcpu->slices > 1 && vcpu->slice_ticks >= slice;
	while (time_ticks() - vcpu->turn_began < vcpu->slice_ticks + slice / 2)
		;
	return exit_of(VCPU_EXIT_TIME_SLICE);
}

static void debts_are_paid(void **unused)
{
	start_on(1);
	unpaid = 0;
	play = play_debtor;
	start_vm(make(&yield_board, 3, false));
	run_all();
	assert_true(hand_overs > 0);
	assert_int_equal(unpaid, 0);
}

/* --- records -------------------------------------------------------------------------------- */

/* An `in` is followed by the `out` of the same vCPU, and its turn ends where the next begins. */
static void records_tell_of_each_turn(void **unused)
{
	struct record record;
	uint64_t ins = 0;
	int inside = -1;

	start_on(1);
	play = play_yield;
	start_vm(make(&yield_board, 3, false));
	run_all();

	const struct recorder *recorder = &recorders[0];

	for (uint64_t n = recorder_first(recorder); n < recorder_written(recorder); n++) {
		assert_true(recorder_read(recorder, n, &record));
		if (record.head.kind == RECORD_IN) {
			assert_int_equal(inside, -1);
			inside = record.head.vcpu;
			ins++;
		} else if (record.head.kind == RECORD_OUT && inside >= 0) {
			assert_int_equal(inside, record.head.vcpu);
			inside = -1;
		} else if (inside >= 0) {
			assert_int_equal(record.head.kind, RECORD_EXIT);
			assert_int_equal(record.head.vcpu, inside);
			assert_int_equal(record.rip, inside);
		}
	}
	assert_int_equal(inside, -1);
	assert_true(ins > TURNS);
	assert_true(ins <= turns);
}

/* --- what is seen to meanwhile -------------------------------------------------------------- */

static struct vm *spinners; /* that yield for ever; atomic */

static struct vcpu_exit play_for_ever(struct vcpu *vcpu, struct fake_vcpu *state)
{
	if (vcpu->vm == __atomic_load_n(&spinners, __ATOMIC_ACQUIRE))
		return exit_of(VCPU_EXIT_PAUSE);
	if (__atomic_load_n(&hand_overs, __ATOMIC_RELAXED) < TURNS)
		return exit_of(VCPU_EXIT_TIME_SLICE);
	return exit_of(VCPU_EXIT_HYPERCALL);
}

static enum board_action stop_spinners(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	vm_stop(spinners, NULL);
	return BOARD_END_VM;
}

static const struct board_ops stop_board = { .exit = stop_spinners, .ended = count_end };

static void another_cpu_ends_it(void **unused)
{
	for (unsigned round = 0; round < 20; round++) {
		start_on(2);
		play = play_for_ever;
		struct vm *vm = make(&yield_board, 3, false);

		for (unsigned i = 0; i < vm->vcpu_count; i++)
			vm->vcpus[i]->pinned_cpu = 1;
		__atomic_store_n(&spinners, vm, __ATOMIC_RELEASE);
		start_vm(vm);
		struct vm *other = make(&stop_board, 1, false);

		other->vcpus[0]->pinned_cpu = 0;
		start_vm(other);
		run_all();
		assert_int_equal(ended_well, 2);
		assert_int_equal(kept_behind, 0);
	}
}

/* --- who is named --------------------------------------------------------------------------- */

/* Two vCPUs in the line of a CPU that runs a third, all of which have run before. */
static struct vcpu *prepare(struct vcpu *line[2])
{
	start_on(1);
	struct scheduler *s = scheduler_of(this_cpu());
	struct vm *vm = make(&yield_board, 3, false);

	start_vm(vm);
	s->next_look = UINT64_MAX;
	struct vcpu *runs = take_next(s);

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(vcpu_bind(vm->vcpus[i]), ERROR_NONE);
	line[0] = vm->vcpus[1];
	line[1] = vm->vcpus[2];
	return runs;
}

static struct vcpu *offer(void)
{
	struct scheduler *s = scheduler_of(this_cpu());
	const struct recorder *recorder = &recorders[0];
	struct vcpu *next;
	bool offered = hand_over_offer(s, this_cpu(), recorder, recorder->next, 1, &next);

	if (offered)
		hand_over_decline(s);
	assert_int_equal(s->lock.holder, 0);
	return offered ? next : NULL;
}

static void nobody_while_something_waits(void **unused)
{
	struct vcpu *line[2];
	struct vcpu *runs = prepare(line);
	struct scheduler *s = scheduler_of(this_cpu());
	struct vm *vm = runs->vm;

	assert_ptr_equal(offer(), line[0]);
	NOBODY_WHILE(line[0], this_cpu()->attention, true);
	NOBODY_WHILE(line[0], this_cpu()->current.endless, true);
	NOBODY_WHILE(line[0], s->next_look, 1);
	NOBODY_WHILE(line[0], s->shares, true);
	NOBODY_WHILE(line[0], line[0]->state, VCPU_INVALID);
	NOBODY_WHILE(line[0], line[0]->wake_pending, true);
	NOBODY_WHILE(line[0], line[0]->asked, true);
	NOBODY_WHILE(line[0], line[0]->halted, true);
	NOBODY_WHILE(line[0], line[0]->in_debt, true);
	NOBODY_WHILE(line[0], line[0]->startup, STARTUP_INIT);
	NOBODY_WHILE(line[0], vm->holds, VM_HOLD_PAUSE);
	NOBODY_WHILE(line[0], vm->debug_holds, BIT(1));
	NOBODY_WHILE(line[0], vm->state, VM_STOPPING);
	/* The ring of records goes round. */
	NOBODY_WHILE(line[0], recorders[0].next, recorders[0].end - 3);
	recorders[0].next = recorders[0].end - 4;
	assert_ptr_equal(offer(), line[0]);
	/* One that goes first goes the long way. */
	(void)run_queue_take_movable(&s->queue);
	run_queue_append_first(&s->queue, line[1]);
	assert_null(offer());
	run_queue_put_back(&s->queue, runs);
	play = play_yield;
	run_all();
}

/* --- what comes at the last moment ------------------------------------------------------------ */

/* After the look at the next one, and before its state says Running: its CPU is kicked. */
static void what_comes_after_the_look_kicks(void **unused)
{
	struct vcpu *line[2], *next;
	struct vcpu *runs = prepare(line);
	struct cpu *cpu = this_cpu();
	const struct recorder *recorder = &recorders[0];
	struct vm *vm = runs->vm;

	assert_true(hand_over_offer(scheduler_of(cpu), cpu, recorder, recorder->next, 1, &next));
	hand_over_decline(scheduler_of(cpu));
	vm_pause(vm);
	assert_true(cpu->need_resched);
	vm_resume(vm);
	cpu->need_resched = false;
	vm_ask_where(vm);
	assert_true(cpu->need_resched);
	cpu->need_resched = false;
	vm_stop(vm, NULL);
	assert_true(cpu->need_resched);
	/* An event is looked for again once the state says Running. */
	cpu->need_resched = false;
	scheduler_notify(next);
	assert_false(cpu->need_resched);
	run_queue_put_back(&scheduler_of(cpu)->queue, runs);
	run_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_has_a_turn),
		cmocka_unit_test(debts_are_paid),
		cmocka_unit_test(records_tell_of_each_turn),
		cmocka_unit_test(another_cpu_ends_it),
		cmocka_unit_test(nobody_while_something_waits),
		cmocka_unit_test(what_comes_after_the_look_kicks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
