/* The instructions that C cannot say, one inline function each, with the operands' own names. All
 * are privileged unless said otherwise; faults are not caught. */
#ifndef X86_INSTRUCTIONS_H
#define X86_INSTRUCTIONS_H

#include "lib/types.h"

static inline uint64_t read_msr(uint32_t index)
{
	uint64_t low, high; /* in 64-bit mode the upper halves are cleared */

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index) : "memory");
	return high << 32 | low;
}

static inline void write_msr_halves(uint32_t index, uint32_t low, uint32_t high)
{
	__asm__ volatile("wrmsr" : : "c"(index), "a"(low), "d"(high) : "memory");
}

static inline void write_msr(uint32_t index, uint64_t value)
{
	write_msr_halves(index, (uint32_t)value, (uint32_t)(value >> 32));
}

struct cpuid_result {
	uint32_t eax, ebx, ecx, edx;
};

/* Unprivileged. */
static inline struct cpuid_result cpuid_query(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_result r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

#define CONTROL_REGISTER(number)                                                         \
	static inline uint64_t read_cr##number(void)                                     \
	{                                                                                \
		uint64_t value;                                                          \
                                                                                         \
		__asm__ volatile("movq %%cr" #number ", %0" : "=r"(value) : : "memory"); \
		return value;                                                            \
	}                                                                                \
                                                                                         \
	static inline void write_cr##number(uint64_t value)                              \
	{                                                                                \
		__asm__ volatile("movq %0, %%cr" #number : : "r"(value) : "memory");     \
	}

CONTROL_REGISTER(0)
CONTROL_REGISTER(2)
CONTROL_REGISTER(3)
CONTROL_REGISTER(4)
#undef CONTROL_REGISTER

/* Needs CR4.OSXSAVE. */
static inline uint64_t read_xcr0(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

static inline void write_xcr0(uint64_t value)
{
	__asm__ volatile("xsetbv"
			 :
			 : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

/* Unprivileged while CR4.TSD is clear. */
static inline uint64_t read_tsc(void)
{
	uint64_t low, high; /* the upper halves of RAX and RDX become 0 */

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return high << 32 | low;
}

/* The same, for who needs no more than to keep it. */
static inline void read_tsc_halves(uint32_t *low, uint32_t *high)
{
	__asm__ volatile("rdtsc" : "=a"(*low), "=d"(*high));
}

static inline uint64_t read_rflags(void)
{
	uint64_t value;

	__asm__ volatile("pushfq; popq %0" : "=r"(value) : : "memory");
	return value;
}

static inline void flush_tlb_page(const void *page)
{
	__asm__ volatile("invlpg %0" : : "m"(*(const char *)page) : "memory");
}

static inline void port_write8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void port_write16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void port_write32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t port_read8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint32_t port_read32(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

#endif
