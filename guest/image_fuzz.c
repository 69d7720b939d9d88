/* Any bytes as a test-guest image: what the parser accepts can be loaded and matched. */
#include <stdlib.h>
#include <string.h>

#include "guest/expect.h"
#include "guest/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool no_register(void *context, unsigned vcpu, unsigned which, uint64_t *value)
{
	*value = which;
	return vcpu != which;
}

static bool no_memory(void *context, uint64_t at, uint64_t *value)
{
	*value = at;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct expect expect;
	struct guest_image image;
	struct reason why;
	const struct expect_reader reader = { NULL, no_register, no_memory };

	if (guest_image_parse(data, size, &image, &why))
		return 0;
	uint8_t *memory = calloc(1, image.header.memory);
	guest_image_load(&image, memory);
	free(memory);

	expect_init(&expect, &image);
	for (unsigned i = 0; i < 2 * VCPU_EXIT_KINDS; i++) {
		const struct vcpu_exit exit = { .kind = i % VCPU_EXIT_KINDS };
		const uint64_t gpr[GPR_COUNT] = { 0 };

		(void)expect_exit(&expect, i % image.header.vcpus, &exit, gpr, &why);
	}
	(void)expect_end(&expect, &reader, &why);
	return 0;
}
