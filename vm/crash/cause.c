/* The first exception is the one that the instruction at RIP must meet, if it must meet one. It could
 * not be delivered, nor could the double fault that came of that. */
#include "vm/crash/cause.h"

#include "lib/bits.h"
#include "lib/format.h"
#include "lib/string.h"
#include "vm/crash/delivery.h"
#include "vm/crash/page_walk_text.h"
#include "x86/control_registers.h"
#include "x86/exception.h"
#include "x86/segment.h"

#define NO_EXCEPTION EXCEPTION_VECTORS
#define WALK_TEXT    120

/* --- the first exception --------------------------------------------------------------------- */

static const char *access_name(enum page_access access)
{
	return access == PAGE_ACCESS_WRITE   ? "write to"
	       : access == PAGE_ACCESS_FETCH ? "instruction fetch from"
					     : "read of";
}

/* The exception that an access must meet, or NO_EXCEPTION. */
static unsigned of_access(const struct scene *scene, gva_t at, enum page_access access,
			  struct reason *out)
{
	struct page_walk_trace trace;
	char text[WALK_TEXT];

	scene_walk(scene, at, access, &trace);
	if (trace.result.status != PAGE_WALK_FAULT &&
	    trace.result.status != PAGE_WALK_NOT_CANONICAL)
		return NO_EXCEPTION;

	unsigned vector = trace.result.status == PAGE_WALK_FAULT ? EXCEPTION_PAGE_FAULT
								 : EXCEPTION_PROTECTION;

	page_walk_stop_text(text, sizeof(text), &scene->walk, &trace, access);
	reason_set(out, ERROR_INVALID_DATA, "%s by the %s 0x%lx: %s", exception_name(vector),
		   access_name(access), at.value, text);
	return vector;
}

static unsigned of_operand(const struct scene *scene, const struct instruction_operand *operand,
			   struct reason *out)
{
	enum page_access access = operand->write ? PAGE_ACCESS_WRITE : PAGE_ACCESS_READ;
	unsigned vector = of_access(scene, operand->address, access, out);

	if (vector == NO_EXCEPTION && operand->width > 1)
		vector = of_access(scene, gva(operand->address.value + operand->width - 1), access,
				   out);
	return vector;
}

static unsigned find_first(const struct scene *scene, const struct instruction_text *instruction,
			   struct reason *out)
{
	unsigned vector = of_access(scene, scene_rip(scene), PAGE_ACCESS_FETCH, out);

	for (unsigned i = 0; vector == NO_EXCEPTION && i < instruction->operands; i++)
		vector = of_operand(scene, &instruction->operand[i], out);
	if (vector == NO_EXCEPTION && !strncmp(instruction->text, "ud", 2)) {
		vector = EXCEPTION_INVALID_OPCODE;
		reason_set(out, ERROR_INVALID_DATA, "%s by %s", exception_name(vector),
			   instruction->text);
	}
	if (vector == NO_EXCEPTION)
		reason_set(out, ERROR_INVALID_DATA,
			   "the instruction need not fault: what came first is not known");
	return vector;
}

/* --- its delivery ---------------------------------------------------------------------------- */

static bool read_table(void *context, gva_t at, void *to, unsigned length)
{
	return scene_read(context, at, to, length) == length;
}

static bool can_push(void *context, gva_t at)
{
	struct scene inner = *(const struct scene *)context;
	struct page_walk_trace trace;

	inner.walk.cpl = 0;
	scene_walk(&inner, at, PAGE_ACCESS_WRITE, &trace);
	return trace.result.status == PAGE_WALK_DONE;
}

static uint64_t get(const struct scene *scene, enum vcpu_register reg)
{
	uint64_t value = 0;

	return vcpu_get_register(scene->vcpu, reg, &value) ? 0 : value;
}

static struct delivery delivery_of(struct scene *scene)
{
	return (struct delivery) {
		.read = read_table,
		.can_push = can_push,
		.context = scene,
		.real_mode = !(scene->walk.cr0 & CR0_PE),
		.long_mode = scene->walk.efer & EFER_LMA,
		.idt_base = get(scene, VCPU_IDTR_BASE),
		.gdt_base = get(scene, VCPU_GDTR_BASE),
		.ldt_base = get(scene, VCPU_LDTR_BASE),
		.tss_base = get(scene, VCPU_TR_BASE),
		.idt_limit = (uint32_t)get(scene, VCPU_IDTR_LIMIT),
		.gdt_limit = (uint32_t)get(scene, VCPU_GDTR_LIMIT),
		.ldt_limit = (uint32_t)get(scene, VCPU_LDTR_LIMIT),
		.tss_limit = (uint32_t)get(scene, VCPU_TR_LIMIT),
		.tss_32bit = (get(scene, VCPU_TR_RIGHTS) & RIGHTS_TYPE) >= TYPE_TSS_AVAILABLE,
		.cpl = scene->walk.cpl,
		.stack_base = scene->registers.base[SEGMENT_SS],
		.stack_pointer = scene->registers.gpr[RSP],
	};
}

static void explain(const struct delivery *delivery, unsigned vector, struct reason *out)
{
	struct reason why;

	if (delivery_explain(delivery, vector, &why))
		reason_set(out, ERROR_INVALID_DATA,
			   "nothing is seen that keeps %s from its handler",
			   exception_name(vector));
	else
		reason_set(out, ERROR_INVALID_DATA, "%s cannot be delivered: %s",
			   exception_name(vector), why.text);
}

unsigned cause_find(const struct scene *scene, const struct instruction_text *instruction,
		    struct reason *out)
{
	struct scene copy = *scene;
	struct delivery delivery = delivery_of(&copy);
	unsigned vector = find_first(scene, instruction, &out[0]), count = 1;

	if (vector != NO_EXCEPTION)
		explain(&delivery, vector, &out[count++]);
	explain(&delivery, EXCEPTION_DOUBLE_FAULT, &out[count++]);
	return count;
}
