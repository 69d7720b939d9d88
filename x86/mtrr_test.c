/* Memory types: defaults, fixed ranges, precedence where variable ranges overlap, uniform runs
 * against a byte-by-byte oracle, and the values that a guest may write. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "lib/bits.h"
#include "x86/mtrr.h"

static struct mtrr_state plain(unsigned default_type)
{
	return (struct mtrr_state) {
		.supported = true,
		.address_bits = 36,
		.capability = 8 | MTRRCAP_FIXED | MTRRCAP_WC,
		.default_type = MTRR_DEF_ENABLE | default_type,
	};
}

static void range(struct mtrr_state *s, unsigned n, uint64_t base, uint64_t size, unsigned type)
{
	s->variable[n].base = base | type;
	s->variable[n].mask = (BITS(35, 0) & ~(size - 1)) | MTRR_PHYSMASK_VALID;
}

static void off_means_uncached(void **state)
{
	struct mtrr_state s = plain(MEMORY_TYPE_WB);
	enum memory_type type;

	assert_int_equal(mtrr_type(&s, hpa(0)), MEMORY_TYPE_WB);
	s.default_type &= ~MTRR_DEF_ENABLE;
	assert_int_equal(mtrr_type(&s, hpa(0)), MEMORY_TYPE_UC);
	assert_int_equal(mtrr_uniform(&s, hpa(0), GIB(5), &type), GIB(5));
	s.default_type |= MTRR_DEF_ENABLE;
	s.supported = false;
	assert_int_equal(mtrr_type(&s, hpa(0)), MEMORY_TYPE_UC);
}

static void fixed_ranges_rule_below_1m(void **state)
{
	struct mtrr_state s = plain(MEMORY_TYPE_UC);
	enum memory_type type;

	range(&s, 0, 0, GIB(2), MEMORY_TYPE_WB);
	assert_int_equal(mtrr_type(&s, hpa(0xa0000)), MEMORY_TYPE_WB); /* not enabled */
	s.default_type |= MTRR_DEF_FIXED_ENABLE;
	s.fixed[0] = 0x0606060606060606;
	s.fixed[1] = 0x0506060606060606;  /* last 16 KiB below A0000 */
	s.fixed[10] = 0x0400000000000000; /* FF000 */
	assert_int_equal(mtrr_type(&s, hpa(0x7ffff)), MEMORY_TYPE_WB);
	assert_int_equal(mtrr_type(&s, hpa(0x9bfff)), MEMORY_TYPE_WB);
	assert_int_equal(mtrr_type(&s, hpa(0x9c000)), MEMORY_TYPE_WP);
	assert_int_equal(mtrr_type(&s, hpa(0xa0000)), MEMORY_TYPE_UC);
	assert_int_equal(mtrr_type(&s, hpa(0xfefff)), MEMORY_TYPE_UC);
	assert_int_equal(mtrr_type(&s, hpa(0xff000)), MEMORY_TYPE_WT);
	assert_int_equal(mtrr_type(&s, hpa(0x100000)), MEMORY_TYPE_WB);
	assert_int_equal(mtrr_uniform(&s, hpa(0), GIB(1), &type), 0x9c000);
	assert_int_equal(mtrr_uniform(&s, hpa(0xa0000), GIB(1), &type), 0x5f000);
	assert_int_equal(mtrr_uniform(&s, hpa(0x100000), GIB(4), &type), GIB(2) - MIB(1));
}

