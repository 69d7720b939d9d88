/* Events that are no exits. */
#include "vm/vcpu/vcpu_account.h"

#include "vm/vm.h"

struct record *vcpu_record_event(const struct vcpu *vcpu, enum record_kind kind, uint64_t value,
				 const char *did)
{
	return recorder_write(record_head_of_kind(vcpu->record_head, kind), value, 0, did);
}

void vm_record_event(const struct vm *vm, enum record_kind kind, const char *did)
{
	const struct recorder_event event = { .kind = kind, .vm = (uint16_t)vm->id, .did = did };

	(void)recorder_note(&event);
}
