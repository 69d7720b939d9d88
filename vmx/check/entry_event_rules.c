/* SDM volume 3, "VM-Entry Control Fields" (of "Checks on VMX Controls"): the event that the entry is
 * to inject, as the VM-entry interruption-information field says it. */
#include "vmx/check/guest_words.h"
#include "vmx/exit/exit_decode.h"
#include "x86/control_registers.h"
#include "x86/exception.h"

#define INFO_RESERVED       BITS(30, 12)
#define ERROR_CODE_RESERVED BITS(31, 16)
#define LONGEST_INSTRUCTION 15

/* An event for recipes: `type` without its INTERRUPTION_ prefix. */
#define INFO_TYPE_SHIFT     8
#define EVENT(type, vector) (INTERRUPTION_VALID | INTERRUPTION_##type << INFO_TYPE_SHIFT | (vector))
#define INJECT(info) \
	WRITE(VMCS_ENTRY_INTERRUPTION_INFO, info), WRITE(VMCS_ENTRY_EXCEPTION_ERROR_CODE, 0)
#define LENGTH(bytes) WRITE(VMCS_ENTRY_INSTRUCTION_LENGTH, bytes)

/* The type that the SDM reserves. */
#define INTERRUPTION_RESERVED 1

static bool injects(const struct entry_check_input *in)
{
	return injected(in) & INTERRUPTION_VALID;
}

static uint64_t vector(const struct entry_check_input *in)
{
	return injected(in) & INTERRUPTION_VECTOR_MASK;
}

/* --- type and vector ------------------------------------------------------------------------- */

static bool type_is_known(const struct entry_check_input *in)
{
	return !injects_type(in, INTERRUPTION_RESERVED);
}

static bool has_monitor_trap_flag(const struct entry_check_input *in)
{
	return in->may_be_one[CONTROL_PRIMARY] & PRIMARY_MONITOR_TRAP_FLAG;
}

static bool other_event_is_supported(const struct entry_check_input *in)
{
	return implies(injects_type(in, INTERRUPTION_OTHER), has_monitor_trap_flag(in));
}

static bool nmi_has_its_vector(const struct entry_check_input *in)
{
	return implies(injects_type(in, INTERRUPTION_NMI), vector(in) == VECTOR_NMI);
}

static bool exception_has_a_vector(const struct entry_check_input *in)
{
	return implies(injects_type(in, INTERRUPTION_HARDWARE_EXCEPTION),
		       vector(in) < EXCEPTION_VECTORS);
}

static bool other_event_has_no_vector(const struct entry_check_input *in)
{
	return implies(injects_type(in, INTERRUPTION_OTHER) && has_monitor_trap_flag(in),
		       !vector(in));
}

static bool reserved_is_zero(const struct entry_check_input *in)
{
	return implies(injects(in), !(injected(in) & INFO_RESERVED));
}

/* --- the error code -------------------------------------------------------------------------- */

static bool injects_exception(const struct entry_check_input *in)
{
	return injects_type(in, INTERRUPTION_HARDWARE_EXCEPTION);
}

static bool has_error_code(const struct entry_check_input *in)
{
	return injected(in) & INTERRUPTION_ERROR_VALID;
}

/* Real mode delivers none. A guest without "unrestricted guest" is never there. */
static bool in_real_mode(const struct entry_check_input *in)
{
	return unrestricted_guest(in) && !(field(in, VMCS_GUEST_CR0) & CR0_PE);
}

/* On a CPU that looks at it: the first with CET stopped to. #CP is younger than those that do. */
static bool vector_decides(const struct entry_check_input *in)
{
	return injects_exception(in) && !in_real_mode(in) &&
	       !(in->capability->basic & VMX_BASIC_ANY_ERROR_CODE);
}

static bool vector_has_error_code(const struct entry_check_input *in)
{
	return vector(in) <= EXCEPTION_ALIGNMENT_CHECK &&
	       exception_has_error_code((unsigned)vector(in));
}

static bool only_exceptions_have_codes(const struct entry_check_input *in)
{
	return implies(injects(in) && has_error_code(in), injects_exception(in));
}

static bool real_mode_has_no_codes(const struct entry_check_input *in)
{
	return implies(injects_exception(in) && in_real_mode(in), !has_error_code(in));
}

static bool code_is_not_missing(const struct entry_check_input *in)
{
	return implies(vector_decides(in) && vector_has_error_code(in), has_error_code(in));
}

static bool code_is_expected(const struct entry_check_input *in)
{
	/* A vector past the exceptions' is another rule's. */
	return implies(vector_decides(in) && has_error_code(in) && exception_has_a_vector(in),
		       vector_has_error_code(in));
}

static bool code_is_short(const struct entry_check_input *in)
{
	return implies(injects(in) && has_error_code(in),
		       !(field(in, VMCS_ENTRY_EXCEPTION_ERROR_CODE) & ERROR_CODE_RESERVED));
}

/* --- the instruction length ------------------------------------------------------------------ */

static bool injects_software(const struct entry_check_input *in)
{
	return injects(in) && interruption_is_software((uint32_t)injected(in));
}

static bool length_is_possible(const struct entry_check_input *in)
{
	return implies(injects_software(in),
		       field(in, VMCS_ENTRY_INSTRUCTION_LENGTH) <= LONGEST_INSTRUCTION);
}

