/* Making the VM of vmx/trial/bench.h. */
#include "vmx/trial/bench.h"

#include "kernel/cpu.h"
#include "vm/manager.h"
#include "vmx/nested.h"
#include "vmx/vcpu/entry.h"
#include "vmx/vcpu/probe_vm.h"
#include "x86/page_table.h"

#define TABLES (PROBE_ENTRY + PAGE_SIZE) /* three levels, a page each */
#define LEVELS 3
#define HLT    0xf4

/* The first two megabytes, as they are. */
static void write_guest(struct vcpu *vcpu, uint8_t *memory, void *argument)
{
	uint64_t *tables = (uint64_t *)(memory + TABLES);

	for (unsigned level = 0; level < LEVELS - 1; level++)
		tables[level * PAGE_TABLE_ENTRIES] =
			(TABLES + (level + 1) * PAGE_SIZE) | PAGE_PRESENT | PAGE_WRITABLE;
	tables[(LEVELS - 1) * PAGE_TABLE_ENTRIES] = PAGE_PRESENT | PAGE_WRITABLE | PAGE_LARGE;
	memory[PROBE_ENTRY] = HLT;
}

enum error bench_make(struct bench *bench, struct reason *why)
{
	static const struct probe_vm probe = {
		.name = "selftest",
		.memory = TABLES + LEVELS * PAGE_SIZE,
		.config = { .mode = VCPU_MODE_LONG64,
			    .page_table = { TABLES },
			    .intercepts = INTERCEPT_HLT },
		.prepare = write_guest,
	};

	bench->vm = probe_vm_make(&probe, NULL, why);
	if (!bench->vm)
		return why->kind;
	bench->vcpu = bench->vm->vcpus[0];
	bench->v = vmx_of(bench->vcpu);
	return ERROR_NONE;
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
