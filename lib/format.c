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
	bool left, zero, alternate;
	size_t width;
	size_t precision;
	bool wide; /* the integer argument has 64 bits */
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
	size_t length = strnlen(text, conv->precision);
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
	char text[24];
	size_t count = 0;

	do
		text[count++] = "0123456789abcdef"[value % base];
	while (value /= base);
	size_t length = strlen(prefix) + count;
	size_t padding = conv->width > length ? conv->width - length : 0;

	if (!conv->zero && !conv->left)
		put_many(out, ' ', padding);
	while (*prefix)
		put(out, *prefix++);
	if (conv->zero && !conv->left)
		put_many(out, '0', padding);
	while (count)
		put(out, text[--count]);
	if (conv->left)
		put_many(out, ' ', padding);
}

static void put_signed(struct output *out, const struct conversion *conv, int64_t value)
{
	uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	put_number(out, conv, magnitude, 10, value < 0 ? "-" : "");
}

static uint64_t unsigned_argument(const struct conversion *conv, va_list *args)
{
	return conv->wide ? va_arg(*args, uint64_t) : va_arg(*args, uint32_t);
}

static int64_t signed_argument(const struct conversion *conv, va_list *args)
{
	return conv->wide ? va_arg(*args, int64_t) : va_arg(*args, int32_t);
}

static size_t scan_count(const char **format)
{
	size_t count = 0;

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
		case '#':
			conv->alternate = true;
			break;
		default:
			return;
		}
	}
}

/* Behind the point. */
static size_t scan_precision(const char **format, va_list *args)
{
	if (**format != '*')
		return scan_count(format);
	(*format)++;
	return (size_t)va_arg(*args, int); /* a negative one is as good as none */
}

/* `*format` stands behind the percent sign; afterwards behind the conversion. */
static struct conversion scan(const char **format, va_list *args)
{
	struct conversion conv = { .precision = SIZE_MAX };

	scan_flags(format, &conv);
	conv.width = scan_count(format);
	if (**format == '.') {
		(*format)++;
		conv.precision = scan_precision(format, args);
	}
	for (; **format == 'l' || **format == 'z'; (*format)++)
		conv.wide = true;
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
		put_signed(out, &conv, signed_argument(&conv, args));
		break;
	case 'u':
		put_number(out, &conv, unsigned_argument(&conv, args), 10, "");
		break;
	case 'x': {
		uint64_t value = unsigned_argument(&conv, args);
		put_number(out, &conv, value, 16, conv.alternate && value ? "0x" : "");
		break;
	}
	case 'c':
		put(out, (char)va_arg(*args, int));
		break;
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
