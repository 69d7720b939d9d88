/* The one place where complaints are formatted. */
#include "lib/complain.h"

#include <stdarg.h>

#include "lib/format.h"

void complain(const struct complaints *to, const char *format, ...)
{
	char sentence[192];
	va_list args;

	if (!to || !to->hear || (to->budget && !*to->budget))
		return;
	va_start(args, format);
	format_string_va(sentence, sizeof(sentence), format, args);
	va_end(args);
	to->hear(to->context, sentence);
	if (to->budget && !--*to->budget)
		to->hear(to->context, "further complaints of this kind are kept back");
}
