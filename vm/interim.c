/* Until vm/guest_memory.c and vm/string_io.c are here: delete this file with their arrival. */
#include "vm/string_io.h"
#include "vm/vm.h"

void *vm_memory(struct vm *vm, gpa_t at, uint64_t length)
{
	for (unsigned i = 0; i < vm->slot_count; i++) {
		const struct vm_slot *s = &vm->slots[i];
		uint64_t offset = at.value - s->base.value;
		if (offset < s->length && length <= s->length - offset)
			return s->host + offset;
	}
	return NULL;
}

enum error string_io(struct vcpu *vcpu, const struct vcpu_exit *exit, string_io_element element,
		     void *context, struct reason *why)
{
	return reason_set(why, ERROR_UNSUPPORTED, "string I/O is not here yet");
}
