/* Every emulated instruction against the host's CPU: the same bytes on the same registers, flags and
 * memory, thousands of operands each, and the same outcome but for flags that are undefined. */
#include "tests/host/native_comparison.h"

#define FLAGS_AFTER_SHIFT (RFLAGS_CF | RFLAGS_OF | RFLAGS_AF)

#define UNDEFINED_BY_LOGIC RFLAGS_AF
#define UNDEFINED_BY_BT    (RFLAGS_OF | RFLAGS_SF | RFLAGS_AF | RFLAGS_PF)
#define UNDEFINED_BY_MUL   (RFLAGS_SF | RFLAGS_ZF | RFLAGS_AF | RFLAGS_PF)

static void moves(void **state)
{
	static const struct family families[] = {
		FAMILY("\x88", ANY_REGISTER, .byte_only = true),
		FAMILY("\x89", ANY_REGISTER),
		FAMILY("\x8a", ANY_REGISTER, .byte_only = true),
		FAMILY("\x8b", ANY_REGISTER),
		FAMILY("\xc6", 0, .immediate = 1, .byte_only = true),
		FAMILY("\xc7", 0, .immediate = 8),
		FAMILY("\x63", ANY_REGISTER),
		FAMILY("\x0f\xb6", ANY_REGISTER),
		FAMILY("\x0f\xb7", ANY_REGISTER),
		FAMILY("\x0f\xbe", ANY_REGISTER),
		FAMILY("\x0f\xbf", ANY_REGISTER),
		FAMILY("\x0f\xc3", ANY_REGISTER, .no_word = true),
	};
	static const struct family movbe[] = {
		FAMILY("\x0f\x38\xf0", ANY_REGISTER),
		FAMILY("\x0f\x38\xf1", ANY_REGISTER),
	};

	for (unsigned i = 0; i < ARRAY_SIZE(families); i++)
		run_family(&families[i]);
	for (unsigned i = 0; __builtin_cpu_supports("movbe") && i < ARRAY_SIZE(movbe); i++)
		run_family(&movbe[i]);
}

static void arithmetic(void **state)
{
	for (unsigned operation = 0; operation < 8; operation++) {
		bool logic = operation == 1 || operation == 4 || operation == 6;
		uint64_t undefined = logic ? UNDEFINED_BY_LOGIC : 0;

		for (unsigned form = 0; form < 4; form++) {
			const char opcode[] = { (char)(operation << 3 | form) };
			const struct family family = { .opcode = opcode,
						       .opcode_length = 1,
						       .reg = ANY_REGISTER,
						       .byte_only = !(form & 1),
						       .undefined = undefined };

			run_family(&family);
		}

		const struct family immediates[] = {
			FAMILY("\x80", operation, .immediate = 1, .byte_only = true,
			       .undefined = undefined),
			FAMILY("\x81", operation, .immediate = 8, .undefined = undefined),
			FAMILY("\x83", operation, .immediate = 1, .undefined = undefined),
		};

		for (unsigned i = 0; i < ARRAY_SIZE(immediates); i++)
			run_family(&immediates[i]);
	}
}

static void one_operand(void **state)
{
	static const struct family families[] = {
		FAMILY("\x84", ANY_REGISTER, .byte_only = true, .undefined = UNDEFINED_BY_LOGIC),
		FAMILY("\x85", ANY_REGISTER, .undefined = UNDEFINED_BY_LOGIC),
		FAMILY("\xf6", 0, .immediate = 1, .byte_only = true,
		       .undefined = UNDEFINED_BY_LOGIC),
		FAMILY("\xf7", 0, .immediate = 8, .undefined = UNDEFINED_BY_LOGIC),
		FAMILY("\xf7", 1, .immediate = 8, .undefined = UNDEFINED_BY_LOGIC),
		FAMILY("\xf6", 2, .byte_only = true),
		FAMILY("\xf7", 2),
		FAMILY("\xf6", 3, .byte_only = true),
		FAMILY("\xf7", 3),
		FAMILY("\xfe", 0, .byte_only = true),
		FAMILY("\xff", 0),
		FAMILY("\xfe", 1, .byte_only = true),
		FAMILY("\xff", 1),
	};

	for (unsigned i = 0; i < ARRAY_SIZE(families); i++)
		run_family(&families[i]);
}

