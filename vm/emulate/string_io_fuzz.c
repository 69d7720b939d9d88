/* String I/O on behalf of a hostile guest: arbitrary registers, segments and memory. No access
 * outside guest RAM (ASan), a bounded number of elements, and registers that move only as far as
 * elements were moved. */
#include <stdlib.h>

#include "tests/host/fake_vcpu.h"
#include "vm/guest_memory.h"
#include "vm/emulate/string_io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void element(void *context, struct vcpu *v, uint16_t port, unsigned width, bool in,
		    uint32_t *value)
{
	unsigned *count = context;

	check(in || width == 4 || !(*value >> (8 * width)));
	if (in)
		*value = 0xa5a5a5a5;
	(*count)++;
}

static void bus_read(void *context, struct vcpu *v, gpa_t at, unsigned width, uint64_t *value)
{
	check(is_power_of_two(width) && width <= 4 && is_aligned(at.value, width));
	*value = ~0ull;
}

static void bus_write(void *context, struct vcpu *v, gpa_t at, unsigned width, uint64_t value)
{
	check(is_power_of_two(width) && width <= 4 && is_aligned(at.value, width));
	check(!(value >> 8 * width));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct emulate_bus bus = { NULL, bus_read, bus_write };
	struct input {
		uint64_t registers[VCPU_REGISTERS];
		uint64_t rcx, rsi, rdi;
		uint8_t width, address_width, segment, flags, tables;
	} input = { 0 };
	struct vcpu_exit io = { .kind = VCPU_EXIT_IO };
	unsigned count = 0;

	memcpy(&input, data, size < sizeof(input) ? size : sizeof(input));
	fake_vcpu_reset(NULL);
	for (size_t i = sizeof(input); i < size; i++)
		ram[i * 8 % sizeof(ram)] = data[i];
	memcpy(registers, input.registers, sizeof(registers));
	if (input.tables & 1) {
		fake_long_mode();
		registers[VCPU_CR3] = 0x1000;
	}
	io.io.width = 1 << input.width % 3;
	io.io.address_width = 2 << input.address_width % 3;
	io.io.segment = input.segment;
	io.io.in = input.flags & 1;
	io.io.repeat = input.flags & 2;
	io.io.string = true;
	vcpu.gpr[RCX] = input.rcx;
	vcpu.gpr[RSI] = input.rsi;
	vcpu.gpr[RDI] = input.rdi;

	uint64_t mask = BITS(io.io.address_width * 8 - 1, 0);
	enum error error =
		string_io(&vcpu, &io, element, &count, input.tables & 2 ? &bus : NULL, NULL);

	check(count <= STRING_IO_CHUNK && skips + injections <= 1);
	check(error || skips || injections || count == STRING_IO_CHUNK);
	if (io.io.repeat)
		check((vcpu.gpr[RCX] & mask) == ((input.rcx & mask) - count));
	else
		check(count <= 1 && vcpu.gpr[RCX] == input.rcx);
	if (skips && io.io.repeat)
		check(!(vcpu.gpr[RCX] & mask));
	check(vcpu.gpr[io.io.in ? RSI : RDI] == (io.io.in ? input.rsi : input.rdi));
	return 0;
}
