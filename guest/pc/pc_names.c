/* Names for a report on a guest that died: of its kernel's functions, where it is an ELF image, and of
 * the chip behind an address. */
#include "guest/pc/pc_parts.h"

#include "guest/load/elf_symbols.h"
#include "lib/format.h"
#include "x86/msr.h"

/* Modules stay where the boot loader put them. */
bool pc_symbol(struct vm *vm, gva_t at, char *text, size_t size)
{
	const struct pc *pc = (const struct pc *)vm->board_data;
	struct load_file kernel = pc_file(&pc->spec->modules[pc->spec->kernel]);
	struct elf_symbols symbols;

	text[0] = 0;
	return kernel.length && elf_symbols_open(kernel.bytes, kernel.length, &symbols) &&
	       elf_symbols_find(&symbols, at.value, text, size);
}

void pc_device_at(struct vcpu *vcpu, gpa_t at, char *text, size_t size)
{
	struct pc *pc = (struct pc *)vcpu->vm->board_data;
	const struct pc_vcpu *pv = (const struct pc_vcpu *)vcpu->owner;
	uint64_t flags = spinlock_acquire(&pc->lock);
	const struct bus_window *window = bus_find(&pc->memory, at.value);

	format_string(text, size, "%s", window ? window->ops->name : "nothing");
	spinlock_release(&pc->lock, flags);
	if (vlapic_mode(&pv->lapic) == VLAPIC_XAPIC &&
	    at.value - (pv->lapic.base & APIC_BASE_ADDRESS) < PAGE_SIZE)
		format_string(text, size, "local APIC");
}
