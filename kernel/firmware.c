/* Bringing the pure parsers of boot/ together with the machine: mapping what they read, printing
 * what they complain of. */
#include "kernel/firmware.h"

#include "kernel/address_space.h"
#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/smp.h"
#include "kernel/machine_end.h"
#include "lib/string.h"

/* A block larger than this is no boot information. */
#define BOOT_INFO_MAX MIB(1)

static struct multiboot2_info loader;
static struct acpi_info acpi;
static struct memory_map memory_map;

static void hear(void *context, const char *sentence)
{
	log_warn(context, "%s", sentence);
}

/* Sentences that each of the two may cost; what is wrong more often than that is wrong enough. */
static unsigned boot_budget = 100, acpi_budget = 100;

static const struct complaints boot_complaints = { .hear = hear,
						   .context = (void *)"boot",
						   .budget = &boot_budget };
static const struct complaints acpi_complaints = { .hear = hear,
						   .context = (void *)"acpi",
						   .budget = &acpi_budget };

const struct multiboot2_info *firmware_loader(void)
{
	return &loader;
}

const struct acpi_info *firmware_acpi(void)
{
	return &acpi;
}

struct memory_map *firmware_memory_map(void)
{
	return &memory_map;
}

static void take_used_memory(uint32_t boot_info)
{
	/* A map that lists RAM where this CPU has no addresses is wrong. */
	if (physical_end() < MAX_PHYSICAL_END)
		memory_map_add(&memory_map, physical_end(), MAX_PHYSICAL_END - physical_end(),
			       MEMORY_RESERVED, &boot_complaints);
	memory_map_take(&memory_map, hpa(0), PAGE_SIZE, &boot_complaints);
	memory_map_take(&memory_map, image_physical_start(), image_length(), &boot_complaints);
	memory_map_take(&memory_map, hpa(boot_info), loader.total_size, &boot_complaints);
	for (unsigned i = 0; i < loader.module_count; i++) {
		if (loader.modules[i].length)
			memory_map_take(&memory_map, loader.modules[i].start,
					loader.modules[i].length, &boot_complaints);
	}
}

enum error firmware_read_loader(uint32_t boot_info, struct reason *why)
{
	const uint32_t *size = physical_view(hpa(boot_info), sizeof(struct multiboot2_header));

	if (!size)
		return reason_set(why, ERROR_NO_MEMORY, "no room to map the boot information");
	if (*size < sizeof(struct multiboot2_header) || *size > BOOT_INFO_MAX)
		return reason_set(why, ERROR_INVALID_DATA,
				  "boot information at 0x%x says a size of %u bytes", boot_info,
				  *size);

	struct multiboot2_source source = {
		.info = physical_view(hpa(boot_info), *size),
		.available = *size,
		.at = hpa(boot_info),
		.image = image_physical_start(),
		.image_length = image_length(),
	};
	if (!source.info)
		return reason_set(why, ERROR_NO_MEMORY, "no room to map the boot information");
	enum error error = multiboot2_parse(&source, &loader, &boot_complaints, why);
	if (!error)
		error = memory_map_build(&memory_map, &loader, &boot_complaints, why);
	if (!error) {
		memory_map_check_modules(&memory_map, &loader, &boot_complaints);
		take_used_memory(boot_info);
	}
	return error;
}

static const void *map_table(void *context, hpa_t at, uint64_t length)
{
	return physical_view(at, length);
}

static uint16_t io_port(const struct acpi_register *r)
{
	return r->present && r->space == ACPI_SPACE_IO && r->address <= 0xffff
		       ? (uint16_t)r->address
		       : 0;
}

void firmware_read_acpi(void)
{
	struct reason why;
	struct acpi_source source = {
		.memory = { map_table, NULL },
		.new_rsdp = loader.new_rsdp.bytes,
		.new_rsdp_length = loader.new_rsdp.length,
		.old_rsdp = loader.old_rsdp.bytes,
		.old_rsdp_length = loader.old_rsdp.length,
		.search_bios = !loader.efi_system_table,
	};

	if (acpi_parse(&source, &acpi, &acpi_complaints, &why)) {
		log_reason(LOG_WARN, "acpi", &why);
		return;
	}
	machine_set_power(&(struct machine_power) {
		.pm1a_control = io_port(&acpi.pm1a_control),
		.pm1b_control = io_port(&acpi.pm1b_control),
		.has_s5 = acpi.has_s5,
		.s5_type_a = acpi.s5_type_a,
		.s5_type_b = acpi.s5_type_b,
		.reset_port = io_port(&acpi.reset),
		.reset_value = acpi.reset_value,
	});
	log_info("acpi", "root=%s cpus-listed=%u io-apics=%u local-apic=0x%lx pm-timer=0x%x",
		 acpi.from_xsdt ? "xsdt" : "rsdt", acpi.cpu_count, acpi.io_apic_count,
		 acpi.local_apic.value, io_port(&acpi.pm_timer));
}

static uint8_t nmi_pins_of(const struct acpi_cpu *cpu)
{
	uint8_t pins = 0;

	for (unsigned i = 0; i < acpi.nmi_count; i++) {
		if (acpi.nmis[i].all_cpus || acpi.nmis[i].uid == cpu->uid)
			pins |= (uint8_t)(1u << acpi.nmis[i].lint);
	}
	return pins;
}

void firmware_add_cpus(void)
{
	static struct smp_candidate candidates[ACPI_MAX_CPUS + 1];
	unsigned count = acpi.cpu_count;

	for (unsigned i = 0; i < acpi.cpu_count; i++) {
		const struct acpi_cpu *cpu = &acpi.cpus[i];
		candidates[i] = (struct smp_candidate) {
			.apic_id = cpu->apic_id,
			.acpi_uid = cpu->uid,
			.enabled = cpu->state == ACPI_CPU_ENABLED,
			.nmi_pins = nmi_pins_of(cpu),
		};
	}
	if (command_line.phantom_cpu)
		candidates[count++] = (struct smp_candidate) {
			.apic_id = command_line.phantom_cpu,
			.acpi_uid = command_line.phantom_cpu,
			.enabled = true,
		};
	smp_add_cpus(candidates, count, command_line.cpus);
}
