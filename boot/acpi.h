/* What Plinth learns from ACPI: the CPUs and interrupt controllers (MADT), the power-management
 * timer, the reset and power-off registers (FADT, and \_S5 of the DSDT). The tables are untrusted:
 * checksums and lengths are verified, and what is wrong is complained of and left out. Layouts and
 * meanings follow the ACPI Specification 6.5, chapter "ACPI Software Programming Model". */
#ifndef BOOT_ACPI_H
#define BOOT_ACPI_H

#include "lib/complain.h"
#include "lib/error.h"
#include "lib/types.h"

#define ACPI_MAX_CPUS      512u
#define ACPI_MAX_NMIS      64u
#define ACPI_MAX_IO_APICS  16u
#define ACPI_MAX_OVERRIDES 48u

#define ACPI_MAX_TABLES 256u /* in the root table */

/* A table longer than this is taken for a broken one. */
#define ACPI_MAX_TABLE MIB(16)

/* How the parser reaches memory. `map` returns `length` readable bytes of physical memory at `at`
 * that stay readable until acpi_parse() returns, or null when there is no such memory. */
struct acpi_memory {
	const void *(*map)(void *context, hpa_t at, uint64_t length);
	void *context;
};

/* Where the search begins. Copies come from the boot loader; null when there is none. */
struct acpi_source {
	struct acpi_memory memory;
	const void *new_rsdp; /* ACPI 2.0 and later */
	size_t new_rsdp_length;
	const void *old_rsdp; /* ACPI 1.0 */
	size_t old_rsdp_length;
	bool search_bios; /* look through the BIOS's memory when no copy is good: not under EFI */
};

enum acpi_cpu_state {
	ACPI_CPU_ENABLED,        /* ready to be started */
	ACPI_CPU_ONLINE_CAPABLE, /* absent now, may be added while the system runs */
	ACPI_CPU_DISABLED,       /* never usable */
};

struct acpi_cpu {
	uint32_t apic_id;
	uint32_t uid;
	enum acpi_cpu_state state;
	bool x2apic; /* described by a local x2APIC entry */
};

/* "MPS INTI flags". Conforming means as the bus says: for ISA edge-triggered, active high. */
enum acpi_polarity { ACPI_POLARITY_CONFORMS = 0, ACPI_POLARITY_HIGH = 1, ACPI_POLARITY_LOW = 3 };
enum acpi_trigger { ACPI_TRIGGER_CONFORMS = 0, ACPI_TRIGGER_EDGE = 1, ACPI_TRIGGER_LEVEL = 3 };

/* NMI is wired to pin LINT`lint` of a CPU. */
struct acpi_nmi {
	bool all_cpus;
	uint32_t uid; /* of struct acpi_cpu, unless all_cpus */
	uint8_t lint; /* 0 or 1 */
	enum acpi_polarity polarity;
	enum acpi_trigger trigger;
};

struct acpi_io_apic {
	uint8_t id;
	uint32_t address;
	uint32_t interrupt_base; /* global system interrupt of pin 0 */
};

/* ISA interrupt `source` arrives as global system interrupt `interrupt`. */
struct acpi_override {
	uint8_t source;
	uint32_t interrupt;
	enum acpi_polarity polarity;
	enum acpi_trigger trigger;
};

/* ACPI Specification, "Generic Address Structure". */
enum acpi_space { ACPI_SPACE_MEMORY = 0, ACPI_SPACE_IO = 1, ACPI_SPACE_PCI = 2 };

struct acpi_register {
	bool present;
	enum acpi_space space;
	uint8_t width; /* in bits */
	uint64_t address;
};

struct acpi_info {
	uint8_t rsdp_revision; /* 0: ACPI 1.0 */
	bool from_xsdt;

	/* MADT; without one there is one CPU, and the fields are 0. */
	bool has_madt;
	uint8_t madt_revision;
	hpa_t local_apic;
	bool has_8259; /* a dual 8259 is present and has to be masked */
	unsigned cpu_count;
	struct acpi_cpu cpus[ACPI_MAX_CPUS]; /* one for each APIC ID */
	unsigned nmi_count;
	struct acpi_nmi nmis[ACPI_MAX_NMIS];
	unsigned io_apic_count;
	struct acpi_io_apic io_apics[ACPI_MAX_IO_APICS];
	unsigned override_count;
	struct acpi_override overrides[ACPI_MAX_OVERRIDES];

	/* FADT */
	bool has_fadt;
	bool hardware_reduced;
	struct acpi_register pm_timer;
	bool pm_timer_32bit; /* else it counts to 24 bits */
	struct acpi_register reset;
	uint8_t reset_value;
	struct acpi_register pm1a_control, pm1b_control;
	uint16_t smi_command; /* port; 0: the machine is in ACPI mode always */
	uint8_t acpi_enable;  /* written to smi_command to enter ACPI mode; 0: no need */
	hpa_t dsdt;           /* 0: none */

	/* \_S5: the SLP_TYP values for power-off */
	bool has_s5;
	uint8_t s5_type_a, s5_type_b;
};

/* Fills `out`. InvalidData when no valid RSDP or no valid root table exists; a MADT or FADT that is
 * missing or bad is complained of, and its has_ flag is false. Pure; any context. */
enum error acpi_parse(const struct acpi_source *source, struct acpi_info *out,
		      const struct complaints *complaints, struct reason *why) must_check;

/* The values of \_S5 in `length` bytes of AML: a bounded scan for the named package, since nothing
 * else of AML is understood. False when it is not there or is not a package of constants. */
bool acpi_find_s5(const void *aml, size_t length, uint8_t *type_a, uint8_t *type_b);

#endif
