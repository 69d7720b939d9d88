/* \_S5 in AML: where it is, where it is not, and where it is cut off. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "boot/acpi.h"

#define S5 0x08, '_', 'S', '5', '_', 0x12, 0x08, 0x04, 0x0a, 0x05, 0x0a, 0x06, 0x00, 0x00

#define FINDS(a, b, ...)                                                        \
	do {                                                                    \
		static const uint8_t aml[] = { __VA_ARGS__ };                   \
		uint8_t *copy = memcpy(malloc(sizeof(aml)), aml, sizeof(aml));  \
		uint8_t type_a = 99, type_b = 99;                               \
		bool found = acpi_find_s5(copy, sizeof(aml), &type_a, &type_b); \
		free(copy);                                                     \
		assert_int_equal(type_a, a);                                    \
		assert_int_equal(type_b, b);                                    \
		assert_int_equal(found, (a) != 99);                             \
	} while (0)

static void s5_in_aml(void **state)
{
	FINDS(5, 6, S5);
	FINDS(5, 6, 0x08, 0x5c, '_', 'S', '5', '_', 0x12, 7, 2, 0x0a, 5, 0x0a, 6, 0);
	FINDS(0, 1, 0, 8, '_', 'S', '5', '_', 0x12, 4, 4, 0, 1, 0, 0);
	FINDS(7, 0, 8, '_', 'S', '5', '_', 0x12, 4, 1, 0x0a, 7);
	FINDS(3, 2, 8, '_', 'S', '5', '_', 0x12, 0x4b, 0, 2, 0x0b, 3, 0, 0x0c, 2, 0, 0, 0);
	/* A call of _S5_, and the definition behind it. */
	FINDS(5, 6, '_', 'S', '5', '_', 0x70, '_', 'S', '5', '_', S5);
	FINDS(99, 99, 0x14, '_', 'S', '5', '_', 0x12, 4, 2, 0, 0); /* a method */
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x11, 4, 2, 0, 0);    /* a buffer */
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x12, 4, 0);          /* no elements; cut off */
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x12, 3, 0, 0);
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x12, 4, 2, 0x0a, 8, 0); /* past three bits */
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x12, 3, 2, 0, 0x0a, 5); /* past the package */
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x12, 0xc1);
	FINDS(99, 99, 8, '_', 'S', '5', '_', 0x12);
	FINDS(99, 99, 8, '_', 'S', '5', '_');
	FINDS(99, 99, '_', 'S', '5', '_', 0x12, 4, 2, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s5_in_aml),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
