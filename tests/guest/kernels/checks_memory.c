/* Device memory, by the instructions that programs use on it. */
#include "tests/guest/kernels/checks.h"

#define VGA  0xb8000u
#define HPET 0xfed00000u

#define VGA_SEQUENCER 0x3c4 /* index and, a port higher, data */
#define MAP_MASK      2
#define TEXT_PLANES   0x03
#define FONT_PLANE    0x04
#define VGA_GRAPHICS  0x3ce
#define BIT_MASK      8

static void write_planes(uint8_t planes)
{
	out16(VGA_SEQUENCER, (uint16_t)(MAP_MASK | planes << 8));
}

/* Text as a BIOS sets it up may be mapped memory. Where the VGA writes a third plane, too, it sees each
 * access, and what the checks below do to it is done by others than the CPU. */
void hold_screen(void)
{
	write_planes(TEXT_PLANES | FONT_PLANE);
}

void check_screen(void)
{
	volatile uint16_t *cell = (volatile uint16_t *)(VGA + 0x300);

	*cell = 0x1f41;
	write_planes(TEXT_PLANES);
	check(*cell == 0x1f41, "screen: text that the VGA wrote", *cell);
	*cell = 0x2f42;
	hold_screen();
	check(*cell == 0x2f42, "screen: text that it did not see", *cell);
	write_planes(TEXT_PLANES);
	check(*cell == 0x2f42, "screen: text again", *cell);
	/* The upper half of each byte comes from the latches. */
	out16(VGA_GRAPHICS, BIT_MASK | 0x0f << 8);
	check(*cell == 0x2f42, "screen: latched", *cell);
	*cell = 0;
	check(*cell == 0x2040, "screen: masked at once", *cell);
	out16(VGA_GRAPHICS, BIT_MASK | 0xff << 8);
	*cell = 0x0720;
	check(*cell == 0x0720, "screen: not masked any longer", *cell);
}

void check_instructions(void)
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

void check_strings(void)
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
	volatile uint32_t *priority = xapic(LAPIC_TPR);

	*priority = 0x20;
	check(*priority == 0xffffffff, "registers: no page in x2APIC mode", *priority);
	check(!lapic_read(LAPIC_TPR), "registers: and none behind it", lapic_read(LAPIC_TPR));
}

/* Compilers use these on registers too. */
void check_registers(void)
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
	__asm__ volatile("pushl %1; popl %0" : "=r"(value) : "m"(*xapic(LAPIC_SVR)));
	check(value == (SVR_ENABLE | VECTOR_SPURIOUS), "registers: local APIC, pushed", value);
	__asm__ volatile("xchgl %0, %1" : "=r"(value), "+m"(*xapic(LAPIC_TPR)) : "0"(0x20));
	check(value == 0 && lapic_read(LAPIC_TPR) == 0x20, "registers: local APIC, exchanged",
	      value);
	__asm__ volatile("movl $0, %0" : "=m"(*xapic(LAPIC_TPR)));
	check(lapic_read(LAPIC_TPR) == 0, "registers: local APIC, an immediate",
	      lapic_read(LAPIC_TPR));
}

void check_hpet(void)
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
