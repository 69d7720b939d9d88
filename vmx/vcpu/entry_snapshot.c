/* Reads every field by VMREAD, and by the direct map the memory that fields point at. */
#include "vmx/vcpu/entry_snapshot.h"

#include "kernel/address_space.h"
#include "kernel/memory.h"
#include "lib/string.h"
#include "vmx/cpu/percpu.h"
#include "vmx/instructions.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"
#include "x86/instructions.h"
#include "x86/msr.h"

/* Of a virtual-APIC page: the task-priority register. */
#define VTPR_OFFSET 0x80

static void read_field(struct vmcs_snapshot *snapshot, unsigned index)
{
	uint64_t value;

	if (vmx_vmread(vmcs_fields[index], &value) == VMX_SUCCEED)
		snapshot->value[index] = value;
	else
		snapshot->absent[index] = true;
}

static void read_fields(struct vmcs_snapshot *snapshot)
{
	/* First the one that reading a missing field changes. */
	read_field(snapshot, INDEX_VMCS_INSTRUCTION_ERROR);
	for (unsigned i = 0; i < vmcs_field_count; i++)
		if (i != INDEX_VMCS_INSTRUCTION_ERROR)
			read_field(snapshot, i);
}

/* False, and nothing copied, unless all of [at, at + length) is RAM. At most a page long. */
static bool copy_physical(void *to, uint64_t at, uint64_t length)
{
	uint64_t start = DIRECT_MAP_BASE + at;

	if (at > DIRECT_MAP_END - DIRECT_MAP_BASE - length || !address_space_is_mapped(start) ||
	    !address_space_is_mapped(start + length - 1))
		return false;
	memcpy(to, hpa_to_virt(hpa(at)), length);
	return true;
}

static void read_msr_load(struct entry_check_input *out)
{
	uint64_t count = field(out, VMCS_ENTRY_MSR_LOAD_COUNT);
	uint64_t at = field(out, VMCS_ENTRY_MSR_LOAD_ADDRESS);

	if (count > MSR_AREA_COPIED)
		count = MSR_AREA_COPIED;
	if (count && copy_physical(out->memory.msr_load, at, count * sizeof(struct msr_area_entry)))
		out->memory.msr_load_count = (unsigned)count;
}

static void read_memory(struct entry_check_input *out)
{
	struct entry_check_memory *memory = &out->memory;

	read_msr_load(out);
	if (field(out, VMCS_PRIMARY_CONTROLS) & PRIMARY_USE_TPR_SHADOW)
		memory->vtpr_known = copy_physical(
			&memory->vtpr, field(out, VMCS_VIRTUAL_APIC_ADDRESS) + VTPR_OFFSET,
			sizeof(memory->vtpr));
	/* With EPT the PDPTEs are fields, and guest CR3 is no address of the machine's. */
	if (!(field(out, VMCS_SECONDARY_CONTROLS) & SECONDARY_ENABLE_EPT))
		memory->pdptes_known =
			copy_physical(memory->pdpte, field(out, VMCS_GUEST_CR3) & CR3_PAE_ROOT,
				      sizeof(memory->pdpte));
	memory->link_known = copy_physical(&memory->link_revision, field(out, VMCS_LINK_POINTER),
					   sizeof(memory->link_revision));
}

static bool is_tracing(void)
{
	return (vmx_capability.leaf7_ebx & CPUID_7_EBX_PT) &&
	       (read_msr(MSR_RTIT_CTL) & RTIT_CTL_TRACE_EN);
}

void entry_snapshot_read(const struct vmx_vcpu *v, struct entry_check_input *out)
{
	entry_check_begin(out, &vmx_capability);
	read_fields(&out->vmcs);
	read_memory(out);
	out->cpu = (struct entry_check_cpu) {
		.cr0 = read_cr0(),
		.cr4 = read_cr4(),
		.efer = read_msr(MSR_EFER),
		.vmxon_pointer = virt_to_hpa(vmx_this_percpu()->vmx.region).value,
		.vmcs_pointer = v->region_hpa.value,
		.launched = v->launched,
		.tracing = is_tracing(),
	};
}
