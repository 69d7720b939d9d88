/* Moves that the emulator made once are known afterwards, do what they did, and are unknown as soon as
 * anything that they depend on has changed. */
#include "tests/host/emulated_device.h"
#include "vm/emulate/quick_move.h"
#include "vm/vcpu/vcpu_quick.h"

static const struct vcpu_quick quick;

static int begin(void **state)
{
	reset(state);
	long_mode();
	vcpu.quick = &quick;
	return 0;
}

static const struct quick_move *find(uint64_t code)
{
	const struct quick_place place = {
		.code = code,
		.cr3 = registers[VCPU_CR3],
		.mode = quick_mode(registers[VCPU_CS_RIGHTS] & RIGHTS_L ? CODE_64 : CODE_32,
				   registers[VCPU_CR0], registers[VCPU_CR4], registers[VCPU_EFER]),
	};

	return quick_move_find(&vcpu.quick_moves, &place);
}

/* Emulates it, then looks for it. */
static const struct quick_move *learn(const uint8_t *bytes, size_t length)
{
	run_all(bytes, length);
	return find(CODE);
}

/* mov [14080h], rax */
static const uint8_t store[] = { 0x48, 0x89, 0x04, 0x25, 0x80, 0x40, 0x01, 0x00 };

static void stores_registers_and_immediates(void **state)
{
	uint64_t gpr[GPR_COUNT] = { [RAX] = 0x1122334455667788, [RBX] = 0x8899 };
	const struct quick_move *move = learn(store, sizeof(store));

	assert_non_null(move);
	assert_true(move->stores);
	assert_int_equal(move->length, sizeof(store));
	assert_int_equal(move->width, 8);
	assert_int_equal(quick_move_value(move, gpr), 0x1122334455667788);
	move = learn(BYTES(0x88, 0x3c, 0x25, 0x80, 0x40, 0x01, 0x00)); /* mov [14080h], bh */
	assert_int_equal(quick_move_value(move, gpr), 0x88);
	/* mov word [14080h], FFFEh */
	move = learn(BYTES(0x66, 0xc7, 0x04, 0x25, 0x80, 0x40, 0x01, 0x00, 0xfe, 0xff));
	assert_int_equal(quick_move_value(move, gpr), 0xfffe);
	assert_int_equal(move->width, 2);
}

static void loads_as_the_instruction_does(void **state)
{
	const uint64_t old = 0x1111111111111111;
	uint64_t gpr[GPR_COUNT] = { [RAX] = old };
	const struct quick_move *move;

	move = learn(BYTES(0x8b, 0x04, 0x25, 0x80, 0x40, 0x01, 0x00)); /* mov eax, [14080h] */
	assert_false(move->stores);
	quick_move_load(move, gpr, 0xffffffff80000001);
	assert_int_equal(gpr[RAX], 0x80000001);
	gpr[RAX] = old;
	move = learn(BYTES(0x66, 0x8b, 0x04, 0x25, 0x80, 0x40, 0x01, 0x00)); /* mov ax */
	quick_move_load(move, gpr, 0xfffff234);
	assert_int_equal(gpr[RAX], 0x111111111111f234);
	move = learn(BYTES(0x8a, 0x24, 0x25, 0x80, 0x40, 0x01, 0x00)); /* mov ah */
	quick_move_load(move, gpr, 0x56);
	assert_int_equal(gpr[RAX], 0x1111111111115634);
	move = learn(BYTES(0x0f, 0xb6, 0x04, 0x25, 0x80, 0x40, 0x01, 0x00)); /* movzx eax, byte */
	quick_move_load(move, gpr, 0x1ff);
	assert_int_equal(gpr[RAX], 0xff);
	move = learn(BYTES(0x48, 0x0f, 0xbe, 0x04, 0x25, 0x80, 0x40, 0x01, 0x00)); /* movsx rax */
	quick_move_load(move, gpr, 0x80);
	assert_int_equal(gpr[RAX], 0xffffffffffffff80);
	gpr[RAX] = old;
	move = learn(BYTES(0x66, 0x0f, 0xbe, 0x04, 0x25, 0x80, 0x40, 0x01, 0x00)); /* movsx ax */
	quick_move_load(move, gpr, 0x80);
	assert_int_equal(gpr[RAX], 0x111111111111ff80);
}

static void a_load_leaves_what_it_does_not_write(void **state)
{
	uint64_t gpr[GPR_COUNT] = { 0 };
	const struct quick_move *move;

	move = learn(BYTES(0x48, 0x8b, 0x04, 0x25, 0x80, 0x40, 0x01, 0x00)); /* mov rax, [14080h] */
	quick_move_load(move, gpr, 0x8877665544332211);
	assert_true(gpr[RAX] == 0x8877665544332211);
	move = learn(
		BYTES(0x66, 0x0f, 0xb6, 0x04, 0x25, 0x80, 0x40, 0x01, 0x00)); /* movzx ax, byte */
	quick_move_load(move, gpr, 0x99);
	assert_true(gpr[RAX] == 0x8877665544330099);
	move = learn(BYTES(0x0f, 0xbe, 0x04, 0x25, 0x80, 0x40, 0x01, 0x00)); /* movsx eax, byte */
	quick_move_load(move, gpr, 0x99);
	assert_int_equal(gpr[RAX], 0xffffff99);
}

