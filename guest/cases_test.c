/* Every embedded image parses, and for each exit that Plinth types and carries up there is a guest
 * that expects it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/image.h"

#ifndef GUEST_IMAGES
#define GUEST_IMAGES "build/guest"
#endif
#define MAX_IMAGE 65536

/* No guest can provoke these: what the hardware does not report for them is said beside. */
static const enum vcpu_exit_kind unreachable[] = {
	VCPU_EXIT_UNKNOWN,     /* by definition */
	VCPU_EXIT_SINGLE_STEP, /* the host's debugger asks for it */
	VCPU_EXIT_NMI,         /* the host's, at any time */
	VCPU_EXIT_KICKED,      /* the host's, at any time */
	VCPU_EXIT_INIT,        /* the host's: other CPUs' INITs are emulated as IPIs */
	VCPU_EXIT_SIPI,        /* likewise */
	VCPU_EXIT_XSAVES,      /* guests are shown no supervisor state that would make it exit */
	VCPU_EXIT_ANSWERED,    /* their board answers nothing in the backend's loop */
	VCPU_EXIT_DEBUG,       /* likewise */
	VCPU_EXIT_APIC,        /* they have no local APIC for hardware to work on */
};

static unsigned expected_by[VCPU_EXIT_KINDS];
static unsigned images, modes[VCPU_MODE_LONG64 + 1];

static void count(const char *name, const uint8_t *bytes, size_t size)
{
	struct guest_image image;
	struct reason why;

	if (guest_image_parse(bytes, size, &image, &why))
		fail_msg("%s: %s", name, why.text);
	images++;
	modes[image.header.mode]++;
	for (uint32_t i = 0; i < image.row_count; i++) {
		if (image.rows[i].type == ROW_EXIT || image.rows[i].type == ROW_COUNT)
			expected_by[image.rows[i].kind]++;
	}
	assert_true(strlen(image.header.says) > 10);
}

static void every_image_parses(void **state)
{
	static uint8_t bytes[MAX_IMAGE];
	struct dirent *entry;
	DIR *directory = opendir(GUEST_IMAGES);

	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		char path[512];
		size_t length = strlen(entry->d_name);

		if (length < 4 || strcmp(entry->d_name + length - 4, ".bin"))
			continue;
		snprintf(path, sizeof(path), GUEST_IMAGES "/%s", entry->d_name);
		FILE *file = fopen(path, "rb");
		assert_non_null(file);
		size_t size = fread(bytes, 1, sizeof(bytes), file);
		assert_true(size < sizeof(bytes));
		fclose(file);
		count(entry->d_name, bytes, size);
	}
	closedir(directory);
	assert_true(images > 0);
}

static void every_exit_is_expected_by_a_guest(void **state)
{
	unsigned missing = 0;

	for (unsigned kind = 0; kind < VCPU_EXIT_KINDS; kind++) {
		bool excused = false;

		for (unsigned i = 0; i < ARRAY_SIZE(unreachable); i++)
			excused |= unreachable[i] == kind;
		if (!excused && !expected_by[kind]) {
			print_message("no guest expects %s\n",
				      vcpu_exit_name((enum vcpu_exit_kind)kind));
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

static void every_mode_has_guests(void **state)
{
	assert_true(modes[VCPU_MODE_REAL16] >= 4);
	assert_true(modes[VCPU_MODE_PROT32] >= 4);
	assert_true(modes[VCPU_MODE_PAE32] >= 4);
	assert_true(modes[VCPU_MODE_LONG64] >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_image_parses),
		cmocka_unit_test(every_exit_is_expected_by_a_guest),
		cmocka_unit_test(every_mode_has_guests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
