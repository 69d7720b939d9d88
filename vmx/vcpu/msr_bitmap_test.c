/* The MSR bitmap agrees with the policy table on every register that it covers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "vm/policy/msr_policy.h"
#include "vmx/vcpu/msr_bitmap.h"
#include "x86/msr.h"

static uint8_t bitmap[PAGE_SIZE];

static void compare(uint32_t index)
{
	struct msr_range range = msr_policy_lookup(index);

	assert_int_equal(msr_bitmap_exits(bitmap, index, false), range.read != MSR_PASS);
	assert_int_equal(msr_bitmap_exits(bitmap, index, true), range.write != MSR_PASS);
}

static void agrees_with_the_table(void **state)
{
	msr_bitmap_fill(bitmap);
	for (uint32_t low = 0; low < 0x2000; low++) {
		compare(low);
		compare(0xc0000000 + low);
	}
}

static void layout_is_the_sdms(void **state)
{
	unsigned open = 0;

	msr_bitmap_fill(bitmap);
	assert_int_equal(bitmap[MSR_SYSENTER_CS / 8] & 0x70, 0);         /* 174H-176H, read */
	assert_int_equal(bitmap[0x800 + MSR_SYSENTER_CS / 8] & 0x70, 0); /* write */
	assert_int_equal(bitmap[0x400 + 0x100 / 8] & 7, 0);              /* C0000100H-102H */
	assert_int_equal(bitmap[0xc00 + 0x100 / 8] & 7, 0);
	assert_int_equal(bitmap[MSR_TSC / 8] & 1, 0);
	assert_int_equal(bitmap[0x800 + MSR_TSC / 8] & 1, 1);
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		open += __builtin_popcount((uint8_t)~bitmap[i]);
	/* Twice 3 SYSENTER, FS, GS, KERNEL_GS; 4 SYSCALL, TSC_AUX and the TSC read. */
	assert_int_equal(open, 2 * 6 + 6);
}

static void outside_always_exits(void **state)
{
	static const uint32_t outside[] = { 0x2000,     0x40000000, 0xbfffffff,
					    0xc0002000, 0xc0010000, 0xffffffff };

	for (unsigned i = 0; i < PAGE_SIZE; i++)
		bitmap[i] = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(outside); i++) {
		assert_true(msr_bitmap_exits(bitmap, outside[i], false));
		assert_true(msr_bitmap_exits(bitmap, outside[i], true));
	}
}

/* SDM volume 3, "Virtualizing MSR-Based APIC Accesses": what the page does not hold still exits. */
static void x2apic_registers_from_the_page(void **state)
{
	static const uint32_t open[] = { 0x802, 0x803, 0x808, 0x80d, 0x80f, 0x810, 0x81f,
					 0x827, 0x828, 0x830, 0x832, 0x837, 0x838, 0x83e };
	static const uint32_t shut[] = { 0x800, 0x80a, 0x80b, 0x829, 0x82f, 0x831, 0x839, 0x83f };

	msr_bitmap_fill(bitmap);
	msr_bitmap_open_x2apic(bitmap);
	for (unsigned i = 0; i < ARRAY_SIZE(open); i++)
		assert_false(msr_bitmap_exits(bitmap, open[i], false));
	for (unsigned i = 0; i < ARRAY_SIZE(shut); i++)
		assert_true(msr_bitmap_exits(bitmap, shut[i], false));
	for (uint32_t index = 0x800; index < 0x900; index++)
		assert_int_equal(msr_bitmap_exits(bitmap, index, true), index != 0x808);
}

static void delivery_opens_end_and_self(void **state)
{
	msr_bitmap_fill(bitmap);
	msr_bitmap_open_x2apic(bitmap);
	msr_bitmap_open_x2apic_delivery(bitmap);
	for (uint32_t index = 0x800; index < 0x900; index++)
		assert_int_equal(msr_bitmap_exits(bitmap, index, true),
				 index != 0x808 && index != 0x80b && index != 0x83f);
	assert_true(msr_bitmap_exits(bitmap, 0x80b, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_table),
		cmocka_unit_test(layout_is_the_sdms),
		cmocka_unit_test(outside_always_exits),
		cmocka_unit_test(x2apic_registers_from_the_page),
		cmocka_unit_test(delivery_opens_end_and_self),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
