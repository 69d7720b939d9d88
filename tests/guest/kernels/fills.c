/* Fills its RAM from 16 MiB up, where a test has it lazy, and resets its machine. In its first life it
 * touches every other page, in its second all of them; each has to be zero when a life begins. With the
 * word "receives" on its command line an IN string instruction touches them first, which the hypervisor
 * carries out; with "waits" it begins when the clock's third second from then begins. */
#include "tests/guest/kernels/results.h"

#define FILLED_FROM 0x1000000u
#define PAGE_BYTES  4096u
#define PAGE_WORDS  (PAGE_BYTES / 4)

#define COM1_SCRATCH 0x3ff /* a register that keeps what it is given */
#define MARK         0xa5  /* the first byte of a page that was touched; its last word is its address */

#define CMOS_INDEX   0x70
#define CMOS_DATA    0x71
#define CMOS_SECONDS 0
#define CMOS_LIVES   0x50 /* nobody else's, and 0 at first */

#define LOOKS_APART 10000

#define RESET_CONTROL 0xcf9
#define SYSTEM_RESET  2
#define HARD_RESET    6

static uint8_t cmos(uint8_t index)
{
	out8(CMOS_INDEX, index);
	return in8(CMOS_DATA);
}

static uint8_t count_life(void)
{
	uint8_t life = (uint8_t)(cmos(CMOS_LIVES) + 1);

	out8(CMOS_DATA, life);
	return life;
}

/* Looks at the clock now and then, and lets others have the CPU in between. */
static void wait_for_second(unsigned number)
{
	for (; number; number--) {
		uint8_t now = cmos(CMOS_SECONDS);

		while (cmos(CMOS_SECONDS) == now)
			for (unsigned i = 0; i < LOOKS_APART; i++)
				__asm__ volatile("pause");
	}
}

/* In words, all below 4 GiB: Multiboot Specification 0.6.96, "Boot information format". */
enum { INFO_MAP_LENGTH = 11, INFO_MAP = 12 };
enum { ENTRY_SIZE = 0, ENTRY_START = 1, ENTRY_LENGTH = 3, ENTRY_KIND = 5 };
enum { KIND_RAM = 1 };

/* The end of the stretch of RAM that FILLED_FROM is in. */
static uint32_t ram_end(uint32_t info)
{
	const uint32_t *given = (const uint32_t *)info;
	uint32_t at = given[INFO_MAP], end = at + given[INFO_MAP_LENGTH];

	while (at < end) {
		const uint32_t *entry = (const uint32_t *)at;

		if (FILLED_FROM - entry[ENTRY_START] < entry[ENTRY_LENGTH] &&
		    entry[ENTRY_KIND] == KIND_RAM)
			return entry[ENTRY_START] + entry[ENTRY_LENGTH];
		at += entry[ENTRY_SIZE] + sizeof(entry[ENTRY_SIZE]);
	}
	return FILLED_FROM;
}

static void store_mark(uint32_t page)
{
	*(volatile uint8_t *)page = MARK;
}

static void receive_mark(uint32_t page)
{
	__asm__ volatile("insb" : "+D"(page) : "d"(COM1_SCRATCH) : "memory");
}

static bool has_only_mark(uint32_t page)
{
	uint32_t at = page + 4, count = PAGE_WORDS - 1;
	bool zero;

	__asm__ volatile("repe scasl"
			 : "+D"(at), "+c"(count), "=@ccz"(zero)
			 : "a"(0)
			 : "memory");
	return zero && *(volatile uint32_t *)page == MARK;
}

static bool is_filled(uint32_t page)
{
	return *(volatile uint8_t *)page == MARK &&
	       ((volatile uint32_t *)page)[PAGE_WORDS - 1] == page;
}

/* The first page that was not zero, or is not what was written to it; 0: there is none. */
static uint32_t fill(uint32_t end, uint32_t step, void (*mark)(uint32_t page))
{
	for (uint32_t page = FILLED_FROM; page < end; page += step) {
		mark(page);
		if (!has_only_mark(page))
			return page;
		((volatile uint32_t *)page)[PAGE_WORDS - 1] = page;
	}
	for (uint32_t page = FILLED_FROM; page < end; page += step)
		if (!is_filled(page))
			return page;
	return 0;
}

void start(uint32_t magic, uint32_t info)
{
	void (*mark)(uint32_t page) = has_word(info, "receives") ? receive_mark : store_mark;
	uint32_t end = ram_end(info), wrong;

	out8(COM1_SCRATCH, MARK);
	if (count_life() == 1) {
		if (has_word(info, "waits"))
			wait_for_second(3);
		wrong = fill(end, 2 * PAGE_BYTES, mark);
		if (check(!wrong, "fills: every other page", wrong)) {
			out8(RESET_CONTROL, SYSTEM_RESET);
			out8(RESET_CONTROL, HARD_RESET);
		}
	} else {
		wrong = fill(end, PAGE_BYTES, mark);
		check(!wrong, "fills: every page after a reset", wrong);
	}
	finish();
}
