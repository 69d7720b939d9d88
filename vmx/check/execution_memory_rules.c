/* SDM volume 3, "VM-Execution Control Fields" (of "Checks on VMX Controls"): EPT and what is built on
 * it, VPIDs, VM functions. Addresses of pages are in vmx/check/execution_address_rules.c. */
#include "vmx/check/rule_words.h"

/* SDM volume 3, "Extended-Page-Table Pointer (EPTP)". */
#define EPTP_MEMORY_TYPE  BITS(2, 0)
#define EPTP_WALK_LENGTH  BITS(5, 3) /* less one */
#define EPTP_ACCESS_DIRTY BIT(6)
#define EPTP_SHADOW_STACK BIT(7)
#define EPTP_RESERVED     BITS(11, 8)
#define WALK_LENGTH_OF_4  3
#define WALK_LENGTH_OF_5  4

/* SDM volume 3, "VM-Function Controls". */
#define VM_FUNCTION_EPTP_SWITCHING BIT(0)

/* The hypervisor-managed linear-address translation pointer: PWT and PCD are its own. */
#define HLATP_RESERVED (BITS(2, 0) | BITS(11, 5))

/* --- the EPT pointer ------------------------------------------------------------------------- */

static bool eptp_type_is_supported(const struct entry_check_input *in)
{
	uint64_t type = field_get(field(in, VMCS_EPT_POINTER), EPTP_MEMORY_TYPE);
	uint64_t types = in->capability->ept_vpid;

	return (type == MEMORY_TYPE_UC && (types & EPT_CAP_UC)) ||
	       (type == MEMORY_TYPE_WB && (types & EPT_CAP_WB));
}

static bool eptp_length_is_supported(const struct entry_check_input *in)
{
	uint64_t length = field_get(field(in, VMCS_EPT_POINTER), EPTP_WALK_LENGTH);
	uint64_t lengths = in->capability->ept_vpid;

	return (length == WALK_LENGTH_OF_4 && (lengths & EPT_CAP_WALK_4)) ||
	       (length == WALK_LENGTH_OF_5 && (lengths & EPT_CAP_WALK_5));
}

static bool eptp_flags_are_supported(const struct entry_check_input *in)
{
	return implies(field(in, VMCS_EPT_POINTER) & EPTP_ACCESS_DIRTY,
		       in->capability->ept_vpid & EPT_CAP_ACCESS_DIRTY);
}

static bool eptp_shadow_stack_is_supported(const struct entry_check_input *in)
{
	return implies(field(in, VMCS_EPT_POINTER) & EPTP_SHADOW_STACK,
		       in->capability->ept_vpid & EPT_CAP_SHADOW_STACK);
}

/* --- the hypervisor's own paging ------------------------------------------------------------- */

static uint64_t longest_hlat_prefix(const struct entry_check_input *in)
{
	return field_get(in->capability->ept_vpid, EPT_CAP_HLAT_PREFIX);
}

static bool hlat_prefix_is_short(const struct entry_check_input *in)
{
	return field(in, VMCS_HLAT_PREFIX_SIZE) <= longest_hlat_prefix(in);
}

static void take_a_long_hlat_prefix(struct entry_check_input *in)
{
	set_field(in, VMCS_HLAT_PREFIX_SIZE, longest_hlat_prefix(in) + 1);
}

/* --- VPIDs and VM functions ------------------------------------------------------------------ */

static bool functions_are_supported(const struct entry_check_input *in)
{
	return !(field(in, VMCS_VM_FUNCTION_CONTROLS) & ~in->capability->vmfunc);
}

static void ask_for_any_function(struct entry_check_input *in)
{
	set_field(in, VMCS_VM_FUNCTION_CONTROLS, lowest_not_in(in->capability->vmfunc));
}

/* Where this CPU can. */
static bool switches_eptps(const struct entry_check_input *in)
{
	return field(in, VMCS_VM_FUNCTION_CONTROLS) & in->capability->vmfunc &
	       VM_FUNCTION_EPTP_SWITCHING;
}

static bool switching_has_ept(const struct entry_check_input *in)
{
	return implies(switches_eptps(in), secondary_on(in, SECONDARY_ENABLE_EPT));
}

