/* Any capability MSRs and any request: what the resolver gives is always what the CPU allows, each
 * required control is 1 and each forbidden one 0. What the CPU itself contradicts (a bit that must
 * be 1 and may not) is its own affair. The report on it ends, and cuts no line. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/assert.h"
#include "vmx/cpu/controls.h"
#include "vmx/cpu/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	uint32_t request;
	uint8_t flags;
	uint8_t physical_bits;
#define X(member, msr) uint64_t member;
	VMX_CAPABILITY_MSR_LIST(X)
#undef X
} packed_layout;

static void check_line(void *context, enum vmx_report_weight weight, const char *text)
{
	assert(strlen(text) && strlen(text) <= VMX_REPORT_LINE_MAX);
}

static void check_values(const struct vmx_capability *cap, const struct vmx_controls *controls)
{
	for (unsigned word = 0; word < CONTROL_WORDS; word++) {
		uint64_t must = vmx_control_must_be_one(cap, word);
		uint64_t may = vmx_control_may_be_one(cap, word) | must;
		assert((controls->word[word] & must) == must);
		assert(!(controls->word[word] & ~may));
	}
	for (unsigned i = 0; i < VMX_CONTROLS; i++) {
		const struct vmx_control_row *row = &vmx_control_rows[i];
		uint64_t bit = controls->word[row->word] & vmx_control_mask(row);
		assert(row->need != NEED_REQUIRED || bit);
		assert(row->need != NEED_FORBIDDEN || !bit);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { 0 };
	struct vmx_controls controls;
	struct reason why;

	memcpy(&in, data, size < sizeof(in) ? size : sizeof(in));
	struct vmx_capability cap = { .vmx = in.flags & 1,
				      .smx = in.flags & 2,
				      .xsave = in.flags & 4,
				      .physical_bits = in.physical_bits,
#define X(member, msr) .member = in.member,
				      VMX_CAPABILITY_MSR_LIST(X)
#undef X
	};
	if (vmx_controls_resolve(&cap, in.request, &controls, &why))
		assert(why.kind == ERROR_UNSUPPORTED && strlen(why.text));
	else
		check_values(&cap, &controls);
	vmx_report(&cap, in.request, true, check_line, NULL);
	return 0;
}
