/* A turn that is broken off for a vCPU that was woken, without the scheduler's loop in between: who is named,
 * what becomes of the one that ran, and that nothing is lost while many wake one another. */
#include "tests/host/smp_run.h"

static enum board_action end_vm(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	return BOARD_END_VM;
}

static const struct vcpu_event an_interrupt = { .kind = EVENT_EXTERNAL_INTERRUPT, .vector = 0x40 };
static const struct board_ops ends_board = { .exit = end_vm, .ended = count_end };

/* --- who is named --------------------------------------------------------------------------- */

/* A CPU runs the first of three, whose turn has no end, the last waits in line, and the second was woken. */
static struct vcpu *prepare(struct vcpu **woken, struct vcpu **waiting)
{
	boot(1);
	ended_well = 0;
	struct scheduler *s = scheduler_of(this_cpu());
	struct vm *vm = make(&ends_board, 3, false);

	start_vm(vm);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(vcpu_bind(vm->vcpus[i]), ERROR_NONE);

	struct vcpu *runs = take_next(s);

	*woken = take_next(s);
	*waiting = vm->vcpus[2];
	scheduler_change_load(s, -1);
	(*woken)->slice = (struct slice_account) { .left = s->slice, .filled = time_ticks() };
	(*woken)->halted = true;
	(*woken)->halted_interruptible = true;
	(*woken)->wake_pending = false;
	assert_int_equal(scheduler_queue(s, *woken, true), CALL_RUNNING);
	runs->state = VCPU_RUNNING;
	runs->slice_ticks = SLICE_ENDLESS;
	(void)turn_account_begin(runs);
	return runs;
}

static void request(struct vcpu *vcpu)
{
	struct reason why;
	bool triple;

	assert_int_equal(vcpu_events_queue(&vcpu->events, &an_interrupt, &triple, &why),
			 ERROR_NONE);
}

static struct vcpu *offer(void)
{
	struct scheduler *s = scheduler_of(this_cpu());
	struct vcpu *next = NULL;
	bool offered = break_off_offer(s, this_cpu()->recorder, &next);

	if (offered)
		hand_over_decline(s);
	assert_int_equal(s->lock.holder, 0);
	return offered ? next : NULL;
}

static void finish(struct vcpu *runs, struct vcpu *woken)
{
	struct scheduler *s = scheduler_of(this_cpu());

	runs->state = VCPU_READY;
	woken->state = VCPU_READY;
	if (!runs->queued)
		run_queue_append(&s->queue, runs);
	if (!woken->queued)
		run_queue_append(&s->queue, woken);
	s->busy = s->preempt = false;
	this_cpu()->need_resched = false;
	play = play_end;
	run_all();
	assert_int_equal(ended_well, 1);
}

static void nobody_while_something_waits(void **unused)
{
	struct vcpu *woken, *waiting;
	struct vcpu *runs = prepare(&woken, &waiting);
	struct scheduler *s = scheduler_of(this_cpu());
	struct vm *vm = runs->vm;

	assert_null(offer()); /* what woke it has gone again */
	assert_true(woken->halted);
	request(woken);
	assert_ptr_equal(offer(), woken);
	assert_false(woken->halted);
	NOBODY_WHILE(woken, s->preempt, false);
	NOBODY_WHILE(woken, s->chores_called, true);
	NOBODY_WHILE(woken, s->shares, true);
	NOBODY_WHILE(woken, this_cpu()->recorder->end, recorder_place(this_cpu()->recorder) + 1);
	NOBODY_WHILE(woken, woken->state, VCPU_INVALID);
	NOBODY_WHILE(woken, woken->wake_pending, true);
	NOBODY_WHILE(woken, woken->asked, true);
	NOBODY_WHILE(woken, woken->startup, STARTUP_INIT);
	NOBODY_WHILE(woken, vm->holds, VM_HOLD_PAUSE);
	NOBODY_WHILE(woken, vm->debug_holds, BIT(1));
	NOBODY_WHILE(woken, vm->state, VM_STOPPING);
	finish(runs, woken);
}

/* What stands in the way may last, and what has woken it be gone by then: its turn looks again. */
static void a_halt_ends_with_the_turn(void **unused)
{
	struct vcpu *woken, *waiting;
	struct vcpu *runs = prepare(&woken, &waiting);

	request(woken);
	runs->vm->holds = VM_HOLD_PAUSE;
	assert_null(offer());
	assert_true(woken->halted);
	runs->vm->holds = 0;
	woken->asked = true;
	assert_null(offer());
	assert_true(woken->halted);
	woken->asked = false;
	assert_ptr_equal(offer(), woken);
	assert_false(woken->halted);
	finish(runs, woken);
}

/* --- what becomes of the two ----------------------------------------------------------------- */

