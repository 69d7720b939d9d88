/* The vCPUs' local APICs: the questions that the backend asks before it enters the guest, and the way of the
 * guest's accesses to them. Each is its vCPU's own. */
#include "guest/pc/pc_parts.h"

#include "device/apic_command.h"
#include "device/vlapic_end.h"
#include "vm/vcpu/vcpu_account.h"
#include "vm/vcpu/vcpu_interrupts.h"
#include "vm/vcpu/vcpu_tsc.h"

/* Before a register is read or written. */
static void advance_for(struct pc_vcpu *pv, unsigned offset)
{
	if (offset >= VLAPIC_FIRST_TIMED)
		pc_apic_timer_advance(pv);
}

/* --- what the backend asks ------------------------------------------------------------------- */

/* Rarely: a host timer fired for it (guest/pc/pc_apic_timer.c). */
static inline bool has_timer_due(const struct pc_vcpu *pv)
{
	return unlikely(__atomic_load_n(&pv->timer_due, __ATOMIC_RELAXED));
}

/* Whatever was done to the local APIC may let an interrupt through. */
static void look_again(struct pc_vcpu *pv)
{
	__atomic_store_n(&pv->vcpu->interrupt_request, true, __ATOMIC_RELAXED);
}

/* A deadline that is found to have passed may be so for somebody who does not inject: the scheduler asks of a
 * vCPU that halts. The entry is to look then, too. */
static continuation_fn bool pending_by_time(struct pc_vcpu *pv)
{
	pc_apic_timer_look(pv);
	look_again(pv);
	return vlapic_pending(&pv->lapic);
}

static bool pending(struct vcpu *vcpu)
{
	struct pc_vcpu *pv = pc_vcpu_of(vcpu);

	return has_timer_due(pv) ? pending_by_time(pv) : vlapic_pending(&pv->lapic);
}

static inline struct vcpu_interrupt_offer of_vlapic(struct vlapic_offer o)
{
	struct vcpu_interrupt_offer offer;

	/* Of the same layout, so that nothing is done. */
	_Static_assert(sizeof(o) == sizeof(offer) &&
			       offsetof(struct vlapic_offer, waits) ==
				       offsetof(struct vcpu_interrupt_offer, waits) &&
			       offsetof(struct vlapic_offer, threshold) ==
				       offsetof(struct vcpu_interrupt_offer, threshold),
		       "one offer is like the other");
	__builtin_memcpy(&offer, &o, sizeof(offer));
	return offer;
}

static continuation_fn struct vcpu_interrupt_offer offer_by_time(struct pc_vcpu *pv, bool open)
{
	pc_apic_timer_look(pv);
	return of_vlapic(vlapic_offer(&pv->lapic, open));
}

static struct vcpu_interrupt_offer offer(struct vcpu *vcpu, bool open)
{
	struct pc_vcpu *pv = pc_vcpu_of(vcpu);

	return has_timer_due(pv) ? offer_by_time(pv, open)
				 : of_vlapic(vlapic_offer(&pv->lapic, open));
}

/* Mostly a deadline of the TSC, after which there is none until the guest sets another. */
static struct vcpu_interrupt_offer offer_timer(struct vcpu *vcpu, uint64_t now, bool open)
{
	struct pc_vcpu *pv = pc_vcpu_of(vcpu);

	if (unlikely(!vlapic_tsc_deadline_passed(&pv->lapic, vcpu_tsc_at(vcpu, now))))
		return offer_by_time(pv, open);
	vcpu->timer_deadline = TIMER_NEVER;
	return of_vlapic(vlapic_offer_tsc_deadline(&pv->lapic, open));
}

static int acknowledge(struct vcpu *vcpu)
{
	return vlapic_acknowledge(&pc_vcpu_of(vcpu)->lapic);
}

static uint8_t get_priority(struct vcpu *vcpu)
{
	return (uint8_t)vlapic_priority(&pc_vcpu_of(vcpu)->lapic);
}

/* After a write at `offset`, which mostly lets nothing through that was held back before. A pin of an
 * 8259's asks for a look itself, but after a change of the entry that it belongs to. */
static void look_after(struct pc_vcpu *pv, unsigned offset)
{
	if (unlikely(offset >= VLAPIC_FIRST_TIMED || vlapic_may_have_requests(&pv->lapic)))
		look_again(pv);
}

static void set_priority(struct vcpu *vcpu, uint8_t priority)
{
	vlapic_set_priority(&pc_vcpu_of(vcpu)->lapic, priority);
	look_after(pc_vcpu_of(vcpu), 0);
}

static void apic_base(struct vcpu *vcpu, uint64_t value)
{
	/* The policy has refused what the chip would refuse. */
	(void)vlapic_set_base(&pc_vcpu_of(vcpu)->lapic, value);
	look_again(pc_vcpu_of(vcpu));
}

static void tsc_changed(struct vcpu *vcpu)
{
	struct pc_vcpu *pv = pc_vcpu_of(vcpu);

	pc_apic_timer_advance(pv);
	pc_apic_timer_changed(pv, &pv->lapic);
	look_again(pv);
	pc_msr_tsc_changed(pv);
}

static void init_reset(struct vcpu *vcpu)
{
	vlapic_init_reset(&pc_vcpu_of(vcpu)->lapic);
	look_again(pc_vcpu_of(vcpu));
}

static void describe(const struct vcpu *vcpu, char *text, size_t size)
{
	vlapic_describe(&pc_vcpu_of(vcpu)->lapic, text, size);
}

static void *page(struct vcpu *vcpu)
{
	return pc_vcpu_of(vcpu)->page;
}

