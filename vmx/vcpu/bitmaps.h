/* The MSR and I/O bitmaps that the hardware reads: pages shared by all vCPUs, since one policy is in
 * force for all. */
#ifndef VMX_VCPU_BITMAPS_H
#define VMX_VCPU_BITMAPS_H

#include "lib/error.h"
#include "lib/types.h"

/* Once, on the bootstrap processor, before any vCPU is set up. */
enum error bitmaps_init(struct reason *why) must_check;

hpa_t bitmaps_msr(void);
hpa_t bitmaps_msr_x2apic(bool delivers); /* while hardware virtualizes x2APIC mode */
hpa_t bitmaps_io_a(void);
hpa_t bitmaps_io_b(void);

#endif
