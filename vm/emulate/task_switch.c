/* The pure half of vm/emulate/task_switch.h, in the order of the steps of SDM volume 3, "Task Switching". */
#include "vm/emulate/task_switch.h"

#include "lib/string.h"
#include "vm/emulate/segment_rights.h"
#include "vm/emulate/tss.h"
#include "x86/control_registers.h"
#include "x86/exception.h"
#include "x86/segment.h"

#define SELECTOR_NULL_MASK (SELECTOR_INDEX | SELECTOR_TI)
#define DESCRIPTOR_SIZE    8
#define TYPE_32BIT         BIT(3) /* likewise */
#define RIGHTS_BYTE        5      /* type, S, DPL and P within a descriptor */
#define RIGHTS_VIRTUAL8086 0xf3u
#define LIMIT_VIRTUAL8086  0xffffu
#define DR7_LOCAL_ENABLES  0x155ull

/* One switch under way. */
struct switching {
	struct task_state *state;
	const struct task_request *request;
	const struct task_memory *memory;
	struct vcpu_event *fault;
};

/* --- faults --------------------------------------------------------------------------------- */

#define ERROR_CODE_EXTERNAL 1u

static bool raise(struct switching *s, enum exception vector, uint16_t selector)
{
	*s->fault = (struct vcpu_event) {
		.kind = EVENT_EXCEPTION,
		.vector = (uint8_t)vector,
		.has_error_code = true,
		.error_code = (selector & SELECTOR_NULL_MASK) |
			      (s->request->external ? ERROR_CODE_EXTERNAL : 0),
	};
	return false;
}

static bool raise_bare(struct switching *s, enum exception vector)
{
	return raise(s, vector, 0);
}

/* --- descriptors ---------------------------------------------------------------------------- */

static bool read_memory(struct switching *s, uint32_t at, void *to, uint32_t length)
{
	return s->memory->read(s->memory->context, s->state->cr3, at, to, length, s->fault);
}

static bool write_table(struct switching *s, uint32_t at, const void *from, uint32_t length)
{
	return s->memory->write(s->memory->context, s->state->cr3, true, 0, at, from, length,
				s->fault);
}

/* The linear address of a selector's descriptor; false when it lies beyond its table. */
static bool descriptor_address(const struct switching *s, uint16_t selector, uint32_t *at)
{
	const struct task_segment *ldt = &s->state->segment[TASK_LDTR];
	bool local = selector & SELECTOR_TI;
	uint32_t base = local ? (uint32_t)ldt->base : s->state->gdtr_base;
	uint32_t limit = local ? ldt->limit : s->state->gdtr_limit;
	uint32_t offset = selector & SELECTOR_INDEX;

	if (local && (ldt->rights & RIGHTS_UNUSABLE))
		return false;
	*at = base + offset;
	return offset + DESCRIPTOR_SIZE - 1 <= limit;
}

static struct task_segment unusable(uint16_t selector)
{
	return (struct task_segment) { .selector = selector, .rights = RIGHTS_UNUSABLE };
}

/* Reads a selector's descriptor, as a segment. False with a fault raised. */
static bool read_segment(struct switching *s, uint16_t selector, struct task_segment *segment)
{
	uint64_t descriptor;
	uint32_t at;

	if (!descriptor_address(s, selector, &at))
		return raise(s, EXCEPTION_INVALID_TSS, selector);
	if (!read_memory(s, at, &descriptor, sizeof(descriptor)))
		return false;
	*segment = (struct task_segment) {
		.selector = selector,
		.base = descriptor_base(descriptor),
		.limit = descriptor_limit(descriptor),
		.rights = (uint32_t)descriptor_rights(descriptor),
	};
	return true;
}

/* The same for one that has to be in the GDT. */
static bool read_global(struct switching *s, uint16_t selector, struct task_segment *segment)
{
	if (selector & SELECTOR_TI)
		return raise(s, EXCEPTION_INVALID_TSS, selector);
	return read_segment(s, selector, segment);
}

static bool write_rights(struct switching *s, uint16_t selector, uint8_t rights)
{
	uint32_t at;

	if (!descriptor_address(s, selector, &at))
		return raise(s, EXCEPTION_INVALID_TSS, selector);
	return write_table(s, at + RIGHTS_BYTE, &rights, sizeof(rights));
}

/* Sets or clears the busy bit in the descriptor of a TSS. */
static bool mark_busy(struct switching *s, uint16_t selector, bool busy)
{
	struct task_segment tss;

	if (!read_segment(s, selector, &tss))
		return false;
	return write_rights(s, selector,
			    (uint8_t)(busy ? tss.rights | TYPE_BUSY : tss.rights & ~TYPE_BUSY));
}

/* --- the new task's segments ---------------------------------------------------------------- */

static bool is_null(uint16_t selector)
{
	return !(selector & SELECTOR_NULL_MASK);
}

/* SDM volume 3, table "Exception Conditions Checked During a Task Switch": what `name` may hold at
 * privilege level `cpl`, presence aside. */
