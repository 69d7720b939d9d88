/* Guest memory as a debugger sees it: through the page tables of a vCPU, and without the INT3s that
 * the debugger itself had put there. */
#include "guest/gdb/gdb_vm.h"
#include "lib/bits.h"
#include "vm/guest_memory.h"
#include "vm/guest_peek.h"
#include "x86/control_registers.h"

struct page_walk gdb_walk(struct vcpu *vcpu, uint64_t at)
{
	struct page_walk_state state;
	struct reason why;

	if (guest_walk_state(vcpu, &state, &why))
		return (struct page_walk) { .status = PAGE_WALK_TABLE_LOST };
	if (!(state.efer & EFER_LMA))
		at = (uint32_t)at;
	return guest_peek(vcpu->vm, &state, gva(at));
}

static bool locate(struct vcpu *vcpu, uint64_t at, gpa_t *where)
{
	struct page_walk walk = gdb_walk(vcpu, at);

	*where = walk.gpa;
	return walk.status == PAGE_WALK_DONE;
}

static size_t to_page_end(uint64_t at, size_t length)
{
	size_t left = PAGE_SIZE - (at & PAGE_MASK);

	return length < left ? length : left;
}

size_t gdb_read_memory(unsigned index, uint64_t at, uint8_t *to, size_t length)
{
	size_t done = 0;

	while (done < length) {
		size_t part = to_page_end(at + done, length - done);
		gpa_t where;

		if (!locate(gdb_vcpu(index), at + done, &where) ||
		    !guest_physical_read(gdb_vm.vm, where, to + done, part))
			break;
		gdb_patches_hide(&gdb_vm.breakpoints, where, to + done, part);
		done += part;
	}
	return done;
}

/* One page's part. */
static bool write_part(gpa_t where, const uint8_t *from, size_t length)
{
	uint8_t bytes[256];

	while (length) {
		size_t part = length < sizeof(bytes) ? length : sizeof(bytes);

		memcpy(bytes, from, part);
		/* Before any patch would be noted as changed: is there memory at all? */
		if (!vm_memory(gdb_vm.vm, where, part))
			return false;
		gdb_patches_keep(&gdb_vm.breakpoints, where, bytes, part);
		if (!guest_physical_write(gdb_vm.vm, where, bytes, part))
			return false;
		where.value += part;
		from += part;
		length -= part;
	}
	return true;
}

bool gdb_write_memory(unsigned index, uint64_t at, const uint8_t *from, size_t length)
{
	for (size_t done = 0; done < length;) {
		size_t part = to_page_end(at + done, length - done);
		gpa_t where;

		if (!locate(gdb_vcpu(index), at + done, &where) ||
		    !write_part(where, from + done, part))
			return false;
		done += part;
	}
	return true;
}

void gdb_poke(struct vm *vm, gpa_t at, uint8_t value)
{
	uint8_t *there = vm_memory(vm, at, 1);

	if (there)
		*there = value;
}

/* --- breakpoints ------------------------------------------------------------------------------ */

static bool patch(unsigned index, uint64_t at)
{
	const uint8_t int3 = GDB_INT3;
	uint8_t original;
	gpa_t where;

	if (!locate(gdb_vcpu(index), at, &where))
		return false;
	if (gdb_patch_at(&gdb_vm.breakpoints, where))
		return true;
	if (!guest_physical_read(gdb_vm.vm, where, &original, 1) ||
	    !gdb_patch_add(&gdb_vm.breakpoints, where, at, original))
		return false;
	return guest_physical_write(gdb_vm.vm, where, &int3, 1);
}

/* What the guest has written over it since, a reset for one, stays. */
static void unpatch(struct gdb_patch *which)
{
	uint8_t there = 0;

	which->used = false;
	if (guest_physical_read(gdb_vm.vm, which->at, &there, 1) && there == GDB_INT3)
		gdb_poke(gdb_vm.vm, which->at, which->original);
}

bool gdb_set_breakpoint(unsigned index, enum gdb_breakpoint_type type, uint64_t at, uint64_t length)
{
	if (type == GDB_BREAK_SOFTWARE)
		return patch(index, at);
	return gdb_hardware_add(&gdb_vm.breakpoints, type, at, length);
}

/* What vCPUs still had to tell of registers that are free now is of no interest any more. */
static void forget_hits(void)
{
	for (unsigned i = 0; i < VM_MAX_VCPUS; i++) {
		struct gdb_met *met = &gdb_vm.met[i];

		for (unsigned n = 0; n < DEBUG_BREAKPOINTS; n++)
			if (!gdb_vm.breakpoints.hardware[n].used)
				met->hit.hits &= (uint8_t)~BIT(n);
		met->waits &= met->hit.hits || met->hit.int3 || met->hit.step;
	}
}

bool gdb_clear_breakpoint(unsigned index, enum gdb_breakpoint_type type, uint64_t at,
			  uint64_t length)
{
	struct gdb_patch *which;
	bool removed;

	if (type != GDB_BREAK_SOFTWARE) {
		removed = gdb_hardware_remove(&gdb_vm.breakpoints, type, at, length);
		forget_hits();
		return removed;
	}
	which = gdb_patch_named(&gdb_vm.breakpoints, at);
	if (which)
		unpatch(which);
	return which;
}

void gdb_clear_all(void)
{
	for (unsigned i = 0; i < GDB_SOFTWARE_MAX; i++)
		if (gdb_vm.breakpoints.patches[i].used)
			unpatch(&gdb_vm.breakpoints.patches[i]);
	for (unsigned i = 0; i < DEBUG_BREAKPOINTS; i++)
		gdb_vm.breakpoints.hardware[i].used = false;
}
