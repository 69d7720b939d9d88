/* Why a vCPU stopped running, in neutral words. The backend decodes its hardware's exit into this
 * once; everything above compares, prints and acts on it.
 *
 * Who moves RIP: an exit that the backend handles itself is over when `run` goes on. An exit that
 * `run` returns has changed nothing in the guest: RIP still points at the instruction, and the
 * machine above finishes it (stores an IN's result, say) and calls vcpu_skip_instruction(). Not so
 * after VCPU_EXIT_TIME_SLICE, KICKED, INTERRUPT, INIT, SIPI and the fault kinds (NESTED_FAULT,
 * NESTED_MISCONFIG), where there is nothing to skip: the guest goes on, or tries again, at RIP.
 * VCPU_EXIT_DEBUG comes only where vcpu_set_debug() asked for it; see vm/vcpu/vcpu_debug.h.
 * VCPU_EXIT_APIC is a write to a local APIC that hardware has made already: the backend's own.
 * VCPU_EXIT_ANSWERED: the board has answered within the loop (vm/vcpu/vcpu_quick.h), RIP is behind the
 * instruction, and it wants to be asked what comes next.
 * VCPU_EXIT_PAUSE is a hint that has been carried out already: RIP is behind it. */
#ifndef VM_VCPU_VCPU_EXIT_H
#define VM_VCPU_VCPU_EXIT_H

#include "lib/types.h"
#include "vm/vcpu/vcpu_debug.h"

/* X(symbol, printed name). There is no "nothing": an exit that nobody knows is UNKNOWN and stops
 * its VM with its full story. */
#define VCPU_EXIT_LIST(X)                                        \
	X(VCPU_EXIT_UNKNOWN, "unknown")                          \
	X(VCPU_EXIT_HLT, "hlt")                                  \
	X(VCPU_EXIT_IO, "io")                                    \
	X(VCPU_EXIT_CPUID, "cpuid")                              \
	X(VCPU_EXIT_MSR_READ, "rdmsr")                           \
	X(VCPU_EXIT_MSR_WRITE, "wrmsr")                          \
	X(VCPU_EXIT_CR_ACCESS, "cr-access")                      \
	X(VCPU_EXIT_CLTS, "clts")                                \
	X(VCPU_EXIT_LMSW, "lmsw")                                \
	X(VCPU_EXIT_DR_ACCESS, "dr-access")                      \
	X(VCPU_EXIT_XSETBV, "xsetbv")                            \
	X(VCPU_EXIT_HYPERCALL, "hypercall")                      \
	X(VCPU_EXIT_NESTED_FAULT, "nested-fault")                \
	X(VCPU_EXIT_NESTED_MISCONFIG, "nested-misconfiguration") \
	X(VCPU_EXIT_INTERRUPT, "interrupt")                      \
	X(VCPU_EXIT_EXCEPTION, "exception")                      \
	X(VCPU_EXIT_NMI, "nmi")                                  \
	X(VCPU_EXIT_INTERRUPT_WINDOW, "interrupt-window")        \
	X(VCPU_EXIT_NMI_WINDOW, "nmi-window")                    \
	X(VCPU_EXIT_TRIPLE_FAULT, "triple-fault")                \
	X(VCPU_EXIT_INIT, "init")                                \
	X(VCPU_EXIT_SIPI, "sipi")                                \
	X(VCPU_EXIT_TASK_SWITCH, "task-switch")                  \
	X(VCPU_EXIT_INVD, "invd")                                \
	X(VCPU_EXIT_WBINVD, "wbinvd")                            \
	X(VCPU_EXIT_INVLPG, "invlpg")                            \
	X(VCPU_EXIT_PAUSE, "pause")                              \
	X(VCPU_EXIT_MONITOR, "monitor")                          \
	X(VCPU_EXIT_MWAIT, "mwait")                              \
	X(VCPU_EXIT_RDTSC, "rdtsc")                              \
	X(VCPU_EXIT_RDTSCP, "rdtscp")                            \
	X(VCPU_EXIT_RDPMC, "rdpmc")                              \
	X(VCPU_EXIT_RANDOM, "random")                            \
	X(VCPU_EXIT_DESCRIPTOR_TABLE, "descriptor-table")        \
	X(VCPU_EXIT_XSAVES, "xsaves")                            \
	X(VCPU_EXIT_TIME_SLICE, "time-slice")                    \
	X(VCPU_EXIT_SINGLE_STEP, "single-step")                  \
	X(VCPU_EXIT_VIRT_INSTRUCTION, "virt-instruction")        \
	X(VCPU_EXIT_IPI, "ipi")                                  \
	X(VCPU_EXIT_ENTRY_FAILED, "entry-failed")                \
	X(VCPU_EXIT_KICKED, "kicked")                            \
	X(VCPU_EXIT_APIC, "apic")                                \
	X(VCPU_EXIT_ANSWERED, "answered")                        \
	X(VCPU_EXIT_DEBUG, "debug")

