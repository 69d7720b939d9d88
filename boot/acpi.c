/* From the RSDP to the tables. Every table is mapped twice: its head for the length, then as a whole
 * for the checksum; nothing is read that was not mapped. */
#include "boot/acpi.h"

#include "boot/acpi_madt.h"
#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

/* "Root System Description Pointer (RSDP) Structure" */
#define RSDP_SIGNATURE    "RSD PTR "
#define RSDP_REVISION     15
#define RSDP_RSDT         16
#define RSDP_LENGTH       20
#define RSDP_XSDT         24
#define RSDP_OLD_SIZE     20u
#define RSDP_NEW_SIZE     36u
#define RSDP_MAX_SIZE     4096u
#define RSDP_SEARCH_STEP  16u
#define EBDA_SEGMENT      0x40eu
#define EBDA_SEARCH       KIB(1)
#define BIOS_SEARCH_START 0xe0000u
#define BIOS_SEARCH       KIB(128)

/* SDM volume 3, "Paging Modes and Control Bits": physical addresses have 52 bits at most. */
#define PHYSICAL_END (1ull << 52)

/* "System Description Table Header" */
#define TABLE_HEAD   36u
#define TABLE_LENGTH 4

/* "Fixed ACPI Description Table (FADT)": offsets. */
#define FADT_DSDT            40u
#define FADT_SMI_COMMAND     48u
#define FADT_ACPI_ENABLE     52u
#define FADT_PM1A_CONTROL    64u
#define FADT_PM1B_CONTROL    68u
#define FADT_PM_TIMER        76u
#define FADT_PM1_LENGTH      89u
#define FADT_PM_TIMER_LENGTH 91u
#define FADT_FLAGS           112u
#define FADT_OLD_SIZE        116u /* ACPI 1.0 ends here */
#define FADT_RESET           116u
#define FADT_RESET_VALUE     128u
#define FADT_X_DSDT          140u
#define FADT_X_PM1A_CONTROL  172u
#define FADT_X_PM1B_CONTROL  184u
#define FADT_X_PM_TIMER      208u
#define REGISTER_SIZE        12u

#define FADT_FLAG_TIMER_32BIT      BIT(8)
#define FADT_FLAG_RESET            BIT(10)
#define FADT_FLAG_HARDWARE_REDUCED BIT(20)

#define PM1_CONTROL_WIDTH 16
#define PM_TIMER_WIDTH    32

struct parser {
	const struct acpi_source *source;
	struct acpi_info *out;
	const struct complaints *complaints;
};

struct rsdp {
	uint8_t revision;
	uint32_t rsdt;
	uint64_t xsdt;
};

static const void *map(const struct parser *parser, uint64_t at, uint64_t length)
{
	const struct acpi_memory *memory = &parser->source->memory;

	if (!range_is_valid(at, length) || at + (length - 1) >= PHYSICAL_END)
		return NULL;
	return memory->map(memory->context, hpa(at), length);
}

static bool sum_is_zero(const uint8_t *bytes, size_t length)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return sum == 0;
}

/* Null, or what is wrong with the RSDP in `length` bytes. */
static const char *read_rsdp(const uint8_t *bytes, size_t length, struct rsdp *rsdp)
{
	if (length < RSDP_OLD_SIZE)
		return "it is too short";
	if (memcmp(bytes, RSDP_SIGNATURE, sizeof(RSDP_SIGNATURE) - 1))
		return "its signature is wrong";
	if (!sum_is_zero(bytes, RSDP_OLD_SIZE))
		return "its checksum is wrong";
	*rsdp = (struct rsdp) { load_u8(bytes + RSDP_REVISION), load_u32(bytes + RSDP_RSDT), 0 };
	if (rsdp->revision < 2)
		return NULL;

	if (length < RSDP_NEW_SIZE)
		return "it is too short for its revision";
	uint32_t claimed = load_u32(bytes + RSDP_LENGTH);
	if (claimed < RSDP_NEW_SIZE || claimed > length)
		return "its length is out of range";
	if (!sum_is_zero(bytes, claimed))
		return "its extended checksum is wrong";
	rsdp->xsdt = load_u64(bytes + RSDP_XSDT);
	return NULL;
}

static bool rsdp_from_copy(const struct parser *parser, const void *copy, size_t length,
			   const char *which, struct rsdp *rsdp)
{
	if (!copy)
		return false;
	const char *fault = read_rsdp(copy, length, rsdp);
	if (fault)
		complain(parser->complaints, "the boot loader's %s RSDP is left out: %s", which,
			 fault);
	return !fault;
}

static bool rsdp_from_range(const struct parser *parser, uint64_t start, uint64_t length,
			    struct rsdp *rsdp)
{
	const uint8_t *bytes = map(parser, start, length);

