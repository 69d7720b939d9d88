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

static inline void vlapic_set_note(struct vlapic *lapic, unsigned set, uint64_t registers)
{
	__atomic_store_n(&lapic->occupied[vlapic_set_number(set)], (uint8_t)registers,
			 __ATOMIC_RELAXED);
}

static inline unsigned vlapic_set_place(unsigned set, uint8_t vector)
{
	return set + vector / VLAPIC_PER_REGISTER * VLAPIC_REGISTER_STEP;
}

static inline bool vlapic_set_holds(const struct vlapic *lapic, unsigned set, uint8_t vector)
{
	return vlapic_get(lapic, vlapic_set_place(set, vector)) >> vector % VLAPIC_PER_REGISTER & 1;
}

static inline void vlapic_set_add(struct vlapic *lapic, unsigned set, uint8_t vector)
{
	unsigned at = vlapic_set_place(set, vector);

	vlapic_put(lapic, at, vlapic_get(lapic, at) | BIT(vector % VLAPIC_PER_REGISTER));
	vlapic_set_note(lapic, set,
			vlapic_set_registers(lapic, set) | BIT(vector / VLAPIC_PER_REGISTER));
}

static inline void vlapic_set_remove(struct vlapic *lapic, unsigned set, uint8_t vector)
{
	unsigned at = vlapic_set_place(set, vector);
	uint32_t left = vlapic_get(lapic, at) & ~(uint32_t)BIT(vector % VLAPIC_PER_REGISTER);

	vlapic_put(lapic, at, left);
	if (!left && !lapic->shared)
		vlapic_set_note(lapic, set,
				vlapic_set_registers(lapic, set) &
					~BIT(vector / VLAPIC_PER_REGISTER));
}

/* All registers were cleared, or hardware may change them from now on. */
static inline void vlapic_sets_begin(struct vlapic *lapic)
{
	uint8_t registers = lapic->shared ? UINT8_MAX : 0;

	vlapic_set_note(lapic, VLAPIC_ISR, registers);
	vlapic_set_note(lapic, VLAPIC_TMR, registers);
	vlapic_set_note(lapic, VLAPIC_IRR, registers);
}

/* -1: it is empty. Any CPU: what it sees of a change under way is either end of it. */
static inline int vlapic_set_highest(const struct vlapic *lapic, unsigned set)
{
	uint32_t registers = vlapic_set_registers(lapic, set);

	while (registers) {
		unsigned i = 31 - (unsigned)__builtin_clz(registers);
		uint32_t vectors = vlapic_get(lapic, set + i * VLAPIC_REGISTER_STEP);

		if (likely(vectors))
			return (int)(i * VLAPIC_PER_REGISTER) + 31 - __builtin_clz(vectors);
		registers &= ~(uint32_t)BIT(i);
	}
	return -1;
}

#endif
