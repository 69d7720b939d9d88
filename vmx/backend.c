/* The Intel backend's table of operations, and those of them that need no file of their own. */
#include "vmx/backend.h"

#include "kernel/cpu.h"
#include "vmx/vcpu/vcpu.h"
#include "vmx/vcpu/bitmaps.h"
#include "vmx/vcpu/debug.h"
#include "vmx/cpu/capability.h"
#include "vmx/exit/exit_decode.h"
#include "vmx/exit/exit_reason.h"
#include "vmx/vcpu/inject.h"
#include "vmx/nested.h"
#include "vmx/cpu/percpu.h"
#include "vmx/vcpu/xstate.h"

/* What all CPUs share is made by the bootstrap processor, which comes first. */
static enum error init_shared(struct reason *why)
{
	enum error error;

	vmx_vcpu_init();
	xstate_init();
	error = nested_init(vmx_capability.ept_vpid, why);
	return error ? error : bitmaps_init(why);
}

static enum error init(struct reason *why)
{
	enum error error = vmx_percpu_init(why);

	if (error || this_cpu()->index)
		return error;
	return init_shared(why);
}

/* What only a CPU with VMX on can be asked. */
static enum error hardware_enable(struct reason *why)
{
	enum error error = vmx_hardware_enable(why);
	static bool probed;

	if (!error && !this_cpu()->index && !probed) {
		probed = true;
		xstate_probe();
	}
	return error;
}

static enum error supports_mode(enum vcpu_mode mode, struct reason *why)
{
	return vmx_mode_usable(&vmx_capability, mode, why);
}

/* Both are in struct vcpu, and go into the VMCS at setup. */
static enum error set_entry(struct vcpu *vcpu, gpa_t entry, struct reason *why)
{
	if (entry.value >> vmx_capability.physical_bits)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "entry 0x%lx is past the physical address width of %u bits",
				  entry.value, vmx_capability.physical_bits);
	return ERROR_NONE;
}

static enum error set_ept_root(struct vcpu *vcpu, hpa_t root, struct reason *why)
{
	if (!root.value || !is_aligned(root.value, PAGE_SIZE))
		return reason_set(why, ERROR_INVALID_INPUT, "0x%lx is no root of an EPT",
				  root.value);
	return ERROR_NONE;
}

/* Queued here; delivered by the next entry that can. */
static enum error inject(struct vcpu *vcpu, const struct vcpu_event *event, struct reason *why)
{
	bool triple_fault = false;
	enum error error =
		injection_possible(event, vmx_capability.misc & VMX_MISC_ZERO_LENGTH_EVENT, why);

	if (!error)
		error = vcpu_events_queue(&vcpu->events, event, &triple_fault, why);
	/* On top of a double fault: the CPU would shut down, and the next run() says so. */
	if (!error && triple_fault) {
		vcpu->events.shut_down = true;
		vmx_enter_by_run(vmx_of(vcpu));
	}
	return error;
}

static enum vcpu_exit_kind describe_row(char *buffer, size_t size, uint32_t row)
{
	_Static_assert(VMX_EXIT_REASONS == STATISTICS_REASONS, "a row for each reason");
	exit_row_format(buffer, size, row);
	return row == EXIT_ROW_HOST_TIMER ? VCPU_EXIT_INTERRUPT : exit_kind(row);
}

const struct virt_ops vmx_virt_ops = {
	.name = "VMX",
	.init = init,
	.is_enabled = vmx_is_enabled,
	.hardware_enable = hardware_enable,
	.hardware_disable = vmx_hardware_disable,
	.supports_mode = supports_mode,
	.vcpu_size = vmx_vcpu_size,
	.create = vmx_vcpu_create,
	.set_entry = set_entry,
	.set_nested_root = set_ept_root,
	.setup = vmx_vcpu_setup,
	.bind = vmx_vcpu_bind,
	.run = vmx_vcpu_run,
	.unbind = vmx_vcpu_unbind,
	.inject = inject,
	.get_register = vmx_vcpu_get_register,
	.set_register = vmx_vcpu_set_register,
	.get_vector = vmx_vcpu_get_vector,
	.set_vector = vmx_vcpu_set_vector,
	.get_fpu = vmx_vcpu_get_fpu,
	.set_debug = vmx_vcpu_set_debug,
	.skip_instruction = vmx_vcpu_skip_instruction,
	.finish_instruction = vmx_vcpu_finish_instruction,
	.init_reset = vmx_vcpu_init_reset,
	.start_up = vmx_vcpu_start_up,
	.destroy = vmx_vcpu_destroy,
	.format_reason = exit_reason_format,
	.describe_row = describe_row,
	.nested_create = nested_create,
	.nested_limit = nested_limit,
	.nested_map = nested_map,
	.nested_unmap = nested_unmap,
	.nested_populate = nested_populate,
	.nested_query = nested_query,
	.nested_root = nested_root,
	.nested_pages = nested_pages,
	.nested_destroy = nested_destroy,
	.nested_misconfigure = nested_misconfigure,
};
