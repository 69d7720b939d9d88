/* Stands in for two chips that are not there yet. */
#include "guest/pc/pc_parts.h"

const struct chip_ops __attribute__((weak)) i8042_ops = { .name = "i8042" };
const struct chip_ops __attribute__((weak)) hpet_ops = { .name = "hpet" };

void __attribute__((weak)) i8042_init(struct i8042 *controller, const struct i8042_wires *wires)
{
}

enum error __attribute__((weak))
i8042_attach(struct i8042 *controller, struct bus *ports, struct reason *why)
{
	return ERROR_NONE;
}

void __attribute__((weak)) hpet_init(struct hpet *hpet, const struct hpet_wires *wires)
{
}

enum error __attribute__((weak))
hpet_attach(struct hpet *hpet, struct bus *memory, struct reason *why)
{
	return ERROR_NONE;
}

void __attribute__((weak)) hpet_set_legacy(void *hpet, unsigned source, bool level)
{
}
