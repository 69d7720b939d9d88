/* The matcher of expectation tables. */
#include "guest/expect.h"

#include "lib/bytes.h"
#include "lib/format.h"
#include "lib/string.h"

void expect_init(struct expect *expect, const struct guest_image *image)
{
	memset(expect, 0, sizeof(*expect));
	expect->image = image;
}

/* Where a field stands: in exits of the kinds from `first` to `last`, where the bool at `given` is set. */
struct place {
	uint8_t first, last; /* enum vcpu_exit_kind */
	uint8_t at, width;
	uint8_t given; /* 0: always */
};
_Static_assert(offsetof(struct vcpu_exit, entry_failed.story) <= UINT8_MAX, "a place is a byte");

#define WIDTH(member) sizeof(((const struct vcpu_exit *)NULL)->member)
#define PLACE(first, last, member, given)                                                   \
	{                                                                                   \
		(first), (last), offsetof(struct vcpu_exit, member), WIDTH(member), (given) \
	}
#define ONLY(kind, member)         PLACE(kind, kind, member, 0)
#define WHERE(given, kind, member) PLACE(kind, kind, member, offsetof(struct vcpu_exit, given))
#define FAULT(member, given) \
	PLACE(VCPU_EXIT_NESTED_FAULT, VCPU_EXIT_NESTED_MISCONFIG, nested_fault.member, given)
#define EVENT(member) PLACE(VCPU_EXIT_INTERRUPT, VCPU_EXIT_NMI, event.member, 0)

static const struct place places[GUEST_FIELDS] = {
	[FIELD_GPA] = FAULT(gpa, 0),
	[FIELD_GVA] = FAULT(gva, offsetof(struct vcpu_exit, nested_fault.gva_valid)),
	[FIELD_ACCESS] = FAULT(access, 0),
	[FIELD_ALLOWED] = FAULT(allowed, 0),
	[FIELD_DURING_WALK] = FAULT(during_walk, 0),
	[FIELD_VECTOR] = EVENT(vector),
	[FIELD_HAS_ERROR_CODE] = EVENT(has_error_code),
	[FIELD_ERROR_CODE] = EVENT(error_code),
	[FIELD_ADDRESS] = EVENT(address),
	[FIELD_MSR_INDEX] = PLACE(VCPU_EXIT_MSR_READ, VCPU_EXIT_MSR_WRITE, msr.index, 0),
	[FIELD_MSR_VALUE] = ONLY(VCPU_EXIT_MSR_WRITE, msr.value),
	[FIELD_CR_NUMBER] = ONLY(VCPU_EXIT_CR_ACCESS, cr.number),
	[FIELD_CR_VALUE] = WHERE(cr.write, VCPU_EXIT_CR_ACCESS, cr.value),
	[FIELD_DR_NUMBER] = ONLY(VCPU_EXIT_DR_ACCESS, dr.number),
	[FIELD_LMSW_VALUE] = ONLY(VCPU_EXIT_LMSW, lmsw.value),
	[FIELD_LEAF] = ONLY(VCPU_EXIT_CPUID, cpuid.leaf),
	[FIELD_SUBLEAF] = ONLY(VCPU_EXIT_CPUID, cpuid.subleaf),
	[FIELD_XSETBV_INDEX] = ONLY(VCPU_EXIT_XSETBV, xsetbv.index),
	[FIELD_XSETBV_VALUE] = ONLY(VCPU_EXIT_XSETBV, xsetbv.value),
	[FIELD_PORT] = ONLY(VCPU_EXIT_IO, io.port),
	[FIELD_WIDTH] = ONLY(VCPU_EXIT_IO, io.width),
	[FIELD_IO_ADDRESS] = WHERE(io.string, VCPU_EXIT_IO, io.address),
	[FIELD_SEGMENT] = WHERE(io.string, VCPU_EXIT_IO, io.segment),
	[FIELD_SELECTOR] = ONLY(VCPU_EXIT_TASK_SWITCH, task_switch.selector),
	[FIELD_SOURCE] = ONLY(VCPU_EXIT_TASK_SWITCH, task_switch.source),
	[FIELD_ICR] = ONLY(VCPU_EXIT_IPI, ipi.icr),
	[FIELD_RAW_REASON] = PLACE(0, VCPU_EXIT_KINDS - 1, raw_reason, 0),
	[FIELD_INSTRUCTION_ERROR] = ONLY(VCPU_EXIT_ENTRY_FAILED, entry_failed.instruction_error),
};
_Static_assert(VCPU_EXIT_INTERRUPT + 1 == VCPU_EXIT_EXCEPTION &&
		       VCPU_EXIT_EXCEPTION + 1 == VCPU_EXIT_NMI &&
		       VCPU_EXIT_NESTED_FAULT + 1 == VCPU_EXIT_NESTED_MISCONFIG &&
		       VCPU_EXIT_MSR_READ + 1 == VCPU_EXIT_MSR_WRITE,
	       "kinds that share fields are neighbours");

