/* The one place that reads the capability MSRs. */
#include "vmx/cpu/capability.h"

#include "x86/cpuid.h"
#include "x86/instructions.h"

struct vmx_capability vmx_capability;

/* MAXPHYADDR of a CPU that does not say (SDM volume 2, CPUID leaf 80000008H). */
#define PHYSICAL_BITS_DEFAULT 36

static uint8_t physical_bits(void)
{
	if (cpuid_query(CPUID_EXTENDED_MAX, 0).eax < CPUID_ADDRESS_SIZES)
		return PHYSICAL_BITS_DEFAULT;
	return (uint8_t)field_get(cpuid_query(CPUID_ADDRESS_SIZES, 0).eax,
				  CPUID_80000008_EAX_PHYSICAL_BITS);
}

static bool has_xsaves(void)
{
	return cpuid_query(CPUID_VENDOR, 0).eax >= CPUID_XSAVE &&
	       (cpuid_query(CPUID_XSAVE, 1).eax & CPUID_D1_EAX_XSAVES);
}

void vmx_capability_read(struct vmx_capability *out)
{
	uint32_t features = cpuid_query(CPUID_FEATURES, 0).ecx;

	*out = (struct vmx_capability) {
		.vmx = features & CPUID_1_ECX_VMX,
		.smx = features & CPUID_1_ECX_SMX,
		.xsave = features & CPUID_1_ECX_XSAVE,
		.xsaves = has_xsaves(),
		.physical_bits = physical_bits(),
	};
	if (vmx_capability_has_msr(out, MSR_FEATURE_CONTROL))
		out->feature_control = read_msr(MSR_FEATURE_CONTROL);
#define X(member, msr)                        \
	if (vmx_capability_has_msr(out, msr)) \
		out->member = read_msr(msr);
	VMX_CAPABILITY_MSR_LIST(X)
#undef X
}
