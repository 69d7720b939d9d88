/* Deciding whether VMX can be turned on, and turning it on and off. */
#include "vmx/cpu/enable.h"

#include "lib/format.h"
#include "lib/string.h"
#include "lib/text_list.h"
#include "x86/control_registers.h"

/* Bits that Plinth can change under itself without harm. The rest carries its paging (PE, WP, PG,
 * PAE, LA57, CET), its caches (CD, NW) or its protection (SMEP, SMAP): if VMX operation wants one
 * of those otherwise, the machine is not one that Plinth knows. */
#define CR0_CAN_SET   (CR0_MP | CR0_ET | CR0_NE | CR0_AM)
#define CR0_CAN_CLEAR (CR0_EM | CR0_TS | CR0_AM)
#define CR4_CAN_SET                                                                          \
	(CR4_VMXE | CR4_DE | CR4_PSE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE | \
	 CR4_UMIP)
#define CR4_CAN_CLEAR                                                                         \
	(CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE | CR4_PCE | CR4_UMIP | CR4_FSGSBASE | \
	 CR4_SMXE)

/* Numbers of bits, and their names in the same order. */
#define X(symbol, number, name) number,
static const uint8_t cr0_bits[] = { CR0_BIT_LIST(X) };
static const uint8_t cr4_bits[] = { CR4_BIT_LIST(X) };
#undef X

#define X(symbol, number, name) name "\0"
static const char cr0_names[] = CR0_BIT_LIST(X);
static const char cr4_names[] = CR4_BIT_LIST(X);
#undef X

/* A control register, what VMX operation wants of it, and what Plinth may do about that. */
struct fixed_register {
	const char *name;
	uint64_t value;          /* as it would be without the FIXED MSRs */
	uint64_t fixed0, fixed1; /* bits that must be 1; bits that may be 1 */
	uint64_t can_set, can_clear;
	const uint8_t *bits; /* those that have names */
	const char *names;
	unsigned name_count;
};

/* "CR4.PAE", or "bit 40 of CR4" where the SDM has no name. */
static void name_bit(char *out, size_t size, const struct fixed_register *reg, unsigned bit)
{
	const char *named = keyed_text(reg->names, reg->bits, reg->name_count, bit);

	if (named)
		format_string(out, size, "%s.%s", reg->name, named);
	else
		format_string(out, size, "bit %u of %s", bit, reg->name);
}

/* Refuses the lowest bit of `bits`, if there is one; it is `is` now. */
static enum error refuse(const struct fixed_register *reg, uint64_t bits, bool is,
			 struct reason *why)
{
	char name[32];

	if (!bits)
		return ERROR_NONE;
	name_bit(name, sizeof(name), reg, (unsigned)__builtin_ctzll(bits));
	return reason_set(why, ERROR_BAD_STATE,
			  "%s is %d, VMX operation needs it %d, and Plinth cannot change it", name,
			  is, !is);
}

/* Corrects `*out` to what VMX operation wants, or names the first bit that cannot be corrected. */
static enum error apply_fixed(const struct fixed_register *reg, uint64_t *out, struct reason *why)
{
	uint64_t set = reg->fixed0 & ~reg->value;
	uint64_t clear = reg->value & ~reg->fixed1;
	uint64_t impossible = reg->fixed0 & ~reg->fixed1;
	char name[32];

	if (impossible) {
		name_bit(name, sizeof(name), reg, (unsigned)__builtin_ctzll(impossible));
		return reason_set(why, ERROR_BAD_STATE,
				  "VMX operation needs %s to be 1 and 0 at once", name);
	}
	enum error error = refuse(reg, set & ~reg->can_set, false, why);
	if (!error)
		error = refuse(reg, clear & ~reg->can_clear, true, why);
	*out = (reg->value | set) & ~clear;
	return error;
}

