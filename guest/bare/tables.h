/* Descriptor tables of a kernel of our own: flat segments, and a gate for each interrupt vector. One of
 * each for all CPUs. */
#ifndef GUEST_BARE_TABLES_H
#define GUEST_BARE_TABLES_H

#include <stdint.h>

#define VECTORS 256

struct descriptor_register {
	uint16_t limit;
	uint32_t base;
} __attribute__((packed));

/* The interrupt gate of `vector` leads to `entry`. */
void tables_set_gate(unsigned vector, uint32_t entry);
/* On each CPU. */
void tables_load(void);
/* For who begins without them. */
struct descriptor_register tables_gdt(void);

#endif
