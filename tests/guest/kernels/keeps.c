/* Fills every register that changes hands with the CPU, gives its turn away by PAUSE, and looks whether all is as it
 * was. Several of it share a CPU, each with a letter of its own on the command line, which makes its values
 * differ. Words: "same" has it keep the values that exits tell of to those of all others with that
 * word, "extended" has all that XCR0 may have, "changes" has that now and then, and "breakpoints" fills the
 * debug registers. */
#include "tests/guest/kernels/results.h"

#define ROUNDS 300
#define YIELDS 3

#define CR4_OSFXSR  (1u << 9)
#define CR4_OSXSAVE (1u << 18)
#define XCR0_X87    1u

#define MSRS 6
static const uint32_t msrs[MSRS] = { 0xc0000081, 0xc0000082, 0xc0000083,
				     0xc0000084, 0xc0000103, 0xc0000102 };
/* Changed by SWAPGS as well, and so never the same. */
#define KERNEL_GS_BASE 5

static uint32_t seed;
static bool same, extended, breakpoints;
static uint32_t wrong; /* the first that was: 1 to 6 MSRs, then as below */
enum { WRONG_CR2 = 16, WRONG_DEBUG = 32, WRONG_XMM = 48, WRONG_YMM = 64, WRONG_LEFT = 80 };

static void blame(uint32_t what)
{
	if (!wrong)
		wrong = what;
}

static uint32_t msr_value(uint32_t i, uint32_t round)
{
	return (same && i != KERNEL_GS_BASE ? 0x5a0000 : seed + (round << 8)) + i + 1;
}

/* --- vector registers ------------------------------------------------------------------------ */

struct vector {
	uint32_t words[8];
} __attribute__((aligned(32)));

static void set_xcr0(uint32_t value)
{
	__asm__ volatile("xsetbv" : : "c"(0), "a"(value), "d"(0));
}

static uint32_t all_components(void)
{
	uint32_t eax = 0xd, ebx, ecx = 0, edx;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return eax;
}

static void load_xmm(uint32_t value)
{
	__asm__ volatile("movd %0, %%xmm0\n\tmovd %0, %%xmm7" : : "r"(value));
}

static uint32_t read_xmm(void)
{
	uint32_t first, last;

	__asm__ volatile("movd %%xmm0, %0\n\tmovd %%xmm7, %1" : "=r"(first), "=r"(last));
	return first == last ? first : 0;
}

static void load_ymm(uint32_t value)
{
	struct vector vector = { .words = { value, 0, 0, 0, 0, 0, 0, ~value } };

	__asm__ volatile("vmovdqa %0, %%ymm0\n\tvmovdqa %0, %%ymm7" : : "m"(vector));
}

static bool has_ymm(uint32_t value)
{
	struct vector vector;

	__asm__ volatile("vmovdqa %%ymm7, %0" : "=m"(vector));
	return vector.words[0] == value && vector.words[7] == ~value;
}

/* Nothing of another guest's is there. */
static bool ymm_is_clear(void)
{
	struct vector vector;

	__asm__ volatile("vmovdqa %%ymm7, %0" : "=m"(vector));
	for (unsigned i = 4; i < 8; i++)
		if (vector.words[i])
			return false;
	return true;
}

/* --- debug registers ------------------------------------------------------------------------- */

#define WRITE_DR(number, value) __asm__ volatile("movl %0, %%dr" #number : : "r"(value))

static void write_debug(uint32_t value)
{
	WRITE_DR(0, value);
	WRITE_DR(1, value ? value + 1 : 0);
	WRITE_DR(2, value ? value + 2 : 0);
	WRITE_DR(3, value ? value + 3 : 0);
}

static bool has_debug(uint32_t value)
{
	uint32_t dr[4];

	__asm__ volatile("movl %%dr0, %0\n\tmovl %%dr1, %1\n\tmovl %%dr2, %2\n\tmovl %%dr3, %3"
			 : "=r"(dr[0]), "=r"(dr[1]), "=r"(dr[2]), "=r"(dr[3]));
	for (unsigned i = 0; i < 4; i++)
		if (dr[i] != (value ? value + i : 0))
			return false;
	return true;
}

/* --- a round --------------------------------------------------------------------------------- */

static void fill(uint32_t round, uint32_t value)
{
	for (uint32_t i = 0; i < MSRS; i++)
		if (!same || !round || i == KERNEL_GS_BASE)
			write_msr(msrs[i], msr_value(i, round));
	__asm__ volatile("movl %0, %%cr2" : : "r"(value + 7));
	if (breakpoints)
		write_debug(round % 8 ? value : 0);
	if (extended)
		load_ymm(value);
	else
		load_xmm(value);
}

static void look(uint32_t round, uint32_t value)
{
	uint32_t cr2;

	for (uint32_t i = 0; i < MSRS; i++)
		if (read_msr(msrs[i]) != msr_value(i, round))
			blame(i + 1);
	__asm__ volatile("movl %%cr2, %0" : "=r"(cr2));
	if (cr2 != value + 7)
		blame(WRONG_CR2);
	if (breakpoints && !has_debug(round % 8 ? value : 0))
		blame(WRONG_DEBUG);
	if (read_xmm() != value)
		blame(WRONG_XMM);
	if (extended && !has_ymm(value))
		blame(WRONG_YMM);
}

static void find_letter(uint32_t info)
{
	static const char *const letters[] = { "a", "b", "c", "d", "e", "f", "g", "h" };

	for (uint32_t i = 0; i < 8; i++)
		if (has_word(info, letters[i]))
			seed = (i + 1) << 20;
}

void start(uint32_t magic, uint32_t info)
{
	bool changes = has_word(info, "changes");
	uint32_t cr4;

	find_letter(info);
	same = has_word(info, "same");
	breakpoints = has_word(info, "breakpoints");
	__asm__ volatile("movl %%cr4, %0" : "=r"(cr4));
	cr4 |= CR4_OSFXSR | CR4_OSXSAVE;
	__asm__ volatile("movl %0, %%cr4" : : "r"(cr4));
	if (has_word(info, "extended")) {
		set_xcr0(all_components());
		extended = true;
	}
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t value = seed + (round << 8) + 1;

		if (changes && round && round % 50 == 0) {
			set_xcr0(extended ? XCR0_X87 : all_components());
			extended = !extended;
			if (round == 50 && !ymm_is_clear())
				blame(WRONG_LEFT);
		}
		fill(round, value);
		for (unsigned i = 0; i < YIELDS; i++)
			__asm__ volatile("pause");
		look(round, value);
	}
	check(!wrong, "keeps: every register", wrong);
	finish();
}
