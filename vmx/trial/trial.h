/* VM entries that are expected to fail: a snapshot of a VMCS is written into a real one and entered, and
 * what the CPU answers is told. */
#ifndef VMX_TRIAL_TRIAL_H
#define VMX_TRIAL_TRIAL_H

#include "vmx/check/entry_check.h"
#include "vmx/instruction_result.h"
#include "vmx/trial/bench.h"
#include "vmx/trial/host_repair.h"

struct trial {
	struct bench bench;
	void *spare_page;
	struct entry_check_input
		good; /* breaks no rule; its guest exits before its first instruction */
	struct host_repair host;
};

/* What the CPU did. */
struct trial_answer {
	enum vmx_result result;
	uint32_t instruction_error; /* of VMX_FAIL_VALID */
	uint32_t reason;            /* of VMX_SUCCEED: the exit's, bit 31 for a failed entry */
	uint64_t qualification;     /* likewise */
};

/* Makes a VMCS as good as any vCPU's. Bootstrap processor, VMX on, no vCPU bound. */
enum error trial_begin(struct trial *trial, struct reason *why) must_check;

/* Makes the VMCS, and the memory that its fields point at, what `in` says; reads it back into `seen`. */
void trial_write(struct trial *trial, const struct entry_check_input *in,
		 struct entry_check_input *seen);

/* Breaks the guest's RFLAGS: the CPU looks at the guest last, so that an entry whose controls or host
 * state it should have refused still does not run the guest, nor inject an event into it. */
void trial_lay_net(struct trial *trial);

/* Enters the VMCS as the two before have left it. The host is as before, whatever the VMCS holds. */
void trial_enter_once(struct trial *trial, struct trial_answer *answer);

void trial_end(struct trial *trial);

#endif
