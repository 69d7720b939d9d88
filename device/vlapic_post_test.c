/* Requests of other CPUs: who has to be told, what the owner takes over, and that none gets lost
 * between two threads. */
#include <pthread.h>
#include <sched.h>

#include "tests/host/one_lapic.h"

static void the_first_of_several_tells(void **state)
{
	assert_false(vlapic_outstanding(&lapic));
	assert_true(vlapic_post(&lapic, 0x51, false));
	assert_false(vlapic_post(&lapic, 0x61, false));
	assert_false(vlapic_post_extint(&lapic));
	assert_false(vlapic_set_lint(&lapic, VLAPIC_LINT1, true));
	assert_true(vlapic_outstanding(&lapic));
	vlapic_highest_request(&lapic);
	assert_false(vlapic_outstanding(&lapic));
	assert_true(vlapic_post(&lapic, 0x51, false));
	vlapic_highest_request(&lapic);
	assert_true(vlapic_post_extint(&lapic));
	vlapic_pending(&lapic);
	/* A level that stays as it was is no news. */
	assert_false(vlapic_set_lint(&lapic, VLAPIC_LINT1, true));
	assert_true(vlapic_set_lint(&lapic, VLAPIC_LINT1, false));
}

/* Who asks whether there is anything need not take it. */
static void a_look_takes_nothing(void **state)
{
	assert_false(vlapic_pending(&lapic));
	vlapic_post(&lapic, 0x51, false);
	assert_true(vlapic_pending(&lapic));
	assert_true(vlapic_pending(&lapic));
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	vlapic_post(&lapic, 0x5f, false);
	assert_false(vlapic_pending(&lapic)); /* the class that is in service */
	vlapic_post(&lapic, 0x60, false);
	assert_true(vlapic_pending(&lapic));
	set(VLAPIC_TPR, 0x60);
	assert_false(vlapic_pending(&lapic));
}

/* The page is untouched until the owner looks. */
static void posted_requests_wait_beside_the_page(void **state)
{
	vlapic_post(&lapic, 0x51, true);
	assert_int_equal(page[(VLAPIC_IRR + 0x20) / 4], 0);
	assert_int_equal(get(VLAPIC_IRR + 0x20), 1u << 17);
	assert_int_equal(page[(VLAPIC_IRR + 0x20) / 4], 1u << 17);
	assert_int_equal(page[(VLAPIC_TMR + 0x20) / 4], 1u << 17);
}

static void all_vectors_and_triggers(void **state)
{
	for (unsigned vector = 16; vector < 256; vector++)
		vlapic_post(&lapic, (uint8_t)vector, vector % 3 == 0);
	for (unsigned vector = 255; vector >= 16; vector--) {
		uint32_t bit = 1u << vector % 32;
		unsigned at = vector / 32 * 0x10;

		assert_int_equal(vlapic_acknowledge(&lapic), vector);
		assert_int_equal(!!(get(VLAPIC_TMR + at) & bit), vector % 3 == 0);
		set(VLAPIC_EOI, 0);
	}
	assert_int_equal(told.eois, 80);
	assert_int_equal(vlapic_acknowledge(&lapic), -1);
}

static void the_last_trigger_counts(void **state)
{
	vlapic_post(&lapic, 0x51, true);
	vlapic_post(&lapic, 0x51, false);
	assert_int_equal(get(VLAPIC_TMR + 0x20), 0);
	vlapic_post(&lapic, 0x51, false);
	vlapic_post(&lapic, 0x51, true);
	assert_int_equal(get(VLAPIC_TMR + 0x20), 1u << 17);
}

static void init_and_reset_lose_what_is_under_way(void **state)
{
	vlapic_set_lint(&lapic, VLAPIC_LINT0, true);
	vlapic_post(&lapic, 0x51, false);
	vlapic_post_extint(&lapic);
	vlapic_init_reset(&lapic);
	assert_false(vlapic_outstanding(&lapic));
	assert_false(vlapic_pending(&lapic));
	vlapic_post(&lapic, 0x41, false);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x41);
	set(VLAPIC_EOI, 0);
	assert_int_equal(vlapic_acknowledge(&lapic), -1);
	/* But the wires are where they were. */
	set(VLAPIC_SVR, 0x1ff);
	set(VLAPIC_LVT_LINT0, 0x700);
	assert_true(vlapic_pending(&lapic));
}

/* --- two threads: each request is seen, whoever comes first ------------------------------------- */

#define SENDERS 2u
#define ROUNDS  5000u

static uint32_t woken, taken[SENDERS];

static void *sender(void *argument)
{
	uintptr_t n = (uintptr_t)argument;

	for (uint32_t round = 1; round <= ROUNDS; round++) {
		if (vlapic_post(&lapic, (uint8_t)(0x20 + n * 0x70), false))
			__atomic_store_n(&woken, 1, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&taken[n], __ATOMIC_ACQUIRE) < round)
			sched_yield();
	}
	return NULL;
}

static void no_request_is_lost(void **state)
{
	pthread_t threads[SENDERS];
	uint32_t total = 0;

	for (uintptr_t n = 0; n < SENDERS; n++)
		assert_int_equal(pthread_create(&threads[n], NULL, sender, (void *)n), 0);
	while (total < SENDERS * ROUNDS) {
		int vector;

		/* Looks only when told to: a request that told nobody hangs this test. */
		if (!__atomic_exchange_n(&woken, 0, __ATOMIC_SEQ_CST)) {
			sched_yield();
			continue;
		}
		while ((vector = vlapic_acknowledge(&lapic)) >= 0) {
			set(VLAPIC_EOI, 0);
			total++;
			__atomic_fetch_add(&taken[vector == 0x90], 1, __ATOMIC_RELEASE);
		}
	}
	for (unsigned n = 0; n < SENDERS; n++)
		pthread_join(threads[n], NULL);
	assert_int_equal(taken[0], ROUNDS);
	assert_int_equal(taken[1], ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_first_of_several_tells, enabled),
		cmocka_unit_test_setup(a_look_takes_nothing, enabled),
		cmocka_unit_test_setup(posted_requests_wait_beside_the_page, enabled),
		cmocka_unit_test_setup(all_vectors_and_triggers, enabled),
		cmocka_unit_test_setup(the_last_trigger_counts, enabled),
		cmocka_unit_test_setup(init_and_reset_lose_what_is_under_way, enabled),
		cmocka_unit_test_setup(no_request_is_lost, enabled),
	};

	return cmocka_run_group_tests_name("vlapic_post", tests, NULL, NULL);
}