static bool segment_fits(enum task_segment_name name, const struct task_segment *segment,
			 unsigned cpl)
{
	uint32_t rights = segment->rights;
	unsigned rpl = segment->selector & SELECTOR_RPL, dpl = rights_dpl(rights);

	switch (name) {
	case TASK_CS:
		if (!(rights & RIGHTS_S) || !(rights & TYPE_CODE))
			return false;
		return rights & TYPE_CONFORMING ? dpl <= cpl : dpl == cpl;
	case TASK_SS:
		return rights_fit_stack(rights, rpl, cpl);
	default:
		return rights_fit_data(rights, rpl, cpl);
	}
}

static bool load_segment(struct switching *s, enum task_segment_name name, unsigned cpl)
{
	struct task_segment *segment = &s->state->segment[name];
	uint16_t selector = segment->selector;
	struct task_segment loaded;

	if (is_null(selector)) {
		if (name == TASK_CS || name == TASK_SS)
			return raise(s, EXCEPTION_INVALID_TSS, selector);
		return true; /* unusable already */
	}
	if (!read_segment(s, selector, &loaded))
		return false;
	if (!segment_fits(name, &loaded, cpl))
		return raise(s, EXCEPTION_INVALID_TSS, selector);
	if (!(loaded.rights & RIGHTS_P))
		return raise(
			s, name == TASK_SS ? EXCEPTION_STACK_FAULT : EXCEPTION_SEGMENT_NOT_PRESENT,
			selector);
	loaded.rights |= TYPE_ACCESSED;
	if (!write_rights(s, selector, (uint8_t)loaded.rights))
		return false;
	*segment = loaded;
	return true;
}

static bool load_ldt(struct switching *s)
{
	struct task_segment *ldt = &s->state->segment[TASK_LDTR];
	uint16_t selector = ldt->selector;
	struct task_segment loaded;

	if (is_null(selector))
		return true;
	if (!read_global(s, selector, &loaded))
		return false;
	if ((loaded.rights & (RIGHTS_S | RIGHTS_TYPE)) != TYPE_LDT || !(loaded.rights & RIGHTS_P))
		return raise(s, EXCEPTION_INVALID_TSS, selector);
	*ldt = loaded;
	return true;
}

static void load_virtual8086(struct task_state *state)
{
	for (unsigned i = TASK_ES; i <= TASK_GS; i++) {
		struct task_segment *segment = &state->segment[i];

		segment->base = (uint32_t)segment->selector << 4;
		segment->limit = LIMIT_VIRTUAL8086;
		segment->rights = RIGHTS_VIRTUAL8086;
	}
}

