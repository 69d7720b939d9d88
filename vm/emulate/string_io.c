/* INS and OUTS. The exit comes before the CPU has looked at the memory operand (SDM volume 3,
 * "Relative Priority of Faults and VM Exits"), so that the checks of the segment are made here
 * too: SDM volume 2, "INS/INSB/INSW/INSD" and "OUTS/OUTSB/OUTSW/OUTSD". */
#include "vm/emulate/string_io.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "vm/emulate/emulate_memory.h"
#include "vm/emulate/segment_register.h"
#include "vm/emulate/segment_rights.h"
#include "vm/guest_memory.h"
#include "vm/vcpu/vcpu_transfer.h"
#include "x86/control_registers.h"
#include "x86/exception.h"
#include "x86/segment.h"

struct transfer {
	struct vcpu *vcpu;
	const struct vcpu_exit *exit;
	struct emulate_reach reach; /* its bus is null: RAM only */
	unsigned segment;
	uint64_t base, limit, rights;
	bool long_mode;      /* 64-bit mode: no limits, no types */
	bool protected_mode; /* types are checked: neither real nor virtual-8086 mode */
	uint64_t rflags;
	uint64_t mask;  /* of the address size */
	unsigned chunk; /* elements that this call moves at most */
};

static enum error prepare(struct transfer *t, struct reason *why)
{
	struct vcpu_transfer registers = { .vcpu = t->vcpu };
	uint64_t code_rights;
	enum vcpu_register selector;
	enum error error = guest_walk_state(t->vcpu, &t->reach.walk, why);

	t->segment = t->exit->io.in ? SEGMENT_ES : t->exit->io.segment;
	if (!error && t->segment >= SEGMENT_COUNT)
		error = reason_set(why, ERROR_INVALID_DATA, "string I/O: no segment %u",
				   t->segment);
	if (error)
		return error;
	selector = segment_selector_register((enum segment_register)t->segment);
	t->base = vcpu_transfer_get(&registers, selector + 1);
	t->limit = vcpu_transfer_get(&registers, selector + 2);
	t->rights = vcpu_transfer_get(&registers, selector + 3);
	code_rights = vcpu_transfer_get(&registers, VCPU_CS_RIGHTS);
	t->rflags = vcpu_transfer_get(&registers, VCPU_RFLAGS);
	if (registers.error)
		return reason_set(why, registers.error, "string I/O: no register %s",
				  vcpu_register_name(registers.failed));
	t->long_mode = (t->reach.walk.efer & EFER_LMA) && (code_rights & RIGHTS_L);
	t->protected_mode = (t->reach.walk.cr0 & CR0_PE) && !(t->rflags & RFLAGS_VM);
	t->mask =
		t->exit->io.address_width == 8 ? ~0ull : BITS(8 * t->exit->io.address_width - 1, 0);
	t->chunk = t->rflags & RFLAGS_TF ? 1 : STRING_IO_CHUNK;
	return ERROR_NONE;
}

/* The linear address of the element at `offset`; false when the segment refuses it. */
static bool linear_address(const struct transfer *t, uint64_t offset, gva_t *at)
{
	if (t->long_mode) {
		*at = gva((t->segment >= SEGMENT_FS ? t->base : 0) + offset);
		return true;
	}
	*at = gva((uint32_t)(t->base + offset));
	return rights_allow_access(t->rights, t->limit, t->protected_mode, offset,
				   t->exit->io.width, t->exit->io.in);
}

static bool is_misaligned(const struct transfer *t, gva_t at)
{
	return (t->reach.walk.cr0 & CR0_AM) && (t->rflags & RFLAGS_AC) &&
	       t->reach.walk.cpl == USER_CPL && !is_aligned(at.value, t->exit->io.width);
}

static struct vcpu_event exception(unsigned vector)
{
	return (struct vcpu_event) {
		.kind = EVENT_EXCEPTION,
		.vector = vector,
		.has_error_code = true,
	};
}

