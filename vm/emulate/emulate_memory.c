/* Spans of guest memory, partly RAM and partly not. */
#include "vm/emulate/emulate_memory.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "vm/guest_memory.h"

/* The CPU itself has translated the page of the access that exited: its rights were checked and its
 * flags set a moment ago, and the exit says where it led. Most instructions need no other page. */
static bool located_by_exit(const struct emulate_reach *reach, gva_t at, unsigned width,
			    enum page_access access, struct guest_span *span)
{
	uint64_t offset = at.value & PAGE_MASK;
	gva_t known = reach->exit->nested_fault.gva;
	gpa_t page = gpa(align_down(reach->exit->nested_fault.gpa.value, PAGE_SIZE));

	if (!reach->exit->nested_fault.gva_valid || reach->exit->nested_fault.during_walk)
		return false;
	if ((at.value ^ known.value) & ~PAGE_MASK || offset + width > PAGE_SIZE)
		return false;
	if (access == PAGE_ACCESS_WRITE && !(reach->exit->nested_fault.access & ACCESS_WRITE))
		return false;
	span->parts = 1;
	span->part[0].at = gpa(page.value + offset);
	span->part[0].length = width;
	span->part[0].host = guest_ram(reach->vcpu->vm, span->part[0].at, width,
				       access == PAGE_ACCESS_WRITE ? ACCESS_WRITE : ACCESS_READ);
	return true;
}

static enum emulate_outcome locate(void *context, gva_t at, unsigned width, enum page_access access,
				   struct guest_span *span, struct vcpu_event *fault)
{
	struct emulate_reach *reach = context;
	struct guest_access result;

	if (located_by_exit(reach, at, width, access, span))
		return EMULATE_DONE;
	result = guest_locate(reach->vcpu, &reach->walk, at, width, access, span);
	if (result.status == GUEST_ACCESS_DONE)
		return EMULATE_DONE;
	if (result.status == GUEST_ACCESS_FAULT) {
		*fault = result.fault;
		return EMULATE_FAULT;
	}
	reach->refusal = "page tables outside RAM";
	return EMULATE_REFUSED;
}

static enum emulate_outcome locate_table(void *context, gva_t at, unsigned width,
					 enum page_access access, struct guest_span *span,
					 struct vcpu_event *fault)
{
	struct emulate_reach *reach = context;
	struct page_walk_state walk = reach->walk;
	struct guest_access result;

	walk.implicit = true;
	result = guest_locate(reach->vcpu, &walk, at, width, access, span);
	*fault = result.fault;
	if (result.status == GUEST_ACCESS_DONE)
		return EMULATE_DONE;
	reach->refusal = "page tables outside RAM";
	return result.status == GUEST_ACCESS_FAULT ? EMULATE_FAULT : EMULATE_REFUSED;
}

/* --- RAM ------------------------------------------------------------------------------------- */

/* Aligned operands are moved in one access, as the guest's other vCPUs expect. */
static void read_ram(const uint8_t *host, void *to, uint32_t length)
{
	uint64_t value;

	if (!is_power_of_two(length) || !is_aligned((uintptr_t)host, length) ||
	    length > sizeof(value)) {
		memcpy(to, host, length);
		return;
	}
	if (length == sizeof(uint64_t))
		value = __atomic_load_n((const uint64_t *)host, __ATOMIC_RELAXED);
	else if (length == sizeof(uint32_t))
		value = __atomic_load_n((const uint32_t *)host, __ATOMIC_RELAXED);
	else if (length == sizeof(uint16_t))
		value = __atomic_load_n((const uint16_t *)host, __ATOMIC_RELAXED);
	else
		value = *host;
	memcpy(to, &value, length);
}

static void write_ram(uint8_t *host, const void *from, uint32_t length)
{
	uint64_t value = 0;

	if (!is_power_of_two(length) || !is_aligned((uintptr_t)host, length) ||
	    length > sizeof(value)) {
		memcpy(host, from, length);
		return;
	}
	memcpy(&value, from, length);
	if (length == sizeof(uint64_t))
		__atomic_store_n((uint64_t *)host, value, __ATOMIC_RELAXED);
	else if (length == sizeof(uint32_t))
		__atomic_store_n((uint32_t *)host, (uint32_t)value, __ATOMIC_RELAXED);
	else if (length == sizeof(uint16_t))
		__atomic_store_n((uint16_t *)host, (uint16_t)value, __ATOMIC_RELAXED);
	else
		*host = (uint8_t)value;
}

