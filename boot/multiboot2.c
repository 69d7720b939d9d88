/* Walks the tags of the Multiboot2 boot information. What takes a tag has the tag's bounds and nothing
 * else, and says false after complaining when the tag is to be left out. */
#include "boot/multiboot2.h"

#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"
#include "lib/text_list.h"

struct tag {
	const uint8_t *bytes;
	uint32_t size, offset, type;
};

struct walk {
	const struct multiboot2_source *source;
	struct multiboot2_info *out;
	const struct complaints *complaints;
	uint32_t seen; /* a bit for each tag type that was taken */
};

/* By type, of which the list leaves none out. */
static const char tag_names[] =
#define X(symbol, type, tag_name, least) tag_name "\0"
	MULTIBOOT2_TAG_LIST(X)
#undef X
	;
#define X(symbol, type, tag_name, least) +1
_Static_assert(0 MULTIBOOT2_TAG_LIST(X) == MULTIBOOT2_TAG_TYPES, "every tag type has a name");
#undef X

static const uint8_t smallest_tags[] = {
#define X(symbol, type, tag_name, least) [type] = (least),
	MULTIBOOT2_TAG_LIST(X)
#undef X
};
_Static_assert(ARRAY_SIZE(smallest_tags) == MULTIBOOT2_TAG_TYPES, "every tag type has a row");
_Static_assert(MULTIBOOT2_TAG_TYPES <= 32, "struct walk has a bit for each type");

const char *multiboot2_tag_name(uint32_t type)
{
	return type < MULTIBOOT2_TAG_TYPES ? nth_text(tag_names, type) : "unknown";
}

/* The one form of complaint: which tag, where, and what is wrong with it. Always false. */
static bool leave_out(struct walk *walk, const struct tag *tag, const char *what)
{
	complain(walk->complaints, "multiboot2: tag type=%u (%s) offset=%u size=%u left out: %s",
		 tag->type, multiboot2_tag_name(tag->type), tag->offset, tag->size, what);
	return false;
}

/* The string from byte `from` of the tag; null when it is not terminated within the tag. */
static const char *string_at(const struct tag *tag, uint32_t from)
{
	const char *text = (const char *)tag->bytes + from;
	uint32_t room = tag->size - from;

	return strnlen(text, room) < room ? text : NULL;
}

static bool take_text(struct walk *walk, const struct tag *tag, const char **place)
{
	const char *text = string_at(tag, sizeof(struct multiboot2_tag));

	if (!text)
		return leave_out(walk, tag, "the string is not terminated");
	*place = text;
	return true;
}

/* Null, or what the module range [start, start + length) must not overlap. */
static const char *module_collision(const struct walk *walk, uint64_t start, uint64_t length)
{
	const struct multiboot2_source *source = walk->source;
	const struct multiboot2_info *out = walk->out;

	if (ranges_overlap(start, length, source->at.value, out->total_size))
		return "it overlaps the boot information";
	if (source->image_length &&
	    ranges_overlap(start, length, source->image.value, source->image_length))
		return "it overlaps Plinth's image";
	for (unsigned i = 0; i < out->module_count; i++) {
		const struct multiboot2_module *other = &out->modules[i];
		if (other->length &&
		    ranges_overlap(start, length, other->start.value, other->length))
			return "it overlaps an earlier module";
	}
	return NULL;
}

static bool take_module(struct walk *walk, const struct tag *tag)
{
	struct multiboot2_info *out = walk->out;
	uint64_t start = load_u32(tag->bytes + offsetof(struct multiboot2_module_tag, start));
	uint64_t end = load_u32(tag->bytes + offsetof(struct multiboot2_module_tag, end));
	const char *text = string_at(tag, sizeof(struct multiboot2_module_tag));

	if (!text)
		return leave_out(walk, tag, "the string is not terminated");
	if (end < start)
		return leave_out(walk, tag, "the module ends before it starts");
	const char *collision = end > start ? module_collision(walk, start, end - start) : NULL;
	if (collision)
		return leave_out(walk, tag, collision);
	if (out->module_count == MULTIBOOT2_MAX_MODULES)
		return leave_out(walk, tag, "there are more than 64 modules");
	out->modules[out->module_count++] =
		(struct multiboot2_module) { hpa(start), end - start, text, tag->offset };
	return true;
}
_Static_assert(MULTIBOOT2_MAX_MODULES == 64, "the sentence in take_module() says 64");

static bool take_basic_memory(struct walk *walk, const struct tag *tag)
{
	struct multiboot2_basic_memory_tag raw;

	memcpy(&raw, tag->bytes, sizeof(raw));
	walk->out->has_basic_memory = true;
	walk->out->lower_kib = raw.lower_kib;
	walk->out->upper_kib = raw.upper_kib;
	return true;
}

