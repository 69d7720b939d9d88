/* The image goes where the user says; the tables that its mode needs go where there is room. */
#include "guest/load/load_flat.h"

#include "guest/load/placement.h"
#include "guest/load/start_tables.h"
#include "lib/bits.h"
#include "lib/string.h"

#define REAL_MODE_END   MIB(1)
#define PARAGRAPH       16
#define PARAGRAPH_SHIFT 4

static enum error enter_real_mode(uint64_t address, struct boot_state *out, struct reason *why)
{
	if (address >= REAL_MODE_END || !is_aligned(address, PARAGRAPH))
		return reason_set(why, ERROR_INVALID_INPUT,
				  "flat: address 0x%llx is no multiple of 16 below 1 MiB, which "
				  "entry=16 wants",
				  (unsigned long long)address);
	out->mode = VCPU_MODE_REAL16;
	out->cs = out->ds = (uint16_t)(address >> PARAGRAPH_SHIFT);
	return ERROR_NONE;
}

enum error load_flat(const struct load_target *target, const struct load_file *image,
		     uint64_t address, enum spec_entry entry, struct boot_state *out,
		     struct reason *why)
{
	struct placement placement;
	uint8_t *memory;

	*out = (struct boot_state) { 0 };
	if (!image->length)
		return reason_set(why, ERROR_INVALID_DATA, "flat: the image is empty");
	placement_start(&placement, "flat", target);
	enum error error =
		placement_claim(&placement, "the image", address, image->length, &memory, why);
	if (error)
		return error;
	memcpy(memory, image->bytes, image->length);
	if (entry == ENTRY_16)
		return enter_real_mode(address, out, why);
	out->rip = address;
	if (entry != ENTRY_64)
		return start_flat(&placement, VCPU_MODE_PROT32, out, why);
	error = start_flat(&placement, VCPU_MODE_LONG64, out, why);
	return error ? error : start_identity_map(&placement, out, why);
}
