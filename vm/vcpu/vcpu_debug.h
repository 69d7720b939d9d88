/* What a debugger wants of a vCPU, as the machine above asks for it and as the backend carries it
 * out (vm/virt_ops.h), and what then comes of it. Whatever is done to the guest's registers to that
 * end is done for the time of an entry only: outside of it they are the guest's own. */
#ifndef VM_VCPU_VCPU_DEBUG_H
#define VM_VCPU_VCPU_DEBUG_H

#include "lib/types.h"

#define DEBUG_BREAKPOINTS 4 /* address registers that a CPU has */

/* The instruction that a step executes, as far as RFLAGS.TF would show in what it does. */
enum step_kind {
	STEP_PLAIN,
	STEP_SAVES_FLAGS, /* PUSHF: the flags on its stack have to be put right */
	STEP_LOADS_FLAGS, /* POPF, IRET, SYSRET: TF is what they loaded */
	STEP_INTERRUPT, /* INT n: would switch TF off before it traps, so it is injected instead */
	STEP_SYSCALL,   /* saves the flags in R11, and may clear TF */
};

struct step_instruction {
	enum step_kind kind;
	uint8_t vector; /* of INT n */
	uint8_t length; /* of INT n, in bytes */
};

struct vcpu_debug {
	/* INT3 comes to the debugger. */
	bool on;
	/* One instruction, or the delivery of one event; no interrupt is taken meanwhile. The step is
	 * over when RIP has moved. */
	bool step;
	struct step_instruction next;
	/* DR7's enable, condition and length bits for `address`; 0: the debug registers are the
	 * guest's. Otherwise they are kept for it: it reads what it wrote, and none of its
	 * breakpoints fires. */
	uint64_t dr7;
	uint64_t address[DEBUG_BREAKPOINTS];
};

/* Of VCPU_EXIT_DEBUG. RIP is on an INT3 and on an instruction that a breakpoint register names, and
 * behind an instruction that accessed what one names. */
struct vcpu_debug_hit {
	bool int3; /* whose, the machine above knows: the guest may have its own */
	bool step;
	uint8_t hits; /* breakpoint registers, a bit each */
};

#endif
