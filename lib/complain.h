/* How a pure parser tells of what it left out: a part of its input is wrong, but the rest counts.
 * Each complaint is one sentence, handed to whoever called the parser. */
#ifndef LIB_COMPLAIN_H
#define LIB_COMPLAIN_H

#include "lib/types.h"

struct complaints {
	/* `sentence` is terminated and valid only during the call. */
	void (*hear)(void *context, const char *sentence);
	void *context;
	/* How many more sentences are wanted: hostile input can be wrong a million times. The last
	 * one says that others are kept back. Null: no limit. */
	unsigned *budget;
};

/* Formats a sentence (cut at 191 bytes) for the listener; `to` may be null: nobody listens. */
void complain(const struct complaints *to, const char *format, ...) printf_like(2, 3);

#endif
