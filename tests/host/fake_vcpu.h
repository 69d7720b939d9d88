/* A vCPU without a backend for host tests: registers are an array, injected events and skipped
 * instructions are counted, and the VM has a few pages of RAM. Include in one test file only. */
#ifndef TESTS_HOST_FAKE_VCPU_H
#define TESTS_HOST_FAKE_VCPU_H

#include <string.h>

#include "lib/bits.h"
#include "vm/vcpu/vcpu.h"
#include "vm/vm.h"
#include "x86/control_registers.h"
#include "x86/segment.h"

enum { FAKE_RAM_PAGES = 32 };

#define FAKE_HIGH_SLOT 0x100000ull /* a second slot, of one page */
#define FAKE_ROM_SLOT  0x200000ull /* a third, that guests cannot write */

static struct vm vm;
static struct vcpu vcpu;
static uint64_t registers[VCPU_REGISTERS];
static enum vcpu_register broken_register;
static uint8_t ram[FAKE_RAM_PAGES * PAGE_SIZE], high_ram[PAGE_SIZE], rom[PAGE_SIZE];
static struct vcpu_event injected;
static unsigned injections, skips;
static uint8_t vectors[VCPU_ALL_VECTORS][VCPU_VECTOR_BYTES];

enum error vcpu_get_register(struct vcpu *v, enum vcpu_register reg, uint64_t *value)
{
	if (reg == broken_register)
		return ERROR_BAD_STATE;
	*value = registers[reg];
	return ERROR_NONE;
}

enum error vcpu_inject(struct vcpu *v, const struct vcpu_event *event)
{
	injected = *event;
	injections++;
	return ERROR_NONE;
}

enum error vcpu_set_register(struct vcpu *v, enum vcpu_register reg, uint64_t value)
{
	registers[reg] = value;
	return ERROR_NONE;
}

enum error vcpu_get_vector(struct vcpu *v, unsigned reg, uint8_t *value)
{
	memcpy(value, vectors[reg], VCPU_VECTOR_BYTES);
	return ERROR_NONE;
}

enum error vcpu_set_vector(struct vcpu *v, unsigned reg, const uint8_t *value, bool whole)
{
	memcpy(vectors[reg], value, whole ? VCPU_VECTOR_BYTES : VCPU_XMM_BYTES);
	return ERROR_NONE;
}

void vcpu_skip_instruction(struct vcpu *v)
{
	skips++;
}

void vcpu_finish_instruction(struct vcpu *v, uint32_t length)
{
	registers[VCPU_RIP] += length;
	skips++;
}

/* Real mode, flat segments of 64 KiB, empty memory. */
static int fake_vcpu_reset(void **state)
{
	static const enum vcpu_register limits[] = { VCPU_ES_LIMIT, VCPU_CS_LIMIT, VCPU_SS_LIMIT,
						     VCPU_DS_LIMIT, VCPU_FS_LIMIT, VCPU_GS_LIMIT };

	memset(&vm, 0, sizeof(vm));
	memset(&vcpu, 0, sizeof(vcpu));
	memset(registers, 0, sizeof(registers));
	memset(vectors, 0, sizeof(vectors));
	memset(ram, 0, sizeof(ram));
	memset(high_ram, 0, sizeof(high_ram));
	vm.slots[0] = (struct vm_slot) { gpa(0), sizeof(ram), ram, 7 };
	vm.slots[1] = (struct vm_slot) { gpa(FAKE_HIGH_SLOT), sizeof(high_ram), high_ram, 7 };
	vm.slots[2] = (struct vm_slot) { gpa(FAKE_ROM_SLOT), sizeof(rom), rom,
					 ACCESS_READ | ACCESS_EXECUTE };
	vm.slot_count = 3;
	vm.address_bits = 40;
	vcpu.vm = &vm;
	for (unsigned i = 0; i < ARRAY_SIZE(limits); i++) {
		registers[limits[i]] = 0xffff;
		registers[limits[i] + 1] = RIGHTS_DATA16;
	}
	registers[VCPU_CS_RIGHTS] = RIGHTS_CODE16;
	registers[VCPU_RFLAGS] = RFLAGS_FIXED;
	broken_register = VCPU_REGISTERS;
	injections = skips = 0;
	return 0;
}

/* 64-bit mode: tables at 1000h, 2000h, 3000h and 4000h. The first sixteen pages are mapped one to
 * one; page 16 + n to wherever fake_map() says. */
static inline void fake_map(unsigned page, uint64_t entry)
{
	memcpy(&ram[0x4000 + page * 8], &entry, sizeof(entry));
}

static inline void fake_long_mode(void)
{
	static const uint64_t tables[] = { 0x2007, 0x3007, 0x4007 };

	for (unsigned i = 0; i < ARRAY_SIZE(tables); i++)
		memcpy(&ram[0x1000 * (i + 1)], &tables[i], sizeof(tables[i]));
	for (unsigned page = 0; page < 16; page++)
		fake_map(page, page * PAGE_SIZE | 7);
	registers[VCPU_CR0] = CR0_PE | CR0_PG | CR0_WP;
	registers[VCPU_CR3] = 0x1000;
	registers[VCPU_CR4] = CR4_PAE;
	registers[VCPU_EFER] = EFER_LME | EFER_LMA | EFER_NXE;
	registers[VCPU_CS_RIGHTS] = RIGHTS_CODE64;
}

#endif
