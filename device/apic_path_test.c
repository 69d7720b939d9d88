/* Interrupts all the way: from a pin or a device's write, over the bus, to the vCPU that takes them,
 * and their end back to the I/O APIC. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "device/apic_bus.h"
#include "device/ioapic.h"
#include "device/vlapic_internal.h"

#define COUNT  2u
#define PIN    17u
#define VECTOR 0x61

#define LEVEL  0x8000u
#define REMOTE 0x4000u

static uint32_t pages[COUNT][PAGE_SIZE / sizeof(uint32_t)];
static struct vlapic lapics[COUNT];
static struct vlapic *pointers[COUNT];
static struct apic_bus bus;
static struct ioapic ioapic;
static unsigned nmis;

static void send_from_lapic(void *context, struct vlapic *from, const struct apic_message *message)
{
	apic_bus_send(&bus, from, message);
}

static bool send_from_ioapic(void *context, const struct apic_message *message)
{
	return apic_bus_send(&bus, NULL, message);
}

static void broadcast_eoi(void *context, struct vlapic *lapic, uint8_t vector)
{
	ioapic_eoi(&ioapic, vector);
}

static void ignore_timer(void *context, struct vlapic *lapic)
{
}

static void ignore_local(void *context, struct vlapic *lapic, enum apic_delivery delivery)
{
}

static uint8_t acknowledge_8259(void *context, struct vlapic *lapic)
{
	return 0x30;
}

static void ignore_notify(void *context, unsigned lapic)
{
}

static void count_nmis(void *context, unsigned lapic, const struct apic_message *message)
{
	nmis += message->delivery == APIC_NMI;
}

static const struct vlapic_connections connections = {
	send_from_lapic, broadcast_eoi, ignore_timer, ignore_timer, ignore_local, acknowledge_8259,
};

static void set_entry(unsigned pin, uint32_t low, uint32_t high)
{
	ioapic_ops.write(&ioapic, 0x00, 4, 0x11 + 2 * pin);
	ioapic_ops.write(&ioapic, 0x10, 4, high);
	ioapic_ops.write(&ioapic, 0x00, 4, 0x10 + 2 * pin);
	ioapic_ops.write(&ioapic, 0x10, 4, low);
}

static bool has_remote_irr(unsigned pin)
{
	return ioapic.entries[pin] & REMOTE;
}

static int setup(void **state)
{
	for (unsigned i = 0; i < COUNT; i++) {
		vlapic_init(&lapics[i], pages[i], i, i == 0, &connections, NULL);
		vlapic_write(&lapics[i], VLAPIC_SVR, 4, 0x1ff);
		pointers[i] = &lapics[i];
	}
	bus = (struct apic_bus) {
		.lapics = pointers, .count = COUNT, .notify = ignore_notify, .deliver = count_nmis
	};
	ioapic_init(&ioapic, 0, send_from_ioapic, NULL);
	nmis = 0;
	return 0;
}

/* Asserted until the handler has looked at both devices on the wire. */
static void a_shared_level(void **state)
{
	struct vlapic *l = &lapics[1];

	set_entry(PIN, LEVEL | VECTOR, 0x01000000);
	ioapic_set_irq(&ioapic, PIN, true);
	for (unsigned device = 0; device < 2; device++) {
		assert_true(has_remote_irr(PIN));
		assert_int_equal(vlapic_acknowledge(&lapics[0]), -1);
		assert_int_equal(vlapic_acknowledge(l), VECTOR);
		if (device == 1)
			ioapic_set_irq(&ioapic, PIN, false);
		assert_int_equal(vlapic_acknowledge(l), -1);
		vlapic_write(l, VLAPIC_EOI, 4, 0);
	}
	assert_false(has_remote_irr(PIN));
	assert_int_equal(vlapic_acknowledge(l), -1);
}

/* Without broadcasts the guest ends it at the I/O APIC itself, when it likes. */
static void a_directed_end(void **state)
{
	struct vlapic *l = &lapics[0];

	vlapic_write(l, VLAPIC_SVR, 4, 0x11ff);
	set_entry(PIN, LEVEL | VECTOR, 0);
	ioapic_set_irq(&ioapic, PIN, true);
	assert_int_equal(vlapic_acknowledge(l), VECTOR);
	vlapic_write(l, VLAPIC_EOI, 4, 0);
	assert_true(has_remote_irr(PIN));
	assert_int_equal(vlapic_acknowledge(l), -1);
	ioapic_set_irq(&ioapic, PIN, false);
	ioapic_ops.write(&ioapic, 0x40, 4, VECTOR);
	assert_false(has_remote_irr(PIN));
}

/* Nobody is enabled when the level arrives: it is not lost. */
static void a_level_waits_for_its_local_apic(void **state)
{
	vlapic_write(&lapics[0], VLAPIC_SVR, 4, 0xff);
	set_entry(PIN, LEVEL | VECTOR, 0);
	ioapic_set_irq(&ioapic, PIN, true);
	assert_false(has_remote_irr(PIN));
	vlapic_write(&lapics[0], VLAPIC_SVR, 4, 0x1ff);
	set_entry(PIN, LEVEL | VECTOR, 0);
	assert_true(has_remote_irr(PIN));
	assert_int_equal(vlapic_acknowledge(&lapics[0]), VECTOR);
}

static void an_edge_to_the_readiest(void **state)
{
	vlapic_set_priority(&lapics[0], 3);
	set_entry(4, APIC_LOWEST_PRIORITY << 8 | VECTOR, 0xff000000);
	ioapic_set_irq(&ioapic, 4, true);
	assert_int_equal(vlapic_acknowledge(&lapics[0]), -1);
	assert_int_equal(vlapic_acknowledge(&lapics[1]), VECTOR);
	vlapic_write(&lapics[1], VLAPIC_EOI, 4, 0);
}

/* The 8259 behind pin 0, as a virtual wire through the I/O APIC. */
static void extint_and_nmi_pins(void **state)
{
	set_entry(0, APIC_EXTINT << 8, 0x01000000);
	set_entry(1, APIC_NMI << 8, 0xff000000);
	ioapic_set_irq(&ioapic, 0, true);
	assert_int_equal(vlapic_acknowledge(&lapics[1]), 0x30);
	assert_int_equal(vlapic_acknowledge(&lapics[1]), -1);
	ioapic_set_irq(&ioapic, 1, true);
	assert_int_equal(nmis, COUNT);
}

static void a_message_of_a_device(void **state)
{
	struct apic_message message;

	assert_true(vlapic_set_base(&lapics[1], 0xfee00c00));
	assert_true(apic_message_from_msi(0xfee01000, VECTOR, &message));
	assert_true(apic_bus_send(&bus, NULL, &message));
	assert_int_equal(vlapic_acknowledge(&lapics[1]), VECTOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_shared_level, setup),
		cmocka_unit_test_setup(a_directed_end, setup),
		cmocka_unit_test_setup(a_level_waits_for_its_local_apic, setup),
		cmocka_unit_test_setup(an_edge_to_the_readiest, setup),
		cmocka_unit_test_setup(extint_and_nmi_pins, setup),
		cmocka_unit_test_setup(a_message_of_a_device, setup),
	};

	return cmocka_run_group_tests_name("apic_path", tests, NULL, NULL);
}
