/* Families of encodings, each member executed by the emulation and by the host's CPU on the same registers,
 * flags and memory, with the outcomes compared. */
#ifndef TESTS_HOST_NATIVE_COMPARISON_H
#define TESTS_HOST_NATIVE_COMPARISON_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <cmocka.h>

#include "lib/bits.h"
#include "tests/host/native.h"
#include "tests/host/random_numbers.h"
#include "vm/emulate/alu.h"
#include "vm/emulate/decoder.h"
#include "vm/emulate/execute.h"
#include "vm/emulate/operand.h"
#include "x86/control_registers.h"

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

#endif
