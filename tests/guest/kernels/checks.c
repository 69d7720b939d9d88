/* Checks the machine's interrupts, timers and device memory from inside, as a hypervisor's test suite
 * does, and leaves by the debug-exit port: 0 when all passed. With the word "x2apic" on its command
 * line the local APIC is driven by MSRs, with "masked" interrupts that have to wait are among the
 * checks. Wants two CPUs, testdev=on. */
#include "tests/guest/kernels/results.h"

/* --- interrupts ------------------------------------------------------------------------------ */

#define EXCEPTIONS      32
#define NMI             2
#define INTERRUPT_GATE  0x8e00
#define CODE            0x10
#define DATA            0x18
#define FLAT_CODE       0x00cf9b000000ffffull
#define FLAT_DATA       0x00cf93000000ffffull
#define PIC_1           0x20
#define PIC_2           0xa0
#define PIC_EOI         0x20
#define VECTOR_PIC      0x20
#define VECTOR_IOAPIC   0x50
#define VECTOR_LEVEL    0x58
#define VECTOR_LOW      0x5c
#define VECTOR_TIMER    0x60
#define VECTOR_IPI      0x70
#define VECTOR_ANSWER   0x78
#define VECTOR_SPURIOUS 0xff

extern const uint32_t vector_entries[256];
extern const uint8_t trampoline[], trampoline_end[], trampoline_descriptor[];

void interrupt(uint32_t vector);
void second_cpu(void);

struct descriptor_register {
	uint16_t limit;
	uint32_t base;
} __attribute__((packed));

static uint64_t idt[256];
static const uint64_t gdt[] = { 0, 0, FLAT_CODE, FLAT_DATA };
static struct descriptor_register idtr = { sizeof(idt) - 1, 0 };
static struct descriptor_register gdtr = { sizeof(gdt) - 1, 0 };

static volatile uint32_t counts[256];
static volatile uint32_t second_counts[256];
static volatile unsigned level_raises; /* how often the handler leaves the level line up */
static volatile bool second_is_up;
static volatile bool stay; /* the next VECTOR_IPI stays in its handler for a while */

static void load_tables(void)
{
	gdtr.base = (uint32_t)gdt;
	idtr.base = (uint32_t)idt;
	__asm__ volatile(
		"lgdt %0; lidt %1; ljmp %2, $1f; 1: mov %3, %%ds; mov %3, %%es; mov %3, %%ss"
		:
		: "m"(gdtr), "m"(idtr), "i"(CODE), "r"(DATA)
		: "memory");
}

static void fill_idt(void)
{
	for (unsigned i = 0; i < 256; i++)
		idt[i] = (vector_entries[i] & 0xffff) | CODE << 16 |
			 (uint64_t)(INTERRUPT_GATE | (vector_entries[i] & 0xffff0000)) << 32;
}

