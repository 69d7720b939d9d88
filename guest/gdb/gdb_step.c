/* Prefixes are skipped, and the few opcodes that save or load flags are looked for. SDM volume 2,
 * "Instruction Prefixes" and "Opcode Map". */
#include "guest/gdb/gdb_step.h"

#include "lib/bits.h"

#define OPCODE_PUSHF   0x9c
#define OPCODE_POPF    0x9d
#define OPCODE_INT     0xcd
#define OPCODE_IRET    0xcf
#define OPCODE_TWO     0x0f
#define SECOND_SYSCALL 0x05
#define SECOND_SYSRET  0x07

#define REX_MASK 0xf0
#define REX      0x40

static bool is_prefix(uint8_t byte, bool code64)
{
	static const uint8_t prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
					    0x66, 0x67, 0xf0, 0xf2, 0xf3 };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (byte == prefixes[i])
			return true;
	return code64 && (byte & REX_MASK) == REX;
}

struct step_instruction gdb_step_instruction(const uint8_t *bytes, size_t length, bool code64)
{
	struct step_instruction next = { .kind = STEP_PLAIN };
	size_t at = 0;

	while (at < length && is_prefix(bytes[at], code64))
		at++;
	if (at == length)
		return next;
	switch (bytes[at]) {
	case OPCODE_PUSHF:
		next.kind = STEP_SAVES_FLAGS;
		break;
	case OPCODE_POPF:
	case OPCODE_IRET:
		next.kind = STEP_LOADS_FLAGS;
		break;
	case OPCODE_INT:
		if (at + 1 == length)
			break;
		next.kind = STEP_INTERRUPT;
		next.vector = bytes[at + 1];
		next.length = (uint8_t)(at + 2);
		break;
	case OPCODE_TWO:
		if (at + 1 < length && bytes[at + 1] == SECOND_SYSCALL)
			next.kind = STEP_SYSCALL;
		if (at + 1 < length && bytes[at + 1] == SECOND_SYSRET)
			next.kind = STEP_LOADS_FLAGS;
		break;
	default:
		break;
	}
	return next;
}