enum vcpu_exit_kind {
#define X(symbol, name) symbol,
	VCPU_EXIT_LIST(X)
#undef X
		VCPU_EXIT_KINDS
};

const char *vcpu_exit_name(enum vcpu_exit_kind kind);

/* Rights of an access that nested paging refused, and of a mapping. */
enum access {
	ACCESS_READ = 1,
	ACCESS_WRITE = 2,
	ACCESS_EXECUTE = 4,
};

/* General registers in instruction-encoding order. */
enum gpr {
	RAX,
	RCX,
	RDX,
	RBX,
	RSP,
	RBP,
	RSI,
	RDI,
	R8,
	R9,
	R10,
	R11,
	R12,
	R13,
	R14,
	R15,
	GPR_COUNT
};

/* "rax". */
const char *vcpu_gpr_name(enum gpr gpr);

struct vcpu_exit {
	enum vcpu_exit_kind kind;
	/* As the hardware said it, for the log and for exact expectations. */
	uint32_t raw_reason;
	uint64_t qualification;
	uint64_t rip;    /* of the instruction that caused the exit */
	uint32_t length; /* of that instruction in bytes; 0 where the hardware gives none */
	union {
		struct {
			uint16_t port;
			uint8_t width; /* 1, 2 or 4 bytes */
			bool in, string, repeat, immediate;
			uint8_t address_width; /* 2, 4 or 8 bytes; string form only */
			uint8_t segment;       /* of OUTS, in encoding order ES CS SS DS FS GS */
			gva_t address;         /* of the first element; string form only */
		} io;
		struct {
			uint32_t index;
			uint64_t value; /* written; not used for a read */
		} msr;
		struct {
			uint8_t number; /* 0, 3, 4 or 8 */
			bool write;
			enum gpr gpr;
			uint64_t value; /* written; not used for a read */
		} cr;
		struct {
			uint16_t value;
		} lmsw;
		struct {
			uint8_t number;
			bool write;
			enum gpr gpr;
			uint64_t value; /* written; not used for a read */
		} dr;
		struct {
			uint32_t leaf, subleaf;
		} cpuid;
		struct {
			uint32_t index;
			uint64_t value;
		} xsetbv;
		struct {
			gva_t address;
		} invlpg;
		struct {
			enum gpr gpr;
			uint8_t width; /* 2, 4 or 8 bytes */
			bool seed;     /* RDSEED, else RDRAND */
		} random;
		struct {
			uint8_t which; /* 0 SGDT, 1 SIDT, 2 LGDT, 3 LIDT, 4 SLDT, 5 STR, 6 LLDT, 7 LTR */
		} descriptor_table;
		struct {
			gpa_t gpa;
			gva_t gva;
			bool gva_valid;   /* gva holds the linear address */
			bool during_walk; /* the access was the guest's own page walk */
			uint8_t access;   /* enum access, or-ed */
			uint8_t allowed;  /* what the mapping allowed: enum access, or-ed */
		} nested_fault;
		struct {
			uint8_t vector;
			uint8_t type; /* as in the hardware's interruption information */
			bool has_error_code;
			uint32_t error_code;
			uint64_t address; /* #PF: the faulting linear address */
		} event;                  /* exception, external interrupt, SIPI vector */
		struct {
			uint16_t selector;
			uint8_t source; /* 0 CALL, 1 IRET, 2 JMP, 3 task gate */
			bool has_error_code;
			uint32_t error_code; /* to be pushed in the new task */
		} task_switch;
		struct vcpu_debug_hit debug;
		struct {
			uint64_t icr; /* as written to the local APIC's ICR, x2APIC layout */
		} ipi;
		struct {
			uint32_t
				instruction_error; /* refused before loading guest state; 0 if not */
			char story[160];
		} entry_failed;
	};
};

#endif