/* An empty row is no move: neither of 16-bit code at address 0, whose registers are all 0. */
static void nothing_is_known_at_first(void **state)
{
	const struct quick_place place = { .mode = quick_mode(CODE_REAL, 0, 0, 0) };

	assert_null(quick_move_find(&vcpu.quick_moves, &place));
}

static void other_instructions_are_not_kept(void **state)
{
	/* add [14080h], rax; mov rsp, [14080h] */
	assert_null(learn(BYTES(0x48, 0x01, 0x04, 0x25, 0x80, 0x40, 0x01, 0x00)));
	assert_null(learn(BYTES(0x48, 0x8b, 0x24, 0x25, 0x80, 0x40, 0x01, 0x00)));
	/* Without anybody to answer nothing is kept. */
	vcpu.quick = NULL;
	assert_null(learn(store, sizeof(store)));
}

static void unknown_where_nothing_was_learnt(void **state)
{
	assert_null(find(0));
	assert_non_null(learn(store, sizeof(store)));
	assert_null(find(CODE + 1));
}

static void each_byte_counts(void **state)
{
	assert_non_null(learn(store, sizeof(store)));
	for (unsigned i = 0; i < sizeof(store); i++) {
		ram[CODE + i] ^= 0x10;
		assert_null(find(CODE));
		ram[CODE + i] ^= 0x10;
	}
	/* What follows does not. */
	ram[CODE + sizeof(store)] ^= 0xff;
	assert_non_null(find(CODE));
}

static void each_table_counts(void **state)
{
	assert_non_null(learn(store, sizeof(store)));
	const unsigned entries[] = { 0x1000, 0x2000, 0x3000, 0x4000 + CODE / PAGE_SIZE * 8 };

	for (unsigned i = 0; i < ARRAY_SIZE(entries); i++) {
		ram[entries[i] + 2] ^= 1;
		assert_null(find(CODE));
		ram[entries[i] + 2] ^= 1;
		assert_non_null(find(CODE));
	}
}

static void registers_count(void **state)
{
	assert_non_null(learn(store, sizeof(store)));
	registers[VCPU_CR3] += PAGE_SIZE;
	assert_null(find(CODE));
	registers[VCPU_CR3] -= PAGE_SIZE;
	registers[VCPU_CR4] |= CR4_LA57;
	assert_null(find(CODE));
	registers[VCPU_CR4] &= ~CR4_LA57;
	registers[VCPU_CS_RIGHTS] = RIGHTS_CODE32;
	assert_null(find(CODE));
}

static void without_paging_bytes_alone_count(void **state)
{
	registers[VCPU_CR0] = CR0_PE;
	registers[VCPU_CR4] = registers[VCPU_EFER] = 0;
	registers[VCPU_CS_RIGHTS] = RIGHTS_CODE32;
	registers[VCPU_DS_RIGHTS] = RIGHTS_DATA32;
	registers[VCPU_DS_LIMIT] = UINT32_MAX;
	assert_non_null(learn(BYTES(0xa1, 0x20, 0x00, 0xe0, 0xfe))); /* mov eax, [FEE00020h] */
	ram[0x1000] ^= 1;
	assert_non_null(find(CODE));
	ram[CODE + 4] ^= 1;
	assert_null(find(CODE));
}

static void pdptes_in_registers_are_not_kept(void **state)
{
	registers[VCPU_EFER] = 0;
	registers[VCPU_CS_RIGHTS] = RIGHTS_CODE32;
	registers[VCPU_DS_RIGHTS] = RIGHTS_DATA32;
	registers[VCPU_DS_LIMIT] = UINT32_MAX;
	registers[VCPU_PDPTE0] = 0x3001;
	assert_null(learn(BYTES(0xa1, 0x20, 0x40, 0x01, 0x00))); /* mov eax, [14020h] */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(stores_registers_and_immediates, begin),
		cmocka_unit_test_setup(loads_as_the_instruction_does, begin),
		cmocka_unit_test_setup(a_load_leaves_what_it_does_not_write, begin),
		cmocka_unit_test_setup(nothing_is_known_at_first, begin),
		cmocka_unit_test_setup(other_instructions_are_not_kept, begin),
		cmocka_unit_test_setup(unknown_where_nothing_was_learnt, begin),
		cmocka_unit_test_setup(each_byte_counts, begin),
		cmocka_unit_test_setup(each_table_counts, begin),
		cmocka_unit_test_setup(registers_count, begin),
		cmocka_unit_test_setup(without_paging_bytes_alone_count, begin),
		cmocka_unit_test_setup(pdptes_in_registers_are_not_kept, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
