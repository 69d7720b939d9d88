/* Guest memory by guest-physical and by linear address. */
#include "vm/guest_memory.h"

#include "lib/assert.h"
#include "lib/bits.h"
#include "lib/string.h"
#include "vm/vcpu/vcpu_transfer.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"
#include "x86/exception.h"
#include "x86/segment.h"

void guest_memory_describe(struct vm *vm, cpuid_reader host)
{
	const struct cpuid_guest any = { .vcpu_count = 1 };

	vm->address_bits = cpuid_address_bits(host, &any);
	vm->gigabyte_pages =
		cpuid_policy(host, &any, CPUID_EXTENDED_SIGNATURE, 0).edx & CPUID_80000001_EDX_1G;
}

/* --- by guest-physical address --------------------------------------------------------------- */

const struct vm_slot *vm_slot_at(const struct vm *vm, gpa_t at)
{
	for (unsigned i = 0; i < vm->slot_count; i++)
		if (at.value - vm->slots[i].base.value < vm->slots[i].length)
			return &vm->slots[i];
	return NULL;
}

static uint64_t to_page_end(uint64_t at, uint64_t length)
{
	uint64_t left = PAGE_SIZE - (at & PAGE_MASK);

	return length < left ? length : left;
}

static bool gives(const struct vm_slot *slot, unsigned rights)
{
	return !(rights & ~__atomic_load_n(&slot->rights, __ATOMIC_RELAXED));
}

/* Neighbouring pages of a lazy slot are apart in the host's memory. */
static uint8_t *lazy_ram(struct vm *vm, gpa_t at, uint64_t length, bool populate)
{
	uint64_t offset = at.value & PAGE_MASK;
	uint8_t *page;

	if (to_page_end(at.value, length) < length)
		return NULL;
	page = vm->lazy_page(vm, gpa(at.value - offset), populate);
	return page ? page + offset : NULL;
}

uint8_t *guest_ram(struct vm *vm, gpa_t at, uint64_t length, unsigned rights)
{
	const struct vm_slot *slot = vm_slot_at(vm, at), *next;

	if (!slot || !gives(slot, rights))
		return NULL;
	if (!slot->host)
		return lazy_ram(vm, at, length, true);
	uint64_t offset = at.value - slot->base.value;
	uint8_t *start = slot->host + offset;

	for (;; slot = next) {
		if (!gives(slot, rights))
			return NULL;
		if (length <= slot->length - offset)
			return start;
		/* A stretch that was split goes on in its other part. */
		length -= slot->length - offset;
		offset = 0;
		next = vm_slot_at(vm, gpa(slot->base.value + slot->length));
		if (!next || next->host != slot->host + slot->length)
			return NULL;
	}
}

void *vm_memory(struct vm *vm, gpa_t at, uint64_t length)
{
	return guest_ram(vm, at, length, 0);
}

bool guest_is_ram(const struct vm *vm, gpa_t at, uint64_t length, unsigned rights)
{
	uint64_t part;

	if (length && !range_is_valid(at.value, length))
		return false;
	for (uint64_t done = 0; done < length; done += part) {
		const struct vm_slot *slot = vm_slot_at(vm, gpa(at.value + done));

		if (!slot || !gives(slot, rights))
			return false;
		part = slot->base.value + slot->length - (at.value + done);
	}
	return true;
}

/* What was never touched stays so. */
static void read_part(struct vm *vm, gpa_t at, void *to, uint64_t length)
{
	const struct vm_slot *slot = vm_slot_at(vm, at);
	const uint8_t *from = slot->host ? slot->host + (at.value - slot->base.value)
					 : lazy_ram(vm, at, length, false);

	if (from)
		memcpy(to, from, length);
	else
		memset(to, 0, length);
}

bool guest_physical_read(struct vm *vm, gpa_t at, void *to, uint64_t length)
{
	uint64_t part;

	if (!guest_is_ram(vm, at, length, 0))
		return false;
	for (uint64_t done = 0; done < length; done += part) {
		part = to_page_end(at.value + done, length - done);
		read_part(vm, gpa(at.value + done), (uint8_t *)to + done, part);
	}
	return true;
}

bool guest_physical_write(struct vm *vm, gpa_t at, const void *from, uint64_t length)
{
	uint64_t part;

	if (!guest_is_ram(vm, at, length, 0))
		return false;
	for (uint64_t done = 0; done < length; done += part) {
		part = to_page_end(at.value + done, length - done);
		void *to = vm_memory(vm, gpa(at.value + done), part);

		if (!to)
			return false;
		memcpy(to, (const uint8_t *)from + done, part);
	}
	return true;
}

/* --- by linear address ----------------------------------------------------------------------- */

/* Where there is no RAM a bus reads ones, which set reserved bits of an entry. */
static bool read_entry(void *context, gpa_t at, unsigned width, uint64_t *value)
{
	const uint8_t *host = guest_ram(context, at, width, ACCESS_READ);

	if (!host)
		*value = width == 4 ? UINT32_MAX : UINT64_MAX;
	else
		*value = width == 4 ? __atomic_load_n((const uint32_t *)host, __ATOMIC_RELAXED)
				    : __atomic_load_n((const uint64_t *)host, __ATOMIC_RELAXED);
	return true;
}

