/* The other half of vm/emulate/task_switch.h: registers out of a vCPU and back, guest memory through the
 * guest's page tables. */
#include "vm/emulate/task_switch.h"

#include "lib/bits.h"
#include "lib/page_walk.h"
#include "lib/string.h"
#include "vm/guest_memory.h"
#include "vm/vcpu/vcpu_transfer.h"
#include "vm/vm.h"
#include "x86/control_registers.h"

/* --- memory --------------------------------------------------------------------------------- */

enum { NOTHING_THERE = 0xff };

struct access_context {
	struct vcpu *vcpu;
	struct page_walk_state walk; /* CR3 and the privilege follow each access */
	bool lost;                   /* the page tables cannot be followed */
	gpa_t lost_at;
};

/* Under PAE paging a new root brings four new PDPTEs, which the CPU reads once. */
static bool use_root(struct access_context *c, uint32_t cr3)
{
	const void *table;

	if (cr3 == c->walk.cr3)
		return true;
	c->walk.cr3 = cr3;
	if (!page_walk_has_pdptes(&c->walk))
		return true;
	table = vm_memory(c->vcpu->vm, gpa(cr3 & CR3_PAE_ROOT), sizeof(c->walk.pdpte));
	if (table)
		memcpy(c->walk.pdpte, table, sizeof(c->walk.pdpte));
	c->lost = !table;
	c->lost_at = gpa(cr3);
	return table;
}

/* Copies by linear address with the rights that `c->walk` says; `to` or `from` is null. Where there
 * is no RAM, ones are read and nothing is written. */
static bool copy(struct access_context *c, uint32_t at, void *to, const void *from, uint32_t length,
		 struct vcpu_event *fault)
{
	struct guest_span span;
	struct guest_access access =
		guest_locate(c->vcpu, &c->walk, gva(at), length,
			     from ? PAGE_ACCESS_WRITE : PAGE_ACCESS_READ, &span);
	uint32_t done = 0;

	if (access.status == GUEST_ACCESS_FAULT) {
		*fault = access.fault;
		return false;
	}
	c->lost = access.status != GUEST_ACCESS_DONE;
	c->lost_at = access.at;
	if (c->lost)
		return false;
	for (unsigned i = 0; i < span.parts; i++) {
		uint8_t *host = span.part[i].host;
		uint32_t size = span.part[i].length;

		if (to && host)
			memcpy((uint8_t *)to + done, host, size);
		else if (to)
			memset((uint8_t *)to + done, NOTHING_THERE, size);
		else if (host)
			memcpy(host, (const uint8_t *)from + done, size);
		done += size;
	}
	return true;
}

static bool task_read(void *context, uint32_t cr3, uint32_t at, void *to, uint32_t length,
		      struct vcpu_event *fault)
{
	struct access_context *c = context;

	c->walk.implicit = true;
	return use_root(c, cr3) && copy(c, at, to, NULL, length, fault);
}

static bool task_write(void *context, uint32_t cr3, bool implicit, unsigned cpl, uint32_t at,
		       const void *from, uint32_t length, struct vcpu_event *fault)
{
	struct access_context *c = context;

	c->walk.implicit = implicit;
	c->walk.cpl = (uint8_t)cpl;
	return use_root(c, cr3) && copy(c, at, NULL, from, length, fault);
}

/* --- registers ------------------------------------------------------------------------------ */

/* Where a segment's four registers begin: selector, base, limit, rights follow each other. */
static const enum vcpu_register segment_registers[TASK_SEGMENTS] = {
	[TASK_ES] = VCPU_ES_SELECTOR,     [TASK_CS] = VCPU_CS_SELECTOR,
	[TASK_SS] = VCPU_SS_SELECTOR,     [TASK_DS] = VCPU_DS_SELECTOR,
	[TASK_FS] = VCPU_FS_SELECTOR,     [TASK_GS] = VCPU_GS_SELECTOR,
	[TASK_LDTR] = VCPU_LDTR_SELECTOR, [TASK_TR] = VCPU_TR_SELECTOR,
};
_Static_assert(VCPU_LDTR_RIGHTS == VCPU_LDTR_SELECTOR + 3 &&
		       VCPU_LDTR_BASE == VCPU_LDTR_SELECTOR + 1 &&
		       VCPU_LDTR_LIMIT == VCPU_LDTR_SELECTOR + 2,
	       "a segment's registers in order");

static enum error read_state(struct vcpu *vcpu, struct task_state *state)
{
	struct vcpu_transfer t = { .vcpu = vcpu };

