/* Making the VM of vmx/trial/bench.h. */
#include "vmx/trial/bench.h"

#include "kernel/cpu.h"
#include "vm/board.h"
#include "vm/manager.h"
#include "vmx/nested.h"
#include "vmx/vcpu/entry.h"
#include "x86/page_table.h"

#define ENTRY  0x1000
#define TABLES 0x2000 /* three levels, a page each */
#define LEVELS 3
#define MEMORY (TABLES + LEVELS * PAGE_SIZE)
#define HLT    0xf4

static const struct board_ops no_board;

/* The first two megabytes, as they are. */
static bool write_page_tables(struct vm *vm)
{
	uint64_t *tables = (uint64_t *)vm_memory(vm, gpa(TABLES), LEVELS * PAGE_SIZE);

	if (!tables)
		return false;
	for (unsigned level = 0; level < LEVELS - 1; level++)
		tables[level * PAGE_TABLE_ENTRIES] =
			(TABLES + (level + 1) * PAGE_SIZE) | PAGE_PRESENT | PAGE_WRITABLE;
	tables[(LEVELS - 1) * PAGE_TABLE_ENTRIES] = PAGE_PRESENT | PAGE_WRITABLE | PAGE_LARGE;
	return true;
}

static bool write_code(struct vm *vm)
{
	uint8_t *code = vm_memory(vm, gpa(ENTRY), 1);

	if (!code)
		return false;
	*code = HLT;
	return true;
}

enum error bench_make(struct bench *bench, struct reason *why)
{
	static const struct vcpu_config config = { .mode = VCPU_MODE_LONG64,
						   .page_table = { TABLES },
						   .intercepts = INTERCEPT_HLT };
	enum error error = vm_create(&bench->vm, "selftest", MEMORY, 1, &no_board, NULL, why);

	if (error)
		return error;
	bench->vcpu = bench->vm->vcpus[0];
	bench->v = vmx_of(bench->vcpu);
	if (write_page_tables(bench->vm) && write_code(bench->vm) &&
	    !vcpu_set_entry(bench->vcpu, gpa(ENTRY)) && !vcpu_setup(bench->vcpu, &config) &&
	    !vcpu_bind(bench->vcpu))
		return ERROR_NONE;
	bench_destroy(bench);
	return reason_set(why, ERROR_BAD_STATE, "the vCPU cannot be set up: see the log");
}

enum vmx_result bench_enter(struct bench *bench, bool launched)
{
	enum vmx_result result;

	bench->v->launched = launched;
	(void)nested_catch_up(bench->vm->nested, this_cpu()->index);
	result = vmx_enter(bench->vcpu, bench->v);
	nested_leave(bench->vm->nested, this_cpu()->index);
	return result;
}

void bench_destroy(struct bench *bench)
{
	vm_stop(bench->vm, NULL);
}
