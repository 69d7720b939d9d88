/* Bytes, pointers and checksums. */
#include "guest/tables/acpi_blob.h"

#include "guest/tables/table_writer.h"
#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

void acpi_blob_init(struct acpi_blob *blob, uint8_t *tables, uint32_t tables_size, uint8_t *rsdp,
		    uint32_t rsdp_size)
{
	*blob = (struct acpi_blob) {
		.bytes = { [ACPI_PART_TABLES] = tables, [ACPI_PART_RSDP] = rsdp },
		.size = { [ACPI_PART_TABLES] = tables_size, [ACPI_PART_RSDP] = rsdp_size },
	};
}

/* Room for `count` bytes at the end of a part, or null. */
static uint8_t *extend(struct acpi_blob *blob, enum acpi_part part, uint32_t count)
{
	uint8_t *at = blob->bytes[part] + blob->used[part];

	if (count > blob->size[part] - blob->used[part]) {
		blob->full = true;
		return NULL;
	}
	blob->used[part] += count;
	return at;
}

void *acpi_put_bytes(struct acpi_blob *blob, enum acpi_part part, const void *bytes, uint32_t count)
{
	uint8_t *at = extend(blob, part, count);

	return at ? memcpy(at, bytes, count) : NULL;
}

void acpi_put_zeros(struct acpi_blob *blob, enum acpi_part part, uint32_t count)
{
	uint8_t *at = extend(blob, part, count);

	if (at)
		memset(at, 0, count);
}

void acpi_put(struct acpi_blob *blob, enum acpi_part part, uint64_t value, unsigned width)
{
	uint8_t *at = extend(blob, part, width);

	if (at)
		store_bytes(at, value, width);
}

void acpi_add_pointer(struct acpi_blob *blob, enum acpi_part part, uint32_t offset, unsigned width)
{
	struct acpi_pointer pointer = { part, offset, (uint8_t)width };

	if (blob->pointer_count == ACPI_POINTERS)
		blob->full = true;
	else
		blob->pointers[blob->pointer_count++] = pointer;
}

void acpi_align(struct acpi_blob *blob, uint32_t alignment)
{
	uint32_t used = blob->used[ACPI_PART_TABLES];

	acpi_put_zeros(blob, ACPI_PART_TABLES, (uint32_t)align_up(used, alignment) - used);
}

void acpi_add_checksum(struct acpi_blob *blob, enum acpi_part part, uint32_t offset, uint32_t start,
		       uint32_t length)
{
	if (blob->checksum_count == ACPI_CHECKSUMS)
		blob->full = true;
	if (blob->full)
		return;
	blob->bytes[part][offset] = 0;
	blob->checksums[blob->checksum_count++] =
		(struct acpi_checksum) { part, offset, start, length };
}

void acpi_blob_place(struct acpi_blob *blob, uint64_t address)
{
	for (unsigned i = 0; i < blob->pointer_count; i++) {
		const struct acpi_pointer *p = &blob->pointers[i];
		uint8_t *at = blob->bytes[p->in] + p->offset;

		store_bytes(at, load_bytes(at, p->width) + address, p->width);
	}
	for (unsigned i = 0; i < blob->checksum_count; i++) {
		const struct acpi_checksum *c = &blob->checksums[i];

		table_make_sum_zero(blob->bytes[c->in] + c->start, c->length, c->offset - c->start);
	}
}
