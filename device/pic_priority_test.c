/* The priorities of the 8259A against its datasheet: nesting, rotation, ends of interrupts, special
 * mask mode and special fully nested mode. */
#include "tests/host/pic_machine.h"

static void priorities_nest(void **state)
{
	pulse(4);
	expect_vector(0x24);
	assert_int_equal(ask(MASTER, READ_ISR), 0x10);
	pulse(5);
	pulse(4);
	assert_false(intr);
	pulse(1);
	expect_vector(0x21);
	assert_int_equal(ask(MASTER, READ_ISR), 0x12);
	assert_int_equal(ask(MASTER, READ_IRR), 0x30);
	out(MASTER, EOI); /* the highest in service: 1 */
	assert_int_equal(ask(MASTER, READ_ISR), 0x10);
	assert_false(intr);
	out(MASTER, EOI);
	expect_vector(0x24);
	out(MASTER, 0x64); /* specific */
	expect_vector(0x25);
}

static void the_master_bars_a_slave_in_service(void **state)
{
	pulse(12);
	expect_vector(0x2c);
	pulse(8);
	assert_false(intr); /* fully nested: input 2 is in service */
	out(MASTER, EOI);
	expect_vector(0x28);
}

static void special_fully_nested_mode_lets_it_through(void **state)
{
	initialize_with(0x11, 0x11, 0x01);
	pulse(12);
	expect_vector(0x2c);
	pulse(3); /* below the slave, though */
	assert_false(intr);
	pulse(8);
	expect_vector(0x28);
	assert_int_equal(ask(SLAVE, READ_ISR), 0x11);
	pulse(14);
	assert_false(intr);
}

static void automatic_eoi_leaves_nothing_in_service(void **state)
{
	initialize_with(0x11, 0x03, 0x03);
	pulse(6);
	expect_vector(0x26);
	assert_int_equal(ask(MASTER, READ_ISR), 0);
	pulse(9);
	pulse(10);
	expect_vector(0x29);
	assert_int_equal(ask(SLAVE, READ_ISR), 0);
	expect_vector(0x2a);
	assert_false(intr);
}

static void rotation_on_automatic_eoi(void **state)
{
	initialize_with(0x11, 0x03, 0x01);
	out(MASTER, 0x80);
	pulse(3);
	expect_vector(0x23); /* 3 is lowest now, 4 highest */
	pulse(3);
	pulse(0);
	pulse(4);
	expect_vector(0x24);
	expect_vector(0x20);
	expect_vector(0x23);
	out(MASTER, 0x00);
	pulse(5);
	expect_vector(0x25); /* rotates no more: 4 stays the highest */
	pulse(4);
	pulse(5);
	expect_vector(0x24);
}

static void rotation_on_eoi(void **state)
{
	pulse(4);
	pulse(6);
	expect_vector(0x24);
	out(MASTER, 0xa0); /* "Automatic Rotation": 4 goes last */
	pulse(4);
	expect_vector(0x26);
	out(MASTER, 0xe6); /* specific, and 6 goes last */
	pulse(6);
	pulse(7);
	expect_vector(0x27);
	out(MASTER, EOI);
	expect_vector(0x24);
	out(MASTER, EOI);
	expect_vector(0x26);
}

static void set_priority(void **state)
{
	out(MASTER, 0xc5); /* 5 is lowest, 6 highest */
	pulse(0);
	pulse(5);
	pulse(6);
	expect_vector(0x26);
	assert_false(intr);
	out(MASTER, EOI);
	expect_vector(0x20);
	out(MASTER, 0x40); /* no operation */
	assert_int_equal(ask(MASTER, READ_ISR), 0x01);
}

static void special_mask_mode(void **state)
{
	pulse(3);
	expect_vector(0x23);
	out(MASTER + 1, 0x08);
	pulse(6);
	assert_false(intr);
	out(MASTER, MASK_MODE);
	expect_vector(0x26); /* lower, and through */
	/* A non-specific EOI passes over the masked one. */
	out(MASTER, EOI);
	assert_int_equal(ask(MASTER, READ_ISR), 0x08);
	out(MASTER, EOI);
	assert_int_equal(ask(MASTER, READ_ISR), 0x08);
	out(MASTER, 0x20); /* OCW2 does not touch the mode, nor does OCW3 without ESMM */
	out(MASTER, 0x08);
	pulse(6);
	assert_true(intr);
	out(MASTER, NORMAL_MODE);
	assert_false(intr);
	out(MASTER, 0x63);
	assert_true(intr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(priorities_nest, initialized),
		cmocka_unit_test_setup(the_master_bars_a_slave_in_service, initialized),
		cmocka_unit_test_setup(special_fully_nested_mode_lets_it_through, initialized),
		cmocka_unit_test_setup(automatic_eoi_leaves_nothing_in_service, initialized),
		cmocka_unit_test_setup(rotation_on_automatic_eoi, initialized),
		cmocka_unit_test_setup(rotation_on_eoi, initialized),
		cmocka_unit_test_setup(set_priority, initialized),
		cmocka_unit_test_setup(special_mask_mode, initialized),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
