/* The names of the error kinds, and the filling of a reason. */
#include "lib/error.h"

#include <stdarg.h>

#include "lib/format.h"
#include "lib/text_list.h"

static const char names[] =
#define X(symbol, name, meaning) name "\0"
	ERROR_LIST(X)
#undef X
	;

const char *error_name(enum error kind)
{
	return (unsigned)kind < ERROR_COUNT ? nth_text(names, kind) : "Unknown";
}

enum error reason_set(struct reason *why, enum error kind, const char *format, ...)
{
	if (!why)
		return kind;

	va_list args;
	va_start(args, format);
	why->kind = kind;
	format_string_va(why->text, sizeof(why->text), format, args);
	va_end(args);
	return kind;
}
