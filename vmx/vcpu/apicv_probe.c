/* A virtual interrupt waits while the guest has RFLAGS.IF clear, whatever else comes: SDM volume 3,
 * "Evaluation of Pending Virtual Interrupts" and "Virtual-Interrupt Delivery". Bochs 2.7 delivers it
 * all the same when an interrupt of the host's arrives that has to make an exit: the handler of a
 * guest's interrupt is then interrupted, and an operating system comes to a stop sooner or later.
 *
 * The probe's guest sends itself an interrupt, halts for the host to have one too, and opens its
 * window for the one instruction that STI shields. A right CPU leaves the guest at once for the
 * host's interrupt, and afterwards comes to the second HLT; a wrong one to the one in the handler. */
#include "vmx/vcpu/apicv_probe.h"

#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/interrupts.h"
#include "kernel/lapic.h"
#include "kernel/memory.h"
#include "kernel/output/log.h"
#include "lib/string.h"
#include "vm/manager.h"
#include "vm/vcpu/vcpu_interrupts.h"
#include "vm/vm.h"
#include "vmx/vcpu/probe_vm.h"
#include "vmx/vcpu/vcpu.h"

#define DESCRIPTORS 0x0 /* both tables: the IDT's gate is far above what the GDT holds */
#define HANDLER     0x1100
#define STACK_TOP   0x3000
#define MANY_RUNS   100

#define VECTOR         0x31
#define CODE_SELECTOR  0x08
#define FLAT_CODE      0x00cf9b000000ffffull
#define INTERRUPT_GATE 0x00008e0000000000ull

/* What is known of it. */
static enum { DELIVERY_UNTRIED, DELIVERY_ON_TRIAL, DELIVERY_SOUND, DELIVERY_FAULTY } delivery;

/* 32-bit code, without paging. */
static const uint8_t code[] = {
	0xc7,   0x05, 0x00, 0x03, 0xe0, 0xfe, /* movl $..., 0xfee00300: the low half of the ICR */
	VECTOR, 0x00, 0x04, 0x00,             /* ... fixed, to itself */
	0xf4,                                 /* hlt */
	0xfb,   0xfa, 0xf4,                   /* sti; cli; hlt */
};
static const uint8_t handler[] = { 0xf4 }; /* hlt */

#define SECOND_HLT (PROBE_ENTRY + sizeof(code) - 1)

bool apicv_delivery_is_used(void)
{
	return delivery == DELIVERY_SOUND || delivery == DELIVERY_ON_TRIAL ||
	       command_line.apicv == APICV_FORCE;
}

/* --- a local APIC that is nothing but its page -------------------------------------------------- */

static void *page_of(struct vcpu *vcpu)
{
	return vcpu->owner;
}

static bool nothing_pending(struct vcpu *vcpu)
{
	return false;
}

static void no_status(struct vcpu *vcpu, struct vcpu_interrupt_status *status)
{
	*status = (struct vcpu_interrupt_status) { 0 };
}

static void ignore_write(struct vcpu *vcpu, unsigned offset)
{
}

/* All that the backend asks of a guest that does no more than ours. */
static const struct vcpu_interrupts interrupts = {
	.pending = nothing_pending,
	.page = page_of,
	.written = ignore_write,
	.other_pending = nothing_pending,
	.status = no_status,
};

/* --- the trial --------------------------------------------------------------------------------- */

static void write_guest(struct vcpu *vcpu, uint8_t *memory, void *page)
{
	const uint64_t code_segment = FLAT_CODE;
	uint64_t gate = INTERRUPT_GATE | CODE_SELECTOR << 16 | HANDLER;

	memcpy(memory + DESCRIPTORS + CODE_SELECTOR, &code_segment, sizeof(code_segment));
	memcpy(memory + DESCRIPTORS + VECTOR * sizeof(gate), &gate, sizeof(gate));
	memcpy(memory + PROBE_ENTRY, code, sizeof(code));
	memcpy(memory + HANDLER, handler, sizeof(handler));
	vcpu->owner = page;
	vcpu->interrupts = &interrupts;
}

static const struct probe_vm probe = {
	.name = "probe",
	.memory = STACK_TOP,
	.config = { .mode = VCPU_MODE_PROT32,
		    .stack_pointer = STACK_TOP,
		    .intercepts = INTERCEPT_HLT,
		    .has = VCPU_HAS_LOCAL_APIC },
	.prepare = write_guest,
};

/* To the next HLT. Unsupported, with what came instead, when there is none. */
static enum error run_to_halt(struct vm *vm, uint64_t *rip, struct reason *why)
{
	struct vcpu_exit exit = { .kind = VCPU_EXIT_TIME_SLICE };

	for (unsigned i = 0; i < MANY_RUNS && exit.kind == VCPU_EXIT_TIME_SLICE; i++)
		if (probe_vm_run(vm, &exit))
			return vm->vcpus[0]->trouble.kind;
	*rip = exit.rip;
	if (exit.kind == VCPU_EXIT_HLT)
		return ERROR_NONE;
	return reason_set(why, ERROR_UNSUPPORTED, "its guest ended with %s at rip=0x%lx",
			  vcpu_exit_name(exit.kind), exit.rip);
}

/* Where the guest ends when a kick of this CPU's own waits as it is entered the second time. */
static enum error try(struct vm *vm, uint64_t *rip, struct reason *why)
{
	enum error error = run_to_halt(vm, rip, why);

	if (error)
		return error;
	vcpu_skip_instruction(vm->vcpus[0]);
	interrupts_disable();
	if (!lapic_send(this_cpu()->apic_id, DELIVER_FIXED, VECTOR_KICK)) {
		interrupts_enable();
		return reason_set(why, ERROR_TIMEOUT, "this CPU cannot interrupt itself");
	}
	return run_to_halt(vm, rip, why);
}

static void judge(struct vm *vm)
{
	struct reason why;
	uint64_t rip = 0;
	enum error error = try(vm, &rip, &why);

	if (!error && rip == SECOND_HLT) {
		delivery = DELIVERY_SOUND;
		return;
	}
	delivery = DELIVERY_FAULTY;
	if (error)
		log_reason(LOG_WARN, "vmx", &why);
	log_warn("vmx", "virtual-interrupt delivery of this CPU %s%s",
		 error ? "could not be tried" : "interrupts guests that have their interrupts off",
		 command_line.apicv == APICV_FORCE ? ", but the command line forces it"
						   : ": Plinth delivers in its place");
}

void apicv_probe(void)
{
	struct reason why;
	void *page;

	if (command_line.apicv == APICV_OFF || delivery != DELIVERY_UNTRIED)
		return;
	page = page_alloc();
	if (!page) {
		log_warn("vmx", "no page to try virtual-interrupt delivery with");
		return;
	}
	delivery = DELIVERY_ON_TRIAL;
	struct vm *vm = probe_vm_make(&probe, page, &why);

	delivery = DELIVERY_UNTRIED;
	if (!vm) {
		log_reason(LOG_WARN, "vmx", &why);
	} else {
		/* Where the CPU has none, there is nothing to be said. */
		if (vmx_of(vm->vcpus[0])->delivers)
			judge(vm);
		vm_stop(vm, NULL);
	}
	page_free(page);
}
