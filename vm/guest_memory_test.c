/* Guest memory: slots, copies across them, linear accesses with the faults they meet. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/host/fake_vcpu.h"
#include "vm/guest_memory.h"

static void finds_memory_in_slots(void **state)
{
	assert_ptr_equal(vm_memory(&vm, gpa(0), 1), ram);
	assert_ptr_equal(vm_memory(&vm, gpa(0x1234), 0x100), ram + 0x1234);
	assert_ptr_equal(vm_memory(&vm, gpa(0), sizeof(ram)), ram);
	assert_null(vm_memory(&vm, gpa(0), sizeof(ram) + 1));
	assert_null(vm_memory(&vm, gpa(sizeof(ram) - 1), 2));
	assert_null(vm_memory(&vm, gpa(sizeof(ram)), 1));
	assert_null(vm_memory(&vm, gpa(~0ull), 2));
	assert_null(vm_memory(&vm, gpa(1), ~0ull));
	assert_ptr_equal(vm_memory(&vm, gpa(FAKE_HIGH_SLOT + 5), 1), high_ram + 5);
	assert_ptr_equal(vm_memory(&vm, gpa(FAKE_ROM_SLOT), PAGE_SIZE), rom);
}

static void copies_across_slots_or_not_at_all(void **state)
{
	char text[8] = { 0 };
	/* Make the slots neighbours. */
	vm.slots[1].base = gpa(sizeof(ram));

	assert_true(guest_physical_write(&vm, gpa(sizeof(ram) - 3), "abcdef", 6));
	assert_memory_equal(ram + sizeof(ram) - 3, "abc", 3);
	assert_memory_equal(high_ram, "def", 3);
	assert_true(guest_physical_read(&vm, gpa(sizeof(ram) - 3), text, 6));
	assert_string_equal(text, "abcdef");
	assert_false(guest_physical_write(&vm, gpa(sizeof(ram) + PAGE_SIZE - 3), "xxxxxx", 6));
	assert_int_equal(high_ram[PAGE_SIZE - 1], 0);
	assert_false(guest_physical_read(&vm, gpa(~0ull - 1), text, 6));
	assert_string_equal(text, "abcdef");
	assert_true(guest_physical_read(&vm, gpa(0x55555000), text, 0));
}

/* Copies by linear address as instructions do, a page at a time. Pages before a failing one have been
 * copied. */
static struct guest_access copy(gva_t at, void *buffer, size_t length, enum page_access access)
{
	struct guest_access result = { .status = GUEST_ACCESS_DONE };
	struct page_walk_state walk;
	uint8_t *bytes = buffer;

	assert_int_equal(guest_walk_state(&vcpu, &walk, NULL), ERROR_NONE);
	while (length && result.status == GUEST_ACCESS_DONE) {
		uint64_t left = PAGE_SIZE - (at.value & PAGE_MASK);
		uint32_t part = (uint32_t)(length < left ? length : left);
		struct guest_span span;

		result = guest_translate(&vcpu, &walk, at, part, access, &span);
		for (unsigned i = 0; result.status == GUEST_ACCESS_DONE && i < span.parts; i++) {
			if (access == PAGE_ACCESS_WRITE)
				memcpy(span.part[i].host, bytes, span.part[i].length);
			else
				memcpy(bytes, span.part[i].host, span.part[i].length);
			bytes += span.part[i].length;
		}
		at.value += part;
		length -= part;
	}
	return result;
}

static void linear_copies_cross_pages(void **state)
{
	char text[8192], back[8192];

	memset(text, 'x', sizeof(text));
	text[0] = 'a';
	text[8191] = 'z';
	fake_long_mode();
	/* Linear pages 16, 17, 18 lie backwards in memory. */
	fake_map(16, 0x1a000 | 7);
	fake_map(17, 0x19000 | 7);
	fake_map(18, 0x18000 | 7);
	assert_int_equal(copy(gva(0x10800), text, sizeof(text), PAGE_ACCESS_WRITE).status,
			 GUEST_ACCESS_DONE);
	assert_int_equal(ram[0x1a800], 'a');
	assert_int_equal(ram[0x187ff], 'z');
	assert_int_equal(ram[0x18800], 0);
	assert_int_equal(copy(gva(0x10800), back, sizeof(back), PAGE_ACCESS_READ).status,
			 GUEST_ACCESS_DONE);
	assert_memory_equal(text, back, sizeof(text));
	assert_int_equal(ram[0x4000 + 17 * 8] & 0x60, 0x60); /* accessed and dirty */
	assert_int_equal(ram[0x1000] & 0x20, 0x20);
}

static void faults_name_the_failing_byte(void **state)
{
	struct guest_access got;
	char text[0x200] = "0123456789abcdef";

	fake_long_mode();
	fake_map(16, 0x1a000 | 7);
	got = copy(gva(0x10f00), text, sizeof(text), PAGE_ACCESS_WRITE);
	/* The second page is missing: write, not present, supervisor. */
	assert_int_equal(got.status, GUEST_ACCESS_FAULT);
	assert_int_equal(got.fault.kind, EVENT_EXCEPTION);
	assert_int_equal(got.fault.vector, 14);
	assert_true(got.fault.has_error_code);
	assert_int_equal(got.fault.error_code, 2);
	assert_int_equal(got.fault.fault_address, 0x11000);
	assert_memory_equal(&ram[0x1af00], "0123456789abcdef", 16);
	registers[VCPU_SS_RIGHTS] = RIGHTS_DATA32 | RIGHTS_PRIVILEGE(3);
	got = copy(gva(0x11004), text, 1, PAGE_ACCESS_READ);
	assert_int_equal(got.fault.error_code, 4);
	assert_int_equal(got.fault.fault_address, 0x11004);
	fake_map(17, 0x1b000 | 5 | BIT(63));
	got = copy(gva(0x11004), text, 1, PAGE_ACCESS_FETCH);
	assert_int_equal(got.fault.error_code, 0x15);
	got = copy(gva(0x0000800000000000), text, 1, PAGE_ACCESS_READ);
	assert_int_equal(got.status, GUEST_ACCESS_FAULT);
	assert_int_equal(got.fault.vector, 13);
	assert_int_equal(got.fault.error_code, 0);
}

