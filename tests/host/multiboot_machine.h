/* A kernel file made here, and the machine that it is loaded into by load_multiboot(). Included once,
 * by the test. */
#ifndef TESTS_HOST_MULTIBOOT_MACHINE_H
#define TESTS_HOST_MULTIBOOT_MACHINE_H

#include <stdlib.h>
#include <string.h>

#include "guest/load/load_multiboot.h"
#include "tests/host/elf_file.h"
#include "tests/host/load_machine.h"

#define HEADER_AT (ELF_FILE_CONTENT_AT + 0x10)

static struct load_machine machine;
static struct elf_file file;
static struct boot_state state_out;
static struct reason why;

static int end(void **state)
{
	load_machine_free(&machine);
	return 0;
}

/* From a copy of its own length, so that it is noticed who reads beyond. */
static enum error load_with(const struct load_file *modules, unsigned count, const char *line)
{
	uint8_t *copy = malloc(file.length ? file.length : 1);
	const struct load_file kernel = { copy, file.length, line };

	memcpy(copy, file.bytes, file.length);
	enum error error =
		load_multiboot(&machine.target, &kernel, modules, count, &state_out, &why);
	free(copy);
	return error;
}

static void refuses(enum error error, const char *words)
{
	assert_int_equal(load_with(NULL, 0, ""), error);
	assert_int_equal(why.kind, error);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" does not say \"%s\"", why.text, words);
}

#endif
