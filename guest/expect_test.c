/* The matcher: what it accepts, and the sentence that each kind of difference makes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "guest/expect.h"

static struct guest_row rows[8];
static struct guest_image image;
static struct expect expect;
static struct reason why;
static uint64_t gpr[GPR_COUNT];

#define EXIT(k, rip, qual, len)                                                             \
	{                                                                                   \
		.type = ROW_EXIT, .kind = (k), .at = (rip), .value = (qual), .mask = ~0ull, \
		.length = (len), .min = 1, .max = 1, .line = 7                              \
	}

static void use(const struct guest_row *table, unsigned count)
{
	memset(&image, 0, sizeof(image));
	memset(gpr, 0, sizeof(gpr));
	memcpy(rows, table, count * sizeof(*table));
	image.header.vcpus = 2;
	image.header.ignored = 1ull << VCPU_EXIT_TIME_SLICE;
	image.rows = rows;
	image.row_count = count;
	expect_init(&expect, &image);
	why.text[0] = 0;
}

#define USE(...)                                                  \
	do {                                                      \
		const struct guest_row table[] = { __VA_ARGS__ }; \
		use(table, ARRAY_SIZE(table));                    \
	} while (0)

static enum expect_result see(unsigned vcpu, enum vcpu_exit_kind kind, uint64_t rip, uint64_t qual,
			      uint32_t length)
{
	const struct vcpu_exit exit = {
		.kind = kind, .rip = rip, .qualification = qual, .length = length
	};
	return expect_exit(&expect, vcpu, &exit, gpr, &why);
}

static bool read_register(void *context, unsigned vcpu, unsigned which, uint64_t *value)
{
	*value = 100 * vcpu + which;
	return which != 9;
}

static bool read_memory(void *context, uint64_t at, uint64_t *value)
{
	const uint64_t *words = context;

	*value = words[at / 8];
	return true;
}

static enum error end(const uint64_t *words)
{
	const struct expect_reader reader = { (void *)words, read_register, read_memory };

	return expect_end(&expect, &reader, &why);
}

static void follows_the_order(void **state)
{
	USE(EXIT(VCPU_EXIT_CPUID, 0x10, 0, 2), EXIT(VCPU_EXIT_HLT, 0x20, 0, 1));
	assert_int_equal(see(0, VCPU_EXIT_CPUID, 0x10, 0, 2), EXPECT_MATCH);
	assert_int_equal(see(0, VCPU_EXIT_TIME_SLICE, 0x18, 0, 0), EXPECT_IGNORED);
	assert_int_equal(end(NULL), ERROR_INVALID_DATA);
	assert_string_equal(why.text, "line 7: vcpu 0 ended after 0 of 1 expected exits hlt "
				      "rip=0x20");
	assert_int_equal(see(0, VCPU_EXIT_HLT, 0x20, 0, 1), EXPECT_MATCH);
	assert_int_equal(end(NULL), ERROR_NONE);
	assert_int_equal(see(0, VCPU_EXIT_HLT, 0x20, 0, 1), EXPECT_DIFFERS);
	assert_string_equal(why.text, "vcpu 0: expected no further exit, observed hlt rip=0x20 "
				      "qual=0");
}

static void names_what_differs(void **state)
{
	USE(EXIT(VCPU_EXIT_CPUID, 0x10, 5, 2));
	assert_int_equal(see(0, VCPU_EXIT_HLT, 0x10, 5, 2), EXPECT_DIFFERS);
	assert_string_equal(why.text, "line 7: expected exit cpuid rip=0x10, observed hlt rip=0x10 "
				      "qual=0x5");
	/* Only the first difference speaks. */
	assert_int_equal(see(0, VCPU_EXIT_HLT, 0x10, 5, 2), EXPECT_IGNORED);
	USE(EXIT(VCPU_EXIT_CPUID, 0x10, 5, 2));
	assert_int_equal(see(0, VCPU_EXIT_CPUID, 0x12, 5, 2), EXPECT_DIFFERS);
	assert_string_equal(why.text, "line 7: expected cpuid rip=0x10, observed 0x12");
	USE(EXIT(VCPU_EXIT_CPUID, 0x10, 5, 2));
	assert_int_equal(see(0, VCPU_EXIT_CPUID, 0x10, 5, 3), EXPECT_DIFFERS);
	assert_string_equal(why.text, "line 7: expected cpuid len=0x2, observed 0x3");
	USE(EXIT(VCPU_EXIT_CPUID, 0x10, 5, 2));
	assert_int_equal(see(0, VCPU_EXIT_CPUID, 0x10, 4, 2), EXPECT_DIFFERS);
	assert_string_equal(why.text, "line 7: expected cpuid qual=0x5, observed 0x4");
	rows[0].flags = ROW_ANY_RIP | ROW_ANY_LENGTH | ROW_ENDS;
	rows[0].mask = 1;
	rows[0].value = 1;
	expect_init(&expect, &image);
	assert_int_equal(see(0, VCPU_EXIT_CPUID, 0x99, 5, 9), EXPECT_ENDS);
}

