/* The numbers of segment registers, as instructions have them, and their names as a vCPU's. */
#ifndef VM_EMULATE_SEGMENT_REGISTER_H
#define VM_EMULATE_SEGMENT_REGISTER_H

#include "vm/vcpu/vcpu.h"

enum segment_register {
	SEGMENT_ES,
	SEGMENT_CS,
	SEGMENT_SS,
	SEGMENT_DS,
	SEGMENT_FS,
	SEGMENT_GS,
	SEGMENT_COUNT
};

/* Its selector; base, limit and access rights follow it. */
enum vcpu_register segment_selector_register(enum segment_register segment);
_Static_assert(VCPU_ES_BASE == VCPU_ES_SELECTOR + 1 && VCPU_ES_LIMIT == VCPU_ES_SELECTOR + 2 &&
		       VCPU_ES_RIGHTS == VCPU_ES_SELECTOR + 3,
	       "a segment's registers in order");

#endif
