/* ACPI tables under construction: bytes, and a list of what depends on where they will lie. Whoever
 * places them (the board in a guest's RAM, or a firmware that is told how through fw_cfg) adds the
 * address to each pointer, then fills in the checksums, in the order of the list. Pure. */
#ifndef GUEST_TABLES_ACPI_BLOB_H
#define GUEST_TABLES_ACPI_BLOB_H

#include "lib/error.h"
#include "lib/types.h"

/* What lies where: the RSDP is looked for below 1 MiB, the tables lie anywhere below 4 GiB. */
enum acpi_part { ACPI_PART_TABLES, ACPI_PART_RSDP, ACPI_PARTS };

struct acpi_pointer {
	enum acpi_part in; /* the part that holds the pointer, as an offset into ACPI_PART_TABLES */
	uint32_t offset;
	uint8_t width; /* 4 or 8 bytes */
};

/* The byte at `offset` makes the sum of [start, start + length) zero. */
struct acpi_checksum {
	enum acpi_part in;
	uint32_t offset, start, length;
};

#define ACPI_POINTERS  40
#define ACPI_CHECKSUMS 16

struct acpi_blob {
	uint8_t *bytes[ACPI_PARTS];
	uint32_t size[ACPI_PARTS]; /* of the memory behind `bytes` */
	uint32_t used[ACPI_PARTS];
	unsigned pointer_count, checksum_count;
	struct acpi_pointer pointers[ACPI_POINTERS];
	struct acpi_checksum checksums[ACPI_CHECKSUMS];
	bool full; /* something did not fit */
};

/* `tables` and `rsdp` receive the bytes. */
void acpi_blob_init(struct acpi_blob *blob, uint8_t *tables, uint32_t tables_size, uint8_t *rsdp,
		    uint32_t rsdp_size);

/* Appends to a part; little-endian, `width` 1, 2, 4 or 8. */
void acpi_put(struct acpi_blob *blob, enum acpi_part part, uint64_t value, unsigned width);
/* Where they are now; null: there is no room. */
void *acpi_put_bytes(struct acpi_blob *blob, enum acpi_part part, const void *bytes,
		     uint32_t count);
void acpi_put_zeros(struct acpi_blob *blob, enum acpi_part part, uint32_t count);
/* What was put at `offset` is an offset of the tables, to become a pointer. */
void acpi_add_pointer(struct acpi_blob *blob, enum acpi_part part, uint32_t offset, unsigned width);
void acpi_align(struct acpi_blob *blob, uint32_t alignment); /* of the tables' end */

/* The byte, which was put before, is zero until the tables are placed: a firmware adds up all. */
void acpi_add_checksum(struct acpi_blob *blob, enum acpi_part part, uint32_t offset, uint32_t start,
		       uint32_t length);

/* Makes them right for tables at guest-physical `address`. */
void acpi_blob_place(struct acpi_blob *blob, uint64_t address);

#endif
