/* The interrupt command register: every mode, shorthand and destination form, and the INIT/SIPI
 * protocol. */
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>
#include <cmocka.h>

#include "vm/ipi.h"

static struct ipi decode(uint64_t icr)
{
	struct ipi ipi;

	assert_int_equal(ipi_decode(icr, &ipi, NULL), ERROR_NONE);
	return ipi;
}

static void fields(void **state)
{
	struct ipi ipi = decode(0x0000000500004641);

	assert_int_equal(ipi.mode, IPI_START_UP);
	assert_int_equal(ipi.vector, 0x41);
	assert_int_equal(ipi.shorthand, IPI_BY_DESTINATION);
	assert_int_equal(ipi.destination, 5);
	assert_true(ipi.assert_level);
	assert_false(ipi.level_triggered);
	assert_false(ipi.logical);
	assert_true(decode(0x800).logical);
	assert_int_equal(decode(0xc0000).shorthand, IPI_ALL_BUT_SELF);
}

static void modes(void **state)
{
	struct reason why;
	struct ipi ipi;

	for (unsigned mode = 0; mode < 8; mode++) {
		enum error error = ipi_decode((uint64_t)mode << 8, &ipi, &why);

		assert_int_equal(error, mode == 3 || mode == 7 ? ERROR_INVALID_INPUT : ERROR_NONE);
	}
}

static void reserved_bits(void **state)
{
	struct reason why;
	struct ipi ipi;

	for (unsigned bit = 0; bit < 64; bit++) {
		bool reserved = bit == 13 || bit == 16 || bit == 17 || (bit >= 20 && bit < 32);

		if (bit >= 8 && bit <= 10)
			continue;
		assert_int_equal(ipi_decode(1ull << bit, &ipi, &why),
				 reserved ? ERROR_INVALID_INPUT : ERROR_NONE);
	}
}

static void physical_targets(void **state)
{
	struct ipi one = decode(3ull << 32), all = decode(0xffffffffull << 32);

	for (uint32_t id = 0; id < 64; id++) {
		assert_int_equal(ipi_is_for(&one, id, 0), id == 3);
		assert_true(ipi_is_for(&all, id, 0));
	}
	assert_true(ipi_is_for(&one, 3, 3));
}

static void shorthands(void **state)
{
	struct ipi self = decode(0x40000), all = decode(0x80000), others = decode(0xc0000);

	for (uint32_t id = 0; id < 64; id++) {
		assert_int_equal(ipi_is_for(&self, id, 7), id == 7);
		assert_true(ipi_is_for(&all, id, 7));
		assert_int_equal(ipi_is_for(&others, id, 7), id != 7);
	}
}

static void logical_targets(void **state)
{
	struct ipi ipi = decode(0x0002800500000800); /* cluster 2: CPUs 0, 2 and 15 of it */

	for (uint32_t id = 0; id < 256; id++)
		assert_int_equal(ipi_is_for(&ipi, id, 0), id == 32 || id == 34 || id == 47);
}

static void init_deassert(void **state)
{
	struct ipi assert_init = decode(0x4500), deassert = decode(0x8500), fixed = decode(0x8000);

	assert_false(ipi_is_init_deassert(&assert_init));
	assert_true(ipi_is_init_deassert(&deassert));
	assert_false(ipi_is_init_deassert(&fixed));
}

static void startup_protocol(void **state)
{
	/* A SIPI that nobody waits for changes nothing. */
	assert_int_equal(startup_after_sipi(0, 0x10), 0);

	uint32_t word = startup_after_init(0, false);
	assert_int_equal(word, STARTUP_INIT | STARTUP_WAITING);
	word = startup_after_sipi(word, 0x10);
	assert_int_equal(word, STARTUP_INIT | STARTUP_WAITING | STARTUP_SIPI | 0x10);
	/* The second SIPI of INIT-SIPI-SIPI is ignored, with whatever vector. */
	assert_int_equal(startup_after_sipi(word, 0x22), word);
	/* Vector 0 is a vector. */
	assert_int_equal(startup_after_sipi(STARTUP_WAITING, 0), STARTUP_WAITING | STARTUP_SIPI);
	/* An INIT takes back a SIPI that was not acted on. */
	assert_int_equal(startup_after_init(word, false), STARTUP_INIT | STARTUP_WAITING);
	/* The bootstrap processor waits for nobody. */
	assert_int_equal(startup_after_init(0, true), STARTUP_INIT);
	assert_int_equal(startup_after_sipi(STARTUP_INIT, 5), STARTUP_INIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),        cmocka_unit_test(modes),
		cmocka_unit_test(reserved_bits), cmocka_unit_test(physical_targets),
		cmocka_unit_test(shorthands),    cmocka_unit_test(logical_targets),
		cmocka_unit_test(init_deassert), cmocka_unit_test(startup_protocol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
