/* The registers in memory, as xAPIC mode has them. SDM volume 3, "Local APIC Register Address Map":
 * each is to be accessed with one aligned 32-bit load or store. Of what is left undefined, narrower
 * and wider reads see the bytes that are there, narrower writes change nothing, and the twelve
 * bytes behind each register read zero. */
#include "device/vlapic_internal.h"

#define REGISTER_BYTES sizeof(uint32_t)
#define REGISTERS_END  (VLAPIC_REGISTERS * VLAPIC_REGISTER_STEP)

/* Null, with the error that it is, where there is no register. */
static const struct vlapic_access *register_at(struct vlapic *lapic, unsigned offset)
{
	const struct vlapic_access *access;

	if (likely(offset < REGISTERS_END)) {
		access = vlapic_access(offset);
		if (likely((access->read | access->write) & IN_XAPIC))
			return access;
	}
	vlapic_error(lapic, ESR_ILLEGAL_REGISTER);
	return NULL;
}

uint64_t vlapic_read(struct vlapic *lapic, unsigned offset, unsigned width)
{
	unsigned within = offset % VLAPIC_REGISTER_STEP;
	const struct vlapic_access *access = register_at(lapic, offset - within);
	uint64_t value;

	if (!access || !(access->read & IN_XAPIC) || within >= REGISTER_BYTES)
		return 0;
	value = vlapic_value(lapic, offset - within) >> 8 * within;
	return width < REGISTER_BYTES ? value & BITS(8 * width - 1, 0) : value;
}

void vlapic_write(struct vlapic *lapic, unsigned offset, unsigned width, uint64_t value)
{
	unsigned within = offset % VLAPIC_REGISTER_STEP;

	if (likely(offset < REGISTERS_END && !within && width >= REGISTER_BYTES &&
		   (vlapic_access(offset)->write & IN_XAPIC)))
		vlapic_store(lapic, offset, (uint32_t)value);
	else
		(void)register_at(lapic, offset - within);
}
