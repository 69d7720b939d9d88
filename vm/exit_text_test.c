/* The exit line, kind by kind, and that it never runs over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "vm/exit_text.h"

static const struct exit_line line = {
	.vm_id = 3, .vm_name = "test", .vcpu_id = 1, .reason = "10(CPUID)", .did = "emulated"
};

#define HEAD "vm=3(test) vcpu=1 reason=10(CPUID) rip=0x7c00 len=2 qual=0x5 did=emulated"

static void expect(struct vcpu_exit exit, const char *details)
{
	char want[512] = HEAD, got[512];

	exit.rip = 0x7c00;
	exit.length = 2;
	exit.qualification = 5;
	exit_text(got, sizeof(got), &line, &exit);
	strcat(want, details);
	assert_string_equal(got, want);
}

static void kinds_of_instructions(void **state)
{
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_HLT }, "");
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_CPUID, .cpuid = { .leaf = 0x40000000 } },
	       " leaf=0x40000000 subleaf=0x0");
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_IO, .io = { .port = 0x3f8, .width = 1 } },
	       " port=0x3f8 width=1 dir=out");
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_IO,
				    .io = { .port = 0x60,
					    .width = 2,
					    .in = true,
					    .string = true,
					    .repeat = true,
					    .address = { 0x1234 } } },
	       " port=0x60 width=2 dir=in string=1 rep=1 address=0x1234");
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_MSR_READ, .msr = { .index = 0x10 } },
	       " msr=0x10");
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_MSR_WRITE,
				    .msr = { .index = 0x10, .value = ~0ull } },
	       " msr=0x10 value=0xffffffffffffffff");
	expect(
		(struct vcpu_exit) {
			.kind = VCPU_EXIT_CR_ACCESS,
			.cr = { .number = 4, .write = true, .gpr = RBX, .value = 0x20 } },
		" cr=4 dir=to gpr=rbx value=0x20");
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_CR_ACCESS,
				    .cr = { .number = 8, .gpr = R15 } },
	       " cr=8 dir=from gpr=r15");
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_DR_ACCESS, .dr = { .number = 7 } },
	       " dr=7 dir=from gpr=rax");
}

static void kinds_of_events(void **state)
{
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_NESTED_FAULT,
				    .nested_fault = { .gpa = { 0x5000 },
						      .gva = { 0x6000 },
						      .gva_valid = true,
						      .access = ACCESS_WRITE,
						      .allowed = ACCESS_READ | ACCESS_EXECUTE,
						      .during_walk = true } },
	       " gpa=0x5000 gva=0x6000 access=-w- allowed=r-x walk=1");
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_EXCEPTION,
				    .event = { .vector = 14,
					       .has_error_code = true,
					       .error_code = 2,
					       .address = 0x9000 } },
	       " vector=14 error=0x2 address=0x9000");
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_EXCEPTION }, " vector=0");
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_TASK_SWITCH,
				    .task_switch = { .selector = 0x28, .source = 3 } },
	       " selector=0x28 source=gate");
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_IPI, .ipi = { .icr = 0x4500 } },
	       " icr=0x4500");
	expect((struct vcpu_exit) { .kind = VCPU_EXIT_ENTRY_FAILED,
				    .entry_failed = { .instruction_error = 7, .story = "no" } },
	       " error=7 story=\"no\"");
}

static void words_in_quotes(void **state)
{
	struct exit_line words = line;
	struct vcpu_exit exit = { .kind = VCPU_EXIT_HLT };
	char text[256];

	words.did = "injected #GP";
	exit_text(text, sizeof(text), &words, &exit);
	assert_non_null(strstr(text, "did=\"injected #GP\""));
}

static void every_size(void **state)
{
	struct vcpu_exit exit = { .kind = VCPU_EXIT_NESTED_FAULT };
	char whole[256], part[256];

	exit_text(whole, sizeof(whole), &line, &exit);
	for (size_t size = 1; size < sizeof(part); size++) {
		memset(part, '#', sizeof(part));
		exit_text(part, size, &line, &exit);
		assert_int_equal(strncmp(part, whole, size - 1), 0);
		assert_true(strlen(part) < size);
		for (size_t i = size; i < sizeof(part); i++)
			assert_int_equal(part[i], '#');
	}
}

static void every_kind(void **state)
{
	for (unsigned kind = 0; kind <= VCPU_EXIT_KINDS; kind++)
		for (unsigned fill = 0; fill < 2; fill++) {
			struct vcpu_exit exit;
			char text[512];

			/* Ones are a hostile value in every field, and true in every flag. */
			memset(&exit, fill, sizeof(exit));
			exit.entry_failed.story[sizeof(exit.entry_failed.story) - 1] = 0;
			exit.kind = (enum vcpu_exit_kind)kind;
			exit_text(text, sizeof(text), &line, &exit);
			assert_int_equal(strncmp(text, HEAD, 35), 0);
		}
}

static void counts(void **state)
{
	uint64_t numbers[VCPU_EXIT_KINDS] = { 0 };
	char text[512];

	exit_text_counts(text, sizeof(text), numbers);
	assert_string_equal(text, "");
	numbers[VCPU_EXIT_HLT] = 3;
	numbers[VCPU_EXIT_KICKED] = 1;
	exit_text_counts(text, sizeof(text), numbers);
	assert_string_equal(text, " hlt=3 kicked=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_of_instructions),
		cmocka_unit_test(kinds_of_events),
		cmocka_unit_test(words_in_quotes),
		cmocka_unit_test(every_size),
		cmocka_unit_test(every_kind),
		cmocka_unit_test(counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
