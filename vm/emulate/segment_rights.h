/* What a segment register may hold, by the access rights of a descriptor: SDM volume 3, "Privilege
 * Level Checking When Accessing Data Segments" and "Privilege Levels When Loading the SS Register".
 * Presence is checked afterwards, since it raises another exception. And what a loaded segment lets
 * through. Pure. */
#ifndef VM_EMULATE_SEGMENT_RIGHTS_H
#define VM_EMULATE_SEGMENT_RIGHTS_H

#include "lib/bits.h"
#include "lib/types.h"
#include "x86/segment.h"

static inline unsigned rights_dpl(uint32_t rights)
{
	return (unsigned)field_get(rights, RIGHTS_DPL);
}

static inline bool rights_fit_stack(uint32_t rights, unsigned rpl, unsigned cpl)
{
	return (rights & RIGHTS_S) && !(rights & TYPE_CODE) && (rights & TYPE_WRITABLE) &&
	       rights_dpl(rights) == cpl && rpl == cpl;
}

/* DS, ES, FS and GS. */
static inline bool rights_fit_data(uint32_t rights, unsigned rpl, unsigned cpl)
{
	unsigned dpl = rights_dpl(rights);

	if (!(rights & RIGHTS_S) || ((rights & TYPE_CODE) && !(rights & TYPE_READABLE)))
		return false;
	if ((rights & TYPE_CODE) && (rights & TYPE_CONFORMING))
		return true;
	return dpl >= cpl && dpl >= rpl;
}

/* May [offset, offset + width) be accessed through a segment with these rights and this limit? Types
 * count where `protected_mode` is set: not in real and virtual-8086 mode. SDM volume 3, "Limit
 * Checking" and "Type Checking". */
static inline bool rights_allow_access(uint64_t rights, uint64_t limit, bool protected_mode,
				       uint64_t offset, unsigned width, bool write)
{
	bool code = rights & TYPE_CODE;
	uint64_t last = offset + (width - 1);

	if (protected_mode) {
		if (rights & RIGHTS_UNUSABLE)
			return false;
		if (write && (code || !(rights & TYPE_WRITABLE)))
			return false;
		if (!write && code && !(rights & TYPE_READABLE))
			return false;
	}
	if (!code && (rights & TYPE_EXPAND_DOWN))
		return offset > limit && last <= (rights & RIGHTS_DB ? UINT32_MAX : UINT16_MAX);
	return last <= limit;
}

#endif
