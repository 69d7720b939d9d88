/* vlapic_offer() against the functions that it stands for, and the note of which registers hold vectors
 * against the registers: two local APICs live through the same random hours, and are asked in the one
 * way and in the other. */
#include "device/vlapic_end.h"
#include "tests/host/one_lapic.h"
#include "tests/host/random_numbers.h"

#define ROUNDS 400
#define STEPS  400

static struct vlapic twin;
static uint32_t twin_page[PAGE_SIZE / sizeof(uint32_t)];
static void start_both(void **state)
{
	enabled(state);
	vlapic_init(&twin, twin_page, LAPIC_ID_OF_TEST, false, &connections, &told);
	vlapic_write(&twin, VLAPIC_SVR, 4, 0x1ff);
}

static void both_write(unsigned offset, uint32_t value)
{
	vlapic_store(&lapic, offset, value);
	vlapic_store(&twin, offset, value);
}

static void both_end(void)
{
	if (!vlapic_end_edge(&lapic))
		vlapic_store(&lapic, VLAPIC_EOI, 0);
	vlapic_store(&twin, VLAPIC_EOI, 0);
	assert_memory_equal(page, twin_page, sizeof(page));
}

static void both_post(unsigned vector, bool level)
{
	assert_int_equal(vlapic_post(&lapic, (uint8_t)vector, level),
			 vlapic_post(&twin, (uint8_t)vector, level));
}

static void both_advance(uint64_t now)
{
	vlapic_advance(&lapic, now, now);
	vlapic_advance(&twin, now, now);
}

static void both_drive(unsigned pin, bool level)
{
	assert_int_equal(vlapic_set_lint(&lapic, pin, level), vlapic_set_lint(&twin, pin, level));
}

/* Off and on again, with the registers lost, or reset. */
static void both_begin_again(bool off)
{
	if (off) {
		assert_int_equal(vlapic_set_base(&lapic, 0xfee00000),
				 vlapic_set_base(&twin, 0xfee00000));
		return;
	}
	vlapic_set_base(&lapic, 0xfee00800);
	vlapic_set_base(&twin, 0xfee00800);
	both_write(VLAPIC_SVR, 0x1ff);
}

static struct vlapic_offer step_by_step(struct vlapic *l, bool open)
{
	struct vlapic_offer offer = { .vector = -1, .waits = vlapic_pending(l) };

	if (offer.waits && open) {
		offer.vector = (int16_t)vlapic_acknowledge(l);
		offer.waits = vlapic_pending(l);
	}
	offer.threshold = (uint8_t)vlapic_priority_threshold(l);
	return offer;
}

static void ask(void)
{
	bool open = random_below(3);
	struct vlapic_offer a = vlapic_offer(&lapic, open), b = step_by_step(&twin, open);

	assert_int_equal(a.vector, b.vector);
	assert_int_equal(a.waits, b.waits);
	assert_int_equal(a.threshold, b.threshold);
	assert_memory_equal(page, twin_page, sizeof(page));
}

/* The timer's deadline, in the one way and in the other. */
static void ask_timer(uint64_t now)
{
	bool open = random_below(3);
	struct vlapic_offer a, b;

	assert_int_equal(vlapic_tsc_deadline_passed(&lapic, now),
			 vlapic_tsc_deadline_passed(&twin, now));
	if (!vlapic_tsc_deadline_passed(&lapic, now))
		return;
	assert_true(vlapic_advance_tsc(&twin, now));
	a = vlapic_offer_tsc_deadline(&lapic, open);
	b = step_by_step(&twin, open);
	assert_int_equal(a.vector, b.vector);
	assert_int_equal(a.waits, b.waits);
	assert_int_equal(a.threshold, b.threshold);
	assert_memory_equal(page, twin_page, sizeof(page));
	assert_memory_equal(&lapic.timer, &twin.timer, sizeof(twin.timer));
}

static void check_note(unsigned set)
{
	unsigned held = 0;

	for (unsigned i = 0; i < 8; i++)
		held |= (vlapic_get(&lapic, set + i * VLAPIC_REGISTER_STEP) != 0) << i;
	if (lapic.shared)
		assert_int_equal(vlapic_set_registers(&lapic, set), 0xff);
	else
		assert_int_equal(vlapic_set_registers(&lapic, set), held);
}

/* What says that there is nothing in IRR must be right; the opposite may be wrong. */
static void check_may_have(void)
{
	if (!vlapic_outstanding(&twin) && !vlapic_may_have_requests(&twin))
		assert_int_equal(vlapic_highest_request(&twin), -1);
}

