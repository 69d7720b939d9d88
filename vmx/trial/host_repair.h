/* The host's own state, to be put back after an exit that may have loaded something else. */
#ifndef VMX_TRIAL_HOST_REPAIR_H
#define VMX_TRIAL_HOST_REPAIR_H

#include "lib/types.h"

#define HOST_REPAIR_MSRS 8

struct host_repair {
	uint64_t cr0, cr3, cr4;
	uint64_t msrs[HOST_REPAIR_MSRS];
};

/* Notes what this CPU holds. Interrupts off. */
void host_repair_note(struct host_repair *host);

/* Puts back control registers, MSRs, descriptor tables, segment registers and the task register. On the
 * CPU that noted them, interrupts off, the base of GS being right. */
void host_repair(const struct host_repair *host);

#endif
