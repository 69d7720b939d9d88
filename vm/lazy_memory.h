/* Memory that a VM has on demand. Its guest-physical addresses are there from the start; a page of the
 * host's stands behind one when it is first touched, by a vCPU or by Plinth for one, zeroed and mapped
 * by itself. Which pages are there the nested table alone knows.
 *
 * VMs may so have more memory than the host. When it runs out, the VM that needs a page is stopped, and
 * the others go on. */
#ifndef VM_LAZY_MEMORY_H
#define VM_LAZY_MEMORY_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vm.h"

enum lazy_touch {
	LAZY_NOT,       /* no lazy memory lies there */
	LAZY_POPULATED, /* a page is there now */
	LAZY_SHORT,     /* the host has none left: the VM, if it runs, is being stopped */
};

/* Can `at` be lazy memory? To be quick with the addresses of devices. */
static inline bool lazy_memory_is_near(const struct vm *vm, gpa_t at)
{
	return at.value - vm->lazy_start < vm->lazy_length;
}

/* A vCPU of the VM has touched `at`, where nothing is mapped. Any CPU, also from within run(). */
enum lazy_touch lazy_memory_touch(struct vm *vm, gpa_t at);

/* The VM gets lazy memory, valid and not empty: for vm_add_lazy_memory(). */
void lazy_memory_begin(struct vm *vm, gpa_t base, uint64_t length);

/* The first page of the lazy slot at or behind `*offset` that is populated; false: there is none. */
bool lazy_memory_next(struct vm *vm, const struct vm_slot *slot, uint64_t *offset,
		      uint8_t **page) must_check;

/* For the manager: gives all of it back. No CPU can use it any more; the nested table still names it. */
void lazy_memory_end(struct vm *vm);

#endif
