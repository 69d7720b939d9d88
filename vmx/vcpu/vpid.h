/* Virtual-processor identifiers: each vCPU has one of its own among all that exist, so that entries
 * and exits need not flush the TLB. SDM volume 3, "Virtual-Processor Identifiers (VPIDs)". */
#ifndef VMX_VCPU_VPID_H
#define VMX_VCPU_VPID_H

#include "lib/types.h"

/* 0 when VPIDs are not in use here or all are taken: such a vCPU runs without, and flushes. */
uint16_t vpid_alloc(void);
void vpid_free(uint16_t vpid);

/* Ends this CPU's linear and combined translations of a VPID; nothing for 0. In VMX operation. */
void vpid_flush(uint16_t vpid);

#endif
