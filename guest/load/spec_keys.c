/* One row a key, and a function for each that is no switch. */
#include "guest/load/spec_keys.h"

#include "lib/bits.h"
#include "lib/string.h"

#define DEFAULT_MEMORY  MIB(128)
#define DEFAULT_ADDRESS MIB(1)
#define DEADLINE_MOST   1000000 /* seconds */
#define COM_PORTS       4
#define ANY_KERNEL      UINT16_MAX
#define ONLY(role)      ((uint16_t)BIT(role))
#define MICROSECONDS    1000000ull

static bool read_count(const struct spec_word *value, unsigned most, unsigned *count)
{
	uint64_t number;

	if (!spec_number(value, 1, most, &number))
		return false;
	*count = (unsigned)number;
	return true;
}

static bool set_cpus(struct vm_spec *vm, const struct spec_word *value)
{
	return read_count(value, SPEC_MAX_CPUS, &vm->cpus);
}

static bool set_copies(struct vm_spec *vm, const struct spec_word *value)
{
	return read_count(value, SPEC_MAX_COPIES, &vm->copies);
}

static bool set_memory(struct vm_spec *vm, const struct spec_word *value)
{
	uint64_t memory;

	if (!spec_size(value, SPEC_MIN_MEMORY, SPEC_MAX_MEMORY, &memory) ||
	    !is_aligned(memory, PAGE_SIZE))
		return false;
	vm->memory = memory;
	return true;
}

static bool set_lazy(struct vm_spec *vm, const struct spec_word *value)
{
	struct spec_word size = *value, place = { 0 };
	uint64_t lazy, at = SPEC_LAZY_LAST;

	for (size_t i = 0; i < value->length && !place.text; i++)
		if (value->text[i] == '@') {
			size.length = i;
			place = (struct spec_word) { value->text + i + 1, value->length - i - 1 };
		}
	if (!spec_size(&size, 0, SPEC_MAX_MEMORY, &lazy) || !is_aligned(lazy, PAGE_SIZE))
		return false;
	if (place.text &&
	    (!spec_size(&place, 0, SPEC_MAX_MEMORY, &at) || !is_aligned(at, PAGE_SIZE)))
		return false;
	vm->lazy = lazy;
	vm->lazy_at = lazy ? at : SPEC_LAZY_LAST;
	return true;
}

static bool set_pages(struct vm_spec *vm, const struct spec_word *value)
{
	static const uint32_t sizes[] = { KIB(4), MIB(2), GIB(1) };
	unsigned chosen;

	if (!spec_choose(value, "4k 2m 1g", &chosen))
		return false;
	vm->page_size = sizes[chosen];
	return true;
}

static bool set_pin(struct vm_spec *vm, const struct spec_word *value)
{
	struct spec_word list = *value, item;
	int pin[SPEC_MAX_CPUS];
	unsigned pins = 0;

	while (spec_next_item(&list, &item)) {
		uint64_t cpu = 0;
		bool any = spec_word_is(&item, "any");

		if (pins == SPEC_MAX_CPUS || (!any && !spec_number(&item, 0, SPEC_MAX_PIN, &cpu)))
			return false;
		pin[pins++] = any ? -1 : (int)cpu;
	}
	memcpy(vm->pin, pin, pins * sizeof(pin[0]));
	vm->pins = pins;
	return true;
}

_Static_assert(ENTRY_32 == ENTRY_16 + 1 && ENTRY_64 == ENTRY_16 + 2, "the words in this order");

static bool set_entry(struct vm_spec *vm, const struct spec_word *value)
{
	unsigned chosen;

	if (!spec_choose(value, "16 32 64", &chosen))
		return false;
	vm->entry = (enum spec_entry)(ENTRY_16 + chosen);
	return true;
}

static bool set_address(struct vm_spec *vm, const struct spec_word *value)
{
	return spec_number(value, 0, UINT32_MAX, &vm->address);
}

_Static_assert(!SPEC_APIC_X2 && SPEC_APIC_X == 1 && SPEC_APIC_NONE == 2, "the words in this order");

static bool set_apic(struct vm_spec *vm, const struct spec_word *value)
{
	unsigned chosen;

	if (!spec_choose(value, "x2apic xapic none", &chosen))
		return false;
	vm->apic = (enum spec_apic)chosen;
	return true;
}

_Static_assert(!SPEC_RESTART && SPEC_STOP == 1, "the words in this order");

static bool set_reset(struct vm_spec *vm, const struct spec_word *value)
{
	unsigned chosen;

	if (!spec_choose(value, "restart stop", &chosen))
		return false;
	vm->reset = (enum spec_reset)chosen;
	return true;
}

