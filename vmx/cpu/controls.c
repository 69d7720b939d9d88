/* The resolver of the VMX controls. */
#include "vmx/cpu/controls.h"

#include "lib/text_list.h"

#define ROW(word_, symbol, bit_, need_, when_, name_, missing_) \
	[PLACE_##symbol] = { .word = CONTROL_##word_,           \
			     .bit = (bit_),                     \
			     .need = NEED_##need_,              \
			     .when = (when_),                   \
			     .name = (name_),                   \
			     .missing = (missing_) },

const struct vmx_control_row vmx_control_rows[VMX_CONTROLS] = {
/* clang-format off */
#define X(symbol, bit, need, when, name, missing) \
	ROW(PIN, symbol, bit, need, when, name, missing)
	VMX_PIN_CONTROL_LIST(X)
#undef X
#define X(symbol, bit, need, when, name, missing) \
	ROW(PRIMARY, symbol, bit, need, when, name, missing)
	VMX_PRIMARY_CONTROL_LIST(X)
#undef X
#define X(symbol, bit, need, when, name, missing) \
	ROW(SECONDARY, symbol, bit, need, when, name, missing)
	VMX_SECONDARY_CONTROL_LIST(X)
#undef X
#define X(symbol, bit, need, when, name, missing) \
	ROW(TERTIARY, symbol, bit, need, when, name, missing)
	VMX_TERTIARY_CONTROL_LIST(X)
#undef X
#define X(symbol, bit, need, when, name, missing) \
	ROW(EXIT, symbol, bit, need, when, name, missing)
	VMX_EXIT_CONTROL_LIST(X)
#undef X
#define X(symbol, bit, need, when, name, missing) \
	ROW(ENTRY, symbol, bit, need, when, name, missing)
	VMX_ENTRY_CONTROL_LIST(X)
#undef X
	/* clang-format on */
};

/* Controls that the SDM allows only together with another one (volume 3, "VM-Execution Control
 * Fields" and "VM-Exit Control Fields" under "Checks on VMX Controls"). */
static const struct {
	uint8_t control, needs; /* enum vmx_control_place */
} dependencies[] = {
	{ PLACE_PIN_VIRTUAL_NMIS, PLACE_PIN_NMI_EXITING },
	{ PLACE_PRIMARY_NMI_WINDOW_EXITING, PLACE_PIN_VIRTUAL_NMIS },
	{ PLACE_SECONDARY_UNRESTRICTED_GUEST, PLACE_SECONDARY_ENABLE_EPT },
	{ PLACE_EXIT_SAVE_PREEMPTION_TIMER, PLACE_PIN_ACTIVATE_PREEMPTION_TIMER },
};

static bool requested(const struct vmx_control_row *row, uint32_t request)
{
	return row->when & request;
}

static bool is_dynamic(const struct vmx_control_row *row)
{
	return row->need == NEED_DYNAMIC || row->need == NEED_DYNAMIC_WANTED;
}

static bool may_be_one(const struct vmx_control_row *row, const struct vmx_capability *cap)
{
	return vmx_control_may_be_one(cap, row->word) & vmx_control_mask(row);
}

/* Can the row's bit be 1, its own capability and what it depends on taken together? */
static bool possible(const struct vmx_control_row *row, const struct vmx_capability *cap)
{
	if (!may_be_one(row, cap))
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(dependencies); i++)
		if (row == &vmx_control_rows[dependencies[i].control] &&
		    !may_be_one(&vmx_control_rows[dependencies[i].needs], cap))
			return false;
	return true;
}

/* Is a bit at fault that this machine's use depends on? */
static enum error check_row(const struct vmx_control_row *row, const struct vmx_capability *cap,
			    bool can_be_one, uint32_t request, struct reason *why)
{
	switch (row->need) {
	case NEED_REQUIRED:
	case NEED_DYNAMIC:
		if (!can_be_one)
			return reason_set(why, ERROR_UNSUPPORTED,
					  "required control \"%s\" cannot be 1: %s", row->name,
					  row->missing);
		return ERROR_NONE;
	case NEED_ON_DEMAND:
		if (requested(row, request) && !can_be_one)
			return reason_set(why, ERROR_UNSUPPORTED,
					  "requested control \"%s\" cannot be 1: %s", row->name,
					  row->missing);
		return ERROR_NONE;
	case NEED_FORBIDDEN:
		if (vmx_control_must_be_one(cap, row->word) & vmx_control_mask(row))
			return reason_set(why, ERROR_UNSUPPORTED,
					  "forbidden control \"%s\" cannot be 0: %s", row->name,
					  row->missing);
		return ERROR_NONE;
	default:
		return ERROR_NONE;
	}
}

