/* Extended page tables: sizes chosen, errors, flush rule, and random changes against a model. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/host/ept_model.h"

static const struct ept_format full = {
	.largest_page = GIB(1),
	.address_bits = 40,
	.accessed_dirty = true,
	.execute_only = true,
	.write_back_tables = true,
};

#define RWX (EPT_READ | EPT_WRITE | EPT_EXECUTE)

static struct ept_mapping mapped(struct model *m, uint64_t at, uint64_t to, uint64_t length)
{
	assert_int_equal(ept_map(&m->ept, gpa(at), hpa(to), length, RWX, EPT_WRITE_BACK, NULL),
			 ERROR_NONE);
	return ept_query(&m->ept, gpa(at));
}

static void chooses_the_largest_page(void **state)
{
	struct model *m = model_create(&full);

	assert_int_equal(mapped(m, GIB(4), GIB(8), GIB(2)).page_size, GIB(1));
	assert_int_equal(m->live, 2);
	assert_int_equal(mapped(m, GIB(1), GIB(8) + MIB(2), GIB(1)).page_size, MIB(2));
	assert_int_equal(mapped(m, GIB(2), GIB(8) + KIB(4), MIB(4)).page_size, KIB(4));
	/* 4 KiB at each end, 2 MiB between. */
	mapped(m, GIB(3) + MIB(2) - KIB(4), MIB(2) - KIB(4), MIB(2) + KIB(8));
	assert_int_equal(ept_query(&m->ept, gpa(GIB(3) + MIB(2) - 1)).page_size, KIB(4));
	assert_int_equal(ept_query(&m->ept, gpa(GIB(3) + MIB(2))).page_size, MIB(2));
	assert_int_equal(ept_query(&m->ept, gpa(GIB(3) + MIB(4))).page_size, KIB(4));
	assert_false(ept_query(&m->ept, gpa(GIB(3) + MIB(4) + KIB(4))).present);
	assert_int_equal(ept_query(&m->ept, gpa(GIB(4) + 0x1234567)).to.value, GIB(8) + 0x1234567);
	assert_false(m->ept.stale); /* it only grew */
	model_destroy(m);

	struct ept_format small = full;
	small.largest_page = KIB(4);
	m = model_create(&small);
	assert_int_equal(mapped(m, GIB(4), GIB(8), MIB(4)).page_size, KIB(4));
	model_destroy(m);
}

static void entries_are_what_the_cpu_reads(void **state)
{
	struct model *m = model_create(&full);
	uint64_t root = model_address(m, m->ept.root).value;

	/* Write-back, four levels, accessed and dirty flags on. */
	assert_int_equal(ept_pointer(&m->ept), root | 0x5e);
	mapped(m, 0, GIB(3), GIB(1));
	uint64_t *pdpt = model_pointer(m, hpa(m->ept.root[0] & ~PAGE_MASK));
	assert_int_equal(m->ept.root[0] & PAGE_MASK, 7);
	assert_int_equal(pdpt[0], GIB(3) | 0xb7); /* large, WB, RWX */
	model_destroy(m);

	struct ept_format plain = { .largest_page = MIB(2), .address_bits = 36 };
	m = model_create(&plain);
	assert_int_equal(ept_pointer(&m->ept) & PAGE_MASK, 0x18);
	model_destroy(m);
}