static void what_is_no_ram_is_said(void **state)
{
	struct guest_access got;
	char byte;

	fake_long_mode();
	fake_map(16, 0xfee00000 | 7);
	got = copy(gva(0x10123), &byte, 1, PAGE_ACCESS_READ);
	assert_int_equal(got.status, GUEST_ACCESS_NOT_RAM);
	assert_int_equal(got.at.value, 0xfee00123);
	fake_map(16, FAKE_ROM_SLOT | 7);
	assert_int_equal(copy(gva(0x10123), &byte, 1, PAGE_ACCESS_READ).status, GUEST_ACCESS_DONE);
	assert_int_equal(copy(gva(0x10123), &byte, 1, PAGE_ACCESS_WRITE).status,
			 GUEST_ACCESS_NOT_RAM);
	/* Tables outside RAM are ones. */
	registers[VCPU_CR3] = 0x80000000;
	got = copy(gva(0x1000), &byte, 1, PAGE_ACCESS_READ);
	assert_int_equal(got.status, GUEST_ACCESS_FAULT);
	assert_int_equal(got.fault.vector, 14);
	assert_int_equal(got.fault.error_code, PAGE_FAULT_PRESENT | PAGE_FAULT_RESERVED);
	assert_int_equal(got.fault.fault_address, 0x1000);
}

static void reads_registers_of_the_mode(void **state)
{
	struct page_walk_state walk;
	struct reason why;

	broken_register = VCPU_CR3;
	assert_int_equal(guest_walk_state(&vcpu, &walk, &why), ERROR_BAD_STATE);
	assert_string_equal(why.text, "register cr3 cannot be read");
	/* Real mode: privileged whatever the stack segment says; no PDPTEs asked for. */
	broken_register = VCPU_PDPTE0;
	registers[VCPU_SS_RIGHTS] = RIGHTS_DATA16 | RIGHTS_PRIVILEGE(3);
	registers[VCPU_RFLAGS] = RFLAGS_FIXED | RFLAGS_AC;
	assert_int_equal(guest_walk_state(&vcpu, &walk, NULL), ERROR_NONE);
	assert_int_equal(walk.cpl, 0);
	assert_true(walk.ac);
	assert_int_equal(walk.address_bits, 40);
	fake_long_mode();
	assert_int_equal(guest_walk_state(&vcpu, &walk, NULL), ERROR_NONE);
	assert_int_equal(walk.cpl, 3);
	registers[VCPU_EFER] = 0;
	assert_int_equal(guest_walk_state(&vcpu, &walk, NULL), ERROR_BAD_STATE);
	broken_register = VCPU_REGISTERS;
	registers[VCPU_PDPTE2] = 0x5001;
	assert_int_equal(guest_walk_state(&vcpu, &walk, NULL), ERROR_NONE);
	assert_int_equal(walk.pdpte[2], 0x5001);
}

static void legacy_addresses_wrap(void **state)
{
	char text[4] = { 0 };

	ram[0] = 'b';
	vm.slots[1].base = gpa(0xfffff000);
	high_ram[PAGE_SIZE - 1] = 'a';
	assert_int_equal(copy(gva(0xffffffff), text, 2, PAGE_ACCESS_READ).status,
			 GUEST_ACCESS_DONE);
	assert_string_equal(text, "ab");
}

static struct cpuid_result tiny_host(uint32_t leaf, uint32_t subleaf)
{
	static const struct cpuid_result max = { .eax = 0x80000008 }, sizes = { .eax = 0x302e },
					 extended = { .edx = BIT(26) | BIT(29) }, none;

	return leaf == 0x80000000   ? max
	       : leaf == 0x80000001 ? extended
	       : leaf == 0x80000008 ? sizes
				    : none;
}

static void notes_address_widths(void **state)
{
	guest_memory_describe(&vm, tiny_host);
	assert_int_equal(vm.address_bits, 46);
	assert_true(vm.gigabyte_pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(finds_memory_in_slots, fake_vcpu_reset),
		cmocka_unit_test_setup(copies_across_slots_or_not_at_all, fake_vcpu_reset),
		cmocka_unit_test_setup(linear_copies_cross_pages, fake_vcpu_reset),
		cmocka_unit_test_setup(faults_name_the_failing_byte, fake_vcpu_reset),
		cmocka_unit_test_setup(what_is_no_ram_is_said, fake_vcpu_reset),
		cmocka_unit_test_setup(reads_registers_of_the_mode, fake_vcpu_reset),
		cmocka_unit_test_setup(legacy_addresses_wrap, fake_vcpu_reset),
		cmocka_unit_test_setup(notes_address_widths, fake_vcpu_reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
