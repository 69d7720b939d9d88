/* Names what lies at a guest-physical address. */
#include "vm/crash/place.h"

#include "lib/bits.h"
#include "lib/format.h"
#include "lib/text_list.h"
#include "vm/board.h"
#include "vm/guest_memory.h"
#include "vm/virt_ops.h"

#define DEVICE_NAME_MAX 40

static const char *type_name(enum nested_memory_type type)
{
	/* In the order of the enum. */
	static const char names[] =
		"uncached\0write-combining\0write-through\0write-protected\0write-back";
	_Static_assert(NESTED_UNCACHED == 0 && NESTED_WRITE_COMBINING == 1 &&
			       NESTED_WRITE_THROUGH == 2 && NESTED_WRITE_PROTECTED == 3 &&
			       NESTED_WRITE_BACK == 4,
		       "every type has its name");

	return (unsigned)type <= NESTED_WRITE_BACK ? nth_text(names, type) : "of no known type";
}

static const char *size_name(uint64_t page_size)
{
	return page_size == GIB(1) ? "1G" : page_size == MIB(2) ? "2M" : "4K";
}

static void append_nested(char *buffer, size_t size, struct vm *vm, gpa_t at)
{
	struct nested_mapping mapping = virt->nested_query(vm->nested, at);

	if (mapping.malformed)
		format_append(buffer, size, " nested=\"malformed\"");
	else if (!mapping.present)
		format_append(buffer, size, " nested=\"not mapped\"");
	else
		format_append(buffer, size, " nested=\"%s%s%s %s %s\"",
			      mapping.rights & ACCESS_READ ? "r" : "-",
			      mapping.rights & ACCESS_WRITE ? "w" : "-",
			      mapping.rights & ACCESS_EXECUTE ? "x" : "-",
			      size_name(mapping.page_size), type_name(mapping.type));
}

void place_text(char *buffer, size_t size, struct vcpu *vcpu, gpa_t at)
{
	const struct board_ops *board = vcpu->vm->board;
	char device[DEVICE_NAME_MAX] = "nothing";

	if (guest_is_ram(vcpu->vm, at, 1, ACCESS_WRITE))
		format_string(buffer, size, "there=\"RAM\"");
	else if (guest_is_ram(vcpu->vm, at, 1, 0))
		format_string(buffer, size, "there=\"ROM\"");
	else {
		if (board && board->device_at)
			board->device_at(vcpu, at, device, sizeof(device));
		format_string(buffer, size, "there=\"%s\"", device);
	}
	append_nested(buffer, size, vcpu->vm, at);
}
