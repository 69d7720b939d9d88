/* INS and OUTS: every width, address size and direction against a plain loop, faults at the exact
 * element, segment checks, and counts that no host should run through at once. */
#include "tests/host/string_port.h"

static void matches_a_plain_loop(void **state)
{
	for (unsigned bits = 0; bits < 3 * 3 * 2 * 2 * 2; bits++) {
		unsigned width = 1u << bits % 3, address_width = 2u << bits / 3 % 3;
		bool in = bits / 9 % 2, down = bits / 18 % 2, repeat = bits / 36 % 2;
		unsigned count = repeat ? 10 : 1;
		uint64_t upper = 0xabcdef0100000000;
		uint64_t mask = BITS(address_width * 8 - 1, 0);
		uint64_t start = 0x8100;
		int64_t step = down ? -(int64_t)width : (int64_t)width;
		uint64_t *index = &vcpu.gpr[in ? RDI : RSI];

		reset(NULL);
		if (address_width == 8) {
			fake_long_mode();
			upper = 0;
		}
		if (down)
			registers[VCPU_RFLAGS] |= RFLAGS_DF;
		io.io.width = width;
		io.io.address_width = address_width;
		io.io.in = in;
		io.io.repeat = repeat;
		*index = start | upper;
		vcpu.gpr[RCX] = 10 | upper;
		for (unsigned i = 0; i < sizeof(ram) - 0x8000; i++)
			ram[0x8000 + i] = in ? 0 : i * 7;
		assert_int_equal(go(), ERROR_NONE);

		assert_int_equal(elements, count);
		assert_int_equal(skips, 1);
		assert_int_equal(injections, 0);
		for (unsigned i = 0; i < count; i++) {
			uint32_t value = 0, want = (i + 1) * 0x01010101u;

			memcpy(&value, &ram[start + step * i], width);
			if (in)
				assert_int_equal(value, want & BITS(width * 8 - 1, 0));
			else
				assert_int_equal(value, written[i]);
		}
		/* 16-bit forms keep the upper bits, 32-bit ones clear them. */
		uint64_t kept = address_width == 2 ? upper : 0;
		assert_int_equal(*index, kept | ((start + step * count) & mask));
		if (repeat)
			assert_int_equal(vcpu.gpr[RCX], kept);
		else
			assert_int_equal(vcpu.gpr[RCX], 10 | upper);
	}
}

static void an_empty_repeat_does_nothing(void **state)
{
	vcpu.gpr[RCX] = 0x50000; /* CX is zero */
	vcpu.gpr[RSI] = 7;
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(elements, 0);
	assert_int_equal(skips, 1);
	assert_int_equal(vcpu.gpr[RSI], 7);
	assert_int_equal(vcpu.gpr[RCX], 0x50000);
}

static void a_huge_count_goes_on_by_chunks(void **state)
{
	fake_long_mode();
	io.io.address_width = 8;
	vcpu.gpr[RSI] = 0x8000;
	vcpu.gpr[RCX] = ~0ull;
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(elements, STRING_IO_CHUNK);
	assert_int_equal(skips, 0);
	assert_int_equal(vcpu.gpr[RCX], ~0ull - STRING_IO_CHUNK);
	assert_int_equal(vcpu.gpr[RSI], 0x8000 + STRING_IO_CHUNK);
	/* Exactly one chunk ends the instruction. */
	vcpu.gpr[RCX] = STRING_IO_CHUNK;
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(vcpu.gpr[RCX], 0);
	assert_int_equal(skips, 1);
}

/* SDM volume 3, "Single-Step Exception Condition": a trap follows each iteration of a repeated string
 * instruction, RIP being on it until the last. */
static void single_steps_trap_after_each_element(void **state)
{
	registers[VCPU_RFLAGS] |= RFLAGS_TF;
	registers[VCPU_RIP] = 0x777;
	vcpu.gpr[RSI] = 0x8000;
	vcpu.gpr[RCX] = 3;
	for (unsigned left = 3; left-- > 0;) {
		assert_int_equal(go(), ERROR_NONE);
		assert_int_equal(elements, 3 - left);
		assert_int_equal(skips, 3 - left);
		assert_int_equal(vcpu.gpr[RCX], left);
		assert_int_equal(registers[VCPU_RIP], 0x777); /* skipping does not move it here */
	}
}

static void faults_at_the_element_that_meets_them(void **state)
{
	fake_long_mode();
	io.io.in = true;
	io.io.width = 4;
	io.io.address_width = 8;
	vcpu.gpr[RDI] = 0xfff6; /* the third element crosses into linear page 16, which is absent */
	vcpu.gpr[RCX] = 9;
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(elements, 2);
	assert_int_equal(skips, 0);
	assert_int_equal(injections, 1);
	assert_int_equal(injected.vector, 14);
	assert_int_equal(injected.error_code, 2);
	assert_int_equal(injected.fault_address, 0x10000);
	assert_int_equal(vcpu.gpr[RCX], 7);
	assert_int_equal(vcpu.gpr[RDI], 0xfffe);
	assert_int_equal(ram[0xfffe], 0); /* nothing of the faulting element was stored */
	/* The guest maps the page and the instruction goes on, across both pages. */
	fake_map(16, 0x12000 | 7);
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(elements, 9);
	assert_int_equal(skips, 1);
	assert_int_equal(ram[0xfffe], 3);
	assert_int_equal(ram[0x12001], 3);
	assert_int_equal(ram[0x12002], 4);
	assert_int_equal(vcpu.gpr[RCX], 0);
}