	for (uint64_t at = 0; bytes && at + RSDP_OLD_SIZE <= length; at += RSDP_SEARCH_STEP) {
		uint64_t room = length - at < RSDP_MAX_SIZE ? length - at : RSDP_MAX_SIZE;
		if (!read_rsdp(bytes + at, room, rsdp))
			return true;
	}
	return false;
}

/* "Finding the RSDP on IA-PC Systems" */
static bool rsdp_from_bios(const struct parser *parser, struct rsdp *rsdp)
{
	const uint8_t *segment = map(parser, EBDA_SEGMENT, sizeof(uint16_t));
	uint64_t ebda = segment ? (uint64_t)load_u16(segment) << 4 : 0;

	return (ebda && rsdp_from_range(parser, ebda, EBDA_SEARCH, rsdp)) ||
	       rsdp_from_range(parser, BIOS_SEARCH_START, BIOS_SEARCH, rsdp);
}

/* The verified table at `at`, or null after a complaint. `signature` null: any. */
static const uint8_t *map_table(const struct parser *parser, uint64_t at, const char *signature,
				uint32_t *length)
{
	const uint8_t *head = at ? map(parser, at, TABLE_HEAD) : NULL;
	const char *fault = NULL;
	const uint8_t *table = NULL;

	if (!head) {
		complain(parser->complaints, "table %s at 0x%llx is not in memory", signature,
			 (unsigned long long)at);
		return NULL;
	}
	*length = load_u32(head + TABLE_LENGTH);
	if (memcmp(head, signature, 4))
		fault = "its signature is wrong";
	else if (*length < TABLE_HEAD || *length > ACPI_MAX_TABLE)
		fault = "its length is out of range";
	else if (!(table = map(parser, at, *length)))
		fault = "it is not in memory as a whole";
	else if (!sum_is_zero(table, *length))
		fault = "its checksum is wrong";
	if (!fault)
		return table;
	complain(parser->complaints, "table %s at 0x%llx length=%u is left out: %s", signature,
		 (unsigned long long)at, *length, fault);
	return NULL;
}

/* A register given as a port number: the block is absent when the port or its length is 0. */
static struct acpi_register io_register(uint32_t port, uint8_t bytes, uint8_t width)
{
	bool present = port && port <= UINT16_MAX && bytes;

	return (struct acpi_register) { present, ACPI_SPACE_IO, width, present ? port : 0 };
}

/* A generic address at `offset` of the FADT; absent past the end of an older table. `width` 0 takes
 * the structure's own. */
static struct acpi_register generic_register(const uint8_t *fadt, uint32_t length, uint32_t offset,
					     uint8_t width)
{
	struct acpi_register reg = { 0 };

	if (offset + REGISTER_SIZE > length)
		return reg;
	uint8_t space = load_u8(fadt + offset);
	reg.space = (enum acpi_space)space;
	reg.width = width ? width : load_u8(fadt + offset + 1);
	reg.address = load_u64(fadt + offset + 4);
	reg.present = reg.address && (space == ACPI_SPACE_MEMORY || space == ACPI_SPACE_PCI ||
				      (space == ACPI_SPACE_IO && reg.address <= UINT16_MAX));
	return reg;
}

/* A register of power management: in its extended form where the table has that, else the port. */
static struct acpi_register pm_register(const uint8_t *fadt, uint32_t length, uint32_t extended,
					uint32_t port, uint32_t port_length, uint8_t width)
{
	struct acpi_register reg = generic_register(fadt, length, extended, width);

	if (reg.present && reg.space != ACPI_SPACE_PCI)
		return reg;
	return io_register(load_u32(fadt + port), load_u8(fadt + port_length), width);
}

static void parse_registers(const uint8_t *fadt, uint32_t length, struct acpi_info *out)
{
	out->pm_timer = pm_register(fadt, length, FADT_X_PM_TIMER, FADT_PM_TIMER,
				    FADT_PM_TIMER_LENGTH, PM_TIMER_WIDTH);
	out->pm1a_control = pm_register(fadt, length, FADT_X_PM1A_CONTROL, FADT_PM1A_CONTROL,
					FADT_PM1_LENGTH, PM1_CONTROL_WIDTH);
	out->pm1b_control = pm_register(fadt, length, FADT_X_PM1B_CONTROL, FADT_PM1B_CONTROL,
					FADT_PM1_LENGTH, PM1_CONTROL_WIDTH);
}

