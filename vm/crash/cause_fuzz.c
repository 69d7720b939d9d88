/* Any registers over any memory: all that a report looks at ends, and its words fit. */
#include "tests/host/fake_vcpu.h"
#include "lib/assert.h"
#include "vm/crash/cause.h"
#include "vm/crash/frames.h"
#include "vm/crash/page_walk_text.h"
#include "vm/crash/scene.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t left;

static uint64_t take(unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && left; i++, left--)
		value = value << 8 | *input++;
	return value;
}

/* Half of the addresses lead into memory. */
static uint64_t address(void)
{
	uint64_t value = take(8);

	return value & 1 ? value : value >> 1 & (sizeof(ram) - 1);
}

static void take_registers(void)
{
	for (unsigned reg = 0; reg < VCPU_REGISTERS; reg++)
		registers[reg] = address();
	for (unsigned i = 0; i < GPR_COUNT; i++)
		vcpu.gpr[i] = address();
	registers[VCPU_CR0] |= take(1) & 1 ? CR0_PG | CR0_PE : 0;
	if (take(1) & 1)
		registers[VCPU_EFER] |= EFER_LMA | EFER_LME;
	while (left) {
		uint64_t value = take(8);

		memcpy(ram + (take(2) * 8 & (sizeof(ram) - 1)), &value, sizeof(value));
	}
}

static bool read_slot(void *context, gva_t at, unsigned width, uint64_t *value)
{
	*value = 0;
	return scene_read(context, at, value, width) == width;
}

static void follow_frames(struct scene *scene)
{
	struct frame_chain chain = {
		.read = read_slot,
		.context = scene,
		.width = scene_stack_width(scene),
		.pointer = scene->registers.gpr[RBP],
	};
	uint64_t at;
	struct reason why;
	unsigned count = 0;

	while (frame_next(&chain, &at, &why))
		count++;
	assert(count <= FRAMES_MOST && why.text[0]);
}

static void show_walk(const struct scene *scene, gva_t at, enum page_access access)
{
	struct page_walk_trace trace;
	char text[200];

	scene_walk(scene, at, access, &trace);
	assert(trace.count <= PAGE_WALK_STEPS);
	for (unsigned i = 0; i < trace.count; i++) {
		page_walk_step_text(text, sizeof(text), &trace.steps[i]);
		assert(strlen(text) < sizeof(text) - 1);
	}
	page_walk_end_text(text, sizeof(text), &scene->walk, &trace, access);
	assert(strlen(text) < sizeof(text) - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reason why, sentences[CAUSE_SENTENCES];
	struct instruction_text instruction;
	uint8_t bytes[INSTRUCTION_BYTES];
	struct scene scene;

	fake_vcpu_reset(NULL);
	input = data;
	left = size;
	take_registers();
	if (scene_take(&vcpu, &scene, &why))
		return 0;
	unsigned available = scene_read(&scene, scene_rip(&scene), bytes, sizeof(bytes));
	instruction_describe(scene.mode, bytes, available, &scene.registers, &instruction);
	unsigned count = cause_find(&scene, &instruction, sentences);
	assert(count && count <= CAUSE_SENTENCES);
	for (unsigned i = 0; i < count; i++)
		assert(sentences[i].text[0]);
	follow_frames(&scene);
	show_walk(&scene, scene_rip(&scene), PAGE_ACCESS_FETCH);
	show_walk(&scene, gva(registers[VCPU_CR2]), PAGE_ACCESS_WRITE);
	return 0;
}