static void counts_repeated_exits(void **state)
{
	USE(EXIT(VCPU_EXIT_IO, 0x10, 0, 2), EXIT(VCPU_EXIT_HLT, 0x20, 0, 1));
	rows[0].min = 2;
	rows[0].max = 3;
	assert_int_equal(see(0, VCPU_EXIT_IO, 0x10, 0, 2), EXPECT_MATCH);
	assert_int_equal(see(0, VCPU_EXIT_HLT, 0x20, 0, 1), EXPECT_DIFFERS);
	expect_init(&expect, &image);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(see(0, VCPU_EXIT_IO, 0x10, 0, 2), EXPECT_MATCH);
	assert_int_equal(see(0, VCPU_EXIT_IO, 0x10, 0, 2), EXPECT_DIFFERS);
	expect_init(&expect, &image);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(see(0, VCPU_EXIT_IO, 0x10, 0, 2), EXPECT_MATCH);
	assert_int_equal(see(0, VCPU_EXIT_HLT, 0x20, 0, 1), EXPECT_MATCH);
	assert_int_equal(end(NULL), ERROR_NONE);
	/* Rows that need not be met are no reason to fail at the end. */
	rows[0].min = rows[1].min = 0;
	expect_init(&expect, &image);
	assert_int_equal(end(NULL), ERROR_NONE);
	assert_int_equal(see(0, VCPU_EXIT_HLT, 0x20, 0, 1), EXPECT_MATCH);
}

static void keeps_vcpus_apart(void **state)
{
	USE(EXIT(VCPU_EXIT_CPUID, 0x10, 0, 2), EXIT(VCPU_EXIT_HLT, 0x20, 0, 1));
	rows[0].vcpu = 1;
	assert_int_equal(see(0, VCPU_EXIT_HLT, 0x20, 0, 1), EXPECT_MATCH);
	assert_int_equal(end(NULL), ERROR_INVALID_DATA);
	assert_int_equal(see(1, VCPU_EXIT_CPUID, 0x10, 0, 2), EXPECT_MATCH);
	assert_int_equal(end(NULL), ERROR_NONE);
}

