/* Framing: GDB's manual, "Overview" of the remote protocol. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "guest/gdb/gdb_packet.h"

static struct gdb_receiver receiver;
static struct gdb_answer answer;

/* The event of the last byte; all before it have none. */
static enum gdb_line_event feed(const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i + 1 < length; i++)
		assert_int_equal(gdb_receive(&receiver, (uint8_t)text[i]), GDB_LINE_NOTHING);
	return gdb_receive(&receiver, (uint8_t)text[length - 1]);
}

static void whole_packets(void **state)
{
	memset(&receiver, 0, sizeof(receiver));
	assert_int_equal(feed("+$g#67"), GDB_LINE_PACKET);
	assert_string_equal((char *)receiver.content, "g");
	assert_int_equal(feed("$#00"), GDB_LINE_PACKET);
	assert_int_equal(receiver.length, 0);
	/* The checksum's digits may be capitals. */
	assert_int_equal(feed("$m8000,4#96"), GDB_LINE_REFUSED);
	assert_int_equal(feed("$m8000,4#95"), GDB_LINE_PACKET);
	assert_string_equal((char *)receiver.content, "m8000,4");
}

static void wrong_ones(void **state)
{
	memset(&receiver, 0, sizeof(receiver));
	assert_int_equal(feed("$g#68"), GDB_LINE_REFUSED);
	assert_int_equal(feed("$g#6x"), GDB_LINE_REFUSED);
	assert_int_equal(feed("$g#x7"), GDB_LINE_REFUSED);
	/* One that was cut off by a debugger that went away. */
	assert_int_equal(feed("$m80$g#67"), GDB_LINE_PACKET);
	assert_string_equal((char *)receiver.content, "g");
	assert_int_equal(feed("-"), GDB_LINE_RESEND);
	assert_int_equal(feed("\x03"), GDB_LINE_BREAK);
}

/* X packets hold bytes that mean something to the protocol; the checksum is of what is sent. */
static void escapes(void **state)
{
	memset(&receiver, 0, sizeof(receiver));
	assert_int_equal(feed("$X}\x03}\x04}]\x03#36"), GDB_LINE_PACKET);
	assert_int_equal(receiver.length, 5);
	assert_memory_equal(receiver.content, "X#$}\x03", 5);
}

static void too_long(void **state)
{
	memset(&receiver, 0, sizeof(receiver));
	gdb_receive(&receiver, '$');
	for (unsigned i = 0; i <= GDB_PACKET_MAX; i++)
		assert_int_equal(gdb_receive(&receiver, 0), GDB_LINE_NOTHING);
	assert_int_equal(feed("#00"), GDB_LINE_REFUSED);
	gdb_receive(&receiver, '$');
	for (unsigned i = 0; i < GDB_PACKET_MAX; i++)
		assert_int_equal(gdb_receive(&receiver, 0), GDB_LINE_NOTHING);
	assert_int_equal(feed("#00"), GDB_LINE_PACKET);
	assert_int_equal(receiver.length, GDB_PACKET_MAX);
}

static void answers(void **state)
{
	uint8_t frame[GDB_FRAME_MAX];

	gdb_answer_clear(&answer);
	gdb_answer_format(&answer, "T%02x", 5);
	gdb_answer_hex(&answer, "\x01\xaf", 2);
	gdb_answer_binary(&answer, "a#$}*b", 6);
	size_t length = gdb_frame(&answer, frame);
	assert_int_equal(length, 1 + 3 + 4 + 2 + 8 + 3);
	assert_memory_equal(frame, "$T0501afa}\x03}\x04}]}\nb#", length - 2);
	uint8_t sum = 0;
	for (size_t i = 1; i < length - 3; i++)
		sum += frame[i];
	assert_int_equal(gdb_digit(frame[length - 2]) << 4 | gdb_digit(frame[length - 1]), sum);
}

/* What does not fit is left out whole, and told. */
static void overflow(void **state)
{
	static const uint8_t zeros[GDB_PACKET_MAX];

	gdb_answer_clear(&answer);
	gdb_answer_binary(&answer, zeros, sizeof(zeros));
	assert_false(answer.overflow);
	gdb_answer_hex(&answer, zeros, 1);
	assert_true(answer.overflow);
	assert_int_equal(answer.length, GDB_PACKET_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_packets), cmocka_unit_test(wrong_ones),
		cmocka_unit_test(escapes),       cmocka_unit_test(too_long),
		cmocka_unit_test(answers),       cmocka_unit_test(overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
