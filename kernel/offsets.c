/* Offsets that assembly needs, emitted as NASM constants (see the Makefile). Never linked. */
#include "kernel/cpu.h"

#define OFFSET(name, value) __asm__(".ascii \"->" #name " %c0\"" : : "i"(value))

void offsets(void);

void offsets(void)
{
	OFFSET(CPU_SELF, offsetof(struct cpu, self));
	OFFSET(CPU_HOLDER, offsetof(struct cpu, holder));
	OFFSET(CPU_APIC_ID, offsetof(struct cpu, apic_id));
	OFFSET(CPU_STACK_TOP, offsetof(struct cpu, stack_top));
}
