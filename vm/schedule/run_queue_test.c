/* The order of the run queue, and that moving takes the right one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "vm/schedule/run_queue.h"

#define COUNT 16

static struct vcpu vcpus[COUNT];
static struct run_queue queue;

static void fill(unsigned count)
{
	run_queue_init(&queue);
	memset(vcpus, 0, sizeof(vcpus));
	for (unsigned i = 0; i < count; i++) {
		vcpus[i].pinned_cpu = -1;
		list_init(&vcpus[i].run_link);
		run_queue_append(&queue, &vcpus[i]);
	}
}

static void empty(void **state)
{
	fill(0);
	assert_null(run_queue_take(&queue));
	assert_null(run_queue_take_movable(&queue));
}

static void round_robin(void **state)
{
	fill(COUNT);
	for (unsigned turn = 0; turn < 10 * COUNT; turn++) {
		struct vcpu *vcpu = run_queue_take(&queue);

		assert_ptr_equal(vcpu, &vcpus[turn % COUNT]);
		assert_false(vcpu->queued);
		assert_int_equal(queue.length, COUNT - 1);
		run_queue_append(&queue, vcpu);
	}
	assert_int_equal(queue.length, COUNT);
	assert_int_equal(queue.movable, COUNT);
}

/* Equal turns stay equal while some block and come back. */
static void equal_turns(void **state)
{
	unsigned turns[COUNT] = { 0 };

	fill(COUNT);
	for (unsigned turn = 0; turn < 200 * COUNT; turn++) {
		struct vcpu *vcpu = run_queue_take(&queue);

		turns[vcpu - vcpus]++;
		run_queue_append(&queue, vcpu);
	}
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(turns[i], 200);
}

static void movable_from_the_end(void **state)
{
	fill(0);
	for (unsigned i = 0; i < 4; i++) {
		vcpus[i].pinned_cpu = i % 2 ? 0 : -1;
		list_init(&vcpus[i].run_link);
		run_queue_append(&queue, &vcpus[i]);
	}
	assert_int_equal(queue.movable, 2);
	assert_ptr_equal(run_queue_take_movable(&queue), &vcpus[2]);
	assert_ptr_equal(run_queue_take_movable(&queue), &vcpus[0]);
	assert_null(run_queue_take_movable(&queue));
	assert_int_equal(queue.length, 2);
	assert_ptr_equal(run_queue_take(&queue), &vcpus[1]);
	assert_ptr_equal(run_queue_take(&queue), &vcpus[3]);
	assert_null(run_queue_take(&queue));
}

/* Those that go first do, in their order; then whose turn was broken off; then the others. */
static void some_go_first(void **state)
{
	fill(2);
	for (unsigned i = 2; i < 5; i++) {
		vcpus[i].pinned_cpu = -1;
		list_init(&vcpus[i].run_link);
	}
	run_queue_append_first(&queue, &vcpus[2]);
	run_queue_append_first(&queue, &vcpus[3]);
	run_queue_put_back(&queue, &vcpus[4]);
	assert_int_equal(queue.length, 5);
	assert_int_equal(queue.movable, 5);
	assert_ptr_equal(run_queue_take(&queue), &vcpus[2]);
	assert_ptr_equal(run_queue_take(&queue), &vcpus[3]);
	assert_ptr_equal(run_queue_take(&queue), &vcpus[4]);
	run_queue_append_first(&queue, &vcpus[3]);
	/* The last to be given away. */
	assert_ptr_equal(run_queue_take_movable(&queue), &vcpus[1]);
	assert_ptr_equal(run_queue_take_movable(&queue), &vcpus[0]);
	assert_ptr_equal(run_queue_take_movable(&queue), &vcpus[3]);
	assert_int_equal(queue.length, 0);
}

/* As if it were done in two steps. */
static void exchange(void **state)
{
	struct vcpu *vcpu;

	fill(3);
	vcpus[1].pinned_cpu = 0; /* before it is counted */
	run_queue_init(&queue);
	for (unsigned i = 0; i < 3; i++) {
		list_init(&vcpus[i].run_link);
		vcpus[i].queued = false;
		run_queue_append(&queue, &vcpus[i]);
	}
	vcpu = run_queue_take(&queue);
	for (unsigned turn = 0; turn < 12; turn++) {
		assert_ptr_equal(vcpu, &vcpus[turn % 3]);
		assert_int_equal(queue.length, 2);
		assert_int_equal(queue.movable, vcpu == &vcpus[1] ? 2 : 1);
		vcpu = run_queue_exchange(&queue, vcpu);
		assert_false(vcpu->queued);
	}
	run_queue_append_first(&queue, vcpu);
	vcpu = run_queue_take(&queue);
	(void)run_queue_take(&queue);
	(void)run_queue_take(&queue);
	/* Nobody else waits. */
	assert_ptr_equal(run_queue_exchange(&queue, vcpu), vcpu);
	assert_int_equal(queue.length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),         cmocka_unit_test(round_robin),
		cmocka_unit_test(equal_turns),   cmocka_unit_test(movable_from_the_end),
		cmocka_unit_test(some_go_first), cmocka_unit_test(exchange),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