static void compares_registers_and_fields(void **state)
{
	const struct guest_row reg = { .type = ROW_GPR,
				       .which = RDX,
				       .value = 0x44,
				       .mask = 0xff,
				       .min = 1,
				       .max = 1,
				       .line = 8 };
	const struct guest_row field = { .type = ROW_FIELD,
					 .which = FIELD_LEAF,
					 .value = 3,
					 .mask = ~0ull,
					 .min = 1,
					 .max = 1,
					 .line = 9 };
	struct vcpu_exit exit = { .kind = VCPU_EXIT_CPUID, .rip = 0x10, .length = 2 };

	USE(EXIT(VCPU_EXIT_CPUID, 0x10, 0, 2), reg, field);
	gpr[RDX] = 0x1144;
	exit.cpuid.leaf = 3;
	assert_int_equal(expect_exit(&expect, 0, &exit, gpr, &why), EXPECT_MATCH);
	expect_init(&expect, &image);
	exit.cpuid.leaf = 4;
	assert_int_equal(expect_exit(&expect, 0, &exit, gpr, &why), EXPECT_DIFFERS);
	assert_string_equal(why.text, "line 9: expected cpuid leaf=0x3, observed 0x4");
	expect_init(&expect, &image);
	gpr[RDX] = 0x1145;
	assert_int_equal(expect_exit(&expect, 0, &exit, gpr, &why), EXPECT_DIFFERS);
	assert_string_equal(why.text, "line 8: at this cpuid expected register 2 = 0x44, observed "
				      "0x45");
	/* A field that this kind of exit has not. */
	expect_init(&expect, &image);
	rows[2].which = FIELD_PORT;
	gpr[RDX] = 0x44;
	assert_int_equal(expect_exit(&expect, 0, &exit, gpr, &why), EXPECT_DIFFERS);
	assert_string_equal(why.text, "line 9: this cpuid has no port");
}

