/* The I/O APIC against the 82093AA datasheet: registers, edges, levels, polarity, masks, ends. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "device/ioapic.h"

#define IOREGSEL 0x00
#define IOWIN    0x10
#define EOI      0x40

#define LOW    0x2000u
#define REMOTE 0x4000u
#define LEVEL  0x8000u
#define MASKED 0x10000u
#define STATUS 0x1000u

static struct ioapic ioapic;
static unsigned sends;
static struct apic_message last;
static bool refuse;

static bool take(void *context, const struct apic_message *message)
{
	assert_ptr_equal(context, &sends);
	sends++;
	last = *message;
	return !refuse;
}

static int setup(void **state)
{
	ioapic_init(&ioapic, 0, take, &sends);
	sends = 0;
	refuse = false;
	return 0;
}

static uint32_t get(uint8_t index)
{
	ioapic_ops.write(&ioapic, IOREGSEL, 4, index);
	return (uint32_t)ioapic_ops.read(&ioapic, IOWIN, 4);
}

static void set(uint8_t index, uint32_t value)
{
	ioapic_ops.write(&ioapic, IOREGSEL, 4, index);
	ioapic_ops.write(&ioapic, IOWIN, 4, value);
}

static uint8_t low_of(unsigned pin)
{
	return (uint8_t)(0x10 + 2 * pin);
}

static void irq(unsigned pin, bool level)
{
	ioapic_set_irq(&ioapic, pin, level);
}

/* How many messages there were since the last look. */
static unsigned sent(void)
{
	unsigned n = sends;

	sends = 0;
	return n;
}

static void registers_after_reset(void **state)
{
	assert_int_equal(get(0x00), 0);
	assert_int_equal(get(0x01), 0x00170020); /* 24 entries, with an EOI register */
	assert_int_equal(get(0x02), 0);
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		assert_int_equal(get(low_of(pin)), MASKED);
		assert_int_equal(get(low_of(pin) + 1), 0);
	}
	/* Indices that are reserved. */
	for (unsigned index = 0x40; index < 0x100; index++) {
		set((uint8_t)index, 0xffffffff);
		assert_int_equal(get((uint8_t)index), 0);
	}
	assert_int_equal(get(0x0f), 0);
	assert_int_equal(get(0x03), 0);
}

static void the_id_and_its_shadow(void **state)
{
	set(0x00, 0xffffffff);
	assert_int_equal(get(0x00), 0x0f000000);
	assert_int_equal(get(0x02), 0x0f000000);
	set(0x01, 0xffffffff);
	set(0x02, 0);
	assert_int_equal(get(0x01), 0x00170020);
	assert_int_equal(get(0x02), 0x0f000000);
	ioapic_ops.reset(&ioapic);
	assert_int_equal(get(0x00), 0);
}

static void writable_bits_of_entries(void **state)
{
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		set(low_of(pin), 0xffffffff);
		set(low_of(pin) + 1, 0xffffffff);
		assert_int_equal(get(low_of(pin)), 0x0001afff);
		assert_int_equal(get(low_of(pin) + 1), 0xff000000);
	}
	assert_int_equal(sent(), 0);
}

static void widths_and_places(void **state)
{
	ioapic_ops.write(&ioapic, IOREGSEL, 1, 0x10);
	assert_int_equal(ioapic_ops.read(&ioapic, IOREGSEL, 4), 0x10);
	assert_int_equal(ioapic_ops.read(&ioapic, IOREGSEL, 1), 0x10);
	ioapic_ops.write(&ioapic, IOWIN, 1, 0x55);
	ioapic_ops.write(&ioapic, IOWIN, 2, 0x5555);
	ioapic_ops.write(&ioapic, IOWIN + 1, 1, 0x55);
	assert_int_equal(ioapic_ops.read(&ioapic, IOWIN, 4), MASKED);
	assert_int_equal(ioapic_ops.read(&ioapic, IOWIN, 2), 0);
	assert_int_equal(ioapic_ops.read(&ioapic, IOWIN + 2, 1), 1);
	assert_int_equal(ioapic_ops.read(&ioapic, IOWIN + 2, 2), 1);
	assert_int_equal(ioapic_ops.read(&ioapic, 0x20, 4), 0);
	assert_int_equal(ioapic_ops.read(&ioapic, EOI, 4), 0);
	ioapic_ops.write(&ioapic, 0xffc, 4, 0xffffffff);
	assert_int_equal(ioapic_ops.read(&ioapic, 0xffc, 4), 0);
	/* Only the low byte of IOREGSEL counts. */
	ioapic_ops.write(&ioapic, IOREGSEL, 4, 0xffffff01);
	assert_int_equal(ioapic_ops.read(&ioapic, IOWIN, 4), 0x00170020);
}

