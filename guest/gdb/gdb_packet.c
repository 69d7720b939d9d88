/* The framing of packets, both ways. */
#include "guest/gdb/gdb_packet.h"

#include "lib/format.h"
#include "lib/string.h"

#define PACKET_START  '$'
#define PACKET_END    '#'
#define PACKET_ESCAPE '}'
#define ESCAPE_FLIPS  0x20
#define REPEAT_MARK   '*' /* of run-length encoding, in answers only */
#define REFUSAL       '-'
#define FORMATTED_MAX 256

static const char digits[] = "0123456789abcdef";

int gdb_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* --- receiving ------------------------------------------------------------------------------ */

static void begin(struct gdb_receiver *r)
{
	r->state = GDB_INSIDE;
	r->sum = 0;
	r->length = 0;
	r->too_long = false;
}

static void keep(struct gdb_receiver *r, uint8_t byte)
{
	if (r->length < GDB_PACKET_MAX)
		r->content[r->length++] = byte;
	else
		r->too_long = true;
}

static void take_inside(struct gdb_receiver *r, uint8_t byte)
{
	if (byte == PACKET_END) {
		r->state = GDB_CHECKSUM_HIGH;
		return;
	}
	r->sum += byte;
	if (r->state == GDB_ESCAPED) {
		keep(r, byte ^ ESCAPE_FLIPS);
		r->state = GDB_INSIDE;
	} else if (byte == PACKET_ESCAPE) {
		r->state = GDB_ESCAPED;
	} else {
		keep(r, byte);
	}
}

static enum gdb_line_event finish(struct gdb_receiver *r, int low)
{
	r->state = GDB_OUTSIDE;
	r->content[r->length] = 0;
	if (r->too_long || r->high < 0 || low < 0 || (r->high << 4 | low) != r->sum)
		return GDB_LINE_REFUSED;
	return GDB_LINE_PACKET;
}

enum gdb_line_event gdb_receive(struct gdb_receiver *r, uint8_t byte)
{
	/* Never within a packet, where it would be escaped: a packet that was cut off is forgotten. */
	if (byte == PACKET_START) {
		begin(r);
		return GDB_LINE_NOTHING;
	}
	switch (r->state) {
	case GDB_INSIDE:
	case GDB_ESCAPED:
		take_inside(r, byte);
		return GDB_LINE_NOTHING;
	case GDB_CHECKSUM_HIGH:
		r->high = (int8_t)gdb_digit(byte);
		r->state = GDB_CHECKSUM_LOW;
		return GDB_LINE_NOTHING;
	case GDB_CHECKSUM_LOW:
		return finish(r, gdb_digit(byte));
	default:
		break;
	}
	if (byte == GDB_BREAK)
		return GDB_LINE_BREAK;
	return byte == REFUSAL ? GDB_LINE_RESEND : GDB_LINE_NOTHING;
}

/* --- answering ------------------------------------------------------------------------------ */

void gdb_answer_clear(struct gdb_answer *answer)
{
	answer->length = 0;
	answer->overflow = false;
}

static void put(struct gdb_answer *answer, const uint8_t *bytes, size_t length)
{
	if (length > sizeof(answer->content) - answer->length) {
		answer->overflow = true;
		return;
	}
	memcpy(answer->content + answer->length, bytes, length);
	answer->length += (uint16_t)length;
}

void gdb_answer_format(struct gdb_answer *answer, const char *format, ...)
{
	char text[FORMATTED_MAX];
	va_list args;
	size_t length;

	va_start(args, format);
	length = format_string_va(text, sizeof(text), format, args);
	va_end(args);
	put(answer, (const uint8_t *)text, length < sizeof(text) ? length : sizeof(text) - 1);
}

void gdb_answer_hex(struct gdb_answer *answer, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;

	for (size_t i = 0; i < length; i++) {
		const uint8_t pair[] = { (uint8_t)digits[from[i] >> 4],
					 (uint8_t)digits[from[i] & 15] };

		put(answer, pair, sizeof(pair));
	}
}

void gdb_answer_binary(struct gdb_answer *answer, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;

	for (size_t i = 0; i < length; i++) {
		const uint8_t escaped[] = { PACKET_ESCAPE, from[i] ^ ESCAPE_FLIPS };
		bool special = from[i] == PACKET_START || from[i] == PACKET_END ||
			       from[i] == PACKET_ESCAPE || from[i] == REPEAT_MARK;

		if (special)
			put(answer, escaped, sizeof(escaped));
		else
			put(answer, from + i, 1);
	}
}

size_t gdb_frame(const struct gdb_answer *answer, uint8_t *frame)
{
	uint8_t sum = 0;
	size_t at = 0;

	frame[at++] = PACKET_START;
	for (size_t i = 0; i < answer->length; i++) {
		sum += answer->content[i];
		frame[at++] = answer->content[i];
	}
	frame[at++] = PACKET_END;
	frame[at++] = (uint8_t)digits[sum >> 4];
	frame[at++] = (uint8_t)digits[sum & 15];
	return at;
}
