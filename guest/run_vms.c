/* From module strings to running machines. */
#include "guest/run_vms.h"

#include "guest/load/vm_spec.h"
#include "guest/modules.h"
#include "guest/pc/pc.h"
#include "kernel/memory.h"
#include "kernel/output/log.h"
#include "kernel/output/tap.h"
#include "lib/bits.h"
#include "lib/format.h"
#include "vm/manager.h"

#define NAME_MAX_LENGTH (VM_NAME_MAX + sizeof("vm/"))

static struct {
	struct vm_specs *specs; /* null: no modules */
	uint64_t nameless;      /* modules that name no VM, a bit each */
} vms;

static void tell(void *context, const char *sentence)
{
	log_error("guest", "%s", sentence);
}

void run_vms_read(void)
{
	unsigned count = guest_module_count();

	if (!count)
		return;
	vms.specs = pages_alloc((sizeof(*vms.specs) + PAGE_MASK) / PAGE_SIZE, PAGE_SIZE);
	if (!vms.specs) {
		log_error("guest", "no memory to read the strings of %u modules", count);
		vms.nameless = BITS(count - 1, 0);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		/* Complaints are in the log; what they spoil is told in the VM's own result. */
		if (vm_specs_add(vms.specs, i, guest_module_string(i), tell, NULL))
			continue;
	}
	vms.nameless = vms.specs->nameless;
	vm_specs_finish(vms.specs, tell, NULL);
}

unsigned run_vms_plan(void)
{
	unsigned count = 0;

	for (unsigned i = 0; vms.specs && i < vms.specs->count; i++)
		count += vms.specs->vms[i].copies;
	for (unsigned i = 0; i < SPEC_MODULES; i++)
		count += !!(vms.nameless & BIT(i));
	return count;
}

static void full_name(char *name, const struct vm_spec *spec, unsigned copy)
{
	char own[VM_NAME_MAX];

	pc_name(own, sizeof(own), spec, copy);
	format_string(name, NAME_MAX_LENGTH, "vm/%s", own);
}

/* The failed results of those that have no VM. */
static void report_nameless(void)
{
	for (unsigned i = 0; i < SPEC_MODULES; i++) {
		char name[sizeof("module/") + 2];

		if (!(vms.nameless & BIT(i)))
			continue;
		format_string(name, sizeof(name), "module/%u", i);
		tap_result(false, name, "module %u names no VM: see the log", i);
	}
}

void run_vms_skip(const char *reason)
{
	char name[NAME_MAX_LENGTH];

	report_nameless();
	for (unsigned i = 0; vms.specs && i < vms.specs->count; i++)
		for (unsigned copy = 1; copy <= vms.specs->vms[i].copies; copy++) {
			full_name(name, &vms.specs->vms[i], copy);
			tap_skip(name, "%s", reason);
		}
}

static void start(const struct vm_spec *spec, unsigned copy)
{
	char name[NAME_MAX_LENGTH];
	struct reason why = spec->trouble;
	struct pc *pc = NULL;
	bool mode_refused = false;
	enum error error =
		spec->broken ? why.kind : pc_create(spec, copy, &pc, &mode_refused, &why);

	if (!error) {
		error = vm_start(pc->vm, &why);
		/* The result is told here; the machine goes, and its console with it. */
		if (error)
			pc_discard(pc, &why);
	}
	if (!error)
		return;
	full_name(name, spec, copy);
	/* What the host lacks is no fault of anybody's; what Plinth does not know of a kernel is one. */
	if (mode_refused) {
		tap_skip(name, "%s", why.text);
		return;
	}
	/* A mistake in the strings is in the log already. */
	if (!spec->broken)
		log_error("guest", "module %u (vm=%s): %s", spec->modules[spec->kernel].index,
			  spec->name, why.text);
	tap_result(false, name, "%s: %s", error_name(error), why.text);
}

void run_vms_start(void)
{
	report_nameless();
	for (unsigned i = 0; vms.specs && i < vms.specs->count; i++)
		for (unsigned copy = 1; copy <= vms.specs->vms[i].copies; copy++)
			start(&vms.specs->vms[i], copy);
}
