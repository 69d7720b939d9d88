/* Anything typed to the shell. */
#include <string.h>

#include "guest/console/shell_command.h"
#include "lib/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct shell_line line = { 0 };
	struct shell_command command;
	struct reason why;

	for (size_t i = 0; i < size; i++) {
		bool ended = shell_line_put(&line, data[i]);

		assert(line.length < SHELL_LINE_MAX);
		if (!ended)
			continue;
		assert(strlen(line.text) == line.length);
		if (!shell_parse(line.text, &command, &why)) {
			assert(command.verb <= SHELL_NOTHING);
			assert(strlen(command.argument) <= line.length);
			(void)shell_names_number(command.argument, (uint32_t)i);
		}
		shell_line_clear(&line);
	}
	return 0;
}
