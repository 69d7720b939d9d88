/* Words as the kernel sees them: what follows a lone "--" is for init. */
#include "guest/load/linux_options.h"

#include "guest/load/spec_words.h"
#include "lib/types.h"

/* A size in decimal with K, M or G, or a number as C writes it. */
static bool read_size(const struct spec_word *value, uint64_t *size)
{
	return spec_size(value, 1, UINT64_MAX, size) || spec_number(value, 1, UINT64_MAX, size);
}

_Static_assert(LINUX_VIDEO_EXT == LINUX_VIDEO_NORMAL - 1 &&
		       LINUX_VIDEO_ASK == LINUX_VIDEO_NORMAL - 2,
	       "the words in this order");

static bool read_video(const struct spec_word *value, uint16_t *mode)
{
	unsigned named;
	uint64_t number;

	if (spec_choose(value, "normal ext ask", &named))
		*mode = (uint16_t)(LINUX_VIDEO_NORMAL - named);
	else if (spec_number(value, 0, UINT16_MAX, &number))
		*mode = (uint16_t)number;
	else
		return false;
	return true;
}

struct linux_options linux_options_read(const char *command_line)
{
	struct linux_options options = { UINT64_MAX, LINUX_VIDEO_NORMAL };
	struct spec_word word, key, value;

	while (spec_next_word(&command_line, &word) && !spec_word_is(&word, "--")) {
		uint64_t size;
		uint16_t mode;

		if (!spec_split(&word, &key, &value))
			continue;
		if (spec_word_is(&key, "mem") && read_size(&value, &size))
			options.memory_end = size;
		if (spec_word_is(&key, "vga") && read_video(&value, &mode))
			options.video_mode = mode;
	}
	return options;
}
