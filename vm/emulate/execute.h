/* Carries out a decoded instruction on a copy of the CPU's state, reaching memory through callbacks.
 * Operands are checked and translated before any data moves, so that an instruction that faults has
 * changed nothing (a repeated string instruction: nothing beyond the elements that are done). Pure.
 *
 * SDM volume 2, the page of each instruction; volume 3, "Segment-Level Protection" and "Alignment
 * Check Exception". */
#ifndef VM_EMULATE_EXECUTE_H
#define VM_EMULATE_EXECUTE_H

#include "lib/page_walk.h"
#include "lib/types.h"
#include "vm/emulate/instruction.h"
#include "vm/emulate/segment_register.h"
#include "vm/guest_memory.h"
#include "vm/vcpu/vcpu_event.h"

/* Elements of a string instruction per call at most: it then goes on by being executed again, so
 * that a guest's huge count never keeps a CPU in the host. */
#define STRING_CHUNK 64

struct emulate_segment {
	uint64_t base;
	uint32_t limit, rights; /* as in x86/segment.h */
	uint16_t selector;
};

/* Only the segments that instruction_segments() names need be filled in. */
struct emulate_cpu {
	uint64_t gpr[GPR_COUNT];
	uint64_t rip;    /* of the instruction; not moved */
	uint64_t target; /* of the branch, where `branches` says so */
	uint64_t rflags, cr0, cr4;
	struct emulate_segment segment[SEGMENT_COUNT];
	bool branches;         /* RIP goes to `target`, not behind the instruction */
	bool long_mode;        /* IA-32e mode: 64-bit mode or compatibility mode */
	bool code64;           /* 64-bit mode: no limits, no types */
	bool protected_mode;   /* types are checked: neither real nor virtual-8086 mode */
	bool checks_alignment; /* CR0.AM, RFLAGS.AC, CPL 3 */
	uint8_t stack_width;   /* 2, 4 or 8 bytes of RSP count */
	uint8_t cpl;
};

enum emulate_outcome {
	EMULATE_DONE,     /* RIP is to be moved on */
	EMULATE_CONTINUE, /* a part of a REP is done: RIP stays */
	EMULATE_FAULT,    /* `fault` is to be injected; RIP stays */
	EMULATE_REFUSED,  /* cannot be done; nothing has changed */
};

struct emulate_memory {
	void *context;
	/* Translates [at, at + width) for `access`: DONE, FAULT with the event, or REFUSED. A part
	 * of the span without a host address is no RAM. */
	enum emulate_outcome (*locate)(void *context, gva_t at, unsigned width,
				       enum page_access access, struct guest_span *span,
				       struct vcpu_event *fault);
	/* The same for the CPU's own accesses to descriptor tables, which are always privileged. */
	enum emulate_outcome (*locate_table)(void *context, gva_t at, unsigned width,
					     enum page_access access, struct guest_span *span,
					     struct vcpu_event *fault);
	/* Move the bytes of a span that was located, a device's with its side effects. */
	void (*read)(void *context, const struct guest_span *span, void *to);
	void (*write)(void *context, const struct guest_span *span, const void *from);
	/* As vcpu_get_vector() and vcpu_set_vector(); false where they cannot be reached. */
	bool (*read_vector)(void *context, unsigned reg, uint8_t *to);
	bool (*write_vector)(void *context, unsigned reg, const uint8_t *from, bool whole);
	/* As vcpu_get_register() and vcpu_set_register(), for what struct emulate_cpu has not: false
	 * where the backend refuses. */
	bool (*get_register)(void *context, enum vcpu_register reg, uint64_t *to);
	bool (*set_register)(void *context, enum vcpu_register reg, uint64_t value);
};

struct emulation {
	struct emulate_cpu *cpu;
	const struct decoded_instruction *instruction;
	const struct emulate_memory *memory;
	struct vcpu_event fault; /* EMULATE_FAULT */
};

/* The segments through which the instruction reaches memory, a bit each (BIT(SEGMENT_DS)); that of
 * a selector which it stores is among them. */
unsigned instruction_segments(const struct decoded_instruction *instruction);

enum emulate_outcome emulate_execute(struct emulation *e);

#endif
