/* Making a PC, and taking it apart. */
#include "guest/pc/pc_parts.h"

#include "kernel/memory.h"
#include "kernel/output/log.h"
#include "lib/bits.h"
#include "lib/format.h"
#include "vm/manager.h"
#include "vm/schedule/scheduler.h"
#include "vm/virt_ops.h"

static size_t pages_for(size_t bytes)
{
	return (bytes + PAGE_MASK) / PAGE_SIZE;
}

static size_t pc_bytes(const struct vm_spec *spec)
{
	return sizeof(struct pc) + spec->cpus * sizeof(struct pc_vcpu);
}

void *pc_take_memory(const struct vm_spec *spec, const char *what, size_t bytes, struct reason *why)
{
	void *memory = pages_alloc(pages_for(bytes), PAGE_SIZE);

	if (!memory)
		reason_set(why, ERROR_NO_MEMORY, "no memory for %s of VM %s", what, spec->name);
	return memory;
}

void pc_free(struct pc *pc)
{
	pc_local_apics_free(pc);
	pc_debug_free(pc);
	pc_fw_cfg_free(pc);
	pc_offer_free(pc);
	pc_disks_free(pc);
	pc_vga_free(pc);
	pages_free(pc, pages_for(pc_bytes(pc->spec)));
}

bool pc_has_firmware(const struct pc *pc)
{
	return pc->spec->modules[pc->spec->kernel].role == MODULE_FIRMWARE;
}

/* A guest can do this as often as it likes. */
void pc_complain(const struct pc *pc, const struct reason *why)
{
	log_debug("guest", "vm=%u(%s): %s", pc->vm->id, pc->vm->name, why->text);
}

static enum error furnish(struct pc *pc, struct reason *why)
{
	if (pc->spec->page_size)
		virt->nested_limit(pc->vm->nested, pc->spec->page_size);
	enum error error = pc_memory_create(pc, why);
	if (error)
		return error;
	pc_memory_describe(pc);
	pc_time_start(pc);
	error = pc_local_apics_create(pc, why);
	if (!error)
		error = pc_chips_create(pc, why);
	for (unsigned i = 0; i < pc->vm->vcpu_count; i++)
		pc->vm->vcpus[i]->pinned_cpu = pc->spec->pin[i];
	return error ? error : pc_boot(pc, why);
}

/* Of the pages that map its RAM: what begins at the border of a large page is mapped by one, if any is. */
static uint64_t largest_page(const struct vm *vm)
{
	static const uint64_t borders[] = { PAGE_SIZE, MIB(2), GIB(1) };
	uint64_t largest = 0;

	for (unsigned i = 0; i < vm->slot_count; i++)
		for (unsigned k = 0; k < ARRAY_SIZE(borders); k++) {
			uint64_t at = align_up(vm->slots[i].base.value, borders[k]);
			struct nested_mapping there = virt->nested_query(vm->nested, gpa(at));

			if (at - vm->slots[i].base.value < vm->slots[i].length && there.present &&
			    there.page_size > largest)
				largest = there.page_size;
		}
	return largest;
}

/* What the PC took of the machine, which had `before` pages in use. */
static void tell_memory(const struct pc *pc, uint64_t before)
{
	const struct vm *vm = pc->vm;
	uint64_t ram = 0;

	for (unsigned i = 0; i < vm->allocation_count; i++)
		ram += vm->allocations[i].length / PAGE_SIZE;
	uint64_t nested = virt->nested_pages(vm->nested);
	uint64_t other = pages_in_use() - before - ram - nested - vm->vcpu_pages;

	char largest[FORMAT_SIZE_MAX];

	format_size(largest, sizeof(largest), largest_page(vm));
	log_info("guest",
		 "memory vm=%u(%s) ram_pages=%lu nested_pages=%lu vcpus=%u vcpu_pages=%lu "
		 "other_pages=%lu largest_page=\"%s\"",
		 vm->id, vm->name, ram, nested, vm->vcpu_count, vm->vcpu_pages, other, largest);
}

/* Before anything is made: the VM could not be started. */
static enum error check_pins(const struct vm_spec *spec, struct reason *why)
{
	for (unsigned i = 0; i < spec->pins; i++)
		if (spec->pin[i] >= 0 && !scheduler_has_cpu(spec->pin[i]))
			return reason_set(why, ERROR_INVALID_INPUT,
					  "pin= names host CPU %d for vcpu %u, which runs none",
					  spec->pin[i], i);
	return ERROR_NONE;
}

void pc_name(char *name, size_t size, const struct vm_spec *spec, unsigned copy)
{
	if (spec->copies == 1)
		format_string(name, size, "%s", spec->name);
	else
		format_string(name, size, "%s-%u", spec->name, copy);
}

enum error pc_create(const struct vm_spec *spec, unsigned copy, struct pc **out, bool *mode_refused,
		     struct reason *why)
{
	enum error error = check_pins(spec, why);
	uint64_t before = pages_in_use();
	char name[VM_NAME_MAX];
	struct pc *pc;

	pc_name(name, sizeof(name), spec, copy);

	*out = NULL;
	*mode_refused = false;
	if (error)
		return error;
	pc = pc_take_memory(spec, "the chips", pc_bytes(spec), why);
	if (!pc)
		return ERROR_NO_MEMORY;
	pc->spec = spec;
	pc->lock = (struct spinlock)SPINLOCK_INIT("pc");
	pc->vcpus = (struct pc_vcpu *)(pc + 1);
	error = vm_create(&pc->vm, name, 0, spec->cpus, &pc_board, pc, why);
	if (error) {
		pages_free(pc, pages_for(pc_bytes(spec)));
		return error;
	}
	pc->vm->deadline_us = spec->deadline_us;
	console_open(&pc->console, pc->vm, pc_console_input, pc);
	error = furnish(pc, why);
	if (error) {
		*mode_refused = pc->mode_refused;
		pc_discard(pc, why);
		return error;
	}
	tell_memory(pc, before);
	*out = pc;
	return ERROR_NONE;
}

/* Never started, so it ends here and now; its end frees `pc`. */
void pc_discard(struct pc *pc, const struct reason *why)
{
	pc->unreported = true;
	vm_stop(pc->vm, why);
}
