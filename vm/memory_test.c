/* A VM's memory in stretches: holes, other rights, what may be asked for and when, and that all of it
 * comes back. */
#include "tests/host/smp_run.h"

#include "vm/guest_memory.h"

#define READ_ONLY (ACCESS_READ | ACCESS_EXECUTE)
#define ALL       (READ_ONLY | ACCESS_WRITE)

static struct vm *vm;
static uint8_t *host; /* of its first byte */
static struct reason why;

/* What the nested table was asked for last. */
static struct {
	uint64_t at, length;
	unsigned rights; /* 0: unmapped */
} asked;

static enum error note_map(struct nested_table *nested, gpa_t at, hpa_t to, uint64_t length,
			   unsigned rights, enum nested_memory_type type, struct reason *reason)
{
	asked.at = at.value;
	asked.length = length;
	asked.rights = rights;
	return ERROR_NONE;
}

static enum error note_unmap(struct nested_table *nested, gpa_t at, uint64_t length,
			     struct reason *reason)
{
	return note_map(nested, at, hpa(0), length, 0, NESTED_WRITE_BACK, reason);
}

static struct virt_ops ops;
static const struct board_ops no_board;

static int make_vm(void **state)
{
	ops = fake;
	ops.nested_map = note_map;
	ops.nested_unmap = note_unmap;
	virt = &ops;
	boot(1);
	assert_int_equal(vm_create(&vm, "memory", MIB(2), 1, &no_board, NULL, &why), ERROR_NONE);
	host = vm_memory(vm, gpa(0), MIB(2));
	assert_non_null(host);
	return 0;
}

static int end_of_vm(void **state)
{
	vm_stop(vm, NULL);
	run_all(); /* that nothing is left */
	return 0;
}

static void a_hole_is_no_memory(void **state)
{
	assert_int_equal(vm_punch(vm, gpa(0xa0000), 0x20000, &why), ERROR_NONE);
	assert_int_equal(asked.at, 0xa0000);
	assert_int_equal(asked.length, 0x20000);
	assert_int_equal(asked.rights, 0);
	assert_int_equal(vm->slot_count, 2);
	assert_ptr_equal(vm_memory(vm, gpa(0x9f000), PAGE_SIZE), host + 0x9f000);
	assert_null(vm_memory(vm, gpa(0x9f000), PAGE_SIZE + 1));
	assert_null(vm_memory(vm, gpa(0xa0000), 1));
	assert_null(vm_memory(vm, gpa(0xbffff), 1));
	assert_ptr_equal(vm_memory(vm, gpa(0xc0000), 0x1000), host + 0xc0000);
	/* Not twice, not over an edge, not in part of a page. */
	assert_int_equal(vm_punch(vm, gpa(0xa0000), 0x20000, &why), ERROR_INVALID_INPUT);
	assert_int_equal(vm_punch(vm, gpa(0x9f000), 0x2000, &why), ERROR_INVALID_INPUT);
	assert_int_equal(vm_punch(vm, gpa(MIB(2) - PAGE_SIZE), 2 * PAGE_SIZE, &why),
			 ERROR_INVALID_INPUT);
	assert_int_equal(vm_punch(vm, gpa(0x1000), 0x800, &why), ERROR_INVALID_INPUT);
	assert_int_equal(vm->slot_count, 2);
	/* What the hole left free may be something else now. */
	assert_int_equal(vm_add_memory(vm, gpa(0xa0000), 0x10000, READ_ONLY, &why), ERROR_NONE);
	assert_non_null(vm_memory(vm, gpa(0xa0000), 0x10000));
	assert_int_equal(vm->slots[1].base.value, 0xa0000); /* in its order */
}

static void rights_split_and_stay_one_piece(void **state)
{
	assert_int_equal(vm_set_rights(vm, gpa(0xe0000), 0x20000, READ_ONLY, &why), ERROR_NONE);
	assert_int_equal(asked.at, 0xe0000);
	assert_int_equal(asked.length, 0x20000);
	assert_int_equal(asked.rights, READ_ONLY);
	assert_int_equal(vm->slot_count, 3);
	assert_int_equal(vm->slots[1].rights, READ_ONLY);
	assert_int_equal(vm->slots[2].rights, ALL);
	assert_ptr_equal(vm_memory(vm, gpa(0xdf000), 0x40000), host + 0xdf000);
	assert_int_equal(vm_set_rights(vm, gpa(0xe0000), 0x20000, 0, &why), ERROR_INVALID_INPUT);
}

static void a_running_vms_slots_stay(void **state)
{
	assert_int_equal(vm_set_rights(vm, gpa(0xc0000), 0x4000, READ_ONLY, &why), ERROR_NONE);
	assert_int_equal(vm_set_rights(vm, gpa(0xc4000), 0x4000, READ_ONLY, &why), ERROR_NONE);
	vm->state = VM_STARTED;
	assert_int_equal(vm_set_rights(vm, gpa(0xc0000), 0x8000, ALL, &why), ERROR_NONE);
	assert_int_equal(vm->slots[1].rights, ALL);
	assert_int_equal(vm->slots[2].rights, ALL);
	assert_int_equal(vm_set_rights(vm, gpa(0xc0000), 0x2000, ALL, &why), ERROR_INVALID_INPUT);
	assert_int_equal(vm_set_rights(vm, gpa(0xc1000), 0x3000, ALL, &why), ERROR_INVALID_INPUT);
	assert_int_equal(vm_punch(vm, gpa(0xc0000), 0x4000, &why), ERROR_BAD_STATE);
	vm->state = VM_NEW;
}

