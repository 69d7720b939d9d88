/* Plinth's shell: commands typed on the machine's serial port (docs/console.md). Answers are lines of
 * the log with the tag `shell`. */
#ifndef GUEST_CONSOLE_SHELL_H
#define GUEST_CONSOLE_SHELL_H

#include "lib/types.h"

/* Whether what is typed next still goes to the shell. */
enum shell_next { SHELL_STAY, SHELL_LEAVE };

/* Obeys one line as it was typed, without its end. One CPU at a time, no lock held, IRQs on. */
enum shell_next shell_obey(const char *line);

/* True once `quit` was given. */
bool shell_has_quit(void);

#endif
