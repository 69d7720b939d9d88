/* Packets of GDB's remote serial protocol: bytes of the line into packets, and answers into bytes.
 * The manual's appendix "GDB Remote Serial Protocol", "Overview". Whoever is at the other end of the
 * line is not trusted: a packet that is too long or whose checksum is wrong is refused. Pure. */
#ifndef GUEST_GDB_GDB_PACKET_H
#define GUEST_GDB_GDB_PACKET_H

#include "lib/types.h"

/* Bytes between `$` and `#`, as told to the debugger; what comes may be binary. */
#define GDB_PACKET_MAX 4096

/* What a debugger sends to break in, outside of any packet. */
#define GDB_BREAK 0x03

enum gdb_line_event {
	GDB_LINE_NOTHING,
	GDB_LINE_PACKET,  /* `content` is whole: escapes are undone, and the checksum was right */
	GDB_LINE_REFUSED, /* a packet whose checksum is wrong, or which is too long */
	GDB_LINE_BREAK,
	GDB_LINE_RESEND, /* the debugger refused the last answer */
};

struct gdb_receiver {
	enum { GDB_OUTSIDE, GDB_INSIDE, GDB_ESCAPED, GDB_CHECKSUM_HIGH, GDB_CHECKSUM_LOW } state;
	uint8_t sum;     /* of the bytes so far */
	int8_t high;     /* the checksum's first digit; -1: it is none */
	bool too_long;   /* more came than fits */
	uint16_t length; /* of `content`, which is terminated by a zero */
	uint8_t content[GDB_PACKET_MAX + 1];
};

/* Takes in a byte of the line. After GDB_LINE_PACKET `content` stays until the next `$`. */
enum gdb_line_event gdb_receive(struct gdb_receiver *receiver, uint8_t byte);

/* An answer as it is built: the bytes between `$` and `#`. What does not fit is left out, and
 * `overflow` says so. */
struct gdb_answer {
	uint16_t length;
	bool overflow;
	uint8_t content[GDB_PACKET_MAX];
};

void gdb_answer_clear(struct gdb_answer *answer);
void gdb_answer_format(struct gdb_answer *answer, const char *format, ...) printf_like(2, 3);
/* Bytes as hexadecimal digits. */
void gdb_answer_hex(struct gdb_answer *answer, const void *bytes, size_t length);
/* Bytes that mean something to the protocol are escaped. */
void gdb_answer_binary(struct gdb_answer *answer, const void *bytes, size_t length);

/* The bytes of an answer's packet: at most GDB_FRAME_MAX, and how many. */
#define GDB_FRAME_MAX (GDB_PACKET_MAX + 4)
size_t gdb_frame(const struct gdb_answer *answer, uint8_t *frame);

/* The value of a hexadecimal digit; -1 for anything else. */
int gdb_digit(uint8_t byte);

#endif
