/* From the vCPU's registers and memory to the executor, and back. SDM volume 3, "Basic VM-Exit
 * Information", says why the exit has no instruction length: it comes from the fetch here. */
#include "vm/emulate/emulate.h"

#include "lib/bits.h"
#include "lib/format.h"
#include "lib/string.h"
#include "vm/emulate/decoder.h"
#include "vm/emulate/emulate_memory.h"
#include "vm/emulate/execute.h"
#include "vm/guest_memory.h"
#include "vm/vcpu/vcpu_transfer.h"
#include "x86/control_registers.h"
#include "x86/exception.h"
#include "x86/segment.h"

/* Everything about one call. */
struct run {
	struct vcpu *vcpu;
	const struct vcpu_exit *exit;
	struct reason *why;
	struct emulate_reach reach;
	struct emulate_cpu cpu;
	enum code_mode mode;
	uint64_t rsp, rflags, cr0;                     /* as they were */
	const struct decoded_instruction *instruction; /* null until it is decoded */
	struct vcpu_event fault;
};

/* --- registers ------------------------------------------------------------------------------- */

/* What could not be read is told. */
static enum error registers_error(struct run *run, const struct vcpu_transfer *t)
{
	return t->error ? reason_set(run->why, t->error, "emulation: no register %s",
				     vcpu_register_name(t->failed))
			: ERROR_NONE;
}

/* What of a segment counts: in 64-bit mode the bases of FS and GS. A selector only when it is what
 * the instruction stores. */
static void get_segment(struct run *run, struct vcpu_transfer *t, enum segment_register name,
			bool selector_too)
{
	enum vcpu_register first = segment_selector_register(name);
	struct emulate_segment *segment = &run->cpu.segment[name];
	bool code64 = run->cpu.code64;

	if (selector_too)
		segment->selector = (uint16_t)vcpu_transfer_get(t, first);
	if (!code64 || name >= SEGMENT_FS)
		segment->base = vcpu_transfer_get(t, first + 1);
	if (code64)
		return;
	segment->limit = (uint32_t)vcpu_transfer_get(t, first + 2);
	segment->rights = (uint32_t)vcpu_transfer_get(t, first + 3);
}

static enum code_mode mode_of(const struct run *run)
{
	uint32_t rights = run->cpu.segment[SEGMENT_CS].rights;

	if (run->cpu.code64)
		return CODE_64;
	if (rights & RIGHTS_DB)
		return CODE_32;
	return run->cpu.protected_mode ? CODE_16 : CODE_REAL;
}

/* What decoding needs, and what nearly every instruction needs besides. */
static enum error get_state(struct run *run)
{
	struct emulate_cpu *cpu = &run->cpu;
	const struct page_walk_state *walk = &run->reach.walk;
	struct vcpu_transfer t = { .vcpu = run->vcpu };
	enum error error = guest_walk_state(run->vcpu, &run->reach.walk, run->why);

	if (error)
		return error;
	cpu->rip = vcpu_transfer_get(&t, VCPU_RIP);
	run->rflags = vcpu_transfer_get(&t, VCPU_RFLAGS);
	run->rsp = vcpu_transfer_get(&t, VCPU_RSP);
	cpu->long_mode = walk->efer & EFER_LMA;
	cpu->code64 = cpu->long_mode && (vcpu_transfer_get(&t, VCPU_CS_RIGHTS) & RIGHTS_L);
	if (!cpu->code64)
		get_segment(run, &t, SEGMENT_CS, false);
	memcpy(cpu->gpr, run->vcpu->gpr, sizeof(cpu->gpr));
	cpu->gpr[RSP] = run->rsp;
	cpu->rflags = run->rflags;
	cpu->cr0 = run->cr0 = walk->cr0;
	cpu->cr4 = walk->cr4;
	cpu->cpl = walk->cpl;
	cpu->protected_mode = (walk->cr0 & CR0_PE) && !(run->rflags & RFLAGS_VM);
	cpu->checks_alignment =
		(walk->cr0 & CR0_AM) && (run->rflags & RFLAGS_AC) && walk->cpl == USER_CPL;
	run->mode = mode_of(run);
	return registers_error(run, &t);
}

static enum error get_segments(struct run *run)
{
	unsigned wanted = instruction_segments(run->instruction);
	struct vcpu_transfer t = { .vcpu = run->vcpu };

	for (unsigned name = 0; name < SEGMENT_COUNT; name++) {
		bool stored = run->instruction->form == FORM_MEMORY_SEGMENT &&
			      run->instruction->reg == name;

		if ((wanted & BIT(name)) && (name != SEGMENT_CS || stored))
			get_segment(run, &t, (enum segment_register)name, stored);
	}
	run->cpu.stack_width = sizeof(uint16_t);
	if (run->cpu.code64)
		run->cpu.stack_width = sizeof(uint64_t);
	else if (run->cpu.segment[SEGMENT_SS].rights & RIGHTS_DB)
		run->cpu.stack_width = sizeof(uint32_t);
	return registers_error(run, &t);
}