/* Lets interrupts in for one HLT. */
static void wait(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

/* Lets what is pending in. */
static void breathe(void)
{
	__asm__ volatile("sti; nop; nop; cli" : : : "memory");
}

/* --- the local APIC -------------------------------------------------------------------------- */

#define APIC_BASE     0xfee00000u
#define APIC_BASE_MSR 0x1b
#define APIC_X2       0xc00ull
#define X2APIC_MSR(r) (0x800 + ((r) >> 4))
#define TSC_DEADLINE  0x6e0

enum {
	LAPIC_ID = 0x20,
	LAPIC_VERSION = 0x30,
	LAPIC_TPR = 0x80,
	LAPIC_EOI = 0xb0,
	LAPIC_LDR = 0xd0,
	LAPIC_DFR = 0xe0,
	LAPIC_SVR = 0xf0,
	LAPIC_ISR = 0x100,
	LAPIC_IRR = 0x200,
	LAPIC_ESR = 0x280,
	LAPIC_ICR = 0x300,
	LAPIC_ICR_HIGH = 0x310,
	LAPIC_TIMER = 0x320,
	LAPIC_LINT0 = 0x350,
	LAPIC_INITIAL = 0x380,
	LAPIC_CURRENT = 0x390,
	LAPIC_DIVIDE = 0x3e0,
};

#define ICR_LOGICAL      0x800
#define ICR_NMI          0x400
#define ICR_INIT         0x500
#define ICR_START_UP     0x600
#define ICR_ASSERT       0x4000
#define ICR_BUSY         0x1000
#define ICR_SELF         0x40000
#define ICR_ALL          0x80000
#define ICR_ALL_BUT_SELF 0xc0000
#define LVT_MASKED       0x10000
#define LVT_PERIODIC     0x20000
#define LVT_TSC          0x40000
#define LVT_EXTINT       0x700
#define DIVIDE_BY_1      0xb
#define SVR_ENABLE       0x100

static bool x2apic;

static uint32_t lapic_read(unsigned reg)
{
	return x2apic ? (uint32_t)read_msr(X2APIC_MSR(reg))
		      : *(volatile uint32_t *)(APIC_BASE + reg);
}

static void lapic_write(unsigned reg, uint32_t value)
{
	if (x2apic)
		write_msr(X2APIC_MSR(reg), value);
	else
		*(volatile uint32_t *)(APIC_BASE + reg) = value;
}

static void send_ipi(uint32_t destination, uint32_t command)
{
	if (x2apic) {
		write_msr(X2APIC_MSR(LAPIC_ICR), (uint64_t)destination << 32 | command);
		return;
	}
	lapic_write(LAPIC_ICR_HIGH, destination << 24);
	lapic_write(LAPIC_ICR, command);
	while (lapic_read(LAPIC_ICR) & ICR_BUSY)
		;
}

static void lapic_start(void)
{
	if (x2apic)
		write_msr(APIC_BASE_MSR, read_msr(APIC_BASE_MSR) | APIC_X2);
	lapic_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	lapic_write(LAPIC_TPR, 0);
}

static uint32_t lapic_id(void)
{
	return x2apic ? lapic_read(LAPIC_ID) : lapic_read(LAPIC_ID) >> 24;
}

/* --- the I/O APIC and the test device -------------------------------------------------------- */

#define IOAPIC        0xfec00000u
#define IOAPIC_WINDOW 0x10
#define IOAPIC_PIN(n) (0x10 + 2 * (n))
#define PIN_MASKED    0x10000u
#define PIN_LEVEL     0x8000u
#define PIN_REMOTE    0x4000u
#define PIN_TIMER     2
#define PIN_LEVELLED  10
#define TESTDEV_IRQ   0x2000

static uint32_t ioapic_read(unsigned reg)
{
	*(volatile uint32_t *)IOAPIC = reg;
	return *(volatile uint32_t *)(IOAPIC + IOAPIC_WINDOW);
}

static void ioapic_write(unsigned reg, uint32_t value)
{
	*(volatile uint32_t *)IOAPIC = reg;
	*(volatile uint32_t *)(IOAPIC + IOAPIC_WINDOW) = value;
}

static void set_line(unsigned irq, bool level)
{
	out8((uint16_t)(TESTDEV_IRQ + irq), level);
}

static void stay_in_handler(void);

void interrupt(uint32_t vector)
{
	if (second_is_up && lapic_id()) {
		second_counts[vector]++;
		if (vector >= EXCEPTIONS)
			lapic_write(LAPIC_EOI, 0);
		return;
	}
	counts[vector]++;
	if (vector < EXCEPTIONS && vector != NMI) {
		check(false, "an exception", vector);
		out8(DEBUG_EXIT, 1);
	} else if (vector >= VECTOR_PIC && vector < VECTOR_PIC + 16) {
		if (vector >= VECTOR_PIC + 8)
			out8(PIC_2, PIC_EOI);
		out8(PIC_1, PIC_EOI);
	} else if (vector != NMI && vector != VECTOR_SPURIOUS) {
		if (vector == VECTOR_LEVEL && !level_raises--)
			set_line(PIN_LEVELLED, false);
		lapic_write(LAPIC_EOI, 0);
		if (vector == VECTOR_IPI && stay)
			stay_in_handler();
	}
}

/* --- 8259 and 8254 --------------------------------------------------------------------------- */

#define PIT_0           0x40
#define PIT_CONTROL     0x43
#define PIT_ONE_SHOT    0x30
#define PIT_PERIODIC    0x34
#define PIT_LATCH       0x00
#define PIT_MILLISECOND 1193

static void start_pit(uint8_t mode, uint16_t count)
{
	out8(PIT_CONTROL, mode);
	out8(PIT_0, (uint8_t)count);
	out8(PIT_0, (uint8_t)(count >> 8));
}

static void start_pics(void)
{
	static const uint8_t words[2][4] = { { 0x11, VECTOR_PIC, 4, 1 },
					     { 0x11, VECTOR_PIC + 8, 2, 1 } };

	for (unsigned i = 0; i < 4; i++) {
		out8(PIC_1 + (i > 0), words[0][i]);
		out8(PIC_2 + (i > 0), words[1][i]);
	}
	out8(PIC_1 + 1, 0xff);
	out8(PIC_2 + 1, 0xff);
}

static void check_pit(void)
{
	start_pics();
	start_pit(PIT_PERIODIC, PIT_MILLISECOND);
	out8(PIC_1 + 1, 0xfe);
	uint64_t before = read_tsc();
	while (counts[VECTOR_PIC] < 3)
		wait();
	check(read_tsc() - before > 50000, "8254: periodic, through the 8259", read_tsc() - before);
	out8(PIC_1 + 1, 0xff);

	start_pit(PIT_ONE_SHOT, PIT_MILLISECOND);
	counts[VECTOR_PIC] = 0;
	out8(PIC_1, 0x0a);
	breathe();
	/* A request that came while it was masked is still there. */
	out8(PIC_1 + 1, 0xfe);
	wait();
	counts[VECTOR_PIC] = 0;
	start_pit(PIT_ONE_SHOT, PIT_MILLISECOND);
	wait();
	check(counts[VECTOR_PIC] == 1, "8254: one shot", counts[VECTOR_PIC]);
	for (unsigned i = 0; i < 1000; i++)
		breathe();
	check(counts[VECTOR_PIC] == 1, "8254: and no other", counts[VECTOR_PIC]);
	out8(PIC_1 + 1, 0xff);
}

/* --- I/O APIC -------------------------------------------------------------------------------- */

static void check_ioapic(void)
{
	check((ioapic_read(1) >> 16 & 0xff) == 23, "I/O APIC: 24 pins", ioapic_read(1));
	ioapic_write(IOAPIC_PIN(PIN_TIMER) + 1, 0);
	ioapic_write(IOAPIC_PIN(PIN_TIMER), VECTOR_IOAPIC);
	start_pit(PIT_PERIODIC, PIT_MILLISECOND);
	while (counts[VECTOR_IOAPIC] < 3)
		wait();
	check(true, "I/O APIC: an edge a period", 0);
	ioapic_write(IOAPIC_PIN(PIN_TIMER), VECTOR_IOAPIC | PIN_MASKED);
	breathe();
	uint32_t before = counts[VECTOR_IOAPIC];
	for (unsigned i = 0; i < 2000; i++)
		breathe();
	check(counts[VECTOR_IOAPIC] == before, "I/O APIC: a masked pin is quiet",
	      counts[VECTOR_IOAPIC] - before);
	start_pit(PIT_ONE_SHOT, PIT_MILLISECOND);

	level_raises = 1;
	ioapic_write(IOAPIC_PIN(PIN_LEVELLED) + 1, 0);
	ioapic_write(IOAPIC_PIN(PIN_LEVELLED), VECTOR_LEVEL | PIN_LEVEL);
	set_line(PIN_LEVELLED, true);
	check(ioapic_read(IOAPIC_PIN(PIN_LEVELLED)) & PIN_REMOTE,
	      "I/O APIC: a level sets remote IRR", ioapic_read(IOAPIC_PIN(PIN_LEVELLED)));
	breathe();
	breathe();
	check(counts[VECTOR_LEVEL] == 2, "I/O APIC: a level that stays comes again after EOI",
	      counts[VECTOR_LEVEL]);
	check(!(ioapic_read(IOAPIC_PIN(PIN_LEVELLED)) & PIN_REMOTE),
	      "I/O APIC: EOI clears remote IRR", ioapic_read(IOAPIC_PIN(PIN_LEVELLED)));
	ioapic_write(IOAPIC_PIN(PIN_LEVELLED), PIN_MASKED);
}

/* --- local APIC timer ------------------------------------------------------------------------ */

#define TIMER_COUNT 50000 /* 2 ms: long enough for a slow machine to be interrupted and to go on */

static void check_timer(void)
{
	lapic_write(LAPIC_DIVIDE, DIVIDE_BY_1);
	lapic_write(LAPIC_TIMER, VECTOR_TIMER);
	lapic_write(LAPIC_INITIAL, TIMER_COUNT);
	check(lapic_read(LAPIC_CURRENT) - 1 < TIMER_COUNT, "timer: counts",
	      lapic_read(LAPIC_CURRENT));
	wait();
	check(counts[VECTOR_TIMER] == 1, "timer: one shot", counts[VECTOR_TIMER]);
	check(!lapic_read(LAPIC_CURRENT), "timer: then it stands at 0", lapic_read(LAPIC_CURRENT));

	lapic_write(LAPIC_TIMER, VECTOR_TIMER | LVT_PERIODIC);
	lapic_write(LAPIC_INITIAL, TIMER_COUNT);
	while (counts[VECTOR_TIMER] < 4)
		wait();
	check(lapic_read(LAPIC_CURRENT) != 0, "timer: periodic", counts[VECTOR_TIMER]);
	lapic_write(LAPIC_TIMER, VECTOR_TIMER | LVT_MASKED);
	lapic_write(LAPIC_INITIAL, 0);
	breathe();

	counts[VECTOR_TIMER] = 0;
	lapic_write(LAPIC_TIMER, VECTOR_TIMER | LVT_TSC);
	uint64_t deadline = read_tsc() + 50000;
	write_msr(TSC_DEADLINE, deadline);
	check(read_msr(TSC_DEADLINE) == deadline, "timer: the deadline reads back",
	      read_msr(TSC_DEADLINE));
	wait();
	check(counts[VECTOR_TIMER] == 1 && read_tsc() >= deadline, "timer: TSC deadline, not early",
	      read_tsc() - deadline);
	check(!read_msr(TSC_DEADLINE), "timer: it reads 0 then", read_msr(TSC_DEADLINE));
	write_msr(TSC_DEADLINE, 1);
	breathe();
	check(counts[VECTOR_TIMER] == 2, "timer: one that has passed fires at once",
	      counts[VECTOR_TIMER]);
	lapic_write(LAPIC_TIMER, LVT_MASKED);
}

/* --- interrupts among CPUs ------------------------------------------------------------------- */

static bool soon(volatile uint32_t *count, uint32_t wanted)
{
	uint64_t end = read_tsc() + 100000000;

	while (*count < wanted && read_tsc() < end)
		__asm__ volatile("pause");
	return *count == wanted;
}

static volatile bool second_waits, go; /* for `go`, to send VECTOR_ANSWER */

static void answer_when_told(void)
{
	second_waits = true;
	while (!go)
		__asm__ volatile("pause");
	/* The other CPU is to be in its loop by then. */
	for (unsigned i = 0; i < 10000; i++)
		__asm__ volatile("pause");
	send_ipi(0, ICR_ASSERT | VECTOR_ANSWER);
}

void second_cpu(void)
{
	load_tables();
	lapic_start();
	if (!x2apic)
		lapic_write(LAPIC_LDR, 2u << 24);
	second_is_up = true;
	for (;;) {
		wait();
		/* An answer from here, and not out of the handler. */
		if (second_counts[VECTOR_ANSWER]) {
			second_counts[VECTOR_ANSWER] = 0;
			send_ipi(0, ICR_ASSERT | VECTOR_ANSWER);
		}
		if (second_counts[VECTOR_LOW]) {
			second_counts[VECTOR_LOW] = 0;
			answer_when_told();
		}
	}
}

static void start_second(void)
{
	uint8_t *at = (uint8_t *)0x8000;
	struct descriptor_register *descriptor =
		(void *)(at + (trampoline_descriptor - trampoline));

	for (unsigned i = 0; i < (unsigned)(trampoline_end - trampoline); i++)
		at[i] = trampoline[i];
	*descriptor = gdtr;
	send_ipi(1, ICR_INIT | ICR_ASSERT);
	send_ipi(1, ICR_START_UP | ICR_ASSERT | 8);
	for (uint64_t end = read_tsc() + 100000000; !second_is_up && read_tsc() < end;)
		__asm__ volatile("pause");
}

static void check_ipis(void)
{
	send_ipi(0, ICR_ASSERT | ICR_SELF | VECTOR_IPI);
	check((lapic_read(LAPIC_IRR + 0x30) >> 16 & 1) == 1, "IPI: to itself, pending", 0);
	breathe();
	check(counts[VECTOR_IPI] == 1, "IPI: to itself, taken", counts[VECTOR_IPI]);
	lapic_write(LAPIC_TPR, 0x80);
	send_ipi(0, ICR_ASSERT | ICR_SELF | VECTOR_IPI);
	breathe();
	check(counts[VECTOR_IPI] == 1, "IPI: held back by TPR", counts[VECTOR_IPI]);
	lapic_write(LAPIC_TPR, 0);
	breathe();
	check(counts[VECTOR_IPI] == 2, "IPI: let in by TPR", counts[VECTOR_IPI]);

	start_second();
	if (!check(second_is_up, "INIT and start-up", 0))
		return;
	send_ipi(1, ICR_ASSERT | VECTOR_IPI);
	check(soon(&second_counts[VECTOR_IPI], 1), "IPI: fixed", second_counts[VECTOR_IPI]);
	send_ipi(0, ICR_ASSERT | ICR_ALL_BUT_SELF | VECTOR_IPI);
	check(soon(&second_counts[VECTOR_IPI], 2), "IPI: all but self", second_counts[VECTOR_IPI]);
	send_ipi(0, ICR_ASSERT | ICR_ALL | VECTOR_IPI);
	check(soon(&second_counts[VECTOR_IPI], 3), "IPI: all, there", second_counts[VECTOR_IPI]);
	breathe();
	check(counts[VECTOR_IPI] == 3, "IPI: all, here", counts[VECTOR_IPI]);
	send_ipi(2, ICR_ASSERT | ICR_LOGICAL | VECTOR_IPI);
	check(soon(&second_counts[VECTOR_IPI], 4), "IPI: logical", second_counts[VECTOR_IPI]);
	send_ipi(1, ICR_ASSERT | ICR_NMI);
	check(soon(&second_counts[NMI], 1), "IPI: NMI to a halted CPU", second_counts[NMI]);
	send_ipi(1, ICR_ASSERT | VECTOR_ANSWER);
	wait();
	check(counts[VECTOR_ANSWER] == 1, "IPI: an answer ends HLT", counts[VECTOR_ANSWER]);
}

/* --- interrupts that have to wait -------------------------------------------------------------- */

#define STAY 2000000 /* ticks: several time slices */

static volatile uint32_t intruders;

static uint32_t waiting_ones(void)
{
	return counts[VECTOR_LOW] + counts[VECTOR_ANSWER];
}

/* Behind the EOI, interrupts off: nothing may come in, though a lower vector waits, and a higher one
 * joins it, for which a hypervisor is interrupted itself. */
static void stay_in_handler(void)
{
	uint32_t before = waiting_ones();

	stay = false;
	go = true;
	for (uint64_t end = read_tsc() + STAY; read_tsc() < end;)
		__asm__ volatile("pause");
	intruders = waiting_ones() - before;
}

static void check_masked(void)
{
	uint32_t before = waiting_ones();

	send_ipi(1, ICR_ASSERT | VECTOR_LOW);
	while (!second_waits)
		__asm__ volatile("pause");
	stay = true;
	send_ipi(0, ICR_ASSERT | ICR_SELF | VECTOR_LOW);
	send_ipi(0, ICR_ASSERT | ICR_SELF | VECTOR_IPI);
	breathe();
	check(!intruders, "masked: none comes while interrupts are off", intruders);
	breathe();
	check(waiting_ones() - before == 2, "masked: both come afterwards",
	      waiting_ones() - before);
}

/* --- device memory ---------------------------------------------------------------------------- */

#define VGA  0xb8000u
#define HPET 0xfed00000u

static void check_instructions(void)
{
	volatile uint32_t *cell = (volatile uint32_t *)(VGA + 0x100);
	uint32_t value = 0x11223344, flags;

	*cell = value;
	__asm__ volatile(
		"addl $0x10, %0; orl $1, %0; andl $0xffffff0f, %0; xorl $0x80, %0; notl %0; "
		"incl %0; subl $4, %0"
		: "+m"(*cell));
	value = -(((((0x11223344u + 0x10) | 1) & 0xffffff0f) ^ 0x80)) - 4;
	check(*cell == value, "memory: arithmetic", *cell);
	*cell = 0x80;
	__asm__ volatile("btsl $3, %1; btrl $7, %1; xchgl %0, %1"
			 : "=r"(value), "+m"(*cell)
			 : "0"(7));
	check(value == 8 && *cell == 7, "memory: bits and exchange", value);
	__asm__ volatile("lock cmpxchgl %3, %1; sete %b0"
			 : "=q"(flags), "+m"(*cell), "=a"(value)
			 : "r"(9), "2"(7)
			 : "cc");
	check((flags & 0xff) == 1 && *cell == 9, "memory: compare and exchange", *cell);
	__asm__ volatile("lock xaddl %0, %1" : "=r"(value), "+m"(*cell) : "0"(5));
	check(value == 9 && *cell == 14, "memory: exchange and add", *cell);
	*cell = 0x8081;
	__asm__ volatile("movsbl %1, %0" : "=r"(value) : "m"(*cell));
	check(value == 0xffffff81, "memory: sign-extended", value);
	__asm__ volatile("pushl %1; popl %0" : "=r"(value) : "m"(*cell));
	check(value == 0x8081, "memory: pushed", value);
	__asm__ volatile("pushl $0x55aa; popl %0" : "=m"(*cell));
	check(*cell == 0x55aa, "memory: popped", *cell);
	__asm__ volatile("cmpl $0x55aa, %1; sete %b0" : "=q"(flags) : "m"(*cell) : "cc");
	check((flags & 0xff) == 1, "memory: compared", flags);
}

static void check_strings(void)
{
	static uint8_t text[64], back[64];
	void *to = (void *)(VGA + 0xfe0), *from = text;
	uint32_t count = sizeof(text);

	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + 1);
	/* Over the border of a page. */
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
	to = back;
	from = (void *)(VGA + 0xfe0);
	count = sizeof(back) / 4;
	__asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
	unsigned same = 0;
	while (same < sizeof(text) && text[same] == back[same])
		same++;
	check(same == sizeof(text), "memory: strings over a page's border", same);
	volatile uint32_t *crossing = (volatile uint32_t *)(VGA + 0xffe);
	*crossing = 0xcafebabe;
	check(*crossing == 0xcafebabe && *(volatile uint16_t *)(VGA + 0x1000) == 0xcafe,
	      "memory: a word over a page's border", *crossing);
	to = (void *)(VGA + 0x200);
	count = 16;
	__asm__ volatile("rep stosw" : "+D"(to), "+c"(count) : "a"(0x0741) : "memory");
	check(*(volatile uint32_t *)(VGA + 0x21c) == 0x07410741, "memory: filled",
	      *(volatile uint32_t *)(VGA + 0x21c));
	from = (void *)(VGA + 0x200);
	to = (void *)(VGA + 0x200);
	count = 16;
	__asm__ volatile("repe cmpsw" : "+D"(to), "+S"(from), "+c"(count) : : "cc", "memory");
	check(!count, "memory: strings compared", count);
}

