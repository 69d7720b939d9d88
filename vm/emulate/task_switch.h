/* Hardware task switches on behalf of a guest: no CPU does them while it virtualizes. The pure half
 * works on a copy of the registers and reaches guest memory through callbacks; the other half moves
 * that copy out of and into a vCPU. SDM volume 3, "Task Switching" and "Treatment of Task Switches". */
#ifndef VM_EMULATE_TASK_SWITCH_H
#define VM_EMULATE_TASK_SWITCH_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"

/* In encoding order, so that the index is also that of the segment's selector in a TSS. */
enum task_segment_name {
	TASK_ES,
	TASK_CS,
	TASK_SS,
	TASK_DS,
	TASK_FS,
	TASK_GS,
	TASK_LDTR,
	TASK_TR,
	TASK_SEGMENTS
};

struct task_segment {
	uint16_t selector;
	uint32_t limit, rights; /* rights as in x86/segment.h, the unusable bit included */
	uint64_t base;
};

struct task_state {
	uint32_t gpr[8]; /* in encoding order */
	uint32_t rip, rflags, cr3;
	uint64_t cr0, dr7;
	struct task_segment segment[TASK_SEGMENTS];
	uint32_t gdtr_base, gdtr_limit;
};

enum task_source { TASK_BY_CALL, TASK_BY_IRET, TASK_BY_JUMP, TASK_BY_GATE };

struct task_request {
	uint16_t selector; /* of the new TSS */
	enum task_source source;
	uint32_t next_rip; /* where the old task goes on */
	bool external;     /* by an event, not by an instruction of the guest: EXT in error codes */
	bool has_error_code; /* to be pushed in the new task */
	uint32_t error_code;
};

/* Linear memory under the paging that `cr3` roots. False with the event that the guest has to be
 * given. `implicit`: the CPU's own access to a table, always privileged; else at privilege `cpl`. */
struct task_memory {
	void *context;
	bool (*read)(void *context, uint32_t cr3, uint32_t at, void *to, uint32_t length,
		     struct vcpu_event *fault);
	bool (*write)(void *context, uint32_t cr3, bool implicit, unsigned cpl, uint32_t at,
		      const void *from, uint32_t length, struct vcpu_event *fault);
};

/* Carries out the switch. None: `state` is the new task's, except that `fault` is to be injected
 * into it when its kind is not EVENT_NONE (a fault before the switch leaves `state` the old task's,
 * one behind it finds the new task's). Unsupported: nothing was changed anywhere. */
enum error task_switch(struct task_state *state, const struct task_request *request,
		       const struct task_memory *memory, struct vcpu_event *fault,
		       struct reason *why) must_check;

/* The same for the vCPU whose exit this is (VCPU_EXIT_TASK_SWITCH), on its bound CPU. On success it
 * is to be resumed without skipping anything. */
enum error vcpu_task_switch(struct vcpu *vcpu, const struct vcpu_exit *exit,
			    struct reason *why) must_check;

#endif
