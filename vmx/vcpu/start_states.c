/* The pure half of vmx/vcpu/start_state.h. */
#include "vmx/vcpu/start_state.h"
#include "x86/control_registers.h"
#include "x86/segment.h"

#define LIMIT_64K 0xffffu
#define LIMIT_4G  0xffffffffu

/* Selectors that a flat start shows; there is no table behind them. */
#define FLAT_CODE 0x08
#define FLAT_DATA 0x10

#define RESET_CS_SELECTOR 0xf000
#define RESET_CS_BASE     0xffff0000u
#define RESET_IP          0xfff0

static void set_segments(struct start_state *state, struct start_segment code,
			 struct start_segment data)
{
	for (unsigned i = SEGMENT_ES; i <= SEGMENT_GS; i++)
		state->segments[i] = i == SEGMENT_CS ? code : data;
	state->segments[SEGMENT_LDTR] = (struct start_segment) { 0, 0, LIMIT_64K, RIGHTS_LDT };
	state->segments[SEGMENT_TR] = (struct start_segment) { 0, 0, LIMIT_64K, RIGHTS_BUSY_TSS };
	state->table_limit = LIMIT_64K;
}

static void real_mode(struct start_state *state, uint16_t selector, uint64_t base, uint64_t ip)
{
	set_segments(state, (struct start_segment) { selector, base, LIMIT_64K, RIGHTS_CODE16 },
		     (struct start_segment) { 0, 0, LIMIT_64K, RIGHTS_DATA16 });
	state->rip = ip;
}

static void flat(struct start_state *state, uint32_t code_rights, uint64_t rip)
{
	set_segments(state, (struct start_segment) { FLAT_CODE, 0, LIMIT_4G, code_rights },
		     (struct start_segment) { FLAT_DATA, 0, LIMIT_4G, RIGHTS_DATA32 });
	state->rip = rip;
}

void start_state_of_mode(const struct vcpu_config *config, gpa_t entry, struct start_state *state)
{
	const uint64_t protected_mode = CR0_PE | CR0_ET | CR0_NE;

	*state = (struct start_state) { .rsp = config->stack_pointer };
	switch (config->mode) {
	case VCPU_MODE_REAL16:
		state->view.cr0 = CR0_ET;
		real_mode(state, (uint16_t)(entry.value >> 4), entry.value & ~0xfull,
			  entry.value & 0xf);
		break;
	case VCPU_MODE_RESET:
		start_state_after_init(CR0_RESET, state);
		break;
	case VCPU_MODE_PROT32:
		state->view.cr0 = protected_mode;
		flat(state, RIGHTS_CODE32, entry.value);
		break;
	case VCPU_MODE_PAE32:
		state->view.cr0 = protected_mode | CR0_PG;
		state->view.cr4 = CR4_PAE;
		state->cr3 = config->page_table.value;
		flat(state, RIGHTS_CODE32, entry.value);
		break;
	case VCPU_MODE_LONG64:
		state->view = (struct control_view) {
			.cr0 = protected_mode | CR0_PG,
			.cr4 = CR4_PAE,
			.efer = EFER_LME | EFER_LMA,
		};
		state->cr3 = config->page_table.value;
		flat(state, RIGHTS_CODE64, entry.value);
		break;
	}
}

void start_state_after_init(uint64_t cr0, struct start_state *state)
{
	*state = (struct start_state) { .view.cr0 = (cr0 & (CR0_CD | CR0_NW)) | CR0_ET };
	real_mode(state, RESET_CS_SELECTOR, RESET_CS_BASE, RESET_IP);
}

void start_state_after_sipi(uint8_t vector, struct start_state *state)
{
	uint64_t cr0 = state->view.cr0;

	*state = (struct start_state) { .view.cr0 = cr0 };
	real_mode(state, (uint16_t)(vector << 8), (uint64_t)vector << 12, 0);
}
