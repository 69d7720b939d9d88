/* Delivery of interprocessor interrupts within a VM. Known fault of the original: INIT and SIPI
 * between vCPUs were ignored. */
#include "vm/ipi.h"

#include "kernel/cpu.h"
#include "vm/schedule/scheduler.h"
#include "vm/vcpu/vcpu.h"
#include "vm/vcpu/vcpu_account.h"
#include "vm/vm.h"
#include "x86/exception.h"

#define FIRST_LEGAL_VECTOR 16 /* SDM volume 3, "Valid Interrupt Vectors" */

void ipi_take_init(struct vcpu *target)
{
	uint32_t new = startup_after_init(0, target->id == 0);

	if (__atomic_exchange_n(&target->startup, new, __ATOMIC_SEQ_CST) == new)
		return;
	scheduler_wake(target);
	/* That kicks other CPUs. One whose vCPU, or the timer of one of its chips, has sent this to the very
	 * same vCPU has to leave the guest's loop, too. */
	if (__atomic_load_n(&target->cpu, __ATOMIC_RELAXED) == this_cpu())
		cpu_kick(this_cpu());
}

void ipi_take_start_up(struct vcpu *target, uint8_t vector)
{
	uint32_t old = __atomic_load_n(&target->startup, __ATOMIC_RELAXED), new;

	do
		new = startup_after_sipi(old, vector);
	while (!__atomic_compare_exchange_n(&target->startup, &old, new, true, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED));
	if (new != old)
		scheduler_wake(target);
}

static void take_event(struct vcpu *target, const struct vcpu_event *event)
{
	/* A vCPU that waits for a SIPI, or ended, takes nothing else. */
	if (__atomic_load_n(&target->ended, __ATOMIC_ACQUIRE) ||
	    (__atomic_load_n(&target->startup, __ATOMIC_ACQUIRE) & STARTUP_WAITING))
		return;
	/* A target that has failed meanwhile is told of in the log; its VM is about to stop. */
	if (vcpu_inject(target, event))
		return;
}

void ipi_take_nmi(struct vcpu *target)
{
	static const struct vcpu_event nmi = { .kind = EVENT_NMI, .vector = VECTOR_NMI };

	take_event(target, &nmi);
}

static void deliver(struct vcpu *vcpu, const struct ipi *ipi)
{
	struct vcpu_event event = { .kind = EVENT_EXTERNAL_INTERRUPT, .vector = ipi->vector };

	switch (ipi->mode) {
	case IPI_INIT:
		ipi_take_init(vcpu);
		return;
	case IPI_START_UP:
		ipi_take_start_up(vcpu, ipi->vector);
		return;
	case IPI_NMI:
		ipi_take_nmi(vcpu);
		return;
	default:
		/* An illegal vector is an error in the sender's APIC, and no interrupt. */
		if (ipi->vector >= FIRST_LEGAL_VECTOR)
			take_event(vcpu, &event);
		return;
	}
}

static const char *name_of(const struct ipi *ipi)
{
	switch (ipi->mode) {
	case IPI_NMI:
		return "sent NMI";
	case IPI_INIT:
		return "sent INIT";
	case IPI_START_UP:
		return "sent SIPI";
	default:
		return "sent interrupt";
	}
}

const char *ipi_send(struct vcpu *sender, uint64_t icr, struct reason *why)
{
	struct vm *vm = sender->vm;
	struct ipi ipi;

	if (ipi_decode(icr, &ipi, why))
		return NULL;
	/* Plinth's guests have no system-management mode. */
	if (ipi.mode == IPI_SMI)
		return "ignored SMI";
	if (ipi_is_init_deassert(&ipi))
		return "ignored INIT level de-assert";
	(void)vcpu_record_event(sender, RECORD_IPI, icr, name_of(&ipi));
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		if (!ipi_is_for(&ipi, vm->vcpus[i]->id, sender->id))
			continue;
		deliver(vm->vcpus[i], &ipi);
		if (ipi.mode == IPI_LOWEST_PRIORITY)
			break; /* any one of the targets may take it */
	}
	return name_of(&ipi);
}