static bool set_halt(struct vm_spec *vm, const struct spec_word *value)
{
	unsigned chosen;

	if (!spec_choose(value, "ok fail", &chosen))
		return false;
	vm->halt_ok = !chosen;
	return true;
}

static bool set_com(struct vm_spec *vm, const struct spec_word *value)
{
	struct spec_word list = *value, item;
	uint8_t mask = 0;

	if (spec_word_is(value, "none")) {
		vm->com_mask = 0;
		return true;
	}
	while (spec_next_item(&list, &item)) {
		uint64_t port;

		if (!spec_number(&item, 1, COM_PORTS, &port))
			return false;
		mask |= (uint8_t)BIT(port - 1);
	}
	vm->com_mask = mask;
	return true;
}

static bool set_deadline(struct vm_spec *vm, const struct spec_word *value)
{
	uint64_t seconds;

	if (!spec_number(value, 0, DEADLINE_MOST, &seconds))
		return false;
	vm->deadline_us = seconds * MICROSECONDS;
	return true;
}

static bool set_switch(bool *flag, const struct spec_word *value)
{
	unsigned chosen;

	if (!spec_choose(value, "on off", &chosen))
		return false;
	*flag = !chosen;
	return true;
}

bool spec_key_set(const struct spec_key *key, struct vm_spec *vm, const struct spec_word *value)
{
	return key->set ? key->set(vm, value) : set_switch((bool *)((char *)vm + key->flag), value);
}

/* clang-format off */
#define VALUE(name_, wants_, set_, roles_) \
	{ .name = (name_), .wants = (wants_), .set = (set_), .roles = (roles_) }
#define SWITCH(name_, field) \
	{ .name = (name_), .wants = "on or off", .roles = ANY_KERNEL, .flag = offsetof(struct vm_spec, field) }

const struct spec_key spec_keys[] = {
	VALUE("cpus", "a number from 1 to 64", set_cpus, ANY_KERNEL),
	VALUE("copies", "a number from 1 to 1000", set_copies, ANY_KERNEL),
	VALUE("memory", "a size from 1M to 256G in whole pages", set_memory, ANY_KERNEL),
	VALUE("lazy", "a size up to 256G in whole pages, and perhaps @ and the address where it begins",
	      set_lazy, ANY_KERNEL),
	VALUE("pages", "4k, 2m or 1g", set_pages, ANY_KERNEL),
	VALUE("pin", "a list of host CPUs, 0 to 511 or any, 64 at most", set_pin, ANY_KERNEL),
	VALUE("entry", "16, 32 or 64", set_entry, ONLY(MODULE_LINUX) | ONLY(MODULE_FLAT)),
	VALUE("address", "a number from 0 to 0xffffffff", set_address, ONLY(MODULE_FLAT)),
	VALUE("apic", "x2apic, xapic or none", set_apic, ANY_KERNEL),
	VALUE("reset", "restart or stop", set_reset, ANY_KERNEL),
	VALUE("halt", "ok or fail", set_halt, ANY_KERNEL),
	VALUE("com", "none or a list of 1, 2, 3, 4", set_com, ANY_KERNEL),
	VALUE("deadline", "seconds from 0 to 1000000", set_deadline, ANY_KERNEL),
	SWITCH("hpet", hpet),
	SWITCH("acpi", acpi),
	SWITCH("virtio", virtio),
	SWITCH("vga", vga),
	SWITCH("i8042", i8042),
	SWITCH("testdev", testdev),
	SWITCH("debug-exit", debug_exit),
	SWITCH("pvclock", pvclock),
};
/* clang-format on */

const unsigned spec_key_count = ARRAY_SIZE(spec_keys);

_Static_assert(ARRAY_SIZE(spec_keys) <= 32, "struct vm_spec has a bit for each key");
_Static_assert(MODULE_ROLES <= 16, "a key has a bit for each role");
_Static_assert(sizeof(struct vm_spec) <= UINT16_MAX, "a switch's place is a word");
_Static_assert(SPEC_MAX_CPUS == 64 && SPEC_MIN_MEMORY == MIB(1) && SPEC_MAX_MEMORY == GIB(256) &&
		       SPEC_MAX_PIN == 511 && SPEC_MAX_COPIES == 1000,
	       "the sentences of the table say so");

void spec_keys_defaults(struct vm_spec *vm)
{
	vm->cpus = 1;
	vm->copies = 1;
	vm->memory = DEFAULT_MEMORY;
	vm->lazy_at = SPEC_LAZY_LAST;
	for (unsigned i = 0; i < SPEC_MAX_CPUS; i++)
		vm->pin[i] = -1;
	vm->address = DEFAULT_ADDRESS;
	vm->com_mask = BIT(0);
	vm->hpet = vm->acpi = vm->virtio = vm->vga = vm->i8042 = true;
	vm->debug_exit = true;
}
