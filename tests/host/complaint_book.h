/* A listener for host tests that writes down every complaint it hears. */
#ifndef TESTS_HOST_COMPLAINT_BOOK_H
#define TESTS_HOST_COMPLAINT_BOOK_H

#include <stdbool.h>
#include <string.h>

#include "lib/complain.h"
#include "lib/format.h"

struct complaint_book {
	unsigned count;
	char text[4096];
};

static inline void complaint_book_hear(void *context, const char *sentence)
{
	struct complaint_book *book = context;

	book->count++;
	format_append(book->text, sizeof(book->text), "%s\n", sentence);
}

static inline bool complaint_book_has(const struct complaint_book *book, const char *words)
{
	return strstr(book->text, words) != NULL;
}

#define COMPLAINTS_TO(book) \
	(&(const struct complaints) { .hear = complaint_book_hear, .context = (book) })

#endif
