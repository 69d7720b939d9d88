/* Registers of the VM that is debugged. */
#include "guest/gdb/gdb_registers.h"
#include "guest/gdb/gdb_vm.h"
#include "lib/bits.h"
#include "lib/string.h"
#include "x86/control_registers.h"

/* The flags that a debugger may write: not VM, which changes the mode. SDM volume 3, "System Flags and
 * Fields in the EFLAGS Register". */
#define FLAGS_WRITABLE 0x3d7fd5ull

#define CANONICAL_BITS 48

static bool read_fpu(struct vcpu *vcpu, const struct gdb_register *reg, uint8_t *value)
{
	uint8_t image[VCPU_FXSAVE_BYTES];
	uint32_t control;

	if (vcpu_get_fpu(vcpu, image))
		return false;
	if (reg->source == GDB_FPU_STACK) {
		gdb_fpu_stack(image, reg->which, value);
		return true;
	}
	control = reg->source == GDB_VECTOR_CONTROL
			  ? gdb_vector_control(image)
			  : gdb_fpu_control(image, (enum gdb_fpu_control)reg->which);
	memcpy(value, &control, sizeof(control));
	return true;
}

static bool read_vector(struct vcpu *vcpu, unsigned which, uint8_t *value)
{
	uint8_t wide[VCPU_VECTOR_BYTES];

	if (vcpu_get_vector(vcpu, which, wide))
		return false;
	memcpy(value, wide, GDB_REGISTER_MAX);
	return true;
}

bool gdb_read_register(unsigned index, unsigned number, uint8_t *value)
{
	const struct gdb_register *reg = &gdb_registers[number];
	struct vcpu *vcpu = gdb_vcpu(index);
	uint64_t wide = 0;

	switch (reg->source) {
	case GDB_GENERAL:
		wide = vcpu->gpr[reg->which];
		break;
	case GDB_NAMED:
		if (vcpu_get_register(vcpu, (enum vcpu_register)reg->which, &wide))
			return false;
		break;
	case GDB_VECTOR:
		return read_vector(vcpu, reg->which, value);
	default:
		return read_fpu(vcpu, reg, value);
	}
	memcpy(value, &wide, reg->size);
	return true;
}

static bool is_canonical(uint64_t address)
{
	uint64_t upper = address >> (CANONICAL_BITS - 1);

	return !upper || upper == BITS(64 - CANONICAL_BITS, 0);
}

/* What an entry would be refused for is refused here. Segments and what decides the mode are read
 * only: one register alone would not make a state that a CPU can be in. */
static bool write_named(struct vcpu *vcpu, enum vcpu_register reg, uint64_t value)
{
	uint64_t flags = 0;

	switch (reg) {
	case VCPU_RIP:
	case VCPU_FS_BASE:
	case VCPU_GS_BASE:
		if (!is_canonical(value))
			return false;
		break;
	case VCPU_RFLAGS:
		if (vcpu_get_register(vcpu, VCPU_RFLAGS, &flags))
			return false;
		value = (flags & ~FLAGS_WRITABLE) | (value & FLAGS_WRITABLE);
		break;
	case VCPU_RSP:
	case VCPU_CR2:
		break;
	default:
		return false;
	}
	/* Who moves a vCPU that is halted wants it to run from there. */
	if (reg == VCPU_RIP)
		vcpu->halted = false;
	return !vcpu_set_register(vcpu, reg, value);
}

bool gdb_write_register(unsigned index, unsigned number, const uint8_t *value)
{
	const struct gdb_register *reg = &gdb_registers[number];
	struct vcpu *vcpu = gdb_vcpu(index);
	uint8_t vector[VCPU_VECTOR_BYTES] = { 0 };
	uint64_t wide = 0;

	switch (reg->source) {
	case GDB_GENERAL:
		memcpy(&vcpu->gpr[reg->which], value, reg->size);
		return true;
	case GDB_NAMED:
		memcpy(&wide, value, reg->size);
		return write_named(vcpu, (enum vcpu_register)reg->which, wide);
	case GDB_VECTOR:
		memcpy(vector, value, reg->size);
		return !vcpu_set_vector(vcpu, reg->which, vector, false);
	default:
		return false;
	}
}
