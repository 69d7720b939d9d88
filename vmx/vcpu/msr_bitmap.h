/* The MSR bitmap of a VMCS, filled from the policy table: SDM volume 3, "MSR-Bitmap Address". Four
 * parts of 1 KiB: reads of 0..1FFFH, reads of C0000000H..C0001FFFH, then writes of the same. A bit
 * set exits; all other indices always exit. Pure. */
#ifndef VMX_VCPU_MSR_BITMAP_H
#define VMX_VCPU_MSR_BITMAP_H

#include "lib/types.h"

/* Sets every bit, then clears those that vm/policy/msr_policy.h passes through. */
void msr_bitmap_fill(uint8_t bitmap[PAGE_SIZE]);

/* Opens what hardware serves from the page of an x2APIC: reads of the registers that the page holds,
 * and the task priority. */
void msr_bitmap_open_x2apic(uint8_t bitmap[PAGE_SIZE]);
/* And what hardware that delivers interrupts acts on: their end, and a request to oneself. */
void msr_bitmap_open_x2apic_delivery(uint8_t bitmap[PAGE_SIZE]);

/* What the CPU would do: true when the access exits. */
bool msr_bitmap_exits(const uint8_t bitmap[PAGE_SIZE], uint32_t index, bool write);

#endif
