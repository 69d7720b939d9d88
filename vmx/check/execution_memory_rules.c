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

#define HLAT_ON                                                    \
	TURN_ON(VMCS_PRIMARY_CONTROLS, PRIMARY_ACTIVATE_TERTIARY), \
		TURN_ON(VMCS_TERTIARY_CONTROLS, TERTIARY_ENABLE_HLAT)
#define FUNCTIONS_ON TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_ENABLE_VM_FUNCTIONS)

static bool has_ept(const struct entry_check_input *in)
{
	return secondary_on(in, SECONDARY_ENABLE_EPT);
}

/* --- the EPT pointer ------------------------------------------------------------------------- */

static bool eptp_type_is_supported(const struct entry_check_input *in)
{
	uint64_t type = field_get(field(in, VMCS_EPT_POINTER), EPTP_MEMORY_TYPE);
	uint64_t types = in->capability->ept_vpid;

	return implies(has_ept(in), (type == MEMORY_TYPE_UC && (types & EPT_CAP_UC)) ||
					    (type == MEMORY_TYPE_WB && (types & EPT_CAP_WB)));
}

static bool eptp_length_is_supported(const struct entry_check_input *in)
{
	uint64_t length = field_get(field(in, VMCS_EPT_POINTER), EPTP_WALK_LENGTH);
	uint64_t lengths = in->capability->ept_vpid;

	return implies(has_ept(in),
		       (length == WALK_LENGTH_OF_4 && (lengths & EPT_CAP_WALK_4)) ||
			       (length == WALK_LENGTH_OF_5 && (lengths & EPT_CAP_WALK_5)));
}

static bool eptp_flags_are_supported(const struct entry_check_input *in)
{
	return implies(has_ept(in) && (field(in, VMCS_EPT_POINTER) & EPTP_ACCESS_DIRTY),
		       in->capability->ept_vpid & EPT_CAP_ACCESS_DIRTY);
}

static bool eptp_shadow_stack_is_supported(const struct entry_check_input *in)
{
	return implies(has_ept(in) && (field(in, VMCS_EPT_POINTER) & EPTP_SHADOW_STACK),
		       in->capability->ept_vpid & EPT_CAP_SHADOW_STACK);
}

static bool eptp_reserved_is_zero(const struct entry_check_input *in)
{
	return implies(has_ept(in), !(field(in, VMCS_EPT_POINTER) & EPTP_RESERVED));
}

static bool eptp_is_narrow(const struct entry_check_input *in)
{
	return implies(has_ept(in), within_physical_width(in, field(in, VMCS_EPT_POINTER)));
}

/* --- who needs EPT --------------------------------------------------------------------------- */

static bool pml_has_ept(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_ENABLE_PML), has_ept(in));
}

static bool unrestricted_has_ept(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_UNRESTRICTED_GUEST), has_ept(in));
}

static bool mode_based_execute_has_ept(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_MODE_BASED_EXECUTE), has_ept(in));
}

static bool sub_pages_have_ept(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_SUB_PAGE_WRITE_PERMISSIONS), has_ept(in));
}

static bool hlat_has_ept(const struct entry_check_input *in)
{
	return implies(tertiary_on(in, TERTIARY_ENABLE_HLAT), has_ept(in));
}

static bool paging_write_has_ept(const struct entry_check_input *in)
{
	return implies(tertiary_on(in, TERTIARY_PAGING_WRITE_CONTROL), has_ept(in));
}

static bool paging_verification_has_ept(const struct entry_check_input *in)
{
	return implies(tertiary_on(in, TERTIARY_GUEST_PAGING_VERIFICATION), has_ept(in));
}

/* --- the hypervisor's own paging ------------------------------------------------------------- */

static bool hlat_reserved_is_zero(const struct entry_check_input *in)
{
	return implies(tertiary_on(in, TERTIARY_ENABLE_HLAT),
		       !(field(in, VMCS_HLAT_POINTER) & HLATP_RESERVED));
}

static bool hlat_is_narrow(const struct entry_check_input *in)
{
	return implies(tertiary_on(in, TERTIARY_ENABLE_HLAT),
		       is_narrow(in, field(in, VMCS_HLAT_POINTER)));
}

static uint64_t longest_hlat_prefix(const struct entry_check_input *in)
{
	return field_get(in->capability->ept_vpid, EPT_CAP_HLAT_PREFIX);
}

static bool hlat_prefix_is_short(const struct entry_check_input *in)
{
	return implies(tertiary_on(in, TERTIARY_ENABLE_HLAT),
		       field(in, VMCS_HLAT_PREFIX_SIZE) <= longest_hlat_prefix(in));
}

static void take_a_long_hlat_prefix(struct entry_check_input *in)
{
	set_field(in, VMCS_HLAT_PREFIX_SIZE, longest_hlat_prefix(in) + 1);
}

/* --- VPIDs and VM functions ------------------------------------------------------------------ */

