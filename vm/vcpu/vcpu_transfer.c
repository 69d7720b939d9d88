/* One register after the other. */
#include "vm/vcpu/vcpu_transfer.h"

uint64_t vcpu_transfer_get(struct vcpu_transfer *transfer, enum vcpu_register reg)
{
	uint64_t value = 0;

	if (transfer->error)
		return 0;
	transfer->failed = reg;
	transfer->error = vcpu_get_register(transfer->vcpu, reg, &value);
	return transfer->error ? 0 : value;
}

void vcpu_transfer_set(struct vcpu_transfer *transfer, enum vcpu_register reg, uint64_t value)
{
	if (transfer->error)
		return;
	transfer->failed = reg;
	transfer->error = vcpu_set_register(transfer->vcpu, reg, value);
}
