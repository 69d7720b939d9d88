/* SDM volume 3, "VM-Execution Control Fields" (of "Checks on VMX Controls"): the physical addresses
 * that controls make the CPU follow. Each has two rules: it is aligned, and no wider than a physical
 * address. Recipes begin with every such field at the spare page. */
#include "vmx/check/rule_words.h"

#define ON_PRIMARY(control)   TURN_ON(VMCS_PRIMARY_CONTROLS, control)
#define ON_SECONDARY(control) TURN_ON(VMCS_SECONDARY_CONTROLS, control)
#define ON_DELIVERY \
	ON_PRIMARY(PRIMARY_USE_TPR_SHADOW), ON_SECONDARY(SECONDARY_VIRTUAL_INTERRUPT_DELIVERY)

/* X(name, id, field, highest of the low bits that are 0, when the address counts, what makes it count...) */
#define ADDRESS_LIST(X)                                                                            \
	X(io_bitmap_a, "io-bitmap-a", VMCS_IO_BITMAP_A, 11,                                        \
	  primary_on(in, PRIMARY_USE_IO_BITMAPS), ON_PRIMARY(PRIMARY_USE_IO_BITMAPS))              \
	X(io_bitmap_b, "io-bitmap-b", VMCS_IO_BITMAP_B, 11,                                        \
	  primary_on(in, PRIMARY_USE_IO_BITMAPS), ON_PRIMARY(PRIMARY_USE_IO_BITMAPS))              \
	X(msr_bitmaps, "msr-bitmaps", VMCS_MSR_BITMAPS, 11,                                        \
	  primary_on(in, PRIMARY_USE_MSR_BITMAPS), ON_PRIMARY(PRIMARY_USE_MSR_BITMAPS))            \
	X(virtual_apic, "virtual-apic", VMCS_VIRTUAL_APIC_ADDRESS, 11,                             \
	  primary_on(in, PRIMARY_USE_TPR_SHADOW), ON_PRIMARY(PRIMARY_USE_TPR_SHADOW))              \
	X(apic_access, "apic-access", VMCS_APIC_ACCESS_ADDRESS, 11,                                \
	  secondary_on(in, SECONDARY_VIRTUALIZE_APIC_ACCESSES),                                    \
	  ON_SECONDARY(SECONDARY_VIRTUALIZE_APIC_ACCESSES))                                        \
	X(posted_descriptor, "posted-interrupt-descriptor", VMCS_POSTED_INTERRUPT_DESCRIPTOR, 5,   \
	  pin_on(in, PIN_PROCESS_POSTED_INTERRUPTS),                                               \
	  TURN_ON(VMCS_PIN_CONTROLS, PIN_PROCESS_POSTED_INTERRUPTS), ON_DELIVERY)                  \
	X(pml, "pml", VMCS_PML_ADDRESS, 11, secondary_on(in, SECONDARY_ENABLE_PML),                \
	  ON_SECONDARY(SECONDARY_ENABLE_PML))                                                      \
	X(sub_page_table, "sub-page-table", VMCS_SUB_PAGE_PERMISSION_TABLE, 11,                    \
	  secondary_on(in, SECONDARY_SUB_PAGE_WRITE_PERMISSIONS),                                  \
	  ON_SECONDARY(SECONDARY_SUB_PAGE_WRITE_PERMISSIONS))                                      \
	X(vmread_bitmap, "vmread-bitmap", VMCS_VMREAD_BITMAP_ADDRESS, 11,                          \
	  secondary_on(in, SECONDARY_VMCS_SHADOWING), ON_SECONDARY(SECONDARY_VMCS_SHADOWING))      \
	X(vmwrite_bitmap, "vmwrite-bitmap", VMCS_VMWRITE_BITMAP_ADDRESS, 11,                       \
	  secondary_on(in, SECONDARY_VMCS_SHADOWING), ON_SECONDARY(SECONDARY_VMCS_SHADOWING))      \
	X(exception_information, "virtualization-exception",                                       \
	  VMCS_VIRTUALIZATION_EXCEPTION_ADDRESS, 11, secondary_on(in, SECONDARY_EPT_VIOLATION_VE), \
	  ON_SECONDARY(SECONDARY_EPT_VIOLATION_VE))                                                \
	X(low_pasid_directory, "low-pasid-directory", VMCS_LOW_PASID_DIRECTORY, 11,                \
	  secondary_on(in, SECONDARY_PASID_TRANSLATION),                                           \
	  ON_SECONDARY(SECONDARY_PASID_TRANSLATION))                                               \
	X(high_pasid_directory, "high-pasid-directory", VMCS_HIGH_PASID_DIRECTORY, 11,             \
	  secondary_on(in, SECONDARY_PASID_TRANSLATION),                                           \
	  ON_SECONDARY(SECONDARY_PASID_TRANSLATION))                                               \
	X(pid_pointer_table, "pid-pointer-table", VMCS_PID_POINTER_TABLE, 2,                       \
	  tertiary_on(in, TERTIARY_IPI_VIRTUALIZATION),                                            \
	  ON_PRIMARY(PRIMARY_ACTIVATE_TERTIARY | PRIMARY_USE_TPR_SHADOW),                          \
	  TURN_ON(VMCS_TERTIARY_CONTROLS, TERTIARY_IPI_VIRTUALIZATION))

#define X(name, id, which, top, counts, ...)                                \
	static bool name##_is_aligned(const struct entry_check_input *in)   \
	{                                                                   \
		return implies(counts, !(field(in, which) & BITS(top, 0))); \
	}                                                                   \
                                                                            \
	static bool name##_is_narrow(const struct entry_check_input *in)    \
	{                                                                   \
		return implies(counts, is_narrow(in, field(in, which)));    \
	}
ADDRESS_LIST(X)
#undef X

static const struct entry_rule_row execution_address_rules[] = {
#define X(name, prefix, which, top, counts, ...)                              \
	{                                                                     \
		.id = "control." prefix ".aligned",                           \
		.want = "bits " #top ":0 0",                                  \
		READS(which),                                                 \
		.holds = name##_is_aligned,                                   \
		BREAKS(__VA_ARGS__, TURN_ON(which, BIT(2))),                  \
	},                                                                    \
		{                                                             \
			.id = "control." prefix ".width",                     \
			.want = "no bit beyond the physical-address width",   \
			READS(which),                                         \
			.holds = name##_is_narrow,                            \
			BREAKS(__VA_ARGS__, TURN_ON(which, BEYOND_PHYSICAL)), \
		},
	ADDRESS_LIST(X)
#undef X
};

RULE_TABLE(execution_address_rules, SECTION_EXECUTION_CONTROLS, REFUSED_CONTROLS);