/* Both memory maps: two words and then records to the end of the tag. */
static bool take_table(struct walk *walk, const struct tag *tag, uint32_t smallest,
		       struct multiboot2_table *table)
{
	const uint32_t head = sizeof(struct multiboot2_table_tag);
	uint32_t record_size =
		load_u32(tag->bytes + offsetof(struct multiboot2_table_tag, record_size));
	uint32_t length = tag->size - head;

	if (record_size < smallest)
		return leave_out(walk, tag, "its entries are too small");
	if (record_size % MULTIBOOT2_TAG_ALIGN)
		return leave_out(walk, tag, "its entry size is not a multiple of 8");
	if (length % record_size)
		return leave_out(walk, tag, "its entry size does not divide its length");
	*table = (struct multiboot2_table) { tag->bytes + head, record_size, length / record_size };
	return true;
}

static bool field_fits(uint8_t position, uint8_t size, uint8_t bits_per_pixel)
{
	return size && size <= 16 && position + size <= bits_per_pixel;
}

/* Null, or what is wrong with a framebuffer. `size` is the tag's. */
static const char *framebuffer_fault(const struct multiboot2_framebuffer *fb, uint32_t size)
{
	uint32_t bytes = (fb->bits_per_pixel + 7u) / 8u;

	if (fb->type > MULTIBOOT2_FRAMEBUFFER_TEXT)
		return "its type is unknown";
	if (!fb->width || !fb->height || !fb->pitch || !bytes || bytes > 4)
		return "a dimension is out of range";
	if ((uint64_t)fb->width * bytes > fb->pitch)
		return "a row is longer than the pitch";
	if (!range_is_valid(fb->address.value, (uint64_t)fb->pitch * fb->height))
		return "it wraps around the address space";
	if (fb->type != MULTIBOOT2_FRAMEBUFFER_RGB)
		return NULL;
	if (size < sizeof(struct multiboot2_framebuffer_tag))
		return "it is too small for its colour fields";
	if (!field_fits(fb->red_position, fb->red_size, fb->bits_per_pixel) ||
	    !field_fits(fb->green_position, fb->green_size, fb->bits_per_pixel) ||
	    !field_fits(fb->blue_position, fb->blue_size, fb->bits_per_pixel))
		return "a colour field lies outside the pixel";
	return NULL;
}

static bool take_framebuffer(struct walk *walk, const struct tag *tag)
{
	struct multiboot2_framebuffer_tag raw = { 0 };

	memcpy(&raw, tag->bytes, tag->size < sizeof(raw) ? tag->size : sizeof(raw));
	struct multiboot2_framebuffer fb = {
		.present = true,
		.type = raw.type,
		.address = hpa(raw.address),
		.pitch = raw.pitch,
		.width = raw.width,
		.height = raw.height,
		.bits_per_pixel = raw.bits_per_pixel,
	};
	if (raw.type == MULTIBOOT2_FRAMEBUFFER_RGB) {
		fb.red_position = raw.red_position;
		fb.red_size = raw.red_size;
		fb.green_position = raw.green_position;
		fb.green_size = raw.green_size;
		fb.blue_position = raw.blue_position;
		fb.blue_size = raw.blue_size;
	}

	const char *fault = framebuffer_fault(&fb, tag->size);
	if (fault)
		return leave_out(walk, tag, fault);
	walk->out->framebuffer = fb;
	return true;
}

static struct multiboot2_bytes tag_content(const struct tag *tag)
{
	const uint32_t head = sizeof(struct multiboot2_tag);

	return (struct multiboot2_bytes) { tag->bytes + head, tag->size - head };
}

/* Of what has a single word behind its head. */
static uint32_t tag_word(const struct tag *tag)
{
	return load_u32(tag->bytes + sizeof(struct multiboot2_tag));
}

/* Types that have no case are known and not needed. */
static bool take_content(struct walk *walk, const struct tag *tag)
{
	struct multiboot2_info *out = walk->out;

	switch (tag->type) {
	case MULTIBOOT2_TAG_COMMAND_LINE:
		return take_text(walk, tag, &out->command_line);
	case MULTIBOOT2_TAG_LOADER_NAME:
		return take_text(walk, tag, &out->loader_name);
	case MULTIBOOT2_TAG_MODULE:
		return take_module(walk, tag);
	case MULTIBOOT2_TAG_BASIC_MEMORY:
		return take_basic_memory(walk, tag);
	case MULTIBOOT2_TAG_MEMORY_MAP:
		return take_table(walk, tag, sizeof(struct multiboot2_memory_entry),
				  &out->memory_map);
	case MULTIBOOT2_TAG_EFI_MEMORY_MAP:
		return take_table(walk, tag, sizeof(struct efi_memory_descriptor),
				  &out->efi_memory_map);
	case MULTIBOOT2_TAG_FRAMEBUFFER:
		return take_framebuffer(walk, tag);
	case MULTIBOOT2_TAG_EFI32:
		if (out->efi_is_64bit)
			return leave_out(walk, tag, "the 64-bit system table is known already");
		out->efi_system_table = tag_word(tag);
		return true;
	case MULTIBOOT2_TAG_EFI64:
		out->efi_system_table = load_u64(tag->bytes + sizeof(struct multiboot2_tag));
		out->efi_is_64bit = true;
		return true;
	case MULTIBOOT2_TAG_OLD_RSDP:
		out->old_rsdp = tag_content(tag);
		return true;
	case MULTIBOOT2_TAG_NEW_RSDP:
		out->new_rsdp = tag_content(tag);
		return true;
	case MULTIBOOT2_TAG_EFI_BOOT_SERVICES:
		out->efi_boot_services = true;
		return true;
	case MULTIBOOT2_TAG_LOAD_BASE:
		out->has_load_base = true;
		out->load_base = tag_word(tag);
		return true;
	}
	return false;
}

