/* The pair of 8259A against its datasheet: initialization, modes, priorities, acknowledgement,
 * edges and levels, poll, and the default interrupts 7 and 15. */
#include "tests/host/pic_machine.h"

static void nothing_comes_before_initialization(void **state)
{
	pulse(3);
	assert_false(intr);
	out(MASTER, 0x11);
	pulse(3);
	out(MASTER + 1, 0x20);
	out(MASTER + 1, 0x04);
	assert_false(intr);
	out(MASTER + 1, 0x01); /* the edge came after ICW1 */
	expect_vector(0x23);
}

static void initialization_clears_what_was(void **state)
{
	out(MASTER + 1, 0xff);
	out(MASTER, MASK_MODE);
	out(MASTER, READ_ISR);
	out(MASTER, 0xc3); /* 3 is lowest */
	pulse(0);
	initialize_with(0x11, 0x01, 0x01);
	assert_int_equal(in(MASTER + 1), 0);
	assert_int_equal(in(MASTER), 0); /* IRR: the line is high, but an edge must come */
	pulse(0);
	assert_int_equal(in(MASTER), 1);
	pulse(7);
	expect_vector(0x20);
	assert_int_equal(in(MASTER), 0x80); /* still IRR */
	assert_false(intr);
}

static void icw3_and_icw4_may_be_left_out(void **state)
{
	out(MASTER, 0x12); /* single, no ICW4 */
	out(MASTER + 1, 0x40);
	out(MASTER + 1, 0xfe); /* already the mask */
	assert_int_equal(in(MASTER + 1), 0xfe);
	out(MASTER, 0x13); /* single, ICW4 */
	out(MASTER + 1, 0x48);
	out(MASTER + 1, 0x01);
	out(MASTER + 1, 0xfd);
	assert_int_equal(in(MASTER + 1), 0xfd);
	pulse(1);
	expect_vector(0x49);
}

static void without_icw4_vectors_are_call_addresses(void **state)
{
	out(MASTER, 0x10 | 0xe0 | 0x04 | 0x02); /* single, four bytes apart */
	out(MASTER + 1, 0x12);
	pulse(5);
	expect_vector(0xe0 | 5 << 2);
	out(MASTER, 0x10 | 0xe0 | 0x02);
	out(MASTER + 1, 0x12);
	pulse(5);
	expect_vector(0xc0 | 5 << 3);
}

static void masks_hold_requests_back(void **state)
{
	out(MASTER + 1, 0x08);
	pulse(3);
	assert_false(intr);
	assert_int_equal(in(MASTER), 0x08); /* IRR shows it all the same */
	out(MASTER + 1, 0);
	expect_vector(0x23);
}

/* A mask that is written once more changes nothing; nor does reading what there is to read. */
static void a_mask_written_again_changes_nothing(void **state)
{
	unsigned changes;

	pic_set_irq(&pic, 4, true);
	assert_true(intr);
	changes = intr_changes;
	out(MASTER + 1, in(MASTER + 1));
	(void)ask(MASTER, READ_IRR);
	(void)ask(MASTER, READ_ISR);
	assert_int_equal(intr_changes, changes);
	out(MASTER + 1, 0x10);
	out(MASTER + 1, 0x10);
	assert_false(intr);
	assert_int_equal(in(MASTER + 1), 0x10);
	out(MASTER + 1, 0);
	assert_true(intr);
	assert_int_equal(intr_changes, changes + 2);
}

static void the_slave_goes_through_input_2(void **state)
{
	pulse(10);
	assert_int_equal(in(MASTER), 0x04);
	assert_int_equal(in(SLAVE), 0x04);
	expect_vector(0x2a);
	assert_int_equal(ask(MASTER, READ_ISR), 0x04);
	assert_int_equal(ask(SLAVE, READ_ISR), 0x04);
	pulse(3); /* below input 2 */
	assert_false(intr);
	pulse(1);
	expect_vector(0x21);
	out(MASTER, EOI);
	pulse(12); /* waits for the end of 10 */
	assert_false(intr);
	out(SLAVE, EOI);
	out(MASTER, EOI);
	expect_vector(0x2c);
}

