/* Lines of a dump, word for word. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "vm/record_text.h"

static const struct record_line line = {
	.cpu = 2, .number = 17, .ns = 1234567, .reason = "10(CPUID)", .function = "ring"
};
static char text[200];

static const char *text_of(const struct record *given)
{
	struct record record = *given;

	record.time = 5000;
	record_text(text, sizeof(text), &line, &record);
	return text;
}

#define PREFIX "cpu=2 seq=17 tsc=5000 us=1234.567"

static void exits(void **state)
{
	struct record record = {
		.rip = 0x1000,
		.value = 0x3f8,
		.did = "emulated",
		.head = { .vm = 3, .vcpu = 1, .kind = RECORD_EXIT },
		.end = 5120,
	};

	assert_string_equal(text_of(&record),
			    PREFIX " vm=3 vcpu=1 event=exit reason=10(CPUID) rip=0x1000 qual=0x3f8 "
				   "did=emulated cost=120");
	record.did = "injected #GP";
	assert_string_equal(text_of(&record),
			    PREFIX " vm=3 vcpu=1 event=exit reason=10(CPUID) rip=0x1000 qual=0x3f8 "
				   "did=\"injected #GP\" cost=120");
	/* What was done is not known yet, and may be left from an earlier record. */
	record.end = 4999;
	assert_string_equal(
		text_of(&record),
		PREFIX " vm=3 vcpu=1 event=exit reason=10(CPUID) rip=0x1000 qual=0x3f8 cost=0");
}

static void events(void **state)
{
	assert_string_equal(
		text_of(&(struct record) { .value = 48,
					   .did = "external-interrupt",
					   .head = { .vm = 3, .kind = RECORD_INJECTED } }),
		PREFIX " vm=3 vcpu=0 event=injected vector=48 did=external-interrupt");
	assert_string_equal(
		text_of(&(struct record) { .end = 5400, .head = { .vm = 3, .kind = RECORD_IN } }),
		PREFIX " vm=3 vcpu=0 event=in cost=400");
	assert_string_equal(text_of(&(struct record) { .did = "blocked",
						       .head = { .vm = 3, .kind = RECORD_OUT } }),
			    PREFIX " vm=3 vcpu=0 event=out did=blocked");
	assert_string_equal(text_of(&(struct record) { .did = "started",
						       .head = { .vm = 3, .kind = RECORD_VM } }),
			    PREFIX " vm=3 event=vm did=started");
	assert_string_equal(
		text_of(&(struct record) { .value = 12, .head = { .kind = RECORD_TIMER } }),
		PREFIX " event=timer function=ring late=12");
	assert_string_equal(text_of(&(struct record) { .value = 0xfd,
						       .did = "sent interrupt",
						       .head = { .vm = 1, .kind = RECORD_IPI } }),
			    PREFIX " vm=1 vcpu=0 event=ipi icr=0xfd did=\"sent interrupt\"");
	assert_string_equal(text_of(&(struct record) { .head = { .kind = RECORD_PANIC } }),
			    PREFIX " event=panic");
	assert_string_equal(text_of(&(struct record) { .head = { .kind = RECORD_KINDS } }),
			    PREFIX " event=unknown");
}

static void cut(void **state)
{
	const struct record record = { .time = 5000 };
	char small[8];

	record_text(small, sizeof(small), &line, &record);
	assert_string_equal(small, "cpu=2 s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exits),
		cmocka_unit_test(events),
		cmocka_unit_test(cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
