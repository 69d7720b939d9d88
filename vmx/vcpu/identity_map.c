/* SDM volume 3, "32-Bit Paging" for the entries. */
#include "vmx/vcpu/identity_map.h"

#include "kernel/output/log.h"
#include "kernel/memory.h"
#include "lib/bits.h"
#include "vm/vm.h"
#include "vmx/nested.h"
#include "vmx/vcpu/vcpu.h"

/* Present, writable, user, accessed, dirty, 4 MBytes: the CPU never has to write the entry. */
#define ENTRY_FLAGS (BIT(0) | BIT(1) | BIT(2) | BIT(5) | BIT(6) | BIT(7))
#define ENTRY_COUNT 1024u
#define ENTRY_SHIFT 22

/* One page serves all vCPUs of a VM; the first that needs it owns it. VMs are set up on one CPU,
 * before any of their vCPUs runs. */
static bool provided(const struct vm *vm)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		const struct vmx_vcpu *v = vm->vcpus[i] ? vmx_of(vm->vcpus[i]) : NULL;

		if (v && v->identity_page)
			return true;
	}
	return false;
}

enum error identity_map_provide(struct vmx_vcpu *v, struct reason *why)
{
	struct vm *vm = v->vcpu->vm;
	uint32_t *table;
	enum error error;

	if (v->identity_page || provided(vm))
		return ERROR_NONE;
	table = page_alloc();
	if (!table)
		return reason_set(why, ERROR_NO_MEMORY, "no page for the identity map");
	for (uint32_t i = 0; i < ENTRY_COUNT; i++)
		table[i] = i << ENTRY_SHIFT | (uint32_t)ENTRY_FLAGS;
	pages_set_owner(table, 1, (uint16_t)(vm->id + 1));
	error = nested_map(vm->nested, gpa(IDENTITY_MAP_ADDRESS), virt_to_hpa(table), PAGE_SIZE,
			   ACCESS_READ, NESTED_WRITE_BACK, why);
	if (error) {
		pages_set_owner(table, 1, OWNER_PLINTH);
		page_free(table);
		return error;
	}
	v->identity_page = table;
	return ERROR_NONE;
}

void identity_map_release(struct vmx_vcpu *v)
{
	struct reason why;

	if (!v->identity_page)
		return;
	/* A page that stays mapped is not given back: a leak is told, a hole would not be. */
	if (nested_unmap(v->vcpu->vm->nested, gpa(IDENTITY_MAP_ADDRESS), PAGE_SIZE, &why)) {
		log_reason(LOG_ERROR, "vmx", &why);
		return;
	}
	pages_set_owner(v->identity_page, 1, OWNER_PLINTH);
	page_free(v->identity_page);
	v->identity_page = NULL;
}
