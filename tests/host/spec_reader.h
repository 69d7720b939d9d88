/* Reads module strings as they come, and keeps what is complained of. */
#ifndef TESTS_HOST_SPEC_READER_H
#define TESTS_HOST_SPEC_READER_H

#include <string.h>

#include "guest/load/vm_spec.h"
#include "tests/host/complaint_book.h"

static struct vm_specs specs;
static struct complaint_book book;

static inline int clear(void **state)
{
	memset(&specs, 0, sizeof(specs));
	memset(&book, 0, sizeof(book));
	return 0;
}

static inline enum error add(unsigned index, const char *string)
{
	return vm_specs_add(&specs, index, string, complaint_book_hear, &book);
}

static inline void finish(void)
{
	vm_specs_finish(&specs, complaint_book_hear, &book);
}

#endif
