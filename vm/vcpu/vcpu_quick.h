/* Exits that the board answers while the backend stays in its loop: the guest is entered again without
 * the machine above having been asked. A vCPU whose board has no such answers has a null vcpu->quick. */
#ifndef VM_VCPU_VCPU_QUICK_H
#define VM_VCPU_VCPU_QUICK_H

#include "lib/types.h"

struct vcpu;

struct vcpu_quick {
	/* IN or OUT of `width` 1, 2 or 4 bytes: carried out, `*value` written or read. False: the
	 * machine above has to act before the guest goes on, and hears of a VCPU_EXIT_ANSWERED. On
	 * the bound CPU, IRQs off; may take the board's lock. */
	bool (*port)(struct vcpu *vcpu, uint16_t port, unsigned width, bool in, uint32_t *value);
};

#endif