static bool wants_one(const struct vmx_control_row *row, bool can_be_one, uint32_t request)
{
	switch (row->need) {
	case NEED_REQUIRED:
		return true;
	case NEED_WANTED:
	case NEED_ON_DEMAND:
		return requested(row, request) && can_be_one;
	default:
		return false;
	}
}

enum error vmx_controls_resolve(const struct vmx_capability *cap, uint32_t request,
				struct vmx_controls *out, struct reason *why)
{
	/* Bits that no row names stay as the CPU wants them. */
	for (unsigned word = 0; word < CONTROL_WORDS; word++) {
		out->word[word] = vmx_control_must_be_one(cap, word);
		out->may_be_one[word] = vmx_control_may_be_one(cap, word);
	}

	for (unsigned i = 0; i < VMX_CONTROLS; i++) {
		const struct vmx_control_row *row = &vmx_control_rows[i];
		bool can_be_one = possible(row, cap);
		enum error error = check_row(row, cap, can_be_one, request, why);
		if (error)
			return error;
		if (wants_one(row, can_be_one, request))
			out->word[row->word] |= vmx_control_mask(row);
		if (is_dynamic(row) && !can_be_one)
			out->may_be_one[row->word] &= ~vmx_control_mask(row);
	}

	/* Deny by default also where there are no bitmaps to say so. */
	if (!(out->word[CONTROL_PRIMARY] & PRIMARY_USE_IO_BITMAPS)) {
		if (!(out->may_be_one[CONTROL_PRIMARY] & PRIMARY_UNCONDITIONAL_IO_EXITING))
			return reason_set(
				why, ERROR_UNSUPPORTED,
				"I/O can be intercepted neither by bitmaps nor as a whole");
		out->word[CONTROL_PRIMARY] |= PRIMARY_UNCONDITIONAL_IO_EXITING;
	}
	return ERROR_NONE;
}

enum vmcs_field vmx_control_field(enum vmx_control_word word)
{
	static const uint16_t fields[] = {
#define X(word, name) VMCS_##word##_CONTROLS,
		VMX_CONTROL_WORD_LIST(X)
#undef X
	};

	return (enum vmcs_field)fields[word];
}

const char *vmx_control_word_name(enum vmx_control_word word)
{
	static const char names[] =
#define X(word, name) name "\0"
		VMX_CONTROL_WORD_LIST(X)
#undef X
		;

	return nth_text(names, word);
}

enum vmx_control_state vmx_need_state(enum vmx_control_need need, bool is_requested,
				      bool can_be_one, bool forced)
{
	switch (need) {
	case NEED_REQUIRED:
	case NEED_DYNAMIC:
		return can_be_one ? CONTROL_STATE_REQUIRED : CONTROL_STATE_MISSING;
	case NEED_WANTED:
	case NEED_DYNAMIC_WANTED:
	case NEED_ON_DEMAND:
		if (is_requested)
			return can_be_one ? CONTROL_STATE_USED : CONTROL_STATE_MISSING;
		break;
	case NEED_UNUSED:
	case NEED_FORBIDDEN:
		break;
	}
	return forced       ? CONTROL_STATE_FORCED
	       : can_be_one ? CONTROL_STATE_NOT_USED
			    : CONTROL_STATE_ABSENT;
}

enum vmx_control_state vmx_control_state(const struct vmx_control_row *row,
					 const struct vmx_capability *cap, uint32_t request)
{
	return vmx_need_state(row->need, requested(row, request), possible(row, cap),
			      vmx_control_must_be_one(cap, row->word) & vmx_control_mask(row));
}

const char *vmx_control_state_name(enum vmx_control_state state)
{
	static const char names[] =
#define X(symbol, name) name "\0"
		VMX_CONTROL_STATE_LIST(X)
#undef X
		;

	return nth_text(names, state);
}
