/* The two I/O bitmaps of a VMCS, 4 KiB each: A for ports 0..7FFFH, B for 8000H..FFFFH. A bit set
 * exits: SDM volume 3, "I/O-Bitmap Addresses". Pure. */
#ifndef VMX_VCPU_IO_BITMAP_H
#define VMX_VCPU_IO_BITMAP_H

#include "lib/types.h"
#include "vm/policy/io_policy.h"

/* Sets every bit, then clears those of the ports that `policy` opens. */
void io_bitmap_fill(uint8_t a[PAGE_SIZE], uint8_t b[PAGE_SIZE], const struct io_policy *policy);

/* What the CPU would do: true when the access exits. Wrapping past FFFFH exits. */
bool io_bitmap_exits(const uint8_t a[PAGE_SIZE], const uint8_t b[PAGE_SIZE], uint16_t port,
		     unsigned width);

#endif
