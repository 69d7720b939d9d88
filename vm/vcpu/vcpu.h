/* A virtual CPU: its life cycle, registers and pending events. The functions here check the state,
 * call the backend (vm/virt_ops.h) and move the state on; a call in the wrong state is BadState
 * and changes nothing.
 *
 *   create -> Created -- setup -> Free -- bind -> Ready -- run -> Running -- exit -> Ready
 *   Ready -- unbind -> Free -- reset -> Created; Ready -- block -> Blocked -- wake -> Ready; any -- fatal -> Invalid
 */
#ifndef VM_VCPU_VCPU_H
#define VM_VCPU_VCPU_H

#include "kernel/recorder_ring.h"
#include "lib/assert.h"
#include "lib/error.h"
#include "lib/list.h"
#include "lib/types.h"
#include "vm/emulate/instruction_cache.h"
#include "vm/emulate/quick_move.h"
#include "vm/schedule/slice_account.h"
#include "vm/statistics.h"
#include "vm/vcpu/vcpu_event.h"
#include "vm/vcpu/vcpu_exit.h"

struct vm;
struct vcpu;
struct cpu;
struct vcpu_interrupts;
struct vcpu_quick;

#define VCPU_STATE_LIST(X)         \
	X(VCPU_CREATED, "Created") \
	X(VCPU_FREE, "Free")       \
	X(VCPU_READY, "Ready")     \
	X(VCPU_RUNNING, "Running") \
	X(VCPU_BLOCKED, "Blocked") \
	X(VCPU_INVALID, "Invalid")

enum vcpu_state {
#define X(symbol, name) symbol,
	VCPU_STATE_LIST(X)
#undef X
		VCPU_STATES
};

const char *vcpu_state_name(enum vcpu_state state);

/* How a vCPU starts. Segments are flat, CS included, except in real mode. */
enum vcpu_mode {
	VCPU_MODE_REAL16, /* CS:IP = entry >> 4 : entry & 15; entry below 1 MiB */
	VCPU_MODE_RESET,  /* the architectural reset state: F000:FFF0, base FFFF0000h */
	VCPU_MODE_PROT32, /* protected, paging off */
	VCPU_MODE_PAE32,  /* protected, PAE paging with `page_table` */
	VCPU_MODE_LONG64, /* 64-bit, 4-level paging with `page_table` */
};

/* Interceptions that a VM's owner asks for beyond those that Plinth needs. */
enum vcpu_intercept {
	INTERCEPT_HLT = 1 << 0, /* set for every vCPU unless it has its CPU to itself */
	INTERCEPT_PAUSE = 1 << 1,
	INTERCEPT_RDTSC = 1 << 2,
	INTERCEPT_CR3 = 1 << 3,
	INTERCEPT_CR8 = 1 << 4,
	INTERCEPT_DR = 1 << 5,
	INTERCEPT_INVLPG = 1 << 6,
	INTERCEPT_RDPMC = 1 << 7,
	INTERCEPT_DESCRIPTOR_TABLE = 1 << 8,
	INTERCEPT_WBINVD = 1 << 9,
	INTERCEPT_MONITOR_MWAIT = 1 << 10,
	INTERCEPT_RANDOM = 1 << 11,
};

/* What the machine around a vCPU has that CPUID tells of. Counts only with vcpu->interrupts: a vCPU
 * without has an APIC in x2APIC mode of which nothing works but the interrupt command register. */
enum vcpu_has {
	VCPU_HAS_LOCAL_APIC = 1 << 0,
	VCPU_HAS_X2APIC = 1 << 1,
	VCPU_HAS_TSC_DEADLINE = 1 << 2,
	VCPU_HAS_TIMING_LEAF = 1 << 3, /* 40000010H: TSC and APIC timer rates */
	VCPU_HAS_PVCLOCK = 1 << 4, /* the KVM leaves at 40000100H; their MSRs come to the board */
	VCPU_HAS_FIRMWARE_MTRRS = 1 << 5, /* MTRRs as firmware leaves them to a system */
};

struct vcpu_config {
	enum vcpu_mode mode;
	gpa_t page_table;       /* root for PAE32 and LONG64 */
	uint64_t stack_pointer; /* initial RSP, 0 if the guest sets its own */
	uint64_t argument;      /* initial RDI (RBX in real mode): for the guest's use */
	uint32_t intercepts;    /* enum vcpu_intercept, or-ed */
	uint32_t exceptions;    /* bitmap of exception vectors to intercept and then reflect */
	bool wait_for_sipi;     /* starts as an application processor after INIT */
	uint32_t has;           /* enum vcpu_has, or-ed */
};

