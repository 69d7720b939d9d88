/* The ring against a plain queue, with every append size at every position. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/ring.h"

#define CAPACITY 16

static void fills_and_refuses_as_a_whole(void **state)
{
	char storage[CAPACITY];
	struct ring ring;

	ring_init(&ring, storage, CAPACITY);
	assert_true(ring_append(&ring, "0123456789", 10));
	assert_false(ring_append(&ring, "abcdefg", 7));
	assert_int_equal(ring_used(&ring), 10);
	assert_true(ring_append(&ring, "abcdef", 6));
	assert_int_equal(ring_free(&ring), 0);
}

static void keeps_order_at_every_position(void **state)
{
	for (size_t start = 0; start < 2 * CAPACITY; start++) {
		for (size_t size = 0; size <= CAPACITY; size++) {
			char storage[CAPACITY], in[CAPACITY], out[CAPACITY];
			struct ring ring;
			size_t got = 0;

			ring_init(&ring, storage, CAPACITY);
			ring.head = ring.tail = SIZE_MAX - CAPACITY + start; /* counters wrap too */
			for (size_t i = 0; i < size; i++)
				in[i] = (char)('a' + i);
			assert_true(ring_append(&ring, in, size));
			while (!ring_is_empty(&ring)) {
				const char *chunk;
				size_t count = ring_peek(&ring, &chunk);
				size_t part = count > 3 ? 3 : count;
				memcpy(out + got, chunk, part);
				ring_consume(&ring, part);
				got += part;
			}
			assert_int_equal(got, size);
			assert_memory_equal(in, out, size);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_and_refuses_as_a_whole),
		cmocka_unit_test(keeps_order_at_every_position),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
