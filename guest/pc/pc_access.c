/* A guest's accesses to its machine but for ports (guest/pc/pc_ports.c), each to the chip that answers: memory
 * that is no RAM, and what the board knows of model-specific registers and hypercalls. Nearly all of
 * them are answered in the backend's loop (vm/vcpu/vcpu_quick.h), where every instruction counts. */
#include "guest/pc/pc_parts.h"

#include "lib/bits.h"
#include "vm/emulate/quick_move.h"
#include "vm/vcpu/vcpu_quick.h"
#include "x86/msr.h"

static struct pc *pc_of(const struct vcpu *vcpu)
{
	return (struct pc *)vcpu->vm->board_data;
}

/* --- the buses ------------------------------------------------------------------------------- */

cold_fn void pc_access_pieces(struct pc *pc, struct bus *bus, uint64_t at, unsigned width, bool in,
			      uint64_t *value)
{
	const struct bus_window *window = bus_find(bus, at);
	const void *chip = window ? window->chip : NULL;

	bus_access(bus, pc_now(pc), at, width, in, value);
	if (chip)
		pc_time_touched(pc, chip);
}

cold_fn struct bus_route *pc_find_route(struct pc *pc, struct bus *bus, uint64_t key, uint64_t at,
					unsigned width)
{
	struct bus_route *route;

	if (unlikely(!pc_may_go_on(pc))) {
		cpu_draw_attention();
		return NULL;
	}
	route = bus_find_route(bus, key, at, width);
	if (!route || !route->timed)
		return route;
	route->note = pc_time_chip(pc, route->chip);
	if (route->note)
		return route;
	route->key = BUS_NO_KEY;
	return NULL;
}

static inline void access_chip(const struct bus_route *route, bool in, uint64_t *value)
{
	if (in)
		*value = route->read(route->chip, route->offset, route->width);
	else
		route->write(route->chip, route->offset, route->width, *value);
}

/* One that knows the time, and may want to be looked at later. */
static void access_timed(struct pc *pc, const struct bus_route *route, bool in, uint64_t *value)
{
	/* The route may be another's after the access. */
	struct pc_chip *timed = (struct pc_chip *)route->note;

	timed->ops->advance(timed->chip, pc_now(pc));
	access_chip(route, in, value);
	pc_time_ask(pc, timed);
}

/* With the lock. Bits of `*value` beyond the width are zero. */
static noinline_fn void access_locked(struct pc *pc, uint64_t at, unsigned width, bool in,
				      uint64_t *value)
{
	const struct bus_route *route = bus_known_route(&pc->memory, bus_key(at, width));

	if (!route)
		route = pc_find_route(pc, &pc->memory, bus_key(at, width), at, width);
	if (!route)
		pc_access_pieces(pc, &pc->memory, at, width, in, value);
	else if (route->timed)
		access_timed(pc, route, in, value);
	else
		access_chip(route, in, value);
}

static void access_memory(struct pc *pc, gpa_t at, unsigned width, bool in, uint64_t *value)
{
	uint64_t flags = spinlock_acquire(&pc->lock);

	access_locked(pc, at.value, width, in, value);
	spinlock_release(&pc->lock, flags);
}

cold_fn void pc_read_memory(void *context, struct vcpu *vcpu, gpa_t at, unsigned width,
			    uint64_t *value)
{
	struct pc_vcpu *pv = pc_vcpu_of(vcpu);

	if (vlapic_is_at(&pv->lapic, at.value))
		*value = pc_local_apic_read(pv, at.value & PAGE_MASK, width);
	else
		access_memory((struct pc *)context, at, width, true, value);
}

cold_fn void pc_write_memory(void *context, struct vcpu *vcpu, gpa_t at, unsigned width,
			     uint64_t value)
{
	struct pc_vcpu *pv = pc_vcpu_of(vcpu);

	value &= BITS(width * 8 - 1, 0);
	if (vlapic_is_at(&pv->lapic, at.value))
		pc_local_apic_write(pv, at.value & PAGE_MASK, width, value);
	else
		access_memory((struct pc *)context, at, width, false, &value);
}

