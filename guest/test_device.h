/* The scratch device of test guests: four latches of a byte each, and a sequence register. Pure. */
#ifndef GUEST_TEST_DEVICE_H
#define GUEST_TEST_DEVICE_H

#include "lib/types.h"

/* It answers at these ports, and at the same ones with TEST_PORT_HIGH added. */
#define TEST_PORT            0xe0
#define TEST_LATCHES         4
#define TEST_SEQUENCE        4 /* behind TEST_PORT */
#define TEST_PORT_HIGH       0xf000
#define TEST_SEQUENCE_FACTOR 31
#define TEST_SEQUENCE_STEP   7

/* Bytes of memory that it has where the guest's RAM is not, again and again. A power of two. */
#define TEST_MEMORY 64

struct test_device {
	uint8_t latches[TEST_LATCHES];
	uint8_t memory[TEST_MEMORY];
	uint32_t sequence;
};

/* One access of `width` bytes, 1, 2 or 4: for `in` fills `*value`, bits beyond the width zero; else
 * takes its low bytes. Ports beyond the device float, and swallow what is written. */
void test_device_access(struct test_device *device, uint16_t port, unsigned width, bool in,
			uint32_t *value);

/* Accesses of its memory; `width` 1, 2, 4 or 8, `at` aligned to it. */
uint64_t test_device_read(const struct test_device *device, gpa_t at, unsigned width);
void test_device_write(struct test_device *device, gpa_t at, unsigned width, uint64_t value);

#endif
