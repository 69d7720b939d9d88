/* Finds \_S5 in AML without an interpreter. ACPI Specification, "AML Grammar Definition": a named
 * package is NameOp, the name (perhaps with a root prefix), PackageOp, a length in 1 to 4 bytes, the
 * number of elements, and the elements. */
#include "boot/acpi.h"

#include "lib/string.h"

#define AML_ZERO       0x00
#define AML_ONE        0x01
#define AML_NAME       0x08
#define AML_BYTE       0x0a
#define AML_WORD       0x0b
#define AML_DWORD      0x0c
#define AML_QWORD      0x0e
#define AML_PACKAGE    0x12
#define AML_ROOT       0x5c
#define NAME_LENGTH    4u
#define SLEEP_TYPE_MAX 7 /* SLP_TYP has three bits */

struct cursor {
	const uint8_t *at;
	size_t left;
};

static bool take_byte(struct cursor *cursor, uint8_t *byte)
{
	if (!cursor->left)
		return false;
	*byte = *cursor->at++;
	cursor->left--;
	return true;
}

/* An integer constant that fits SLP_TYP. */
static bool take_sleep_type(struct cursor *cursor, uint8_t *type)
{
	uint8_t op, bytes = 0;
	uint64_t value = 0;

	if (!take_byte(cursor, &op))
		return false;
	switch (op) {
	case AML_ZERO:
	case AML_ONE:
		*type = op;
		return true;
	case AML_BYTE:
		bytes = 1;
		break;
	case AML_WORD:
		bytes = 2;
		break;
	case AML_DWORD:
		bytes = 4;
		break;
	case AML_QWORD:
		bytes = 8;
		break;
	default:
		return false;
	}
	for (unsigned i = 0; i < bytes; i++) {
		uint8_t byte;
		if (!take_byte(cursor, &byte))
			return false;
		value |= (uint64_t)byte << (8 * i);
	}
	*type = (uint8_t)value;
	return value <= SLEEP_TYPE_MAX;
}

/* "Package Length Encoding": the top two bits of the first byte count the bytes that follow. The
 * length counts from that first byte; the cursor is cut to it. */
static bool enter_package(struct cursor *cursor)
{
	const size_t before = cursor->left;
	uint8_t lead, byte;

	if (!take_byte(cursor, &lead))
		return false;
	unsigned following = lead >> 6;
	size_t length = following ? lead & 0x0f : lead & 0x3f;
	for (unsigned i = 0; i < following; i++) {
		if (!take_byte(cursor, &byte))
			return false;
		length |= (size_t)byte << (4 + 8 * i);
	}
	size_t used = before - cursor->left;
	if (length < used || length > before)
		return false;
	cursor->left = length - used;
	return true;
}

static bool read_s5(struct cursor cursor, uint8_t *type_a, uint8_t *type_b)
{
	uint8_t op, elements;

	if (!take_byte(&cursor, &op) || op != AML_PACKAGE || !enter_package(&cursor) ||
	    !take_byte(&cursor, &elements) || !elements || !take_sleep_type(&cursor, type_a))
		return false;
	if (elements == 1) {
		*type_b = 0;
		return true;
	}
	return take_sleep_type(&cursor, type_b);
}

bool acpi_find_s5(const void *aml, size_t length, uint8_t *type_a, uint8_t *type_b)
{
	const uint8_t *bytes = aml;

	for (size_t i = 1; i + NAME_LENGTH <= length; i++) {
		if (bytes[i] != '_' || memcmp(bytes + i, "_S5_", NAME_LENGTH))
			continue;
		bool named = bytes[i - 1] == AML_NAME ||
			     (i >= 2 && bytes[i - 1] == AML_ROOT && bytes[i - 2] == AML_NAME);
		const struct cursor behind = { bytes + i + NAME_LENGTH, length - i - NAME_LENGTH };
		uint8_t a, b;
		if (named && read_s5(behind, &a, &b)) {
			*type_a = a;
			*type_b = b;
			return true;
		}
	}
	return false;
}
