/* What one vCPU causes by itself. Each function is one path; what is between the two readings of the
 * clock is all that is measured. */
#include "guest/bare/legacy.h"
#include "guest/bench/bench.h"

#define CPUID_FEATURES   1
#define CPUID_DEADLINE   (1u << 24) /* ECX */
#define CPUID_HYPERVISOR 0x40000000u
#define CPUID_PARAVIRT   0x40000100u
#define KVM_SIGNATURE    0x4b4d564bu /* EBX: "KVMK" */
#define MISC_ENABLE      0x1a0
#define COM1_SCRATCH     0x3ff
#define UNKNOWN_CALL     0xffff
#define SOON             20000     /* ticks until a timer rings */
#define FRESH            0x600000u /* RAM that nobody has touched, a page for each sample */
#define PAGE             0x1000u

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static struct cpuid cpuid(uint32_t leaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(0));
	return r;
}

/* Measures a statement SAMPLES times. */
#define MEASURE(path, statement)                         \
	do {                                             \
		for (unsigned i = 0; i < SAMPLES; i++) { \
			uint32_t before = ticks();       \
			statement;                       \
			sample(i, ticks() - before);     \
		}                                        \
		report(path);                            \
	} while (0)

static void measure_hypercall(void)
{
	uint32_t result;

	if (cpuid(CPUID_HYPERVISOR).ebx != KVM_SIGNATURE &&
	    cpuid(CPUID_PARAVIRT).ebx != KVM_SIGNATURE) {
		report_skipped("vmcall", "no hypervisor says that it takes calls");
		return;
	}
	MEASURE("vmcall", __asm__ volatile("vmcall"
					   : "=a"(result)
					   : "a"(UNKNOWN_CALL), "b"(0)
					   : "memory"));
	(void)result;
}

static void measure_msr(void)
{
	uint32_t low = 0, high = 0;

	MEASURE("rdmsr", __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MISC_ENABLE)));
	MEASURE("wrmsr", __asm__ volatile("wrmsr" : : "a"(low), "d"(high), "c"(MISC_ENABLE)));
}

/* From the deadline to the first instruction of the handler. */
static void measure_timer(void)
{
	if (!(cpuid(CPUID_FEATURES).ecx & CPUID_DEADLINE)) {
		report_skipped("external_interrupt", "no TSC-deadline timer");
		return;
	}
	lapic_write(LAPIC_TIMER, LVT_TSC | VECTOR_STAMP);
	__asm__ volatile("sti");
	for (unsigned i = 0; i < SAMPLES; i++) {
		uint32_t seen = stamp_count;
		uint64_t deadline = read_tsc() + SOON;

		write_msr(TSC_DEADLINE_MSR, deadline);
		while (stamp_count == seen)
			;
		sample(i, stamp_time - (uint32_t)deadline);
	}
	__asm__ volatile("cli");
	report("external_interrupt");
}

void measure_instructions(void)
{
	volatile uint32_t *ioapic = (volatile uint32_t *)(IOAPIC + IOAPIC_WINDOW);

	MEASURE("cpuid", cpuid(0));
	measure_hypercall();
	measure_msr();
	MEASURE("out_pic", out8(PIC_1_MASK, PIC_ALL));
	MEASURE("out_uart", out8(COM1_SCRATCH, 0));
	MEASURE("mmio_ioapic", (void)*ioapic);
	MEASURE("lapic_write", lapic_write(LAPIC_TPR, 0));
	MEASURE("ept_populate", *(volatile uint32_t *)(FRESH + i * PAGE) = 1);
	measure_timer();
}
