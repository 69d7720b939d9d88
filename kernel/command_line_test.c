/* Plinth's command line: defaults, every key, and every mistake by name. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "kernel/command_line.h"
#include "kernel/output/log.h"
#include "tests/host/complaint_book.h"

static struct command_line line;
static struct complaint_book book;

static void parse(const char *text)
{
	memset(&book, 0, sizeof(book));
	memset(&line, 0x5a, sizeof(line));
	command_line_parse(&line, text, complaint_book_hear, &book);
}

static void defaults(void **state)
{
	parse("");
	assert_int_equal(line.exits, EXITS_TESTS);
	assert_int_equal(line.end, END_AUTO);
	assert_int_equal(line.log_level, LOG_INFO);
	assert_int_equal(line.cpus, 0);
	assert_true(line.vpid && line.large_pages && line.preemption_timer);
	assert_int_equal(line.slice_us, 1000);
	assert_int_equal(line.apicv, APICV_ON);
	assert_false(line.shell || line.bench || line.preflight);
	assert_int_equal(line.selftest, SELFTEST_BOOT);
	assert_string_equal(line.tests, "");
	parse(" \t \r\n ");
	assert_int_equal(book.count, 0);
}

static void every_key(void **state)
{
	parse("exits=summary end=poweroff\tlog=debug  cpus=512 vpid=off pages=small timer=apic "
	      "slice=100 tests=cpuid,io.* apic=xapic phantom-cpu=254 provoke=panic "
	      "shell=on bench=1 preflight=on selftest=negative");
	assert_int_equal(book.count, 0);
	assert_int_equal(line.exits, EXITS_SUMMARY);
	assert_int_equal(line.end, END_POWEROFF);
	assert_int_equal(line.log_level, LOG_DEBUG);
	assert_int_equal(line.cpus, 512);
	assert_false(line.vpid || line.large_pages || line.preemption_timer);
	assert_int_equal(line.slice_us, 100);
	assert_string_equal(line.tests, "cpuid,io.*");
	assert_int_equal(line.apic, APIC_XAPIC);
	assert_int_equal(line.phantom_cpu, 254);
	assert_string_equal(line.provoke, "panic");
	assert_true(line.shell && line.bench && line.preflight);
	assert_int_equal(line.selftest, SELFTEST_NEGATIVE);
	parse("exits=off exits=all end=halt end=reboot log=warn log=error vpid=off vpid=on "
	      "pages=small pages=large timer=apic timer=preemption slice=1000000 cpus=1");
	assert_int_equal(book.count, 0);
	assert_int_equal(line.exits, EXITS_ALL);
	assert_int_equal(line.end, END_REBOOT);
	assert_int_equal(line.log_level, LOG_ERROR);
	assert_true(line.vpid && line.large_pages && line.preemption_timer);
	assert_int_equal(line.slice_us, 1000000);
}

/* `text` alone is complained of with these words, and leaves the defaults; its neighbours count. */
static void complains(const char *text, const char *words)
{
	struct command_line plain;
	char with[700];

	parse("");
	plain = line;
	parse(text);
	assert_int_equal(book.count, 1);
	assert_true(complaint_book_has(&book, words));
	assert_int_equal(line.exits, plain.exits);
	assert_int_equal(line.cpus, plain.cpus);
	assert_int_equal(line.slice_us, plain.slice_us);
	assert_int_equal(line.vpid, plain.vpid);
	assert_string_equal(line.tests, plain.tests);
	format_string(with, sizeof(with), "cpus=3 %s end=halt", text);
	parse(with);
	assert_int_equal(book.count, 1);
	assert_int_equal(line.cpus, 3);
	assert_int_equal(line.end, END_HALT);
}

static void hardware_of_local_apics(void **state)
{
	parse("apicv=off");
	assert_int_equal(line.apicv, APICV_OFF);
	parse("apicv=force");
	assert_int_equal(line.apicv, APICV_FORCE);
	parse("apicv=off apicv=on");
	assert_int_equal(line.apicv, APICV_ON);
	assert_int_equal(book.count, 0);
}

#define MEANS(text, field, value)                    \
	do {                                         \
		parse(text);                         \
		assert_int_equal(book.count, 0);     \
		assert_int_equal(line.field, value); \
	} while (0)