/* Registers that are reached by name. *_RIGHTS are bits 40..55 of a descriptor moved down to bit 0,
 * and bit 16 set for an unusable segment; PDPTEs count under PAE paging only. General ones are also
 * in vcpu->gpr while not Running. */
#define VCPU_SEGMENT_LIST(X, SEGMENT, name)      \
	X(VCPU_##SEGMENT##_SELECTOR, name)       \
	X(VCPU_##SEGMENT##_BASE, name ".base")   \
	X(VCPU_##SEGMENT##_LIMIT, name ".limit") \
	X(VCPU_##SEGMENT##_RIGHTS, name ".rights")

#define VCPU_REGISTER_LIST(X)              \
	X(VCPU_RIP, "rip")                 \
	X(VCPU_RFLAGS, "rflags")           \
	X(VCPU_RSP, "rsp")                 \
	X(VCPU_CR0, "cr0")                 \
	X(VCPU_CR2, "cr2")                 \
	X(VCPU_CR3, "cr3")                 \
	X(VCPU_CR4, "cr4")                 \
	X(VCPU_CR8, "cr8")                 \
	X(VCPU_EFER, "efer")               \
	X(VCPU_DR7, "dr7")                 \
	X(VCPU_XCR0, "xcr0")               \
	VCPU_SEGMENT_LIST(X, CS, "cs")     \
	VCPU_SEGMENT_LIST(X, SS, "ss")     \
	VCPU_SEGMENT_LIST(X, DS, "ds")     \
	VCPU_SEGMENT_LIST(X, ES, "es")     \
	VCPU_SEGMENT_LIST(X, FS, "fs")     \
	VCPU_SEGMENT_LIST(X, GS, "gs")     \
	VCPU_SEGMENT_LIST(X, TR, "tr")     \
	VCPU_SEGMENT_LIST(X, LDTR, "ldtr") \
	X(VCPU_PDPTE0, "pdpte0")           \
	X(VCPU_PDPTE1, "pdpte1")           \
	X(VCPU_PDPTE2, "pdpte2")           \
	X(VCPU_PDPTE3, "pdpte3")           \
	X(VCPU_GDTR_BASE, "gdtr.base")     \
	X(VCPU_GDTR_LIMIT, "gdtr.limit")   \
	X(VCPU_IDTR_BASE, "idtr.base")     \
	X(VCPU_IDTR_LIMIT, "idtr.limit")

enum vcpu_register {
#define X(symbol, name) symbol,
	VCPU_REGISTER_LIST(X)
#undef X
		VCPU_REGISTERS
};

#define VCPU_VECTORS      32
#define VCPU_VECTOR_BYTES 64
#define VCPU_XMM_BYTES    16
/* The eight MMX registers follow the vector registers in number: 8 bytes each, the rest is zero. */
#define VCPU_MMX          VCPU_VECTORS
#define VCPU_MMX_COUNT    8
#define VCPU_MMX_BYTES    8
/* Then the x87 registers, by their own numbers and not by those in the stack, 10 bytes each, and a
 * pseudo-register of the control word, the status word (2 bytes each; its TOP may be changed) and a
 * byte with a bit for each register that is not empty. */
#define VCPU_X87          (VCPU_MMX + VCPU_MMX_COUNT)
#define VCPU_X87_COUNT    8
#define VCPU_X87_BYTES    10
#define VCPU_X87_CONTROL  (VCPU_X87 + VCPU_X87_COUNT)
#define VCPU_ALL_VECTORS  (VCPU_X87_CONTROL + 1)
#define VCPU_FXSAVE_BYTES 512

const char *vcpu_register_name(enum vcpu_register reg);

/* Told of every exit while a VM's owner watches: `exit` before it is handled, by the backend, and
 * `handled` once afterwards, with what was done ("emulated", "injected #GP"), by the backend or, for
 * an exit that `run` returned, by the run loop; a slice's end that is no hardware exit (raw_reason
 * 0) has no `handled`. IRQs may be off: neither may block. */
struct vcpu_watcher {
	void (*exit)(struct vcpu *vcpu, const struct vcpu_exit *exit);
	void (*handled)(struct vcpu *vcpu, const struct vcpu_exit *exit, const char *what);
};

#define VCPU_ALIGNMENT 64

/* Of a vCPU that has its CPU to itself: its turn ends when the CPU is kicked. */
#define SLICE_ENDLESS UINT64_MAX

struct vcpu {
	/* The backend's entry code reaches these by offset; RSP is kept by the hardware. */
	uint64_t gpr[GPR_COUNT];
	uint64_t cr2;
	/* Everything below is owned by the CPU that the vCPU is bound to, unless said otherwise. */
	struct vm *vm;                      /* constant */
	uint32_t id;                        /* within the VM; constant */
	uint32_t state;                     /* enum vcpu_state; atomic */
	struct cpu *cpu;                    /* bound to; null in Created and Free */
	void *backend;                      /* the backend's structure; constant after create */
	const struct vcpu_watcher *watcher; /* null: nobody watches */
	struct vcpu_config config;
	gpa_t entry;
	hpa_t nested_root;
	struct vcpu_events events;
	/* Its VM's interrupt controllers, or null; set by the board between create and setup. */
	const struct vcpu_interrupts *interrupts;
	const struct vcpu_quick *quick; /* likewise: what the board answers in the backend's loop */
	/* Likewise: what every hypercall from privilege level 0 returns, sign-extended; 0: quick->hypercall
	 * is asked. */
	uint64_t unknown_hypercall;
	bool interrupt_request;  /* atomic: any CPU; see vm/vcpu/vcpu_interrupts.h */
	uint64_t timer_deadline; /* see there; the owner's, as the controllers are */
	uint64_t tsc_offset;   /* guest TSC less host TSC; the backend's; atomic to read: any CPU */
	struct reason trouble; /* why it is Invalid */
	/* Ticks of guest time until the turn ends, or SLICE_ENDLESS: set by the scheduler, counted down by
	 * the backend, which takes `slice_changed` down when it has seen them. */
	uint64_t slice_ticks;
	bool slice_changed;
	struct instruction_cache decoded; /* the emulator's */
	struct quick_moves quick_moves;   /* likewise */
	/* The last exit, or the beginning of the turn: where its cost will be written once it is known
	 * (vm/vcpu/vcpu_account.h). Between turns `no_record`, with the RIP of the last exit. */
	struct record *record;
	struct statistics_row *row;
	struct record_head record_head; /* that its exits' records begin with; constant */
	uint64_t turn_began;            /* time_ticks(); atomic; 0 between turns */
	uint64_t ticks_before_turn;     /* of statistics.ticks */
	struct record no_record;
	struct statistics statistics; /* since create */
	/* What the board did about the present exit, for the exit line; null: named by the action. */
	const char *did;
	/* The scheduler's: guarded by the run-queue lock of `queue_cpu`. */
	struct list run_link;
	struct cpu *queue_cpu;
	int pinned_cpu;             /* -1: any */
	struct slice_account slice; /* likewise, and the bound CPU during its turn */
	uint64_t slices;            /* turns had; bound CPU writes, any reads */
	uint64_t guest_ticks;       /* of its turns, in the guest; likewise */
	uint64_t turn_ticks;        /* of its turns, handling of exits included; likewise */
	uint64_t blocked_ticks;     /* spent halted; run-queue lock of `queue_cpu`, any reads */
	uint64_t started;           /* time_ticks() when its VM was started */
	/* What a turn has to see to before the guest is entered: mostly nothing, as one look tells. */
	union {
		struct {
			bool wake_pending; /* atomic: has to run whatever its events say */
			bool asked;        /* atomic: somebody wants to know where it is */
			bool halted;       /* blocked, and has executed nothing since; bound CPU */
			bool in_debt; /* pays as its turn begins (vm/schedule/turn.c); bound CPU */
			/* INIT and SIPI from other vCPUs, as vm/ipi.h packs them; atomic: any CPU. */
			uint32_t startup;
		};
		uint64_t to_see_to; /* not 0: one of these */
	};
	bool halted_interruptible; /* RFLAGS.IF when it blocked; atomic */
	uint8_t halted_priority;   /* CR8 when it blocked */
	bool queued;               /* in the run queue of `queue_cpu` */
	bool ended;                /* atomic: will never run again */
	uint64_t blocked_since;    /* time_ticks(); atomic; 0 while not Blocked */
	void *owner;               /* for the VM's board */
};

/* `to_see_to` of one that has halted, and nothing else. */
#define VCPU_ONLY_HALTED \
	(1 << 8 * (offsetof(struct vcpu, halted) - offsetof(struct vcpu, to_see_to)))

enum error vcpu_create(struct vcpu *vcpu, struct vm *vm, uint32_t vcpu_id) must_check;
enum error vcpu_set_entry(struct vcpu *vcpu, gpa_t entry) must_check;
enum error vcpu_set_nested_root(struct vcpu *vcpu, hpa_t root) must_check;
enum error vcpu_setup(struct vcpu *vcpu, const struct vcpu_config *config) must_check;
/* A Free vCPU back to Created, as if it had just been made: its board sets it up again. */
enum error vcpu_reset(struct vcpu *vcpu) must_check;
/* Ties the vCPU to the CPU that calls; undone only there. */
enum error vcpu_bind(struct vcpu *vcpu) must_check;
/* Runs until an exit needs the machine above; called on the bound CPU, interrupts on. `*vcpu` becomes whose
 * exit it is: meanwhile others may have had their turns (vm/schedule/hand_over.h). An error makes that
 * vCPU Invalid, and `trouble` says why. */
enum error vcpu_run(struct vcpu **vcpu, struct vcpu_exit *exit) must_check;
/* Ready to Blocked and back, the binding kept. The scheduler calls these under the run-queue lock
 * of `queue_cpu`; wake from any CPU. */
enum error vcpu_block(struct vcpu *vcpu) must_check;
enum error vcpu_wake(struct vcpu *vcpu) must_check;
enum error vcpu_unbind(struct vcpu *vcpu) must_check;
/* From any CPU: queues an external interrupt or NMI atomically and wakes or kicks the vCPU.
 * Other events only from the bound CPU. */
enum error vcpu_inject(struct vcpu *vcpu, const struct vcpu_event *event) must_check;
/* What a debugger wants from the next run on, until the next call. On the bound CPU, or from any
 * while Free. Unsupported where the CPU cannot. */
enum error vcpu_set_debug(struct vcpu *vcpu, const struct vcpu_debug *debug) must_check;
/* The x87 and SSE state as FXSAVE64 writes it, VCPU_FXSAVE_BYTES. Likewise. */
enum error vcpu_get_fpu(struct vcpu *vcpu, uint8_t *image) must_check;
/* On the bound CPU, or from any while Free. */
enum error vcpu_get_register(struct vcpu *vcpu, enum vcpu_register reg, uint64_t *value) must_check;
enum error vcpu_set_register(struct vcpu *vcpu, enum vcpu_register reg, uint64_t value) must_check;
/* Vector register `reg` (XMM, YMM and ZMM 0 to 31); what the CPU has not is zero. Written `whole`, all
 * of it changes, as by a VEX-encoded instruction; else only the lowest 16 bytes. On the bound CPU. */
enum error vcpu_get_vector(struct vcpu *vcpu, unsigned reg, uint8_t *value) must_check;
enum error vcpu_set_vector(struct vcpu *vcpu, unsigned reg, const uint8_t *value,
			   bool whole) must_check;
/* Moves RIP past the instruction of the last exit and ends STI / MOV SS blocking, as executing it
 * would have. */
void vcpu_skip_instruction(struct vcpu *vcpu);
/* The same for an instruction of `length` bytes that was carried out where the exit gives no length.
 * 0: an iteration of a repeated one, which is not over. */
void vcpu_finish_instruction(struct vcpu *vcpu, uint32_t length);
/* INIT as another vCPU's IPI delivers it: the INIT register state, then waiting for SIPI; and the
 * start-up that ends the wait. Bound CPU only. */
enum error vcpu_init_reset(struct vcpu *vcpu) must_check;
enum error vcpu_start_up(struct vcpu *vcpu, uint8_t sipi_vector) must_check;
/* Allowed in every state but Running; on the bound CPU where there is one. */
enum error vcpu_destroy(struct vcpu *vcpu) must_check;

/* How long the vCPU may run, from its next entry on. On the bound CPU, between runs. */
static inline void vcpu_set_slice(struct vcpu *vcpu, uint64_t ticks)
{
	vcpu->slice_ticks = ticks;
	vcpu->slice_changed = true;
}

/* vcpu_wake() of one that is Blocked for sure. */
static inline void vcpu_wake_blocked(struct vcpu *vcpu)
{
	assert_slow(vcpu->state == VCPU_BLOCKED);
	__atomic_store_n(&vcpu->state, VCPU_READY, __ATOMIC_SEQ_CST);
}

/* Exits since create. Any CPU. */
static inline uint64_t vcpu_exits(const struct vcpu *vcpu)
{
	return statistics_exits(&vcpu->statistics);
}

#endif