/* What cannot be written stays as it is, and nobody hears of it. */
static bool exchange_entry(void *context, gpa_t at, unsigned width, uint64_t expected,
			   uint64_t desired)
{
	uint8_t *host = guest_ram(context, at, width, ACCESS_WRITE);
	uint32_t narrow = expected;

	if (!host)
		return true;
	if (width == 4)
		return __atomic_compare_exchange_n((uint32_t *)host, &narrow, (uint32_t)desired,
						   false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	return __atomic_compare_exchange_n((uint64_t *)host, &expected, desired, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

enum error guest_walk_state(struct vcpu *vcpu, struct page_walk_state *state, struct reason *why)
{
	struct vcpu_transfer t = { .vcpu = vcpu };
	uint64_t rflags, stack_rights;

	*state = (struct page_walk_state) {
		.cr0 = vcpu_transfer_get(&t, VCPU_CR0),
		.cr3 = vcpu_transfer_get(&t, VCPU_CR3),
		.cr4 = vcpu_transfer_get(&t, VCPU_CR4),
		.efer = vcpu_transfer_get(&t, VCPU_EFER),
	};
	rflags = vcpu_transfer_get(&t, VCPU_RFLAGS);
	stack_rights = vcpu_transfer_get(&t, VCPU_SS_RIGHTS);
	if (page_walk_has_pdptes(state))
		for (unsigned i = 0; i < ARRAY_SIZE(state->pdpte); i++)
			state->pdpte[i] = vcpu_transfer_get(&t, VCPU_PDPTE0 + i);
	if (t.error)
		return reason_set(why, t.error, "register %s cannot be read",
				  vcpu_register_name(t.failed));
	state->address_bits = vcpu->vm->address_bits;
	state->gigabyte_pages = vcpu->vm->gigabyte_pages;
	state->ac = rflags & RFLAGS_AC;
	/* The privilege of the stack segment is the CPL: SDM volume 3, "Guest Register State". */
	state->cpl = state->cr0 & CR0_PE ? field_get(stack_rights, RIGHTS_DPL) : 0;
	return ERROR_NONE;
}

static unsigned rights_for(enum page_access access)
{
	return access == PAGE_ACCESS_WRITE   ? ACCESS_WRITE
	       : access == PAGE_ACCESS_FETCH ? ACCESS_EXECUTE
					     : ACCESS_READ;
}

/* What a failed walk of the byte at `at` means. */
static void fail(struct guest_access *result, const struct page_walk *walk, gva_t at)
{
	result->at = walk->gpa;
	if (walk->status == PAGE_WALK_TABLE_LOST) {
		result->status = GUEST_ACCESS_NOT_RAM;
		return;
	}
	result->status = GUEST_ACCESS_FAULT;
	result->fault.kind = EVENT_EXCEPTION;
	result->fault.has_error_code = true;
	result->fault.vector = EXCEPTION_PROTECTION;
	if (walk->status == PAGE_WALK_FAULT) {
		result->fault.vector = EXCEPTION_PAGE_FAULT;
		result->fault.error_code = walk->error_code;
		result->fault.fault_address = at.value;
	}
}

/* A part whose host is null is no RAM that allows the access. */
static struct guest_access translate(struct vcpu *vcpu, const struct page_walk_state *state,
				     gva_t at, uint32_t length, enum page_access access,
				     bool ram_only, struct guest_span *span)
{
	const struct page_walk_memory memory = {
		.context = vcpu->vm,
		.read = read_entry,
		.exchange = exchange_entry,
	};
	struct guest_access result = { .status = GUEST_ACCESS_DONE };
	uint32_t part;

	assert(length && length <= PAGE_SIZE);
	span->parts = 0;
	for (uint32_t done = 0; done < length && result.status == GUEST_ACCESS_DONE; done += part) {
		gva_t from = gva(at.value + done);

		if (!(state->efer & EFER_LMA))
			from.value = (uint32_t)from.value;
		part = to_page_end(from.value, length - done);

		struct page_walk walk = page_walk(state, &memory, from, access);
		uint8_t *host = NULL;

		if (walk.status == PAGE_WALK_DONE)
			host = guest_ram(vcpu->vm, walk.gpa, part, rights_for(access));
		else
			fail(&result, &walk, from);
		if (walk.status == PAGE_WALK_DONE && ram_only && !host) {
			result.status = GUEST_ACCESS_NOT_RAM;
			result.at = walk.gpa;
		}
		span->part[span->parts].at = walk.gpa;
		span->part[span->parts].host = host;
		span->part[span->parts++].length = part;
	}
	return result;
}

struct guest_access guest_translate(struct vcpu *vcpu, const struct page_walk_state *state,
				    gva_t at, uint32_t length, enum page_access access,
				    struct guest_span *span)
{
	return translate(vcpu, state, at, length, access, true, span);
}

struct guest_access guest_locate(struct vcpu *vcpu, const struct page_walk_state *state, gva_t at,
				 uint32_t length, enum page_access access, struct guest_span *span)
{
	return translate(vcpu, state, at, length, access, false, span);
}