static void edges(void **state)
{
	set(low_of(4) + 1, 0x12000000);
	set(low_of(4), 0x851);
	irq(4, true);
	assert_int_equal(sent(), 1);
	assert_int_equal(last.vector, 0x51);
	assert_int_equal(last.delivery, APIC_FIXED);
	assert_int_equal(last.destination, 0x12);
	assert_int_equal(last.shorthand, APIC_NO_SHORTHAND);
	assert_true(last.logical);
	assert_false(last.wide);
	assert_false(last.level_triggered);
	irq(4, true);
	irq(4, false);
	assert_int_equal(sent(), 0);
	irq(4, true);
	assert_int_equal(sent(), 1);
	assert_int_equal(get(low_of(4)), 0x851);
}

/* "Interrupt Mask": a masked edge is neither delivered nor held pending. */
static void masked_edges_are_lost(void **state)
{
	set(low_of(4), MASKED | 0x51);
	irq(4, true);
	set(low_of(4), 0x51);
	assert_int_equal(sent(), 0);
	irq(4, false);
	irq(4, true);
	assert_int_equal(sent(), 1);
}

static void levels(void **state)
{
	set(low_of(9), LEVEL | 0x61);
	irq(9, true);
	assert_int_equal(sent(), 1);
	assert_true(last.level_triggered);
	assert_int_equal(get(low_of(9)), LEVEL | REMOTE | 0x61);
	/* Sharing devices come and go, and the level is with a local APIC already. */
	irq(9, false);
	irq(9, true);
	assert_int_equal(sent(), 0);
	ioapic_eoi(&ioapic, 0x60);
	assert_int_equal(sent(), 0);
	/* Still asserted at its end: once more. */
	ioapic_eoi(&ioapic, 0x61);
	assert_int_equal(sent(), 1);
	irq(9, false);
	ioapic_eoi(&ioapic, 0x61);
	assert_int_equal(sent(), 0);
	assert_int_equal(get(low_of(9)), LEVEL | 0x61);
}

static void the_mask_holds_a_level_back(void **state)
{
	set(low_of(9), LEVEL | MASKED | 0x61);
	irq(9, true);
	assert_int_equal(sent(), 0);
	set(low_of(9), LEVEL | 0x61);
	assert_int_equal(sent(), 1);
	/* Masking one that a local APIC has changes nothing about it. */
	set(low_of(9), LEVEL | MASKED | 0x61);
	assert_int_equal(get(low_of(9)), LEVEL | MASKED | REMOTE | 0x61);
	ioapic_eoi(&ioapic, 0x61);
	assert_int_equal(sent(), 0);
	assert_int_equal(get(low_of(9)), LEVEL | MASKED | 0x61);
	set(low_of(9), LEVEL | 0x61);
	assert_int_equal(sent(), 1);
}

static void the_eoi_register(void **state)
{
	set(low_of(9), LEVEL | 0x61);
	irq(9, true);
	ioapic_ops.write(&ioapic, EOI, 4, 0x61);
	assert_int_equal(sent(), 2);
	irq(9, false);
	ioapic_ops.write(&ioapic, EOI, 4, 0x61);
	assert_int_equal(get(low_of(9)), LEVEL | 0x61);
}

static void entries_of_one_vector_end_together(void **state)
{
	set(low_of(9), LEVEL | 0x61);
	set(low_of(10), LEVEL | 0x61);
	set(low_of(11), LEVEL | 0x71);
	irq(9, true);
	irq(10, true);
	irq(11, true);
	assert_int_equal(sent(), 3);
	irq(9, false);
	ioapic_eoi(&ioapic, 0x61);
	assert_int_equal(sent(), 1);
	assert_int_equal(get(low_of(9)), LEVEL | 0x61);
	assert_int_equal(get(low_of(10)), LEVEL | REMOTE | 0x61);
	assert_int_equal(get(low_of(11)), LEVEL | REMOTE | 0x71);
	assert_true(ioapic_handles(&ioapic, 0x61));
	assert_true(ioapic_handles(&ioapic, 0x71));
	assert_false(ioapic_handles(&ioapic, 0x51));
}

/* How software without the EOI register ends one: edge and level again. */
static void an_entry_made_edge_forgets_its_level(void **state)
{
	set(low_of(9), LEVEL | 0x61);
	irq(9, true);
	set(low_of(9), MASKED | 0x61);
	assert_int_equal(get(low_of(9)), MASKED | 0x61);
	assert_int_equal(sent(), 1);
	set(low_of(9), LEVEL | 0x61);
	assert_int_equal(sent(), 1);
	assert_false(ioapic_handles(&ioapic, 0x60));
}

