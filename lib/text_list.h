/* Long lists of names, each list in one string: pointers to them would take as much room as the names.
 * Whoever asks for a name has time to go through those before it. Pure. */
#ifndef LIB_TEXT_LIST_H
#define LIB_TEXT_LIST_H

#include "lib/types.h"

/* The `n`-th, from 0, of texts that stand one after the other, each with its end. */
const char *nth_text(const char *texts, unsigned n);

/* The text that stands where `key` does among `count` keys; null when there is no such key. */
const char *keyed_text(const char *texts, const uint8_t *keys, unsigned count, uint32_t key);

#endif
