/* Keys behind the escape key Ctrl-], which choose where the others go. Pure. */
#ifndef GUEST_CONSOLE_ESCAPE_H
#define GUEST_CONSOLE_ESCAPE_H

#include "lib/types.h"

#define ESCAPE_KEY 0x1d /* Ctrl-] */

enum escape_act {
	ESCAPE_BYTE,   /* an ordinary byte; the escape key twice is one of its own */
	ESCAPE_WAIT,   /* the escape key: the next one counts */
	ESCAPE_CHOOSE, /* the console of that number, 1 to 9 */
	ESCAPE_NEXT,   /* n: the next console */
	ESCAPE_SHELL,  /* s */
	ESCAPE_HELP,   /* ? and every other key */
};

/* Zeroed memory is its beginning. */
struct escape {
	bool pending;
};

/* Takes a byte; `*number` is set for ESCAPE_CHOOSE. */
enum escape_act escape_put(struct escape *escape, uint8_t byte, unsigned *number);

#endif
