/* What a segment register may hold, by the access rights of a descriptor: SDM volume 3, "Privilege
 * Level Checking When Accessing Data Segments" and "Privilege Levels When Loading the SS Register".
 * Presence is checked afterwards, since it raises another exception. Pure. */
#ifndef VM_EMULATE_SEGMENT_RIGHTS_H
#define VM_EMULATE_SEGMENT_RIGHTS_H

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

#endif
