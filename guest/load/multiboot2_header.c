/* Reads a Multiboot2 header: a list of tags, each with a function that takes it. */
#include "guest/load/load_multiboot2.h"

#include "boot/multiboot2.h"
#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

/* "OS image format: The layout of Multiboot2 header". */
#define HEADER_MAGIC  0xe85250d6u
#define HEADER_WITHIN 32768 /* bytes from the start of the file */
#define HEADER_ALIGN  8

enum { ARCHITECTURE_I386 = 0 };

struct header {
	uint32_t magic, architecture, length, checksum;
};

/* The head of each tag. */
struct tag {
	uint16_t type, flags;
	uint32_t size; /* this head included, padding to the next tag not */
};

#define TAG_OPTIONAL 1u /* flag: a boot loader may pass over it */

struct relocation_tag {
	struct tag tag;
	uint32_t least, most, alignment, preference;
};

enum { PREFER_NONE = 0, PREFER_LOWEST = 1, PREFER_HIGHEST = 2 };

enum { CONSOLE_REQUIRED = 1 << 0, CONSOLE_TEXT = 1 << 1 };

/* A tag with its bytes. */
struct tag_at {
	struct tag tag;
	const uint8_t *bytes;
	uint64_t offset; /* in the file, for sentences */
};

static bool is_header(const struct load_file *kernel, uint64_t at)
{
	struct header header;

	memcpy(&header, kernel->bytes + at, sizeof(header));
	return header.magic == HEADER_MAGIC && header.architecture == ARCHITECTURE_I386 &&
	       header.magic + header.architecture + header.length + header.checksum == 0;
}

bool multiboot2_find(const struct load_file *kernel, uint64_t *offset)
{
	for (uint64_t at = 0; at + sizeof(struct header) <= kernel->length &&
			      at + sizeof(struct header) <= HEADER_WITHIN;
	     at += HEADER_ALIGN) {
		if (is_header(kernel, at)) {
			*offset = at;
			return true;
		}
	}
	return false;
}

/* Every type of information that the specification knows may be asked for: what this machine does
 * not have is not told. */
static enum error take_request(const struct tag_at *at, struct multiboot2_wants *out,
			       struct reason *why)
{
	for (uint32_t n = sizeof(struct tag); n + 4 <= at->tag.size; n += 4) {
		uint32_t type = load_u32(at->bytes + n);

		if (type >= MULTIBOOT2_TAG_TYPES && !(at->tag.flags & TAG_OPTIONAL))
			return reason_set(why, ERROR_UNSUPPORTED,
					  "multiboot: the header's tag at 0x%lx requires "
					  "information of type %u, which is unknown",
					  at->offset, type);
	}
	return ERROR_NONE;
}

static enum error take_addresses(const struct tag_at *at, struct multiboot2_wants *out,
				 struct reason *why)
{
	out->has_addresses = true;
	out->addresses = (struct multiboot_addresses) {
		.header = load_u32(at->bytes + 8),
		.load = load_u32(at->bytes + 12),
		.load_end = load_u32(at->bytes + 16),
		.bss_end = load_u32(at->bytes + 20),
	};
	return ERROR_NONE;
}

static enum error take_entry(const struct tag_at *at, struct multiboot2_wants *out,
			     struct reason *why)
{
	out->has_entry = true;
	out->entry = load_u32(at->bytes + sizeof(struct tag));
	return ERROR_NONE;
}

static enum error take_console(const struct tag_at *at, struct multiboot2_wants *out,
			       struct reason *why)
{
	uint32_t flags = load_u32(at->bytes + sizeof(struct tag));

	out->console_required = flags & CONSOLE_REQUIRED;
	out->takes_text = flags & CONSOLE_TEXT;
	return ERROR_NONE;
}

/* Nothing to do: modules always begin at pages, and a wish for a framebuffer is only a wish. */
static enum error take_granted(const struct tag_at *at, struct multiboot2_wants *out,
			       struct reason *why)
{
	return ERROR_NONE;
}

static enum error take_relocation(const struct tag_at *at, struct multiboot2_wants *out,
				  struct reason *why)
{
	struct relocation_tag raw;