static unsigned threshold(struct vcpu *vcpu)
{
	return vlapic_priority_threshold(&pc_vcpu_of(vcpu)->lapic);
}

/* Any register: who is called for one of two in particular may find that there is more to it. */
static noinline_fn void written_any(struct vcpu *vcpu, unsigned offset)
{
	struct pc_vcpu *pv = pc_vcpu_of(vcpu);

	advance_for(pv, offset);
	vlapic_written(&pv->lapic, offset);
	look_after(pv, offset);
}

/* A plain command is in the page. Whoever is meant is told first, then it is written down. */
static inline void command(struct vcpu *vcpu, const struct apic_bus *bus, uint32_t icr,
			   uint32_t destination)
{
	struct vlapic *to = apic_command_send(bus, icr, destination);

	if (likely(to))
		pc_tell(container_of(to, struct pc_vcpu, lapic)->vcpu);
	vcpu_note_event(vcpu, this_cpu()->recorder, RECORD_IPI,
			(uint64_t)destination << 32 | field_get(icr, VLAPIC_VECTOR), "sent");
}

/* The interrupt command register was written. */
static continuation_fn void written_command(struct vcpu *vcpu, unsigned offset)
{
	struct pc_vcpu *pv = pc_vcpu_of(vcpu);
	const struct apic_bus *bus = &pv->pc->apic_bus;
	uint32_t icr = vlapic_get(&pv->lapic, VLAPIC_ICR);
	uint32_t destination = apic_command_destination(&pv->lapic);

	if (unlikely(!apic_command_is_plain(bus, icr, destination)))
		written_any(vcpu, offset);
	else
		command(vcpu, bus, icr, destination);
}

/* The same of a write to its MSR. False: it is not a plain one, and nothing was done. */
static bool write_command(struct pc_vcpu *pv, uint64_t value)
{
	const struct apic_bus *bus = &pv->pc->apic_bus;
	uint32_t icr = (uint32_t)value, destination = (uint32_t)(value >> 32);

	if (unlikely(vlapic_mode(&pv->lapic) != VLAPIC_X2APIC ||
		     !apic_command_is_plain(bus, icr, destination)))
		return false;
	vlapic_put(&pv->lapic, VLAPIC_ICR_WIDE_HIGH, destination);
	vlapic_put(&pv->lapic, VLAPIC_ICR, icr);
	command(pv->vcpu, bus, icr, destination);
	return true;
}

/* What guests write most, first. */
static void written(struct vcpu *vcpu, unsigned offset)
{
	struct vlapic *lapic = &pc_vcpu_of(vcpu)->lapic;

	if (likely(offset == VLAPIC_ICR))
		written_command(vcpu, offset);
	else if (unlikely(offset != VLAPIC_EOI || !vlapic_end_edge(lapic)))
		written_any(vcpu, offset);
	else if (unlikely(vlapic_may_have_requests(lapic)))
		look_again(pc_vcpu_of(vcpu));
}

static bool other_pending(struct vcpu *vcpu)
{
	return vlapic_extint_pending(&pc_vcpu_of(vcpu)->lapic);
}

static uint8_t vector_or_none(int vector)
{
	return vector < 0 ? 0 : (uint8_t)vector;
}

static void status(struct vcpu *vcpu, struct vcpu_interrupt_status *status)
{
	struct vlapic *lapic = &pc_vcpu_of(vcpu)->lapic;

	/* Only hardware that delivers asks. */
	vlapic_share_sets(lapic);
	status->requested = vector_or_none(vlapic_highest_request(lapic));
	status->in_service = vector_or_none(vlapic_highest_in_service(lapic));
	vlapic_level_vectors(lapic, status->level);
}

static void ended(struct vcpu *vcpu, uint8_t vector)
{
	vlapic_after_eoi(&pc_vcpu_of(vcpu)->lapic, vector);
	look_after(pc_vcpu_of(vcpu), 0);
}

const struct vcpu_interrupts pc_vcpu_interrupts = {
	.pending = pending,
	.acknowledge = acknowledge,
	.offer = offer,
	.timer_due = pc_apic_timer_due,
	.offer_timer = offer_timer,
	.sleeps = pc_apic_timer_sleeps,
	.get_priority = get_priority,
	.set_priority = set_priority,
	.apic_base = apic_base,
	.tsc_changed = tsc_changed,
	.init_reset = init_reset,
	.describe = describe,
	.page = page,
	.threshold = threshold,
	.written = written,
	.other_pending = other_pending,
	.status = status,
	.ended = ended,
};

/* --- what the guest reaches ------------------------------------------------------------------ */

uint64_t pc_local_apic_read(struct pc_vcpu *pv, uint64_t offset, unsigned width)
{
	advance_for(pv, (unsigned)offset);
	return vlapic_read(&pv->lapic, (unsigned)offset, width);
}

void pc_local_apic_write(struct pc_vcpu *pv, uint64_t offset, unsigned width, uint64_t value)
{
	advance_for(pv, (unsigned)offset);
	vlapic_write(&pv->lapic, (unsigned)offset, width, value);
	look_after(pv, (unsigned)offset);
}

bool pc_local_apic_msr_read(struct pc_vcpu *pv, uint32_t index, uint64_t *value)
{
	pc_apic_timer_advance(pv);
	return vlapic_msr_read(&pv->lapic, index, value);
}

bool pc_local_apic_msr_write(struct pc_vcpu *pv, uint32_t index, uint64_t value)
{
	bool taken;

	if (index == MSR_X2APIC_ICR && likely(write_command(pv, value)))
		return true;
	advance_for(pv, vlapic_msr_offset(index));
	taken = vlapic_msr_write(&pv->lapic, index, value);
	look_after(pv, vlapic_msr_offset(index));
	return taken;
}
