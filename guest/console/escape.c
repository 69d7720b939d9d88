/* One key behind the escape key. */
#include "guest/console/escape.h"

enum escape_act escape_put(struct escape *escape, uint8_t byte, unsigned *number)
{
	bool pending = escape->pending;

	escape->pending = !pending && byte == ESCAPE_KEY;
	if (escape->pending)
		return ESCAPE_WAIT;
	if (!pending || byte == ESCAPE_KEY)
		return ESCAPE_BYTE;
	if (byte >= '1' && byte <= '9') {
		*number = byte - '0';
		return ESCAPE_CHOOSE;
	}
	if (byte == 'n')
		return ESCAPE_NEXT;
	return byte == 's' ? ESCAPE_SHELL : ESCAPE_HELP;
}
