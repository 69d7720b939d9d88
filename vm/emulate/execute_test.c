/* Every emulated instruction against the host's CPU: the same bytes on the same registers, flags and
 * memory, thousands of operands each, and the same outcome but for flags that are undefined. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <cmocka.h>

#include "lib/bits.h"
#include "tests/host/native.h"
#include "vm/emulate/alu.h"
#include "vm/emulate/decoder.h"
#include "vm/emulate/execute.h"
#include "vm/emulate/operand.h"
#include "x86/control_registers.h"

#define FLAGS_AFTER_SHIFT (RFLAGS_CF | RFLAGS_OF | RFLAGS_AF)

/* --- memory: linear addresses are the test's own ---------------------------------------------- */

static enum emulate_outcome locate(void *context, gva_t at, unsigned width, enum page_access access,
				   struct guest_span *span, struct vcpu_event *fault)
{
	uint8_t *host = (uint8_t *)(uintptr_t)at.value;

	assert_true(host >= native->scratch && host + width <= native->scratch + NATIVE_SCRATCH);
	span->parts = 1;
	span->part[0].host = host;
	span->part[0].length = width;
	return EMULATE_DONE;
}

static void read_span(void *context, const struct guest_span *span, void *to)
{
	memcpy(to, span->part[0].host, span->part[0].length);
}

static void write_span(void *context, const struct guest_span *span, const void *from)
{
	memcpy(span->part[0].host, from, span->part[0].length);
}

static const struct emulate_memory memory = {
	.locate = locate,
	.read = read_span,
	.write = write_span,
};

/* --- operands -------------------------------------------------------------------------------- */

static uint64_t seed;

