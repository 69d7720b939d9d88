/* What boot loader and firmware say about memory, in the words of Multiboot2 and of UEFI, as claims to
 * the memory map, and what of theirs has to lie in it. */
#include "boot/memory_map.h"

#include "lib/bits.h"

/* Multiboot2 Specification, "Memory map": what it does not define is reserved. */
static enum memory_kind kind_from_multiboot2(uint32_t type)
{
	switch (type) {
	case 1:
		return MEMORY_USABLE;
	case 3:
		return MEMORY_ACPI;
	case 4:
		return MEMORY_NVS;
	case 5:
		return MEMORY_BAD;
	default:
		return MEMORY_RESERVED;
	}
}

/* UEFI Specification, "EFI_BOOT_SERVICES.GetMemoryMap()". */
enum {
	EFI_LOADER_CODE = 1,
	EFI_LOADER_DATA = 2,
	EFI_BOOT_SERVICES_CODE = 3,
	EFI_BOOT_SERVICES_DATA = 4,
	EFI_CONVENTIONAL = 7,
	EFI_UNUSABLE = 8,
	EFI_ACPI_RECLAIM = 9,
	EFI_ACPI_NVS = 10,
};
#define EFI_MEMORY_WRITE_BACK BIT(3)  /* the range can be cached write-back */
#define EFI_MEMORY_SPECIFIC   BIT(18) /* set aside for some device's purpose */
#define EFI_MEMORY_RUNTIME    BIT(63)

static enum memory_kind kind_from_efi(const struct efi_memory_descriptor *descriptor,
				      bool boot_services)
{
	switch (descriptor->type) {
	case EFI_BOOT_SERVICES_CODE:
	case EFI_BOOT_SERVICES_DATA:
		if (boot_services)
			return MEMORY_RESERVED;
		break;
	case EFI_LOADER_CODE:
	case EFI_LOADER_DATA:
	case EFI_CONVENTIONAL:
		break;
	case EFI_UNUSABLE:
		return MEMORY_BAD;
	case EFI_ACPI_RECLAIM:
		return MEMORY_ACPI;
	case EFI_ACPI_NVS:
		return MEMORY_NVS;
	default:
		return MEMORY_RESERVED;
	}
	if (descriptor->attributes & (EFI_MEMORY_RUNTIME | EFI_MEMORY_SPECIFIC))
		return MEMORY_RESERVED;
	return descriptor->attributes & EFI_MEMORY_WRITE_BACK ? MEMORY_USABLE : MEMORY_RESERVED;
}

static void add_efi(struct memory_map *map, const struct multiboot2_info *info,
		    const struct complaints *complaints)
{
	const struct multiboot2_table *table = &info->efi_memory_map;

	for (uint32_t i = 0; i < table->count; i++) {
		struct efi_memory_descriptor entry = multiboot2_efi_descriptor(table, i);
		/* A count that would wrap in bytes is cut, and complained of, as too long. */
		uint64_t length = entry.page_count > UINT64_MAX / PAGE_SIZE
					  ? UINT64_MAX
					  : entry.page_count * PAGE_SIZE;
		memory_map_add(map, entry.physical_start, length,
			       kind_from_efi(&entry, info->efi_boot_services), complaints);
	}
}

static void add_multiboot2(struct memory_map *map, const struct multiboot2_info *info,
			   const struct complaints *complaints)
{
	for (uint32_t i = 0; i < info->memory_map.count; i++) {
		struct multiboot2_memory_entry entry =
			multiboot2_memory_entry(&info->memory_map, i);
		memory_map_add(map, entry.start, entry.length, kind_from_multiboot2(entry.type),
			       complaints);
	}
}

enum error memory_map_build(struct memory_map *map, const struct multiboot2_info *info,
			    const struct complaints *complaints, struct reason *why)
{
	map->count = 0;
	map->overflowed = false;

	add_efi(map, info, complaints);
	add_multiboot2(map, info, complaints);
	if (!map->count && info->has_basic_memory) {
		complain(complaints, "memory map: there is none; the basic memory tag has to do");
		memory_map_add(map, 0, KIB(info->lower_kib), MEMORY_USABLE, complaints);
		memory_map_add(map, MIB(1), KIB(info->upper_kib), MEMORY_USABLE, complaints);
	}
	if (!memory_map_total(map, MEMORY_USABLE))
		return reason_set(why, ERROR_INVALID_DATA,
				  "memory map: %u ranges and no usable memory in them", map->count);
	return ERROR_NONE;
}

void memory_map_check_modules(const struct memory_map *map, struct multiboot2_info *info,
			      const struct complaints *complaints)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < info->module_count; i++) {
		const struct multiboot2_module *module = &info->modules[i];
		if (!module->length || memory_map_is_ram(map, module->start.value, module->length))
			info->modules[kept++] = *module;
		else
			complain(complaints,
				 "module \"%.64s\" start=0x%llx length=0x%llx left out: it does "
				 "not lie in RAM",
				 module->string, (unsigned long long)module->start.value,
				 (unsigned long long)module->length);
	}
	info->module_count = kept;
}