/* In x2APIC mode nobody answers where the registers were. */
static void check_no_page(void)
{
	volatile uint32_t *priority = (volatile uint32_t *)(APIC_BASE + LAPIC_TPR);

	*priority = 0x20;
	check(*priority == 0xffffffff, "registers: no page in x2APIC mode", *priority);
	check(!lapic_read(LAPIC_TPR), "registers: and none behind it", lapic_read(LAPIC_TPR));
}

/* Compilers use these on registers too. */
static void check_registers(void)
{
	volatile uint32_t *select = (volatile uint32_t *)IOAPIC,
			  *window = select + IOAPIC_WINDOW / 4;
	uint32_t value = 0;

	*select = IOAPIC_PIN(5);
	*window = PIN_MASKED | VECTOR_LEVEL;
	__asm__ volatile("orl $0x8000, %0; testl $0x8000, %0; setne %b1"
			 : "+m"(*window), "+q"(value)
			 :
			 : "cc");
	check(value == 1 && *window == (PIN_MASKED | PIN_LEVEL | VECTOR_LEVEL),
	      "registers: I/O APIC, read and written at once", *window);
	*window = PIN_MASKED;
	if (x2apic) {
		check_no_page();
		return;
	}
	__asm__ volatile("pushl %1; popl %0"
			 : "=r"(value)
			 : "m"(*(uint32_t *)(APIC_BASE + LAPIC_SVR)));
	check(value == (SVR_ENABLE | VECTOR_SPURIOUS), "registers: local APIC, pushed", value);
	__asm__ volatile("xchgl %0, %1"
			 : "=r"(value), "+m"(*(volatile uint32_t *)(APIC_BASE + LAPIC_TPR))
			 : "0"(0x20));
	check(value == 0 && lapic_read(LAPIC_TPR) == 0x20, "registers: local APIC, exchanged",
	      value);
	__asm__ volatile("movl $0, %0" : "=m"(*(volatile uint32_t *)(APIC_BASE + LAPIC_TPR)));
	check(lapic_read(LAPIC_TPR) == 0, "registers: local APIC, an immediate",
	      lapic_read(LAPIC_TPR));
}

