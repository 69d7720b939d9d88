/* The registers, flags and interrupts of the MC146818, and its bytes of memory. */
#include "device/rtc.h"

#include "device/clock.h"
#include "device/rtc_time.h"
#include "lib/bits.h"
#include "lib/bytes.h"

#define INDEX_MASK 0x7f
#define FLOATING   0xff

#define A_UIP           0x80 /* an update is near or under way */
#define A_DIVIDER_RESET 0x60 /* both: the divider chain is held in reset */
#define A_RATE          0x0f
#define A_USUAL         0x26 /* a crystal of 32768 Hz, 1024 interrupts a second */
#define B_SET           0x80 /* no updates: the time is being set */
#define B_PIE           0x40
#define B_AIE           0x20
#define B_UIE           0x10
#define B_SQWE          0x08
#define C_IRQF          0x80
#define C_PF            0x40 /* each flag has its enable in the same bit of B */
#define C_AF            0x20
#define C_UF            0x10
#define D_VRT           0x80 /* the battery was never empty */

#define HZ 32768

/* UIP is set 244 microseconds before an update, which takes 1984: "Update Cycle". The new time is
 * there with its end, which is the second's. */
#define UIP_TICKS 73

/* The first update comes half a second after the divider is let go: "Divider Control". */
#define RELEASE_TICKS (HZ / 2)

/* What PC firmware keeps where. */
#define CMOS_EQUIPMENT        0x14
#define CMOS_BASE_MEMORY      0x15 /* KiB, 16 bits */
#define CMOS_EXTENDED_MEMORY  0x17 /* KiB from 1 MiB, 16 bits */
#define CMOS_EXTENDED_ACTUAL  0x30 /* the same */
#define CMOS_BOOT_THIRD       0x38 /* in the high nibble */
#define CMOS_BOOT_FIRST       0x3d /* in the low nibble; the second in the high one */
#define CMOS_MEMORY_FROM_16M  0x34 /* 64 KiB, 16 bits */
#define CMOS_MEMORY_FROM_4G   0x5b /* 64 KiB, 24 bits */
#define CMOS_CPUS_LESS_ONE    0x5f
#define CMOS_CHECKSUM_FIRST   0x10
#define CMOS_CHECKSUM_LAST    0x2d
#define CMOS_CHECKSUM         0x2e /* high byte first */
#define EQUIPMENT_COPROCESSOR 0x02
#define EQUIPMENT_MOUSE       0x04

static void update_irq(struct rtc *rtc)
{
	uint8_t flags = rtc->bytes[RTC_C] & (C_PF | C_AF | C_UF);
	bool irq = flags & rtc->bytes[RTC_B];

	rtc->bytes[RTC_C] = flags | (irq ? C_IRQF : 0);
	wire_set(&rtc->irq, irq);
}

/* Ticks since the divider chain's first second began. The difference is right past a wrap too. */
static uint64_t elapsed(const struct rtc *rtc)
{
	return rtc->tick - rtc->phase;
}

/* Ticks from one periodic interrupt to the next; 0 when there are none. */
static unsigned period(const struct rtc *rtc)
{
	unsigned rate = rtc->bytes[RTC_A] & A_RATE;

	if (rate == 1 || rate == 2)
		rate += 7; /* with this crystal, names of 8 and 9 */
	return rate ? 1u << (rate - 1) : 0;
}

/* --- time passes ---------------------------------------------------------------------------- */

static void pass_periods(struct rtc *rtc, uint64_t before, uint64_t after)
{
	uint64_t periods = period(rtc) ? after / period(rtc) - before / period(rtc) : 0;

	if (!periods)
		return;
	if (rtc->bytes[RTC_B] & B_PIE)
		rtc->missed += periods - !(rtc->bytes[RTC_C] & C_PF);
	rtc->bytes[RTC_C] |= C_PF;
}