static void overlaps_follow_the_precedence(void **state)
{
	static const struct {
		unsigned a, b, want;
	} cases[] = {
		{ MEMORY_TYPE_UC, MEMORY_TYPE_WB, MEMORY_TYPE_UC },
		{ MEMORY_TYPE_WB, MEMORY_TYPE_UC, MEMORY_TYPE_UC },
		{ MEMORY_TYPE_WT, MEMORY_TYPE_WB, MEMORY_TYPE_WT },
		{ MEMORY_TYPE_WB, MEMORY_TYPE_WT, MEMORY_TYPE_WT },
		{ MEMORY_TYPE_WB, MEMORY_TYPE_WB, MEMORY_TYPE_WB },
		{ MEMORY_TYPE_WC, MEMORY_TYPE_WC, MEMORY_TYPE_WC },
		{ MEMORY_TYPE_WC, MEMORY_TYPE_WB, MEMORY_TYPE_UC }, /* undefined */
		{ MEMORY_TYPE_WP, MEMORY_TYPE_WB, MEMORY_TYPE_UC }, /* undefined */
		{ 2, MEMORY_TYPE_WB, MEMORY_TYPE_UC },              /* reserved encoding */
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mtrr_state s = plain(MEMORY_TYPE_WP);

		range(&s, 0, GIB(1), GIB(1), cases[i].a);
		range(&s, 7, GIB(1), MIB(64), cases[i].b);
		assert_int_equal(mtrr_type(&s, hpa(GIB(1))), cases[i].want);
		assert_int_equal(mtrr_type(&s, hpa(GIB(2))), MEMORY_TYPE_WP);
		s.variable[7].mask &= ~MTRR_PHYSMASK_VALID;
		if (cases[i].a != 2)
			assert_int_equal(mtrr_type(&s, hpa(GIB(1))), cases[i].a);
		/* A range past the count in the capability does not count. */
		s.variable[7].mask |= MTRR_PHYSMASK_VALID;
		s.capability = (s.capability & ~MTRRCAP_VARIABLE_COUNT) | 7;
		if (cases[i].a != 2)
			assert_int_equal(mtrr_type(&s, hpa(GIB(1))), cases[i].a);
	}
}

/* A PC with 4 GiB: write-back RAM with the hole for devices cut out. */
static void runs_of_a_real_layout(void **state)
{
	struct mtrr_state s = plain(MEMORY_TYPE_UC);
	enum memory_type type;

	range(&s, 0, 0, GIB(4), MEMORY_TYPE_WB);
	range(&s, 1, GIB(3), GIB(1), MEMORY_TYPE_UC);
	range(&s, 2, GIB(4), GIB(1), MEMORY_TYPE_WB);
	assert_int_equal(mtrr_uniform(&s, hpa(MIB(1)), ~0ull, &type), GIB(3) - MIB(1));
	assert_int_equal(type, MEMORY_TYPE_WB);
	assert_int_equal(mtrr_uniform(&s, hpa(GIB(3) + MIB(5)), ~0ull, &type), GIB(1) - MIB(5));
	assert_int_equal(type, MEMORY_TYPE_UC);
	assert_int_equal(mtrr_uniform(&s, hpa(GIB(4)), MIB(3), &type), MIB(3));
	assert_int_equal(mtrr_uniform(&s, hpa(GIB(4)), ~0ull, &type), GIB(1));
	assert_int_equal(mtrr_uniform(&s, hpa(GIB(5)), GIB(7), &type), GIB(7));
}

static void runs_match_a_page_by_page_oracle(void **state)
{
	srand(7);
	for (unsigned round = 0; round < 300; round++) {
		struct mtrr_state s = plain(rand() % 2 ? MEMORY_TYPE_WB : MEMORY_TYPE_UC);
		static const unsigned types[] = { 0, 1, 4, 5, 6, 3 };

		for (unsigned n = 0; n < 4; n++) {
			uint64_t size = PAGE_SIZE << rand() % 9;

			range(&s, n, (rand() % 512 * PAGE_SIZE) & ~(size - 1), size,
			      types[rand() % 6]);
			if (rand() % 4 == 0)
				s.variable[n].mask &= ~(uint64_t)(rand() % 256 << 12);
			if (rand() % 4 == 0)
				s.variable[n].mask &= ~MTRR_PHYSMASK_VALID;
		}
		if (rand() % 2)
			s.default_type |= MTRR_DEF_FIXED_ENABLE;
		for (unsigned i = 0; i < MTRR_FIXED_COUNT; i++)
			s.fixed[i] = rand() % 2 ? 0x0606060606060606 : 0x0600060606040404;

		uint64_t limit = MIB(2);
		for (uint64_t at = 0; at < limit;) {
			enum memory_type type;
			uint64_t run = mtrr_uniform(&s, hpa(at), limit - at, &type);

			assert_true(run >= PAGE_SIZE && is_aligned(run, PAGE_SIZE));
			for (uint64_t page = 0; page < run; page += PAGE_SIZE)
				assert_int_equal(mtrr_type(&s, hpa(at + page)), type);
			at += run;
			if (at < limit)
				assert_int_not_equal(mtrr_type(&s, hpa(at)), type);
		}
	}
}

