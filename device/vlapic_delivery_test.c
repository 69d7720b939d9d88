/* Hardware that delivers interrupts from the register page and ends them there, played by this test
 * after SDM volume 3, "Evaluation of Pending Virtual Interrupts", "Virtual-Interrupt Delivery" and
 * "EOI Virtualization", beside a sender that knows nothing of it. Whatever comes when, each request is
 * delivered once, in the order of the priorities, and no end of a level is missed. */
#include "tests/host/one_lapic.h"
#include "tests/host/random_numbers.h"

#define ROUNDS      2000
#define STEPS       300
#define CLASS_SHIFT 4
#define WORD_BITS   64u

/* What the CPU keeps beside the page, and what it was last told. */
static struct {
	unsigned requested, in_service; /* RVI and SVI; 0: none */
	unsigned priority;              /* VPPR */
	uint64_t level[4];              /* the EOI-exit bitmap */
	bool in_guest;
} cpu;

/* vcpu->interrupt_request: set by whoever is told to tell the owner. */
static bool flag;

/* What has to come of it: requests not yet delivered, and of these and of those in service the levels
 * whose end the I/O APIC waits for. */
static bool expected[256], level_open[256];
static unsigned level_ends_wanted;

/* --- the page, as hardware goes about it ------------------------------------------------------- */

static uint32_t *word_of(unsigned set, unsigned vector)
{
	return &page[(set + vector / 32 * 0x10) / 4];
}

static unsigned highest(unsigned set)
{
	for (unsigned vector = 255; vector; vector--)
		if (*word_of(set, vector) & 1u << vector % 32)
			return vector;
	return 0;
}

static void update_priority(void)
{
	unsigned task = page[VLAPIC_TPR / 4] & 0xff;

	cpu.priority =
		task >> CLASS_SHIFT >= cpu.in_service >> CLASS_SHIFT ? task : cpu.in_service & 0xf0;
}

static bool is_recognized(void)
{
	return cpu.requested >> CLASS_SHIFT > cpu.priority >> CLASS_SHIFT;
}

/* The highest of those that are expected: nothing else may be delivered. */
static unsigned highest_expected(void)
{
	for (unsigned vector = 255; vector; vector--)
		if (expected[vector])
			return vector;
	return 0;
}

/* One that was sent again meanwhile, and that the owner has not seen, comes again. */
static void took(unsigned vector)
{
	assert_true(expected[vector]);
	expected[vector] = lapic.posted.vectors[vector / WORD_BITS] >> vector % WORD_BITS & 1;
}

static void deliver(void)
{
	unsigned vector = cpu.requested;

	took(vector);
	*word_of(VLAPIC_ISR, vector) |= 1u << vector % 32;
	*word_of(VLAPIC_IRR, vector) &= ~(1u << vector % 32);
	cpu.in_service = vector;
	cpu.priority = vector & 0xf0;
	cpu.requested = highest(VLAPIC_IRR);
}

static void ended(unsigned vector)
{
	level_ends_wanted += level_open[vector];
	level_open[vector] = false;
}

static void end_of_interrupt(void)
{
	unsigned vector = cpu.in_service;

	if (!vector)
		return;
	ended(vector);
	*word_of(VLAPIC_ISR, vector) &= ~(1u << vector % 32);
	cpu.in_service = highest(VLAPIC_ISR);
	update_priority();
	if (!(cpu.level[vector / WORD_BITS] >> vector % WORD_BITS & 1))
		return;
	cpu.in_guest = false;
	vlapic_after_eoi(&lapic, (uint8_t)vector);
	flag = true;
}

static void send_to_itself(unsigned vector)
{
	expected[vector] = true;
	*word_of(VLAPIC_IRR, vector) |= 1u << vector % 32;
	if (vector > cpu.requested)
		cpu.requested = vector;
}

/* --- what the backend and the board do --------------------------------------------------------- */

