/* Any bytes as an instruction of a hostile guest, with arbitrary registers, segments, tables and
 * modes. No access outside guest RAM (ASan), a bounded number of bus accesses, each of a width and
 * alignment that a board can rely on, and always one outcome. */
#include <stdlib.h>

#include "tests/host/fake_vcpu.h"
#include "vm/emulate/emulate.h"
#include "vm/emulate/execute.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEVICE_PAGE = 20, CODE = 0x5000, MODES = 8, MODE_LONG = 3 };

static void check(bool holds)
{
	if (!holds)
		abort();
}

static unsigned accesses;

static void check_access(gpa_t at, unsigned width)
{
	check(width && width <= 8 && is_power_of_two(width) && is_aligned(at.value, width));
	check(!vm_memory(&vm, at, width) || at.value >> 12 == FAKE_ROM_SLOT >> 12);
	accesses++;
}

static void bus_read(void *context, struct vcpu *v, gpa_t at, unsigned width, uint64_t *value)
{
	check_access(at, width);
	*value = 0xa5a5a5a5a5a5a5a5;
}

static void bus_write(void *context, struct vcpu *v, gpa_t at, unsigned width, uint64_t value)
{
	check_access(at, width);
	check(width == 8 || !(value >> 8 * width));
}

struct input {
	uint8_t mode, flags, access, code[15];
	uint64_t gpr[GPR_COUNT], registers[VCPU_REGISTERS];
};

/* The modes that guests run in, most of the time; flag bits let in arbitrary registers. */
static void set_up(const struct input *input)
{
	fake_vcpu_reset(NULL);
	memcpy(vcpu.gpr, input->gpr, sizeof(input->gpr));
	registers[VCPU_RIP] = CODE;
	memcpy(&ram[CODE], input->code, sizeof(input->code));
	if (input->mode % MODES >= MODE_LONG) {
		fake_long_mode();
		fake_map(DEVICE_PAGE, 0xfee00007);
		fake_map(DEVICE_PAGE + 1, FAKE_ROM_SLOT | 7);
		vcpu.gpr[RBX] = DEVICE_PAGE << 12 | (vcpu.gpr[RBX] & 0x1fff);
	} else if (input->mode % MODES) {
		registers[VCPU_CR0] = CR0_PE;
		registers[VCPU_CS_RIGHTS] =
			input->mode % MODES == 1 ? RIGHTS_CODE32 : RIGHTS_CODE16;
		registers[VCPU_DS_RIGHTS] = RIGHTS_DATA32;
		registers[VCPU_DS_LIMIT] = UINT32_MAX;
	}
	for (unsigned reg = 0; reg < VCPU_REGISTERS; reg++) {
		if (input->registers[reg] & 1)
			registers[reg] = input->registers[reg] >> 1;
	}
	if (input->flags & 1)
		broken_register = (enum vcpu_register)(input->flags >> 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct emulate_bus bus = { NULL, bus_read, bus_write };
	struct vcpu_exit exit = { .kind = VCPU_EXIT_NESTED_FAULT };
	struct input input = { 0 };
	uint64_t rip;
	struct reason why;

	memcpy(&input, data, size < sizeof(input) ? size : sizeof(input));
	set_up(&input);
	exit.nested_fault.access = input.access;
	rip = registers[VCPU_RIP];
	accesses = 0;

	enum error error = emulate_instruction(&vcpu, &exit, &bus, &why);

	/* An element of a string instruction reads and writes eight bytes at any alignment. */
	check(accesses <= STRING_CHUNK * 2 * 8);
	check(skips + injections <= 1);
	check(!error || !(skips + injections));
	/* Unless it branches, an instruction's length on. */
	check(registers[VCPU_RIP] - rip <= 15 || (skips && !injections));
	if (injections)
		check(registers[VCPU_RIP] == rip && injected.kind == EVENT_EXCEPTION);
	return 0;
}
