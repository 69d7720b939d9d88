/* The way of an interrupt from a chip to the vCPUs: wires to the 8259s and to the I/O APIC, messages
 * among the APICs. A chip pulls its wire with the board's lock held; from the local APICs on, everything
 * is atomic. */
#include "guest/pc/pc_parts.h"

#include "guest/pc/pc_layout.h"
#include "vm/ipi.h"

#define WIRE_IRQ          0xffu
#define WIRE_SOURCE_SHIFT 8

void pc_notify(void *context, unsigned index)
{
	pc_tell(((struct pc *)context)->vm->vcpus[index]);
}

/* Where there is no I/O APIC's help, the 8259s' INTR reaches LINT0 of every local APIC. */
void pc_pic_output(void *context, unsigned number, bool level)
{
	struct pc *pc = (struct pc *)context;

	if (pc->pic_output == level)
		return;
	pc->pic_output = level;
	for (unsigned i = 0; i < pc->vm->vcpu_count; i++)
		if (vlapic_set_lint(pc->lapics[i], VLAPIC_LINT0, level))
			pc_notify(pc, i);
}

/* Who pulls at a wire, a bit each; the wire has a level while anybody does. False: as before. */
static bool join(uint32_t *sources, unsigned source, bool level)
{
	uint32_t before = *sources;

	*sources = level ? before | 1u << source : before & ~(1u << source);
	return *sources != before;
}

/* The 8254's wire goes to pin 2 of the I/O APIC, as on every PC. What would have been there, the
 * cascade of the 8259s, leads to no pin. */
void pc_irq(void *context, unsigned number, bool level)
{
	struct pc *pc = (struct pc *)context;
	unsigned irq = number & WIRE_IRQ;

	/* Chips drive their wires whenever they have been touched. A level that is still there may wait
	 * in the I/O APIC for somebody to take it. */
	if (likely(!join(&pc->irq_sources[irq], number >> WIRE_SOURCE_SHIFT, level) && !level))
		return;
	if (irq < PIC_IRQS)
		pic_set_irq(&pc->pic, irq, pc->irq_sources[irq] | pc->isa_sources[irq]);
	if (irq != PC_IRQ_CASCADE)
		ioapic_set_irq(&pc->ioapic, irq == PC_IRQ_TIMER ? PC_PIN_TIMER : irq,
			       pc->irq_sources[irq]);
}

void pc_isa_level(struct pc *pc, unsigned irq, unsigned pirq, bool level)
{
	if (join(&pc->isa_sources[irq], pirq, level))
		pic_set_irq(&pc->pic, irq, pc->isa_sources[irq] | pc->irq_sources[irq]);
}

bool pc_send_message(void *context, const struct apic_message *message)
{
	return apic_bus_send(&((struct pc *)context)->apic_bus, NULL, message);
}

void pc_send_msi(void *context, uint64_t address, uint32_t data)
{
	struct apic_message message;

	if (apic_message_from_msi(address, data, &message))
		pc_send_message(context, &message);
}

void pc_deliver(void *context, unsigned index, const struct apic_message *message)
{
	struct vcpu *vcpu = ((struct pc *)context)->vm->vcpus[index];

	switch (message->delivery) {
	case APIC_NMI:
		ipi_take_nmi(vcpu);
		break;
	case APIC_INIT:
		ipi_take_init(vcpu);
		break;
	case APIC_START_UP:
		ipi_take_start_up(vcpu, message->vector);
		break;
	default: /* there is no system-management mode */
		break;
	}
}