static bool vpid_is_not_zero(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_ENABLE_VPID), field(in, VMCS_VPID));
}

/* VM-function controls that this CPU has. */
static uint64_t functions(const struct entry_check_input *in)
{
	if (!secondary_on(in, SECONDARY_ENABLE_VM_FUNCTIONS))
		return 0;
	return field(in, VMCS_VM_FUNCTION_CONTROLS) & in->capability->vmfunc;
}

static bool functions_are_supported(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_ENABLE_VM_FUNCTIONS),
		       !(field(in, VMCS_VM_FUNCTION_CONTROLS) & ~in->capability->vmfunc));
}

static void ask_for_any_function(struct entry_check_input *in)
{
	set_field(in, VMCS_VM_FUNCTION_CONTROLS, lowest_not_in(in->capability->vmfunc));
}

static bool switching_has_ept(const struct entry_check_input *in)
{
	return implies(functions(in) & VM_FUNCTION_EPTP_SWITCHING, has_ept(in));
}

static bool eptp_list_is_aligned(const struct entry_check_input *in)
{
	return implies(functions(in) & VM_FUNCTION_EPTP_SWITCHING,
		       is_aligned(field(in, VMCS_EPTP_LIST_ADDRESS), PAGE_SIZE));
}

static bool eptp_list_is_narrow(const struct entry_check_input *in)
{
	return implies(functions(in) & VM_FUNCTION_EPTP_SWITCHING,
		       is_narrow(in, field(in, VMCS_EPTP_LIST_ADDRESS)));
}

