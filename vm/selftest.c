/* Makes and unmakes VMs with the real backend: that all memory comes back, that a VM costs little
 * beyond its RAM, and that calls in the wrong state are refused. */
#include "vm/selftest.h"

#include "kernel/memory.h"
#include "kernel/tap.h"
#include "lib/bits.h"
#include "vm/manager.h"
#include "vm/vcpu_state.h"

/* Beyond its RAM, for one vCPU, nested page tables included. */
#define MAX_OVERHEAD_PAGES (KIB(64) / PAGE_SIZE)
#define ROUNDS             16

static const char *const names[] = {
	"vm/memory-comes-back",
	"vm/small-vm-costs-less-than-64-KiB",
	"vm/call-in-the-wrong-state-is-BadState",
};

static const struct board_ops no_board;

static struct vm *make(uint64_t memory, unsigned vcpus, struct reason *why)
{
	struct vm *vm;

	return vm_create(&vm, "selftest", memory, vcpus, &no_board, NULL, why) ? NULL : vm;
}

static void test_memory_comes_back(const char *name)
{
	struct reason why = { 0 };
	bool made = true;
	uint64_t before;

	/* What the backend allocates once and keeps is not what is looked for. */
	struct vm *vm = make(KIB(64), 1, &why);
	if (vm)
		vm_stop(vm, NULL);
	before = pages_in_use();
	for (unsigned i = 0; i < ROUNDS && made; i++) {
		vm = make(i % 2 ? MIB(2) : KIB(64), 1 + i % 4, &why);
		made = vm;
		if (vm)
			vm_stop(vm, NULL);
	}
	tap_result(made && pages_in_use() == before, name, "%lu pages in use, %lu before; %s",
		   pages_in_use(), before, made ? "all were made" : why.text);
}

static void test_overhead(const char *name)
{
	struct reason why = { 0 };
	uint64_t before = pages_in_use(), pages = 0;
	struct vm *vm = make(KIB(64), 1, &why);

	if (vm) {
		pages = pages_in_use() - before - KIB(64) / PAGE_SIZE;
		vm_stop(vm, NULL);
	}
	tap_result(vm && pages <= MAX_OVERHEAD_PAGES, name, "%lu pages beyond its RAM; %s", pages,
		   vm ? "made" : why.text);
}

static void test_states(const char *name)
{
	static const struct vcpu_config config = { .mode = VCPU_MODE_LONG64 };
	struct vcpu_exit exit;
	struct reason why = { 0 };
	struct vm *vm = make(KIB(64), 1, &why);
	unsigned wrong = 0;

	if (vm) {
		struct vcpu *vcpu = vm->vcpus[0];

		/* Created: neither bound nor run. Free: not set up twice, not run. */
		wrong += vcpu_bind(vcpu) != ERROR_BAD_STATE;
		wrong += vcpu_run(vcpu, &exit) != ERROR_BAD_STATE;
		wrong += vcpu->state != VCPU_CREATED;
		wrong += vcpu_setup(vcpu, &config) != ERROR_NONE;
		wrong += vcpu_setup(vcpu, &config) != ERROR_BAD_STATE;
		wrong += vcpu_run(vcpu, &exit) != ERROR_BAD_STATE;
		wrong += vcpu_unbind(vcpu) != ERROR_BAD_STATE;
		wrong += vcpu->state != VCPU_FREE;
		/* Ready: not bound twice; and back again. */
		wrong += vcpu_bind(vcpu) != ERROR_NONE;
		wrong += vcpu_bind(vcpu) != ERROR_BAD_STATE;
		wrong += vcpu->state != VCPU_READY;
		wrong += vcpu_unbind(vcpu) != ERROR_NONE;
		wrong += vcpu->state != VCPU_FREE;
		vm_stop(vm, NULL);
	}
	tap_result(vm && !wrong, name, "%u answers were wrong; %s", wrong, vm ? "made" : why.text);
}

unsigned vm_selftest_count(void)
{
	return ARRAY_SIZE(names);
}

void vm_selftest_skip(const char *reason)
{
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		tap_skip(names[i], "%s", reason);
}

void vm_selftest(void)
{
	test_memory_comes_back(names[0]);
	test_overhead(names[1]);
	test_states(names[2]);
}
