/* Several registers of a vCPU, one after the other: what fails is looked at once, at the end. Pure. */
#ifndef VM_VCPU_VCPU_TRANSFER_H
#define VM_VCPU_VCPU_TRANSFER_H

#include "vm/vcpu/vcpu.h"

struct vcpu_transfer {
	struct vcpu *vcpu;
	enum error error;          /* the first */
	enum vcpu_register failed; /* where there is an error */
};

/* As vcpu_get_register() and vcpu_set_register(). After a failure 0, and nothing is written. */
uint64_t vcpu_transfer_get(struct vcpu_transfer *transfer, enum vcpu_register reg);
void vcpu_transfer_set(struct vcpu_transfer *transfer, enum vcpu_register reg, uint64_t value);

#endif
