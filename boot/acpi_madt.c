/* ACPI Specification, "Multiple APIC Description Table (MADT)": a head and then entries of a type
 * and a length each. A length that leads nowhere ends the table; a bad entry is left out. */
#include "boot/acpi_madt.h"

#include "lib/bits.h"
#include "lib/bytes.h"

#define MADT_REVISION    8
#define MADT_LOCAL_APIC  36
#define MADT_FLAGS       40
#define MADT_ENTRIES     44
#define MADT_PCAT_COMPAT BIT(0)
#define ENTRY_HEAD       2

/* The revision that gave bit 1 of the CPU flags its meaning (ACPI 6.3). */
#define REVISION_ONLINE_CAPABLE 5
#define CPU_FLAG_ENABLED        BIT(0)
#define CPU_FLAG_ONLINE_CAPABLE BIT(1)

/* IDs that address all CPUs, and so no single one. */
#define XAPIC_BROADCAST  0xffu
#define X2APIC_BROADCAST 0xffffffffu
#define UID_ALL_8        0xffu
#define UID_ALL_32       0xffffffffu

#define BUS_ISA   0
#define ISA_LINES 16

struct entry {
	const uint8_t *bytes;
	uint8_t type;
	uint32_t offset;
};

struct madt {
	struct acpi_info *out;
	const struct complaints *complaints;
	unsigned cpus_without_room;
};

static void leave_out(const struct madt *madt, const struct entry *entry, const char *what)
{
	complain(madt->complaints, "MADT entry type=%u offset=%u left out: %s", entry->type,
		 entry->offset, what);
}

static enum acpi_cpu_state cpu_state(const struct madt *madt, uint32_t flags)
{
	if (flags & CPU_FLAG_ENABLED)
		return ACPI_CPU_ENABLED;
	if (madt->out->madt_revision >= REVISION_ONLINE_CAPABLE && flags & CPU_FLAG_ONLINE_CAPABLE)
		return ACPI_CPU_ONLINE_CAPABLE;
	return ACPI_CPU_DISABLED;
}

/* An APIC ID that comes twice is one CPU. Firmware lists a CPU both ways, and pads the table with
 * disabled entries of any ID: the more usable entry wins, and only two usable ones that contradict
 * each other are worth a complaint. */
static void merge_cpu(const struct madt *madt, const struct entry *entry, struct acpi_cpu *known,
		      const struct acpi_cpu *cpu)
{
	if (known->state == ACPI_CPU_ENABLED && cpu->state == ACPI_CPU_ENABLED &&
	    (known->uid != cpu->uid || known->x2apic == cpu->x2apic))
		complain(madt->complaints,
			 "MADT entry type=%u offset=%u: APIC ID %u is listed twice, as "
			 "processor %u and %u; the first one counts",
			 entry->type, entry->offset, cpu->apic_id, known->uid, cpu->uid);
	if (cpu->state < known->state)
		*known = *cpu;
}

static void add_cpu(struct madt *madt, const struct entry *entry, const struct acpi_cpu *cpu)
{
	struct acpi_info *out = madt->out;

	for (unsigned i = 0; i < out->cpu_count; i++) {
		if (out->cpus[i].apic_id == cpu->apic_id) {
			merge_cpu(madt, entry, &out->cpus[i], cpu);
			return;
		}
	}
	if (out->cpu_count < ACPI_MAX_CPUS)
		out->cpus[out->cpu_count++] = *cpu;
	else
		madt->cpus_without_room++;
}

/* "Processor Local APIC Structure" */
static void take_local_apic(struct madt *madt, const struct entry *entry)
{
	struct acpi_cpu cpu = {
		.uid = load_u8(entry->bytes + 2),
		.apic_id = load_u8(entry->bytes + 3),
		.state = cpu_state(madt, load_u32(entry->bytes + 4)),
	};

	if (cpu.apic_id != XAPIC_BROADCAST)
		add_cpu(madt, entry, &cpu);
	else if (cpu.state == ACPI_CPU_ENABLED)
		leave_out(madt, entry, "APIC ID 255 is the broadcast ID");
}

/* "Processor Local x2APIC Structure" */
static void take_x2apic(struct madt *madt, const struct entry *entry)
{
	struct acpi_cpu cpu = {
		.apic_id = load_u32(entry->bytes + 4),
		.state = cpu_state(madt, load_u32(entry->bytes + 8)),
		.uid = load_u32(entry->bytes + 12),
		.x2apic = true,
	};

	if (cpu.apic_id != X2APIC_BROADCAST)
		add_cpu(madt, entry, &cpu);
	else if (cpu.state == ACPI_CPU_ENABLED)
		leave_out(madt, entry, "APIC ID 0xffffffff is the broadcast ID");
}

/* "MPS INTI Flags": value 2 is reserved in both fields. */
static bool take_inti_flags(const struct madt *madt, const struct entry *entry, uint16_t flags,
			    enum acpi_polarity *polarity, enum acpi_trigger *trigger)
{
	*polarity = (enum acpi_polarity)field_get(flags, BITS(1, 0));
	*trigger = (enum acpi_trigger)field_get(flags, BITS(3, 2));
	if (*polarity != 2 && *trigger != 2)
		return true;
	leave_out(madt, entry, "its polarity or trigger mode is reserved");
	return false;
}