static void refuses_what_the_format_cannot_say(void **state)
{
	struct model *m = model_create(&full);
	struct ept *e = &m->ept;
	struct reason why;

#define REFUSED(call) assert_int_equal((call), ERROR_INVALID_INPUT)
	REFUSED(ept_map(e, gpa(1), hpa(0), 4096, RWX, EPT_WRITE_BACK, &why));
	REFUSED(ept_map(e, gpa(0), hpa(1), 4096, RWX, EPT_WRITE_BACK, &why));
	REFUSED(ept_map(e, gpa(0), hpa(0), 4097, RWX, EPT_WRITE_BACK, &why));
	REFUSED(ept_map(e, gpa(0), hpa(0), 0, RWX, EPT_WRITE_BACK, &why));
	REFUSED(ept_map(e, gpa(BIT(48) - 4096), hpa(0), 8192, RWX, EPT_WRITE_BACK, &why));
	REFUSED(ept_map(e, gpa(~PAGE_MASK), hpa(0), 8192, RWX, EPT_WRITE_BACK, &why));
	REFUSED(ept_map(e, gpa(0), hpa(BIT(40) - 4096), 8192, RWX, EPT_WRITE_BACK, &why));
	REFUSED(ept_map(e, gpa(0), hpa(0), 4096, 0, EPT_WRITE_BACK, &why));
	REFUSED(ept_map(e, gpa(0), hpa(0), 4096, EPT_WRITE, EPT_WRITE_BACK, &why));
	REFUSED(ept_map(e, gpa(0), hpa(0), 4096, EPT_WRITE | EPT_EXECUTE, EPT_WRITE_BACK, &why));
	REFUSED(ept_map(e, gpa(0), hpa(0), 4096, 8, EPT_WRITE_BACK, &why));
	for (unsigned type = 2; type < 10; type++)
		if (type < 4 || type > 6)
			REFUSED(ept_map(e, gpa(0), hpa(0), 4096, RWX, type, &why));
	REFUSED(ept_protect(e, gpa(0), 4096, EPT_WRITE, &why));
	REFUSED(ept_unmap(e, gpa(4), 4096, &why));
	REFUSED(ept_set_raw(e, gpa(BIT(48)), 0, &why));
	assert_int_equal(ept_map(e, gpa(0), hpa(0), 4096, EPT_EXECUTE, EPT_UNCACHED, &why),
			 ERROR_NONE);
	e->format.execute_only = false;
	REFUSED(ept_map(e, gpa(0), hpa(0), 4096, EPT_EXECUTE, EPT_UNCACHED, &why));
	assert_true(ept_query(e, gpa(0)).misconfigured); /* and such a CPU would refuse it */

	struct ept_format bad = full;
	struct ept other;
	bad.largest_page = MIB(4);
	REFUSED(ept_create(&other, &bad, &e->pages, &why));
	bad = full;
	bad.address_bits = 53;
	REFUSED(ept_create(&other, &bad, &e->pages, &why));
#undef REFUSED
	model_destroy(m);
}

static void splits_for_a_part(void **state)
{
	struct model *m = model_create(&full);

	mapped(m, GIB(1), GIB(2), GIB(1));
	assert_int_equal(ept_unmap(&m->ept, gpa(GIB(1) + MIB(4) + KIB(8)), KIB(4), NULL),
			 ERROR_NONE);
	assert_true(m->ept.stale);
	assert_int_equal(ept_query(&m->ept, gpa(GIB(1))).page_size, MIB(2));
	assert_int_equal(ept_query(&m->ept, gpa(GIB(1) + MIB(4))).page_size, KIB(4));
	assert_false(ept_query(&m->ept, gpa(GIB(1) + MIB(4) + KIB(8))).present);
	assert_int_equal(ept_query(&m->ept, gpa(GIB(1) + MIB(4) + KIB(12))).to.value,
			 GIB(2) + MIB(4) + KIB(12));
	/* Mapping the whole again brings the large page back and gives the tables up. */
	mapped(m, GIB(1), GIB(2), GIB(1));
	assert_int_equal(m->live, 4);
	ept_flushed(&m->ept);
	assert_int_equal(m->live, 2);
	assert_int_equal(ept_query(&m->ept, gpa(GIB(1))).page_size, GIB(1));
	model_destroy(m);
}

static void is_stale_only_when_something_goes(void **state)
{
	struct model *m = model_create(&full);
	struct ept *e = &m->ept;

	mapped(m, 0, MIB(2), MIB(2));
	mapped(m, 0, MIB(2), MIB(2));
	assert_false(e->stale); /* the same again */
	assert_int_equal(ept_protect(e, gpa(0), MIB(2), EPT_READ, NULL), ERROR_NONE);
	assert_true(e->stale); /* taken away */
	ept_flushed(e);
	assert_int_equal(ept_protect(e, gpa(0), MIB(2), RWX, NULL), ERROR_NONE);
	assert_false(e->stale); /* given */
	assert_int_equal(ept_unmap(e, gpa(MIB(2)), MIB(2), NULL), ERROR_NONE);
	assert_false(e->stale); /* was a hole */
	mapped(m, 0, MIB(4), MIB(2));
	assert_true(e->stale); /* leads elsewhere */
	ept_flushed(e);
	assert_int_equal(ept_map(e, gpa(0), hpa(MIB(4)), MIB(2), RWX, EPT_UNCACHED, NULL),
			 ERROR_NONE);
	assert_true(e->stale); /* another type */
	ept_flushed(e);
	assert_int_equal(ept_unmap(e, gpa(0), MIB(2), NULL), ERROR_NONE);
	assert_true(e->stale);
	model_destroy(m);
}