/* The registers as the instruction left them: also of a REP that a fault cut short. */
static enum error put_state(struct run *run)
{
	struct vcpu_transfer t = { .vcpu = run->vcpu };

	memcpy(run->vcpu->gpr, run->cpu.gpr, sizeof(run->cpu.gpr));
	if (run->cpu.gpr[RSP] != run->rsp)
		vcpu_transfer_set(&t, VCPU_RSP, run->cpu.gpr[RSP]);
	if (run->cpu.rflags != run->rflags)
		vcpu_transfer_set(&t, VCPU_RFLAGS, run->cpu.rflags);
	if (run->cpu.cr0 != run->cr0)
		vcpu_transfer_set(&t, VCPU_CR0, run->cpu.cr0);
	return t.error;
}

/* --- fetch and decode ------------------------------------------------------------------------ */

static enum emulate_outcome fault(struct run *run, unsigned vector)
{
	run->fault = (struct vcpu_event) {
		.kind = EVENT_EXCEPTION,
		.vector = vector,
		.has_error_code = exception_has_error_code(vector),
	};
	return EMULATE_FAULT;
}

/* `bytes` and `name` of the instruction, as far as they are known. */
static enum emulate_outcome refuse_bytes(struct run *run, const char *what, const uint8_t *bytes,
					 unsigned length, const char *name)
{
	char text[3 * INSTRUCTION_MAX_LENGTH + 1] = "";

	for (unsigned i = 0; i < length; i++)
		format_append(text, sizeof(text), "%02x ", bytes[i]);
	reason_set(run->why, ERROR_UNSUPPORTED, "%s: %s%s%sat rip=0x%llx gpa=0x%llx", what, text,
		   name, *name ? " " : "", (unsigned long long)run->cpu.rip,
		   (unsigned long long)run->exit->nested_fault.gpa.value);
	return EMULATE_REFUSED;
}

static enum emulate_outcome refuse(struct run *run, const char *what)
{
	const struct decoded_instruction *instruction = run->instruction;

	if (!instruction)
		return refuse_bytes(run, what, NULL, 0, "");
	return refuse_bytes(run, what, instruction->bytes, instruction->length, instruction->name);
}

/* The bytes of code that the segment holds from RIP on, as far as an instruction may need them. */
static unsigned bytes_in_segment(const struct run *run)
{
	uint64_t limit = run->cpu.segment[SEGMENT_CS].limit, rip = run->cpu.rip;

	if (run->cpu.code64)
		return INSTRUCTION_MAX_LENGTH;
	if (rip > limit)
		return 0;
	return limit - rip >= INSTRUCTION_MAX_LENGTH ? INSTRUCTION_MAX_LENGTH
						     : (unsigned)(limit - rip) + 1;
}

static enum emulate_outcome fetch(struct run *run, gva_t from, unsigned length, uint8_t *to)
{
	struct guest_span span;
	struct guest_access access = guest_translate(run->vcpu, &run->reach.walk, from, length,
						     PAGE_ACCESS_FETCH, &span);

	if (access.status == GUEST_ACCESS_FAULT) {
		run->fault = access.fault;
		return EMULATE_FAULT;
	}
	if (access.status != GUEST_ACCESS_DONE)
		return refuse(run, "code outside RAM");
	for (unsigned i = 0; i < span.parts; to += span.part[i++].length)
		memcpy(to, span.part[i].host, span.part[i].length);
	return EMULATE_DONE;
}

static enum emulate_outcome decode(struct run *run, const uint8_t *bytes, unsigned available,
				   unsigned in_segment)
{
	struct cached_instruction *entry =
		instruction_cache_entry(&run->vcpu->decoded, run->cpu.rip);

	if (!instruction_cache_holds(entry, run->mode, bytes, available)) {
		entry->valid = false;
		switch (decode_instruction(run->mode, bytes, available, &entry->instruction)) {
		case DECODE_DONE:
			break;
		case DECODE_MORE:
			if (available < in_segment)
				return EMULATE_CONTINUE;
			return fault(run, EXCEPTION_PROTECTION);
		case DECODE_TOO_LONG:
			return fault(run, EXCEPTION_PROTECTION);
		case DECODE_ILLEGAL:
			return fault(run, EXCEPTION_INVALID_OPCODE);
		default:
			return refuse_bytes(run, "bytes that the decoder does not know", bytes,
					    available, "");
		}
		entry->mode = run->mode;
		entry->valid = true;
	}
	run->instruction = &entry->instruction;
	return EMULATE_DONE;
}

