/* The embedded test guests, sorted by name: guest/registry.asm holds their images. */
#ifndef GUEST_REGISTRY_H
#define GUEST_REGISTRY_H

#include "lib/types.h"

struct guest_entry {
	const char *name; /* of the file in guest/cases/ */
	const uint8_t *image, *image_end;
};

extern const struct guest_entry guest_registry[];
extern const uint64_t guest_registry_count;

#endif