/* Finds the operand of the next element. DONE: `span` is it; FAULT: the event is in the result. */
static struct guest_access find_operand(struct transfer *t, uint64_t offset,
					struct guest_span *span)
{
	unsigned refusal = t->segment == SEGMENT_SS ? EXCEPTION_STACK_FAULT : EXCEPTION_PROTECTION;
	struct guest_access result = { .status = GUEST_ACCESS_FAULT };
	gva_t at;

	if (!linear_address(t, offset, &at)) {
		result.fault = exception(refusal);
		return result;
	}
	result = (t->reach.bus ? guest_locate : guest_translate)(
		t->vcpu, &t->reach.walk, at, t->exit->io.width,
		t->exit->io.in ? PAGE_ACCESS_WRITE : PAGE_ACCESS_READ, span);
	if (result.status == GUEST_ACCESS_FAULT && result.fault.vector == EXCEPTION_PROTECTION)
		result.fault = exception(refusal); /* not canonical */
	if (result.status == GUEST_ACCESS_DONE && is_misaligned(t, at)) {
		result.status = GUEST_ACCESS_FAULT;
		result.fault = exception(EXCEPTION_ALIGNMENT_CHECK);
	}
	return result;
}

/* Writes a register as an instruction of that address size does: 32-bit results clear the upper
 * half, 16-bit ones leave the rest alone. */
static void put_register(const struct transfer *t, enum gpr reg, uint64_t value)
{
	uint64_t *gpr = &t->vcpu->gpr[reg];

	if (t->exit->io.address_width == 2)
		*gpr = (*gpr & ~t->mask) | (value & t->mask);
	else
		*gpr = value & t->mask;
}

static void move_element(struct transfer *t, const struct guest_span *span,
			 string_io_element element, void *context)
{
	const struct vcpu_exit *exit = t->exit;
	struct emulate_reach *reach = &t->reach;
	uint32_t value = 0;

	if (!exit->io.in)
		reach->memory.read(reach, span, &value);
	element(context, t->vcpu, exit->io.port, exit->io.width, exit->io.in, &value);
	if (exit->io.in)
		reach->memory.write(reach, span, &value);
}

/* The instruction executes again for what is left, after the debug trap that it may have caused. */
static enum error leave_the_rest(const struct transfer *t)
{
	if (t->rflags & RFLAGS_TF)
		vcpu_finish_instruction(t->vcpu, 0);
	return ERROR_NONE;
}

enum error string_io(struct vcpu *vcpu, const struct vcpu_exit *exit, string_io_element element,
		     void *context, const struct emulate_bus *bus, struct reason *why)
{
	struct transfer t = { .vcpu = vcpu, .exit = exit };
	enum gpr index = exit->io.in ? RDI : RSI;
	enum error error;

	emulate_reach_init(&t.reach, vcpu, exit, bus);
	error = prepare(&t, why);
	if (error)
		return error;
	for (unsigned moved = 0; !exit->io.repeat || (vcpu->gpr[RCX] & t.mask); moved++) {
		uint64_t offset = vcpu->gpr[index] & t.mask;
		uint64_t step = t.rflags & RFLAGS_DF ? -(uint64_t)exit->io.width : exit->io.width;
		struct guest_span span;
		struct guest_access access;

		if (moved == t.chunk)
			return leave_the_rest(&t);
		access = find_operand(&t, offset, &span);
		if (access.status == GUEST_ACCESS_FAULT)
			return vcpu_inject(vcpu, &access.fault);
		if (access.status != GUEST_ACCESS_DONE)
			return reason_set(why, ERROR_UNSUPPORTED,
					  "string I/O with an operand outside RAM at 0x%llx",
					  (unsigned long long)access.at.value);
		move_element(&t, &span, element, context);
		put_register(&t, index, offset + step);
		if (!exit->io.repeat)
			break;
		put_register(&t, RCX, (vcpu->gpr[RCX] & t.mask) - 1);
	}
	vcpu_skip_instruction(vcpu);
	return ERROR_NONE;
}
