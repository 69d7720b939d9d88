/* Both layouts of a task-state segment, field by field. */
#include "vm/emulate/tss.h"

#include "lib/string.h"

/* SDM volume 3, figure "32-Bit Task-State Segment (TSS)": selectors are followed by two bytes that are
 * reserved. */
struct tss32 {
	uint16_t link, reserved;
	uint32_t stacks[6]; /* ESP0, SS0, ... */
	uint32_t cr3, eip, eflags;
	uint32_t gpr[8];
	uint32_t segment[TSS_SEGMENTS];
	uint32_t ldt;
	uint16_t trap, io_map;
};
_Static_assert(sizeof(struct tss32) == TSS_LENGTH_MAX, "32-bit TSS");
_Static_assert(offsetof(struct tss32, cr3) == 28, "32-bit TSS");
_Static_assert(offsetof(struct tss32, segment) == 72, "32-bit TSS");

#define TSS32_TRAP 1

/* SDM volume 3, figure "16-Bit TSS Format". */
#define TSS16_SEGMENTS 4 /* ES to DS */

struct tss16 {
	uint16_t link;
	uint16_t stacks[6]; /* SP0, SS0, ... */
	uint16_t ip, flags;
	uint16_t gpr[8];
	uint16_t segment[TSS16_SEGMENTS];
	uint16_t ldt;
};
_Static_assert(sizeof(struct tss16) == 44, "16-bit TSS");
_Static_assert(offsetof(struct tss16, ip) == 14, "16-bit TSS");
_Static_assert(offsetof(struct tss16, segment) == 34, "16-bit TSS");

uint32_t tss_length(bool is_16bit)
{
	return is_16bit ? sizeof(struct tss16) : sizeof(struct tss32);
}

static void unpack16(const void *bytes, struct tss_image *image)
{
	struct tss16 tss;

	memcpy(&tss, bytes, sizeof(tss));
	*image = (struct tss_image) { .eip = tss.ip, .eflags = tss.flags, .ldt = tss.ldt };
	for (unsigned i = 0; i < ARRAY_SIZE(tss.gpr); i++)
		image->gpr[i] = tss.gpr[i];
	for (unsigned i = 0; i < TSS16_SEGMENTS; i++)
		image->segment[i] = tss.segment[i];
}

static void unpack32(const void *bytes, struct tss_image *image)
{
	struct tss32 tss;

	memcpy(&tss, bytes, sizeof(tss));
	*image = (struct tss_image) {
		.eip = tss.eip,
		.eflags = tss.eflags,
		.ldt = (uint16_t)tss.ldt,
		.cr3 = tss.cr3,
		.trap = tss.trap & TSS32_TRAP,
	};
	memcpy(image->gpr, tss.gpr, sizeof(tss.gpr));
	for (unsigned i = 0; i < TSS_SEGMENTS; i++)
		image->segment[i] = (uint16_t)tss.segment[i];
}

void tss_unpack(const void *bytes, bool is_16bit, struct tss_image *image)
{
	if (is_16bit)
		unpack16(bytes, image);
	else
		unpack32(bytes, image);
}

static void pack16(const struct tss_image *image, struct tss_saved *saved)
{
	struct tss16 tss = { .ip = (uint16_t)image->eip, .flags = (uint16_t)image->eflags };

	for (unsigned i = 0; i < ARRAY_SIZE(tss.gpr); i++)
		tss.gpr[i] = (uint16_t)image->gpr[i];
	for (unsigned i = 0; i < TSS16_SEGMENTS; i++)
		tss.segment[i] = image->segment[i];
	saved->offset = offsetof(struct tss16, ip);
	saved->length = offsetof(struct tss16, ldt) - saved->offset;
	memcpy(saved->bytes, &tss.ip, saved->length);
}

static void pack32(const struct tss_image *image, struct tss_saved *saved)
{
	struct tss32 tss = { .eip = image->eip, .eflags = image->eflags };

	memcpy(tss.gpr, image->gpr, sizeof(tss.gpr));
	for (unsigned i = 0; i < TSS_SEGMENTS; i++)
		tss.segment[i] = image->segment[i];
	saved->offset = offsetof(struct tss32, eip);
	saved->length = offsetof(struct tss32, ldt) - saved->offset;
	memcpy(saved->bytes, &tss.eip, saved->length);
}

void tss_pack(const struct tss_image *image, bool is_16bit, struct tss_saved *saved)
{
	if (is_16bit)
		pack16(image, saved);
	else
		pack32(image, saved);
}