static const struct entry_rule_row execution_memory_rules[] = {
	{
		.id = "control.eptp.memory-type",
		.want = "memory type 6 (write-back), or 0 where IA32_VMX_EPT_VPID_CAP has it, in "
			"bits 2:0",
		READS(VMCS_EPT_POINTER),
		.holds = eptp_type_is_supported,
		BREAKS(SET_BITS(VMCS_EPT_POINTER, EPTP_MEMORY_TYPE, MEMORY_TYPE_WC)),
	},
	{
		.id = "control.eptp.walk-length",
		.want = "a page-walk length that IA32_VMX_EPT_VPID_CAP has, less one, in bits 5:3",
		READS(VMCS_EPT_POINTER),
		.holds = eptp_length_is_supported,
		BREAKS(TURN_OFF(VMCS_EPT_POINTER, EPTP_WALK_LENGTH)),
	},
	{
		.id = "control.eptp.accessed-dirty",
		.want = "bit 6 0 where IA32_VMX_EPT_VPID_CAP[21] is 0",
		READS(VMCS_EPT_POINTER),
		.holds = eptp_flags_are_supported,
		BREAKS(TURN_ON(VMCS_EPT_POINTER, EPTP_ACCESS_DIRTY)),
	},
	{
		.id = "control.eptp.shadow-stack",
		.want = "bit 7 0 where IA32_VMX_EPT_VPID_CAP[23] is 0",
		READS(VMCS_EPT_POINTER),
		.holds = eptp_shadow_stack_is_supported,
		BREAKS(TURN_ON(VMCS_EPT_POINTER, EPTP_SHADOW_STACK)),
	},
	{
		.id = "control.eptp.reserved",
		.want = "bits 11:8 0",
		READS(VMCS_EPT_POINTER),
		.holds = eptp_reserved_is_zero,
		BREAKS(TURN_ON(VMCS_EPT_POINTER, BIT(11))),
	},
	{
		.id = "control.eptp.width",
		.want = "no bit beyond the physical-address width",
		READS(VMCS_EPT_POINTER),
		.holds = eptp_is_narrow,
		BREAKS(TURN_ON(VMCS_EPT_POINTER, BEYOND_PHYSICAL)),
	},
	{
		.id = "control.pml.ept",
		.want = "\"enable EPT\" while \"enable PML\" is 1",
		READS(VMCS_SECONDARY_CONTROLS),
		.holds = pml_has_ept,
		BREAKS(WITHOUT_EPT, TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_ENABLE_PML)),
	},
	{
		.id = "control.unrestricted-guest.ept",
		.want = "\"enable EPT\" while \"unrestricted guest\" is 1",
		READS(VMCS_SECONDARY_CONTROLS),
		.holds = unrestricted_has_ept,
		BREAKS(WITHOUT_EPT, TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_UNRESTRICTED_GUEST)),
	},
	{
		.id = "control.mode-based-execute.ept",
		.want = "\"enable EPT\" while \"mode-based execute control for EPT\" is 1",
		READS(VMCS_SECONDARY_CONTROLS),
		.holds = mode_based_execute_has_ept,
		BREAKS(WITHOUT_EPT, TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_MODE_BASED_EXECUTE)),
	},
	{
		.id = "control.sub-page.ept",
		.want = "\"enable EPT\" while \"sub-page write permissions for EPT\" is 1",
		READS(VMCS_SECONDARY_CONTROLS),
		.holds = sub_pages_have_ept,
		BREAKS(WITHOUT_EPT,
		       TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_SUB_PAGE_WRITE_PERMISSIONS)),
	},
	{
		.id = "control.hlat.ept",
		.want = "\"enable EPT\" while \"enable HLAT\" is 1",
		READS(VMCS_TERTIARY_CONTROLS, VMCS_SECONDARY_CONTROLS),
		.holds = hlat_has_ept,
		BREAKS(WITHOUT_EPT, HLAT_ON),
	},
	{
		.id = "control.paging-write.ept",
		.want = "\"enable EPT\" while \"EPT paging-write control\" is 1",
		READS(VMCS_TERTIARY_CONTROLS, VMCS_SECONDARY_CONTROLS),
		.holds = paging_write_has_ept,
		BREAKS(WITHOUT_EPT, TURN_ON(VMCS_PRIMARY_CONTROLS, PRIMARY_ACTIVATE_TERTIARY),
		       TURN_ON(VMCS_TERTIARY_CONTROLS, TERTIARY_PAGING_WRITE_CONTROL)),
	},
	{
		.id = "control.paging-verification.ept",
		.want = "\"enable EPT\" while \"guest-paging verification\" is 1",
		READS(VMCS_TERTIARY_CONTROLS, VMCS_SECONDARY_CONTROLS),
		.holds = paging_verification_has_ept,
		BREAKS(WITHOUT_EPT, TURN_ON(VMCS_PRIMARY_CONTROLS, PRIMARY_ACTIVATE_TERTIARY),
		       TURN_ON(VMCS_TERTIARY_CONTROLS, TERTIARY_GUEST_PAGING_VERIFICATION)),
	},
	{
		.id = "control.hlat.reserved",
		.want = "bits 2:0 and 11:5 0",
		READS(VMCS_HLAT_POINTER),
		.holds = hlat_reserved_is_zero,
		BREAKS(HLAT_ON, WRITE(VMCS_HLAT_POINTER, BIT(5))),
	},
	{
		.id = "control.hlat.width",
		.want = "no bit beyond the physical-address width",
		READS(VMCS_HLAT_POINTER),
		.holds = hlat_is_narrow,
		BREAKS(HLAT_ON, WRITE(VMCS_HLAT_POINTER, BEYOND_PHYSICAL)),
	},
	{
		.id = "control.hlat.prefix",
		.want = "a prefix size of at most IA32_VMX_EPT_VPID_CAP[53:48]",
		READS(VMCS_HLAT_PREFIX_SIZE),
		.holds = hlat_prefix_is_short,
		BREAKS(HLAT_ON),
		.break_further = take_a_long_hlat_prefix,
	},
	{
		.id = "control.vpid.zero",
		.want = "a VPID other than 0 while \"enable VPID\" is 1",
		READS(VMCS_VPID, VMCS_SECONDARY_CONTROLS),
		.holds = vpid_is_not_zero,
		BREAKS(TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_ENABLE_VPID),
		       WRITE(VMCS_VPID, 0)),
	},
	{
		.id = "control.vm-functions.reserved",
		.want = "no VM function that IA32_VMX_VMFUNC does not allow",
		READS(VMCS_VM_FUNCTION_CONTROLS),
		.holds = functions_are_supported,
		BREAKS(FUNCTIONS_ON),
		.break_further = ask_for_any_function,
	},
	{
		.id = "control.eptp-switching.ept",
		.want = "\"enable EPT\" while VM function 0 (EPTP switching) is on",
		READS(VMCS_VM_FUNCTION_CONTROLS, VMCS_SECONDARY_CONTROLS),
		.holds = switching_has_ept,
		BREAKS(WITHOUT_EPT, FUNCTIONS_ON,
		       WRITE(VMCS_VM_FUNCTION_CONTROLS, VM_FUNCTION_EPTP_SWITCHING)),
	},
	{
		.id = "control.eptp-list.aligned",
		.want = "bits 11:0 0",
		READS(VMCS_EPTP_LIST_ADDRESS),
		.holds = eptp_list_is_aligned,
		BREAKS(FUNCTIONS_ON, WRITE(VMCS_VM_FUNCTION_CONTROLS, VM_FUNCTION_EPTP_SWITCHING),
		       TURN_ON(VMCS_EPTP_LIST_ADDRESS, BIT(11))),
	},
	{
		.id = "control.eptp-list.width",
		.want = "no bit beyond the physical-address width",
		READS(VMCS_EPTP_LIST_ADDRESS),
		.holds = eptp_list_is_narrow,
		BREAKS(FUNCTIONS_ON, WRITE(VMCS_VM_FUNCTION_CONTROLS, VM_FUNCTION_EPTP_SWITCHING),
		       TURN_ON(VMCS_EPTP_LIST_ADDRESS, BEYOND_PHYSICAL)),
	},
};

RULE_TABLE(execution_memory_rules, SECTION_EXECUTION_CONTROLS, REFUSED_CONTROLS);
