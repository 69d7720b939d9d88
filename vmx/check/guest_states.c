/* The modes differ in control registers and in segments; each is a row. SDM volume 3, "Checks on the
 * Guest State Area". */
#include "vmx/check/guest_states.h"

#include "vmx/vcpu/interruptibility.h"
#include "x86/control_registers.h"
#include "x86/segment.h"

#define LIMIT_64K     0xffffu
#define LIMIT_4G      0xffffffffu
#define CODE_SELECTOR 0x08
#define DATA_SELECTOR 0x10
#define TSS_SELECTOR  0x18

/* What virtual-8086 mode wants of every segment: data, read and write, accessed, level 3. */
#define RIGHTS_VIRTUAL_8086 0xf3

/* Bits that decide on the mode. */
#define CR0_MODE_BITS (CR0_PE | CR0_PG)
#define CR4_MODE_BITS (CR4_PAE | CR4_PCIDE | CR4_LA57 | CR4_CET)

struct mode {
	uint32_t cr0, cr4, efer;
	uint32_t rflags;
	uint32_t code, data; /* access rights of CS, and of the others */
	uint32_t limit;
};

static const struct mode modes[GUEST_STATES] = {
	[GUEST_STATE_64] = { CR0_PE | CR0_PG, CR4_PAE, EFER_LME | EFER_LMA, 0, RIGHTS_CODE64,
			     RIGHTS_DATA32, LIMIT_4G },
	[GUEST_STATE_COMPATIBLE] = { CR0_PE | CR0_PG, CR4_PAE, EFER_LME | EFER_LMA, 0,
				     RIGHTS_CODE32, RIGHTS_DATA32, LIMIT_4G },
	[GUEST_STATE_PAE] = { CR0_PE | CR0_PG, CR4_PAE, 0, 0, RIGHTS_CODE32, RIGHTS_DATA32,
			      LIMIT_4G },
	[GUEST_STATE_PROTECTED] = { CR0_PE | CR0_PG, 0, 0, 0, RIGHTS_CODE32, RIGHTS_DATA32,
				    LIMIT_4G },
	[GUEST_STATE_VIRTUAL_8086] = { CR0_PE | CR0_PG, 0, 0, RFLAGS_VM, RIGHTS_VIRTUAL_8086,
				       RIGHTS_VIRTUAL_8086, LIMIT_64K },
	[GUEST_STATE_REAL] = { 0, 0, 0, 0, RIGHTS_CODE16, RIGHTS_DATA16, LIMIT_64K },
};

static void set_segment(struct entry_check_input *in, unsigned segment, uint64_t selector,
			uint64_t base, uint32_t limit, uint64_t rights)
{
	set_field(in, (enum vmcs_field)VMCS_GUEST_SELECTOR(segment), selector);
	set_field(in, (enum vmcs_field)VMCS_GUEST_BASE(segment), base);
	set_field(in, (enum vmcs_field)VMCS_GUEST_LIMIT(segment), limit);
	set_field(in, (enum vmcs_field)VMCS_GUEST_RIGHTS(segment), rights);
}

static void set_segments(struct entry_check_input *in, const struct mode *mode)
{
	bool flat = mode->limit == LIMIT_4G;

	for (unsigned i = SEGMENT_ES; i <= SEGMENT_GS; i++) {
		bool code = i == SEGMENT_CS;
		uint64_t selector = code ? CODE_SELECTOR : DATA_SELECTOR;

		set_segment(in, i, selector, flat ? 0 : selector << 4, mode->limit,
			    code ? mode->code : mode->data);
	}
	set_segment(in, SEGMENT_LDTR, 0, 0, LIMIT_64K, RIGHTS_LDT);
	set_segment(in, SEGMENT_TR, TSS_SELECTOR, 0, LIMIT_64K, RIGHTS_BUSY_TSS);
}

static void set_control_registers(struct entry_check_input *in, const struct mode *mode)
{
	const struct vmx_capability *cap = in->capability;
	uint64_t cr0 = field(in, VMCS_GUEST_CR0) & ~(uint64_t)CR0_MODE_BITS;
	uint64_t cr4 = field(in, VMCS_GUEST_CR4) & ~(uint64_t)CR4_MODE_BITS;

	cr0 |= mode->cr0 | CR0_ET | (cap->cr0_fixed0 & ~(uint64_t)CR0_MODE_BITS);
	set_field(in, VMCS_GUEST_CR0, cr0 & cap->cr0_fixed1);
	set_field(in, VMCS_GUEST_CR4, (cr4 | mode->cr4 | cap->cr4_fixed0) & cap->cr4_fixed1);
	set_field(in, VMCS_GUEST_EFER, mode->efer);
}

static const uint16_t cleared[] = {
	VMCS_ENTRY_INTERRUPTION_INFO,
	VMCS_GUEST_INTERRUPTIBILITY,
	VMCS_GUEST_ACTIVITY,
	VMCS_GUEST_PENDING_DEBUG,
	VMCS_GUEST_DEBUGCTL,
	VMCS_GUEST_PDPTE0,
	VMCS_GUEST_PDPTE1,
	VMCS_GUEST_PDPTE2,
	VMCS_GUEST_PDPTE3,
};

void guest_state_become(struct entry_check_input *in, enum guest_state state)
{
	const struct mode *mode = &modes[state];
	uint64_t entry = field(in, VMCS_ENTRY_CONTROLS) & ~(uint64_t)ENTRY_IA32E_MODE_GUEST;

	for (unsigned i = 0; i < ARRAY_SIZE(cleared); i++)
		set_field(in, (enum vmcs_field)cleared[i], 0);
	if (mode->efer)
		entry |= ENTRY_IA32E_MODE_GUEST;
	set_field(in, VMCS_ENTRY_CONTROLS, entry);
	if (state == GUEST_STATE_REAL)
		set_field(in, VMCS_SECONDARY_CONTROLS,
			  field(in, VMCS_SECONDARY_CONTROLS) | SECONDARY_UNRESTRICTED_GUEST);
	set_control_registers(in, mode);
	set_segments(in, mode);
	set_field(in, VMCS_GUEST_RFLAGS, RFLAGS_FIXED | mode->rflags);
	if (state != GUEST_STATE_64) {
		set_field(in, VMCS_GUEST_RIP, (uint32_t)field(in, VMCS_GUEST_RIP));
		set_field(in, VMCS_GUEST_RSP, (uint32_t)field(in, VMCS_GUEST_RSP));
	}
	set_field(in, VMCS_LINK_POINTER, ~0ull);
}

void guest_state_become_user(struct entry_check_input *in)
{
	for (unsigned i = SEGMENT_ES; i <= SEGMENT_GS; i++) {
		enum vmcs_field selector = (enum vmcs_field)VMCS_GUEST_SELECTOR(i);
		enum vmcs_field rights = (enum vmcs_field)VMCS_GUEST_RIGHTS(i);

		set_field(in, selector, field(in, selector) | SELECTOR_RPL);
		set_field(in, rights, field(in, rights) | RIGHTS_DPL);
	}
}