static void expect_exception(unsigned vector)
{
	unsigned before = injections;

	elements = 0;
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(elements, 0);
	assert_int_equal(injections, before + 1);
	assert_int_equal(injected.kind, EVENT_EXCEPTION);
	assert_int_equal(injected.vector, vector);
	assert_true(injected.has_error_code);
	assert_int_equal(injected.error_code, 0);
}

static void segments_are_checked(void **state)
{
	vcpu.gpr[RCX] = 1;
	/* Past the limit: an element that begins inside and ends outside. */
	io.io.width = 2;
	vcpu.gpr[RSI] = 0xffff;
	expect_exception(13);
	io.io.segment = SEGMENT_SS;
	expect_exception(12);
	io.io.segment = SEGMENT_DS;
	io.io.width = 1;
	vcpu.gpr[RSI] = 0x101;
	registers[VCPU_DS_LIMIT] = 0x100;
	expect_exception(13);
	/* Expand-down: valid above the limit only. */
	registers[VCPU_DS_RIGHTS] |= TYPE_EXPAND_DOWN;
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(elements, 1);
	vcpu.gpr[RCX] = 1;
	vcpu.gpr[RSI] = 0x100;
	expect_exception(13);

	/* Types count in protected mode. */
	reset(NULL);
	registers[VCPU_CR0] = CR0_PE;
	vcpu.gpr[RCX] = 1;
	registers[VCPU_DS_RIGHTS] = RIGHTS_UNUSABLE;
	expect_exception(13);
	registers[VCPU_DS_RIGHTS] = RIGHTS_CODE32 & ~(uint64_t)TYPE_READABLE;
	expect_exception(13);
	registers[VCPU_DS_RIGHTS] = RIGHTS_CODE32;
	assert_int_equal(go(), ERROR_NONE);
	io.io.in = true;
	vcpu.gpr[RCX] = 1;
	vcpu.gpr[RDI] = 0x8000;
	registers[VCPU_ES_RIGHTS] = RIGHTS_DATA32 & ~(uint64_t)TYPE_WRITABLE;
	expect_exception(13);
	registers[VCPU_ES_RIGHTS] = RIGHTS_CODE32;
	expect_exception(13);
	registers[VCPU_RFLAGS] |= RFLAGS_VM; /* not in virtual-8086 mode */
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(ram[0x8000], 1);
}

static void bases_and_overrides(void **state)
{
	io.io.segment = SEGMENT_FS;
	registers[VCPU_FS_BASE] = 0x9000;
	registers[VCPU_DS_BASE] = 0xa000;
	ram[0x9010] = 0x42;
	vcpu.gpr[RSI] = 0x10;
	vcpu.gpr[RCX] = 1;
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(written[0], 0x42);
	/* INS stores to ES whatever the prefix says. */
	io.io.in = true;
	registers[VCPU_ES_BASE] = 0xb000;
	vcpu.gpr[RDI] = 0x20;
	vcpu.gpr[RCX] = 1;
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(ram[0xb020], 1);
	/* 64-bit mode: FS has a base, DS has none, limits do not count. */
	io.io.in = false;
	fake_long_mode();
	io.io.address_width = 8;
	registers[VCPU_FS_LIMIT] = registers[VCPU_DS_LIMIT] = 0;
	vcpu.gpr[RSI] = 0x10;
	vcpu.gpr[RCX] = 1;
	elements = 0;
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(written[0], 0x42);
	io.io.segment = SEGMENT_DS;
	vcpu.gpr[RSI] = 0x9010;
	vcpu.gpr[RCX] = 1;
	elements = 0;
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(written[0], 0x42);
	vcpu.gpr[RSI] = BIT(47);
	vcpu.gpr[RCX] = 1;
	expect_exception(13);
	io.io.segment = SEGMENT_SS;
	expect_exception(12);
}

static void alignment_is_checked_for_users(void **state)
{
	fake_long_mode();
	io.io.address_width = 8;
	io.io.width = 4;
	io.io.repeat = false;
	vcpu.gpr[RSI] = 0x8002;
	registers[VCPU_CR0] |= CR0_AM;
	registers[VCPU_RFLAGS] |= RFLAGS_AC;
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(elements, 1);
	registers[VCPU_SS_RIGHTS] = RIGHTS_DATA32 | RIGHTS_PRIVILEGE(3);
	vcpu.gpr[RSI] = 0x8002;
	expect_exception(17);
	vcpu.gpr[RSI] = 0x8004;
	assert_int_equal(go(), ERROR_NONE);
	assert_int_equal(elements, 1);
}

static void what_cannot_be_done_is_an_error(void **state)
{
	struct reason why;

	vcpu.gpr[RCX] = 1;
	vcpu.gpr[RSI] = 0;
	registers[VCPU_DS_BASE] = 0x80000000;
	assert_int_equal(string_io(&vcpu, &io, element, &elements, NULL, &why), ERROR_UNSUPPORTED);
	assert_non_null(strstr(why.text, "0x80000000"));
	broken_register = VCPU_DS_LIMIT;
	assert_int_equal(go(), ERROR_BAD_STATE);
	io.io.segment = 6;
	broken_register = VCPU_REGISTERS;
	assert_int_equal(go(), ERROR_INVALID_DATA);
	assert_int_equal(elements + skips + injections, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, reset)
	const struct CMUnitTest tests[] = {
		TEST(matches_a_plain_loop),
		TEST(an_empty_repeat_does_nothing),
		TEST(a_huge_count_goes_on_by_chunks),
		TEST(single_steps_trap_after_each_element),
		TEST(faults_at_the_element_that_meets_them),
		TEST(segments_are_checked),
		TEST(bases_and_overrides),
		TEST(alignment_is_checked_for_users),
		TEST(what_cannot_be_done_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