static uint64_t random_bits(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Mostly values at the edges of the widths. */
static uint64_t operand(void)
{
	static const uint64_t edges[] = {
		0,          1,          0x7f,       0x80,       0xff,
		0x7fff,     0x8000,     0xffff,     0x7fffffff, 0x80000000,
		0xffffffff, 1ull << 63, ~0ull >> 1, ~0ull,      0x8080808080808080,
	};
	uint64_t pick = random_bits();

	return pick & 0x300 ? edges[pick % ARRAY_SIZE(edges)] : random_bits();
}

/* --- one instruction ------------------------------------------------------------------------- */

static struct emulate_cpu cpu;
static struct decoded_instruction instruction;
static uint8_t before[NATIVE_SCRATCH], emulated[NATIVE_SCRATCH];

static void fail_differs(const char *what, uint64_t ours, uint64_t native_value)
{
	char bytes[64] = "";

	for (unsigned i = 0; i < instruction.length; i++)
		snprintf(bytes + 3 * i, sizeof(bytes) - 3 * i, "%02x ", instruction.bytes[i]);
	fail_msg("%s%s: %s is 0x%llx, the CPU says 0x%llx", bytes, instruction.name, what,
		 (unsigned long long)ours, (unsigned long long)native_value);
}

enum { REFILLED = 24 };

/* Registers for the instruction: operands anywhere, RBX, RSI, RDI and RSP in the scratch memory. */
static void prepare(void)
{
	/* A part of the memory each time; at what the next instruction accesses in any case. */
	for (unsigned i = 0; i < REFILLED; i++) {
		uint64_t value = operand();
		unsigned at = i ? random_bits() % (NATIVE_SCRATCH - sizeof(value)) : 2048 + 8;

		memcpy(native->scratch + at, &value, sizeof(value));
	}
	for (unsigned i = 0; i < GPR_COUNT; i++)
		native->gpr[i] = operand();
	native->gpr[RBX] = (uintptr_t)&native->scratch[2048];
	native->gpr[RSI] = (uintptr_t)&native->scratch[1024];
	native->gpr[RDI] = (uintptr_t)&native->scratch[1536];
	native->gpr[RSP] = (uintptr_t)&native->scratch[3072];
	native->rflags = RFLAGS_FIXED | RFLAGS_IF | (random_bits() & (RFLAGS_STATUS | RFLAGS_DF));
}

/* Executes it twice and compares. False when the emulation raises a fault, and the CPU is spared. */
static bool compare(const uint8_t *bytes, unsigned length, uint64_t undefined_flags)
{
	struct emulation e = { .cpu = &cpu, .instruction = &instruction, .memory = &memory };
	enum emulate_outcome outcome;

	assert_int_equal(decode_instruction(CODE_64, bytes, length, &instruction), DECODE_DONE);
	assert_int_equal(instruction.length, length);
	cpu = (struct emulate_cpu) { .code64 = true, .protected_mode = true, .stack_width = 8 };
	memcpy(cpu.gpr, native->gpr, sizeof(cpu.gpr));
	cpu.rflags = native->rflags;
	memcpy(before, native->scratch, sizeof(before));
	outcome = emulate_execute(&e);
	if (outcome == EMULATE_REFUSED)
		fail_differs("refusal", outcome, EMULATE_DONE);
	if (outcome != EMULATE_DONE)
		return false;
	memcpy(emulated, native->scratch, sizeof(emulated));
	memcpy(native->scratch, before, sizeof(before));
	native_run(bytes, length);
	for (unsigned i = 0; i < GPR_COUNT; i++) {
		if (cpu.gpr[i] != native->gpr[i])
			fail_differs("a register", cpu.gpr[i], native->gpr[i]);
	}
	for (unsigned i = 0; i < NATIVE_SCRATCH; i++) {
		if (emulated[i] != native->scratch[i])
			fail_differs("a byte of memory", emulated[i], native->scratch[i]);
	}
	if ((cpu.rflags ^ native->rflags) & ~undefined_flags)
		fail_differs("rflags", cpu.rflags, native->rflags);
	return true;
}

/* --- families of encodings -------------------------------------------------------------------- */

enum { ANY_REGISTER = 8, ROUNDS = 100 };

struct family {
	const char *opcode; /* with its escape bytes */
	unsigned opcode_length;
	unsigned reg;       /* the digit in ModR/M, or ANY_REGISTER */
	unsigned immediate; /* bytes; 8: of the operand size, at most 4 */
	bool byte_only, no_word;
	uint64_t undefined;
};

/* Assembles one member: [rbx + 8] with the register operand `reg` and the operand size `size`. */
static unsigned assemble(const struct family *family, unsigned size, unsigned reg, uint64_t value,
			 uint8_t *to)
{
	unsigned length = 0, immediate = family->immediate;
	bool prefixed = (uint8_t)family->opcode[0] == 0xf3;

	if (size == 2)
		to[length++] = 0x66;
	if (prefixed)
		to[length++] = 0xf3;
	if (size == 8 || reg >= 8)
		to[length++] = 0x40 | (size == 8 ? 8 : 0) | (reg >= 8 ? 4 : 0);
	memcpy(to + length, family->opcode + prefixed, family->opcode_length - prefixed);
	length += family->opcode_length - prefixed;
	to[length++] = 0x43 | (reg & 7) << 3;
	to[length++] = 8;
	if (immediate == 8)
		immediate = size < 4 ? size : 4;
	memcpy(to + length, &value, immediate);
	return length + immediate;
}

static void run_family(const struct family *family)
{
	static const unsigned sizes[] = { 2, 4, 8 };
	/* Not RBX, RSI, RDI and RSP, which point into memory; 4 to 7 are AH to BH for bytes. */
	static const unsigned registers[] = { RAX, RCX, RDX, RBP, R8, R15 };
	bool alone = family->reg != ANY_REGISTER;

	for (unsigned s = 0; s < (family->byte_only ? 1 : ARRAY_SIZE(sizes)); s++) {
		for (unsigned r = 0; r < (alone ? 1 : ARRAY_SIZE(registers)); r++) {
			unsigned size = family->byte_only ? 1 : sizes[s];

			if (family->no_word && size == 2)
				continue;
			for (unsigned round = 0; round < ROUNDS; round++) {
				uint8_t bytes[INSTRUCTION_MAX_LENGTH];
				unsigned length =
					assemble(family, size, alone ? family->reg : registers[r],
						 operand(), bytes);

				prepare();
				compare(bytes, length, family->undefined);
			}
		}
	}
}

#define FAMILY(bytes, digit, ...)                                                              \
	{                                                                                      \
		.opcode = bytes, .opcode_length = sizeof(bytes) - 1, .reg = digit, __VA_ARGS__ \
	}
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
			uint64_t random = random_bits();

			if (random & 1)
				bytes[length++] = 0x67;
			bytes[length++] = 0x48 | (random >> 1 & 7);
			opcode_at = length;
			bytes[length++] = 0x8b;
			bytes[length++] = modrm;
			memcpy(bytes + length, &seed, 5); /* SIB and displacement */
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