static void add_nmi(struct madt *madt, const struct entry *entry, struct acpi_nmi nmi,
		    uint16_t flags)
{
	struct acpi_info *out = madt->out;

	if (!take_inti_flags(madt, entry, flags, &nmi.polarity, &nmi.trigger))
		return;
	if (nmi.lint > 1)
		leave_out(madt, entry, "a local APIC has only LINT0 and LINT1");
	else if (out->nmi_count == ACPI_MAX_NMIS)
		leave_out(madt, entry, "there are more than 64 local NMI entries");
	else
		out->nmis[out->nmi_count++] = nmi;
}
_Static_assert(ACPI_MAX_NMIS == 64, "the sentence in add_nmi() says 64");

/* "Local APIC NMI Structure" */
static void take_local_nmi(struct madt *madt, const struct entry *entry)
{
	uint8_t uid = load_u8(entry->bytes + 2);

	add_nmi(madt, entry,
		(struct acpi_nmi) { .all_cpus = uid == UID_ALL_8,
				    .uid = uid,
				    .lint = load_u8(entry->bytes + 5) },
		load_u16(entry->bytes + 3));
}

/* "Local x2APIC NMI Structure" */
static void take_x2apic_nmi(struct madt *madt, const struct entry *entry)
{
	uint32_t uid = load_u32(entry->bytes + 4);

	add_nmi(madt, entry,
		(struct acpi_nmi) { .all_cpus = uid == UID_ALL_32,
				    .uid = uid,
				    .lint = load_u8(entry->bytes + 8) },
		load_u16(entry->bytes + 2));
}

/* "I/O APIC Structure" */
static void take_io_apic(struct madt *madt, const struct entry *entry)
{
	struct acpi_info *out = madt->out;

	if (out->io_apic_count == ACPI_MAX_IO_APICS) {
		leave_out(madt, entry, "there are more than 16 I/O APICs");
		return;
	}
	out->io_apics[out->io_apic_count++] = (struct acpi_io_apic) {
		.id = load_u8(entry->bytes + 2),
		.address = load_u32(entry->bytes + 4),
		.interrupt_base = load_u32(entry->bytes + 8),
	};
}
_Static_assert(ACPI_MAX_IO_APICS == 16, "the sentence in take_io_apic() says 16");

/* "Interrupt Source Override Structure" */
static void take_override(struct madt *madt, const struct entry *entry)
{
	struct acpi_info *out = madt->out;
	struct acpi_override override = {
		.source = load_u8(entry->bytes + 3),
		.interrupt = load_u32(entry->bytes + 4),
	};

	if (load_u8(entry->bytes + 2) != BUS_ISA || override.source >= ISA_LINES)
		leave_out(madt, entry, "its source is not an ISA interrupt");
	else if (!take_inti_flags(madt, entry, load_u16(entry->bytes + 8), &override.polarity,
				  &override.trigger))
		return;
	else if (out->override_count == ACPI_MAX_OVERRIDES)
		leave_out(madt, entry, "there are more than 48 interrupt source overrides");
	else
		out->overrides[out->override_count++] = override;
}
_Static_assert(ACPI_MAX_OVERRIDES == 48, "the sentence in take_override() says 48");

/* "Local APIC Address Override Structure" */
static void take_address_override(struct madt *madt, const struct entry *entry)
{
	madt->out->local_apic = hpa(load_u64(entry->bytes + 4));
}

/* Types without a row are for other machines, or not needed. */
static const struct {
	uint8_t length;
	void (*take)(struct madt *madt, const struct entry *entry);
} kinds[] = {
	[0] = { 8, take_local_apic },        [1] = { 12, take_io_apic },
	[2] = { 10, take_override },         [4] = { 6, take_local_nmi },
	[5] = { 12, take_address_override }, [9] = { 16, take_x2apic },
	[10] = { 12, take_x2apic_nmi },
};

void acpi_parse_madt(const uint8_t *table, uint32_t length, struct acpi_info *out,
		     const struct complaints *complaints)
{
	struct madt madt = { out, complaints, 0 };

	if (length < MADT_ENTRIES) {
		complain(complaints, "MADT of %u bytes is too short and left out", length);
		return;
	}
	out->has_madt = true;
	out->madt_revision = load_u8(table + MADT_REVISION);
	out->local_apic = hpa(load_u32(table + MADT_LOCAL_APIC));
	out->has_8259 = load_u32(table + MADT_FLAGS) & MADT_PCAT_COMPAT;

	for (uint32_t offset = MADT_ENTRIES; offset < length;) {
		uint32_t room = length - offset;
		struct entry entry = { table + offset, load_u8(table + offset), offset };
		uint8_t size = room >= ENTRY_HEAD ? load_u8(table + offset + 1) : 0;

		if (size < ENTRY_HEAD || size > room) {
			complain(complaints,
				 "MADT entry type=%u offset=%u has length %u of %u bytes "
				 "left; the rest of the table is left out",
				 entry.type, offset, size, room);
			break;
		}
		if (entry.type < ARRAY_SIZE(kinds) && kinds[entry.type].take) {
			if (size < kinds[entry.type].length)
				leave_out(&madt, &entry, "it is too short for its type");
			else
				kinds[entry.type].take(&madt, &entry);
		}
		offset += size;
	}
	if (madt.cpus_without_room)
		complain(complaints, "MADT lists %u CPUs more than the %u that fit",
			 madt.cpus_without_room, ACPI_MAX_CPUS);
}
