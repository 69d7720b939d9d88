/* Modules, through the direct map. */
#include "guest/modules.h"

#include "kernel/firmware.h"
#include "kernel/memory.h"

unsigned guest_module_count(void)
{
	return firmware_loader()->module_count;
}

const char *guest_module_string(unsigned index)
{
	return firmware_loader()->modules[index].string;
}

const uint8_t *guest_module_bytes(unsigned index, uint64_t *length)
{
	const struct multiboot2_module *module = &firmware_loader()->modules[index];

	*length = module->length;
	return module->length ? (const uint8_t *)hpa_to_virt(module->start) : NULL;
}
