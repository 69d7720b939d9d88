/* Modules, through the direct map; behind the loader's, with bench=1, one that the image holds. */
#include "guest/modules.h"

#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/firmware.h"
#include "kernel/memory.h"
#include "kernel/output/log.h"

#define BENCH_NAME "vm=bench multiboot memory=12M lazy=8M deadline=600 pvclock=on "

extern const uint8_t bench_image[], bench_image_end[];

static bool is_bench(unsigned index)
{
	return index == firmware_loader()->module_count;
}

/* One vCPU that shares the first one's CPU, and where there are two CPUs one on the other. */
static const char *bench_string(void)
{
	return cpu_online_count() > 1 ? BENCH_NAME "cpus=3 pin=0,1,0 -- other=1 same=2"
				      : BENCH_NAME "cpus=2 pin=0,0 -- same=1";
}

unsigned guest_module_count(void)
{
	unsigned count = firmware_loader()->module_count;

	if (!command_line.bench)
		return count;
	if (count < MULTIBOOT2_MAX_MODULES)
		return count + 1;
	log_error("guest", "bench=1: %u modules leave no room for the benchmark", count);
	return count;
}

const char *guest_module_string(unsigned index)
{
	return is_bench(index) ? bench_string() : firmware_loader()->modules[index].string;
}

const uint8_t *guest_module_bytes(unsigned index, uint64_t *length)
{
	if (is_bench(index)) {
		*length = (uint64_t)(bench_image_end - bench_image);
		return bench_image;
	}
	const struct multiboot2_module *module = &firmware_loader()->modules[index];

	*length = module->length;
	return module->length ? (const uint8_t *)hpa_to_virt(module->start) : NULL;
}
