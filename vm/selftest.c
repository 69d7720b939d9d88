/* Makes and unmakes VMs with the real backend: that all memory comes back, that a VM costs little
 * beyond its RAM, and that calls in the wrong state are refused. */
#include "vm/selftest.h"

#include "kernel/lapic.h"
#include "kernel/memory.h"
#include "kernel/selftest.h"
#include "kernel/output/tap.h"
#include "lib/bits.h"
#include "vm/manager.h"
#include "vm/vcpu/vcpu_state.h"
#include "vm/virt_ops.h"

/* Beyond its RAM, for one vCPU, nested page tables included. */
#define MAX_OVERHEAD_PAGES (KIB(64) / PAGE_SIZE)
#define ROUNDS             32 /* of selftest=full */
#define LARGE_ROUND        3  /* of each four: RAM that takes a while to be zeroed */

static const char *const names[] = {
	"vm/memory-comes-back",
	"vm/small-vm-costs-less-than-64-KiB",
	"vm/call-in-the-wrong-state-is-BadState",
	"vm/plinths-own-memory-is-mapped-nowhere",
	"vm/another-vms-memory-is-mapped-nowhere",
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
	for (unsigned i = 0; i < selftest_rounds(ROUNDS) && made; i++) {
		vm = make(i % 4 == LARGE_ROUND ? MIB(2) : KIB(64), 1 + i % 4, &why);
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
		wrong += vcpu_run(&vcpu, &exit) != ERROR_BAD_STATE;
		wrong += vcpu->state != VCPU_CREATED;
		wrong += vcpu_setup(vcpu, &config) != ERROR_NONE;
		wrong += vcpu_setup(vcpu, &config) != ERROR_BAD_STATE;
		wrong += vcpu_run(&vcpu, &exit) != ERROR_BAD_STATE;
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

static enum error map_page(struct vm *vm, hpa_t page, struct reason *why)
{
	return virt->nested_map(vm->nested, gpa(MIB(64)), page, PAGE_SIZE,
				ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE, NESTED_WRITE_BACK,
				why);
}

/* Plinth's image, pages that it allocated, the nested tables themselves, the VM's bookkeeping, and
 * what is no RAM at all. */
static void test_own_memory(const char *name)
{
	struct reason why = { 0 };
	void *page = page_alloc();
	struct vm *vm = make(KIB(64), 1, &why);
	unsigned wrong = 0;

	if (vm && page) {
		const hpa_t own[] = {
			virt_to_hpa(names),
			virt_to_hpa(page),
			virt->nested_root(vm->nested),
			virt_to_hpa(vm),
			virt_to_hpa(vm->vcpus[0]),
			lapic_base(),
			hpa(BIT(51)),
		};

		for (unsigned i = 0; i < ARRAY_SIZE(own); i++)
			wrong += map_page(vm, hpa(align_down(own[i].value, PAGE_SIZE)), &why) !=
				 ERROR_INVALID_INPUT;
	}
	if (vm)
		vm_stop(vm, NULL);
	page_free(page);
	tap_result(vm && page && !wrong, name, "%u mappings were allowed; %s", wrong, why.text);
}

/* Not while the other VM lives; its own again is fine. */
static void test_others_memory(const char *name)
{
	struct reason why = { 0 };
	struct vm *first = make(KIB(64), 1, &why), *second = make(KIB(64), 1, &why);
	unsigned wrong = 0;

	if (first && second) {
		hpa_t page = virt_to_hpa(first->slots[0].host + KIB(8));

		wrong += map_page(second, page, &why) != ERROR_RESOURCE_BUSY;
		wrong += map_page(first, page, &why) != ERROR_NONE;
		wrong += map_page(second, page, &why) != ERROR_RESOURCE_BUSY;
	}
	if (second)
		vm_stop(second, NULL);
	if (first)
		vm_stop(first, NULL);
	tap_result(first && second && !wrong, name, "%u answers were wrong; %s", wrong, why.text);
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
	test_own_memory(names[3]);
	test_others_memory(names[4]);
}
