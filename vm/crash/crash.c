/* The report: lines of the log, each with a word for what it is of, the vCPU, and values. */
#include "vm/crash/crash.h"

#include "lib/bits.h"
#include "lib/format.h"
#include "vm/board.h"
#include "vm/crash/cause.h"
#include "vm/crash/frames.h"
#include "vm/crash/page_walk_text.h"
#include "vm/crash/place.h"
#include "vm/crash/scene.h"
#include "vm/vcpu/vcpu_state.h"
#include "x86/exception.h"

#define SYMBOL_MAX 80
#define BYTES_TEXT (2 * INSTRUCTION_BYTES + 1)
#define PART_MAX   160 /* of what others put into words */
#define MOST_WALKS 6

struct report {
	enum log_level level;
	struct vcpu *vcpu;
	struct scene scene;
	struct instruction_text instruction;
	/* Pages that were walked: no need to show their entries twice. */
	uint64_t walked[MOST_WALKS];
	unsigned walks;
};

static void printf_like(3, 4)
	line(const struct report *r, const char *what, const char *format, ...)
{
	char text[LOG_LINE_MAX];
	va_list args;

	va_start(args, format);
	format_string_va(text, sizeof(text), format, args);
	va_end(args);
	log_write(r->level, "vm", "%s vm=%u(%s) vcpu=%u%s", what, r->vcpu->vm->id,
		  r->vcpu->vm->name, r->vcpu->id, text);
}

/* "name+0x12", as the guest's image names what is there. */
static bool find_name(const struct report *r, gva_t at, char *text, size_t size)
{
	const struct board_ops *board = r->vcpu->vm->board;

	return board && board->symbol && board->symbol(r->vcpu->vm, at, text, size);
}

/* " symbol=name+0x12", or "" when nothing there has a name. */
static const char *symbol_of(const struct report *r, gva_t at, char *text, size_t size)
{
	char name[SYMBOL_MAX];

	text[0] = 0;
	if (find_name(r, at, name, sizeof(name)))
		format_string(text, size, " symbol=%s", name);
	return text;
}

/* --- the instruction ------------------------------------------------------------------------- */

static void bytes_text(char *text, size_t size, const uint8_t *bytes, unsigned count)
{
	text[0] = 0;
	for (unsigned i = 0; i < count; i++)
		format_append(text, size, "%02x", bytes[i]);
	if (!count)
		format_string(text, size, "none");
}

static void tell_instruction(struct report *r)
{
	struct scene *s = &r->scene;
	gva_t rip = scene_rip(s);
	uint8_t bytes[INSTRUCTION_BYTES];
	unsigned available = scene_read(s, rip, bytes, sizeof(bytes));
	char hex[BYTES_TEXT], symbol[SYMBOL_MAX + sizeof(" symbol=")], text[LOG_LINE_MAX];

	instruction_describe(s->mode, bytes, available, &s->registers, &r->instruction);
	bytes_text(hex, sizeof(hex), bytes,
		   r->instruction.length ? r->instruction.length : available);
	format_string(text, sizeof(text), " rip=0x%lx%s bytes=%s text=\"%s\"", rip.value,
		      symbol_of(r, rip, symbol, sizeof(symbol)), hex, r->instruction.text);
	if (!r->instruction.length && available < sizeof(bytes))
		format_append(text, sizeof(text), " unreadable=0x%lx", rip.value + available);
	line(r, "instruction", "%s", text);
}

/* --- addresses ------------------------------------------------------------------------------- */

static const char *access_name(const struct instruction_operand *operand)
{
	return operand->read && operand->write ? "read+write" : operand->write ? "write" : "read";
}

static bool was_walked(const struct report *r, gva_t at)
{
	for (unsigned i = 0; i < r->walks; i++)
		if (r->walked[i] == at.value / PAGE_SIZE)
			return true;
	return false;
}