static void multiplication_and_division(void **state)
{
	static const struct family families[] = {
		FAMILY("\xf6", 4, .byte_only = true, .undefined = UNDEFINED_BY_MUL),
		FAMILY("\xf7", 4, .undefined = UNDEFINED_BY_MUL),
		FAMILY("\xf6", 5, .byte_only = true, .undefined = UNDEFINED_BY_MUL),
		FAMILY("\xf7", 5, .undefined = UNDEFINED_BY_MUL),
		FAMILY("\x0f\xaf", ANY_REGISTER, .undefined = UNDEFINED_BY_MUL),
		FAMILY("\x69", ANY_REGISTER, .immediate = 8, .undefined = UNDEFINED_BY_MUL),
		FAMILY("\x6b", ANY_REGISTER, .immediate = 1, .undefined = UNDEFINED_BY_MUL),
		FAMILY("\xf6", 6, .byte_only = true, .undefined = RFLAGS_STATUS),
		FAMILY("\xf7", 6, .undefined = RFLAGS_STATUS),
		FAMILY("\xf6", 7, .byte_only = true, .undefined = RFLAGS_STATUS),
		FAMILY("\xf7", 7, .undefined = RFLAGS_STATUS),
	};

	for (unsigned i = 0; i < ARRAY_SIZE(families); i++)
		run_family(&families[i]);
}

/* Division by chance overflows nearly always: here with quotients that fit, and next to that. */
static void divisions_that_fit(void **state)
{
	for (unsigned round = 0; round < 20000; round++) {
		uint8_t bytes[] = { 0x48, 0xf7, (round & 1 ? 0x7b : 0x73), 8 };
		int64_t divisor = (int64_t)operand() | 1, quotient = (int64_t)operand();
		__int128 dividend = (__int128)divisor * quotient;

		prepare();
		native->gpr[RAX] = (uint64_t)dividend;
		native->gpr[RDX] = (uint64_t)(dividend >> 64);
		memcpy(&native->scratch[2048 + 8], &divisor, sizeof(divisor));
		if (round & 1)
			assert_true(compare(bytes, sizeof(bytes), RFLAGS_STATUS));
		else
			compare(bytes, sizeof(bytes), RFLAGS_STATUS);
	}
}

/* Counts in CL and as immediates; flags are defined by the count. */
static void shifts(void **state)
{
	for (unsigned round = 0; round < 60000; round++) {
		unsigned digit = random_bits() & 7, size = 1u << (random_bits() & 3);
		unsigned count = random_bits() & 0xff, bits = 8 * size;
		unsigned masked = count & (size == 8 ? 63 : 31);
		unsigned how = random_bits() % 3; /* an immediate, 1, CL */
		uint64_t undefined = digit >= 4 ? RFLAGS_AF : 0;
		uint8_t bytes[INSTRUCTION_MAX_LENGTH];
		const char opcode[] = { (char)((how == 0   ? 0xc0
						: how == 1 ? 0xd0
							   : 0xd2) +
					       (size > 1)) };
		const struct family family = {
			.opcode = opcode, .opcode_length = 1, .reg = digit, .immediate = how == 0
		};

		prepare();
		native->gpr[RCX] = (native->gpr[RCX] & ~0xffull) | count;
		if (how == 1)
			masked = 1;
		if (masked != 1)
			undefined |= RFLAGS_OF;
		if (digit >= 4 && masked >= bits)
			undefined |= RFLAGS_CF;
		compare(bytes, assemble(&family, size, digit, count, bytes), undefined);
	}
}

static void double_shifts(void **state)
{
	static const char *opcodes[] = { "\x0f\xa4", "\x0f\xa5", "\x0f\xac", "\x0f\xad" };

	for (unsigned round = 0; round < 20000; round++) {
		unsigned size = 2u << random_bits() % 3, which = random_bits() & 3;
		unsigned count = random_bits() & 0xff;
		unsigned masked = count & (size == 8 ? 63 : 31);
		const struct family family = { .opcode = opcodes[which],
					       .opcode_length = 2,
					       .reg = ANY_REGISTER,
					       .immediate = !(which & 1) };
		uint8_t bytes[INSTRUCTION_MAX_LENGTH];

		if (masked > 8 * size)
			continue; /* all is undefined */
		prepare();
		native->gpr[RCX] = count;
		compare(bytes, assemble(&family, size, RDX, count, bytes),
			RFLAGS_AF | (masked != 1 ? RFLAGS_OF : 0));
	}
}

