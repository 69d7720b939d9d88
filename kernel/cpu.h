/* What Plinth knows of each physical CPU. %gs points at the running CPU's struct cpu, one
 * sub-struct per owning layer; the table is filled from the MADT before the other CPUs start. */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include "lib/types.h"

#define MAX_CPUS 512

enum cpu_state {
	CPU_ABSENT,   /* in the MADT but disabled, or left out by cpus=N */
	CPU_STARTING, /* INIT-SIPI-SIPI sent, not yet heard of */
	CPU_ONLINE,
	CPU_LOST, /* did not answer within its deadline */
};

struct cpu;
struct recorder;

/* Work for cpu_run_everywhere(): called outside of interrupt handlers, interrupts on. */
typedef void (*cpu_function)(void *argument);

/* A vCPU as its state is printed when this CPU panics; set by the layer that runs guests. */
struct cpu_current {
	void *vcpu; /* opaque to the kernel; null outside of a turn */
	/* Prints the vCPU and its last exits; may be null as long as that is. */
	void (*describe)(const struct cpu *c);
	bool endless;        /* its turn ends when need_resched is set, and not by itself */
	bool log_unattended; /* then nobody here comes by to write out what gets into the log */
};

struct cpu {
	struct cpu *self; /* %gs:0 */
	uint32_t index;   /* 0 .. cpu_count() - 1; 0 is the bootstrap processor */
	uint32_t holder;  /* how a lock names it while it holds that: index + 1 */
	uint32_t apic_id;
	uint32_t acpi_uid;
	uint32_t state;     /* enum cpu_state; atomic */
	uint8_t *stack_top; /* of the ordinary stack */
	uint32_t irq_count; /* interrupts taken in host mode; this CPU only */
	/* Set by interrupt handlers, kick IPIs and the flight recorder; this CPU only; atomic. */
	bool need_resched;
	/* Before a guest that just came out is entered again, all that may wait for it has to be looked
	 * at: somebody has kicked or nudged this CPU, or is about to, or on this CPU an event has come
	 * for the guest, or a timer was armed or is overdue. Any CPU sets it, atomically, before it
	 * sends; who looks clears it first. */
	bool attention;
	bool in_panic;              /* this CPU only */
	bool stopped;               /* for another CPU's panic, for good; atomic */
	struct cpu_current current; /* this CPU only; read by others only in a panic */
	void *backend;              /* the virtualization backend's per-CPU structure */
	void *scheduler;            /* vm/'s per-CPU structure */
	struct recorder *recorder;  /* null before it runs guests; atomic */
	void *extended_state;       /* the backend's: whose x87/SSE/AVX registers this CPU holds */
	void *arch;                 /* kernel/'s own: GDT, TSS, stacks */
} aligned_to(64);

_Static_assert(offsetof(struct cpu, self) == 0, "%gs:0 is the self pointer");

/* The CPU that runs this code. */
static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__("movq %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

/* Does this CPU's `attention` stand? One instruction and a branch. */
static inline bool cpu_attention(void)
{
	bool wanted;

	__asm__ volatile("cmpb $0, %%gs:%c1"
			 : "=@ccne"(wanted)
			 : "i"(offsetof(struct cpu, attention))
			 : "memory");
	return wanted;
}

/* How a lock that it holds names it, in one instruction. */
static inline uint32_t this_cpu_holder(void)
{
	uint32_t holder;

	__asm__("movl %%gs:%c1, %0" : "=r"(holder) : "i"(offsetof(struct cpu, holder)));
	return holder;
}

/* Its current.vcpu: after a call, one instruction instead of three that keep it across. */
static inline void *this_cpu_vcpu(void)
{
	void *vcpu;

	__asm__ volatile("movq %%gs:%c1, %0"
			 : "=r"(vcpu)
			 : "i"(offsetof(struct cpu, current.vcpu)));
	return vcpu;
}

/* Sets it. */
static inline void cpu_draw_attention(void)
{
	__asm__ volatile("movb $1, %%gs:%c0" : : "i"(offsetof(struct cpu, attention)) : "memory");
}

/* CPUs in the table, whatever their state, and those online. */
unsigned cpu_count(void);
unsigned cpu_online_count(void);
struct cpu *cpu_by_index(unsigned index);

/* Sends the kick IPI: the target leaves its guest or its halt and sees need_resched. Kicking
 * this CPU itself only sets the flag. */
void cpu_kick(struct cpu *cpu);
/* An interrupt, enum host_vector, for another CPU; panics when the local APIC does not send. */
void cpu_send(struct cpu *cpu, unsigned vector);

/* This CPU leaves its guest, whatever it does there at this moment, and sees need_resched: a kick without an
 * IPI. Any context. */
static inline void cpu_set_resched(void)
{
	struct cpu *cpu = this_cpu();

	__atomic_store_n(&cpu->need_resched, true, __ATOMIC_RELAXED);
	__atomic_store_n(&cpu->attention, true, __ATOMIC_RELEASE);
}

/* Runs `function(argument)` once on every online CPU, this one included, concurrently, and waits
 * for all, at most `timeout_us` from when this CPU is done. False when a CPU did not finish: it is
 * named in the log. From the bootstrap processor only, not from within such work. */
bool cpu_run_everywhere(cpu_function function, void *argument, uint64_t timeout_us) must_check;

/* Time enough for work that takes each CPU a moment: it grows with the number of CPUs, as an emulator
 * may run hundreds of them on two. */
uint64_t cpu_work_timeout_us(void);

static inline void cpu_relax(void)
{
	__builtin_ia32_pause();
}

static inline void interrupts_disable(void)
{
	__asm__ volatile("cli" : : : "memory");
}

static inline void interrupts_enable(void)
{
	__asm__ volatile("sti" : : : "memory");
}

/* Enables interrupts and halts until one comes. Called with interrupts off; there is no gap between
 * the two in which one could be missed: an interrupt that is pending ends the halt at once. */
static inline void interrupts_enable_and_halt(void)
{
	__asm__ volatile("sti; hlt" : : : "memory");
}

#endif
