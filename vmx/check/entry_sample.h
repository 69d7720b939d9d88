/* A VM entry that breaks no rule, for host tests: what Plinth writes for a 64-bit guest, on a CPU that
 * has every control there is. */
#ifndef VMX_CHECK_ENTRY_SAMPLE_H
#define VMX_CHECK_ENTRY_SAMPLE_H

#include "vmx/check/entry_check.h"
#include "vmx/cpu/capability_samples.h"
#include "vmx/vcpu/start_state.h"
#include "x86/control_registers.h"
#include "x86/segment.h"

#define SAMPLE_SPARE_PAGE 0x7000000ull

static inline struct vmx_capability sample_everything(void)
{
	struct vmx_capability cap = sample_skylake();
	uint64_t *const words[CONTROL_WORDS] = {
		[CONTROL_PIN] = &cap.true_pin,        [CONTROL_PRIMARY] = &cap.true_primary,
		[CONTROL_SECONDARY] = &cap.secondary, [CONTROL_EXIT] = &cap.true_exit,
		[CONTROL_ENTRY] = &cap.true_entry,
	};

	for (unsigned i = 0; i < VMX_CONTROLS; i++) {
		const struct vmx_control_row *row = &vmx_control_rows[i];

		if (row->word == CONTROL_TERTIARY)
			cap.tertiary |= vmx_control_mask(row);
		else
			*words[row->word] |= vmx_control_mask(row) << 32;
	}
	cap.linear_bits = 57;
	cap.efer_bits = EFER_DEFINED;
	cap.perf_global_bits = BITS(7, 0) | BITS(34, 32);
	cap.cr4_fixed1 = CR4_DEFINED;
	cap.ept_vpid |= EPT_CAP_WALK_5 | EPT_CAP_SHADOW_STACK | field_put(EPT_CAP_HLAT_PREFIX, 1);
	cap.exit2 = BIT(3);
	return cap;
}

/* The same without what is not a control. */
static inline struct vmx_capability sample_controls_only(void)
{
	struct vmx_capability cap = sample_everything();

	cap.basic |= VMX_BASIC_32BIT_ADDRESSES | VMX_BASIC_ANY_ERROR_CODE;
	cap.misc &= ~VMX_MISC_ZERO_LENGTH_EVENT;
	cap.true_primary &= ~((uint64_t)PRIMARY_MONITOR_TRAP_FLAG << 32);
	cap.ept_vpid &= ~(EPT_CAP_WALK_5 | EPT_CAP_SHADOW_STACK | EPT_CAP_ACCESS_DIRTY);
	cap.linear_bits = 48;
	return cap;
}

static inline void sample_controls(struct entry_check_input *in)
{
	struct vmx_controls controls;
	enum error error = vmx_controls_resolve(
		in->capability, vmx_request(true, true, INTERCEPT_HLT), &controls, NULL);

	for (unsigned word = 0; !error && word < CONTROL_WORDS; word++)
		set_field(in, vmx_control_field((enum vmx_control_word)word), controls.word[word]);
	set_field(in, VMCS_ENTRY_CONTROLS, field(in, VMCS_ENTRY_CONTROLS) | ENTRY_IA32E_MODE_GUEST);
	set_field(in, VMCS_IO_BITMAP_A, 0x1000000);
	set_field(in, VMCS_IO_BITMAP_B, 0x1001000);
	set_field(in, VMCS_MSR_BITMAPS, 0x1002000);
	set_field(in, VMCS_VPID, 1);
	set_field(in, VMCS_EPT_POINTER, 0x100301e); /* write-back, 4 levels */
	set_field(in, VMCS_EXCEPTION_BITMAP, 0x60002);
	set_field(in, VMCS_CR0_MASK, ~(uint64_t)(CR0_MP | CR0_EM | CR0_WP | CR0_AM));
	set_field(in, VMCS_GUEST_PREEMPTION_TIMER, 0xffffffff);
}

