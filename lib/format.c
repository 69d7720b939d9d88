/* printf into a bounded buffer: a scanner for one conversion at a time and two emitters, one for
 * text and one for integers. */
#include "lib/format.h"

#include "lib/string.h"

struct output {
	char *buffer;
	size_t size;
	size_t length; /* what would have been written, terminator not counted */
};

struct conversion {
	bool left, zero, plus, space, alternate;
	size_t width;
	bool has_precision;
	size_t precision;
	size_t bytes; /* size of the integer argument */
	char kind;
};

static void put(struct output *out, char c)
{
	if (out->length + 1 < out->size)
		out->buffer[out->length] = c;
	out->length++;
}

static void put_many(struct output *out, char c, size_t count)
{
	while (count--)
		put(out, c);
}

/* What of `text` there is room for, in one piece: most of a log line comes this way. */
static void put_all(struct output *out, const char *text, size_t length)
{
	size_t room = out->length + 1 < out->size ? out->size - 1 - out->length : 0;

	if (room)
		memcpy(out->buffer + out->length, text, length < room ? length : room);
	out->length += length;
}

static void put_text(struct output *out, const struct conversion *conv, const char *text)
{
	if (!text)
		text = "(null)";
	size_t length = strnlen(text, conv->has_precision ? conv->precision : SIZE_MAX);
	size_t padding = conv->width > length ? conv->width - length : 0;
	if (!conv->left)
		put_many(out, ' ', padding);
	put_all(out, text, length);
	if (conv->left)
		put_many(out, ' ', padding);
}

/* `prefix` is the sign or "0x": it stands before zero padding and after blank padding. */
static void put_number(struct output *out, const struct conversion *conv, uint64_t value,
		       unsigned base, const char *prefix)
{
	const char *digits = conv->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[24];
	size_t count = 0;

	for (; value; value /= base)
		text[count++] = digits[value % base];
	size_t minimum = conv->has_precision ? conv->precision : 1;
	size_t zeros = minimum > count ? minimum - count : 0;
	size_t length = strlen(prefix) + zeros + count;
	size_t padding = conv->width > length ? conv->width - length : 0;
	if (conv->zero && !conv->left && !conv->has_precision) {
		zeros += padding;
		padding = 0;
	}

	if (!conv->left)
		put_many(out, ' ', padding);
	while (*prefix)
		put(out, *prefix++);
	put_many(out, '0', zeros);
	while (count)
		put(out, text[--count]);
	if (conv->left)
		put_many(out, ' ', padding);
}

static void put_signed(struct output *out, const struct conversion *conv, int64_t value)
{
	uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	const char *sign = value < 0 ? "-" : conv->plus ? "+" : conv->space ? " " : "";

	put_number(out, conv, magnitude, 10, sign);
}

static uint64_t unsigned_argument(const struct conversion *conv, va_list *args)
{
	if (conv->bytes == 8)
		return va_arg(*args, uint64_t);
	uint32_t value = va_arg(*args, uint32_t);
	return conv->bytes == 1 ? (uint8_t)value : conv->bytes == 2 ? (uint16_t)value : value;
}

static int64_t signed_argument(const struct conversion *conv, va_list *args)
{
	if (conv->bytes == 8)
		return va_arg(*args, int64_t);
	int32_t value = va_arg(*args, int32_t);
	return conv->bytes == 1 ? (int8_t)value : conv->bytes == 2 ? (int16_t)value : value;
}

static size_t scan_count(const char **format, va_list *args, bool *negative)
{
	size_t count = 0;

	if (**format == '*') {
		int value = va_arg(*args, int);
		(*format)++;
		*negative = value < 0;
		return value < 0 ? 0 - (size_t)value : (size_t)value;
	}
	while (**format >= '0' && **format <= '9')
		count = count * 10 + (size_t)(*(*format)++ - '0');
	return count;
}

static void scan_flags(const char **format, struct conversion *conv)
{
	for (;; (*format)++) {
		switch (**format) {
		case '-':
			conv->left = true;
			break;
		case '0':
			conv->zero = true;
			break;
		case '+':
			conv->plus = true;
			break;
		case ' ':
			conv->space = true;
			break;
		case '#':
			conv->alternate = true;
			break;
		default:
			return;
		}
	}
}

