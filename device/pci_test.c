/* PCI configuration: both mechanisms, sizing and moving of BARs, the interrupt pin. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "device/pci.h"

#define ECAM           0xe0000000u
#define SLOT           3u
#define DEVFN          PCI_DEVFN(SLOT, 0)
#define CONFIG(offset) (0x80000000u | DEVFN << 8 | (offset))

static struct bus ports, memory;
static struct pci pci;
static struct pci_function function;
static bool wire_level;
static struct registers {
	uint64_t last_offset;
} io_registers, memory_registers;

static uint64_t read_register(void *chip, uint64_t offset, unsigned width)
{
	((struct registers *)chip)->last_offset = offset;
	return chip == &io_registers ? 0x11 : 0x22;
}

static const struct chip_ops register_ops = { .name = "registers", .read = read_register };

static void drive(void *context, unsigned number, bool level)
{
	wire_level = level;
}

static int set_up(void **state)
{
	const struct pci_identity identity = {
		.vendor = 0x1af4, .device = 0x1042, .class_code = 0x010000, .interrupt_pin = 1
	};
	const struct pci_bar io = { PCI_BAR_IO, 64, 4, &register_ops, &io_registers };
	const struct pci_bar mem = { PCI_BAR_MEMORY64, 0x4000, 4, &register_ops,
				     &memory_registers };
	struct reason why;

	memset(&ports, 0, sizeof(ports));
	memset(&memory, 0, sizeof(memory));
	pci_init(&pci, &ports, &memory);
	assert_int_equal(pci_attach(&pci, ECAM, MIB(256), &why), ERROR_NONE);
	pci_function_init(&function, &identity);
	function.intx.set = drive;
	pci_function_set_bar(&function, 0, &io);
	pci_function_set_bar(&function, 4, &mem);
	assert_int_equal(pci_add_function(&pci, DEVFN, &function, &why), ERROR_NONE);
	return 0;
}

static uint32_t read1(unsigned offset, unsigned width)
{
	bus_write(&ports, 0, PCI_ADDRESS_PORT, 4, CONFIG(offset & ~3u));
	return (uint32_t)bus_read(&ports, 0, PCI_DATA_PORT + (offset & 3), width);
}

static void write1(unsigned offset, unsigned width, uint32_t value)
{
	bus_write(&ports, 0, PCI_ADDRESS_PORT, 4, CONFIG(offset & ~3u));
	bus_write(&ports, 0, PCI_DATA_PORT + (offset & 3), width, value);
}

static void both_mechanisms_reach_the_same_registers(void **state)
{
	assert_int_equal(read1(0, 4), 0x10421af4);
	assert_int_equal(read1(PCI_DEVICE_ID, 2), 0x1042);
	assert_int_equal(bus_read(&memory, 0, ECAM + (DEVFN << 12), 4), 0x10421af4);
	bus_write(&memory, 0, ECAM + (DEVFN << 12) + PCI_INTERRUPT_LINE, 1, 11);
	assert_int_equal(read1(PCI_INTERRUPT_LINE, 1), 11);
	/* Extended configuration space is empty, other buses and slots are nobody. */
	assert_int_equal(bus_read(&memory, 0, ECAM + (DEVFN << 12) + 0x100, 4), 0);
	assert_int_equal(bus_read(&memory, 0, ECAM + MIB(1) + (DEVFN << 12), 4), UINT32_MAX);
	bus_write(&ports, 0, PCI_ADDRESS_PORT, 4, 0x80000000u | (DEVFN + 8) << 8);
	assert_int_equal(bus_read(&ports, 0, PCI_DATA_PORT, 4), UINT32_MAX);
	bus_write(&ports, 0, PCI_ADDRESS_PORT, 4, CONFIG(0) & ~0x80000000u);
	assert_int_equal(bus_read(&ports, 0, PCI_DATA_PORT, 4), UINT32_MAX);
}

static void only_a_doubleword_is_config_address(void **state)
{
	bus_write(&ports, 0, PCI_ADDRESS_PORT, 4, 0xffffffff);
	assert_int_equal(bus_read(&ports, 0, PCI_ADDRESS_PORT, 4), 0x80fffffc);
	bus_write(&ports, 0, PCI_ADDRESS_PORT, 1, 0);
	bus_write(&ports, 0, PCI_ADDRESS_PORT, 2, 0);
	assert_int_equal(bus_read(&ports, 0, PCI_ADDRESS_PORT, 4), 0x80fffffc);
	assert_int_equal(bus_read(&ports, 0, PCI_ADDRESS_PORT + 1, 1), 0xff);
}

static void identity_cannot_be_written(void **state)
{
	write1(0, 4, 0);
	write1(PCI_REVISION, 4, 0xffffffff);
	assert_int_equal(read1(0, 4), 0x10421af4);
	assert_int_equal(read1(PCI_REVISION, 4), 0x01000000);
	write1(PCI_COMMAND, 2, 0xffff);
	assert_int_equal(read1(PCI_COMMAND, 2), 0x0407);
}

