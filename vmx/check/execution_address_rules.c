/* SDM volume 3, "VM-Execution Control Fields" (of "Checks on VMX Controls"): the physical addresses
 * that controls make the CPU follow. Each has two rules: it is aligned, and no wider than a physical
 * address. Recipes begin with every such field at the spare page. */
#include "vmx/check/rule_words.h"

/* Where two controls have to be on, as another rule says, the second one. */
#define WITH_TPR_SHADOW TURN_ON(VMCS_PRIMARY_CONTROLS, PRIMARY_USE_TPR_SHADOW)
#define WITH_DELIVERY \
	WITH_TPR_SHADOW, TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY)

/* Both rules of an address that counts while `control` of `word` is on. `top` is the highest of the low bits
 * that are 0; what follows is what else has to be on. */
#define ADDRESS(name, which, word, control, top, ...)                                       \
	{ .id = "" name ".aligned",                                                         \
	  .want = "bits " #top ":0 0",                                                      \
	  READS(which),                                                                     \
	  WHILE(word, control),                                                             \
	  ZEROES(BITS(top, 0)),                                                             \
	  ##__VA_ARGS__ },                                                                  \
	{                                                                                   \
		.id = "" name ".width", .want = "no bit beyond the physical-address width", \
		READS(which), WHILE(word, control), .kind = RULE_NARROW, ##__VA_ARGS__      \
	}

static const struct entry_rule_row execution_address_rules[] = {
	ADDRESS("io-bitmap-a", VMCS_IO_BITMAP_A, PRIMARY, USE_IO_BITMAPS, 11),
	ADDRESS("io-bitmap-b", VMCS_IO_BITMAP_B, PRIMARY, USE_IO_BITMAPS, 11),
	ADDRESS("msr-bitmaps", VMCS_MSR_BITMAPS, PRIMARY, USE_MSR_BITMAPS, 11),
	ADDRESS("virtual-apic", VMCS_VIRTUAL_APIC_ADDRESS, PRIMARY, USE_TPR_SHADOW, 11),
	ADDRESS("apic-access", VMCS_APIC_ACCESS_ADDRESS, SECONDARY, VIRTUALIZE_APIC_ACCESSES, 11),
	ADDRESS("posted-interrupt-descriptor", VMCS_POSTED_INTERRUPT_DESCRIPTOR, PIN,
		PROCESS_POSTED_INTERRUPTS, 5, BREAKS(WITH_DELIVERY)),
	ADDRESS("pml", VMCS_PML_ADDRESS, SECONDARY, ENABLE_PML, 11),
	ADDRESS("sub-page-table", VMCS_SUB_PAGE_PERMISSION_TABLE, SECONDARY,
		SUB_PAGE_WRITE_PERMISSIONS, 11),
	ADDRESS("vmread-bitmap", VMCS_VMREAD_BITMAP_ADDRESS, SECONDARY, VMCS_SHADOWING, 11),
	ADDRESS("vmwrite-bitmap", VMCS_VMWRITE_BITMAP_ADDRESS, SECONDARY, VMCS_SHADOWING, 11),
	ADDRESS("virtualization-exception", VMCS_VIRTUALIZATION_EXCEPTION_ADDRESS, SECONDARY,
		EPT_VIOLATION_VE, 11),
	ADDRESS("low-pasid-directory", VMCS_LOW_PASID_DIRECTORY, SECONDARY, PASID_TRANSLATION, 11),
	ADDRESS("high-pasid-directory", VMCS_HIGH_PASID_DIRECTORY, SECONDARY, PASID_TRANSLATION,
		11),
	ADDRESS("pid-pointer-table", VMCS_PID_POINTER_TABLE, TERTIARY, IPI_VIRTUALIZATION, 2,
		BREAKS(WITH_TPR_SHADOW)),
};

RULE_TABLE(execution_address_rules, SECTION_EXECUTION_CONTROLS, REFUSED_CONTROLS);