/* --- the bus --------------------------------------------------------------------------------- */

/* The largest naturally aligned access that begins at `at`. */
static unsigned piece_at(gpa_t at, uint32_t left)
{
	unsigned width = sizeof(uint64_t);

	while (width > left || !is_aligned(at.value, width))
		width /= 2;
	return width;
}

static void read_bus(struct emulate_reach *reach, gpa_t at, uint8_t *to, uint32_t length)
{
	unsigned width;

	for (uint32_t done = 0; done < length; done += width) {
		gpa_t from = gpa(at.value + done);
		uint64_t value = 0;

		width = piece_at(from, length - done);
		reach->bus->read(reach->bus->context, reach->vcpu, from, width, &value);
		memcpy(to + done, &value, width);
	}
}

static void write_bus(struct emulate_reach *reach, gpa_t at, const uint8_t *from, uint32_t length)
{
	unsigned width;

	for (uint32_t done = 0; done < length; done += width) {
		gpa_t to = gpa(at.value + done);
		uint64_t value = 0;

		width = piece_at(to, length - done);
		memcpy(&value, from + done, width);
		reach->bus->write(reach->bus->context, reach->vcpu, to, width, value);
	}
}

/* --- spans ----------------------------------------------------------------------------------- */

static void read_span(void *context, const struct guest_span *span, void *to)
{
	struct emulate_reach *reach = context;
	uint8_t *bytes = to;

	for (unsigned i = 0; i < span->parts; bytes += span->part[i++].length) {
		const uint8_t *host = span->part[i].host;

		/* What was located for writing and is ROM can still be read. */
		if (!host)
			host = guest_ram(reach->vcpu->vm, span->part[i].at, span->part[i].length,
					 ACCESS_READ);
		if (host)
			read_ram(host, bytes, span->part[i].length);
		else
			read_bus(reach, span->part[i].at, bytes, span->part[i].length);
	}
}

static void write_span(void *context, const struct guest_span *span, const void *from)
{
	struct emulate_reach *reach = context;
	const uint8_t *bytes = from;

	for (unsigned i = 0; i < span->parts; bytes += span->part[i++].length) {
		if (span->part[i].host)
			write_ram(span->part[i].host, bytes, span->part[i].length);
		else
			write_bus(reach, span->part[i].at, bytes, span->part[i].length);
	}
}

/* --- registers ------------------------------------------------------------------------------- */

static bool get_register(void *context, enum vcpu_register reg, uint64_t *to)
{
	struct emulate_reach *reach = context;

	reach->refusal = "register that cannot be reached";
	return !vcpu_get_register(reach->vcpu, reg, to);
}

static bool set_register(void *context, enum vcpu_register reg, uint64_t value)
{
	struct emulate_reach *reach = context;

	return !vcpu_set_register(reach->vcpu, reg, value);
}

/* --- vector registers ------------------------------------------------------------------------ */

static bool read_vector(void *context, unsigned reg, uint8_t *to)
{
	struct emulate_reach *reach = context;

	reach->refusal = "vector registers cannot be reached";
	return !vcpu_get_vector(reach->vcpu, reg, to);
}

static bool write_vector(void *context, unsigned reg, const uint8_t *from, bool whole)
{
	struct emulate_reach *reach = context;

	return !vcpu_set_vector(reach->vcpu, reg, from, whole);
}

void emulate_reach_init(struct emulate_reach *reach, struct vcpu *vcpu,
			const struct vcpu_exit *exit, const struct emulate_bus *bus)
{
	*reach = (struct emulate_reach) {
		.vcpu = vcpu,
		.exit = exit,
		.bus = bus,
		.memory = {
			.context = reach,
			.locate = locate,
			.read = read_span,
			.write = write_span,
			.locate_table = locate_table,
			.get_register = get_register,
			.set_register = set_register,
			.read_vector = read_vector,
			.write_vector = write_vector,
		},
	};
}
