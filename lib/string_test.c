/* lib/string.c under other names, against the C library's. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void *(*const libc_memcpy)(void *, const void *, size_t) = memcpy;
static void *(*const libc_memmove)(void *, const void *, size_t) = memmove;
static void *(*const libc_memset)(void *, int, size_t) = memset;
static int (*const libc_memcmp)(const void *, const void *, size_t) = memcmp;
static int (*const libc_strncmp)(const char *, const char *, size_t) = strncmp;

#define memcpy  plinth_memcpy
#define memmove plinth_memmove
#define memset  plinth_memset
#define memcmp  plinth_memcmp
#define strlen  plinth_strlen
#define strnlen plinth_strnlen
#define strcmp  plinth_strcmp
#define strncmp plinth_strncmp
#define strchr  plinth_strchr
#include "lib/string.c"

#define SIZE 40

static void fill(uint8_t *bytes)
{
	for (unsigned i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
}

/* Every start, length and distance within a small buffer, overlaps both ways included. */
static void moves(void **state)
{
	uint8_t got[SIZE], want[SIZE];

	for (unsigned to = 0; to < SIZE; to++) {
		for (unsigned from = 0; from < SIZE; from++) {
			unsigned room = SIZE - (to > from ? to : from);
			for (unsigned count = 0; count <= room; count++) {
				fill(got);
				fill(want);
				assert_ptr_equal(memmove(got + to, got + from, count), got + to);
				libc_memmove(want + to, want + from, count);
				assert_memory_equal(got, want, SIZE);
			}
		}
	}
}

static void copies_and_fills(void **state)
{
	uint8_t from[SIZE], got[SIZE], want[SIZE];

	fill(from);
	for (unsigned count = 0; count <= SIZE; count++) {
		assert_ptr_equal(memset(got, 0x1a5, SIZE), got);
		libc_memset(want, 0x1a5, SIZE);
		assert_memory_equal(got, want, SIZE);
		assert_ptr_equal(memcpy(got, from, count), got);
		libc_memcpy(want, from, count);
		assert_memory_equal(got, want, SIZE);
		memset(got, 0, count);
		libc_memset(want, 0, count);
		assert_memory_equal(got, want, SIZE);
	}
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void compares(void **state)
{
	static const char *const texts[] = { "",
					     "a",
					     "ab",
					     "abc",
					     "abd",
					     "b",
					     "\x80",
					     "\xff"
					     "a" };

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++) {
		for (unsigned j = 0; j < ARRAY_SIZE(texts); j++) {
			const char *a = texts[i], *b = texts[j];
			assert_int_equal(sign(strcmp(a, b)), sign(libc_strncmp(a, b, 100)));
			for (unsigned n = 0; n < 5; n++)
				assert_int_equal(sign(strncmp(a, b, n)),
						 sign(libc_strncmp(a, b, n)));
		}
	}
	assert_int_equal(memcmp("a\0b", "a\0c", 3), -1);
	assert_int_equal(sign(libc_memcmp("a\0b", "a\0c", 3)), -1);
	assert_int_equal(memcmp("a\0c", "a\0b", 3), 1);
	assert_int_equal(memcmp("\xff", "\x01", 1), 1);
	assert_int_equal(memcmp("abc", "abd", 2), 0);
	assert_int_equal(memcmp("a", "b", 0), 0);
}

static void measures(void **state)
{
	char *exact = malloc(3); /* no terminator: ASan sees a read past it */

	libc_memcpy(exact, "abc", 3);
	assert_int_equal(strnlen(exact, 3), 3);
	assert_int_equal(strnlen(exact, 0), 0);
	free(exact);
	assert_int_equal(strnlen("ab", 9), 2);
	assert_int_equal(strlen(""), 0);
	assert_int_equal(strlen("abc"), 3);
}

static void searches(void **state)
{
	const char *text = "abcb";

	assert_ptr_equal(strchr(text, 'b'), text + 1);
	assert_ptr_equal(strchr(text, 0), text + 4);
	assert_ptr_equal(strchr(text, 'b' + 256), text + 1);
	assert_null(strchr(text, 'x'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves),    cmocka_unit_test(copies_and_fills),
		cmocka_unit_test(compares), cmocka_unit_test(measures),
		cmocka_unit_test(searches),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