static void step(uint64_t *now)
{
	switch (random_below(14)) {
	case 0:
	case 1:
		both_post(random_below(256), random_below(8) == 0);
		break;
	case 2:
		both_end();
		break;
	case 3:
		both_write(VLAPIC_TPR, random_below(2) ? 0 : random_below(256));
		break;
	case 4: /* all delivery modes, levels and polarities */
		both_write(random_below(2) ? VLAPIC_LVT_LINT0 : VLAPIC_LVT_LINT1,
			   random_below(0x20000) & 0x1a7ff);
		break;
	case 5:
		both_drive(random_below(2), random_below(2));
		break;
	case 6:
		both_write(VLAPIC_LVT_TIMER, 0x20020 + random_below(200));
		both_write(VLAPIC_INITIAL_COUNT, random_below(100));
		break;
	case 7:
		both_advance(*now += random_below(10000));
		break;
	case 8:
		both_write(VLAPIC_LVT_TIMER,
			   0x40000 + (random_below(8) ? 0 : 0x10000) + random_below(256));
		vlapic_set_tsc_deadline(&lapic, *now + 1);
		vlapic_set_tsc_deadline(&twin, *now + 1);
		break;
	case 9:
		ask_timer(*now += random_below(2));
		break;
	case 10:
		if (!random_below(8))
			both_begin_again(random_below(2));
		break;
	default:
		ask();
		break;
	}
}

static void live(bool shared)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t now = 0;

		start_both(NULL);
		seed = round;
		if (shared)
			vlapic_share_sets(&lapic);
		for (unsigned i = 0; i < STEPS; i++) {
			step(&now);
			check_note(VLAPIC_ISR);
			check_note(VLAPIC_TMR);
			check_note(VLAPIC_IRR);
			check_may_have();
		}
	}
}

static void an_offer_is_what_its_parts_say(void **state)
{
	live(false);
}

static void with_hardware_the_registers_alone_count(void **state)
{
	live(true);
}

/* What the two ways have in common would not show above. */
static void offers(void **state)
{
	struct vlapic_offer offer = vlapic_offer(&lapic, true);

	assert_int_equal(offer.vector, -1);
	assert_false(offer.waits);
	assert_int_equal(offer.threshold, 0);
	vlapic_post(&lapic, 0x51, false);
	vlapic_post(&lapic, 0x43, false);
	offer = vlapic_offer(&lapic, false);
	assert_int_equal(offer.vector, -1);
	assert_true(offer.waits);
	offer = vlapic_offer(&lapic, true);
	assert_int_equal(offer.vector, 0x51);
	assert_false(offer.waits);
	offer = vlapic_offer(&lapic, true);
	assert_int_equal(offer.vector, -1);
	assert_false(offer.waits);
	assert_int_equal(offer.threshold, 0);
	set(VLAPIC_EOI, 0);
	set(VLAPIC_TPR, 0x40);
	offer = vlapic_offer(&lapic, true);
	assert_int_equal(offer.vector, -1);
	assert_int_equal(offer.threshold, 4);
	set(VLAPIC_TPR, 0x3f);
	assert_int_equal(vlapic_offer(&lapic, true).vector, 0x43);
}

/* The deadline's interrupt is in service at once, or waits as any other. */
static void a_deadline_is_offered(void **state)
{
	set(VLAPIC_LVT_TIMER, 0x40051);
	vlapic_set_tsc_deadline(&lapic, 100);
	assert_false(vlapic_tsc_deadline_passed(&lapic, 99));
	assert_true(vlapic_tsc_deadline_passed(&lapic, 100));
	struct vlapic_offer offer = vlapic_offer_tsc_deadline(&lapic, true);

	assert_int_equal(offer.vector, 0x51);
	assert_int_equal(vlapic_highest_in_service(&lapic), 0x51);
	assert_int_equal(vlapic_highest_request(&lapic), -1);
	assert_int_equal(vlapic_tsc_deadline(&lapic), 0);
	assert_false(vlapic_tsc_deadline_passed(&lapic, UINT64_MAX));
	vlapic_set_tsc_deadline(&lapic, 200);
	offer = vlapic_offer_tsc_deadline(&lapic, true);
	assert_int_equal(offer.vector, -1);
	assert_int_equal(vlapic_highest_request(&lapic), 0x51);
	set(VLAPIC_EOI, 0);
	assert_int_equal(vlapic_offer(&lapic, true).vector, 0x51);
	set(VLAPIC_EOI, 0);
	set(VLAPIC_LVT_TIMER, 0x50051);
	vlapic_set_tsc_deadline(&lapic, 300);
	assert_int_equal(vlapic_offer_tsc_deadline(&lapic, true).vector, -1);
	assert_int_equal(vlapic_highest_request(&lapic), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(offers, enabled),
		cmocka_unit_test_setup(a_deadline_is_offered, enabled),
		cmocka_unit_test(an_offer_is_what_its_parts_say),
		cmocka_unit_test(with_hardware_the_registers_alone_count),
	};

	return cmocka_run_group_tests_name("vlapic_offer", tests, NULL, NULL);
}