static void two_requests_of_the_slave_follow_each_other(void **state)
{
	pulse(14);
	pulse(9);
	expect_vector(0x29);
	out(SLAVE, EOI);
	assert_false(intr);
	out(MASTER, EOI);
	expect_vector(0x2e);
}

static void the_cascade_input_does_not_listen(void **state)
{
	pulse(2);
	pic_set_irq(&pic, 16, true);
	assert_false(intr);
	assert_int_equal(in(MASTER), 0);
}

static void a_request_that_went_away_is_spurious(void **state)
{
	pulse(3);
	assert_true(intr);
	pic_set_irq(&pic, 3, false);
	assert_false(intr);
	assert_int_equal(pic_acknowledge(&pic), 0x27);
	assert_int_equal(ask(MASTER, READ_ISR), 0);
}

static void a_spurious_request_of_the_slave_is_15(void **state)
{
	out(SLAVE, 0x11); /* its initialization drops INT; the master's latch goes with it */
	out(SLAVE + 1, 0x28);
	out(SLAVE + 1, 0x02);
	out(SLAVE + 1, 0x01);
	out(MASTER, 0x19); /* level: no latch to hold the request */
	out(MASTER + 1, 0x20);
	out(MASTER + 1, 0x04);
	out(MASTER + 1, 0x01);
	pulse(13);
	assert_true(intr);
	pic.chips[1].edges = 0; /* between the two INTA cycles */
	assert_int_equal(pic_acknowledge(&pic), 0x2f);
	assert_int_equal(ask(MASTER, READ_ISR), 0x04);
	assert_int_equal(ask(SLAVE, READ_ISR), 0);
}

static void edges_are_taken_once(void **state)
{
	pulse(4);
	expect_vector(0x24);
	out(MASTER, EOI);
	assert_false(intr); /* the line is still high */
	pic_set_irq(&pic, 4, true);
	assert_false(intr);
	pulse(4);
	expect_vector(0x24);
}

static void levels_ask_again(void **state)
{
	out(ELCR, 0xff);
	out(ELCR + 1, 0xff);
	assert_int_equal(in(ELCR), 0xf8);
	assert_int_equal(in(ELCR + 1), 0xde);
	pic_set_irq(&pic, 5, true);
	pic_set_irq(&pic, 11, true);
	expect_vector(0x2b);
	out(SLAVE, EOI);
	out(MASTER, EOI);
	expect_vector(0x2b); /* nobody let the line go */
	pic_set_irq(&pic, 11, false);
	out(SLAVE, EOI);
	out(MASTER, EOI);
	expect_vector(0x25);
	out(MASTER, EOI);
	assert_true(intr);
	pic_set_irq(&pic, 5, false);
	assert_false(intr);
}

static void ltim_makes_all_inputs_levels(void **state)
{
	initialize_with(0x19, 0x01, 0x01);
	pic_set_irq(&pic, 1, true);
	expect_vector(0x21);
	out(MASTER, EOI);
	expect_vector(0x21);
}

static void poll_acknowledges(void **state)
{
	assert_int_equal(ask(MASTER, POLL), 0x00);
	pulse(4);
	pulse(9);
	assert_int_equal(ask(MASTER, POLL), 0x82);
	assert_int_equal(ask(SLAVE, POLL), 0x81);
	assert_int_equal(ask(MASTER, READ_ISR), 0x04);
	assert_int_equal(ask(SLAVE, READ_ISR), 0x02);
	out(SLAVE, EOI);
	out(MASTER, EOI);
	out(MASTER, POLL);
	assert_int_equal(in(MASTER + 1), 0x84); /* at either address */
	assert_int_equal(in(MASTER + 1), 0x00); /* and once: now it is the mask */
	assert_false(intr);
}