static void bits(void **state)
{
	static const struct family immediates[] = {
		FAMILY("\x0f\xba", 4, .immediate = 1, .undefined = UNDEFINED_BY_BT),
		FAMILY("\x0f\xba", 5, .immediate = 1, .undefined = UNDEFINED_BY_BT),
		FAMILY("\x0f\xba", 6, .immediate = 1, .undefined = UNDEFINED_BY_BT),
		FAMILY("\x0f\xba", 7, .immediate = 1, .undefined = UNDEFINED_BY_BT),
	};
	static const struct family counts[] = {
		FAMILY("\xf3\x0f\xb8", ANY_REGISTER),
		FAMILY("\xf3\x0f\xbc", ANY_REGISTER, .undefined = UNDEFINED_BY_BT),
		FAMILY("\xf3\x0f\xbd", ANY_REGISTER, .undefined = UNDEFINED_BY_BT),
	};
	static const char *strings[] = { "\x0f\xa3", "\x0f\xab", "\x0f\xb3", "\x0f\xbb" };

	for (unsigned i = 0; i < ARRAY_SIZE(immediates); i++)
		run_family(&immediates[i]);
	for (unsigned i = 0; __builtin_cpu_supports("bmi") && i < ARRAY_SIZE(counts); i++)
		run_family(&counts[i]);
	for (unsigned round = 0; round < 20000; round++) {
		const struct family family = { .opcode = strings[random_bits() & 3],
					       .opcode_length = 2,
					       .reg = ANY_REGISTER };
		uint8_t bytes[INSTRUCTION_MAX_LENGTH];

		prepare();
		native->gpr[RDX] = random_bits() % 4096 - 2048; /* bits before and after */
		compare(bytes, assemble(&family, 2u << random_bits() % 3, RDX, 0, bytes),
			UNDEFINED_BY_BT);
	}
}

/* BSF and BSR: the destination is defined for operands that are not zero. */
static void bit_scans(void **state)
{
	for (unsigned round = 0; round < 5000; round++) {
		const struct family family = { .opcode = round & 1 ? "\x0f\xbc" : "\x0f\xbd",
					       .opcode_length = 2,
					       .reg = ANY_REGISTER };
		uint8_t bytes[INSTRUCTION_MAX_LENGTH];
		uint64_t value = operand();
		unsigned size = 2u << random_bits() % 3;

		if (!(value & width_mask(size)))
			continue;
		prepare();
		memcpy(&native->scratch[2048 + 8], &value, sizeof(value));
		compare(bytes, assemble(&family, size, RDX, 0, bytes), RFLAGS_STATUS & ~RFLAGS_ZF);
	}
}

static void conditions(void **state)
{
	for (unsigned condition = 0; condition < 16; condition++) {
		const char move[] = { 0x0f, (char)(0x40 | condition) };
		const char set[] = { 0x0f, (char)(0x90 | condition) };
		const struct family families[] = {
			{ .opcode = move, .opcode_length = 2, .reg = ANY_REGISTER },
			{ .opcode = set, .opcode_length = 2, .reg = 0, .byte_only = true },
		};

		run_family(&families[0]);
		run_family(&families[1]);
	}
}

static void exchanges(void **state)
{
	static const struct family families[] = {
		FAMILY("\x86", ANY_REGISTER, .byte_only = true),
		FAMILY("\x87", ANY_REGISTER),
		FAMILY("\x0f\xc0", ANY_REGISTER, .byte_only = true),
		FAMILY("\x0f\xc1", ANY_REGISTER),
		FAMILY("\x0f\xb0", ANY_REGISTER, .byte_only = true),
		FAMILY("\x0f\xb1", ANY_REGISTER),
	};

	for (unsigned i = 0; i < ARRAY_SIZE(families); i++)
		run_family(&families[i]);
	/* The wide ones, where equality does not come by chance. */
	for (unsigned round = 0; round < 2000; round++) {
		bool wide = round & 1;
		const uint8_t bytes[] = { 0xf0, wide ? 0x48 : 0x40, 0x0f, 0xc7, 0x0b };
		unsigned half = wide ? 8 : 4;
		uint8_t *at = (uint8_t *)align_up((uintptr_t)&native->scratch[2048], 16);

		prepare();
		native->gpr[RBX] = (uintptr_t)at;
		if (random_bits() & 1) {
			native->gpr[RAX] = native->gpr[RDX] = 0;
			memcpy(&native->gpr[RAX], at, half);
			memcpy(&native->gpr[RDX], at + half, half);
		}
		assert_true(compare(bytes, sizeof(bytes), 0));
	}
}

