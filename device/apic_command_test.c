/* The short way of a write to the interrupt command register against the long one: two machines get the same
 * commands, and their local APICs have to end up the same. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "device/apic_command.h"
#include "tests/host/random_numbers.h"

#define COUNT  4u
#define ROUNDS 200u
#define STEPS  200u

/* The first goes the long way. */
struct machine {
	uint32_t pages[COUNT][PAGE_SIZE / sizeof(uint32_t)];
	struct vlapic lapics[COUNT];
	struct vlapic *pointers[COUNT];
	struct apic_bus bus;
	uint32_t told; /* whose owner, a bit each, since it looked last */
	uint32_t others;
};

static struct machine machines[2];
static unsigned plain; /* commands that went the short way */

static void notify(void *context, unsigned lapic)
{
	((struct machine *)context)->told |= 1u << lapic;
}

static void deliver(void *context, unsigned lapic, const struct apic_message *message)
{
	((struct machine *)context)->others += 1u << (8 * lapic);
}

static void send(void *context, struct vlapic *from, const struct apic_message *message)
{
	apic_bus_send(&((struct machine *)context)->bus, from, message);
}

static void ignore_eoi(void *context, struct vlapic *lapic, uint8_t vector)
{
}

static void ignore_timer(void *context, struct vlapic *lapic)
{
}

static void renumbered(void *context, struct vlapic *lapic)
{
	apic_bus_renumbered(&((struct machine *)context)->bus);
}

static void ignore_local(void *context, struct vlapic *lapic, enum apic_delivery delivery)
{
}

static uint8_t no_extint(void *context, struct vlapic *lapic)
{
	return 0;
}

static const struct vlapic_connections connections = {
	send, ignore_eoi, ignore_timer, renumbered, ignore_local, no_extint,
};

static void start(struct machine *m)
{
	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < COUNT; i++) {
		vlapic_init(&m->lapics[i], m->pages[i], i, i == 0, &connections, m);
		vlapic_write(&m->lapics[i], VLAPIC_SVR, 4, 0x1ff);
		m->pointers[i] = &m->lapics[i];
	}
	m->bus = (struct apic_bus) { .lapics = m->pointers,
				     .count = COUNT,
				     .notify = notify,
				     .deliver = deliver,
				     .context = m };
	apic_bus_numbered(&m->bus);
}

/* As hardware leaves a write behind, and the board acts on it. */
static void command_short(struct machine *m, unsigned from, uint32_t icr)
{
	struct vlapic *lapic = &m->lapics[from];
	uint32_t destination = apic_command_destination(lapic);

	vlapic_put(lapic, VLAPIC_ICR, icr);
	if (!apic_command_is_plain(&m->bus, icr, destination)) {
		vlapic_written(lapic, VLAPIC_ICR);
		return;
	}
	plain++;
	struct vlapic *to = apic_command_send(&m->bus, icr, destination);

	if (to)
		notify(m, (unsigned)(to - m->lapics));
}

static void set_destination(struct machine *m, unsigned from, uint32_t destination)
{
	if (vlapic_mode(&m->lapics[from]) == VLAPIC_X2APIC)
		vlapic_put(&m->lapics[from], VLAPIC_ICR_WIDE_HIGH, destination);
	else
		vlapic_put(&m->lapics[from], VLAPIC_ICR_HIGH, destination << XAPIC_ID_SHIFT);
}

/* Mostly plain ones. */
static uint32_t some_command(void)
{
	uint32_t icr = random_below(256) | random_below(2) * (uint32_t)ICR_ASSERT;

	return random_below(3) ? icr : icr | (random_below(0x100000) & 0xccf00u);
}

static void both_command(void)
{
	unsigned from = random_below(COUNT);
	uint32_t icr = some_command();
	uint32_t destination = random_below(4) ? random_below(COUNT + 1) : random_below(257) - 1;

	set_destination(&machines[0], from, destination);
	set_destination(&machines[1], from, destination);
	vlapic_store(&machines[0].lapics[from], VLAPIC_ICR, icr);
	command_short(&machines[1], from, icr);
}

