/* The interrupt descriptor table and what happens to each vector. Plinth itself never faults on
 * purpose, except in the two guarded MSR accesses; every other exception is a panic. */
#include "kernel/traps.h"

#include "kernel/cpu.h"
#include "kernel/descriptors.h"
#include "kernel/interrupts.h"
#include "kernel/lapic.h"
#include "kernel/output/log.h"
#include "kernel/output/serial.h"
#include "kernel/panic.h"
#include "kernel/panic_report.h"
#include "kernel/timer.h"
#include "x86/exception.h"

/* SDM volume 3, "64-Bit Mode IDT". */
struct packed_layout gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};

_Static_assert(sizeof(struct gate) == 16, "as the SDM lays it out");

#define GATE_INTERRUPT 0x8e /* present, DPL 0, 64-bit interrupt gate */
#define VECTORS        256

/* Code, in kernel/trap_entry.asm. */
#define EXCEPTION_ENTRY_SIZE 9
#define INTERRUPT_BLOCK      32
struct interrupt_block {
	uint8_t entry[INTERRUPT_BLOCK][4], jump[5];
};

extern const uint8_t exception_entries[EXCEPTION_VECTORS][EXCEPTION_ENTRY_SIZE];
extern const struct interrupt_block interrupt_entries[];
extern const char safe_read_instruction[], safe_write_instruction[], safe_access_failed[];

static struct gate idt[VECTORS] aligned_to(16);

/* NMIs of all CPUs that the log has not heard of; atomic. */
static uint32_t nmis_untold;

static const uint8_t *entry_of(unsigned vector)
{
	unsigned i = vector - EXCEPTION_VECTORS;

	if (vector < EXCEPTION_VECTORS)
		return exception_entries[vector];
	return interrupt_entries[i / INTERRUPT_BLOCK].entry[i % INTERRUPT_BLOCK];
}

void traps_init(void)
{
	for (unsigned v = 0; v < VECTORS; v++) {
		uint64_t entry = (uintptr_t)entry_of(v);
		idt[v] = (struct gate) {
			.offset_low = (uint16_t)entry,
			.selector = SELECTOR_KERNEL_CODE,
			.type = GATE_INTERRUPT,
			.offset_middle = (uint16_t)(entry >> 16),
			.offset_high = (uint32_t)(entry >> 32),
		};
	}
	idt[VECTOR_NMI].ist = IST_NMI;
	idt[EXCEPTION_DOUBLE_FAULT].ist = IST_DOUBLE_FAULT;
	idt[EXCEPTION_MACHINE_CHECK].ist = IST_MACHINE_CHECK;
}

void traps_load(void)
{
	struct table_pointer pointer = { sizeof(idt) - 1, (uintptr_t)idt };

	__asm__ volatile("lidt %0" : : "m"(pointer) : "memory");
}

/* A #GP in read_msr_safe() or write_msr_safe() goes on behind them. */
static bool fix_up(struct trap_frame *frame)
{
	if (frame->vector != EXCEPTION_PROTECTION ||
	    (frame->rip != (uintptr_t)safe_read_instruction &&
	     frame->rip != (uintptr_t)safe_write_instruction))
		return false;
	frame->rip = (uintptr_t)safe_access_failed;
	return true;
}

static void tell_nmis(void)
{
	uint32_t count = __atomic_exchange_n(&nmis_untold, 0, __ATOMIC_RELAXED);

	if (count)
		log_warn("irq", "NMI from outside count=%u", count);
}

void interrupt_dispatch(unsigned vector)
{
	struct cpu *cpu = this_cpu();

	if (unlikely(__atomic_load_n(&nmis_untold, __ATOMIC_RELAXED)))
		tell_nmis();

	cpu->irq_count++;
	switch (vector) {
	case VECTOR_TIMER:
		timer_run_due();
		break;
	case VECTOR_SERIAL:
		serial_tell_listener();
		break;
	case VECTOR_KICK:
		cpu_set_resched();
		break;
	case VECTOR_NUDGE: /* that it came is all */
		break;
	case VECTOR_CALL: /* its work waits in the mailbox that the idle loop looks at */
		break;
	case VECTOR_SPURIOUS: /* not in service: no EOI (SDM volume 3, "Spurious Interrupt") */
		return;
	default:
		log_warn("irq", "nobody asked for this interrupt vector=0x%x", vector);
		break;
	}
	lapic_eoi();
}

static void note_nmi(void)
{
	if (panic_stopping())
		panic_stop_this_cpu();
	/* It may have struck in the middle of a log line: told by the next ordinary interrupt, which
	 * never does. */
	__atomic_fetch_add(&nmis_untold, 1, __ATOMIC_RELAXED);
}

void trap_handle(struct trap_frame *frame)
{
	if (frame->vector == VECTOR_NMI)
		note_nmi();
	else if (!fix_up(frame))
		panic_on_trap(frame);
}
