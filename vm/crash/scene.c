/* Takes the registers, and reads memory as nobody in the guest would notice. */
#include "vm/crash/scene.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "vm/guest_memory.h"
#include "vm/guest_peek.h"
#include "vm/vcpu/vcpu_transfer.h"
#include "x86/control_registers.h"
#include "x86/segment.h"

static enum code_mode mode_of(const struct scene *scene, uint64_t code_rights)
{
	if ((scene->walk.efer & EFER_LMA) && (code_rights & RIGHTS_L))
		return CODE_64;
	if (code_rights & RIGHTS_DB)
		return CODE_32;
	return (scene->walk.cr0 & CR0_PE) && !(scene->rflags & RFLAGS_VM) ? CODE_16 : CODE_REAL;
}

enum error scene_take(struct vcpu *vcpu, struct scene *scene, struct reason *why)
{
	struct instruction_registers *r = &scene->registers;
	struct vcpu_transfer t = { .vcpu = vcpu };
	uint64_t code_rights;
	enum error error;

	*scene = (struct scene) { .vcpu = vcpu };
	error = guest_walk_state(vcpu, &scene->walk, why);
	if (error)
		return error;
	memcpy(r->gpr, vcpu->gpr, sizeof(r->gpr));
	r->rip = vcpu_transfer_get(&t, VCPU_RIP);
	r->gpr[RSP] = vcpu_transfer_get(&t, VCPU_RSP);
	scene->rflags = vcpu_transfer_get(&t, VCPU_RFLAGS);
	code_rights = vcpu_transfer_get(&t, VCPU_CS_RIGHTS);
	for (unsigned i = 0; i < SEGMENT_COUNT; i++) {
		unsigned base = segment_selector_register((enum segment_register)i) +
				(VCPU_ES_BASE - VCPU_ES_SELECTOR);

		r->base[i] = vcpu_transfer_get(&t, (enum vcpu_register)base);
	}
	if (t.error)
		return reason_set(why, t.error, "a register cannot be read");
	scene->mode = mode_of(scene, code_rights);
	return ERROR_NONE;
}

static gva_t linear(const struct scene *scene, enum segment_register segment, uint64_t offset)
{
	if (scene->mode == CODE_64)
		return gva(offset);
	return gva((uint32_t)(scene->registers.base[segment] + offset));
}

gva_t scene_rip(const struct scene *scene)
{
	return linear(scene, SEGMENT_CS, scene->registers.rip);
}

unsigned scene_stack_width(const struct scene *scene)
{
	return scene->mode == CODE_64   ? sizeof(uint64_t)
	       : scene->mode == CODE_32 ? sizeof(uint32_t)
					: sizeof(uint16_t);
}

gva_t scene_rsp(const struct scene *scene)
{
	uint64_t rsp = scene->registers.gpr[RSP];

	return linear(scene, SEGMENT_SS,
		      scene_stack_width(scene) == sizeof(uint16_t) ? (uint16_t)rsp : rsp);
}

void scene_walk(const struct scene *scene, gva_t at, enum page_access access,
		struct page_walk_trace *trace)
{
	guest_peek_walk(scene->vcpu->vm, &scene->walk, at, access, trace);
}

unsigned scene_read(const struct scene *scene, gva_t at, void *to, unsigned length)
{
	struct vm *vm = scene->vcpu->vm;
	unsigned done = 0;

	while (done < length) {
		struct page_walk walk;
		uint64_t from = at.value + done;
		uint64_t part = PAGE_SIZE - (from & PAGE_MASK);

		if (part > length - done)
			part = length - done;
		walk = guest_peek(vm, &scene->walk, gva(from));
		if (walk.status != PAGE_WALK_DONE ||
		    !guest_physical_read(vm, walk.gpa, (uint8_t *)to + done, part))
			break;
		done += (unsigned)part;
	}
	return done;
}