static bool load_segments(struct switching *s)
{
	static const uint8_t order[] = { TASK_CS, TASK_SS, TASK_DS, TASK_ES, TASK_FS, TASK_GS };
	unsigned cpl = s->state->segment[TASK_CS].selector & SELECTOR_RPL;

	if (!load_ldt(s))
		return false;
	if (s->state->rflags & RFLAGS_VM) {
		load_virtual8086(s->state);
		return true;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
		if (!load_segment(s, (enum task_segment_name)order[i], cpl))
			return false;
	return true;
}

static unsigned privilege_of(const struct task_state *state)
{
	return state->rflags & RFLAGS_VM ? 3 : state->segment[TASK_CS].selector & SELECTOR_RPL;
}

/* --- the switch ----------------------------------------------------------------------------- */

static bool is_16bit(const struct task_segment *tr)
{
	return !(tr->rights & TYPE_32BIT);
}

static bool save_old_task(struct switching *s)
{
	const struct task_state *state = s->state;
	const struct task_segment *tr = &state->segment[TASK_TR];
	struct tss_image tss = { .eip = s->request->next_rip, .eflags = state->rflags };
	struct tss_saved saved;

	if (s->request->source == TASK_BY_IRET)
		tss.eflags &= ~(uint32_t)RFLAGS_NT;
	memcpy(tss.gpr, state->gpr, sizeof(tss.gpr));
	for (unsigned i = TASK_ES; i <= TASK_GS; i++)
		tss.segment[i] = state->segment[i].selector;
	tss_pack(&tss, is_16bit(tr), &saved);
	return write_table(s, (uint32_t)tr->base + saved.offset, saved.bytes, saved.length);
}

/* Link and busy bits; all of it before anything of the old task is given up. */
static bool link_tasks(struct switching *s, const struct task_segment *new_tr)
{
	enum task_source source = s->request->source;
	uint16_t old = s->state->segment[TASK_TR].selector;
	bool nests = source == TASK_BY_CALL || source == TASK_BY_GATE;

	if (nests && !write_table(s, (uint32_t)new_tr->base, &old, sizeof(old)))
		return false;
	if (!nests && !mark_busy(s, old, false))
		return false;
	return source == TASK_BY_IRET || mark_busy(s, new_tr->selector, true);
}

static void take_new_task(struct switching *s, const struct tss_image *tss,
			  const struct task_segment *new_tr)
{
	struct task_state *state = s->state;
	enum task_source source = s->request->source;

	memcpy(state->gpr, tss->gpr, sizeof(state->gpr));
	state->rip = tss->eip;
	state->rflags = (tss->eflags & (uint32_t)RFLAGS_DEFINED) | (uint32_t)RFLAGS_FIXED;
	if (source == TASK_BY_CALL || source == TASK_BY_GATE)
		state->rflags |= (uint32_t)RFLAGS_NT;
	/* A 16-bit TSS knows no paging: the tables stay. */
	if ((state->cr0 & CR0_PG) && !is_16bit(new_tr))
		state->cr3 = tss->cr3;
	state->cr0 |= CR0_TS;
	state->dr7 &= ~DR7_LOCAL_ENABLES;
	for (unsigned i = TASK_ES; i <= TASK_GS; i++)
		state->segment[i] = unusable(tss->segment[i]);
	state->segment[TASK_LDTR] = unusable(tss->ldt);
	state->segment[TASK_TR] = *new_tr;
	state->segment[TASK_TR].rights |= TYPE_BUSY;
}

/* The error code of the exception that caused the switch goes onto the new task's stack, in a width
 * that is the TSS's. */
static bool push_error_code(struct switching *s)
{
	struct task_state *state = s->state;
	const struct task_segment *stack = &state->segment[TASK_SS];
	bool big = stack->rights & RIGHTS_DB;
	uint32_t code = s->request->error_code;
	uint32_t width = is_16bit(&state->segment[TASK_TR]) ? sizeof(uint16_t) : sizeof(uint32_t);
	uint32_t top = state->gpr[RSP] - width;
	uint32_t offset = big ? top : (uint16_t)top;
	bool down = stack->rights & TYPE_EXPAND_DOWN;
	uint32_t highest = !down ? stack->limit : big ? UINT32_MAX : UINT16_MAX;
	bool below = down && offset <= stack->limit;

	if (below || offset > highest || highest - offset < width - 1)
		return raise_bare(s, EXCEPTION_STACK_FAULT);
	if (!s->memory->write(s->memory->context, state->cr3, false, privilege_of(state),
			      (uint32_t)stack->base + offset, &code, width, s->fault))
		return false;
	state->gpr[RSP] = big ? top : (state->gpr[RSP] & ~(uint32_t)UINT16_MAX) | offset;
	return true;
}

/* Reads the new task's descriptor and TSS. False with a fault raised. */
static bool find_new_task(struct switching *s, struct task_segment *tr, struct tss_image *tss)
{
	uint16_t selector = s->request->selector;
	uint8_t bytes[TSS_LENGTH_MAX];

	if (!read_global(s, selector, tr))
		return false;

	uint32_t type = tr->rights & (RIGHTS_S | RIGHTS_TYPE);
	uint32_t length = tss_length(is_16bit(tr));

	if ((type & ~(TYPE_BUSY | TYPE_32BIT)) != TYPE_TSS16_AVAILABLE || tr->limit < length - 1)
		return raise(s, EXCEPTION_INVALID_TSS, selector);
	if (!read_memory(s, (uint32_t)tr->base, bytes, length))
		return false;
	tss_unpack(bytes, is_16bit(tr), tss);
	return true;
}

/* SDM volume 3, "Task-Switch Exception Condition": a trap, before the new task's first instruction. */
static void raise_task_trap(struct switching *s)
{
	*s->fault = (struct vcpu_event) {
		.kind = EVENT_EXCEPTION,
		.vector = EXCEPTION_DEBUG,
		.debug_hits = DR6_BT,
	};
}

enum error task_switch(struct task_state *state, const struct task_request *request,
		       const struct task_memory *memory, struct vcpu_event *fault,
		       struct reason *why)
{
	struct switching s = {
		.state = state, .request = request, .memory = memory, .fault = fault
	};
	struct task_segment tr;
	struct tss_image tss;
	uint32_t old_type = state->segment[TASK_TR].rights & RIGHTS_TYPE;

	fault->kind = EVENT_NONE;
	if (old_type != TYPE_TSS_BUSY && old_type != TYPE_TSS16_BUSY)
		return reason_set(why, ERROR_UNSUPPORTED,
				  "task switch away from a TSS of type 0x%x", old_type);
	if (!find_new_task(&s, &tr, &tss) || !save_old_task(&s) || !link_tasks(&s, &tr))
		return ERROR_NONE;
	take_new_task(&s, &tss, &tr);
	if (!load_segments(&s))
		return ERROR_NONE;
	if (request->has_error_code && !push_error_code(&s))
		return ERROR_NONE;
	if (tss.trap)
		raise_task_trap(&s);
	else if (state->rip > state->segment[TASK_CS].limit)
		raise_bare(&s, EXCEPTION_PROTECTION);
	return ERROR_NONE;
}