/* --- in the loop ------------------------------------------------------------------------------ */

/* An INIT that a chip sends to the very vCPU that accessed it has kicked this CPU, for which the backend
 * looks; all else that the machine above has to do is an aside. */

/* The chip's part of a move to or from memory. */
static inline void access_device(struct pc *pc, gpa_t at, unsigned width, bool in, uint64_t *value)
{
	const struct bus_route *route;

	spinlock_take(&pc->lock);
	route = bus_known_route(&pc->memory, bus_key(at.value, width));
	if (likely(route && !route->timed))
		access_chip(route, in, value);
	else
		access_locked(pc, at.value, width, in, value);
	spinlock_give(&pc->lock);
}

static continuation_fn unsigned answer_load(struct vcpu *vcpu, const struct quick_move *move,
					    gpa_t at)
{
	struct pc_vcpu *pv = pc_vcpu_of(vcpu);
	uint64_t value;

	if (unlikely(vlapic_is_at(&pv->lapic, at.value)))
		value = pc_local_apic_read(pv, at.value & PAGE_MASK, move->width);
	else
		access_device(pv->pc, at, move->width, true, &value);
	quick_move_load(move, vcpu->gpr, value);
	return move->length;
}

static continuation_fn unsigned answer_store(struct vcpu *vcpu, const struct quick_move *move,
					     gpa_t at)
{
	struct pc_vcpu *pv = pc_vcpu_of(vcpu);
	uint64_t value = quick_move_value(move, vcpu->gpr);

	if (vlapic_is_at(&pv->lapic, at.value))
		pc_local_apic_write(pv, at.value & PAGE_MASK, move->width, value);
	else
		access_device(pv->pc, at, move->width, false, &value);
	return move->length;
}

static unsigned answer_memory(struct vcpu *vcpu, gpa_t at, bool write,
			      const struct quick_place *place)
{
	const struct quick_move *move = quick_move_find(&vcpu->quick_moves, place);

	if (unlikely(!move || (at.value & (move->width - 1u)) || write != move->stores))
		return 0;
	return write ? answer_store(vcpu, move, at) : answer_load(vcpu, move, at);
}

static bool answer_msr_read(struct vcpu *vcpu, uint32_t index, uint64_t *value)
{
	return pc_msr_read(pc_vcpu_of(vcpu), index, value);
}

static bool answer_msr_write(struct vcpu *vcpu, uint32_t index, uint64_t value)
{
	/* What a guest writes most. */
	if (likely(index == MSR_TSC_DEADLINE)) {
		pc_apic_timer_set_tsc(pc_vcpu_of(vcpu), value);
		return true;
	}
	return pc_msr_write(pc_vcpu_of(vcpu), index, value);
}

/* Whoever shows KVM's signature answers its calls; here there is none. Linux, "KVM hypercalls". */
#define KVM_NO_CALL       (-1000) /* -KVM_ENOSYS */
#define KVM_NOT_PERMITTED (-1)    /* -KVM_EPERM: not at CPL 0 */

uint64_t pc_unknown_hypercall(const struct pc *pc)
{
	return pc->spec->pvclock ? (uint64_t)KVM_NO_CALL : 0;
}

static bool answer_hypercall(struct vcpu *vcpu, unsigned cpl, bool code64)
{
	int64_t result = cpl ? KVM_NOT_PERMITTED : KVM_NO_CALL;

	if (!pc_unknown_hypercall(pc_of(vcpu)))
		return false;
	vcpu->gpr[RAX] = code64 ? (uint64_t)result : (uint32_t)result;
	return true;
}

static bool may_go_on(const struct vcpu *vcpu)
{
	return pc_may_go_on(pc_of(vcpu));
}

const struct vcpu_quick pc_vcpu_quick = {
	.may_go_on = may_go_on,
	.port = pc_answer_port,
	.memory = answer_memory,
	.read_msr = answer_msr_read,
	.write_msr = answer_msr_write,
	.hypercall = answer_hypercall,
};
