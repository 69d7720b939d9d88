/* Guest memory as the machine above reads and writes it: by guest-physical address, and by linear
 * address through the guest's own page tables with the faults the CPU would raise. The vCPU is not
 * running, and the caller is on the CPU it is bound to. */
#ifndef VM_GUEST_MEMORY_H
#define VM_GUEST_MEMORY_H

#include "lib/error.h"
#include "lib/page_walk.h"
#include "lib/types.h"
#include "vm/policy/cpuid_policy.h"
#include "vm/vcpu/vcpu.h"
#include "vm/vm.h"

/* Notes in the VM what its guests see of address widths; before any other call here. `host` is
 * cpuid_query on the machine. */
void guest_memory_describe(struct vm *vm, cpuid_reader host);

/* Is all of [at, at + length) RAM that gives `rights` (enum access, or-ed)? */
bool guest_is_ram(const struct vm *vm, gpa_t at, uint64_t length, unsigned rights);

/* Copies between [at, at + length) and a buffer. False, and nothing copied, when any byte of the
 * range is not RAM. Ranges may span slots. Lazy memory reads as zeroes where nobody has touched it, and is
 * populated by writes: false, with a part copied, when the host has no more for it. */
bool guest_physical_read(struct vm *vm, gpa_t at, void *to, uint64_t length) must_check;
bool guest_physical_write(struct vm *vm, gpa_t at, const void *from, uint64_t length) must_check;

/* The host address of [at, at + length) when it is RAM of one slot that gives `rights` (enum access,
 * or-ed), else null. Of a lazy slot a page at most: it is populated. */
uint8_t *guest_ram(struct vm *vm, gpa_t at, uint64_t length, unsigned rights);

enum guest_access_status {
	GUEST_ACCESS_DONE,
	GUEST_ACCESS_FAULT,   /* `fault` is the event that the guest has to be given */
	GUEST_ACCESS_NOT_RAM, /* `at` is no RAM that allows it: a device, ROM, or nothing */
};

struct guest_access {
	enum guest_access_status status;
	struct vcpu_event fault;
	gpa_t at;
};

/* A linear range translated: at most two pages, since it is at most one page long. */
struct guest_span {
	struct {
		gpa_t at;
		uint8_t *host;
		uint32_t length;
	} part[2];
	unsigned parts;
};

/* The registers that decide this vCPU's translations, at its CPL. */
enum error guest_walk_state(struct vcpu *vcpu, struct page_walk_state *state,
			    struct reason *why) must_check;

/* Translates [at, at + length), 1 <= length <= 4096, for `access` with the registers in `state`,
 * setting accessed and dirty flags. The first failing byte counts. */
struct guest_access guest_translate(struct vcpu *vcpu, const struct page_walk_state *state,
				    gva_t at, uint32_t length, enum page_access access,
				    struct guest_span *span);

/* As guest_translate(), for who can reach more than RAM: what is not RAM that allows the access has
 * a part with a null `host`. NOT_RAM here says that the page tables change without end. Page
 * tables outside RAM are ones, as a bus reads them: mostly a page fault for reserved bits. */
struct guest_access guest_locate(struct vcpu *vcpu, const struct page_walk_state *state, gva_t at,
				 uint32_t length, enum page_access access, struct guest_span *span);

#endif