static bool eptp_list_is_aligned(const struct entry_check_input *in)
{
	return implies(switches_eptps(in),
		       is_aligned(field(in, VMCS_EPTP_LIST_ADDRESS), PAGE_SIZE));
}

static bool eptp_list_is_narrow(const struct entry_check_input *in)
{
	return implies(switches_eptps(in), is_narrow(in, field(in, VMCS_EPTP_LIST_ADDRESS)));
}

static const struct entry_rule_row execution_memory_rules[] = {
	{
		.id = "eptp.memory-type",
		.want = "memory type 6 (write-back), or 0 where IA32_VMX_EPT_VPID_CAP has it, in "
			"bits 2:0",
		READS(VMCS_EPT_POINTER),
		WHILE(SECONDARY, ENABLE_EPT),
		.holds = eptp_type_is_supported,
		BREAKS(SET_BITS(VMCS_EPT_POINTER, EPTP_MEMORY_TYPE, MEMORY_TYPE_WC)),
	},
	{
		.id = "eptp.walk-length",
		.want = "a page-walk length that IA32_VMX_EPT_VPID_CAP has, less one, in bits 5:3",
		READS(VMCS_EPT_POINTER),
		WHILE(SECONDARY, ENABLE_EPT),
		.holds = eptp_length_is_supported,
		BREAKS(TURN_OFF(VMCS_EPT_POINTER, EPTP_WALK_LENGTH)),
	},
	{
		.id = "eptp.accessed-dirty",
		.want = "bit 6 0 where IA32_VMX_EPT_VPID_CAP[21] is 0",
		READS(VMCS_EPT_POINTER),
		WHILE(SECONDARY, ENABLE_EPT),
		.holds = eptp_flags_are_supported,
		BREAKS(TURN_ON(VMCS_EPT_POINTER, EPTP_ACCESS_DIRTY)),
	},
	{
		.id = "eptp.shadow-stack",
		.want = "bit 7 0 where IA32_VMX_EPT_VPID_CAP[23] is 0",
		READS(VMCS_EPT_POINTER),
		WHILE(SECONDARY, ENABLE_EPT),
		.holds = eptp_shadow_stack_is_supported,
		BREAKS(TURN_ON(VMCS_EPT_POINTER, EPTP_SHADOW_STACK)),
	},
	{
		.id = "eptp.reserved",
		.want = "bits 11:8 0",
		READS(VMCS_EPT_POINTER),
		WHILE(SECONDARY, ENABLE_EPT),
		ZEROES(EPTP_RESERVED),
	},
	{
		.id = "eptp.width",
		.want = "no bit beyond the physical-address width",
		READS(VMCS_EPT_POINTER),
		WHILE(SECONDARY, ENABLE_EPT),
		.kind = RULE_PHYSICAL,
	},
	{
		.id = "pml.ept",
		READS(VMCS_SECONDARY_CONTROLS),
		WHILE(SECONDARY, ENABLE_PML),
		NEEDS(SECONDARY, ENABLE_EPT),
		BREAKS(WITHOUT_EPT),
	},
	{
		.id = "unrestricted-guest.ept",
		READS(VMCS_SECONDARY_CONTROLS),
		WHILE(SECONDARY, UNRESTRICTED_GUEST),
		NEEDS(SECONDARY, ENABLE_EPT),
		BREAKS(WITHOUT_EPT),
	},
	{
		.id = "mode-based-execute.ept",
		READS(VMCS_SECONDARY_CONTROLS),
		WHILE(SECONDARY, MODE_BASED_EXECUTE),
		NEEDS(SECONDARY, ENABLE_EPT),
		BREAKS(WITHOUT_EPT),
	},
	{
		.id = "sub-page.ept",
		READS(VMCS_SECONDARY_CONTROLS),
		WHILE(SECONDARY, SUB_PAGE_WRITE_PERMISSIONS),
		NEEDS(SECONDARY, ENABLE_EPT),
		BREAKS(WITHOUT_EPT),
	},
	{
		.id = "hlat.ept",
		READS(VMCS_TERTIARY_CONTROLS, VMCS_SECONDARY_CONTROLS),
		WHILE(TERTIARY, ENABLE_HLAT),
		NEEDS(SECONDARY, ENABLE_EPT),
		BREAKS(WITHOUT_EPT),
	},
	{
		.id = "paging-write.ept",
		READS(VMCS_TERTIARY_CONTROLS, VMCS_SECONDARY_CONTROLS),
		WHILE(TERTIARY, PAGING_WRITE_CONTROL),
		NEEDS(SECONDARY, ENABLE_EPT),
		BREAKS(WITHOUT_EPT),
	},
	{
		.id = "paging-verification.ept",
		READS(VMCS_TERTIARY_CONTROLS, VMCS_SECONDARY_CONTROLS),
		WHILE(TERTIARY, GUEST_PAGING_VERIFICATION),
		NEEDS(SECONDARY, ENABLE_EPT),
		BREAKS(WITHOUT_EPT),
	},
	{
		.id = "hlat.reserved",
		.want = "bits 2:0 and 11:5 0",
		READS(VMCS_HLAT_POINTER),
		WHILE(TERTIARY, ENABLE_HLAT),
		ZEROES(HLATP_RESERVED),
	},
	{
		.id = "hlat.width",
		.want = "no bit beyond the physical-address width",
		READS(VMCS_HLAT_POINTER),
		WHILE(TERTIARY, ENABLE_HLAT),
		.kind = RULE_NARROW,
	},
	{
		.id = "hlat.prefix",
		.want = "a prefix size of at most IA32_VMX_EPT_VPID_CAP[53:48]",
		READS(VMCS_HLAT_PREFIX_SIZE),
		WHILE(TERTIARY, ENABLE_HLAT),
		.holds = hlat_prefix_is_short,
		.break_by = take_a_long_hlat_prefix,
	},
	{
		.id = "vpid.zero",
		.want = "a VPID other than 0 while \"enable VPID\" is 1",
		READS(VMCS_VPID, VMCS_SECONDARY_CONTROLS),
		WHILE(SECONDARY, ENABLE_VPID),
		.kind = RULE_NOT_ZERO,
	},
	{
		.id = "vm-functions.reserved",
		.want = "no VM function that IA32_VMX_VMFUNC does not allow",
		READS(VMCS_VM_FUNCTION_CONTROLS),
		WHILE(SECONDARY, ENABLE_VM_FUNCTIONS),
		.holds = functions_are_supported,
		.break_by = ask_for_any_function,
	},
	{
		.id = "eptp-switching.ept",
		.want = "\"enable EPT\" while VM function 0 (EPTP switching) is on",
		READS(VMCS_VM_FUNCTION_CONTROLS, VMCS_SECONDARY_CONTROLS),
		WHILE(SECONDARY, ENABLE_VM_FUNCTIONS),
		.holds = switching_has_ept,
		BREAKS(WITHOUT_EPT, WRITE(VMCS_VM_FUNCTION_CONTROLS, VM_FUNCTION_EPTP_SWITCHING)),
	},
	{
		.id = "eptp-list.aligned",
		.want = "bits 11:0 0",
		READS(VMCS_EPTP_LIST_ADDRESS),
		WHILE(SECONDARY, ENABLE_VM_FUNCTIONS),
		.holds = eptp_list_is_aligned,
		BREAKS(WRITE(VMCS_VM_FUNCTION_CONTROLS, VM_FUNCTION_EPTP_SWITCHING),
		       TURN_ON(VMCS_EPTP_LIST_ADDRESS, BIT(11))),
	},
	{
		.id = "eptp-list.width",
		.want = "no bit beyond the physical-address width",
		READS(VMCS_EPTP_LIST_ADDRESS),
		WHILE(SECONDARY, ENABLE_VM_FUNCTIONS),
		.holds = eptp_list_is_narrow,
		BREAKS(WRITE(VMCS_VM_FUNCTION_CONTROLS, VM_FUNCTION_EPTP_SWITCHING),
		       TURN_ON(VMCS_EPTP_LIST_ADDRESS, BEYOND_PHYSICAL)),
	},
};

RULE_TABLE(execution_memory_rules, SECTION_EXECUTION_CONTROLS, REFUSED_CONTROLS);