/* False when this exit has no such field. A SIPI's vector is where an event's is. */
static bool exit_field(const struct vcpu_exit *exit, unsigned field, uint64_t *value)
{
	const struct place *place = &places[field];
	unsigned kind = exit->kind == VCPU_EXIT_SIPI ? VCPU_EXIT_NMI : exit->kind;
	const uint8_t *bytes = (const uint8_t *)exit;

	*value = load_bytes(bytes + place->at, place->width);
	return kind >= place->first && kind <= place->last &&
	       (!place->given || bytes[place->given]);
}

typedef unsigned long long ull;

/* The sentence on a difference: "line 42: expected rip=... but observed ...". */
static enum error differs(struct reason *why, const struct guest_row *row,
			  const struct vcpu_exit *exit, const char *what, uint64_t expected,
			  uint64_t observed)
{
	return reason_set(why, ERROR_INVALID_DATA, "line %u: expected %s %s=%#llx, observed %#llx",
			  row->line, vcpu_exit_name(exit->kind), what, (ull)expected,
			  (ull)observed);
}

static enum error compare_exit(const struct guest_row *row, const struct vcpu_exit *exit,
			       struct reason *why)
{
	if (exit->kind != row->kind)
		return reason_set(
			why, ERROR_INVALID_DATA,
			"line %u: expected exit %s rip=%#llx, observed %s rip=%#llx qual=%#llx",
			row->line, vcpu_exit_name((enum vcpu_exit_kind)row->kind), (ull)row->at,
			vcpu_exit_name(exit->kind), (ull)exit->rip, (ull)exit->qualification);
	if (!(row->flags & ROW_ANY_RIP) && exit->rip != row->at)
		return differs(why, row, exit, "rip", row->at, exit->rip);
	if (!(row->flags & ROW_ANY_LENGTH) && exit->length != row->length)
		return differs(why, row, exit, "len", row->length, exit->length);
	if ((exit->qualification & row->mask) != row->value)
		return differs(why, row, exit, "qual", row->value, exit->qualification & row->mask);
	return ERROR_NONE;
}

/* The row and the checks that belong to it. */
static enum error compare_row(const struct guest_image *image, uint32_t index,
			      const struct vcpu_exit *exit, const uint64_t *gpr, struct reason *why)
{
	enum error error = compare_exit(&image->rows[index], exit, why);

	for (uint32_t i = index + 1; !error && i < image->row_count; i++) {
		const struct guest_row *row = &image->rows[i];
		uint64_t value = 0;

		if (row->type == ROW_GPR) {
			value = gpr[row->which];
			if ((value & row->mask) != row->value)
				error = reason_set(why, ERROR_INVALID_DATA,
						   "line %u: at this %s expected register %u = "
						   "%#llx, observed %#llx",
						   row->line, vcpu_exit_name(exit->kind),
						   row->which, (ull)row->value,
						   (ull)(value & row->mask));
		} else if (row->type == ROW_FIELD) {
			const char *name = guest_field_name((enum guest_field)row->which);

			if (!exit_field(exit, row->which, &value))
				return reason_set(why, ERROR_INVALID_DATA,
						  "line %u: this %s has no %s", row->line,
						  vcpu_exit_name(exit->kind), name);
			if ((value & row->mask) != row->value)
				error = differs(why, row, exit, name, row->value,
						value & row->mask);
		} else {
			break;
		}
	}
	return error;
}

static bool is_ignored(const struct guest_image *image, uint32_t kind)
{
	return image->header.ignored >> kind & 1;
}

/* The first exit row of `vcpu` at or behind `from`; row_count when there is none. Rows of kinds
 * that the guest ignores were written by its macros all the same. */
static uint32_t next_row(const struct guest_image *image, unsigned vcpu, uint32_t from)
{
	for (; from < image->row_count; from++) {
		const struct guest_row *row = &image->rows[from];

		if (row->type == ROW_EXIT && row->vcpu == vcpu && !is_ignored(image, row->kind))
			break;
	}
	return from;
}

enum expect_result expect_exit(struct expect *expect, unsigned vcpu, const struct vcpu_exit *exit,
			       const uint64_t gpr[GPR_COUNT], struct reason *why)
{
	const struct guest_image *image = expect->image;
	struct expect_vcpu *state = &expect->vcpus[vcpu];

	state->counts[exit->kind]++;
	if (is_ignored(image, exit->kind) || state->failed)
		return EXPECT_IGNORED;

	for (;;) {
		state->row = next_row(image, vcpu, state->row);
		if (state->row == image->row_count) {
			reason_set(why, ERROR_INVALID_DATA,
				   "vcpu %u: expected no further exit, observed %s rip=%#llx "
				   "qual=%#llx",
				   vcpu, vcpu_exit_name(exit->kind), (ull)exit->rip,
				   (ull)exit->qualification);
			break;
		}

		const struct guest_row *row = &image->rows[state->row];
		bool enough = state->times >= row->min;

		/* A row that has had enough leaves its place to the next one, so the sentence
		 * about a difference is then about that next row. */
		if (state->times < row->max &&
		    !compare_row(image, state->row, exit, gpr, enough ? NULL : why)) {
			state->times++;
			return row->flags & ROW_ENDS ? EXPECT_ENDS : EXPECT_MATCH;
		}
		if (!enough)
			break;
		state->row++;
		state->times = 0;
	}
	state->failed = true;
	return EXPECT_DIFFERS;
}

