/* The vCPUs' local APICs, made and wired: what each is connected to, and the bus among them. */
#include "guest/pc/pc_parts.h"

#include "kernel/memory.h"
#include "vm/policy/cpuid_clocks.h"
#include "vm/vcpu/vcpu_account.h"

_Static_assert(VLAPIC_TIMER_HZ == CPUID_CRYSTAL_HZ, "CPUID tells the rate of the APIC timer");

/* --- what a local APIC does ------------------------------------------------------------------ */

static struct pc_vcpu *of_lapic(void *context)
{
	return (struct pc_vcpu *)context;
}

static void send(void *context, struct vlapic *from, const struct apic_message *message)
{
	struct pc_vcpu *pv = of_lapic(context);

	/* First it is sent, then written down: behind the waking of a receiver that was asleep. */
	apic_bus_send(&pv->pc->apic_bus, from, message);
	(void)vcpu_record_event(pv->vcpu, RECORD_IPI, apic_message_icr(message), "sent");
}

static void eoi(void *context, struct vlapic *lapic, uint8_t vector)
{
	struct pc *pc = of_lapic(context)->pc;
	uint64_t flags = spinlock_acquire(&pc->lock);

	ioapic_eoi(&pc->ioapic, vector);
	spinlock_release(&pc->lock, flags);
}

static void renumbered(void *context, struct vlapic *lapic)
{
	apic_bus_renumbered(&of_lapic(context)->pc->apic_bus);
}

static void local(void *context, struct vlapic *lapic, enum apic_delivery delivery)
{
	const struct apic_message message = { .delivery = delivery };

	pc_deliver(of_lapic(context)->pc, of_lapic(context)->vcpu->id, &message);
}

static uint8_t extint_acknowledge(void *context, struct vlapic *lapic)
{
	struct pc *pc = of_lapic(context)->pc;
	uint64_t flags = spinlock_acquire(&pc->lock);
	int vector;

	pc_time_advance(pc);
	vector = pic_acknowledge(&pc->pic);
	spinlock_release(&pc->lock, flags);
	return (uint8_t)vector;
}

static const struct vlapic_connections connections = {
	.send = send,
	.eoi = eoi,
	.timer_changed = pc_apic_timer_changed,
	.renumbered = renumbered,
	.local = local,
	.extint_acknowledge = extint_acknowledge,
};

/* --- making ---------------------------------------------------------------------------------- */

static void reset_one(struct pc_vcpu *pv)
{
	vlapic_reset(&pv->lapic);
	/* Without firmware, somebody has to leave what firmware leaves. */
	if (!pc_has_firmware(pv->pc))
		vlapic_set_virtual_wire(&pv->lapic);
	pc_apic_timer_reset(pv);
	pv->pvclock = (struct pvclock) { 0 };
}

enum error pc_local_apics_create(struct pc *pc, struct reason *why)
{
	for (unsigned i = 0; i < pc->vm->vcpu_count; i++) {
		struct pc_vcpu *pv = &pc->vcpus[i];
		struct vcpu *vcpu = pc->vm->vcpus[i];

		pv->pc = pc;
		pv->vcpu = vcpu;
		pv->page = page_alloc();
		if (!pv->page)
			return reason_set(why, ERROR_NO_MEMORY,
					  "no page for the local APIC of vcpu %u", i);
		pc->vm->vcpu_pages++;
		vlapic_init(&pv->lapic, pv->page, i, i == 0, &connections, pv);
		pc_apic_timer_init(pv);
		pc->lapics[i] = &pv->lapic;
		vcpu->owner = pv;
		vcpu->interrupts = &pc_vcpu_interrupts;
		vcpu->quick = &pc_vcpu_quick;
		vcpu->unknown_hypercall = pc_unknown_hypercall(pc);
		reset_one(pv);
	}
	pc->apic_bus = (struct apic_bus) {
		.lapics = pc->lapics,
		.count = pc->vm->vcpu_count,
		.notify = pc_notify,
		.deliver = pc_deliver,
		.context = pc,
	};
	apic_bus_numbered(&pc->apic_bus);
	return ERROR_NONE;
}

void pc_local_apics_reset(struct pc *pc)
{
	for (unsigned i = 0; i < pc->vm->vcpu_count; i++)
		reset_one(&pc->vcpus[i]);
	apic_bus_numbered(&pc->apic_bus);
}

void pc_local_apics_stop(struct pc *pc)
{
	for (unsigned i = 0; i < pc->vm->vcpu_count; i++)
		timer_cancel(&pc->vcpus[i].timer);
}

void pc_local_apics_free(struct pc *pc)
{
	for (unsigned i = 0; i < pc->vm->vcpu_count; i++)
		page_free(pc->vcpus[i].page);
}