static enum error decide_control_registers(const struct vmx_capability *cap, uint64_t cr0,
					   uint64_t cr4, struct vmx_enable_plan *plan,
					   struct reason *why)
{
	struct fixed_register reg0 = {
		.name = "CR0",
		.value = cr0,
		.fixed0 = cap->cr0_fixed0,
		.fixed1 = cap->cr0_fixed1,
		.can_set = CR0_CAN_SET,
		.can_clear = CR0_CAN_CLEAR,
		.bits = cr0_bits,
		.names = cr0_names,
		.name_count = ARRAY_SIZE(cr0_bits),
	};
	struct fixed_register reg4 = {
		.name = "CR4",
		.value = cr4 | CR4_VMXE | (cap->xsave ? CR4_OSXSAVE : 0),
		.fixed0 = cap->cr4_fixed0,
		.fixed1 = cap->cr4_fixed1,
		.can_set = CR4_CAN_SET,
		.can_clear = CR4_CAN_CLEAR,
		.bits = cr4_bits,
		.names = cr4_names,
		.name_count = ARRAY_SIZE(cr4_bits),
	};

	enum error error = apply_fixed(&reg0, &plan->cr0, why);
	return error ? error : apply_fixed(&reg4, &plan->cr4, why);
}

static enum error decide_feature_control(const struct vmx_capability *cap,
					 struct vmx_enable_plan *plan, struct reason *why)
{
	uint64_t value = cap->feature_control;

	if (value & FEATURE_CONTROL_LOCK) {
		if (!(value & FEATURE_CONTROL_VMX_OUTSIDE_SMX))
			return reason_set(why, ERROR_UNSUPPORTED, "VMX disabled by firmware");
		plan->feature_control = value;
		return ERROR_NONE;
	}
	/* A measured launch that comes later needs VMX inside SMX, and after the lock it is too
	 * late; the bit may be set only on a CPU with SMX. */
	plan->lock_feature_control = true;
	plan->feature_control = value | FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX_OUTSIDE_SMX |
				(cap->smx ? FEATURE_CONTROL_VMX_INSIDE_SMX : 0);
	return ERROR_NONE;
}

static enum error decide_region(const struct vmx_capability *cap, struct vmx_enable_plan *plan,
				struct reason *why)
{
	uint32_t size = vmx_region_size(cap);
	unsigned type = (unsigned)field_get(cap->basic, VMX_BASIC_MEMORY_TYPE);

	if (size == 0 || size > PAGE_SIZE)
		return reason_set(why, ERROR_UNSUPPORTED,
				  "the VMXON region has %u bytes, not 1 to 4096", size);
	if (type != MEMORY_TYPE_WB)
		return reason_set(why, ERROR_UNSUPPORTED,
				  "the VMXON region needs memory type %u, not write-back", type);
	if (cap->basic & VMX_BASIC_32BIT_ADDRESSES)
		return reason_set(why, ERROR_UNSUPPORTED,
				  "VMX structures are confined to the first 4 GiB");
	plan->revision = vmx_revision(cap);
	return ERROR_NONE;
}

enum error vmx_enable_decide(const struct vmx_capability *cap, bool enabled, uint64_t cr0,
			     uint64_t cr4, struct vmx_enable_plan *plan, struct reason *why)
{
	enum error error;

	*plan = (struct vmx_enable_plan) { 0 };
	if (!cap->vmx)
		return reason_set(why, ERROR_UNSUPPORTED, "this CPU has no VMX");
	if (enabled)
		return reason_set(why, ERROR_RESOURCE_BUSY, "VMX is enabled on this CPU already");
	if (cr4 & CR4_VMXE)
		return reason_set(why, ERROR_RESOURCE_BUSY,
				  "CR4.VMXE is set already: somebody else uses VMX on this CPU");
	error = decide_feature_control(cap, plan, why);
	if (!error)
		error = decide_control_registers(cap, cr0, cr4, plan, why);
	if (!error)
		error = decide_region(cap, plan, why);
	return error;
}

static bool xcr0_reachable(const struct vmx_capability *cap, uint64_t cr4)
{
	return cap->xsave && (cr4 & CR4_OSXSAVE);
}

