/* Any descriptors, task-state segments and registers: a switch never leaves its memory, and one that
 * is refused, or that faults before it begins, leaves the registers as they were. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/assert.h"
#include "vm/emulate/task_switch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY 4096u

static uint8_t memory[MEMORY];

/* A small address space that wraps, so that most addresses hit something. */
static bool read_memory(void *context, uint32_t cr3, uint32_t at, void *to, uint32_t length,
			struct vcpu_event *fault)
{
	for (uint32_t i = 0; i < length; i++)
		((uint8_t *)to)[i] = memory[(at + i) % MEMORY];
	return true;
}

static bool write_memory(void *context, uint32_t cr3, bool implicit, unsigned cpl, uint32_t at,
			 const void *from, uint32_t length, struct vcpu_event *fault)
{
	assert(cpl <= 3);
	/* One page of sixteen cannot be written. */
	if (!implicit && (at & 0xf000) == 0xf000) {
		*fault = (struct vcpu_event) { .kind = EVENT_EXCEPTION, .vector = 14 };
		return false;
	}
	for (uint32_t i = 0; i < length; i++)
		memory[(at + i) % MEMORY] = ((const uint8_t *)from)[i];
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct task_memory access = { .read = read_memory, .write = write_memory };
	struct task_state state, before;
	struct task_request request;
	struct vcpu_event fault;
	struct reason why;
	enum error error;

	if (size < sizeof(state) + 8)
		return 0;
	memcpy(&state, data, sizeof(state));
	data += sizeof(state);
	request = (struct task_request) {
		.selector = (uint16_t)(data[0] | data[1] << 8),
		.source = (enum task_source)(data[2] & 3),
		.next_rip = data[3],
		.external = data[4] & 1,
		.has_error_code = data[4] & 2,
		.error_code = data[5],
	};
	size -= sizeof(state) + 8;
	memset(memory, 0, sizeof(memory));
	memcpy(memory, data + 8, size < MEMORY ? size : MEMORY);
	if (data[6] & 1)
		state.segment[TASK_TR].rights = data[6] & 2 ? 0x83 : 0x8b;

	before = state;
	error = task_switch(&state, &request, &access, &fault, &why);
	assert(error == ERROR_NONE || error == ERROR_UNSUPPORTED);
	if (error)
		assert(!memcmp(&state, &before, sizeof(state)));
	else if (fault.kind == EVENT_NONE)
		assert(state.segment[TASK_TR].selector == request.selector);
	return 0;
}
