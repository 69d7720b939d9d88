/* QEMU's pc-testdev. The bus sees to it that no access leaves its window. */
#include "device/testdev.h"

#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

/* Where testdev_register_ops sees the ports. */
enum { DATA_OFFSET = 0, FLUSH_OFFSET = 4, IRQ_OFFSET = 8 };

/* Other ports than the register's read as zero. */
static uint64_t read_register(void *chip, uint64_t offset, unsigned width)
{
	struct testdev *testdev = chip;

	return offset < FLUSH_OFFSET ? load_bytes(testdev->data + offset, width) : 0;
}

static void write_register(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct testdev *testdev = chip;

	if (offset < FLUSH_OFFSET)
		store_bytes(testdev->data + offset, value, width);
	else if (offset >= IRQ_OFFSET)
		wire_set(&testdev->irq[offset - IRQ_OFFSET], value != 0);
}

static uint64_t read_memory(void *chip, uint64_t offset, unsigned width)
{
	return load_bytes(((struct testdev *)chip)->memory + offset, width);
}

static void write_memory(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	store_bytes(((struct testdev *)chip)->memory + offset, value, width);
}

static void reset(void *chip)
{
	struct testdev *testdev = chip;

	memset(testdev->data, 0, sizeof(testdev->data));
	memset(testdev->memory, 0, sizeof(testdev->memory));
	for (unsigned n = 0; n < TESTDEV_IRQS; n++)
		wire_set(&testdev->irq[n], false);
}

const struct chip_ops testdev_register_ops = {
	.name = "testdev",
	.read = read_register,
	.write = write_register,
	.reset = reset,
};

const struct chip_ops testdev_memory_ops = {
	.name = "testdev memory",
	.read = read_memory,
	.write = write_memory,
};

void testdev_init(struct testdev *testdev, const struct wire irq[TESTDEV_IRQS])
{
	memset(testdev, 0, sizeof(*testdev));
	for (unsigned n = 0; irq && n < TESTDEV_IRQS; n++)
		testdev->irq[n] = irq[n];
}

/* The register's window of bytes, around what lies in it already. */
static enum error attach_bytes(struct testdev *testdev, struct bus *io, struct reason *why)
{
	enum error error = ERROR_NONE;

	for (uint16_t n = 0; !error && n < sizeof(testdev->data); n++) {
		const struct bus_place byte = { TESTDEV_BYTE_PORT + n, 1, n, 1 };

		if (!bus_find(io, byte.first))
			error = bus_attach(io, &byte, 1, &testdev_register_ops, testdev, why);
	}
	return error;
}

enum error testdev_attach(struct testdev *testdev, struct bus *io, struct bus *memory,
			  struct reason *why)
{
	static const struct bus_place ports[] = {
		{ TESTDEV_PORT, 4, DATA_OFFSET, 4 },
		{ TESTDEV_FLUSH_PORT, 4, FLUSH_OFFSET, 4 },
		{ TESTDEV_IRQ_PORT, TESTDEV_IRQS, IRQ_OFFSET, 1 },
	};
	static const struct bus_place ram = { TESTDEV_MEMORY, TESTDEV_MEMORY_SIZE, 0, 8 };
	enum error error =
		bus_attach(io, ports, ARRAY_SIZE(ports), &testdev_register_ops, testdev, why);

	if (!error)
		error = attach_bytes(testdev, io, why);
	return error ? error : bus_attach(memory, &ram, 1, &testdev_memory_ops, testdev, why);
}
