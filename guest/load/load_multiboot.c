/* Chooses the version of Multiboot by the header that the kernel has. */
#include "guest/load/load_multiboot.h"

#include "guest/load/load_multiboot1.h"
#include "guest/load/load_multiboot2.h"

enum error load_multiboot(const struct load_target *target, const struct load_file *kernel,
			  const struct load_file *modules, unsigned module_count,
			  struct boot_state *out, struct reason *why)
{
	struct kernel_load load;
	uint64_t offset;

	*out = (struct boot_state) { 0 };
	enum error error =
		kernel_load_start(&load, "multiboot", target, kernel, modules, module_count, why);
	if (error)
		return error;
	if (multiboot2_find(kernel, &offset))
		return load_multiboot2(&load, offset, out, why);
	if (multiboot1_find(kernel, &offset))
		return load_multiboot1(&load, offset, out, why);
	return reason_set(why, ERROR_INVALID_DATA,
			  "multiboot: no Multiboot header in the first 8 KiB and no Multiboot2 "
			  "header in the first 32 KiB of the file's %lu bytes",
			  kernel->length);
}
