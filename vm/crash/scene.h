/* A vCPU as a report looks at it: its registers taken once, and its memory read through its page
 * tables without leaving a trace in them. The vCPU is not running, and the caller is on the CPU
 * that it is bound to, if it is bound. */
#ifndef VM_CRASH_SCENE_H
#define VM_CRASH_SCENE_H

#include "lib/error.h"
#include "lib/page_walk.h"
#include "lib/types.h"
#include "vm/crash/instruction_text.h"
#include "vm/vcpu/vcpu.h"
#include "vm/vm.h"

struct scene {
	struct vcpu *vcpu;
	struct page_walk_state walk; /* at its CPL */
	struct instruction_registers registers;
	uint64_t rflags;
	enum code_mode mode;
};

/* What the backend returns when a register cannot be had. */
enum error scene_take(struct vcpu *vcpu, struct scene *scene, struct reason *why) must_check;

gva_t scene_rip(const struct scene *scene);
gva_t scene_rsp(const struct scene *scene);
/* Of a stack slot in the present mode: 2, 4 or 8 bytes. */
unsigned scene_stack_width(const struct scene *scene);

/* The walk of one address for `access`. */
void scene_walk(const struct scene *scene, gva_t at, enum page_access access,
		struct page_walk_trace *trace);

/* Copies what RAM and ROM there is at a linear address, whatever rights its page tables give; returns
 * how many bytes, from the first on. */
unsigned scene_read(const struct scene *scene, gva_t at, void *to, unsigned length);

#endif
