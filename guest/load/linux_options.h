/* The two options of a Linux command line that are for the boot loader as well: Linux, "Special
 * Command Line Options". Pure. */
#ifndef GUEST_LOAD_LINUX_OPTIONS_H
#define GUEST_LOAD_LINUX_OPTIONS_H

#include "lib/types.h"

#define LINUX_VIDEO_NORMAL 0xffff
#define LINUX_VIDEO_EXT    0xfffe
#define LINUX_VIDEO_ASK    0xfffd

struct linux_options {
	uint64_t
		memory_end; /* mem=: the kernel uses nothing above; UINT64_MAX if it does not say */
	uint16_t
		video_mode; /* vga=, for the real-mode code; LINUX_VIDEO_NORMAL if it does not say */
};

/* What the kernel would not understand either counts as not said; of several the last one counts. */
struct linux_options linux_options_read(const char *command_line);

#endif
