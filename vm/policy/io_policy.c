/* Ports that guests reach without an exit. */
#include "vm/policy/io_policy.h"

#include "lib/text_list.h"

/* X(first, last, what): ports that Plinth or the whole machine depends on. */
#define HELD_LIST(X)                                           \
	X(0x0020, 0x0021, "the interrupt controller")          \
	X(0x0040, 0x0043, "the timer")                         \
	X(0x0060, 0x0064, "the keyboard controller and reset") \
	X(0x0070, 0x0071, "CMOS")                              \
	X(0x0092, 0x0092, "system control port A")             \
	X(0x00a0, 0x00a1, "the interrupt controller")          \
	X(0x00e9, 0x00e9, "the emulator's console")            \
	X(0x00f4, 0x00f7, "the emulator's exit")               \
	X(0x03b0, 0x03df, "the display")                       \
	X(0x03f8, 0x03ff, "the serial port")                   \
	X(0x0600, 0x0607, "power management")                  \
	X(0x0cf8, 0x0cff, "PCI configuration and reset")       \
	X(0x8900, 0x8903, "the emulator's shutdown")           \
	X(0x8a00, 0x8a03, "the emulator's debugger")           \
	X(0xb000, 0xb03f, "power management")

static const struct io_range held[] = {
#define X(first, last, what) { (first), (last) },
	HELD_LIST(X)
#undef X
};

static const char held_names[] =
#define X(first, last, what) what "\0"
	HELD_LIST(X)
#undef X
	;

enum error io_policy_open(struct io_policy *policy, uint16_t first, uint16_t last,
			  struct reason *why)
{
	if (first > last)
		return reason_set(why, ERROR_INVALID_INPUT, "ports 0x%x-0x%x are upside down",
				  first, last);
	for (unsigned i = 0; i < ARRAY_SIZE(held); i++)
		if (first <= held[i].last && held[i].first <= last)
			return reason_set(why, ERROR_INVALID_INPUT,
					  "ports 0x%x-0x%x belong to the host: 0x%x is %s", first,
					  last, held[i].first, nth_text(held_names, i));
	if (policy->count == IO_POLICY_RANGES)
		return reason_set(why, ERROR_NO_MEMORY, "more than %u ranges of open ports",
				  IO_POLICY_RANGES);
	policy->open[policy->count++] = (struct io_range) { first, last };
	return ERROR_NONE;
}

static bool is_open(const struct io_policy *policy, uint32_t port)
{
	for (unsigned i = 0; i < policy->count; i++)
		if (port >= policy->open[i].first && port <= policy->open[i].last)
			return true;
	return false;
}

bool io_policy_passes(const struct io_policy *policy, uint16_t port, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		if (port + i >= IO_PORTS || !is_open(policy, port + i))
			return false;
	return true;
}