static void parse_fadt(const struct parser *parser, const uint8_t *fadt, uint32_t length)
{
	struct acpi_info *out = parser->out;

	if (length < FADT_OLD_SIZE) {
		complain(parser->complaints, "FADT of %u bytes is too short and left out", length);
		return;
	}
	uint32_t flags = load_u32(fadt + FADT_FLAGS);
	uint32_t smi_command = load_u32(fadt + FADT_SMI_COMMAND);
	out->has_fadt = true;
	out->hardware_reduced = flags & FADT_FLAG_HARDWARE_REDUCED;
	out->pm_timer_32bit = flags & FADT_FLAG_TIMER_32BIT;
	out->smi_command = smi_command <= UINT16_MAX ? (uint16_t)smi_command : 0;
	out->acpi_enable = load_u8(fadt + FADT_ACPI_ENABLE);
	if (!out->hardware_reduced)
		parse_registers(fadt, length, out);
	if (flags & FADT_FLAG_RESET && length > FADT_RESET_VALUE) {
		out->reset = generic_register(fadt, length, FADT_RESET, 0);
		out->reset_value = load_u8(fadt + FADT_RESET_VALUE);
	}

	uint64_t dsdt = length >= FADT_X_DSDT + 8 ? load_u64(fadt + FADT_X_DSDT) : 0;
	out->dsdt = hpa(dsdt ? dsdt : load_u32(fadt + FADT_DSDT));
	uint32_t dsdt_length;
	const uint8_t *bytes = map_table(parser, out->dsdt.value, "DSDT", &dsdt_length);
	if (bytes)
		out->has_s5 = acpi_find_s5(bytes + TABLE_HEAD, dsdt_length - TABLE_HEAD,
					   &out->s5_type_a, &out->s5_type_b);
}

static void parse_table(const struct parser *parser, uint64_t at)
{
	const uint8_t *head = at ? map(parser, at, TABLE_HEAD) : NULL;
	const uint8_t *table;
	uint32_t length;

	if (!head) {
		complain(parser->complaints, "a root table entry 0x%llx is not in memory",
			 (unsigned long long)at);
	} else if (!memcmp(head, "APIC", 4)) {
		if (parser->out->has_madt)
			complain(parser->complaints, "a second MADT is left out");
		else if ((table = map_table(parser, at, "APIC", &length)))
			acpi_parse_madt(table, length, parser->out, parser->complaints);
	} else if (!memcmp(head, "FACP", 4)) {
		if (parser->out->has_fadt)
			complain(parser->complaints, "a second FADT is left out");
		else if ((table = map_table(parser, at, "FACP", &length)))
			parse_fadt(parser, table, length);
	}
}

/* "Root System Description Table (RSDT)", "Extended System Description Table (XSDT)": addresses of
 * tables, four or eight bytes each. */
static bool parse_root(const struct parser *parser, uint64_t at, const char *signature,
		       uint32_t entry_size)
{
	uint32_t length;
	const uint8_t *root = map_table(parser, at, signature, &length);

	if (!root)
		return false;
	if ((length - TABLE_HEAD) % entry_size)
		complain(parser->complaints, "%s has half an entry at its end", signature);
	uint32_t count = (length - TABLE_HEAD) / entry_size;
	if (count > ACPI_MAX_TABLES) {
		complain(parser->complaints, "%s lists %u tables; those past %u are left out",
			 signature, count, ACPI_MAX_TABLES);
		count = ACPI_MAX_TABLES;
	}
	for (uint32_t at_entry = TABLE_HEAD; count--; at_entry += entry_size)
		parse_table(parser, entry_size == 8 ? load_u64(root + at_entry)
						    : load_u32(root + at_entry));
	return true;
}

enum error acpi_parse(const struct acpi_source *source, struct acpi_info *out,
		      const struct complaints *complaints, struct reason *why)
{
	const struct parser parser = { source, out, complaints };
	struct rsdp rsdp;

	memset(out, 0, sizeof(*out));
	if (!rsdp_from_copy(&parser, source->new_rsdp, source->new_rsdp_length, "new", &rsdp) &&
	    !rsdp_from_copy(&parser, source->old_rsdp, source->old_rsdp_length, "old", &rsdp) &&
	    !(source->search_bios && rsdp_from_bios(&parser, &rsdp)))
		return reason_set(why, ERROR_INVALID_DATA, "there is no valid RSDP");

	out->rsdp_revision = rsdp.revision;
	if (rsdp.xsdt && parse_root(&parser, rsdp.xsdt, "XSDT", sizeof(uint64_t))) {
		out->from_xsdt = true;
	} else {
		if (rsdp.revision >= 2)
			complain(complaints, "no valid XSDT; the RSDT has to do");
		if (!parse_root(&parser, rsdp.rsdt, "RSDT", sizeof(uint32_t)))
			return reason_set(why, ERROR_INVALID_DATA,
					  "neither XSDT 0x%llx nor RSDT 0x%x is valid",
					  (unsigned long long)rsdp.xsdt, rsdp.rsdt);
	}
	if (!out->has_madt)
		complain(complaints, "no valid MADT: only the CPU that boots is known");
	if (!out->has_fadt)
		complain(complaints, "no valid FADT: no PM timer, reset or power-off");
	return ERROR_NONE;
}