/* Each field that is a number, as 0x5a: an exit that has it, or has not. */
static const struct {
	enum guest_field field;
	bool is_there;
	struct vcpu_exit exit;
} fields[] = {
/* clang-format off */
#define HAS(name, exit_kind, ...) \
	{ FIELD_##name, true, { .kind = VCPU_EXIT_##exit_kind, __VA_ARGS__ } }
#define HAS_NOT(name, exit_kind, ...) \
	{ FIELD_##name, false, { .kind = VCPU_EXIT_##exit_kind, __VA_ARGS__ } }
	HAS(GPA, NESTED_FAULT, .nested_fault.gpa.value = 0x5a),
	HAS(GPA, NESTED_MISCONFIG, .nested_fault.gpa.value = 0x5a),
	HAS_NOT(GPA, HYPERCALL, .nested_fault.gpa.value = 0x5a),
	HAS_NOT(GPA, INTERRUPT, .nested_fault.gpa.value = 0x5a),
	HAS(GVA, NESTED_FAULT, .nested_fault = { .gva.value = 0x5a, .gva_valid = true }),
	HAS_NOT(GVA, NESTED_FAULT, .nested_fault = { .gva.value = 0x5a }),
	HAS(ACCESS, NESTED_FAULT, .nested_fault.access = 0x5a),
	HAS(ALLOWED, NESTED_FAULT, .nested_fault.allowed = 0x5a),
	HAS(VECTOR, EXCEPTION, .event.vector = 0x5a),
	HAS(VECTOR, INTERRUPT, .event.vector = 0x5a),
	HAS(VECTOR, NMI, .event.vector = 0x5a),
	HAS(VECTOR, SIPI, .event.vector = 0x5a),
	HAS_NOT(VECTOR, INTERRUPT_WINDOW, .event.vector = 0x5a),
	HAS(ERROR_CODE, EXCEPTION, .event.error_code = 0x5a),
	HAS(ADDRESS, EXCEPTION, .event.address = 0x5a),
	HAS(MSR_INDEX, MSR_READ, .msr.index = 0x5a),
	HAS(MSR_INDEX, MSR_WRITE, .msr.index = 0x5a),
	HAS(MSR_VALUE, MSR_WRITE, .msr.value = 0x5a),
	HAS_NOT(MSR_VALUE, MSR_READ, .msr.value = 0x5a),
	HAS(CR_NUMBER, CR_ACCESS, .cr.number = 0x5a),
	HAS(CR_VALUE, CR_ACCESS, .cr = { .write = true, .value = 0x5a }),
	HAS_NOT(CR_VALUE, CR_ACCESS, .cr.value = 0x5a),
	HAS(DR_NUMBER, DR_ACCESS, .dr.number = 0x5a),
	HAS(LMSW_VALUE, LMSW, .lmsw.value = 0x5a),
	HAS(LEAF, CPUID, .cpuid.leaf = 0x5a),
	HAS(SUBLEAF, CPUID, .cpuid.subleaf = 0x5a),
	HAS(XSETBV_INDEX, XSETBV, .xsetbv.index = 0x5a),
	HAS(XSETBV_VALUE, XSETBV, .xsetbv.value = 0x5a),
	HAS(PORT, IO, .io.port = 0x5a),
	HAS(WIDTH, IO, .io.width = 0x5a),
	HAS(IO_ADDRESS, IO, .io = { .string = true, .address.value = 0x5a }),
	HAS_NOT(IO_ADDRESS, IO, .io.address.value = 0x5a),
	HAS(SEGMENT, IO, .io = { .string = true, .segment = 0x5a }),
	HAS_NOT(SEGMENT, IO, .io.segment = 0x5a),
	HAS(SELECTOR, TASK_SWITCH, .task_switch.selector = 0x5a),
	HAS(SOURCE, TASK_SWITCH, .task_switch.source = 0x5a),
	HAS(ICR, IPI, .ipi.icr = 0x5a),
	HAS(RAW_REASON, DEBUG, .raw_reason = 0x5a),
	HAS(INSTRUCTION_ERROR, ENTRY_FAILED, .entry_failed.instruction_error = 0x5a),
#undef HAS
#undef HAS_NOT
	/* clang-format on */
};

static void finds_every_field(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct vcpu_exit *exit = &fields[i].exit;
		const struct guest_row row = { .type = ROW_FIELD,
					       .which = (uint16_t)fields[i].field,
					       .value = 0x5a,
					       .mask = ~0ull,
					       .min = 1,
					       .max = 1 };

		USE(EXIT(exit->kind, 0, 0, 0), row);
		bool matches = expect_exit(&expect, 0, exit, gpr, &why) == EXPECT_MATCH;
		if (matches != fields[i].is_there)
			fail_msg("case %u, %s: %s", i, guest_field_name(fields[i].field), why.text);
	}
}

static void judges_the_end(void **state)
{
	const uint64_t words[] = { 5, 6 };
	struct guest_row row = { .type = ROW_FINAL,
				 .which = 3,
				 .value = 3,
				 .mask = ~0ull,
				 .min = 1,
				 .max = 1,
				 .line = 4 };

	USE(row);
	assert_int_equal(end(words), ERROR_NONE);
	rows[0].vcpu = 1;
	assert_int_equal(end(words), ERROR_INVALID_DATA);
	assert_string_equal(why.text, "line 4: expected at the end register 0x3 = 0x3, observed "
				      "0x67");
	rows[0].which = 9;
	assert_int_equal(end(words), ERROR_INVALID_DATA);
	row.type = ROW_MEMORY;
	row.at = 8;
	row.value = 6;
	USE(row);
	assert_int_equal(end(words), ERROR_NONE);
	rows[0].value = 5;
	assert_int_equal(end(words), ERROR_INVALID_DATA);
	row = (struct guest_row) {
		.type = ROW_COUNT, .kind = VCPU_EXIT_TIME_SLICE, .min = 1, .max = 2, .line = 4
	};
	USE(row);
	assert_int_equal(end(words), ERROR_INVALID_DATA);
	assert_int_equal(see(0, VCPU_EXIT_TIME_SLICE, 0, 0, 0), EXPECT_IGNORED);
	assert_int_equal(end(words), ERROR_NONE);
}

static void measures_equal_work(void **state)
{
	const uint64_t equal[] = { 100000, 104000 }, unequal[] = { 100000, 106000 };
	const uint64_t idle[] = { 0, 0 };

	USE({ .type = ROW_WORK, .length = 8, .min = 1, .max = 5, .line = 4 });
	assert_int_equal(end(equal), ERROR_NONE);
	assert_int_equal(end(unequal), ERROR_INVALID_DATA);
	assert_int_equal(end(idle), ERROR_INVALID_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_order),
		cmocka_unit_test(names_what_differs),
		cmocka_unit_test(counts_repeated_exits),
		cmocka_unit_test(keeps_vcpus_apart),
		cmocka_unit_test(compares_registers_and_fields),
		cmocka_unit_test(finds_every_field),
		cmocka_unit_test(judges_the_end),
		cmocka_unit_test(measures_equal_work),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
