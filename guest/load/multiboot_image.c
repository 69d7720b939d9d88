/* Loads Multiboot images. Addresses in a header (the "a.out kludge") describe one piece: its bytes
 * begin as far before the header in the file as they do in memory. */
#include "guest/load/multiboot_image.h"

#include "guest/load/kernel_sections.h"
#include "guest/load/start_tables.h"

/* The offset and address of the first byte that is loaded. */
static enum error find_start(uint64_t offset, const struct multiboot_addresses *addresses,
			     struct kernel_piece *piece, struct reason *why)
{
	if (addresses->load == MULTIBOOT_WHOLE_FILE) {
		piece->offset = 0;
		if (addresses->header < offset)
			return reason_set(why, ERROR_INVALID_DATA,
					  "multiboot: header_addr 0x%x leaves no room for the "
					  "0x%lx bytes before the header",
					  addresses->header, offset);
		piece->physical = addresses->header - offset;
		return ERROR_NONE;
	}
	if (addresses->load > addresses->header)
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot: load_addr 0x%x lies above header_addr 0x%x",
				  addresses->load, addresses->header);
	if (addresses->header - addresses->load > offset)
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot: load_addr 0x%x lies 0x%x bytes before the header, "
				  "which is at file offset 0x%lx",
				  addresses->load, addresses->header - addresses->load, offset);
	piece->offset = offset - (addresses->header - addresses->load);
	piece->physical = addresses->load;
	return ERROR_NONE;
}

static enum error find_size(const struct kernel_load *load,
			    const struct multiboot_addresses *addresses, struct kernel_piece *piece,
			    struct reason *why)
{
	uint64_t rest = load->kernel->length - piece->offset, end;

	if (!addresses->load_end)
		piece->file_size = rest;
	else if (addresses->load_end < piece->physical ||
		 addresses->load_end - piece->physical > rest)
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot: load_end_addr 0x%x is not within the 0x%lx bytes of "
				  "the file from 0x%lx on",
				  addresses->load_end, rest, piece->physical);
	else
		piece->file_size = addresses->load_end - piece->physical;

	end = piece->physical + piece->file_size;
	if (addresses->bss_end && addresses->bss_end < end)
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot: bss_end_addr 0x%x lies below 0x%lx, where the file's "
				  "bytes end",
				  addresses->bss_end, end);
	piece->memory_size = (addresses->bss_end ? addresses->bss_end : end) - piece->physical;
	return ERROR_NONE;
}

enum error multiboot_load_addresses(struct kernel_load *load, uint64_t offset,
				    const struct multiboot_addresses *addresses, uint64_t entry,
				    const struct kernel_wish *wish, struct reason *why)
{
	struct kernel_piece piece;
	enum error error = find_start(offset, addresses, &piece, why);

	if (!error)
		error = find_size(load, addresses, &piece, why);
	return error ? error : kernel_load_pieces(load, &piece, 1, entry, wish, why);
}

enum error multiboot_load_elf(struct kernel_load *load, const uint32_t *entry,
			      const struct kernel_wish *wish, struct reason *why)
{
	uint64_t physical = entry ? *entry : 0;
	enum error error = kernel_load_open_elf(load, why);

	if (!error && !entry)
		error = elf_entry(&load->elf, load->elf.entry, &physical, why);
	return error ? error : kernel_load_elf(load, physical, wish, why);
}

enum error multiboot_enter(struct kernel_load *load, uint32_t magic,
			   void (*write)(struct info_writer *writer, const struct kernel_load *load,
					 const void *context),
			   const void *context, struct boot_state *out, struct reason *why)
{
	enum error error = start_flat(&load->placement, VCPU_MODE_PROT32, out, why);

	if (!error)
		error = kernel_load_modules(load, why);
	if (error)
		return error;
	kernel_sections_load(load);
	out->rip = load->entry;
	out->gpr[RAX] = magic;
	return info_place(load, write, context, &out->gpr[RBX], why);
}
