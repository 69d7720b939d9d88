/* Each thing that keeps an exception from its handler, in each mode. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "lib/bits.h"
#include "vm/crash/delivery.h"
#include "x86/segment.h"

#define IDT 0x1000u
#define GDT 0x2000u
#define TSS 0x3000u
#define TOP 0x4000u /* of memory that there is */

static uint8_t memory[TOP];
static uint64_t no_stack_below; /* pushes below this address fail */

static bool read_memory(void *context, gva_t at, void *to, unsigned length)
{
	if (at.value > TOP || length > TOP - at.value)
		return false;
	memcpy(to, memory + at.value, length);
	return true;
}

static bool can_push(void *context, gva_t at)
{
	return at.value >= no_stack_below;
}

static struct delivery d;
static struct reason why;

static void gate(unsigned vector, unsigned rights, uint16_t selector, unsigned ist)
{
	uint8_t *at = memory + IDT + vector * (d.long_mode ? 16 : 8);

	at[2] = (uint8_t)selector;
	at[3] = (uint8_t)(selector >> 8);
	at[4] = (uint8_t)ist;
	at[5] = (uint8_t)rights;
}

static void code(unsigned index, uint32_t rights)
{
	uint64_t descriptor = descriptor_make(0, 0xfffff, rights);

	memcpy(memory + GDT + index * 8, &descriptor, 8);
}

static void tss(unsigned offset, uint64_t stack)
{
	memcpy(memory + TSS + offset, &stack, 8);
}

/* Long mode, where #PF reaches its handler. */
static int reset(void **state)
{
	memset(memory, 0, sizeof(memory));
	no_stack_below = 0x1000;
	d = (struct delivery) {
		.read = read_memory,
		.can_push = can_push,
		.long_mode = true,
		.idt_base = IDT,
		.idt_limit = 0xfff,
		.gdt_base = GDT,
		.gdt_limit = 0x1f,
		.tss_base = TSS,
		.tss_limit = 0x67,
		.stack_pointer = 0x9000,
	};
	gate(14, 0x8e, 8, 0);
	code(1, RIGHTS_CODE64);
	return 0;
}

static void reaches(void)
{
	assert_true(delivery_explain(&d, 14, &why));
}

static void fails(const char *sentence)
{
	assert_false(delivery_explain(&d, 14, &why));
	assert_string_equal(why.text, sentence);
}

static void gates(void **state)
{
	reaches();
	gate(14, 0xef, 8, 0); /* a trap gate for users */
	reaches();
	gate(14, 0x0e, 8, 0);
	fails("its gate is not present (rights 0xe)");
	gate(14, 0x85, 8, 0);
	fails("its gate is of type 0x5, which takes no exceptions");
	gate(14, 0x9e, 8, 0);
	fails("its gate is of type 0x1e, which takes no exceptions");
	d.idt_limit = 14 * 16 + 14;
	fails("its gate is beyond the IDT's limit 0xee");
	d.idt_limit = 0;
	fails("its gate is beyond the IDT's limit 0x0");
	reset(NULL);
	d.idt_base = TOP;
	fails("its gate cannot be read at 0x40e0");
}

static void code_segments(void **state)
{
	gate(14, 0x8e, 0, 0);
	fails("its gate's code selector is 0x0, a null selector");
	gate(14, 0x8e, 0x20, 0);
	fails("its gate's code selector 0x20 is beyond the GDT's limit 0x1f");
	gate(14, 0x8e, 0xc, 0);
	fails("its gate's code selector 0xc is beyond the LDT's limit 0x0");
	gate(14, 0x8e, 0x10, 0);
	fails("its gate's selector 0x10 names no code segment");
	gate(14, 0x8e, 8, 0);
	code(1, RIGHTS_CODE64 & ~RIGHTS_P);
	fails("its gate's code segment 0x8 is not present");
	code(1, RIGHTS_CODE32);
	fails("its gate's code segment 0x8 is not of 64 bits");
	code(1, RIGHTS_CODE64 | RIGHTS_PRIVILEGE(3));
	fails("its gate's code segment 0x8 is less privileged");
	code(1, RIGHTS_CODE64);
	d.gdt_base = TOP;
	fails("the GDT entry of its gate's code selector 0x8 cannot be read at 0x4008");
}

static void stacks(void **state)
{
	d.stack_pointer = 0x1005; /* rounded down to 1000h */
	fails("nothing can be pushed on its stack, at 0xff8");
	/* IST 2 is elsewhere. */
	gate(14, 0x8e, 8, 2);
	tss(36 + 8, 0x8000);
	reaches();
	tss(36 + 8, 0x800);
	fails("nothing can be pushed on its stack, at 0x7f8");
	d.tss_limit = 36 + 8 + 6;
	fails("the TSS, whose limit is 0x32, has no stack pointer for it");
}

static void user_mode_takes_the_stack_of_the_tss(void **state)
{
	d.cpl = 3;
	d.stack_pointer = 0;
	tss(4, 0x8000);
	reaches();
	tss(4, 0x800);
	fails("nothing can be pushed on its stack, at 0x7f8");
	d.tss_base = TOP;
	fails("its stack pointer cannot be read from the TSS at 0x4004");
}

static void modes_without_64_bits(void **state)
{
	d.long_mode = false;
	memset(memory + IDT, 0, 0x1000);
	gate(14, 0x8e, 8, 0);
	code(1, RIGHTS_CODE32);
	reaches();
	gate(14, 0x86, 8, 0); /* of 16 bits */
	reaches();
	gate(14, 0x85, 0x28, 0); /* a task: not followed */
	reaches();
	d.tss_32bit = true;
	d.cpl = 3;
	gate(14, 0x8e, 8, 0);
	tss(4, 0x900);
	fails("nothing can be pushed on its stack, at 0x8fc");
	d.idt_limit = 0x76;
	fails("its gate is beyond the IDT's limit 0x76");
	d.real_mode = true;
	d.cpl = 0;
	reaches();
	d.idt_limit = 0x3a;
	fails("its gate is beyond the IDT's limit 0x3a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(gates, reset),
		cmocka_unit_test_setup(code_segments, reset),
		cmocka_unit_test_setup(stacks, reset),
		cmocka_unit_test_setup(user_mode_takes_the_stack_of_the_tss, reset),
		cmocka_unit_test_setup(modes_without_64_bits, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