static gva_t code_address(const struct run *run)
{
	return gva(run->cpu.code64 ? run->cpu.rip
				   : (uint32_t)(run->cpu.rip + run->cpu.segment[SEGMENT_CS].base));
}

/* The page after RIP's is touched only when the instruction reaches into it: it need not be there. */
static enum emulate_outcome fetch_and_decode(struct run *run)
{
	gva_t at = code_address(run);
	unsigned in_segment = bytes_in_segment(run), in_page, first;
	uint8_t bytes[INSTRUCTION_MAX_LENGTH];
	enum emulate_outcome outcome;

	if (!in_segment)
		return fault(run, EXCEPTION_PROTECTION);
	in_page = (unsigned)(PAGE_SIZE - (at.value & PAGE_MASK));
	first = in_page < in_segment ? in_page : in_segment;
	outcome = fetch(run, at, first, bytes);
	if (outcome == EMULATE_DONE)
		outcome = decode(run, bytes, first, in_segment);
	if (outcome == EMULATE_CONTINUE)
		outcome = fetch(run, gva(at.value + first), in_segment - first, bytes + first);
	else
		return outcome;
	return outcome == EMULATE_DONE ? decode(run, bytes, in_segment, in_segment) : outcome;
}

/* --- the whole ------------------------------------------------------------------------------- */

/* What is no instruction's access to an operand.
 *
 * An event whose delivery leads out of RAM finds ones for a descriptor, or loses its stack frame.
 * Either is answered with the fault that such a table or stack has. The CPU meets it again when it
 * delivers that, and a double fault next: unless one of them has a stack and a gate of its own, it
 * ends in shutdown, as it would on a machine where nothing answers. */
static enum emulate_outcome check_exit(struct run *run)
{
	const struct vcpu *vcpu = run->vcpu;
	bool written = run->exit->nested_fault.access & ACCESS_WRITE;

	if (vcpu->events.interrupted.kind != EVENT_NONE && !run->exit->nested_fault.during_walk)
		return fault(run, written ? EXCEPTION_STACK_FAULT : EXCEPTION_PROTECTION);
	if (run->exit->nested_fault.during_walk)
		return refuse(run, "page tables outside RAM");
	if (run->exit->nested_fault.access & ACCESS_EXECUTE)
		return refuse(run, "code outside RAM");
	return EMULATE_DONE;
}

static enum error execute(struct run *run, enum emulate_outcome *outcome)
{
	struct emulation e = {
		.cpu = &run->cpu,
		.instruction = run->instruction,
		.memory = &run->reach.memory,
	};
	enum error error = get_segments(run);

	if (error)
		return error;
	*outcome = emulate_execute(&e);
	run->fault = e.fault;
	return ERROR_NONE;
}

static enum error settle(struct run *run, enum emulate_outcome outcome)
{
	bool done = outcome == EMULATE_DONE;
	enum error error;

	/* An instruction that ends clears RF; the exit has set it, as a fault would. */
	if (done)
		run->cpu.rflags &= ~RFLAGS_RF;
	if (done && run->vcpu->quick)
		quick_move_learn(&run->vcpu->quick_moves, run->vcpu->vm, &run->reach.walk,
				 run->mode, code_address(run), run->instruction);
	error = put_state(run);
	if (error)
		return reason_set(run->why, error, "emulation: registers cannot be written");
	run->vcpu->did = outcome == EMULATE_FAULT ? "fault injected" : "emulated";
	if (outcome == EMULATE_FAULT)
		return vcpu_inject(run->vcpu, &run->fault);
	if (done && run->cpu.branches) {
		vcpu_finish_instruction(run->vcpu, 0);
		return vcpu_set_register(run->vcpu, VCPU_RIP, run->cpu.target);
	}
	if (done)
		vcpu_finish_instruction(run->vcpu, run->instruction->length);
	else if (run->cpu.rflags & RFLAGS_TF)
		vcpu_finish_instruction(run->vcpu, 0);
	return ERROR_NONE;
}

enum error emulate_instruction(struct vcpu *vcpu, const struct vcpu_exit *exit,
			       const struct emulate_bus *bus, struct reason *why)
{
	struct run run = { .vcpu = vcpu, .exit = exit, .why = why };
	enum emulate_outcome outcome;
	enum error error;

	emulate_reach_init(&run.reach, vcpu, exit, bus);
	error = get_state(&run);
	if (error)
		return error;
	outcome = check_exit(&run);
	if (outcome == EMULATE_DONE)
		outcome = fetch_and_decode(&run);
	if (outcome == EMULATE_DONE) {
		error = execute(&run, &outcome);
		if (error)
			return error;
		if (outcome == EMULATE_REFUSED)
			refuse(&run, run.reach.refusal ? run.reach.refusal
						       : "instruction that is not emulated");
	}
	return outcome == EMULATE_REFUSED ? ERROR_UNSUPPORTED : settle(&run, outcome);
}