static void check_hpet(void)
{
	volatile uint32_t *hpet = (volatile uint32_t *)HPET;

	check(hpet[0] >> 16 == 0x8086, "HPET: vendor", hpet[0]);
	check(hpet[1] == 10000000, "HPET: period of 10 ns", hpet[1]);
	__asm__ volatile("orl $1, %0" : "+m"(hpet[4]));
	uint32_t before = hpet[0xf0 / 4];
	for (unsigned i = 0; i < 1000; i++)
		__asm__ volatile("pause");
	check(hpet[0xf0 / 4] > before, "HPET: counts", before);
}

/* --- all of them ------------------------------------------------------------------------------ */

static bool has_word(const char *line, const char *word)
{
	for (; *line; line++) {
		unsigned i = 0;

		while (word[i] && line[i] == word[i])
			i++;
		if (!word[i])
			return true;
	}
	return false;
}

void start(uint32_t magic, uint32_t info)
{
	const char *words = (const char *)((const uint32_t *)info)[4];

	x2apic = has_word(words, "x2apic");
	fill_idt();
	load_tables();
	check_pit();
	lapic_start();
	check_ioapic();
	check_timer();
	check_ipis();
	if (has_word(words, "masked"))
		check_masked();
	check_instructions();
	check_strings();
	check_registers();
	check_hpet();
	finish();
}