/* Page tables in ROM: the CPU may write, the ROM is none the less. */
static void walks_may_write(void **state)
{
	assert_int_equal(vm_set_rights(vm, gpa(0xe0000), 0x20000, READ_ONLY, &why), ERROR_NONE);
	assert_int_equal(vm_let_walks_write(vm, gpa(0xe3000), &why), ERROR_NONE);
	assert_int_equal(asked.at, 0xe3000);
	assert_int_equal(asked.length, PAGE_SIZE);
	assert_int_equal(asked.rights, ALL);
	assert_int_equal(vm->slots[1].rights, READ_ONLY);
	assert_null(guest_ram(vm, gpa(0xe3000), 1, ACCESS_WRITE));
	assert_int_equal(vm_let_walks_write(vm, gpa(0xe3800), &why), ERROR_INVALID_INPUT);
	assert_int_equal(vm_let_walks_write(vm, gpa(MIB(2)), &why), ERROR_INVALID_INPUT);
}

static void slots_run_out(void **state)
{
	enum error error = ERROR_NONE;
	unsigned made = 0;

	for (uint64_t at = 0; at < MIB(1) && !error; at += 2 * PAGE_SIZE, made++)
		error = vm_set_rights(vm, gpa(at), PAGE_SIZE, READ_ONLY, &why);
	assert_int_equal(error, ERROR_NO_MEMORY);
	assert_true(made > 10);
	assert_true(vm->slot_count <= VM_MAX_SLOTS);
	assert_ptr_equal(vm_memory(vm, gpa(0), MIB(2)), host);
}

static void lazy_memory_is_memory(void **state)
{
	const gpa_t base = gpa(MIB(4));

	asked.length = 0;
	assert_int_equal(vm_add_lazy_memory(vm, base, MIB(1), &why), ERROR_NONE);
	assert_int_equal(asked.length, 0); /* nothing is mapped */
	assert_true(guest_is_ram(vm, base, MIB(1), ALL));
	assert_false(guest_is_ram(vm, gpa(base.value - 1), 2, 0));
	assert_null(vm_slot_at(vm, base)->host);
	/* No other over it, and itself over no other. */
	assert_int_equal(vm_add_memory(vm, gpa(MIB(5) - PAGE_SIZE), MIB(1), ALL, &why),
			 ERROR_INVALID_INPUT);
	assert_int_equal(vm_add_lazy_memory(vm, gpa(MIB(1)), MIB(1), &why), ERROR_INVALID_INPUT);
	assert_int_equal(vm_add_lazy_memory(vm, base, 0, &why), ERROR_INVALID_INPUT);
	assert_int_equal(vm_add_lazy_memory(vm, gpa(MIB(8)), 0x800, &why), ERROR_INVALID_INPUT);
	assert_int_equal(vm->slot_count, 2);
}

static void lazy_memory_stays_whole(void **state)
{
	const gpa_t base = gpa(MIB(2));

	assert_int_equal(vm_add_lazy_memory(vm, base, MIB(1), &why), ERROR_NONE);
	assert_int_equal(vm_punch(vm, base, PAGE_SIZE, &why), ERROR_INVALID_INPUT);
	/* Nor as the end of what begins before it. */
	assert_int_equal(vm_punch(vm, gpa(base.value - PAGE_SIZE), 2 * PAGE_SIZE, &why),
			 ERROR_INVALID_INPUT);
	assert_int_equal(vm_set_rights(vm, base, MIB(1), READ_ONLY, &why), ERROR_INVALID_INPUT);
	assert_string_equal(why.text,
			    "memory of VM memory at 0x200000 is lazy, and stays as it is");
	assert_int_equal(vm_let_walks_write(vm, base, &why), ERROR_INVALID_INPUT);
	assert_true(guest_is_ram(vm, base, MIB(1), ALL));
	/* What is beside it may change. */
	assert_int_equal(vm_punch(vm, gpa(base.value - PAGE_SIZE), PAGE_SIZE, &why), ERROR_NONE);
}

static void a_device_may_show_a_page(void **state)
{
	uint8_t *page = page_alloc();

	assert_int_equal(vm_show_page(vm, gpa(0xb8000), page, &why), ERROR_INVALID_INPUT);
	assert_int_equal(vm_punch(vm, gpa(0xa0000), 0x20000, &why), ERROR_NONE);
	assert_int_equal(vm_show_page(vm, gpa(0xb8000), page, &why), ERROR_NONE);
	assert_int_equal(asked.at, 0xb8000);
	assert_int_equal(asked.length, PAGE_SIZE);
	assert_int_equal(asked.rights, ACCESS_READ | ACCESS_WRITE);
	assert_null(vm_memory(vm, gpa(0xb8000), 1)); /* no memory to us */
	assert_int_equal(vm_hide_page(vm, gpa(0xb8000), &why), ERROR_NONE);
	assert_int_equal(asked.at, 0xb8000);
	assert_int_equal(asked.rights, 0);
	page_free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_hole_is_no_memory, make_vm, end_of_vm),
		cmocka_unit_test_setup_teardown(rights_split_and_stay_one_piece, make_vm,
						end_of_vm),
		cmocka_unit_test_setup_teardown(a_running_vms_slots_stay, make_vm, end_of_vm),
		cmocka_unit_test_setup_teardown(walks_may_write, make_vm, end_of_vm),
		cmocka_unit_test_setup_teardown(slots_run_out, make_vm, end_of_vm),
		cmocka_unit_test_setup_teardown(lazy_memory_is_memory, make_vm, end_of_vm),
		cmocka_unit_test_setup_teardown(lazy_memory_stays_whole, make_vm, end_of_vm),
		cmocka_unit_test_setup_teardown(a_device_may_show_a_page, make_vm, end_of_vm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
