/* Capability snapshots for the host tests, as CPUs of these generations report them. */
#ifndef VMX_CPU_CAPABILITY_SAMPLES_H
#define VMX_CPU_CAPABILITY_SAMPLES_H

#include "vmx/cpu/capability.h"

/* A server CPU of 2017: everything that Plinth uses. */
static inline struct vmx_capability sample_skylake(void)
{
	return (struct vmx_capability) {
		.vmx = true,
		.smx = true,
		.xsave = true,
		.xsaves = true,
		.physical_bits = 46,
		.feature_control = 0x5,
		.basic = 0x00da040000000004,
		.pin = 0x000000ff00000016,
		.primary = 0xfff9fffe0401e172,
		.exit = 0x01ffffff00036dff,
		.entry = 0x0003ffff000011ff,
		.misc = 0x7004c1e7,
		.cr0_fixed0 = 0x80000021,
		.cr0_fixed1 = 0xffffffff,
		.cr4_fixed0 = 0x2000,
		.cr4_fixed1 = 0x3767ff,
		.vmcs_enum = 0x2e,
		.secondary = 0x005fbcff00000000,
		.ept_vpid = 0x00000f0106734141,
		.true_pin = 0x000000ff00000016,
		.true_primary = 0xfff9fffe04006172,
		.true_exit = 0x01ffffff00036dfb,
		.true_entry = 0x0003ffff000011fb,
		.vmfunc = 0x1,
	};
}

/* A desktop CPU of 2009: EPT and VPID, but no unrestricted guest and no 1-GByte EPT pages. */
static inline struct vmx_capability sample_lynnfield(void)
{
	return (struct vmx_capability) {
		.vmx = true,
		.smx = true,
		.xsave = false,
		.physical_bits = 36,
		.feature_control = 0x5,
		.basic = 0x00da04000000000e,
		.pin = 0x0000007f00000016,
		.primary = 0xfff9fffe0401e172,
		.exit = 0x007fffff00036dff,
		.entry = 0x0000ffff000011ff,
		.misc = 0x000401e5,
		.cr0_fixed0 = 0x80000021,
		.cr0_fixed1 = 0xffffffff,
		.cr4_fixed0 = 0x2000,
		.cr4_fixed1 = 0x67ff,
		.vmcs_enum = 0x2e,
		.secondary = 0x0000007f00000000,
		.ept_vpid = 0x00000f0106114141,
		.true_pin = 0x0000007f00000016,
		.true_primary = 0xfff9fffe04006172,
		.true_exit = 0x007fffff00036dfb,
		.true_entry = 0x0000ffff000011fb,
	};
}

/* A laptop CPU of 2008: VMX without EPT and without the TRUE capability MSRs. */
static inline struct vmx_capability sample_penryn(void)
{
	return (struct vmx_capability) {
		.vmx = true,
		.smx = true,
		.xsave = true,
		.physical_bits = 36,
		.feature_control = 0x5,
		.basic = 0x005a08000000000d,
		.pin = 0x0000003f00000016,
		.primary = 0xf7f9fffe0401e172,
		.exit = 0x0003ffff00036dff,
		.entry = 0x00003fff000011ff,
		.misc = 0x000403c0,
		.cr0_fixed0 = 0x80000021,
		.cr0_fixed1 = 0xffffffff,
		.cr4_fixed0 = 0x2000,
		.cr4_fixed1 = 0x67ff,
		.vmcs_enum = 0x2c,
		.secondary = 0x0000004100000000,
	};
}

/* The first generation: no secondary controls at all, no virtual NMIs. */
static inline struct vmx_capability sample_first(void)
{
	struct vmx_capability cap = sample_penryn();

	cap.pin = 0x0000001f00000016;
	cap.primary = 0x77b9fffe0401e172;
	cap.secondary = 0;
	return cap;
}

/* Bochs 2.7, corei7_skylake_x; read from a log at level debug. */
static inline struct vmx_capability sample_bochs_skylake_x(void)
{
	return (struct vmx_capability) {
		.vmx = true,
		.xsave = true,
		.physical_bits = 40,
		.feature_control = 0x5,
		.basic = 0xd810000000002b,
		.pin = 0x7f00000016,
		.primary = 0xf7f9fffe0401e172,
		.exit = 0x7fffff00036dff,
		.entry = 0xffff000011ff,
		.misc = 0x600401e0,
		.cr0_fixed0 = 0x80000021,
		.cr0_fixed1 = 0xffffffff,
		.cr4_fixed0 = 0x2000,
		.cr4_fixed1 = 0x3727ff,
		.vmcs_enum = 0x34,
		.secondary = 0x2177fff00000000,
		.ept_vpid = 0xf0106334141,
		.true_pin = 0x7f00000016,
		.true_primary = 0xf7f9fffe04006172,
		.true_exit = 0x7fffff00036dfb,
		.true_entry = 0xffff000011fb,
		.vmfunc = 0x1,
	};
}

/* Bochs 2.7, corei5_lynnfield_750: no unrestricted guest; read from a log at level debug. */
static inline struct vmx_capability sample_bochs_lynnfield(void)
{
	return (struct vmx_capability) {
		.vmx = true,
		.xsave = false,
		.physical_bits = 40,
		.feature_control = 0x5,
		.basic = 0xd810000000002b,
		.pin = 0x7f00000016,
		.primary = 0xf7f9fffe0401e172,
		.exit = 0x7fffff00036dff,
		.entry = 0xffff000011ff,
		.misc = 0x401e0,
		.cr0_fixed0 = 0x80000021,
		.cr0_fixed1 = 0xffffffff,
		.cr4_fixed0 = 0x2000,
		.cr4_fixed1 = 0x67ff,
		.vmcs_enum = 0x34,
		.secondary = 0x7f00000000,
		.ept_vpid = 0xf0106114141,
		.true_pin = 0x7f00000016,
		.true_primary = 0xf7f9fffe04006172,
		.true_exit = 0x7fffff00036dfb,
		.true_entry = 0xffff000011fb,
	};
}

/* Bochs 2.7, core2_penryn_t9600: no EPT; read from a log at level debug. */
static inline struct vmx_capability sample_bochs_penryn(void)
{
	return (struct vmx_capability) {
		.vmx = true,
		.xsave = true,
		.physical_bits = 40,
		.feature_control = 0x5,
		.basic = 0xd810000000002b,
		.pin = 0x3f00000016,
		.primary = 0xf7f9fffe0401e172,
		.exit = 0x3ffff00036dff,
		.entry = 0x3fff000011ff,
		.misc = 0x401e0,
		.cr0_fixed0 = 0x80000021,
		.cr0_fixed1 = 0xffffffff,
		.cr4_fixed0 = 0x2000,
		.cr4_fixed1 = 0x467ff,
		.vmcs_enum = 0x34,
		.secondary = 0x4100000000,
		.true_pin = 0x3f00000016,
		.true_primary = 0xf7f9fffe04006172,
		.true_exit = 0x3ffff00036dfb,
		.true_entry = 0x3fff000011fb,
	};
}

#endif
