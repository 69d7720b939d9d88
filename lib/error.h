/* The kinds of error that a function can return, and the sentence that goes with one. A kind says
 * what the caller can do; the sentence says what happened and names the culprit. Pure code fills a
 * struct reason and never logs; whoever called it from the kernel logs the reason once. */
#ifndef LIB_ERROR_H
#define LIB_ERROR_H

#include "lib/types.h"

/* X(symbol, printed name, meaning) */
#define ERROR_LIST(X)                                                                  \
	X(ERROR_NONE, "None", "success")                                               \
	X(ERROR_UNSUPPORTED, "Unsupported", "the machine or this build cannot do it")  \
	X(ERROR_RESOURCE_BUSY, "ResourceBusy", "somebody already holds it")            \
	X(ERROR_BAD_STATE, "BadState", "not allowed in the present state")             \
	X(ERROR_INVALID_INPUT, "InvalidInput", "an argument is out of its range")      \
	X(ERROR_INVALID_DATA, "InvalidData", "a table, image or message is malformed") \
	X(ERROR_NO_MEMORY, "NoMemory", "memory or table slots are used up")            \
	X(ERROR_ENTRY_FAILED, "EntryFailed", "the CPU refused to enter the guest")     \
	X(ERROR_TIMEOUT, "Timeout", "a wait reached its deadline")

enum error {
#define X(symbol, name, meaning) symbol,
	ERROR_LIST(X)
#undef X
		ERROR_COUNT
};

/* The printed name of a kind ("ResourceBusy"); "Unknown" for a value out of range. */
const char *error_name(enum error kind);

/* An error with its story. `text` is always terminated; a longer sentence is cut. */
struct reason {
	enum error kind;
	char text[192];
};

/* Fill `why` (which may be null) with a kind and a formatted sentence; returns `kind`, so that a
 * failing check is one line: return reason_set(why, ERROR_INVALID_DATA, "tag %u ...", n). */
enum error reason_set(struct reason *why, enum error kind, const char *format, ...)
	printf_like(3, 4);

#endif