static void strings(void **state)
{
	static const uint8_t opcodes[] = { 0xa4, 0xa5, 0xa6, 0xa7, 0xaa,
					   0xab, 0xac, 0xad, 0xae, 0xaf };
	static const uint8_t prefixes[] = { 0x90, 0xf3, 0xf2 }; /* NOP stands for none */

	for (unsigned round = 0; round < 20000; round++) {
		uint8_t opcode = opcodes[random_bits() % ARRAY_SIZE(opcodes)];
		uint8_t repeat = prefixes[random_bits() % ARRAY_SIZE(prefixes)];
		unsigned size = random_bits() % 3, length = 0;
		uint8_t bytes[4];
		bool compares = (opcode & ~1) == 0xa6 || (opcode & ~1) == 0xae;

		if (repeat == 0xf2 && !compares)
			continue; /* reserved */
		if (size == 0)
			bytes[length++] = 0x66;
		if (repeat != 0x90)
			bytes[length++] = repeat;
		if (size == 2)
			bytes[length++] = 0x48;
		bytes[length++] = opcode;
		prepare();
		native->gpr[RCX] = random_bits() % STRING_CHUNK;
		if (random_bits() & 1) /* something to be equal for a while */
			memset(native->scratch, 0x5a, 2048);
		native->gpr[RAX] = random_bits() & 1 ? 0x5a5a5a5a5a5a5a5a : operand();
		assert_true(compare(bytes, length, 0));
	}
}

static void the_stack(void **state)
{
	static const struct family families[] = {
		{ .opcode = "\xff", .opcode_length = 1, .reg = 6 },
		{ .opcode = "\x8f", .opcode_length = 1, .reg = 0 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(families); i++)
		run_family(&families[i]);
	for (unsigned reg = 0; reg < GPR_COUNT; reg++) {
		const uint8_t push[] = { 0x40 | reg >> 3, 0x50 | (reg & 7) };
		const uint8_t pop[] = { 0x40 | reg >> 3, 0x58 | (reg & 7) };

		prepare();
		assert_true(compare(push, sizeof(push), 0));
		prepare();
		assert_true(compare(pop, sizeof(pop), 0));
	}
	prepare();
	assert_true(compare((const uint8_t[]) { 0x6a, 0x80 }, 2, 0));
	assert_true(compare((const uint8_t[]) { 0x66, 0x6a, 0x80 }, 3, 0));
	assert_true(compare((const uint8_t[]) { 0x68, 1, 2, 3, 0x84 }, 5, 0));
	assert_true(compare((const uint8_t[]) { 0x66, 0x68, 1, 0x82 }, 4, 0));
}

/* --- addresses -------------------------------------------------------------------------------- */

/* LEA computes what MOV of the same ModR/M would access: each ModR/M and SIB byte, each REX, both
 * address sizes. */
static void addresses(void **state)
{
	for (unsigned modrm = 0; modrm < 0xc0; modrm++) {
		for (unsigned round = 0; round < 300; round++) {
			uint8_t bytes[INSTRUCTION_MAX_LENGTH] = { 0 };
			struct emulation e = { .cpu = &cpu, .instruction = &instruction };
			unsigned length = 0, opcode_at;
			uint64_t random = random_bits(), rest = random_bits();

			if (random & 1)
				bytes[length++] = 0x67;
			bytes[length++] = 0x48 | (random >> 1 & 7);
			opcode_at = length;
			bytes[length++] = 0x8b;
			bytes[length++] = modrm;
			memcpy(bytes + length, &rest, 5); /* SIB and displacement */
			assert_int_equal(decode_instruction(CODE_64, bytes, INSTRUCTION_MAX_LENGTH,
							    &instruction),
					 DECODE_DONE);
			prepare();
			for (unsigned i = 0; i < GPR_COUNT; i++)
				native->gpr[i] = random_bits();
			memcpy(cpu.gpr, native->gpr, sizeof(cpu.gpr));
			cpu.rip = 0;
			bytes[opcode_at] = 0x8d;
			native_run(bytes, instruction.length);
			if (instruction.rip_relative) /* relative to wherever it ran */
				continue;
			if (operand_offset(&e, 0) != native->gpr[instruction.reg])
				fail_differs("the address", operand_offset(&e, 0),
					     native->gpr[instruction.reg]);
		}
	}
}

static int setup(void **state)
{
	native_init();
	seed = 0x9e3779b97f4a7c15;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves),
		cmocka_unit_test(arithmetic),
		cmocka_unit_test(one_operand),
		cmocka_unit_test(multiplication_and_division),
		cmocka_unit_test(divisions_that_fit),
		cmocka_unit_test(shifts),
		cmocka_unit_test(double_shifts),
		cmocka_unit_test(bits),
		cmocka_unit_test(bit_scans),
		cmocka_unit_test(conditions),
		cmocka_unit_test(exchanges),
		cmocka_unit_test(strings),
		cmocka_unit_test(the_stack),
		cmocka_unit_test(addresses),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
