/* The local APICs' timers. While a vCPU runs, the backend watches for its deadline (vcpu->timer_deadline), and
 * when its turn begins, whether that has come meanwhile; a host timer does while the vCPU is blocked. */
#include "guest/pc/pc_parts.h"

#include "device/vlapic_deadline.h"
#include "vm/vcpu/vcpu_tsc.h"

static void set_deadline(struct pc_vcpu *pv, uint64_t ticks)
{
	struct vcpu *vcpu = pv->vcpu;

	vcpu->timer_deadline = ticks;
	if (unlikely(ticks != TIMER_NEVER &&
		     __atomic_load_n(&vcpu->state, __ATOMIC_RELAXED) == VCPU_BLOCKED))
		timer_arm(&pv->timer, ticks);
}

void pc_apic_timer_changed(void *context, struct vlapic *lapic)
{
	struct pc_vcpu *pv = (struct pc_vcpu *)context;
	bool is_tsc;
	uint64_t deadline = vlapic_deadline(lapic, &is_tsc);

	if (deadline == DEVICE_NEVER)
		set_deadline(pv, TIMER_NEVER);
	else
		set_deadline(pv, is_tsc ? vcpu_guest_tsc_to_ticks(pv->vcpu, deadline)
					: pc_time_to_ticks(pv->pc, deadline));
}

void pc_apic_timer_advance(struct pc_vcpu *pv)
{
	vlapic_advance(&pv->lapic, pc_now(pv->pc), vcpu_guest_tsc(pv->vcpu));
}

/* The flag goes first: a host timer that fires while the clock is read sets it again. */
void pc_apic_timer_look(struct pc_vcpu *pv)
{
	__atomic_store_n(&pv->timer_due, false, __ATOMIC_SEQ_CST);
	pc_apic_timer_advance(pv);
	pc_apic_timer_changed(pv, &pv->lapic);
}

void pc_apic_timer_due(struct vcpu *vcpu)
{
	vcpu->timer_deadline = TIMER_NEVER;
	__atomic_store_n(&pc_vcpu_of(vcpu)->timer_due, true, __ATOMIC_RELAXED);
	__atomic_store_n(&vcpu->interrupt_request, true, __ATOMIC_RELAXED);
}

static noinline_fn void pass_old_deadline(struct pc_vcpu *pv)
{
	uint64_t tsc = vcpu_guest_tsc(pv->vcpu);

	if (!vlapic_tsc_deadline_passed(&pv->lapic, tsc))
		return;
	(void)vlapic_advance_tsc(&pv->lapic, tsc);
	__atomic_store_n(&pv->vcpu->interrupt_request, true, __ATOMIC_RELAXED);
}

/* Mostly the old deadline has come and gone; one that has passed without having been noticed is due before
 * the new one is set. */
void pc_apic_timer_set_tsc(struct pc_vcpu *pv, uint64_t value)
{
	struct vcpu *vcpu = pv->vcpu;
	struct vlapic *lapic = &pv->lapic;

	if (unlikely(vlapic_tsc_deadline(lapic)))
		pass_old_deadline(pv);
	if (unlikely(!vlapic_arm_tsc_deadline(lapic, value)))
		return;
	vcpu->timer_deadline = vlapic_awaits_tsc_deadline(lapic)
				       ? vcpu_guest_tsc_to_ticks(vcpu, value)
				       : TIMER_NEVER;
	/* It has passed. */
	if (unlikely(!vcpu->timer_deadline))
		pc_apic_timer_due(vcpu);
}

/* --- while the vCPU is blocked ---------------------------------------------------------------- */

/* Armed before the state says Blocked. One that fires until then finds nobody to tell, but sets the flag,
 * which whoever blocks looks at afterwards. */
void pc_apic_timer_sleeps(struct vcpu *vcpu)
{
	if (vcpu->timer_deadline != TIMER_NEVER)
		timer_arm(&pc_vcpu_of(vcpu)->timer, vcpu->timer_deadline);
}

/* On the CPU where the vCPU blocked, maybe long after it was woken by something else: then there is
 * nothing to do. */
static void fired(struct timer *timer)
{
	struct pc_vcpu *pv = (struct pc_vcpu *)timer->owner;

	__atomic_store_n(&pv->timer_due, true, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&pv->vcpu->state, __ATOMIC_SEQ_CST) == VCPU_BLOCKED)
		pc_notify(pv->pc, pv->vcpu->id);
}

void pc_apic_timer_init(struct pc_vcpu *pv)
{
	timer_init(&pv->timer, fired, pv);
}

void pc_apic_timer_reset(struct pc_vcpu *pv)
{
	pv->timer_due = false;
	pv->vcpu->timer_deadline = TIMER_NEVER;
}
