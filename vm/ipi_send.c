/* Delivery of interprocessor interrupts within a VM. Known fault of the original: INIT and SIPI
 * between vCPUs were ignored. */
#include "vm/ipi.h"

#include "vm/schedule/scheduler.h"
#include "vm/vcpu/vcpu.h"
#include "vm/vm.h"
#include "x86/exception.h"

#define FIRST_LEGAL_VECTOR 16 /* SDM volume 3, "Valid Interrupt Vectors" */

static void change_startup(struct vcpu *vcpu, const struct ipi *ipi)
{
	uint32_t old = __atomic_load_n(&vcpu->startup, __ATOMIC_RELAXED), new;

	do
		new = ipi->mode == IPI_INIT ? startup_after_init(old, vcpu->id == 0)
					    : startup_after_sipi(old, ipi->vector);
	while (!__atomic_compare_exchange_n(&vcpu->startup, &old, new, true, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED));
	if (new != old)
		scheduler_wake(vcpu);
}

static void deliver(struct vcpu *vcpu, const struct ipi *ipi)
{
	struct vcpu_event event = { .kind = EVENT_EXTERNAL_INTERRUPT, .vector = ipi->vector };

	switch (ipi->mode) {
	case IPI_INIT:
	case IPI_START_UP:
		change_startup(vcpu, ipi);
		return;
	case IPI_NMI:
		event = (struct vcpu_event) { .kind = EVENT_NMI, .vector = VECTOR_NMI };
		break;
	default:
		/* An illegal vector is an error in the sender's APIC, and no interrupt. */
		if (ipi->vector < FIRST_LEGAL_VECTOR)
			return;
		break;
	}
	/* A vCPU that waits for a SIPI, or ended, takes nothing else. */
	if (__atomic_load_n(&vcpu->ended, __ATOMIC_ACQUIRE) ||
	    (__atomic_load_n(&vcpu->startup, __ATOMIC_ACQUIRE) & STARTUP_WAITING))
		return;
	/* A target that has failed meanwhile is told of in the log; its VM is about to stop. */
	if (vcpu_inject(vcpu, &event))
		return;
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
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		if (!ipi_is_for(&ipi, vm->vcpus[i]->id, sender->id))
			continue;
		deliver(vm->vcpus[i], &ipi);
		if (ipi.mode == IPI_LOWEST_PRIORITY)
			break; /* any one of the targets may take it */
	}
	return name_of(&ipi);
}
