/* The register states in which a vCPU can begin: one a mode, and those after INIT and SIPI. */
#ifndef VMX_VCPU_START_STATE_H
#define VMX_VCPU_START_STATE_H

#include "lib/types.h"
#include "vm/vcpu/vcpu.h"
#include "vmx/vcpu/control_state.h"
#include "vmx/fields.h"

struct start_segment {
	uint16_t selector;
	uint64_t base;
	uint32_t limit;
	uint32_t rights; /* as the VMCS has them */
};

struct start_state {
	struct start_segment segments[SEGMENT_COUNT];
	struct control_view view;
	uint64_t cr3, rip, rsp;
	uint32_t table_limit; /* of GDTR and IDTR */
};

/* Fills `state` for a vCPU that begins at `entry`. Pure. */
void start_state_of_mode(const struct vcpu_config *config, gpa_t entry, struct start_state *state);

/* After INIT; CD and NW of `cr0` are kept. SDM volume 3, "Processor State After Reset". Pure. */
void start_state_after_init(uint64_t cr0, struct start_state *state);

/* After a start-up IPI, on top of the state after INIT: CS:IP = vector * 100H : 0. Pure. */
void start_state_after_sipi(uint8_t vector, struct start_state *state);

/* RDX after RESET and INIT: family, model and stepping as CPUID.1:EAX has them. */
struct vmx_vcpu;

/* Writes `state` into the current VMCS, and what goes with any beginning: RFLAGS, debug state, no
 * blocking, active. */
void start_state_write(struct vmx_vcpu *v, const struct start_state *state);

#endif