/* What a key wants is in the order of its enum. */
static void words_mean_what_they_say(void **state)
{
	MEANS("exits=tests", exits, EXITS_TESTS);
	MEANS("exits=all", exits, EXITS_ALL);
	MEANS("exits=summary", exits, EXITS_SUMMARY);
	MEANS("exits=off", exits, EXITS_OFF);
	MEANS("end=auto", end, END_AUTO);
	MEANS("end=halt", end, END_HALT);
	MEANS("end=poweroff", end, END_POWEROFF);
	MEANS("end=reboot", end, END_REBOOT);
	MEANS("log=debug", log_level, LOG_DEBUG);
	MEANS("log=info", log_level, LOG_INFO);
	MEANS("log=warn", log_level, LOG_WARN);
	MEANS("log=error", log_level, LOG_ERROR);
	MEANS("selftest=boot", selftest, SELFTEST_BOOT);
	MEANS("selftest=full", selftest, SELFTEST_FULL);
	MEANS("selftest=negative", selftest, SELFTEST_NEGATIVE);
	MEANS("apic=auto", apic, APIC_AUTO);
	MEANS("apic=xapic", apic, APIC_XAPIC);
	MEANS("apic=x2apic", apic, APIC_X2APIC);
	MEANS("", stats, STATS_AUTO);
	MEANS("stats=off", stats, STATS_OFF);
	MEANS("stats=table", stats, STATS_TABLE);
	MEANS("stats=lines", stats, STATS_LINES);
	MEANS("stats=both", stats, STATS_BOTH);
	MEANS("recorder=on", recorder_dump, false);
	MEANS("recorder=dump", recorder_dump, true);
	MEANS("recorder=dump recorder=on", recorder_dump, false);
}

static void mistakes_are_named(void **state)
{
	char list[400] = "tests=";

	complains("exit=all", "\"exit=all\" left out: no such key");
	complains("exits", "\"exits\" left out: it wants tests, all, summary or off");
	complains("exits=", "it wants tests, all");
	complains("exits=ALL", "it wants tests, all");
	complains("exits=allx", "it wants tests, all");
	complains("=all", "no such key");
	complains("cpu", "no such key");
	complains("cpus=0", "from 1 to 512");
	complains("cpus=513", "from 1 to 512");
	complains("cpus=99999999999999999999", "from 1 to 512");
	complains("cpus=1x", "from 1 to 512");
	complains("cpus=-1", "from 1 to 512");
	complains("slice=99", "from 100 to 1000000");
	complains("slice=1000001", "from 100 to 1000000");
	complains("vpid=yes", "on or off");
	complains("apicv=yes", "on, off or force");
	complains("shell=yes", "on or off");
	complains("bench=on", "1 or 0");
	complains("preflight=1", "\"preflight=1\" left out: it wants on or off");
	complains("selftest=on", "\"selftest=on\" left out: it wants boot, full or negative");
	complains("pages=2M", "large or small");
	complains("timer=hpet", "preemption or apic");
	complains("end=off", "auto, halt, poweroff or reboot");
	complains("log=all", "debug, info, warn or error");
	complains("tests=", "a list of names");
	memset(list + 6, 'x', 256);
	complains(list, "xxx...\" left out");
	list[6 + 255] = 0;
	parse(list);
	assert_int_equal(book.count, 0);
	assert_int_equal(strlen(line.tests), 255);
	command_line_parse(&line, "nonsense", NULL, NULL);
}

static void selects_by_name_and_prefix(void **state)
{
	assert_true(command_line_selects("", "cpuid"));
	assert_true(command_line_selects("cpuid", "cpuid"));
	assert_true(command_line_selects("io.out,cpuid", "cpuid"));
	assert_true(command_line_selects("io.*,cpuid", "io.out"));
	assert_true(command_line_selects("*", "anything"));
	assert_true(command_line_selects("io.out*", "io.out"));
	assert_false(command_line_selects("cpuid", "cpuid.leaf"));
	assert_false(command_line_selects("cpuid.leaf", "cpuid"));
	assert_false(command_line_selects("io.*", "io"));
	assert_false(command_line_selects(",", "cpuid"));
	assert_false(command_line_selects("a,b", "a,b"));
}

static void items_of_a_list(void **state)
{
	const char *list = "a,,bc*,d";
	char item[3];

	assert_non_null(list = command_line_next_item(list, item, sizeof(item)));
	assert_string_equal(item, "a");
	assert_non_null(list = command_line_next_item(list, item, sizeof(item)));
	assert_string_equal(item, "");
	assert_non_null(list = command_line_next_item(list, item, sizeof(item)));
	assert_string_equal(item, "bc");
	assert_non_null(list = command_line_next_item(list, item, sizeof(item)));
	assert_string_equal(item, "d");
	assert_null(command_line_next_item(list, item, sizeof(item)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_of_a_list),
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_key),
		cmocka_unit_test(hardware_of_local_apics),
		cmocka_unit_test(words_mean_what_they_say),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(selects_by_name_and_prefix),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