static void tell_steps(struct report *r, const char *of, gva_t at,
		       const struct page_walk_trace *trace)
{
	char part[PART_MAX];

	if (was_walked(r, at))
		return;
	if (r->walks < MOST_WALKS)
		r->walked[r->walks++] = at.value / PAGE_SIZE;
	for (unsigned i = 0; i < trace->count; i++) {
		page_walk_step_text(part, sizeof(part), &trace->steps[i]);
		line(r, "walk", " of=%s %s", of, part);
	}
}

static void tell_walk(struct report *r, const char *of, gva_t at, enum page_access access)
{
	struct page_walk_trace trace;
	char text[LOG_LINE_MAX], part[PART_MAX];

	scene_walk(&r->scene, at, access, &trace);
	tell_steps(r, of, at, &trace);
	page_walk_end_text(part, sizeof(part), &r->scene.walk, &trace, access);
	format_string(text, sizeof(text), " of=%s address=0x%lx %s", of, at.value, part);
	if (trace.result.status == PAGE_WALK_DONE) {
		place_text(part, sizeof(part), r->vcpu, trace.result.gpa);
		format_append(text, sizeof(text), " %s", part);
	}
	line(r, "walk", "%s", text);
}

static void tell_operands(struct report *r)
{
	for (unsigned i = 0; i < r->instruction.operands; i++) {
		const struct instruction_operand *operand = &r->instruction.operand[i];
		char symbol[SYMBOL_MAX + sizeof(" symbol=")];

		line(r, "operand", " address=0x%lx%s width=%u access=%s", operand->address.value,
		     symbol_of(r, operand->address, symbol, sizeof(symbol)), operand->width,
		     access_name(operand));
		tell_walk(r, "operand", operand->address,
			  operand->write ? PAGE_ACCESS_WRITE : PAGE_ACCESS_READ);
	}
}

static enum page_access access_of(const struct vcpu_exit *exit)
{
	return exit->nested_fault.access & ACCESS_WRITE     ? PAGE_ACCESS_WRITE
	       : exit->nested_fault.access & ACCESS_EXECUTE ? PAGE_ACCESS_FETCH
							    : PAGE_ACCESS_READ;
}

/* What the exit itself was about. */
static void tell_exit_address(struct report *r, const struct vcpu_exit *exit)
{
	char part[PART_MAX];
	uint64_t cr2;

	switch (exit->kind) {
	case VCPU_EXIT_NESTED_FAULT:
	case VCPU_EXIT_NESTED_MISCONFIG:
		if (exit->nested_fault.gva_valid)
			tell_walk(r, "exit", exit->nested_fault.gva, access_of(exit));
		place_text(part, sizeof(part), r->vcpu, exit->nested_fault.gpa);
		line(r, "exit address", " physical=0x%lx %s", exit->nested_fault.gpa.value, part);
		break;
	case VCPU_EXIT_EXCEPTION:
		if (exit->event.vector == EXCEPTION_PAGE_FAULT)
			tell_walk(r, "exit", gva(exit->event.address), PAGE_ACCESS_READ);
		break;
	case VCPU_EXIT_TRIPLE_FAULT:
		/* Whether it is of the fault that led here nobody says; mostly it is. */
		if (!vcpu_get_register(r->vcpu, VCPU_CR2, &cr2) && cr2 && !was_walked(r, gva(cr2)))
			tell_walk(r, "cr2", gva(cr2), PAGE_ACCESS_READ);
		break;
	default:
		break;
	}
}

/* --- the stack ------------------------------------------------------------------------------- */

static bool read_slot(void *context, gva_t at, unsigned width, uint64_t *value)
{
	*value = 0;
	return scene_read(context, at, value, width) == width;
}

static void tell_frame(const struct report *r, unsigned number, gva_t at)
{
	char symbol[SYMBOL_MAX + sizeof(" symbol=")];

	line(r, "backtrace", " frame=%u rip=0x%lx%s", number, at.value,
	     symbol_of(r, at, symbol, sizeof(symbol)));
}