/* What changes who is meant, and who listens. */
static void both_change(void)
{
	unsigned i = random_below(COUNT), what = random_below(8), value = random_below(256);

	for (unsigned n = 0; n < 2; n++) {
		struct vlapic *lapic = &machines[n].lapics[i];

		switch (what) {
		case 0:
			vlapic_set_base(lapic, 0xfee00000);
			break;
		case 1:
			vlapic_set_base(lapic, 0xfee00c00);
			break;
		case 2:
			vlapic_store(lapic, VLAPIC_SVR, value & 1 ? 0xff : 0x1ff);
			break;
		case 3:
			if (value < 16 && vlapic_mode(lapic) == VLAPIC_XAPIC)
				vlapic_store(lapic, VLAPIC_ID, value << XAPIC_ID_SHIFT);
			break;
		default: /* it looks */
			vlapic_pending(lapic);
			machines[n].told &= ~(1u << i);
			break;
		}
	}
}

static void compare(void)
{
	assert_int_equal(machines[0].told, machines[1].told);
	assert_int_equal(machines[0].others, machines[1].others);
	for (unsigned i = 0; i < COUNT; i++) {
		const struct vlapic *a = &machines[0].lapics[i], *b = &machines[1].lapics[i];

		assert_memory_equal(&a->posted, &b->posted, sizeof(a->posted));
		assert_int_equal(a->errors, b->errors);
		assert_memory_equal(machines[0].pages[i], machines[1].pages[i], PAGE_SIZE);
	}
}

static void both_ways_are_the_same(void **state)
{
	for (unsigned round = 1; round <= ROUNDS; round++) {
		seed = round;
		start(&machines[0]);
		start(&machines[1]);
		for (unsigned i = 0; i < STEPS; i++) {
			if (random_below(3))
				both_command();
			else
				both_change();
			compare();
		}
	}
	/* Else the test shows nothing. */
	assert_in_range(plain, ROUNDS * STEPS / 20, ROUNDS * STEPS);
}

static void who_is_told_and_when(void **state)
{
	struct machine *m = &machines[1];

	start(m);
	assert_true(apic_command_is_plain(&m->bus, 0x4051, 2));
	assert_ptr_equal(apic_command_send(&m->bus, 0x4051, 2), &m->lapics[2]);
	assert_null(apic_command_send(&m->bus, 0x4052,
				      2)); /* who has not looked since is not told again */
	assert_int_equal(vlapic_acknowledge(&m->lapics[2]), 0x52);
	assert_ptr_equal(apic_command_send(&m->bus, 0x4051, 2), &m->lapics[2]);
	vlapic_store(&m->lapics[3], VLAPIC_SVR, 0xff);
	assert_null(apic_command_send(&m->bus, 0x4051, 3));
	assert_false(vlapic_outstanding(&m->lapics[3]));
}

static void what_is_not_plain(void **state)
{
	struct machine *m = &machines[1];

	start(m);
	assert_false(apic_command_is_plain(&m->bus, 0x400f, 1)); /* an illegal vector */
	assert_true(apic_command_is_plain(&m->bus, 0x4010, 1));
	assert_false(apic_command_is_plain(&m->bus, 0x4051, COUNT));
	assert_false(apic_command_is_plain(&m->bus, 0x4051, APIC_NARROW_BROADCAST));
	assert_false(apic_command_is_plain(&m->bus, 0x4051, UINT32_MAX));
	for (unsigned bit = 8; bit < 32; bit++)
		assert_int_equal(apic_command_is_plain(&m->bus, 0x51 | 1u << bit, 1), bit == 14);
	apic_bus_renumbered(&m->bus);
	assert_false(apic_command_is_plain(&m->bus, 0x4051, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_told_and_when),
		cmocka_unit_test(what_is_not_plain),
		cmocka_unit_test(both_ways_are_the_same),
	};

	return cmocka_run_group_tests_name("apic_command", tests, NULL, NULL);
}