static void turns_change_hands(void **unused)
{
	struct vcpu *woken, *waiting;
	struct vcpu *runs = prepare(&woken, &waiting);
	struct cpu *cpu = this_cpu();
	struct scheduler *s = scheduler_of(cpu);
	uint64_t slices = woken->slices;
	struct vcpu *next;

	request(woken);
	cpu->current.endless = true;
	assert_true(break_off_offer(s, cpu->recorder, &next));
	assert_ptr_equal(next, woken);
	const struct record *in = break_off(s, cpu, runs, woken, cpu->recorder, time_ticks());

	assert_int_equal(s->lock.holder, 0);
	assert_int_equal(runs->state, VCPU_READY);
	assert_int_equal(woken->state, VCPU_RUNNING);
	assert_ptr_equal(cpu->current.vcpu, woken);
	assert_false(cpu->current.endless || s->alone || s->preempt);
	/* It goes on before who waits already, with a slice of its own. */
	assert_false(woken->queued);
	assert_true(run_queue_next_in_line(&s->queue, &next));
	assert_ptr_equal(next, runs);
	assert_int_equal(s->queue.length, 2);
	assert_int_equal(runs->slice.left, 0);
	assert_int_equal(woken->slice_ticks, s->slice);
	/* Accounts. */
	assert_int_equal(runs->turn_began, 0);
	assert_ptr_equal(runs->record, &runs->no_record);
	assert_int_equal(woken->slices, slices + 1);
	assert_ptr_equal(woken->record, in);
	assert_int_equal(in->head.kind, RECORD_IN);
	assert_int_equal((in - 1)->head.kind, RECORD_OUT);
	assert_int_equal((in - 1)->head.vcpu, runs->id);
	assert_string_equal((in - 1)->did, TURN_BROKEN_OFF_NAME);
	finish(runs, woken);
}

/* One that has slices keeps what is left after the whole turn, of which the guest had but a part. */
static void a_slice_is_kept(void **unused)
{
	struct vcpu *woken, *waiting;
	struct vcpu *runs = prepare(&woken, &waiting);
	struct cpu *cpu = this_cpu();
	struct scheduler *s = scheduler_of(cpu);
	struct vcpu *next;

	request(woken);
	runs->slice_ticks = runs->slice.left = 1ull << 60;
	runs->turn_began -= 1000000;
	runs->statistics.ticks += 600000;
	runs->turn_ticks = 0;
	assert_true(break_off_offer(s, cpu->recorder, &next));
	assert_ptr_equal(next, woken);
	(void)break_off(s, cpu, runs, woken, cpu->recorder, time_ticks());
	assert_true(runs->turn_ticks >= 1000000);
	assert_int_equal(runs->slice.left, (1ull << 60) - runs->turn_ticks);
	assert_int_equal(runs->slice.debt, 0);
	finish(runs, woken);
}

/* One whose exits have used up its slice goes on before who waits, and has to leave at once. */
static void exits_use_up_a_slice(void **unused)
{
	struct vcpu *woken, *waiting, *next;
	struct vcpu *runs = prepare(&woken, &waiting);
	struct cpu *cpu = this_cpu();
	struct scheduler *s = scheduler_of(cpu);

	request(woken);
	runs->slice_ticks = runs->slice.left = s->slice;
	runs->turn_began -= 3 * s->slice;
	runs->statistics.ticks += 3 * s->slice;
	assert_true(break_off_offer(s, cpu->recorder, &next));
	(void)break_off(s, cpu, runs, woken, cpu->recorder, time_ticks());
	assert_int_equal(runs->slice.left, SLICE_LEFT_TO_GO_ON);
	assert_true(runs->slice.debt >= 2 * s->slice);
	finish(runs, woken);
}

/* --- many at once ---------------------------------------------------------------------------- */

#define LAPS 2000

/* Halts until an interrupt comes, and sends one to the next, without leaving run(). The first never halts. */
static struct vcpu_exit play_chain(struct vcpu *vcpu, struct fake_vcpu *state)
{
	static const struct event_openings open = { .interrupts_enabled = true };
	struct event_choice choice = vcpu_events_choose(&vcpu->events, &open);
	const struct vm *vm = vcpu->vm;

	if (choice.event.kind == EVENT_NONE && vcpu->id)
		return exit_of(VCPU_EXIT_HLT);
	if (state->work++ == LAPS)
		return exit_of(VCPU_EXIT_HYPERCALL);
	assert(!vcpu_inject(vm->vcpus[(vcpu->id + 1) % vm->vcpu_count], &an_interrupt));
	return exit_of(state->work % 8 ? VCPU_EXIT_KICKED : VCPU_EXIT_PAUSE);
}

static enum board_action chain_exit(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	return exit->kind == VCPU_EXIT_HLT ? BOARD_BLOCK : BOARD_END_VM;
}

static const struct board_ops chain_board = { .exit = chain_exit, .ended = count_end };

static void those_that_are_woken_run(void **unused)
{
	for (unsigned round = 0; round < 2 * CPUS; round++) {
		boot(1 + round / 2);
		cpus_monitor = round % 2;
		play = play_chain;
		ended_well = 0;
		break_offs = 0;
		for (unsigned i = 0; i < 6; i++)
			start_vm(make(&chain_board, 2 + i % 3, false));
		run_all();
		assert_int_equal(ended_well, 6);
		assert_int_equal(troubles, 0);
		/* With several CPUs each of them may come to have one to itself. */
		assert_true(break_offs || cpus_used > 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_while_something_waits),
		cmocka_unit_test(a_halt_ends_with_the_turn),
		cmocka_unit_test(turns_change_hands),
		cmocka_unit_test(a_slice_is_kept),
		cmocka_unit_test(exits_use_up_a_slice),
		cmocka_unit_test(those_that_are_woken_run),
	};

	return cmocka_run_group_tests_name("break_off", tests, NULL, NULL);
}
