/* Between the log and whatever display there is. */
#include "kernel/output/screen.h"

#include "boot/memory_map.h"
#include "kernel/output/ega.h"
#include "kernel/firmware.h"
#include "kernel/output/framebuffer.h"
#include "kernel/output/log.h"
#include "kernel/output/log_sinks.h"
#include "kernel/memory.h"
#include "kernel/output/text_grid.h"
#include "kernel/time.h"
#include "x86/instructions.h"

/* The display is painted at most this often while lines come fast. */
#define REFRESH_US 50000

extern const uint8_t console_font[];

/* Guarded by the log's lock once the screen is in use. */
static struct framebuffer fb;
static struct text_grid grid;
static struct text_painter painter;
static uint64_t painted_at; /* time_ticks(); no deadline: the clock may be calibrated meanwhile */

static void paint_ega(void *context, unsigned column, unsigned row, char c)
{
	ega_draw(column, row, c);
}

static void paint_framebuffer(void *context, unsigned column, unsigned row, char c)
{
	framebuffer_draw(&fb, column, row, c);
}

/* Unless `now`, what comes too fast to be read waits a moment, so that the display does not set the
 * pace of the log, nor take the time of CPUs that have nothing to do but to look for more of it. */
static void refresh(bool now)
{
	if (!now && painted_at && time_ticks_to_us(time_ticks() - painted_at) < REFRESH_US)
		return;
	text_grid_paint(&grid, &painter);
	/* Write-combining buffers may keep the last pixels: a screen that is about to be all that is
	 * left of a panic must have them. */
	__asm__ volatile("sfence" : : : "memory");
	painted_at = time_ticks();
}

/* A line alone shows at once. */
static void put_line(const char *line, size_t length)
{
	text_grid_put_line(&grid, line, length);
	refresh(false);
}

static const struct log_screen screen = { put_line, refresh };

static void start(unsigned columns, unsigned rows,
		  void (*paint)(void *context, unsigned column, unsigned row, char c))
{
	painter.paint = paint;
	text_grid_init(&grid, columns, rows);
	log_set_screen(&screen);
}

/* Another text mode would have other rows and glyphs than ega.c sets up. */
static void start_ega(const struct multiboot2_framebuffer *loader)
{
	if (loader->width != EGA_COLUMNS || loader->height != EGA_ROWS ||
	    loader->address.value != EGA_ADDRESS) {
		log_warn("screen", "a text screen of %u by %u at 0x%lx is not used", loader->width,
			 loader->height, loader->address.value);
		return;
	}
	if (ega_init(console_font)) {
		log_warn("screen", "no room to map the text screen");
		return;
	}
	start(EGA_COLUMNS, EGA_ROWS, paint_ega);
	log_info("screen", "EGA text columns=%u rows=%u", EGA_COLUMNS, EGA_ROWS);
}

static void start_framebuffer(const struct multiboot2_framebuffer *loader)
{
	struct reason why;

	fb = (struct framebuffer) {
		.width = loader->width,
		.height = loader->height,
		.pitch = loader->pitch,
		.bytes = (loader->bits_per_pixel + 7u) / 8,
		.red = { loader->red_position, loader->red_size },
		.green = { loader->green_position, loader->green_size },
		.blue = { loader->blue_position, loader->blue_size },
		.font = console_font,
	};
	if (framebuffer_prepare(&fb, &why)) {
		log_reason(LOG_WARN, "screen", &why);
		return;
	}
	if (memory_map_touches_ram(firmware_memory_map(), loader->address.value,
				   framebuffer_length(&fb))) {
		log_warn("screen", "a framebuffer at 0x%lx, within RAM, is not used",
			 loader->address.value);
		return;
	}
	fb.base = mmio_map(loader->address, framebuffer_length(&fb), MMIO_WRITE_COMBINING);
	if (!fb.base) {
		log_warn("screen", "no room to map a framebuffer of %lu bytes",
			 framebuffer_length(&fb));
		return;
	}
	framebuffer_clear(&fb);
	start(framebuffer_columns(&fb), framebuffer_rows(&fb), paint_framebuffer);
	log_info("screen",
		 "framebuffer address=0x%lx width=%u height=%u bits=%u columns=%u rows=%u",
		 loader->address.value, fb.width, fb.height, loader->bits_per_pixel, grid.columns,
		 grid.rows);
}

void screen_init(const struct multiboot2_framebuffer *loader)
{
	if (!loader->present)
		log_info("screen", "the loader handed over no display");
	else if (loader->type == MULTIBOOT2_FRAMEBUFFER_TEXT)
		start_ega(loader);
	else if (loader->type == MULTIBOOT2_FRAMEBUFFER_RGB)
		start_framebuffer(loader);
	else
		log_warn("screen", "a framebuffer with a palette is not used");
}