static bool length_is_not_zero(const struct entry_check_input *in)
{
	return implies(injects_software(in),
		       field(in, VMCS_ENTRY_INSTRUCTION_LENGTH) ||
			       (in->capability->misc & VMX_MISC_ZERO_LENGTH_EVENT));
}

static const struct entry_rule_row entry_event_rules[] = {
	{
		.id = "event.type",
		.want = "a type other than 1, which is reserved, in bits 10:8",
		READS(VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = type_is_known,
		BREAKS(INJECT(EVENT(RESERVED, 0x20))),
	},
	{
		.id = "event.other",
		.want = "type 7 only where \"monitor trap flag\" can be 1",
		READS(VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = other_event_is_supported,
		BREAKS(INJECT(EVENT(OTHER, 0))),
	},
	{
		.id = "event.nmi-vector",
		.want = "vector 2 with type 2 (NMI)",
		READS(VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = nmi_has_its_vector,
		BREAKS(INJECT(EVENT(NMI, 3))),
	},
	{
		.id = "event.exception-vector",
		.want = "a vector of at most 31 with type 3 (hardware exception)",
		READS(VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = exception_has_a_vector,
		BREAKS(INJECT(EVENT(HARDWARE_EXCEPTION, EXCEPTION_VECTORS))),
	},
	{
		.id = "event.other-vector",
		.want = "vector 0 with type 7 (other event)",
		READS(VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = other_event_has_no_vector,
		BREAKS(INJECT(EVENT(OTHER, 1))),
	},
	{
		.id = "event.reserved",
		.want = "bits 30:12 0",
		READS(VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = reserved_is_zero,
		BREAKS(INJECT(EVENT(HARDWARE_EXCEPTION, EXCEPTION_INVALID_OPCODE) | BIT(30))),
	},
	{
		.id = "event.error-code.type",
		.want = "bit 11 (deliver error code) 0 but for type 3 (hardware exception)",
		READS(VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = only_exceptions_have_codes,
		BREAKS(INJECT(EVENT(NMI, VECTOR_NMI) | INTERRUPTION_ERROR_VALID)),
	},
	{
		.id = "event.error-code.real-mode",
		.want = "bit 11 (deliver error code) 0 for a guest in real mode",
		READS(VMCS_ENTRY_INTERRUPTION_INFO, VMCS_GUEST_CR0, VMCS_SECONDARY_CONTROLS),
		.holds = real_mode_has_no_codes,
		BREAKS(INJECT(EVENT(HARDWARE_EXCEPTION, EXCEPTION_PROTECTION) |
			      INTERRUPTION_ERROR_VALID),
		       TURN_OFF(VMCS_GUEST_CR0, CR0_PE | CR0_PG),
		       TURN_OFF(VMCS_GUEST_EFER, EFER_LME | EFER_LMA),
		       TURN_OFF(VMCS_ENTRY_CONTROLS, ENTRY_IA32E_MODE_GUEST)),
	},
	{
		.id = "event.error-code.missing",
		.want = "bit 11 (deliver error code) 1 for #DF, #TS, #NP, #SS, #GP, #PF and #AC",
		READS(VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = code_is_not_missing,
		BREAKS(INJECT(EVENT(HARDWARE_EXCEPTION, EXCEPTION_PROTECTION))),
	},
	{
		.id = "event.error-code.unexpected",
		.want = "bit 11 (deliver error code) 0 but for #DF, #TS, #NP, #SS, #GP, #PF and "
			"#AC",
		READS(VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = code_is_expected,
		BREAKS(INJECT(EVENT(HARDWARE_EXCEPTION, EXCEPTION_INVALID_OPCODE) |
			      INTERRUPTION_ERROR_VALID)),
	},
	{
		.id = "event.error-code.reserved",
		.want = "bits 31:16 0 while the error code is delivered",
		READS(VMCS_ENTRY_EXCEPTION_ERROR_CODE, VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = code_is_short,
		BREAKS(INJECT(EVENT(HARDWARE_EXCEPTION, EXCEPTION_PROTECTION) |
			      INTERRUPTION_ERROR_VALID),
		       WRITE(VMCS_ENTRY_EXCEPTION_ERROR_CODE, BIT(16))),
	},
	{
		.id = "event.length",
		.want = "an instruction length of at most 15 with types 4 to 6",
		READS(VMCS_ENTRY_INSTRUCTION_LENGTH, VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = length_is_possible,
		BREAKS(INJECT(EVENT(SOFTWARE_INTERRUPT, 0x20)), LENGTH(LONGEST_INSTRUCTION + 1)),
	},
	{
		.id = "event.zero-length",
		.want = "an instruction length of at least 1 with types 4 to 6, as "
			"IA32_VMX_MISC[30] is 0",
		READS(VMCS_ENTRY_INSTRUCTION_LENGTH, VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = length_is_not_zero,
		BREAKS(INJECT(EVENT(SOFTWARE_INTERRUPT, 0x20)), LENGTH(0)),
	},
};

RULE_TABLE(entry_event_rules, SECTION_ENTRY_CONTROLS, REFUSED_CONTROLS);