static inline void sample_host(struct entry_check_input *in)
{
	const uint64_t high = 0xffffffff80000000ull;

	in->cpu = (struct entry_check_cpu) {
		.cr0 = CR0_PE | CR0_ET | CR0_NE | CR0_WP | CR0_PG,
		.cr4 = CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | CR4_VMXE | CR4_OSXSAVE,
		.efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE,
		.vmxon_pointer = 0x1004000,
		.vmcs_pointer = 0x1005000,
	};
	in->cpu.cr4 &= in->capability->cr4_fixed1;
	set_field(in, VMCS_HOST_CR0, in->cpu.cr0);
	set_field(in, VMCS_HOST_CR3, 0x1006000);
	set_field(in, VMCS_HOST_CR4, in->cpu.cr4);
	set_field(in, VMCS_HOST_EFER, in->cpu.efer);
	set_field(in, VMCS_HOST_PAT, PAT_RESET);
	set_field(in, VMCS_HOST_CS_SELECTOR, 0x08);
	set_field(in, VMCS_HOST_SS_SELECTOR, 0x10);
	set_field(in, VMCS_HOST_TR_SELECTOR, 0x18);
	set_field(in, VMCS_HOST_GS_BASE, high);
	set_field(in, VMCS_HOST_TR_BASE, high + 0x1000);
	set_field(in, VMCS_HOST_GDTR_BASE, high + 0x2000);
	set_field(in, VMCS_HOST_IDTR_BASE, high + 0x3000);
	set_field(in, VMCS_HOST_RSP, high + 0x4000);
	set_field(in, VMCS_HOST_RIP, high + 0x5000);
}

static inline void sample_guest(struct entry_check_input *in)
{
	const struct vcpu_config config = { .mode = VCPU_MODE_LONG64, .stack_pointer = 0x8000 };
	struct start_state state;

	start_state_of_mode(&config, gpa(0x10000), &state);
	for (unsigned i = 0; i < SEGMENT_COUNT; i++) {
		set_field(in, (enum vmcs_field)VMCS_GUEST_SELECTOR(i), state.segments[i].selector);
		set_field(in, (enum vmcs_field)VMCS_GUEST_BASE(i), state.segments[i].base);
		set_field(in, (enum vmcs_field)VMCS_GUEST_LIMIT(i), state.segments[i].limit);
		set_field(in, (enum vmcs_field)VMCS_GUEST_RIGHTS(i), state.segments[i].rights);
	}
	set_field(in, VMCS_GUEST_CR0, state.view.cr0);
	set_field(in, VMCS_GUEST_CR3, state.cr3);
	set_field(in, VMCS_GUEST_CR4, state.view.cr4 | CR4_VMXE | CR4_MCE);
	set_field(in, VMCS_GUEST_EFER, state.view.efer);
	set_field(in, VMCS_GUEST_PAT, PAT_RESET);
	set_field(in, VMCS_GUEST_RIP, state.rip);
	set_field(in, VMCS_GUEST_RSP, state.rsp);
	set_field(in, VMCS_GUEST_RFLAGS, RFLAGS_RESET);
	set_field(in, VMCS_GUEST_DR7, DR7_RESET);
	set_field(in, VMCS_GUEST_GDTR_LIMIT, state.table_limit);
	set_field(in, VMCS_GUEST_IDTR_LIMIT, state.table_limit);
	set_field(in, VMCS_LINK_POINTER, ~0ull);
}

/* `cap` stays the caller's, as long as `in` is used. */
static inline void sample_entry(const struct vmx_capability *cap, struct entry_check_input *in)
{
	entry_check_begin(in, cap);
	in->memory.vtpr_known = true;
	in->memory.pdptes_known = true;
	in->memory.link_known = true;
	in->spare_page = SAMPLE_SPARE_PAGE;
	sample_controls(in);
	sample_host(in);
	sample_guest(in);
}

#endif
