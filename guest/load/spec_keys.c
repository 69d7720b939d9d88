/* One function and one row a key. */
#include "guest/load/spec_keys.h"

#include "lib/bits.h"
#include "lib/string.h"

#define DEFAULT_MEMORY  MIB(128)
#define DEFAULT_ADDRESS MIB(1)
#define DEADLINE_MOST   1000000 /* seconds */
#define COM_PORTS       4
#define ANY_KERNEL      (~0u)
#define ONLY(role)      ((uint32_t)BIT(role))
#define MICROSECONDS    1000000ull

static bool set_cpus(struct vm_spec *vm, const struct spec_word *value)
{
	uint64_t cpus;

	if (!spec_number(value, 1, SPEC_MAX_CPUS, &cpus))
		return false;
	vm->cpus = (unsigned)cpus;
	return true;
}

static bool set_copies(struct vm_spec *vm, const struct spec_word *value)
{
	uint64_t copies;

	if (!spec_number(value, 1, SPEC_MAX_COPIES, &copies))
		return false;
	vm->copies = (unsigned)copies;
	return true;
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
	vm->lazy_at = at;
	return true;
}

static bool set_pages(struct vm_spec *vm, const struct spec_word *value)
{
	static const struct spec_choice choices[] = { { "4k", KIB(4) },
						      { "2m", MIB(2) },
						      { "1g", GIB(1) } };
	unsigned chosen;

	if (!spec_choose(value, choices, ARRAY_SIZE(choices), &chosen))
		return false;
	vm->page_size = chosen;
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

static bool set_entry(struct vm_spec *vm, const struct spec_word *value)
{
	static const struct spec_choice choices[] = { { "16", ENTRY_16 },
						      { "32", ENTRY_32 },
						      { "64", ENTRY_64 } };
	unsigned chosen;

	if (!spec_choose(value, choices, ARRAY_SIZE(choices), &chosen))
		return false;
	vm->entry = (enum spec_entry)chosen;
	return true;
}

static bool set_address(struct vm_spec *vm, const struct spec_word *value)
{
	return spec_number(value, 0, UINT32_MAX, &vm->address);
}

static bool set_apic(struct vm_spec *vm, const struct spec_word *value)
{
	static const struct spec_choice choices[] = { { "x2apic", SPEC_APIC_X2 },
						      { "xapic", SPEC_APIC_X },
						      { "none", SPEC_APIC_NONE } };
	unsigned chosen;

	if (!spec_choose(value, choices, ARRAY_SIZE(choices), &chosen))
		return false;
	vm->apic = (enum spec_apic)chosen;
	return true;
}

static bool set_reset(struct vm_spec *vm, const struct spec_word *value)
{
	static const struct spec_choice choices[] = { { "restart", SPEC_RESTART },
						      { "stop", SPEC_STOP } };
	unsigned chosen;

	if (!spec_choose(value, choices, ARRAY_SIZE(choices), &chosen))
		return false;
	vm->reset = (enum spec_reset)chosen;
	return true;
}

static bool set_halt(struct vm_spec *vm, const struct spec_word *value)
{
	static const struct spec_choice choices[] = { { "ok", true }, { "fail", false } };
	unsigned chosen;

	if (!spec_choose(value, choices, ARRAY_SIZE(choices), &chosen))
		return false;
	vm->halt_ok = chosen;
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

static bool on_or_off(const struct spec_word *value, bool *flag)
{
	static const struct spec_choice choices[] = { { "on", true }, { "off", false } };
	unsigned chosen;

	if (!spec_choose(value, choices, ARRAY_SIZE(choices), &chosen))
		return false;
	*flag = chosen;
	return true;
}

#define SWITCH(field)                                                              \
	static bool set_##field(struct vm_spec *vm, const struct spec_word *value) \
	{                                                                          \
		return on_or_off(value, &vm->field);                               \
	}
SWITCH(hpet)
SWITCH(acpi)
SWITCH(virtio)
SWITCH(vga)
SWITCH(i8042)
SWITCH(testdev)
SWITCH(debug_exit)
SWITCH(pvclock)

const struct spec_key spec_keys[] = {
	{ "cpus", "a number from 1 to 64", "virtual CPUs", ANY_KERNEL, set_cpus },
	{ "copies", "a number from 1 to 1000", "how many such VMs", ANY_KERNEL, set_copies },
	{ "memory", "a size from 1M to 256G in whole pages", "RAM", ANY_KERNEL, set_memory },
	{ "lazy", "a size up to 256G in whole pages, and perhaps @ and the address where it begins",
	  "how much of the RAM, at its end, is taken from the host page by page at first touch",
	  ANY_KERNEL, set_lazy },
	{ "pages", "4k, 2m or 1g", "the largest pages that map the RAM", ANY_KERNEL, set_pages },
	{ "pin", "a list of host CPUs, 0 to 511 or any, 64 at most",
	  "the host CPU that each virtual CPU stays on", ANY_KERNEL, set_pin },
	{ "entry", "16, 32 or 64", "the mode in which the kernel is entered",
	  ONLY(MODULE_LINUX) | ONLY(MODULE_FLAT), set_entry },
	{ "address", "a number from 0 to 0xffffffff", "where a flat image lies", ONLY(MODULE_FLAT),
	  set_address },
	{ "apic", "x2apic, xapic or none", "the most that the local APICs can do", ANY_KERNEL,
	  set_apic },
	{ "reset", "restart or stop", "what a reset by the guest does", ANY_KERNEL, set_reset },
	{ "halt", "ok or fail", "what it is when every virtual CPU halts with interrupts off",
	  ANY_KERNEL, set_halt },
	{ "com", "none or a list of 1, 2, 3, 4", "serial ports", ANY_KERNEL, set_com },
	{ "deadline", "seconds from 0 to 1000000", "guest time after which the VM is stopped",
	  ANY_KERNEL, set_deadline },
	{ "hpet", "on or off", "the HPET", ANY_KERNEL, set_hpet },
	{ "acpi", "on or off", "ACPI tables and power management", ANY_KERNEL, set_acpi },
	{ "virtio", "on or off", "virtio devices", ANY_KERNEL, set_virtio },
	{ "vga", "on or off", "the VGA text screen", ANY_KERNEL, set_vga },
	{ "i8042", "on or off", "the keyboard controller", ANY_KERNEL, set_i8042 },
	{ "testdev", "on or off", "QEMU's pc-testdev", ANY_KERNEL, set_testdev },
	{ "debug-exit", "on or off", "port 0xF4, which ends the VM", ANY_KERNEL, set_debug_exit },
	{ "pvclock", "on or off", "the paravirtual clock", ANY_KERNEL, set_pvclock },
};

const unsigned spec_key_count = ARRAY_SIZE(spec_keys);

_Static_assert(ARRAY_SIZE(spec_keys) <= 32, "struct vm_spec has a bit for each key");
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