static void running_out_changes_nothing(void **state)
{
	/* From nothing, a 4 KiB page needs three tables. */
	for (unsigned budget = 0; budget < 3; budget++) {
		struct model *m = model_create(&full);
		struct reason why;

		m->budget = budget;
		assert_int_equal(ept_map(&m->ept, gpa(MIB(2) - KIB(4)), hpa(0), KIB(8), RWX,
					 EPT_WRITE_BACK, &why),
				 ERROR_NO_MEMORY);
		ept_flushed(&m->ept);
		assert_int_equal(m->live, 1);
		assert_false(ept_query(&m->ept, gpa(MIB(2) - KIB(4))).present);
		model_destroy(m);
	}
	/* In the middle of a range, and while splitting. */
	struct model *m = model_create(&full);
	mapped(m, 0, 0, GIB(1));
	m->budget = 1;
	assert_int_equal(ept_unmap(&m->ept, gpa(KIB(4)), KIB(4), NULL), ERROR_NO_MEMORY);
	assert_int_equal(ept_query(&m->ept, gpa(KIB(4))).to.value, KIB(4));
	assert_int_equal(ept_query(&m->ept, gpa(GIB(1) - 1)).to.value, GIB(1) - 1);
	model_destroy(m);
}

static void installs_a_misconfigured_entry(void **state)
{
	struct model *m = model_create(&full);

	mapped(m, 0, 0, GIB(1));
	assert_int_equal(ept_set_raw(&m->ept, gpa(0x3123), EPT_ENTRY_MISCONFIGURED, NULL),
			 ERROR_NONE);
	assert_true(m->ept.stale);
	assert_true(ept_query(&m->ept, gpa(0x3fff)).misconfigured);
	assert_false(ept_query(&m->ept, gpa(0x2fff)).misconfigured);
	assert_int_equal(ept_query(&m->ept, gpa(0x4000)).to.value, 0x4000);
	/* Reserved memory type, address past MAXPHYADDR. */
	assert_int_equal(ept_set_raw(&m->ept, gpa(0x3000), 0x17, NULL), ERROR_NONE);
	assert_true(ept_query(&m->ept, gpa(0x3000)).misconfigured);
	assert_int_equal(ept_set_raw(&m->ept, gpa(0x3000), BIT(40) | 0x37, NULL), ERROR_NONE);
	assert_true(ept_query(&m->ept, gpa(0x3000)).misconfigured);
	assert_int_equal(ept_set_raw(&m->ept, gpa(0x3000), BIT(39) | 0x37, NULL), ERROR_NONE);
	assert_false(ept_query(&m->ept, gpa(0x3000)).misconfigured);
	model_destroy(m);
}

static void fills_holes_only(void **state)
{
	struct model *m = model_create(&full);
	hpa_t there;

	assert_int_equal(
		ept_fill(&m->ept, gpa(0x5000), hpa(0x9000), RWX, EPT_WRITE_BACK, &there, NULL),
		ERROR_NONE);
	assert_int_equal(there.value, 0x9000);
	assert_int_equal(ept_query(&m->ept, gpa(0x5123)).to.value, 0x9123);
	assert_int_equal(ept_query(&m->ept, gpa(0x5000)).page_size, KIB(4));
	assert_false(ept_query(&m->ept, gpa(0x6000)).present);
	/* Who comes second gets the first one's page. */
	assert_int_equal(
		ept_fill(&m->ept, gpa(0x5000), hpa(0xa000), RWX, EPT_WRITE_BACK, &there, NULL),
		ERROR_NONE);
	assert_int_equal(there.value, 0x9000);
	/* Also inside of a large one, which stays. */
	mapped(m, GIB(1), GIB(8), GIB(1));
	assert_int_equal(ept_fill(&m->ept, gpa(GIB(1) + 0x7000), hpa(0xa000), RWX, EPT_WRITE_BACK,
				  &there, NULL),
			 ERROR_NONE);
	assert_int_equal(there.value, GIB(8) + 0x7000);
	assert_int_equal(ept_query(&m->ept, gpa(GIB(1))).page_size, GIB(1));
	assert_false(m->ept.stale);
	model_destroy(m);
}

