/* The names of the error kinds, and the filling of a reason. */
#include "lib/error.h"

#include <stdarg.h>

#include "lib/format.h"

static const char *const names[] = {
#define X(symbol, name, meaning) [symbol] = (name),
	ERROR_LIST(X)
#undef X
};
_Static_assert(ARRAY_SIZE(names) == ERROR_COUNT, "every error kind has a name");

const char *error_name(enum error kind)
{
	return (unsigned)kind < ERROR_COUNT ? names[kind] : "Unknown";
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