static void tell_backtrace(struct report *r)
{
	const struct scene *s = &r->scene;
	unsigned width = scene_stack_width(s);
	struct frame_chain chain = {
		.read = read_slot,
		.context = &r->scene,
		.width = width,
		.base = s->mode == CODE_64 ? 0 : s->registers.base[SEGMENT_SS],
		.pointer = s->registers.gpr[RBP],
	};
	uint64_t address = 0, base = s->mode == CODE_64 ? 0 : s->registers.base[SEGMENT_CS];
	struct reason end;

	if (width < sizeof(uint64_t))
		chain.pointer &= BIT(8 * width) - 1;
	tell_frame(r, 0, scene_rip(s));
	while (frame_next(&chain, &address, &end))
		tell_frame(r, chain.count,
			   gva(s->mode == CODE_64 ? address : (uint32_t)(base + address)));
	line(r, "backtrace", " end: %s", end.text);
}

#define STACK_SLOTS 8

/* What lies on top of the stack: of a function that has no frame yet, or that was never entered, the
 * return address is there and nowhere else. */
static void tell_stack(struct report *r)
{
	const struct scene *s = &r->scene;
	unsigned width = scene_stack_width(s);
	gva_t rsp = scene_rsp(s);
	char text[LOG_LINE_MAX] = "", symbol[SYMBOL_MAX];

	for (unsigned i = 0; i < STACK_SLOTS; i++) {
		uint64_t value = 0;

		if (scene_read(s, gva(rsp.value + i * width), &value, width) != width)
			break;
		format_append(text, sizeof(text), " +0x%x:0x%lx", i * width, value);
		if (find_name(r, gva(value), symbol, sizeof(symbol)))
			format_append(text, sizeof(text), "(%s)", symbol);
	}
	if (text[0])
		line(r, "stack", "%s", text);
}

/* Registers that hold the address of something with a name. */
static void tell_symbols(struct report *r)
{
	char text[LOG_LINE_MAX] = "", symbol[SYMBOL_MAX];

	for (unsigned i = 0; i < GPR_COUNT; i++)
		if (find_name(r, gva(r->scene.registers.gpr[i]), symbol, sizeof(symbol)))
			format_append(text, sizeof(text), " %s=%s", vcpu_gpr_name(i), symbol);
	if (text[0])
		line(r, "symbols", "%s", text);
}

/* --- what led to it -------------------------------------------------------------------------- */

static void tell_cause(struct report *r, const struct vcpu_exit *exit)
{
	struct reason sentences[CAUSE_SENTENCES];
	unsigned count;

	if (exit->kind != VCPU_EXIT_TRIPLE_FAULT)
		return;
	count = cause_find(&r->scene, &r->instruction, sentences);
	for (unsigned i = 0; i < count; i++)
		line(r, "cause", ": %s", sentences[i].text);
}

/* --- all of it ------------------------------------------------------------------------------- */

static bool begin(struct report *r, struct vcpu *vcpu, enum log_level level)
{
	struct reason why;

	*r = (struct report) { .level = level, .vcpu = vcpu };
	if (!scene_take(vcpu, &r->scene, &why))
		return true;
	line(r, "nothing to tell", ": %s", why.text);
	return false;
}

void crash_tell(struct vcpu *vcpu, const struct vcpu_exit *exit, enum log_level level)
{
	struct report r;

	if (!begin(&r, vcpu, level))
		return;
	tell_instruction(&r);
	tell_cause(&r, exit);
	tell_walk(&r, "rip", scene_rip(&r.scene), PAGE_ACCESS_FETCH);
	tell_operands(&r);
	tell_exit_address(&r, exit);
	tell_walk(&r, "rsp", scene_rsp(&r.scene), PAGE_ACCESS_WRITE);
	tell_stack(&r);
	tell_symbols(&r);
	tell_backtrace(&r);
}

void crash_tell_where(struct vcpu *vcpu, enum log_level level)
{
	struct report r;

	if (!begin(&r, vcpu, level))
		return;
	line(&r, "where", " state=%s exits=%lu%s%s", vcpu_state_name((enum vcpu_state)vcpu->state),
	     vcpu_exits(vcpu), vcpu->halted ? " halted" : "",
	     vcpu->startup ? " waits for its start-up" : "");
	tell_instruction(&r);
	tell_backtrace(&r);
}
