/* Runs one instruction natively on the host's CPU, with all registers and flags as they are told
 * and handed back as it left them: what an emulation of that instruction is measured by. Include in
 * one test file only. */
#ifndef TESTS_HOST_NATIVE_H
#define TESTS_HOST_NATIVE_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/types.h"

enum { NATIVE_REGISTERS = 16, NATIVE_SCRATCH = 4096 };

/* Below 2 GiB, so that code reaches it by an absolute 32-bit address. */
static struct native {
	uint64_t gpr[NATIVE_REGISTERS];
	uint64_t rflags;
	uint64_t own_rsp;
	uint8_t code[1024];
	uint8_t scratch[NATIVE_SCRATCH]; /* memory for operands */
} * native;

static inline void native_init(void)
{
	native = mmap(NULL, sizeof(*native), PROT_READ | PROT_WRITE | PROT_EXEC,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (native == MAP_FAILED)
		abort();
}

static inline uint8_t *native_emit(uint8_t *at, const void *bytes, size_t length)
{
	memcpy(at, bytes, length);
	return at + length;
}

/* An instruction that ends in [disp32]: `bytes`, then the address of `field`. */
static inline uint8_t *native_emit_absolute(uint8_t *at, const void *bytes, size_t length,
					    const void *field)
{
	uint32_t address = (uint32_t)(uintptr_t)field;

	return native_emit(native_emit(at, bytes, length), &address, sizeof(address));
}

/* MOV between a register and its place: opcode 8B loads, 89 stores. */
static inline uint8_t *native_emit_move(uint8_t *at, uint8_t opcode, unsigned reg)
{
	const uint8_t bytes[] = { reg & 8 ? 0x4c : 0x48, opcode, 0x04 | (reg & 7) << 3, 0x25 };

	return native_emit_absolute(at, bytes, sizeof(bytes), &native->gpr[reg]);
}

static inline void native_run(const uint8_t *instruction, unsigned length)
{
	static const uint8_t save[] = {
		0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57
	};
	static const uint8_t restore[] = { 0xfc, 0x41, 0x5f, 0x41, 0x5e, 0x41,
					   0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3 };
	uint8_t *at = native_emit(native->code, save, sizeof(save));

	at = native_emit_absolute(at, "\x48\x89\x24\x25", 4, &native->own_rsp); /* mov [], rsp */
	at = native_emit_absolute(at, "\xff\x34\x25", 3, &native->rflags);      /* push [] */
	at = native_emit(at, "\x9d", 1);                                        /* popfq */
	for (unsigned reg = 0; reg < NATIVE_REGISTERS; reg++)
		at = native_emit_move(at, 0x8b, reg);
	at = native_emit(at, instruction, length);
	for (unsigned reg = 0; reg < NATIVE_REGISTERS; reg++)
		at = native_emit_move(at, 0x89, reg);
	at = native_emit_absolute(at, "\x48\x8b\x24\x25", 4, &native->own_rsp); /* mov rsp, [] */
	at = native_emit(at, "\x9c", 1);                                        /* pushfq */
	at = native_emit_absolute(at, "\x8f\x04\x25", 3, &native->rflags);      /* pop [] */
	native_emit(at, restore, sizeof(restore));
	((void (*)(void))(uintptr_t)native->code)();
}

#endif