static void bars_tell_their_size(void **state)
{
	write1(PCI_BAR0, 4, UINT32_MAX);
	assert_int_equal(read1(PCI_BAR0, 4), 0xffffffc1);
	write1(PCI_BAR0 + 16, 4, UINT32_MAX);
	write1(PCI_BAR0 + 20, 4, UINT32_MAX);
	assert_int_equal(read1(PCI_BAR0 + 16, 4), 0xffffc004);
	assert_int_equal(read1(PCI_BAR0 + 20, 4), UINT32_MAX);
	write1(PCI_BAR0 + 4, 4, UINT32_MAX); /* there is no BAR 1 */
	assert_int_equal(read1(PCI_BAR0 + 4, 4), 0);
}

static void windows_follow_bars(void **state)
{
	write1(PCI_BAR0, 4, 0xc000);
	assert_int_equal(bus_read(&ports, 0, 0xc008, 1), 0xff); /* not decoded yet */
	write1(PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	assert_int_equal(bus_read(&ports, 0, 0xc008, 1), 0x11);
	assert_int_equal(io_registers.last_offset, 8);
	write1(PCI_BAR0, 4, 0xd000);
	assert_int_equal(bus_read(&ports, 0, 0xc008, 1), 0xff);
	assert_int_equal(bus_read(&ports, 0, 0xd010, 1), 0x11);

	write1(PCI_BAR0 + 16, 4, 0xc0000000);
	assert_int_equal(bus_read(&memory, 0, 0xc0001004, 4), 0x22);
	write1(PCI_BAR0 + 20, 4, 1); /* above 4 GiB */
	assert_int_equal(bus_read(&memory, 0, 0xc0001004, 4), UINT32_MAX);
	assert_int_equal(bus_read(&memory, 0, 0x1c0001004, 4), 0x22);
	/* Onto another chip: it keeps its place. */
	write1(PCI_BAR0 + 20, 4, 0);
	write1(PCI_BAR0 + 16, 4, ECAM);
	assert_int_equal(bus_read(&memory, 0, ECAM + (DEVFN << 12), 4), 0x10421af4);
	write1(PCI_COMMAND, 2, 0);
	assert_int_equal(bus_read(&ports, 0, 0xd010, 1), 0xff);
}

static void capabilities_are_chained(void **state)
{
	unsigned first = pci_function_add_capability(&function, 0x11, 12);
	unsigned second = pci_function_add_capability(&function, 0x09, 18);
	unsigned third = pci_function_add_capability(&function, 0x05, 14);

	assert_int_equal(first, 0x40);
	assert_int_equal(second, 0x4c);
	assert_int_equal(third, 0x60);
	assert_int_equal(read1(PCI_CAPABILITIES, 1), third);
	assert_int_equal(read1(third + 1, 1), second);
	assert_int_equal(read1(first + 1, 1), 0);
	assert_int_equal(read1(PCI_STATUS, 2), PCI_STATUS_CAPABILITIES);
	assert_int_equal(pci_function_add_capability(&function, 9, 200), 0);
}

static void the_pin_can_be_disabled(void **state)
{
	pci_set_intx(&function, true);
	assert_true(wire_level);
	assert_int_equal(read1(PCI_STATUS, 2) & PCI_STATUS_INTERRUPT, PCI_STATUS_INTERRUPT);
	write1(PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	assert_false(wire_level);
	assert_int_equal(read1(PCI_STATUS, 2) & PCI_STATUS_INTERRUPT, PCI_STATUS_INTERRUPT);
	write1(PCI_COMMAND, 2, 0);
	assert_true(wire_level);
	pci_set_intx(&function, false);
	assert_false(wire_level);
}

static void a_reset_puts_everything_back(void **state)
{
	write1(PCI_BAR0, 4, 0xc000);
	write1(PCI_COMMAND, 2, PCI_COMMAND_IO);
	pci_ops.reset(&pci);
	assert_int_equal(bus_read(&ports, 0, PCI_ADDRESS_PORT, 4), 0);
	assert_int_equal(read1(PCI_COMMAND, 2), 0);
	assert_int_equal(read1(PCI_BAR0, 4), 1);
	assert_int_equal(bus_read(&ports, 0, 0xc008, 1), 0xff);
	pci_place_bar(&pci, &function, 0, 0xc040);
	pci_ops.reset(&pci);
	assert_int_equal(bus_read(&ports, 0, 0xc048, 1), 0x11);
}

static void a_place_is_taken_once(void **state)
{
	struct pci_function other;
	struct reason why;

	assert_int_equal(pci_add_function(&pci, DEVFN, &other, &why), ERROR_RESOURCE_BUSY);
	assert_int_equal(pci_add_function(&pci, PCI_FUNCTIONS, &other, &why), ERROR_RESOURCE_BUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(both_mechanisms_reach_the_same_registers, set_up),
		cmocka_unit_test_setup(only_a_doubleword_is_config_address, set_up),
		cmocka_unit_test_setup(identity_cannot_be_written, set_up),
		cmocka_unit_test_setup(bars_tell_their_size, set_up),
		cmocka_unit_test_setup(windows_follow_bars, set_up),
		cmocka_unit_test_setup(capabilities_are_chained, set_up),
		cmocka_unit_test_setup(the_pin_can_be_disabled, set_up),
		cmocka_unit_test_setup(a_reset_puts_everything_back, set_up),
		cmocka_unit_test_setup(a_place_is_taken_once, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