	memcpy(&raw, at->bytes, sizeof(raw));
	if (raw.alignment && !is_power_of_two(raw.alignment))
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot: the header's tag at 0x%lx aligns the image to 0x%x, "
				  "which is no power of two",
				  at->offset, raw.alignment);
	out->has_relocation = true;
	out->relocation = (struct kernel_wish) {
		.least = raw.least,
		.limit = raw.most,
		.alignment = raw.alignment ? raw.alignment : 1,
		.anywhere = raw.preference == PREFER_NONE,
		.order = raw.preference == PREFER_HIGHEST ? PLACE_HIGHEST : PLACE_LOWEST,
	};
	return ERROR_NONE;
}

/* Tags without a row are those of other machines (EFI's), and what is unknown. */
static const struct {
	const char *name;
	uint32_t least;
	enum error (*take)(const struct tag_at *, struct multiboot2_wants *, struct reason *);
} takers[] = {
	[1] = { "information request", 8, take_request },
	[2] = { "address", 24, take_addresses },
	[3] = { "entry address", 12, take_entry },
	[4] = { "console flags", 12, take_console },
	[5] = { "framebuffer", 20, take_granted },
	[6] = { "module alignment", 8, take_granted },
	[7] = { "EFI boot services", 8, NULL },
	[8] = { "EFI i386 entry address", 12, NULL },
	[9] = { "EFI amd64 entry address", 12, NULL },
	[10] = { "relocatable image", sizeof(struct relocation_tag), take_relocation },
};

static const char *tag_name(uint16_t type)
{
	return type < ARRAY_SIZE(takers) && takers[type].name ? takers[type].name : "unknown";
}

static enum error take(const struct tag_at *at, struct multiboot2_wants *out, struct reason *why)
{
	uint16_t type = at->tag.type;

	if (type >= ARRAY_SIZE(takers) || !takers[type].take) {
		if (at->tag.flags & TAG_OPTIONAL)
			return ERROR_NONE;
		return reason_set(why, ERROR_UNSUPPORTED,
				  "multiboot: the header requires tag %u (%s) at 0x%lx, which this "
				  "machine does not have",
				  type, tag_name(type), at->offset);
	}
	if (at->tag.size < takers[type].least)
		return reason_set(
			why, ERROR_INVALID_DATA,
			"multiboot: the header's tag %u (%s) at 0x%lx has %u bytes, not %u "
			"or more",
			type, tag_name(type), at->offset, at->tag.size, takers[type].least);
	return takers[type].take(at, out, why);
}

/* Takes the tags in [at, end) of the file up to the tag that ends them. */
static enum error take_tags(const struct load_file *kernel, uint64_t at, uint64_t end,
			    struct multiboot2_wants *out, struct reason *why)
{
	while (end - at >= sizeof(struct tag)) {
		struct tag_at this = { .bytes = kernel->bytes + at, .offset = at };

		memcpy(&this.tag, this.bytes, sizeof(this.tag));
		if (this.tag.size < sizeof(this.tag) || this.tag.size > end - at)
			return reason_set(why, ERROR_INVALID_DATA,
					  "multiboot: the header's tag %u at 0x%lx has %u bytes; "
					  "the header ends at 0x%lx",
					  this.tag.type, at, this.tag.size, end);
		if (this.tag.type == 0)
			return ERROR_NONE;
		enum error error = take(&this, out, why);
		if (error)
			return error;
		at = align_up(at + this.tag.size, HEADER_ALIGN);
		at = at < end ? at : end;
	}
	return reason_set(why, ERROR_INVALID_DATA,
			  "multiboot: the header that ends at 0x%lx has no end tag", end);
}

enum error multiboot2_read_header(const struct load_file *kernel, uint64_t offset,
				  struct multiboot2_wants *out, struct reason *why)
{
	struct header header;

	memcpy(&header, kernel->bytes + offset, sizeof(header));
	*out = (struct multiboot2_wants) { .takes_text = true };
	if (header.length < sizeof(header) || header.length > HEADER_WITHIN - offset ||
	    header.length > kernel->length - offset)
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot: the header at 0x%lx with a length of 0x%x does not "
				  "lie in the file's first 32 KiB",
				  offset, header.length);
	return take_tags(kernel, offset + sizeof(header), offset + header.length, out, why);
}
