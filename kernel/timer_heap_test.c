/* The pairing heap against a plain array: what comes out first is the earliest of what is left,
 * whatever was added and taken out in between. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernel/timer_heap.h"

#define NODES  200
#define ROUNDS 20000

static struct timer_node nodes[NODES];

/* Knuth's MMIX generator: the same numbers in every run. */
static uint64_t random_number(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return state >> 33;
}

static void add(struct timer_heap *heap, unsigned i, uint64_t deadline)
{
	nodes[i] = (struct timer_node) { .deadline = deadline };
	timer_heap_add(heap, &nodes[i]);
}

static uint64_t take_first(struct timer_heap *heap)
{
	struct timer_node *first = heap->root;

	assert_non_null(first);
	timer_heap_remove(heap, first);
	assert_false(first->queued);
	return first->deadline;
}

static void test_comes_out_sorted(void **state)
{
	static const uint64_t deadlines[] = { 50, 10, 40, 10, 30, UINT64_MAX, 0, 20 };
	static const uint64_t sorted[] = { 0, 10, 10, 20, 30, 40, 50, UINT64_MAX };
	struct timer_heap heap = { NULL };

	for (unsigned i = 0; i < 8; i++)
		add(&heap, i, deadlines[i]);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(take_first(&heap), sorted[i]);
	assert_null(heap.root);
}

static void test_removes_from_anywhere(void **state)
{
	struct timer_heap heap = { NULL };

	for (unsigned i = 0; i < 5; i++)
		add(&heap, i, 10 * i);
	/* A tree with inner nodes, not only a root with children. */
	assert_int_equal(take_first(&heap), 0);
	timer_heap_remove(&heap, &nodes[3]);
	timer_heap_remove(&heap, &nodes[1]);
	assert_int_equal(take_first(&heap), 20);
	assert_int_equal(take_first(&heap), 40);
	assert_null(heap.root);
}

static uint64_t earliest_of_all(void)
{
	uint64_t earliest = UINT64_MAX;

	for (unsigned i = 0; i < NODES; i++)
		if (nodes[i].queued && nodes[i].deadline < earliest)
			earliest = nodes[i].deadline;
	return earliest;
}

static void test_random_order(void **state)
{
	struct timer_heap heap = { NULL };

	for (unsigned i = 0; i < NODES; i++)
		nodes[i] = (struct timer_node) { 0 };
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned i = (unsigned)(random_number() % NODES);

		if (nodes[i].queued)
			timer_heap_remove(&heap, &nodes[i]);
		else
			add(&heap, i, random_number() % 1000);
		assert_int_equal(heap.root ? heap.root->deadline : UINT64_MAX, earliest_of_all());
		if (round % 7 == 0 && heap.root) {
			uint64_t earliest = earliest_of_all();

			assert_int_equal(take_first(&heap), earliest);
		}
	}
	while (heap.root) {
		uint64_t earliest = earliest_of_all();

		assert_int_equal(take_first(&heap), earliest);
	}
	assert_int_equal(earliest_of_all(), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_out_sorted),
		cmocka_unit_test(test_removes_from_anywhere),
		cmocka_unit_test(test_random_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