static void pass_seconds(struct rtc *rtc, uint64_t seconds)
{
	unsigned to_alarm;

	if (!seconds || (rtc->bytes[RTC_B] & B_SET))
		return;
	to_alarm = rtc_time_to_alarm(rtc->bytes);
	rtc_time_add(rtc->bytes, seconds);
	rtc->bytes[RTC_C] |= C_UF;
	if (to_alarm && to_alarm <= seconds)
		rtc->bytes[RTC_C] |= C_AF;
}

static void rtc_advance(void *chip, device_time now)
{
	struct rtc *rtc = chip;
	uint64_t before = elapsed(rtc), tick = clock_ticks(now, HZ);

	if (tick <= rtc->tick)
		return;
	rtc->tick = tick;
	if (!rtc->running)
		return;
	pass_periods(rtc, before, elapsed(rtc));
	pass_seconds(rtc, elapsed(rtc) / HZ - before / HZ);
	update_irq(rtc);
}

static device_time rtc_next(const void *chip)
{
	const struct rtc *rtc = chip;
	uint64_t ticks = UINT64_MAX, to_second = HZ - elapsed(rtc) % HZ;
	uint8_t enabled = rtc->bytes[RTC_B];
	unsigned to_alarm;

	/* Once the wire is high, nothing changes before the guest reads register C. */
	if (!rtc->running || (rtc->bytes[RTC_C] & C_IRQF))
		return DEVICE_NEVER;
	if ((enabled & B_PIE) && period(rtc))
		ticks = period(rtc) - elapsed(rtc) % period(rtc);
	if ((enabled & B_UIE) && !(enabled & B_SET) && to_second < ticks)
		ticks = to_second;
	if ((enabled & B_AIE) && !(enabled & B_SET)) {
		to_alarm = rtc_time_to_alarm(rtc->bytes);
		if (to_alarm && to_second + (to_alarm - 1ull) * HZ < ticks)
			ticks = to_second + (to_alarm - 1ull) * HZ;
	}
	return ticks > UINT64_MAX - rtc->tick ? DEVICE_NEVER : clock_time(rtc->tick + ticks, HZ);
}

/* --- registers ------------------------------------------------------------------------------ */

static bool is_updating(const struct rtc *rtc)
{
	return rtc->running && !(rtc->bytes[RTC_B] & B_SET) && elapsed(rtc) % HZ >= HZ - UIP_TICKS;
}

static uint64_t rtc_read(void *chip, uint64_t offset, unsigned width)
{
	struct rtc *rtc = chip;
	uint8_t value = rtc->bytes[rtc->index];

	if (!offset)
		return FLOATING; /* the index is write-only */
	if (rtc->index == RTC_A && is_updating(rtc))
		value |= A_UIP;
	if (rtc->index == RTC_C) {
		rtc->bytes[RTC_C] = 0;
		update_irq(rtc);
	}
	return value;
}

static void write_a(struct rtc *rtc, uint8_t value)
{
	bool running = (value & A_DIVIDER_RESET) != A_DIVIDER_RESET;

	if (running && !rtc->running)
		rtc->phase = rtc->tick - RELEASE_TICKS;
	rtc->running = running;
	rtc->bytes[RTC_A] = value & ~A_UIP;
}

static void write_b(struct rtc *rtc, uint8_t value)
{
	if ((value & B_SET) && !(rtc->bytes[RTC_B] & B_SET))
		value &= ~B_UIE; /* "SET bit going high" clears it */
	rtc->bytes[RTC_B] = value;
	update_irq(rtc);
}

static void rtc_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct rtc *rtc = chip;

	if (!offset) {
		rtc->index = value & INDEX_MASK;
		return;
	}
	switch (rtc->index) {
	case RTC_A:
		write_a(rtc, (uint8_t)value);
		break;
	case RTC_B:
		write_b(rtc, (uint8_t)value);
		break;
	case RTC_C:
	case RTC_D:
		break; /* read-only */
	default:
		rtc->bytes[rtc->index] = (uint8_t)value;
	}
}