static void polarity(void **state)
{
	/* Pin 16's wire is low while asserted, pin 4's is high. */
	ioapic_init(&ioapic, 1u << 16, take, &sends);
	set(low_of(16), LEVEL | LOW | 0x61);
	set(low_of(4), 0x51);
	assert_int_equal(sent(), 0);
	irq(16, true);
	assert_int_equal(sent(), 1);
	irq(16, false);
	ioapic_eoi(&ioapic, 0x61);
	assert_int_equal(sent(), 0);
	/* The wrong polarity sees the idle wire as a request, and an end as an edge. */
	set(low_of(16), LEVEL | 0x61);
	assert_int_equal(sent(), 1);
	set(low_of(4), LOW | 0x51);
	irq(4, true);
	assert_int_equal(sent(), 0);
	irq(4, false);
	assert_int_equal(sent(), 1);
}

/* "Delivery Mode": all but fixed and lowest priority are edges. */
static void delivery_modes(void **state)
{
	for (unsigned mode = 0; mode < 8; mode++) {
		bool reserved = mode == 3 || mode == 6;
		bool level = mode == APIC_FIXED || mode == APIC_LOWEST_PRIORITY;

		setup(NULL);
		set(low_of(2), LEVEL | mode << 8 | 0x51);
		irq(2, true);
		assert_int_equal(sent(), !reserved);
		assert_int_equal(!!(get(low_of(2)) & REMOTE), level);
		if (reserved)
			continue;
		assert_int_equal(last.delivery, mode);
		assert_int_equal(last.level_triggered, level);
		ioapic_eoi(&ioapic, 0x51);
		assert_int_equal(sent(), level);
	}
}

/* "Delivery Status": a level that nobody took is sent again. */
static void refused_levels_stay_pending(void **state)
{
	refuse = true;
	set(low_of(9), LEVEL | 0x61);
	irq(9, true);
	assert_int_equal(get(low_of(9)), LEVEL | STATUS | 0x61);
	refuse = false;
	set(low_of(9) + 1, 0x01000000);
	assert_int_equal(get(low_of(9)), LEVEL | REMOTE | 0x61);
	assert_int_equal(last.destination, 1);
	/* One that went away in the meantime is not. */
	setup(NULL);
	refuse = true;
	set(low_of(9), LEVEL | 0x61);
	irq(9, true);
	irq(9, false);
	assert_int_equal(get(low_of(9)), LEVEL | 0x61);
}

static void reset_keeps_the_wires(void **state)
{
	set(low_of(9), LEVEL | 0x61);
	irq(9, true);
	ioapic_ops.reset(&ioapic);
	assert_int_equal(get(low_of(9)), MASKED);
	sends = 0;
	set(low_of(9), LEVEL | 0x61);
	assert_int_equal(sent(), 1);
}

static void there_are_24_pins(void **state)
{
	irq(IOAPIC_PINS, true);
	irq(0xffffffff, true);
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		set(low_of(pin), 0x40 + pin);
		irq(pin, true);
		assert_int_equal(sent(), 1);
		assert_int_equal(last.vector, 0x40 + pin);
	}
}

static void it_tells_what_cannot_be_masked(void **state)
{
	assert_false(ioapic_sends_unmaskable(&ioapic));
	for (uint32_t delivery = 0; delivery < 8; delivery++) {
		set(low_of(3), MASKED | delivery << 8 | 0x40);
		assert_false(ioapic_sends_unmaskable(&ioapic));
		set(low_of(3), delivery << 8 | 0x40);
		assert_int_equal(ioapic_sends_unmaskable(&ioapic),
				 delivery == APIC_NMI || delivery == APIC_INIT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(registers_after_reset, setup),
		cmocka_unit_test_setup(the_id_and_its_shadow, setup),
		cmocka_unit_test_setup(writable_bits_of_entries, setup),
		cmocka_unit_test_setup(widths_and_places, setup),
		cmocka_unit_test_setup(edges, setup),
		cmocka_unit_test_setup(masked_edges_are_lost, setup),
		cmocka_unit_test_setup(levels, setup),
		cmocka_unit_test_setup(the_mask_holds_a_level_back, setup),
		cmocka_unit_test_setup(the_eoi_register, setup),
		cmocka_unit_test_setup(entries_of_one_vector_end_together, setup),
		cmocka_unit_test_setup(an_entry_made_edge_forgets_its_level, setup),
		cmocka_unit_test_setup(polarity, setup),
		cmocka_unit_test_setup(delivery_modes, setup),
		cmocka_unit_test_setup(refused_levels_stay_pending, setup),
		cmocka_unit_test_setup(reset_keeps_the_wires, setup),
		cmocka_unit_test_setup(there_are_24_pins, setup),
		cmocka_unit_test_setup(it_tells_what_cannot_be_masked, setup),
	};

	return cmocka_run_group_tests_name("ioapic", tests, NULL, NULL);
}
