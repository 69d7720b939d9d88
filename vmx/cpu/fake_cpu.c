/* The CPU made of memory. */
#include "vmx/cpu/fake_cpu.h"

#include "lib/assert.h"
#include "lib/string.h"
#include "x86/control_registers.h"

/* Of a register that the CPU has, and lets software reach. */
static uint64_t *place_of(struct fake_cpu *cpu, enum vmx_cpu_register reg)
{
	switch (reg) {
	case CPU_CR0:
		return &cpu->cr0;
	case CPU_CR4:
		return &cpu->cr4;
	case CPU_XCR0:
		assert(cpu->cr4 & CR4_OSXSAVE);
		return &cpu->xcr0;
	case CPU_XSS:
		assert(cpu->has_xsaves);
		return &cpu->xss;
	case CPU_FEATURE_CONTROL:
		break;
	}
	assert(cpu->has_feature_control);
	return &cpu->feature_control;
}

static uint64_t fake_read(void *context, enum vmx_cpu_register reg)
{
	return *place_of(context, reg);
}

static void fake_write(void *context, enum vmx_cpu_register reg, uint64_t value)
{
	struct fake_cpu *cpu = context;

	assert(reg != CPU_CR4 || !(value & CR4_OSXSAVE) || cpu->has_xsave);
	assert(reg != CPU_CR4 || !cpu->in_vmx || (value & CR4_VMXE));
	assert(reg != CPU_XCR0 || (value & XCR0_X87));
	assert(reg != CPU_FEATURE_CONTROL || !(cpu->feature_control & FEATURE_CONTROL_LOCK));
	*place_of(cpu, reg) = value;
}

static void *fake_region_alloc(void *context)
{
	struct fake_cpu *cpu = context;

	if (cpu->memory_is_used_up)
		return NULL;
	assert(cpu->regions == 0);
	cpu->regions++;
	memset(cpu->region, 0, sizeof(cpu->region));
	return cpu->region;
}

static void fake_region_free(void *context, void *region)
{
	struct fake_cpu *cpu = context;

	assert(region == cpu->region && cpu->regions == 1 && !cpu->in_vmx);
	cpu->regions--;
}

static enum vmx_result fake_vmxon(void *context, void *region)
{
	struct fake_cpu *cpu = context;

	assert((cpu->cr4 & CR4_VMXE) && !cpu->in_vmx && region == cpu->region);
	assert(cpu->feature_control & FEATURE_CONTROL_LOCK);
	if (cpu->vmxon_result != VMX_SUCCEED)
		return cpu->vmxon_result;
	memcpy(&cpu->revision, region, sizeof(cpu->revision));
	cpu->in_vmx = true;
	return VMX_SUCCEED;
}

static enum vmx_result fake_vmxoff(void *context)
{
	struct fake_cpu *cpu = context;

	assert(cpu->in_vmx);
	if (cpu->vmxoff_result == VMX_SUCCEED)
		cpu->in_vmx = false;
	return cpu->vmxoff_result;
}

void fake_cpu_reset(struct fake_cpu *cpu)
{
	*cpu = (struct fake_cpu){
		.access = {
			.context = cpu,
			.read = fake_read,
			.write = fake_write,
			.region_alloc = fake_region_alloc,
			.region_free = fake_region_free,
			.vmxon = fake_vmxon,
			.vmxoff = fake_vmxoff,
		},
		.cr0 = CR0_PG | CR0_WP | CR0_ET | CR0_PE,
		.cr4 = CR4_PAE,
		.xcr0 = XCR0_RESET,
		.feature_control = FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX_OUTSIDE_SMX,
		.has_xsave = true,
		.has_xsaves = true,
		.has_feature_control = true,
	};
}

bool fake_cpu_same(const struct fake_cpu *a, const struct fake_cpu *b)
{
	return a->cr0 == b->cr0 && a->cr4 == b->cr4 && a->xcr0 == b->xcr0 && a->xss == b->xss &&
	       a->feature_control == b->feature_control && a->in_vmx == b->in_vmx &&
	       a->regions == b->regions;
}