static void put_back_one(const struct vmx_cpu_access *cpu, enum vmx_cpu_register reg,
			 uint64_t value)
{
	if (cpu->read(cpu->context, reg) != value)
		cpu->write(cpu->context, reg, value);
}

/* The way back, in the reverse order: XSS, XCR0 while OSXSAVE still stands, then CR4, then CR0. */
static void put_back(const struct vmx_enable_state *found, const struct vmx_capability *cap,
		     const struct vmx_cpu_access *cpu)
{
	if (cap->xsaves)
		put_back_one(cpu, CPU_XSS, found->xss);
	if (xcr0_reachable(cap, cpu->read(cpu->context, CPU_CR4)))
		put_back_one(cpu, CPU_XCR0, found->xcr0);
	put_back_one(cpu, CPU_CR4, found->cr4);
	put_back_one(cpu, CPU_CR0, found->cr0);
}

/* Everything that changes the CPU. `found` already holds CR0, CR4 and the region. */
static enum error carry_out(const struct vmx_enable_plan *plan, struct vmx_enable_state *found,
			    const struct vmx_capability *cap, const struct vmx_cpu_access *cpu,
			    struct reason *why)
{
	if (plan->lock_feature_control)
		cpu->write(cpu->context, CPU_FEATURE_CONTROL, plan->feature_control);
	if (plan->cr0 != found->cr0)
		cpu->write(cpu->context, CPU_CR0, plan->cr0);
	cpu->write(cpu->context, CPU_CR4, plan->cr4);
	if (xcr0_reachable(cap, plan->cr4))
		found->xcr0 = cpu->read(cpu->context, CPU_XCR0);
	/* Guests run with the host's IA32_XSS, and 0 is all that they may have. */
	if (cap->xsaves) {
		found->xss = cpu->read(cpu->context, CPU_XSS);
		cpu->write(cpu->context, CPU_XSS, 0);
	}

	if (cpu->vmxon(cpu->context, found->region) == VMX_SUCCEED)
		return ERROR_NONE;
	put_back(found, cap, cpu);
	return reason_set(why, ERROR_BAD_STATE, "VMXON failed with region revision 0x%x",
			  plan->revision);
}

enum error vmx_enable(struct vmx_enable_state *state, const struct vmx_capability *cap,
		      const struct vmx_cpu_access *cpu, struct reason *why)
{
	struct vmx_capability now = *cap;
	struct vmx_enable_state found = { .enabled = true };
	struct vmx_enable_plan plan;

	found.cr0 = cpu->read(cpu->context, CPU_CR0);
	found.cr4 = cpu->read(cpu->context, CPU_CR4);
	if (vmx_capability_has_msr(cap, MSR_FEATURE_CONTROL))
		now.feature_control = cpu->read(cpu->context, CPU_FEATURE_CONTROL);
	enum error error =
		vmx_enable_decide(&now, state->enabled, found.cr0, found.cr4, &plan, why);
	if (error)
		return error;

	found.region = cpu->region_alloc(cpu->context);
	if (!found.region)
		return reason_set(why, ERROR_NO_MEMORY, "no page for the VMXON region");
	memcpy(found.region, &plan.revision, sizeof(plan.revision));

	error = carry_out(&plan, &found, &now, cpu, why);
	if (error) {
		cpu->region_free(cpu->context, found.region);
		return error;
	}
	*state = found;
	return ERROR_NONE;
}

enum error vmx_disable(struct vmx_enable_state *state, const struct vmx_capability *cap,
		       const struct vmx_cpu_access *cpu, struct reason *why)
{
	if (!state->enabled)
		return reason_set(why, ERROR_BAD_STATE, "VMX is not enabled on this CPU");
	/* The one way to fail here is the dual-monitor treatment of SMIs, which Plinth never
	 * activates. */
	if (cpu->vmxoff(cpu->context) != VMX_SUCCEED)
		return reason_set(why, ERROR_BAD_STATE, "VMXOFF failed");
	put_back(state, cap, cpu);
	cpu->region_free(cpu->context, state->region);
	*state = (struct vmx_enable_state) { 0 };
	return ERROR_NONE;
}
