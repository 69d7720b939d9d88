/* How a CPU with nothing to do waits: until an interrupt comes or, where the CPU can watch a cache line,
 * until another CPU writes there. That spares one the interrupt command register, the other the way through
 * the interrupt's handler. SDM volume 2, "MONITOR" and "MWAIT". */
#ifndef KERNEL_CPU_SLEEP_H
#define KERNEL_CPU_SLEEP_H

#include "lib/types.h"
#include "x86/instructions.h"

/* The line that is watched is the one of this address, alone: cpu_can_monitor() wants no larger one. */
#define CPU_MONITOR_LINE 64

/* Of the CPU that calls. Not under a hypervisor or an emulator that calls itself one: these mostly have
 * MWAIT do nothing, and the CPU would not sleep at all. */
bool cpu_can_monitor(void);

/* From now on a write to the line ends the next cpu_sleep_monitored(); the caller looks once more at what
 * it waits for before that. Interrupts off. */
static inline void cpu_monitor(const void *line)
{
	/* Bochs 2.7 watches what it translated last: where the line is, if that is in no TLB. */
	flush_tlb_page(line);
	__asm__ volatile("monitor" : : "a"(line), "c"(0), "d"(0) : "memory");
}

/* As interrupts_enable_and_halt(), and a write to the line that is watched ends it, too; one that has come
 * since cpu_monitor() does so at once. It may end for no reason. */
static inline void cpu_sleep_monitored(void)
{
	__asm__ volatile("sti; mwait" : : "a"(0), "c"(0) : "memory");
}

#endif
