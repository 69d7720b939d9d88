/* SDM volume 3, "Host-State Area". */
#include "vmx/vcpu/host_state.h"

#include "kernel/descriptors.h"
#include "vmx/vcpu/entry.h"
#include "vmx/instructions.h"
#include "x86/control_registers.h"
#include "x86/instructions.h"
#include "x86/msr.h"
#include "x86/segment.h"

#define READ_SELECTOR(name)                                                \
	static uint16_t read_##name(void)                                  \
	{                                                                  \
		uint16_t selector;                                         \
                                                                           \
		__asm__ volatile("movw %%" #name ", %0" : "=r"(selector)); \
		return selector;                                           \
	}

READ_SELECTOR(cs)
READ_SELECTOR(ss)
READ_SELECTOR(ds)
READ_SELECTOR(es)
READ_SELECTOR(fs)
READ_SELECTOR(gs)
#undef READ_SELECTOR

/* The base of the system segment `selector`: 16 bytes of descriptor in 64-bit mode. */
static uint64_t system_segment_base(const struct table_pointer *gdt, uint16_t selector)
{
	const uint64_t *descriptor = (const uint64_t *)(gdt->base + (selector & (SELECTOR_INDEX)));

	return descriptor_base(descriptor[0]) | descriptor[1] << 32;
}

static void write_selectors(void)
{
	/* Privilege level and table indicator have to be 0. */
	vmcs_write(VMCS_HOST_CS_SELECTOR, read_cs() & SELECTOR_INDEX);
	vmcs_write(VMCS_HOST_SS_SELECTOR, read_ss() & SELECTOR_INDEX);
	vmcs_write(VMCS_HOST_DS_SELECTOR, read_ds() & SELECTOR_INDEX);
	vmcs_write(VMCS_HOST_ES_SELECTOR, read_es() & SELECTOR_INDEX);
	vmcs_write(VMCS_HOST_FS_SELECTOR, read_fs() & SELECTOR_INDEX);
	vmcs_write(VMCS_HOST_GS_SELECTOR, read_gs() & SELECTOR_INDEX);
}

static void write_tables(void)
{
	struct table_pointer gdt, idt;
	uint16_t task;

	__asm__ volatile("sgdt %0" : "=m"(gdt));
	__asm__ volatile("sidt %0" : "=m"(idt));
	__asm__ volatile("strw %0" : "=r"(task));
	vmcs_write(VMCS_HOST_GDTR_BASE, gdt.base);
	vmcs_write(VMCS_HOST_IDTR_BASE, idt.base);
	vmcs_write(VMCS_HOST_TR_SELECTOR, task & SELECTOR_INDEX);
	vmcs_write(VMCS_HOST_TR_BASE, system_segment_base(&gdt, task));
}

void host_state_write(void)
{
	/* Saving a guest's SSE registers without XSAVE needs OSFXSR; nothing else in Plinth does. */
	if (!(read_cr4() & CR4_OSFXSR))
		write_cr4(read_cr4() | CR4_OSFXSR);

	write_selectors();
	write_tables();
	vmcs_write(VMCS_HOST_CR0, read_cr0());
	vmcs_write(VMCS_HOST_CR3, read_cr3());
	vmcs_write(VMCS_HOST_CR4, read_cr4());
	vmcs_write(VMCS_HOST_FS_BASE, read_msr(MSR_FS_BASE));
	vmcs_write(VMCS_HOST_GS_BASE, read_msr(MSR_GS_BASE));
	vmcs_write(VMCS_HOST_SYSENTER_CS, read_msr(MSR_SYSENTER_CS));
	vmcs_write(VMCS_HOST_SYSENTER_ESP, read_msr(MSR_SYSENTER_ESP));
	vmcs_write(VMCS_HOST_SYSENTER_EIP, read_msr(MSR_SYSENTER_EIP));
	vmcs_write(VMCS_HOST_PAT, read_msr(MSR_PAT));
	vmcs_write(VMCS_HOST_EFER, read_msr(MSR_EFER));
	vmcs_write(VMCS_HOST_RIP, (uint64_t)vmx_exit_point);
}
