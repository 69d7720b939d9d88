/* The keys of a VM's specification, as a table: to add one, add a field to struct vm_spec, its
 * row in spec_keys.c, a function if it is no switch, and its line in docs/running.md, which a test
 * compares. Pure. */
#ifndef GUEST_LOAD_SPEC_KEYS_H
#define GUEST_LOAD_SPEC_KEYS_H

#include "guest/load/spec_words.h"
#include "guest/load/vm_spec.h"

struct spec_key {
	const char *name;
	const char *wants; /* what its value may be: "a number from 1 to 64" */
	bool (*set)(struct vm_spec *vm, const struct spec_word *value); /* null: a switch */
	uint16_t roles; /* a bit for each kernel role that knows it */
	uint16_t flag;  /* of a switch: the bool's offset in struct vm_spec */
};

extern const struct spec_key spec_keys[];
extern const unsigned spec_key_count; /* 32 at most */

/* Sets what the key stands for. False when the value is not what it wants; nothing has changed then. */
bool spec_key_set(const struct spec_key *key, struct vm_spec *vm, const struct spec_word *value);

/* A VM without any key. */
void spec_keys_defaults(struct vm_spec *vm);

#endif