static void fills_only_what_an_entry_can_say(void **state)
{
	static const struct {
		uint64_t at, to;
		unsigned rights, type;
	} bad[] = {
		{ 0x5800, 0x9000, RWX, EPT_WRITE_BACK },
		{ 0x5000, 0x9001, RWX, EPT_WRITE_BACK },
		{ BIT(48), 0x9000, RWX, EPT_WRITE_BACK },
		{ 0x5000, BIT(40), RWX, EPT_WRITE_BACK },
		{ 0x5000, 0x9000, 0, EPT_WRITE_BACK },
		{ 0x5000, 0x9000, EPT_WRITE, EPT_WRITE_BACK },
		{ 0x5000, 0x9000, RWX | 8, EPT_WRITE_BACK },
		{ 0x5000, 0x9000, RWX, 2 },
	};
	struct model *m = model_create(&full);
	hpa_t there;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(ept_fill(&m->ept, gpa(bad[i].at), hpa(bad[i].to), bad[i].rights,
					  (enum ept_memory_type)bad[i].type, &there, NULL),
				 ERROR_INVALID_INPUT);
	m->budget = 1;
	assert_int_equal(
		ept_fill(&m->ept, gpa(0x5000), hpa(0x9000), RWX, EPT_WRITE_BACK, &there, NULL),
		ERROR_NO_MEMORY);
	assert_false(ept_query(&m->ept, gpa(0x5000)).present);
	model_destroy(m);
}

static void accessed_and_dirty_are_reported_and_kept(void **state)
{
	struct model *m = model_create(&full);

	mapped(m, 0, 0, KIB(4));
	assert_int_equal(ept_set_raw(&m->ept, gpa(0), 0x337, NULL), ERROR_NONE);
	assert_int_equal(ept_protect(&m->ept, gpa(0), KIB(4), EPT_READ, NULL), ERROR_NONE);
	assert_true(ept_query(&m->ept, gpa(0)).accessed);
	assert_true(ept_query(&m->ept, gpa(0)).dirty);
	assert_true(mapped(m, 0, 0, KIB(4)).dirty);
	assert_false(mapped(m, 0, KIB(4), KIB(4)).dirty);
	model_destroy(m);
}

static uint64_t random_state;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static unsigned pick(unsigned count)
{
	return next_random() % count;
}

static struct model_operation random_operation(void)
{
	static const unsigned rights[] = { EPT_READ, EPT_READ | EPT_WRITE, RWX, EPT_EXECUTE,
					   EPT_READ | EPT_EXECUTE };
	static const unsigned types[] = { EPT_WRITE_BACK, EPT_UNCACHED };
	static const unsigned sizes[] = { 1, 8, 512, 1024 };
	struct model_operation op = {
		.change = pick(MODEL_CHANGES),
		.window = pick(4),
		.first = pick(2) ? pick(MODEL_WINDOW_PAGES) : 512 * pick(3) + 256 * pick(2),
		.rights = rights[pick(ARRAY_SIZE(rights))],
		.type = types[pick(ARRAY_SIZE(types))],
		.budget = pick(4) ? ~0u : pick(4),
	};

	op.count = pick(sizes[pick(ARRAY_SIZE(sizes))]);
	/* Often congruent with the window, so that large pages fit. */
	op.to = pick(2) ? GIB(1) + pick(4) * MIB(2) : pick(BIT(20)) * PAGE_SIZE;
	if (pick(2))
		op.count = 511 + 512 * pick(2);
	return op;
}

static void random_changes_match_the_model(void **state)
{
	for (unsigned seed = 1; seed <= 12; seed++) {
		struct ept_format format = full;

		random_state = seed * 0x9e3779b97f4a7c15ull;
		if (seed % 3 == 1)
			format.largest_page = MIB(2);
		if (seed % 6 == 2)
			format.largest_page = KIB(4);

		struct model *m = model_create(&format);
		for (unsigned i = 0; i < 200; i++) {
			struct model_operation op = random_operation();
			enum error error = model_apply(m, &op);

			assert_true(error == ERROR_NONE ||
				    (error == ERROR_NO_MEMORY && op.budget < 4));
			model_compare(m);
		}
		model_destroy(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses_the_largest_page),
		cmocka_unit_test(entries_are_what_the_cpu_reads),
		cmocka_unit_test(refuses_what_the_format_cannot_say),
		cmocka_unit_test(splits_for_a_part),
		cmocka_unit_test(is_stale_only_when_something_goes),
		cmocka_unit_test(running_out_changes_nothing),
		cmocka_unit_test(installs_a_misconfigured_entry),
		cmocka_unit_test(fills_holes_only),
		cmocka_unit_test(fills_only_what_an_entry_can_say),
		cmocka_unit_test(accessed_and_dirty_are_reported_and_kept),
		cmocka_unit_test(random_changes_match_the_model),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