static void polling_the_slave_makes_room_for_its_next(void **state)
{
	pulse(9);
	pulse(8);
	assert_int_equal(ask(SLAVE, POLL), 0x80);
	assert_false(intr);
	out(SLAVE, EOI);
	expect_vector(0x29);
}

static void a_slave_that_is_not_there_leaves_the_bus_floating(void **state)
{
	out(SLAVE, 0x11);
	out(SLAVE + 1, 0x28);
	out(SLAVE + 1, 0x05); /* another's identity */
	out(SLAVE + 1, 0x01);
	pulse(9);
	expect_vector(0xff);
}

static void intr_changes_only_with_its_level(void **state)
{
	unsigned before = intr_changes;

	pulse(3);
	pulse(4);
	pulse(5);
	assert_int_equal(intr_changes, before + 1);
	assert_true(pic_pending(&pic));
}

static void reset_forgets_initialization(void **state)
{
	out(ELCR, 0x20);
	pulse(3);
	pic_ops.reset(&pic);
	assert_false(intr);
	assert_int_equal(in(ELCR), 0);
	pulse(3);
	assert_false(intr);
}

/* Whatever a guest writes, a request is served at last when it initializes again. */
static void survives_any_writes(void **state)
{
	uint32_t random = 1;

	for (unsigned i = 0; i < 200000; i++) {
		random = random * 1664525 + 1013904223;
		switch (random >> 29) {
		case 0:
		case 1:
			out((random >> 8 & 1 ? MASTER : SLAVE) + (random >> 9 & 1),
			    (uint8_t)(random >> 16));
			break;
		case 2:
			in((random >> 8 & 1 ? MASTER : SLAVE) + (random >> 9 & 1));
			break;
		case 3:
			out(ELCR + (random >> 9 & 1), (uint8_t)(random >> 16));
			break;
		case 4:
			pic_acknowledge(&pic);
			break;
		default:
			pic_set_irq(&pic, random >> 10 & 0xf, random >> 9 & 1);
		}
		assert_int_equal(intr, pic_pending(&pic));
	}
	for (unsigned irq = 0; irq < PIC_IRQS; irq++)
		pic_set_irq(&pic, irq, false);
	initialize_with(0x11, 0x01, 0x01);
	out(MASTER, READ_IRR);
	pulse(15);
	expect_vector(0x2f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_comes_before_initialization, power_on),
		cmocka_unit_test_setup(initialization_clears_what_was, initialized),
		cmocka_unit_test_setup(icw3_and_icw4_may_be_left_out, power_on),
		cmocka_unit_test_setup(without_icw4_vectors_are_call_addresses, power_on),
		cmocka_unit_test_setup(masks_hold_requests_back, initialized),
		cmocka_unit_test_setup(a_mask_written_again_changes_nothing, initialized),
		cmocka_unit_test_setup(the_slave_goes_through_input_2, initialized),
		cmocka_unit_test_setup(two_requests_of_the_slave_follow_each_other, initialized),
		cmocka_unit_test_setup(the_cascade_input_does_not_listen, initialized),
		cmocka_unit_test_setup(a_request_that_went_away_is_spurious, initialized),
		cmocka_unit_test_setup(a_spurious_request_of_the_slave_is_15, initialized),
		cmocka_unit_test_setup(edges_are_taken_once, initialized),
		cmocka_unit_test_setup(levels_ask_again, initialized),
		cmocka_unit_test_setup(ltim_makes_all_inputs_levels, initialized),
		cmocka_unit_test_setup(poll_acknowledges, initialized),
		cmocka_unit_test_setup(polling_the_slave_makes_room_for_its_next, initialized),
		cmocka_unit_test_setup(a_slave_that_is_not_there_leaves_the_bus_floating,
				       initialized),
		cmocka_unit_test_setup(intr_changes_only_with_its_level, initialized),
		cmocka_unit_test_setup(reset_forgets_initialization, initialized),
		cmocka_unit_test_setup(survives_any_writes, power_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
