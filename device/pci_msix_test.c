/* MSI-X: the capability, the table and the pending bits, and what holds a message back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "device/pci_msix.h"

#define VECTORS 3u
#define BAR     1u
#define CONTROL (msix.capability + 2)
#define ENABLE  0x8000u
#define MASK    0x4000u

static struct pci_function function;
static struct pci_msix msix;
static struct {
	unsigned count;
	uint64_t address;
	uint32_t data;
} sent;

static void note(void *context, uint64_t address, uint32_t data)
{
	assert_ptr_equal(context, &sent);
	sent.count++;
	sent.address = address;
	sent.data = data;
}

static void set_command(uint16_t command)
{
	pci_function_set(&function, PCI_COMMAND, 2, command, UINT16_MAX);
	pci_msix_update(&msix);
}

static void set_control(uint16_t control)
{
	pci_function_set(&function, CONTROL, 2, control | (VECTORS - 1), ENABLE | MASK);
	pci_msix_update(&msix);
}

static void set(uint64_t offset, uint32_t value)
{
	pci_msix_ops.write(&msix, offset, 4, value);
}

static uint64_t get(uint64_t offset, unsigned width)
{
	return pci_msix_ops.read(&msix, offset, width);
}

static int set_up(void **state)
{
	const struct pci_identity identity = { .vendor = 0x1234, .interrupt_pin = 1 };

	sent.count = 0;
	pci_function_init(&function, &identity);
	assert_true(pci_msix_init(&msix, &function, VECTORS, BAR));
	msix.send = note;
	msix.context = &sent;
	set_command(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return 0;
}

/* As a driver does it: everything masked, the entry filled, then vector 1 let through. */
static int set_up_vector(void **state)
{
	set_up(state);
	set_control(ENABLE | MASK);
	set(16, 0xfee01000);
	set(20, 0);
	set(24, 0x4041);
	set(28, 0);
	set_control(ENABLE);
	return 0;
}

static void the_capability_tells_where_all_is(void **state)
{
	unsigned at = function.config[PCI_CAPABILITIES];

	assert_int_equal(at, msix.capability);
	assert_int_equal(pci_function_get(&function, at, 1), 0x11);
	assert_int_equal(pci_function_get(&function, at + 2, 2), VECTORS - 1);
	assert_int_equal(pci_function_get(&function, at + 4, 4), BAR);
	assert_int_equal(pci_function_get(&function, at + 8, 4), PCI_MSIX_PENDING | BAR);
	assert_int_equal(function.writable[at + 3], 0xc0);
	assert_int_equal(function.writable[at + 2], 0);
	assert_int_equal(function.bars[BAR].kind, PCI_BAR_MEMORY);
	assert_ptr_equal(function.bars[BAR].chip, &msix);
}

static void entries_begin_masked(void **state)
{
	for (unsigned i = 0; i < VECTORS; i++) {
		assert_int_equal(get(i * 16 + 12, 4), 1);
		assert_int_equal(get(i * 16, 8), 0);
	}
	assert_int_equal(get(VECTORS * 16 + 12, 4), 0); /* there is no such entry */
}

static void entries_keep_what_they_may(void **state)
{
	for (unsigned i = 0; i < 16; i += 4)
		set(i, UINT32_MAX);
	assert_int_equal(get(0, 8), 0xfffffffffffffffc);
	assert_int_equal(get(8, 4), UINT32_MAX);
	assert_int_equal(get(12, 4), 1);
	pci_msix_ops.write(&msix, 0, 8, 0x1234567887654320);
	assert_int_equal(get(0, 4), 0x87654320);
	assert_int_equal(get(4, 4), 0x12345678);
	set(VECTORS * 16, UINT32_MAX);
	set(PCI_MSIX_PENDING, UINT32_MAX); /* read-only */
	assert_int_equal(get(VECTORS * 16, 4), 0);
	assert_int_equal(get(PCI_MSIX_PENDING, 8), 0);
}

static void a_message_is_sent(void **state)
{
	pci_msix_raise(&msix, 1);
	assert_int_equal(sent.count, 1);
	assert_int_equal(sent.address, 0xfee01000);
	assert_int_equal(sent.data, 0x4041);
	assert_int_equal(get(PCI_MSIX_PENDING, 8), 0);
}

static void nothing_is_sent_while_it_is_off(void **state)
{
	set_control(0);
	assert_false(pci_msix_is_enabled(&msix));
	pci_msix_raise(&msix, 1);
	set_control(ENABLE);
	assert_true(pci_msix_is_enabled(&msix));
	assert_int_equal(sent.count, 0);
}

static void there_are_no_more_vectors(void **state)
{
	pci_msix_raise(&msix, VECTORS);
	pci_msix_raise(&msix, 0xffff);
	assert_int_equal(sent.count, 0);
	assert_int_equal(get(PCI_MSIX_PENDING, 8), 0);
}

static void a_masked_vector_waits(void **state)
{
	set(28, 1);
	pci_msix_raise(&msix, 1);
	pci_msix_raise(&msix, 1);
	pci_msix_raise(&msix, 2);
	assert_int_equal(get(PCI_MSIX_PENDING, 4), 6);
	assert_int_equal(sent.count, 0);
	set(24, 0x4042); /* the entry as it is when the mask goes counts */
	set(28, 0);
	assert_int_equal(sent.count, 1);
	assert_int_equal(sent.data, 0x4042);
	assert_int_equal(get(PCI_MSIX_PENDING, 4), 4);
}

static void the_function_mask_holds_all(void **state)
{
	set_control(ENABLE | MASK);
	pci_msix_raise(&msix, 1);
	assert_int_equal(get(PCI_MSIX_PENDING, 4), 2);
	set_control(ENABLE);
	assert_int_equal(sent.count, 1);
	assert_int_equal(get(PCI_MSIX_PENDING, 4), 0);
}

static void only_a_bus_master_sends(void **state)
{
	set_command(PCI_COMMAND_MEMORY);
	pci_msix_raise(&msix, 1);
	assert_int_equal(sent.count, 0);
	set_command(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_int_equal(sent.count, 1);
}

static void a_reset_masks_and_forgets(void **state)
{
	set(28, 1);
	pci_msix_raise(&msix, 1);
	pci_msix_reset(&msix);
	assert_int_equal(get(PCI_MSIX_PENDING, 4), 0);
	assert_int_equal(get(28, 4), 1);
	assert_int_equal(get(16, 4), 0);
	set(28, 0);
	assert_int_equal(sent.count, 0);
}

static void a_full_header_is_refused(void **state)
{
	while (pci_function_add_capability(&function, 9, 16))
		;
	assert_false(pci_msix_init(&msix, &function, VECTORS, BAR));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_capability_tells_where_all_is, set_up),
		cmocka_unit_test_setup(entries_begin_masked, set_up),
		cmocka_unit_test_setup(entries_keep_what_they_may, set_up),
		cmocka_unit_test_setup(a_message_is_sent, set_up_vector),
		cmocka_unit_test_setup(nothing_is_sent_while_it_is_off, set_up_vector),
		cmocka_unit_test_setup(there_are_no_more_vectors, set_up_vector),
		cmocka_unit_test_setup(a_masked_vector_waits, set_up_vector),
		cmocka_unit_test_setup(the_function_mask_holds_all, set_up_vector),
		cmocka_unit_test_setup(only_a_bus_master_sends, set_up_vector),
		cmocka_unit_test_setup(a_reset_masks_and_forgets, set_up_vector),
		cmocka_unit_test_setup(a_full_header_is_refused, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
