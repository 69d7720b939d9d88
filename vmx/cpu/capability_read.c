/* The one place that reads the capability MSRs. */
#include "vmx/cpu/capability.h"

#include "kernel/traps.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"
#include "x86/instructions.h"

struct vmx_capability vmx_capability;

/* MAXPHYADDR of a CPU that does not say (SDM volume 2, CPUID leaf 80000008H). */
#define PHYSICAL_BITS_DEFAULT 36

/* All that IA-32e mode had at first. */
#define LINEAR_BITS_DEFAULT 48

/* Fixed-function counters have the upper half of IA32_PERF_GLOBAL_CTRL. */
#define PERF_GLOBAL_FIXED_SHIFT 32

static void read_address_widths(struct vmx_capability *out)
{
	uint32_t widths;

	out->physical_bits = PHYSICAL_BITS_DEFAULT;
	out->linear_bits = LINEAR_BITS_DEFAULT;
	if (cpuid_query(CPUID_EXTENDED_MAX, 0).eax < CPUID_ADDRESS_SIZES)
		return;
	widths = cpuid_query(CPUID_ADDRESS_SIZES, 0).eax;
	out->physical_bits = (uint8_t)field_get(widths, CPUID_80000008_EAX_PHYSICAL_BITS);
	out->linear_bits = (uint8_t)field_get(widths, CPUID_80000008_EAX_LINEAR_BITS);
}

static uint64_t efer_bits(void)
{
	uint32_t features = cpuid_query(CPUID_EXTENDED_SIGNATURE, 0).edx;
	uint64_t bits = 0;

	if (features & CPUID_80000001_EDX_LM)
		bits |= EFER_SCE | EFER_LME | EFER_LMA;
	if (features & CPUID_80000001_EDX_NX)
		bits |= EFER_NXE;
	return bits;
}

static uint64_t perf_metrics_bit(void)
{
	if (!(cpuid_query(CPUID_FEATURES, 0).ecx & CPUID_1_ECX_PDCM))
		return 0;
	return read_msr(MSR_PERF_CAPABILITIES) & PERF_CAPABILITIES_METRICS ? PERF_GLOBAL_METRICS
									   : 0;
}

/* SDM volume 3, "Architectural Performance Monitoring Version 2" and "Performance Metrics". */
static uint64_t perf_global_bits(void)
{
	struct cpuid_result leaf;

	if (cpuid_query(CPUID_VENDOR, 0).eax < CPUID_PERF_MONITORING)
		return 0;
	leaf = cpuid_query(CPUID_PERF_MONITORING, 0);
	if (field_get(leaf.eax, CPUID_A_EAX_VERSION) < 2)
		return 0;
	uint64_t general = BIT(field_get(leaf.eax, CPUID_A_EAX_COUNTERS) % 32) - 1;
	uint64_t fixed = BIT(field_get(leaf.edx, CPUID_A_EDX_FIXED_COUNTERS) % 32) - 1;
	return general | fixed << PERF_GLOBAL_FIXED_SHIFT | perf_metrics_bit();
}

static void read_extended_features(struct vmx_capability *out)
{
	struct cpuid_result leaf;

	if (cpuid_query(CPUID_VENDOR, 0).eax < CPUID_EXTENDED_FEATURES)
		return;
	leaf = cpuid_query(CPUID_EXTENDED_FEATURES, 0);
	out->leaf7_ebx = leaf.ebx;
	out->leaf7_ecx = leaf.ecx;
	out->leaf7_edx = leaf.edx;
	if (leaf.eax >= 1)
		out->leaf7_1_eax = cpuid_query(CPUID_EXTENDED_FEATURES, 1).eax;
}

static bool has_xsaves(void)
{
	return cpuid_query(CPUID_VENDOR, 0).eax >= CPUID_XSAVE &&
	       (cpuid_query(CPUID_XSAVE, 1).eax & CPUID_D1_EAX_XSAVES);
}

/* A CPU without the register cannot have turned them off. SDM volume 4, "IA-32 Architectural MSRs". */
static bool has_fast_strings(void)
{
	uint64_t enabled;

	return !read_msr_safe(MSR_MISC_ENABLE, &enabled) || (enabled & MISC_ENABLE_FAST_STRINGS);
}

void vmx_capability_read(struct vmx_capability *out)
{
	uint32_t features = cpuid_query(CPUID_FEATURES, 0).ecx;

	*out = (struct vmx_capability) {
		.vmx = features & CPUID_1_ECX_VMX,
		.smx = features & CPUID_1_ECX_SMX,
		.xsave = features & CPUID_1_ECX_XSAVE,
		.xsaves = has_xsaves(),
		.fast_strings = has_fast_strings(),
		.efer_bits = efer_bits(),
		.perf_global_bits = perf_global_bits(),
	};
	read_address_widths(out);
	read_extended_features(out);
	if (vmx_capability_has_msr(out, MSR_FEATURE_CONTROL))
		out->feature_control = read_msr(MSR_FEATURE_CONTROL);
	for (unsigned i = 0; i < VMX_CAPABILITY_MSRS; i++)
		if (vmx_capability_has_msr(out, (enum msr)vmx_capability_msrs[i]))
			out->msr[i] = read_msr(vmx_capability_msrs[i]);
}