static void scan_length(const char **format, struct conversion *conv)
{
	conv->bytes = sizeof(int);
	for (;; (*format)++) {
		switch (**format) {
		case 'h':
			conv->bytes /= 2;
			break;
		case 'l':
		case 'z':
		case 'j':
		case 't':
			conv->bytes = 8;
			break;
		default:
			return;
		}
	}
}

/* `*format` stands behind the percent sign; afterwards behind the conversion. */
static struct conversion scan(const char **format, va_list *args)
{
	struct conversion conv = { 0 };
	bool negative = false;

	scan_flags(format, &conv);
	conv.width = scan_count(format, args, &negative);
	conv.left |= negative;
	if (**format == '.') {
		(*format)++;
		negative = false;
		conv.precision = scan_count(format, args, &negative);
		conv.has_precision = !negative;
	}
	scan_length(format, &conv);
	conv.kind = **format;
	if (conv.kind)
		(*format)++;
	return conv;
}

/* Writes the conversion at `*format` with its argument, and steps behind it. */
static void convert(struct output *out, const char **format, va_list *args)
{
	struct conversion conv = scan(format, args);

	switch (conv.kind) {
	case 'd':
	case 'i':
		put_signed(out, &conv, signed_argument(&conv, args));
		break;
	case 'u':
		put_number(out, &conv, unsigned_argument(&conv, args), 10, "");
		break;
	case 'x':
	case 'X': {
		uint64_t value = unsigned_argument(&conv, args);
		put_number(out, &conv, value, 16, conv.alternate && value ? "0x" : "");
		break;
	}
	case 'p':
		put_number(out, &conv, (uintptr_t)va_arg(*args, void *), 16, "0x");
		break;
	case 'c': {
		char text[2] = { (char)va_arg(*args, int), 0 };
		conv.has_precision = false;
		put_text(out, &conv, text);
		break;
	}
	case 's':
		put_text(out, &conv, va_arg(*args, const char *));
		break;
	case '%':
		put(out, '%');
		break;
	default: /* an unknown conversion is shown, not swallowed */
		put(out, '%');
		if (conv.kind)
			put(out, conv.kind);
		break;
	}
}

size_t format_string_va(char *buffer, size_t size, const char *format, va_list args)
{
	struct output out = { buffer, size, 0 };
	va_list copy;

	va_copy(copy, args);
	while (*format) {
		const char *text = format;

		while (*format && *format != '%')
			format++;
		put_all(&out, text, (size_t)(format - text));
		if (*format) {
			format++;
			convert(&out, &format, &copy);
		}
	}
	va_end(copy);
	if (size)
		buffer[out.length < size ? out.length : size - 1] = 0;
	return out.length;
}

size_t format_string(char *buffer, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	size_t length = format_string_va(buffer, size, format, args);
	va_end(args);
	return length;
}

size_t format_append(char *buffer, size_t size, const char *format, ...)
{
	size_t used = strnlen(buffer, size);
	va_list args;

	va_start(args, format);
	size_t length = format_string_va(buffer + used, size - used, format, args);
	va_end(args);
	return used + length;
}

void format_size(char *buffer, size_t size, uint64_t bytes)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} units[] = { { "GiB", GIB(1) }, { "MiB", MIB(1) }, { "KiB", KIB(1) } };
	unsigned unit = 0;

	while (unit < ARRAY_SIZE(units) - 1 &&
	       (bytes < units[unit].bytes ||
		(bytes % units[unit].bytes && bytes < 10 * units[unit].bytes)))
		unit++;
	format_string(buffer, size, "%lu %s", bytes / units[unit].bytes, units[unit].name);
}

void format_quotable(char *buffer, size_t size, const char *text)
{
	size_t length = strnlen(text, size);
	bool cut = length == size;

	if (cut)
		length = size - 1;
	for (size_t i = 0; i < length; i++)
		buffer[i] = text[i] == '"' ? '\'' : text[i];
	if (cut)
		memcpy(buffer + length - 3, "...", 3);
	buffer[length] = 0;
}