static enum error check_all_met(const struct expect *expect, unsigned vcpu, struct reason *why)
{
	const struct guest_image *image = expect->image;
	const struct expect_vcpu *state = &expect->vcpus[vcpu];
	uint32_t times = state->times;

	for (uint32_t i = next_row(image, vcpu, state->row); i < image->row_count;
	     i = next_row(image, vcpu, i + 1)) {
		const struct guest_row *row = &image->rows[i];

		if (times < row->min)
			return reason_set(why, ERROR_INVALID_DATA,
					  "line %u: vcpu %u ended after %u of %u expected exits %s "
					  "rip=%#llx",
					  row->line, vcpu, times, row->min,
					  vcpu_exit_name((enum vcpu_exit_kind)row->kind),
					  (ull)row->at);
		times = 0;
	}
	return ERROR_NONE;
}

bool expect_work(const struct guest_image *image, const struct guest_row *row,
		 const struct expect_reader *reader, struct expect_work *work)
{
	uint64_t sum = 0;

	*work = (struct expect_work) { .low = UINT64_MAX };
	for (uint32_t i = 0; i < image->header.vcpus; i++) {
		uint64_t value = 0;

		if (!reader->memory(reader->context, row->at + (uint64_t)i * row->length, &value))
			return false;
		work->low = value < work->low ? value : work->low;
		work->high = value > work->high ? value : work->high;
		sum += value >> 8; /* so that hostile counters cannot overflow the sum */
	}
	work->mean = sum / image->header.vcpus << 8;
	return true;
}

static enum error check_work(const struct guest_image *image, const struct guest_row *row,
			     const struct expect_reader *reader, struct reason *why)
{
	struct expect_work work;

	if (!expect_work(image, row, reader, &work))
		return reason_set(why, ERROR_INVALID_DATA, "line %u: a counter cannot be read",
				  row->line);
	if (work.low < row->min || work.high - work.low > work.mean / 100 * row->max)
		return reason_set(why, ERROR_INVALID_DATA,
				  "line %u: expected equal work within %u percent and at least %u, "
				  "observed %llu to %llu",
				  row->line, row->max, row->min, (ull)work.low, (ull)work.high);
	return ERROR_NONE;
}

static enum error check_end_row(const struct expect *expect, const struct guest_row *row,
				const struct expect_reader *reader, struct reason *why)
{
	uint64_t value = 0;

	switch (row->type) {
	case ROW_COUNT:
		value = expect->vcpus[row->vcpu].counts[row->kind];
		if (value < row->min || value > row->max)
			return reason_set(why, ERROR_INVALID_DATA,
					  "line %u: expected %u to %u exits %s, observed %llu",
					  row->line, row->min, row->max,
					  vcpu_exit_name((enum vcpu_exit_kind)row->kind),
					  (ull)value);
		break;
	case ROW_FINAL:
	case ROW_MEMORY: {
		bool memory = row->type == ROW_MEMORY;

		if (memory ? !reader->memory(reader->context, row->at, &value)
			   : !reader->reg(reader->context, row->vcpu, row->which, &value))
			return reason_set(why, ERROR_INVALID_DATA,
					  "line %u: the final %s cannot be read", row->line,
					  memory ? "memory" : "register");
		if ((value & row->mask) != row->value)
			return reason_set(why, ERROR_INVALID_DATA,
					  "line %u: expected at the end %s %#llx = %#llx, observed "
					  "%#llx",
					  row->line, memory ? "memory" : "register",
					  memory ? (ull)row->at : row->which, (ull)row->value,
					  (ull)(value & row->mask));
		break;
	}
	case ROW_WORK:
		return check_work(expect->image, row, reader, why);
	}
	return ERROR_NONE;
}

enum error expect_end(const struct expect *expect, const struct expect_reader *reader,
		      struct reason *why)
{
	for (unsigned vcpu = 0; vcpu < expect->image->header.vcpus; vcpu++) {
		enum error error = check_all_met(expect, vcpu, why);

		if (error)
			return error;
	}
	for (uint32_t i = 0; i < expect->image->row_count; i++) {
		enum error error = check_end_row(expect, &expect->image->rows[i], reader, why);

		if (error)
			return error;
	}
	return ERROR_NONE;
}
