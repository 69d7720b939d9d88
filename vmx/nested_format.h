/* What nested page tables look like on this machine: decided from the capability MSR, MAXPHYADDR
 * and the user's wish. Pure. */
#ifndef VMX_NESTED_FORMAT_H
#define VMX_NESTED_FORMAT_H

#include "ept/ept.h"
#include "lib/error.h"
#include "lib/types.h"
#include "vm/virt_ops.h"
#include "x86/mtrr.h"

/* From IA32_VMX_EPT_VPID_CAP. Unsupported, with what is missing, unless the CPU offers walks of
 * four levels, a memory type for the tables, and INVEPT of some kind. */
enum error nested_format_choose(struct ept_format *out, uint64_t capability, unsigned address_bits,
				bool large_pages, struct reason *why) must_check;

/* The type of a mapping: what was asked for where the host's RAM is write-back, else the host's,
 * unless uncached was asked for. */
enum ept_memory_type nested_format_type(enum nested_memory_type wish, enum memory_type host);

/* The neutral word for the type of a mapping. */
enum nested_memory_type nested_format_wish(enum ept_memory_type type);

#endif
