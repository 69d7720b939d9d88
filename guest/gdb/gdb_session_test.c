/* A debugger's conversations, packet by packet. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "tests/host/gdb_machine.h"

static struct fake_machine machine;
static char said[2 * GDB_FRAME_MAX];

/* Sends a packet, and returns what came back; without the acknowledgement where there is one. */
static const char *ask(const char *content)
{
	char frame[GDB_FRAME_MAX + 1];
	const uint8_t *bytes;
	uint8_t sum = 0;
	size_t count;

	for (const char *c = content; *c; c++)
		sum += (uint8_t)*c;
	snprintf(frame, sizeof(frame), "$%s#%02x", content, sum);
	for (const char *c = frame; *c; c++)
		gdb_session_receive(&machine.session, (uint8_t)*c);
	fake_serve(&machine);
	bytes = gdb_session_output(&machine.session, &count);
	memcpy(said, bytes, count);
	said[count] = 0;
	gdb_session_sent(&machine.session, count);
	return said[0] == '+' ? said + 1 : said;
}

static const char *heard(void)
{
	size_t count;
	const uint8_t *bytes = gdb_session_output(&machine.session, &count);

	memcpy(said, bytes, count);
	said[count] = 0;
	gdb_session_sent(&machine.session, count);
	return said;
}

/* The answer's content is this. */
static void expect(const char *question, const char *content)
{
	char wanted[256];
	uint8_t sum = 0;

	for (const char *c = content; *c; c++)
		sum += (uint8_t)*c;
	snprintf(wanted, sizeof(wanted), "$%s#%02x", content, sum);
	assert_string_equal(ask(question), wanted);
}

static int begin(void **state)
{
	fake_begin(&machine);
	ask("qSupported:swbreak+;hwbreak+");
	return 0;
}

static void greetings(void **state)
{
	fake_begin(&machine);
	assert_non_null(strstr(ask("qSupported:swbreak+;hwbreak+;xmlRegisters=i386"),
			       "PacketSize=1000;QStartNoAckMode+;qXfer:features:read+"));
	assert_int_equal(said[0], '+');
	expect("QStartNoAckMode", "OK");
	expect("?", "T0506:0000000000000000;07:0000000000000000;10:0000000000000000;thread:1;");
	assert_int_equal(said[0], '$');
	/* A new debugger is acknowledged again. */
	ask("qSupported");
	assert_int_equal(said[0], '+');
}

static void threads(void **state)
{
	expect("qfThreadInfo", "m1,2,3");
	expect("qsThreadInfo", "l");
	machine.gone = 1;
	expect("qfThreadInfo", "m1,3");
	expect("T2", "E01");
	expect("T3", "OK");
	expect("Hg2", "E01");
	expect("Hg3", "OK");
	expect("qC", "QC3");
	expect("Hg4", "E01");
	expect("qThreadExtraInfo,1", "68616c746564");
}