static void enter(void)
{
	if (flag) {
		int requested, in_service;

		flag = false;
		vlapic_share_sets(&lapic);
		(void)vlapic_pending(&lapic);
		requested = vlapic_highest_request(&lapic);
		in_service = vlapic_highest_in_service(&lapic);
		vlapic_level_vectors(&lapic, cpu.level);
		cpu.requested = requested < 0 ? 0 : (unsigned)requested;
		cpu.in_service = in_service < 0 ? 0 : (unsigned)in_service;
	}
	update_priority();
	assert_int_equal(cpu.requested, highest(VLAPIC_IRR));
	assert_int_equal(cpu.in_service, highest(VLAPIC_ISR));
	assert_int_equal(cpu.priority, vlapic_ppr(&lapic));
	cpu.in_guest = true;
}

/* Another CPU's, at any time. Edges and levels have vectors of their own. */
static void post(void)
{
	unsigned vector = 16 + random_below(240);
	bool level = vector % 8 == 0;

	if (level && level_open[vector])
		return; /* the I/O APIC sends no second one before the end */
	expected[vector] = true;
	level_open[vector] = level;
	if (vlapic_post(&lapic, (uint8_t)vector, level))
		flag = true;
}

/* An exit for which the board looks at registers, or a halt for which somebody asks. */
static void look(void)
{
	cpu.in_guest = false;
	if (random_below(2))
		(void)get(VLAPIC_IRR + random_below(8) * 0x10);
	else
		(void)vlapic_pending(&lapic);
}

/* As after a moment in which interrupts were the software's, such as a mode without hardware. */
static void acknowledge_in_software(void)
{
	int vector;

	cpu.in_guest = false;
	vector = vlapic_acknowledge(&lapic);
	if (vector >= 0) {
		assert_int_equal(vector, highest_expected());
		took((unsigned)vector);
	}
	flag = true;
}

static void end_in_software(void)
{
	int vector = vlapic_highest_in_service(&lapic);

	cpu.in_guest = false;
	if (vector >= 0)
		ended((unsigned)vector);
	set(VLAPIC_EOI, 0);
	flag = true;
}

static void write_priority(void)
{
	page[VLAPIC_TPR / 4] = random_below(3) ? 0 : random_below(16) << CLASS_SHIFT;
	update_priority();
}

static void step(void)
{
	unsigned what = random_below(16);

	if (what < 5)
		post();
	else if (!cpu.in_guest)
		what < 13 ? enter() : what < 15 ? acknowledge_in_software() : end_in_software();
	else if (what < 9 && is_recognized())
		deliver();
	else if (what < 12)
		end_of_interrupt();
	else if (what == 12)
		write_priority();
	else if (what == 13)
		send_to_itself(17 + 8 * random_below(29));
	else
		look();
}

/* The sender is silent from now on, and the guest ends what it is busy with. */
static void let_it_finish(void)
{
	for (unsigned i = 0; i < 4 * 256; i++) {
		if (!cpu.in_guest || flag) /* whoever set it has had the owner kicked */
			enter();
		page[VLAPIC_TPR / 4] = 0;
		update_priority();
		if (is_recognized())
			deliver();
		else
			end_of_interrupt();
	}
	assert_int_equal(highest_expected(), 0);
	assert_int_equal(highest(VLAPIC_IRR), 0);
	assert_int_equal(highest(VLAPIC_ISR), 0);
	assert_int_equal(told.eois, level_ends_wanted);
}

static void nothing_is_lost_and_nothing_comes_twice(void **state)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		enabled(state);
		__builtin_memset(&cpu, 0, sizeof(cpu));
		__builtin_memset(expected, 0, sizeof(expected));
		__builtin_memset(level_open, 0, sizeof(level_open));
		level_ends_wanted = 0;
		flag = true;
		seed = round;
		for (unsigned i = 0; i < STEPS; i++)
			step();
		let_it_finish();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_and_nothing_comes_twice),
	};

	return cmocka_run_group_tests_name("vlapic_delivery", tests, NULL, NULL);
}
