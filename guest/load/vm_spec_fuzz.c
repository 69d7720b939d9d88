/* Any bytes as module strings, one a line: whatever is accepted keeps the promises of vm_spec.h. */
#include <stdlib.h>
#include <string.h>

#include "guest/load/vm_spec.h"
#include "lib/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned heard;

static void hear(void *context, const char *sentence)
{
	assert(strlen(sentence) < 192);
	heard++;
}

static void check(const struct vm_specs *specs, const struct vm_spec *vm)
{
	assert(strnlen(vm->name, SPEC_NAME) > 0 && strnlen(vm->name, SPEC_NAME) < SPEC_NAME);
	assert(vm->module_count <= SPEC_MODULES);
	assert(vm->cpus >= 1 && vm->cpus <= SPEC_MAX_CPUS);
	assert(vm->memory >= SPEC_MIN_MEMORY && vm->memory <= SPEC_MAX_MEMORY);
	assert(vm->memory % PAGE_SIZE == 0 && vm->address <= UINT32_MAX);
	for (unsigned i = 0; i < SPEC_MAX_CPUS; i++)
		assert(vm->pin[i] >= -1 && vm->pin[i] <= SPEC_MAX_PIN);
	for (unsigned i = 0; i < vm->module_count; i++) {
		const struct spec_module *module = &vm->modules[i];
		assert(module->role > MODULE_NONE && module->role < MODULE_ROLES);
		assert(strlen(module->command_line) < SPEC_LINE);
	}
	assert(vm->broken == (vm->trouble.kind != ERROR_NONE));
	if (!vm->broken)
		assert(vm->kernel < vm->module_count && vm->pins <= vm->cpus);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vm_specs specs;
	char *text = malloc(size + 1);
	unsigned index = 0, refused = 0;

	memset(&specs, 0, sizeof(specs));
	memcpy(text, data, size);
	text[size] = 0;
	heard = 0;
	for (char *line = text, *end; line; line = end) {
		end = memchr(line, '\n', (size_t)(text + size - line));
		if (end)
			*end++ = 0;
		/* A block of its own, so that ASan sees its end. */
		char *copy = strdup(line);
		refused += vm_specs_add(&specs, index++, copy, hear, NULL) != ERROR_NONE;
		free(copy);
	}
	assert(heard == refused);
	vm_specs_finish(&specs, hear, NULL);
	for (unsigned i = 0; i < specs.count; i++)
		check(&specs, &specs.vms[i]);
	free(text);
	return 0;
}