static void registers(void **state)
{
	machine.registers[1][GDB_REGISTER_RIP][0] = 0x80;
	expect("Hg2", "OK");
	expect("p10", "8000000000000000");
	expect("P10=1122334455667788", "OK");
	assert_memory_equal(machine.registers[1][GDB_REGISTER_RIP],
			    "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
	expect("P10=11", "E01");
	expect("pff", "E01");
	expect("P18=00000000000000000000", "E01");
	/* All of them, at once and back. */
	char all[2 * GDB_REGISTERS_MAX];
	size_t bytes = 0;
	for (unsigned i = 0; i < gdb_register_count; i++)
		bytes += gdb_registers[i].size;
	snprintf(all, sizeof(all), "G%s", ask("g") + 1);
	*strchr(all, '#') = 0;
	assert_int_equal(strlen(all), 1 + 2 * bytes);
	memcpy(all + 1, "ee", 2);
	expect(all, "OK");
	assert_int_equal(machine.registers[1][0][0], 0xee);
	expect("G1", "E01");
}

static void memory(void **state)
{
	memcpy(machine.memory + 0x1000, "Plinth", 7);
	expect("m1000,6", "506c696e7468");
	expect("M1000,2:4142", "OK");
	expect("X1002,2:CD", "OK");
	assert_string_equal((char *)machine.memory + 0x1000, "ABCDth");
	expect("M1000,2:41", "E01");
	expect("X1002,3:CD", "E01");
	expect("m2fff,10", "00");
	expect("m3000,1", "E01");
	expect("M3000,1:00", "E01");
	/* No more than fits into a packet. */
	ask("m0,ffffffffffffffff");
	assert_int_equal(machine.session.answer.length, GDB_PACKET_MAX);
}

/* The debugger never sees its own INT3s, and what it writes over one is there afterwards. */
static void software_breakpoints(void **state)
{
	memcpy(machine.memory + 0x1000, "\x55\x48\x89\xe5", 4);
	expect("Z0,1001,1", "OK");
	expect("Z0,1001,1", "OK");
	assert_int_equal(machine.memory[0x1001], 0xcc);
	expect("m1000,4", "554889e5");
	expect("M1000,2:90f4", "OK");
	assert_int_equal(machine.memory[0x1001], 0xcc);
	expect("m1000,2", "90f4");
	expect("z0,1001,1", "OK");
	expect("z0,1001,1", "E01");
	assert_memory_equal(machine.memory + 0x1000, "\x90\xf4\x89\xe5", 4);
	expect("Z0,3000,1", "E01");
}

static void hardware_breakpoints(void **state)
{
	expect("Z1,8000,1", "OK");
	expect("Z2,9000,8", "OK");
	expect("Z3,9008,4", "OK");
	expect("Z4,900c,2", "OK");
	expect("Z1,8100,1", "E01");
	expect("z2,9000,8", "OK");
	expect("Z2,9001,2", "E01");
	expect("Z2,9000,10", "E01");
	expect("Z1,8100,1", "OK");
	expect("z2,9000,8", "E01");
}

static void running(void **state)
{
	assert_string_equal(ask("vCont;s:2;c"), "");
	assert_true(machine.running);
	assert_int_equal(machine.actions[0], GDB_ACTION_CONTINUE);
	assert_int_equal(machine.actions[1], GDB_ACTION_STEP);
	fake_stop(&machine, GDB_STEPPED, 1);
	assert_non_null(strstr(heard(), "$T05"));
	assert_non_null(strstr(said, "thread:2;#"));
	expect("qC", "QC2");
	/* Nothing would run. */
	expect("vCont;t", "E01");
	expect("vCont;s:9", "E01");
	expect("vCont;", "E01");
	assert_string_equal(ask("c"), "");
	fake_stop(&machine, GDB_AT_SOFTWARE_BREAKPOINT, 0);
	assert_non_null(strstr(heard(), "swbreak:;thread:1;"));
	assert_string_equal(ask("vCont;c"), "");
	fake_stop(&machine, GDB_WATCHED_WRITE, 2);
	assert_non_null(strstr(heard(), "watch:1234;thread:3;"));
	assert_string_equal(ask("s1000"), "");
	assert_int_equal(machine.actions[2], GDB_ACTION_STEP);
	assert_memory_equal(machine.registers[2][GDB_REGISTER_RIP], "\0\x10\0", 3);
}

static void breaking_in(void **state)
{
	/* While it stands still there is nothing to break into. */
	gdb_session_receive(&machine.session, GDB_BREAK);
	fake_serve(&machine);
	assert_string_equal(heard(), "");
	ask("vCont;c");
	gdb_session_receive(&machine.session, GDB_BREAK);
	fake_serve(&machine);
	assert_non_null(strstr(heard(), "$T02"));
	/* A debugger that came anew is not told of the stop that it has not asked for. */
	ask("vCont;c");
	assert_non_null(strstr(ask("qSupported"), "PacketSize"));
	assert_false(machine.running);
	assert_null(strstr(said, "$T"));
}

static void leaving(void **state)
{
	ask("vCont;c");
	fake_stop(&machine, GDB_STEPPED, 0);
	heard();
	expect("D", "OK");
	assert_true(machine.detached && machine.running);
	/* Nobody is there any more. */
	gdb_session_receive(&machine.session, GDB_BREAK);
	assert_false(machine.session.stop_wanted);
	machine.running = false;
	gdb_session_ended(&machine.session, false);
	assert_string_equal(heard(), "");
	expect("?", "W00");
}

static void ending(void **state)
{
	ask("vCont;c");
	machine.running = false;
	gdb_session_ended(&machine.session, true);
	assert_string_equal(heard(), "$X06#be");
	expect("g", "E01");
	expect("D", "OK");
	fake_begin(&machine);
	expect("vKill;1", "OK");
	assert_true(machine.killed);
}

static void lost_answers(void **state)
{
	char first[64];

	snprintf(first, sizeof(first), "%s", ask("qC"));
	gdb_session_receive(&machine.session, '-');
	assert_string_equal(heard(), first);
	/* A packet that arrived broken is asked for again. */
	for (const char *c = "$qC#00"; *c; c++)
		gdb_session_receive(&machine.session, (uint8_t)*c);
	assert_string_equal(heard(), "-");
}

static void monitoring(void **state)
{
	expect("qRcmd,68656c6c6f", "68656c6c6f");
	expect("qRcmd,", "OK");
	expect("qRcmd,6", "E01");
}

/* The parts of the description are the whole. */
static void description(void **state)
{
	static char whole[GDB_DESCRIPTION_MAX];
	char question[64];
	size_t at = 0;

	do {
		snprintf(question, sizeof(question), "qXfer:features:read:target.xml:%zx,1f0", at);
		const char *answer = ask(question);
		assert_true(answer[1] == 'm' || answer[1] == 'l');
		for (const char *c = answer + 2; *c != '#'; c++)
			whole[at++] = *c == '}' ? *++c ^ 0x20 : *c;
		whole[at] = answer[1];
	} while (whole[at] == 'm');
	whole[at] = 0;
	assert_string_equal(whole, machine.session.description);
	assert_true(at < GDB_DESCRIPTION_MAX - 1);
	assert_non_null(strstr(whole, "<architecture>i386:x86-64</architecture>"));
	assert_string_equal(whole + at - strlen("</feature></target>"), "</feature></target>");
	expect("qXfer:features:read:target.xml:ffff,10", "l");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(greetings, begin),
		cmocka_unit_test_setup(threads, begin),
		cmocka_unit_test_setup(registers, begin),
		cmocka_unit_test_setup(memory, begin),
		cmocka_unit_test_setup(software_breakpoints, begin),
		cmocka_unit_test_setup(hardware_breakpoints, begin),
		cmocka_unit_test_setup(running, begin),
		cmocka_unit_test_setup(breaking_in, begin),
		cmocka_unit_test_setup(leaving, begin),
		cmocka_unit_test_setup(ending, begin),
		cmocka_unit_test_setup(lost_answers, begin),
		cmocka_unit_test_setup(monitoring, begin),
		cmocka_unit_test_setup(description, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
