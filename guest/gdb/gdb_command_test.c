/* Packets taken apart, and vCont's actions: GDB's manual, "Packets". */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "guest/gdb/gdb_command.h"
#include "lib/bits.h"

static struct gdb_command parse(const char *text)
{
	struct gdb_command command;

	gdb_parse((const uint8_t *)text, strlen(text), &command);
	return command;
}

static void kinds(void **state)
{
	static const struct {
		const char *text;
		enum gdb_command_kind kind;
	} rows[] = {
		{ "?", GDB_WHY },
		{ "??", GDB_UNKNOWN },
		{ "", GDB_UNKNOWN },
		{ "g", GDB_READ_REGISTERS },
		{ "vMustReplyEmpty", GDB_UNKNOWN },
		{ "qSupported:swbreak+", GDB_SUPPORTED },
		{ "QStartNoAckMode", GDB_NO_ACKS },
		{ "qC", GDB_CURRENT_THREAD },
		{ "qCRC:0,4", GDB_UNKNOWN },
		{ "qfThreadInfo", GDB_FIRST_THREADS },
		{ "Hg-1", GDB_CHOOSE_THREAD },
		{ "Hgx", GDB_MALFORMED },
		{ "Hg-2", GDB_MALFORMED },
		{ "Hg99999999999999999", GDB_MALFORMED },
		{ "m10000000000000000,1", GDB_MALFORMED },
		{ "m1000", GDB_MALFORMED },
		{ "m1000,", GDB_MALFORMED },
		{ "m1000,4x", GDB_MALFORMED },
		{ "Z5,0,1", GDB_MALFORMED },
		{ "D;1", GDB_DETACH },
		{ "vKill;1", GDB_KILL_VERBOSE },
		{ "vCont?", GDB_RESUME_QUERY },
		{ "c", GDB_CONTINUE },
		{ "C05", GDB_CONTINUE },
		{ "C05;", GDB_MALFORMED },
		{ "s", GDB_STEP },
		{ "QNonStop:1", GDB_UNKNOWN },
		{ "qXfer:features:read:other.xml:0,10", GDB_UNKNOWN },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		if (parse(rows[i].text).kind != rows[i].kind)
			fail_msg("%s: %d, not %d", rows[i].text, parse(rows[i].text).kind,
				 rows[i].kind);
}

static void arguments(void **state)
{
	struct gdb_command c = parse("Mffffffff81000000,2:abcd");

	assert_int_equal(c.kind, GDB_WRITE_MEMORY);
	assert_int_equal(c.address, 0xffffffff81000000);
	assert_int_equal(c.length, 2);
	assert_int_equal(c.data_length, 4);
	assert_memory_equal(c.data, "abcd", 4);
	c = parse("Z2,8000,8");
	assert_int_equal(c.kind, GDB_SET_BREAKPOINT);
	assert_int_equal(c.type, GDB_WATCH_WRITE);
	assert_int_equal(c.address, 0x8000);
	assert_int_equal(c.length, 8);
	c = parse("P10=0080000000000000");
	assert_int_equal(c.address, 0x10);
	assert_int_equal(c.data_length, 16);
	c = parse("S05;1000");
	assert_true(c.has_address);
	assert_int_equal(c.address, 0x1000);
	c = parse("Hc2");
	assert_int_equal(c.thread, 2);
	c = parse("qXfer:features:read:target.xml:7f,ff0");
	assert_int_equal(c.kind, GDB_READ_FEATURES);
	assert_int_equal(c.address, 0x7f);
	assert_int_equal(c.length, 0xff0);
}

/* Of the actions that name a thread, the first counts. */
static void actions(void **state)
{
	enum gdb_action got[3];
	static const struct {
		const char *text;
		enum gdb_action want[3];
	} rows[] = {
		{ "c", { GDB_ACTION_CONTINUE, GDB_ACTION_CONTINUE, GDB_ACTION_CONTINUE } },
		{ "s:2;c", { GDB_ACTION_CONTINUE, GDB_ACTION_STEP, GDB_ACTION_CONTINUE } },
		{ "s:2", { GDB_ACTION_NONE, GDB_ACTION_STEP, GDB_ACTION_NONE } },
		{ "C05:1;t:3", { GDB_ACTION_CONTINUE, GDB_ACTION_NONE, GDB_ACTION_STOP } },
		{ "c:-1;s:1", { GDB_ACTION_CONTINUE, GDB_ACTION_CONTINUE, GDB_ACTION_CONTINUE } },
		{ "s:7f", { GDB_ACTION_NONE, GDB_ACTION_NONE, GDB_ACTION_NONE } },
	};
	static const char *const wrong[] = { "", "x", "c;", "C", "s:", "c:1:2", "s05" };

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(gdb_parse_actions((const uint8_t *)rows[i].text, strlen(rows[i].text),
					      got, 3));
		assert_memory_equal(got, rows[i].want, sizeof(got));
	}
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++)
		if (gdb_parse_actions((const uint8_t *)wrong[i], strlen(wrong[i]), got, 3))
			fail_msg("%s was taken", wrong[i]);
}

static void hexadecimal(void **state)
{
	uint8_t bytes[2];

	assert_true(gdb_parse_hex((const uint8_t *)"0aF0", 4, bytes, 2));
	assert_memory_equal(bytes, "\x0a\xf0", 2);
	assert_false(gdb_parse_hex((const uint8_t *)"0aF0", 4, bytes, 1));
	assert_false(gdb_parse_hex((const uint8_t *)"0g", 2, bytes, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(arguments),
		cmocka_unit_test(actions),
		cmocka_unit_test(hexadecimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