static void only_valid_values_may_be_written(void **state)
{
	struct mtrr_state s = plain(MEMORY_TYPE_WB);

	assert_false(mtrr_value_valid(&s, MSR_MTRRCAP, s.capability));
	assert_true(mtrr_value_valid(&s, MSR_MTRR_DEF_TYPE, 0xc06));
	assert_false(mtrr_value_valid(&s, MSR_MTRR_DEF_TYPE, 0xc02));
	assert_false(mtrr_value_valid(&s, MSR_MTRR_DEF_TYPE, 0x1c06));
	assert_false(mtrr_value_valid(&s, MSR_MTRR_DEF_TYPE, 0x100));
	assert_true(mtrr_value_valid(&s, 0x250, 0x0001040506000104));
	assert_false(mtrr_value_valid(&s, 0x250, 0x0001040506070104));
	assert_true(mtrr_value_valid(&s, MSR_MTRR_PHYSBASE(0), GIB(63) | 1));
	assert_false(mtrr_value_valid(&s, MSR_MTRR_PHYSBASE(0), GIB(64) | 1));
	assert_false(mtrr_value_valid(&s, MSR_MTRR_PHYSBASE(0), 0x100));
	assert_false(mtrr_value_valid(&s, MSR_MTRR_PHYSBASE(0), 3));
	assert_true(mtrr_value_valid(&s, MSR_MTRR_PHYSMASK(7), BITS(35, 11)));
	assert_false(mtrr_value_valid(&s, MSR_MTRR_PHYSMASK(7), BITS(36, 11)));
	assert_false(mtrr_value_valid(&s, MSR_MTRR_PHYSMASK(7), BITS(35, 10)));
	s.capability &= ~(MTRRCAP_WC | MTRRCAP_FIXED);
	assert_false(mtrr_value_valid(&s, MSR_MTRR_PHYSBASE(0), 1));
	assert_false(mtrr_value_valid(&s, MSR_MTRR_DEF_TYPE, 0xc06));
}

static void registers_are_found(void **state)
{
	struct mtrr_state s = plain(MEMORY_TYPE_WB);

	assert_ptr_equal(mtrr_register(&s, MSR_MTRRCAP), &s.capability);
	assert_ptr_equal(mtrr_register(&s, MSR_MTRR_DEF_TYPE), &s.default_type);
	assert_ptr_equal(mtrr_register(&s, 0x20e), &s.variable[7].base);
	assert_ptr_equal(mtrr_register(&s, 0x20f), &s.variable[7].mask);
	assert_null(mtrr_register(&s, 0x210));
	assert_null(mtrr_register(&s, 0x1ff));
	assert_ptr_equal(mtrr_register(&s, 0x26f), &s.fixed[10]);
	assert_null(mtrr_register(&s, 0x251));
	s.capability &= ~MTRRCAP_FIXED;
	assert_null(mtrr_register(&s, 0x26f));
}

static uint64_t fake_read(uint32_t index)
{
	return index == MSR_MTRRCAP ? (MTRRCAP_FIXED | 200) : index * 3ull;
}

static void snapshot_reads_what_exists(void **state)
{
	struct mtrr_state s;

	mtrr_snapshot(&s, 40, fake_read);
	assert_true(s.supported);
	assert_int_equal(s.address_bits, 40);
	assert_int_equal(mtrr_variable_count(&s), MTRR_MAX_VARIABLE);
	assert_int_equal(s.default_type, 0x2ff * 3);
	assert_int_equal(s.variable[15].mask, 0x21f * 3);
	assert_int_equal(s.fixed[2], 0x259 * 3);
	assert_string_equal(memory_type_name(6), "WB");
	assert_string_equal(memory_type_name(2), "reserved");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(off_means_uncached),
		cmocka_unit_test(fixed_ranges_rule_below_1m),
		cmocka_unit_test(overlaps_follow_the_precedence),
		cmocka_unit_test(runs_of_a_real_layout),
		cmocka_unit_test(runs_match_a_page_by_page_oracle),
		cmocka_unit_test(only_valid_values_may_be_written),
		cmocka_unit_test(registers_are_found),
		cmocka_unit_test(snapshot_reads_what_exists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
