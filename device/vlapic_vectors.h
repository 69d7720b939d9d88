/* The local APIC's three sets of 256 vectors (ISR, TMR, IRR), in the page: a bit for each vector,
 * 32 to a register. Which of a set's eight registers hold any is kept beside the page, so that the
 * highest vector is found without a look at all of them. Hardware that changes the sets by itself
 * knows nothing of that: once there is some, every register counts as one that may hold a vector. */
#ifndef DEVICE_VLAPIC_VECTORS_H
#define DEVICE_VLAPIC_VECTORS_H

#include "device/vlapic_internal.h"

/* `set` is VLAPIC_ISR, VLAPIC_TMR or VLAPIC_IRR: its place in vlapic.occupied. */
static inline unsigned vlapic_set_number(unsigned set)
{
	return (set - VLAPIC_ISR) / (VLAPIC_TMR - VLAPIC_ISR);
}

static inline uint8_t vlapic_set_registers(const struct vlapic *lapic, unsigned set)
{
	return __atomic_load_n(&lapic->occupied[vlapic_set_number(set)], __ATOMIC_RELAXED);
}

static inline void vlapic_set_note(struct vlapic *lapic, unsigned set, uint32_t registers)
{
	__atomic_store_n(&lapic->occupied[vlapic_set_number(set)], (uint8_t)registers,
			 __ATOMIC_RELAXED);
}

/* Register `i` of the set. */
static inline uint32_t *vlapic_set_register(const struct vlapic *lapic, unsigned set, unsigned i)
{
	return &lapic->page[set / sizeof(uint32_t) + i * (VLAPIC_REGISTER_STEP / sizeof(uint32_t))];
}

static inline uint32_t vlapic_set_load(const struct vlapic *lapic, unsigned set, unsigned i)
{
	return __atomic_load_n(vlapic_set_register(lapic, set, i), __ATOMIC_RELAXED);
}

static inline void vlapic_set_store(struct vlapic *lapic, unsigned set, unsigned i, uint32_t value)
{
	__atomic_store_n(vlapic_set_register(lapic, set, i), value, __ATOMIC_RELAXED);
}

static inline uint32_t vlapic_set_bit(unsigned n)
{
	return 1u << n % VLAPIC_PER_REGISTER;
}

static inline bool vlapic_set_holds(const struct vlapic *lapic, unsigned set, uint8_t vector)
{
	return vlapic_set_load(lapic, set, vector / VLAPIC_PER_REGISTER) & vlapic_set_bit(vector);
}

static inline void vlapic_set_add(struct vlapic *lapic, unsigned set, uint8_t vector)
{
	unsigned i = vector / VLAPIC_PER_REGISTER;

	vlapic_set_store(lapic, set, i, vlapic_set_load(lapic, set, i) | vlapic_set_bit(vector));
	vlapic_set_note(lapic, set, vlapic_set_registers(lapic, set) | vlapic_set_bit(i));
}

static inline void vlapic_set_remove(struct vlapic *lapic, unsigned set, uint8_t vector)
{
	unsigned i = vector / VLAPIC_PER_REGISTER;
	uint32_t left = vlapic_set_load(lapic, set, i) & ~vlapic_set_bit(vector);

	vlapic_set_store(lapic, set, i, left);
	if (!left && !lapic->shared)
		vlapic_set_note(lapic, set, vlapic_set_registers(lapic, set) & ~vlapic_set_bit(i));
}

/* All registers were cleared, or hardware may change them from now on. */
static inline void vlapic_sets_begin(struct vlapic *lapic)
{
	uint8_t registers = lapic->shared ? UINT8_MAX : 0;

	vlapic_set_note(lapic, VLAPIC_ISR, registers);
	vlapic_set_note(lapic, VLAPIC_TMR, registers);
	vlapic_set_note(lapic, VLAPIC_IRR, registers);
}

/* The number of the highest bit that is set: BSR alone, as compilers have it. */
static inline unsigned vlapic_set_top(uint32_t bits)
{
	return 31u ^ (unsigned)__builtin_clz(bits);
}

/* -1: it is empty. Any CPU: what it sees of a change under way is either end of it. */
static inline int vlapic_set_highest(const struct vlapic *lapic, unsigned set)
{
	uint32_t registers = vlapic_set_registers(lapic, set);

	while (registers) {
		unsigned i = vlapic_set_top(registers);
		uint32_t vectors = vlapic_set_load(lapic, set, i);

		if (likely(vectors))
			return (int)(i * VLAPIC_PER_REGISTER + vlapic_set_top(vectors));
		registers &= ~vlapic_set_bit(i);
	}
	return -1;
}

#endif
