/* Checks debug exceptions, software exceptions, NMIs and the 8259s' way past a local APIC that is
 * switched off, and what the clocks tell of each other: what a debugger or a hypervisor's test suite
 * relies on. With the word "masked" on its command line an interrupt that has to wait is among the
 * checks. Leaves by the debug-exit port: 0 when all passed. Wants testdev=on. */
#include "guest/bare/lapic.h"
#include "guest/bare/legacy.h"
#include "tests/guest/kernels/results.h"
#include "tests/guest/kernels/testdev.h"
#include "tests/guest/kernels/vectors.h"

/* --- exceptions and interrupts --------------------------------------------------------------- */

enum { DEBUG = 1, NMI = 2, BREAKPOINT = 3, OVERFLOW = 4, UNDEFINED = 6, PROTECTION = 13 };

#define VECTOR_LINT  0x40
#define VECTOR_LINE  0x50
#define VECTOR_TIMER 0x60

/* What was taken, in order. */
#define TAKEN 64
static volatile struct {
	uint32_t vector, eip, dr6;
} taken[TAKEN];
static volatile unsigned taken_count;
static volatile unsigned nmis_from_nmi; /* that the handler of the first one sends */
static volatile uint32_t skip_to;       /* where the handlers of faults go on */

#define DEBUG_REGISTER(number)                                                      \
	static uint32_t read_dr##number(void)                                       \
	{                                                                           \
		uint32_t value;                                                     \
                                                                                    \
		__asm__ volatile("mov %%dr" #number ", %0" : "=r"(value));          \
		return value;                                                       \
	}                                                                           \
                                                                                    \
	static void write_dr##number(uint32_t value)                                \
	{                                                                           \
		__asm__ volatile("mov %0, %%dr" #number : : "r"(value) : "memory"); \
	}

DEBUG_REGISTER(6)
DEBUG_REGISTER(7)

#define DR6_FIXED 0xffff0ff0u
#define DR6_BD    0x2000u
#define DR6_BS    0x4000u
#define DR7_FIXED 0x400u
#define DR7_GD    0x2000u

void trap(struct frame *frame)
{
	unsigned n = taken_count++;

	if (n < TAKEN) {
		taken[n].vector = frame->vector;
		taken[n].eip = frame->eip;
		taken[n].dr6 = frame->vector == DEBUG ? read_dr6() : 0;
	}
	if (frame->vector == DEBUG)
		write_dr6(0);
	if (frame->vector == NMI && nmis_from_nmi) {
		for (unsigned left = nmis_from_nmi; left; left--)
			*xapic(LAPIC_ICR) = ICR_ASSERT | ICR_NMI;
		nmis_from_nmi = 0;
	}
	if (frame->vector == UNDEFINED || frame->vector == PROTECTION)
		frame->eip = skip_to;
	if (frame->vector >= VECTOR_PIC && frame->vector < VECTOR_PIC + 8)
		out8(PIC_1, PIC_EOI);
	else if (frame->vector >= VECTOR_LINT && frame->vector != VECTOR_SPURIOUS)
		*xapic(LAPIC_EOI) = 0;
}

static void forget(void)
{
	taken_count = 0;
	write_dr6(0);
}

/* --- single steps ----------------------------------------------------------------------------- */

#define SET_TF   "pushf; orl $0x100, (%%esp); popf;"
#define CLEAR_TF "pushf; andl $~0x100, (%%esp); popf;"

/* Where traps are to be taken, up to a 0. */
#define STEPS(...) ".pushsection .rodata; .align 4; 9: .long " #__VA_ARGS__ ", 0; .popsection; "

/* One trap after each instruction, at `steps`, and none but them (the three that clear TF count). */
static void check_steps(const char *name, const uint32_t *steps)
{
	unsigned n = 0, wrong = 0;

	for (; steps[n]; n++)
		if (n >= taken_count || taken[n].vector != DEBUG || taken[n].eip != steps[n] ||
		    taken[n].dr6 != (DR6_FIXED | DR6_BS))
			wrong = wrong ? wrong : n + 1;
	check(!wrong && taken_count == n + 3, name, (uint64_t)wrong << 32 | taken_count);
}

/* Instructions that exit. */
static void step_exits(void)
{
	static uint8_t text[4];
	uint32_t from = (uint32_t)text, count = 3;
	const uint32_t *steps;

	forget();
	__asm__ volatile("xor %%ecx, %%ecx; " SET_TF
			 "1: mov $1, %%eax; 2: cpuid; 3: rdtsc; 4: nop; 5:" CLEAR_TF STEPS(
				 2b, 3b, 4b, 5b) "mov $9b, %0"
			 : "=r"(steps)
			 :
			 : "eax", "ebx", "ecx", "edx", "cc", "memory");
	check_steps("step: CPUID and RDTSC", steps);

	forget();
	__asm__ volatile(SET_TF "1: inb %%dx, %%al; 2: outb %%al, %%dx; 3: nop; 4:" CLEAR_TF STEPS(
				 2b, 3b, 4b) "mov $9b, %0"
			 : "=r"(steps)
			 : "d"(0x80)
			 : "eax", "cc", "memory");
	check_steps("step: IN and OUT", steps);

	forget();
	__asm__ volatile(SET_TF
			 "1: rep outsb; 2: nop; 3:" CLEAR_TF STEPS(1b, 1b, 2b, 3b) "mov $9b, %0"
			 : "=r"(steps), "+S"(from), "+c"(count)
			 : "d"(0x80)
			 : "cc", "memory");
	check_steps("step: REP OUTS, each element", steps);
}

/* Those that are emulated as a whole, hold a trap back, or wait. */
static void step_others(void)
{
	const uint32_t *steps;

	forget();
	__asm__ volatile(
		SET_TF
		"1: movl %1, %%eax; 2: movl %%eax, %1; 3: addl $0, %1; 4: nop; 5:" CLEAR_TF STEPS(
			2b, 3b, 4b, 5b) "mov $9b, %0"
		: "=r"(steps), "+m"(*xapic(LAPIC_TIMER))
		:
		: "eax", "cc", "memory");
	check_steps("step: device memory", steps);

	forget();
	__asm__ volatile(
		SET_TF
		"1: mov %%ss, %%eax; 2: mov %%eax, %%ss; 3: cpuid; 4: nop; 5:" CLEAR_TF STEPS(
			2b, 4b, 5b) "mov $9b, %0"
		: "=r"(steps)
		:
		: "eax", "ebx", "ecx", "edx", "cc", "memory");
	check_steps("step: MOV SS holds one trap back", steps);

	forget();
	__asm__ volatile(SET_TF "1: hlt; 2: nop; 3:" CLEAR_TF STEPS(2b, 3b) "mov $9b, %0"
			 : "=r"(steps)
			 :
			 : "cc", "memory");
	check_steps("step: HLT ends with its trap", steps);
}

#define LINE 11 /* a wire that nothing else pulls at */

/* An OUT that raises an interrupt: its trap goes first, and is not lost. */
static void step_before_interrupt(void)
{
	uint32_t after;

	ioapic_write(IOAPIC_PIN(LINE) + 1, 0);
	ioapic_write(IOAPIC_PIN(LINE), VECTOR_LINE);
	forget();
	__asm__ volatile("sti; " SET_TF "outb %%al, %%dx; 1: nop; cli; " CLEAR_TF "mov $1b, %0"
			 : "=r"(after)
			 : "a"(1), "d"(TESTDEV_IRQ + LINE)
			 : "cc", "memory");
	check(taken[0].vector == DEBUG && taken[0].eip == after &&
		      taken[0].dr6 == (DR6_FIXED | DR6_BS),
	      "step: an interrupt does not swallow the trap", taken[0].vector);
	check(taken[1].vector == VECTOR_LINE && taken[1].eip == after,
	      "step: the interrupt follows", taken[1].vector);
	set_line(LINE, false);
	ioapic_write(IOAPIC_PIN(LINE), PIN_MASKED);
}

/* --- the other debug exceptions, and software's ------------------------------------------------ */

static void check_software(void)
{
	uint32_t after;

	forget();
	__asm__ volatile("int3; 1: mov $1b, %0" : "=r"(after) : : "memory");
	check(taken_count == 1 && taken[0].vector == BREAKPOINT && taken[0].eip == after, "INT3",
	      taken[0].eip);
	forget();
	__asm__ volatile("movb $127, %%al; addb $1, %%al; into; 1: mov $1b, %0"
			 : "=r"(after)
			 :
			 : "eax", "cc", "memory");
	check(taken_count == 1 && taken[0].vector == OVERFLOW && taken[0].eip == after, "INTO",
	      taken[0].eip);
	forget();
	__asm__ volatile(".byte 0xf1; 1: mov $1b, %0" : "=r"(after) : : "memory");
	check(taken_count == 1 && taken[0].vector == DEBUG && taken[0].eip == after &&
		      taken[0].dr6 == DR6_FIXED,
	      "INT1 sets nothing in DR6", taken[0].dr6);
}

static void check_debug_registers(void)
{
	uint32_t at, value;

	forget();
	write_dr7(DR7_FIXED | DR7_GD);
	__asm__ volatile("1: mov %%dr0, %0; mov $1b, %1" : "=r"(value), "=r"(at) : : "memory");
	check(taken_count == 1 && taken[0].eip == at && taken[0].dr6 == (DR6_FIXED | DR6_BD),
	      "general detection, once", taken[0].dr6);
	check(read_dr7() == DR7_FIXED, "general detection ends itself", read_dr7());

	write_dr6(DR6_FIXED | DR6_BS | 2);
	__asm__ volatile("mov %%dr4, %0" : "=r"(value));
	check(value == (DR6_FIXED | DR6_BS | 2), "DR4 is DR6", value);
	forget();
	__asm__ volatile("mov %%cr4, %0; or $8, %0; mov %0, %%cr4; movl $1f, %1; mov %%dr4, %0; 1: "
			 "mov %%cr4, %0; and $~8, %0; mov %0, %%cr4"
			 : "=&r"(value), "=m"(skip_to)
			 :
			 : "memory");
	check(taken_count == 1 && taken[0].vector == UNDEFINED, "no DR4 with debug extensions",
	      taken[0].vector);
}

static void check_nmis(void)
{
	forget();
	nmis_from_nmi = 10;
	*xapic(LAPIC_ICR) = ICR_ASSERT | ICR_NMI;
	for (unsigned i = 0; i < 100; i++)
		(void)in8(0x80);
	check(taken_count == 2 && taken[1].vector == NMI, "NMI: one is latched in the handler",
	      taken_count);
}

#define MISC_ENABLE         0x1a0
#define MISC_ENABLE_MONITOR (1u << 18)
#define MTRR_CAP            0xfe /* cannot be written */

/* A register that keeps what it is written, read and written again and again. */
static void check_msrs(void)
{
	uint64_t before = read_msr(MISC_ENABLE), other = before ^ MISC_ENABLE_MONITOR;

	for (unsigned i = 0; i < 3; i++) {
		write_msr(MISC_ENABLE, other);
		check(read_msr(MISC_ENABLE) == other, "MSR: holds what it is written", i);
		write_msr(MISC_ENABLE, other);
		check(read_msr(MISC_ENABLE) == other, "MSR: the same once more", i);
		write_msr(MISC_ENABLE, before);
		check(read_msr(MISC_ENABLE) == before, "MSR: and what it held first", i);
	}
	uint64_t capability = read_msr(MTRR_CAP);

	forget();
	for (unsigned i = 0; i < 2; i++) {
		__asm__ volatile("movl $1f, %0; wrmsr; 1:"
				 : "=m"(skip_to)
				 : "c"(MTRR_CAP), "a"((uint32_t)capability),
				   "d"((uint32_t)(capability >> 32))
				 : "memory");
		check(taken_count == i + 1 && taken[i].vector == PROTECTION,
		      "MSR: refused, though it holds just that", taken_count);
	}
}

/* VMX is not shown, nor is a hypervisor that takes calls. */
static void check_vmcall(void)
{
	forget();
	__asm__ volatile("movl $1f, %0; vmcall; 1:" : "=m"(skip_to) : : "memory");
	check(taken_count == 1 && taken[0].vector == UNDEFINED, "VMCALL is no instruction",
	      taken[0].vector);
}

/* --- interrupts past the local APIC ----------------------------------------------------------- */

static uint8_t pic_in_service(void)
{
	out8(PIC_1, PIC_READ_ISR);
	return in8(PIC_1);
}

static void check_intr(void)
{
	start_pics();
	out8(PIC_1_MASK, PIC_ALL & ~1);
	write_msr(APIC_BASE_MSR, read_msr(APIC_BASE_MSR) & ~APIC_BASE_ENABLE);
	check(*xapic(LAPIC_SVR) == ~0u, "local APIC: off, and its registers are gone",
	      *xapic(LAPIC_SVR));
	*xapic(LAPIC_LINT0) = 0;
	forget();
	start_pit(PIT_ONE_SHOT, PIT_MILLISECOND);
	__asm__ volatile("sti; hlt; cli" : : : "memory");
	check(taken_count == 1 && taken[0].vector == VECTOR_PIC,
	      "8259: past a local APIC that is off", taken[0].vector);
	check(!pic_in_service(), "8259: ended", pic_in_service());

	write_msr(APIC_BASE_MSR, read_msr(APIC_BASE_MSR) | APIC_BASE_ENABLE);
	check(*xapic(LAPIC_LINT0) == LVT_MASKED && *xapic(LAPIC_SVR) == VECTOR_SPURIOUS,
	      "local APIC: on, as after power-up", *xapic(LAPIC_LINT0));
	*xapic(LAPIC_SVR) = SVR_ENABLE | VECTOR_SPURIOUS;
	*xapic(LAPIC_LINT0) = VECTOR_LINT;
	forget();
	start_pit(PIT_ONE_SHOT, PIT_MILLISECOND);
	__asm__ volatile("sti; hlt; cli" : : : "memory");
	check(taken_count == 1 && taken[0].vector == VECTOR_LINT, "LINT0: a fixed interrupt",
	      taken[0].vector);
	*xapic(LAPIC_LINT0) = LVT_MASKED;
	out8(PIC_1_MASK, PIC_ALL);
}

/* --- clocks ------------------------------------------------------------------------------------ */

#define TIMER_COUNT   100000
#define PLATFORM_INFO 0xce

static void check_clocks(void)
{
	*xapic(LAPIC_DIVIDE) = DIVIDE_BY_1;
	*xapic(LAPIC_TIMER) = VECTOR_TIMER;
	forget();
	uint64_t before = read_tsc();
	*xapic(LAPIC_INITIAL) = TIMER_COUNT;
	__asm__ volatile("sti; hlt; cli" : : : "memory");
	uint64_t after = read_tsc();
	check(taken_count == 1 && after - before >= TIMER_COUNT, "timer: no faster than the TSC",
	      after - before);
	*xapic(LAPIC_TIMER) = LVT_MASKED;
	check(read_msr(PLATFORM_INFO), "the platform has speeds", read_msr(PLATFORM_INFO));
}

void start(uint32_t magic, uint32_t info)
{
	set_gates();
	tables_load();
	*xapic(LAPIC_SVR) = SVR_ENABLE | VECTOR_SPURIOUS;
	*xapic(LAPIC_LINT0) = LVT_MASKED;
	/* Twice: what was answered before may be answered in another way. */
	for (unsigned i = 0; i < 2; i++) {
		step_exits();
		step_others();
		check_msrs();
	}
	/* Bochs 2.7, when it delivers interrupts itself, puts them before the trap. */
	if (has_word(info, "masked"))
		step_before_interrupt();
	check_software();
	check_debug_registers();
	check_nmis();
	check_vmcall();
	check_intr();
	check_clocks();
	finish();
}
