/* Any VMCS, any capabilities, any memory behind: the rules end and change nothing, each broken one has
 * its line, and a recipe that says that it broke its rule has. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/assert.h"
#include "vmx/check/entry_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct source {
	const uint8_t *data;
	size_t left;
};

/* Zeroes once the input is used up. */
static void take(struct source *source, void *to, size_t size)
{
	size_t taken = size < source->left ? size : source->left;

	memset(to, 0, size);
	memcpy(to, source->data, taken);
	source->data += taken;
	source->left -= taken;
}

static uint64_t take_number(struct source *source)
{
	uint64_t value;

	take(source, &value, sizeof(value));
	return value;
}

static void take_capability(struct source *source, struct vmx_capability *cap)
{
	uint64_t numbers = take_number(source);

	*cap = (struct vmx_capability) {
		.physical_bits = (uint8_t)(32 + numbers % 21),
		.linear_bits = numbers >> 8 & 1 ? 57 : 48,
		.efer_bits = take_number(source),
		.perf_global_bits = take_number(source),
		.leaf7_ebx = (uint32_t)take_number(source),
		.leaf7_ecx = (uint32_t)take_number(source),
		.leaf7_edx = (uint32_t)take_number(source),
		.leaf7_1_eax = (uint32_t)take_number(source),
	};
#define X(member, msr) cap->member = take_number(source);
	VMX_CAPABILITY_MSR_LIST(X)
#undef X
}

static void take_surroundings(struct source *source, struct entry_check_input *in)
{
	uint64_t flags = take_number(source);

	take(source, in->memory.msr_load, sizeof(in->memory.msr_load));
	in->memory.msr_load_count = flags % (MSR_AREA_COPIED + 1);
	in->memory.vtpr_known = flags >> 8 & 1;
	in->memory.pdptes_known = flags >> 9 & 1;
	in->memory.link_known = flags >> 10 & 1;
	take(source, in->memory.pdpte, sizeof(in->memory.pdpte));
	in->memory.vtpr = (uint8_t)(flags >> 16);
	in->memory.link_revision = (uint32_t)(flags >> 32);
	in->cpu.launched = flags >> 11 & 1;
	in->cpu.smm = flags >> 12 & 1;
	in->cpu.tracing = flags >> 13 & 1;
	in->cpu.cr0 = take_number(source);
	in->cpu.cr4 = take_number(source);
	in->cpu.efer = take_number(source);
	in->cpu.vmxon_pointer = take_number(source);
	in->cpu.vmcs_pointer = take_number(source);
	in->spare_page = take_number(source);
}

static void check_line(void *context, const struct entry_rule *rule)
{
	const struct entry_check_input *in = context;
	char line[ENTRY_CHECK_LINE_MAX], want[ENTRY_RULE_WANT_MAX], answer[48];

	assert(!entry_rule_holds(rule, in));
	entry_check_line(rule, in, line, sizeof(line));
	entry_rule_want(rule, want, sizeof(want));
	assert(strlen(line) < sizeof(line) - 1 && strstr(line, want));
	entry_check_answer(rule, answer, sizeof(answer));
	assert(strlen(answer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = { data, size };
	struct vmx_capability cap;
	static struct entry_check_input in, before;

	take_capability(&source, &cap);
	entry_check_begin(&in, &cap);
	take_surroundings(&source, &in);
	uint64_t pick = take_number(&source);
	for (unsigned i = 0; i < vmcs_field_count; i++)
		set_field(&in, vmcs_fields[i], take_number(&source));
	before = in;
	unsigned broken = entry_check_run(&in, check_line, &in);
	assert(broken <= entry_rule_count() && !memcmp(&before, &in, sizeof(in)));

	struct entry_rule rule = { 0 };
	for (unsigned i = pick % entry_rule_count(); entry_rule_next(&rule) && i; i--)
		continue;
	if (entry_rule_break(&rule, &in))
		assert(!entry_rule_holds(&rule, &in));
	return 0;
}
