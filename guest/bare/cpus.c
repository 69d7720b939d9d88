/* Copies the trampoline of cpus.asm to low memory. */
#include "guest/bare/cpus.h"

#include "guest/bare/tables.h"

extern const uint8_t trampoline[], trampoline_end[];
extern struct descriptor_register trampoline_gdt;

void cpus_prepare(void)
{
	uint8_t *to = (uint8_t *)CPUS_BEGIN;

	trampoline_gdt = tables_gdt();
	for (const uint8_t *from = trampoline; from < trampoline_end; from++)
		*to++ = *from;
}
