/* The scratch device of test guests. */
#include "guest/test_device.h"

#include "lib/bits.h"
#include "lib/string.h"

/* The sequence register mixes what is written into what it holds, and each read moves it on, so
 * that every element of a string counts, and so does their order. */
static void sequence_access(struct test_device *device, bool in, uint32_t *value)
{
	device->sequence =
		device->sequence * TEST_SEQUENCE_FACTOR + (in ? TEST_SEQUENCE_STEP : *value);
	*value = device->sequence;
}

/* Bytes read back inverted, so that a value that merely stayed in a register is not taken for one
 * that was read. Ports beyond the device float. */
static void latch_access(struct test_device *device, unsigned first, unsigned width, bool in,
			 uint32_t *value)
{
	if (in)
		*value = 0;
	for (unsigned i = 0; i < width; i++) {
		bool exists = first + i < TEST_LATCHES;

		if (in)
			*value |= (uint32_t)(exists ? (uint8_t)~device->latches[first + i] : 0xff)
				  << 8 * i;
		else if (exists)
			device->latches[first + i] = (uint8_t)(*value >> 8 * i);
	}
}

void test_device_access(struct test_device *device, uint16_t port, unsigned width, bool in,
			uint32_t *value)
{
	unsigned offset = (port & ~TEST_PORT_HIGH) - TEST_PORT;

	if (offset == TEST_SEQUENCE)
		sequence_access(device, in, value);
	else
		latch_access(device, offset, width, in, value);
	*value &= (uint32_t)BITS(width * 8 - 1, 0);
}

uint64_t test_device_read(const struct test_device *device, gpa_t at, unsigned width)
{
	uint64_t value = 0;

	memcpy(&value, &device->memory[at.value % TEST_MEMORY], width);
	return value;
}

void test_device_write(struct test_device *device, gpa_t at, unsigned width, uint64_t value)
{
	memcpy(&device->memory[at.value % TEST_MEMORY], &value, width);
}
