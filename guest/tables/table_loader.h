/* The script by which a firmware puts ACPI tables into memory: the fw_cfg file "etc/table-loader" of
 * QEMU, commands of 128 bytes each. The firmware allocates memory for the files that hold the tables,
 * then adds addresses and fills in checksums as an acpi_blob lists them. Pure. */
#ifndef GUEST_TABLES_TABLE_LOADER_H
#define GUEST_TABLES_TABLE_LOADER_H

#include "guest/tables/acpi_blob.h"
#include "lib/error.h"
#include "lib/types.h"

#define TABLE_LOADER_COMMAND 128 /* bytes */
#define TABLE_LOADER_NAME    56  /* of a file, its end included */
#define TABLE_LOADER_MOST    ((ACPI_PARTS + ACPI_POINTERS + ACPI_CHECKSUMS) * TABLE_LOADER_COMMAND)

/* Names of the files that the parts of the blob are. */
extern const char *const table_loader_files[ACPI_PARTS];

/* Writes the script for `blob`, which is built and not placed, to `script`; returns its length in
 * bytes. */
uint32_t table_loader_write(const struct acpi_blob *blob, uint8_t script[TABLE_LOADER_MOST]);

#endif