	for (unsigned i = 0; i < ARRAY_SIZE(state->gpr); i++)
		state->gpr[i] =
			(uint32_t)(i == RSP ? vcpu_transfer_get(&t, VCPU_RSP) : vcpu->gpr[i]);
	state->rip = (uint32_t)vcpu_transfer_get(&t, VCPU_RIP);
	state->rflags = (uint32_t)vcpu_transfer_get(&t, VCPU_RFLAGS);
	state->cr0 = vcpu_transfer_get(&t, VCPU_CR0);
	state->cr3 = (uint32_t)vcpu_transfer_get(&t, VCPU_CR3);
	state->dr7 = vcpu_transfer_get(&t, VCPU_DR7);
	state->gdtr_base = (uint32_t)vcpu_transfer_get(&t, VCPU_GDTR_BASE);
	state->gdtr_limit = (uint32_t)vcpu_transfer_get(&t, VCPU_GDTR_LIMIT);
	for (unsigned i = 0; i < TASK_SEGMENTS; i++) {
		state->segment[i].selector = (uint16_t)vcpu_transfer_get(&t, segment_registers[i]);
		state->segment[i].base = vcpu_transfer_get(&t, segment_registers[i] + 1);
		state->segment[i].limit = (uint32_t)vcpu_transfer_get(&t, segment_registers[i] + 2);
		state->segment[i].rights =
			(uint32_t)vcpu_transfer_get(&t, segment_registers[i] + 3);
	}
	return t.error;
}

static enum error write_state(struct vcpu *vcpu, const struct task_state *old,
			      const struct task_state *state)
{
	struct vcpu_transfer t = { .vcpu = vcpu };

	for (unsigned i = 0; i < ARRAY_SIZE(state->gpr); i++)
		vcpu->gpr[i] = state->gpr[i];
	vcpu_transfer_set(&t, VCPU_RSP, state->gpr[RSP]);
	vcpu_transfer_set(&t, VCPU_RIP, state->rip);
	vcpu_transfer_set(&t, VCPU_RFLAGS, state->rflags);
	vcpu_transfer_set(&t, VCPU_CR0, state->cr0);
	if (state->cr3 != old->cr3)
		vcpu_transfer_set(&t, VCPU_CR3, state->cr3);
	vcpu_transfer_set(&t, VCPU_DR7, state->dr7);
	for (unsigned i = 0; i < TASK_SEGMENTS; i++) {
		vcpu_transfer_set(&t, segment_registers[i], state->segment[i].selector);
		vcpu_transfer_set(&t, segment_registers[i] + 1, state->segment[i].base);
		vcpu_transfer_set(&t, segment_registers[i] + 2, state->segment[i].limit);
		vcpu_transfer_set(&t, segment_registers[i] + 3, state->segment[i].rights);
	}
	return t.error;
}

/* --- the switch ----------------------------------------------------------------------------- */

/* An event through a task gate has arrived with the switch: it is not to be delivered again. INT n
 * and its like are instructions of the guest, whatever gate they take. */
static bool take_delivered_event(struct vcpu *vcpu)
{
	enum vcpu_event_kind kind = vcpu->events.interrupted.kind;

	vcpu->events.interrupted.kind = EVENT_NONE;
	return kind == EVENT_EXTERNAL_INTERRUPT || kind == EVENT_NMI || kind == EVENT_EXCEPTION;
}

enum error vcpu_task_switch(struct vcpu *vcpu, const struct vcpu_exit *exit, struct reason *why)
{
	struct access_context context = { .vcpu = vcpu };
	struct task_memory memory = { .context = &context, .read = task_read, .write = task_write };
	struct task_request request = {
		.selector = exit->task_switch.selector,
		.source = (enum task_source)exit->task_switch.source,
		.next_rip = (uint32_t)exit->rip + exit->length,
		.has_error_code = exit->task_switch.has_error_code,
		.error_code = exit->task_switch.error_code,
	};
	struct task_state old, state;
	struct vcpu_event fault;
	enum error error = guest_walk_state(vcpu, &context.walk, why);

	if (!error && read_state(vcpu, &old))
		error = reason_set(why, ERROR_BAD_STATE, "task switch: registers cannot be read");
	if (error)
		return error;
	if (request.source == TASK_BY_GATE)
		request.external = take_delivered_event(vcpu);

	state = old;
	error = task_switch(&state, &request, &memory, &fault, why);
	if (error)
		return error;
	if (context.lost)
		return reason_set(why, ERROR_UNSUPPORTED, "task switch: 0x%lx is not RAM",
				  context.lost_at.value);
	if (write_state(vcpu, &old, &state))
		return reason_set(why, ERROR_BAD_STATE,
				  "task switch: the new task's registers are refused");
	if (fault.kind != EVENT_NONE && vcpu_inject(vcpu, &fault))
		return reason_set(why, ERROR_BAD_STATE, "task switch: exception %u is refused",
				  fault.vector);
	return ERROR_NONE;
}