/* RESET# of the chip: the time, the memory and the time's format are kept by the battery. */
static void rtc_reset(void *chip)
{
	struct rtc *rtc = chip;

	rtc->index = 0;
	rtc->bytes[RTC_B] &= ~(B_PIE | B_AIE | B_UIE | B_SQWE);
	rtc->bytes[RTC_C] = 0;
	update_irq(rtc);
}

/* --- what the board fills in ---------------------------------------------------------------- */

/* `value` in `count` bytes, lowest first; the largest that fits when it does not. */
static void put(struct rtc *rtc, unsigned at, unsigned count, uint64_t value)
{
	uint64_t most = BITS(count * 8 - 1, 0);

	if (value > most)
		value = most;
	store_bytes(&rtc->bytes[at], value, count);
}

static void seal(struct rtc *rtc)
{
	uint16_t sum = 0;

	for (unsigned i = CMOS_CHECKSUM_FIRST; i <= CMOS_CHECKSUM_LAST; i++)
		sum = (uint16_t)(sum + rtc->bytes[i]);
	rtc->bytes[CMOS_CHECKSUM] = (uint8_t)(sum >> 8);
	rtc->bytes[CMOS_CHECKSUM + 1] = (uint8_t)sum;
}

static uint64_t beyond(uint64_t size, uint64_t start)
{
	return size > start ? size - start : 0;
}

void rtc_describe_memory(struct rtc *rtc, uint64_t below_4g, uint64_t above_4g)
{
	put(rtc, CMOS_BASE_MEMORY, 2, below_4g < KIB(640) ? below_4g / KIB(1) : 640);
	put(rtc, CMOS_EXTENDED_MEMORY, 2, beyond(below_4g, MIB(1)) / KIB(1));
	put(rtc, CMOS_EXTENDED_ACTUAL, 2, beyond(below_4g, MIB(1)) / KIB(1));
	put(rtc, CMOS_MEMORY_FROM_16M, 2, beyond(below_4g, MIB(16)) / KIB(64));
	put(rtc, CMOS_MEMORY_FROM_4G, 3, above_4g / KIB(64));
	seal(rtc);
}

void rtc_describe_cpus(struct rtc *rtc, unsigned cpus)
{
	put(rtc, CMOS_CPUS_LESS_ONE, 1, cpus ? cpus - 1 : 0);
}

void rtc_describe_boot(struct rtc *rtc, enum rtc_boot first, enum rtc_boot second,
		       enum rtc_boot third)
{
	rtc->bytes[CMOS_BOOT_FIRST] = (uint8_t)(second << 4 | first);
	rtc->bytes[CMOS_BOOT_THIRD] = (uint8_t)(third << 4);
}

void rtc_init(struct rtc *rtc, const struct wire *irq, uint64_t seconds)
{
	*rtc = (struct rtc) { .irq = *irq, .running = true };
	rtc->bytes[RTC_A] = A_USUAL;
	rtc->bytes[RTC_B] = RTC_B_24_HOURS;
	rtc->bytes[RTC_D] = D_VRT;
	rtc->bytes[CMOS_EQUIPMENT] = EQUIPMENT_COPROCESSOR | EQUIPMENT_MOUSE;
	rtc_time_set(rtc->bytes, seconds);
	seal(rtc);
	rtc_reset(rtc);
}

const struct chip_ops rtc_ops = {
	.name = "rtc",
	.read = rtc_read,
	.write = rtc_write,
	.advance = rtc_advance,
	.next = rtc_next,
	.reset = rtc_reset,
};

enum error rtc_attach(struct rtc *rtc, struct bus *ports, struct reason *why)
{
	static const struct bus_place place = { RTC_PORT, RTC_PORTS, 0, 1 };

	return bus_attach(ports, &place, 1, &rtc_ops, rtc, why);
}