static void take(struct walk *walk, const struct tag *tag)
{
	if (tag->type >= MULTIBOOT2_TAG_TYPES)
		return;
	if (tag->size < smallest_tags[tag->type]) {
		leave_out(walk, tag, "it is too small for its type");
		return;
	}
	if (tag->type != MULTIBOOT2_TAG_MODULE && (walk->seen & BIT(tag->type))) {
		leave_out(walk, tag, "it is a duplicate; the first one counts");
		return;
	}
	if (take_content(walk, tag))
		walk->seen |= (uint32_t)BIT(tag->type);
}

static enum error check_block(const struct multiboot2_source *source, struct reason *why)
{
	const uint32_t least = sizeof(struct multiboot2_header) + sizeof(struct multiboot2_tag);

	if (!source->info || source->available < sizeof(struct multiboot2_header))
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot2: no boot information at 0x%llx",
				  (unsigned long long)source->at.value);
	if (source->at.value % MULTIBOOT2_TAG_ALIGN)
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot2: boot information at 0x%llx is not 8-byte aligned",
				  (unsigned long long)source->at.value);
	uint32_t total = load_u32(source->info);
	if (total < least)
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot2: total size %u is too small for one tag", total);
	if (total > source->available)
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot2: total size %u exceeds the %zu bytes that exist",
				  total, source->available);
	return ERROR_NONE;
}

/* Reads the tag at `offset`; its whole size lies inside the block on success. */
static enum error read_tag(const struct multiboot2_source *source, uint32_t total, uint32_t offset,
			   struct tag *tag, struct reason *why)
{
	const uint32_t head = sizeof(struct multiboot2_tag);

	if (total - offset < head)
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot2: no end tag before the end at offset %u", total);
	tag->bytes = (const uint8_t *)source->info + offset;
	tag->offset = offset;
	tag->type = load_u32(tag->bytes);
	tag->size = load_u32(tag->bytes + offsetof(struct multiboot2_tag, size));
	if (tag->size < head)
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot2: tag type=%u (%s) offset=%u has size %u, less than 8",
				  tag->type, multiboot2_tag_name(tag->type), offset, tag->size);
	if (tag->size > total - offset)
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot2: tag type=%u (%s) offset=%u size=%u ends past the "
				  "block's %u bytes",
				  tag->type, multiboot2_tag_name(tag->type), offset, tag->size,
				  total);
	return ERROR_NONE;
}

enum error multiboot2_parse(const struct multiboot2_source *source, struct multiboot2_info *out,
			    const struct complaints *complaints, struct reason *why)
{
	struct walk walk = { source, out, complaints, 0 };

	*out = (struct multiboot2_info) { .command_line = "", .loader_name = "" };
	enum error error = check_block(source, why);
	if (error)
		return error;
	out->total_size = load_u32(source->info);

	for (uint32_t offset = sizeof(struct multiboot2_header);;) {
		struct tag tag;
		error = read_tag(source, out->total_size, offset, &tag, why);
		if (error)
			return error;
		if (tag.type == MULTIBOOT2_TAG_END)
			return ERROR_NONE;
		take(&walk, &tag);

		/* The tag ends within the block: rounding up passes its end by 7 at most. */
		uint64_t next = align_up((uint64_t)offset + tag.size, MULTIBOOT2_TAG_ALIGN);
		offset = next < out->total_size ? (uint32_t)next : out->total_size;
	}
}

struct multiboot2_memory_entry multiboot2_memory_entry(const struct multiboot2_table *table,
						       uint32_t index)
{
	struct multiboot2_memory_entry entry;

	memcpy(&entry, table->records + (size_t)index * table->record_size, sizeof(entry));
	return entry;
}

struct efi_memory_descriptor multiboot2_efi_descriptor(const struct multiboot2_table *table,
						       uint32_t index)
{
	struct efi_memory_descriptor descriptor;

	memcpy(&descriptor, table->records + (size_t)index * table->record_size,
	       sizeof(descriptor));
	return descriptor;
}
