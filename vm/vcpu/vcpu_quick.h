/* Exits that the board answers while the backend stays in its loop: the guest is entered again without
 * the machine above having been asked. A vCPU whose board has no such answers has a null vcpu->quick;
 * where it has, the backend asks for them, and the board need not expect these exits otherwise. */
#ifndef VM_VCPU_VCPU_QUICK_H
#define VM_VCPU_VCPU_QUICK_H

#include "lib/types.h"

struct quick_place;
struct vcpu;

struct vcpu_quick {
	/* IN or OUT of `width` 1, 2 or 4 bytes: carried out, `*value` written or read. False: the
	 * machine above has to act before the guest goes on, and hears of a VCPU_EXIT_ANSWERED. On
	 * the bound CPU, IRQs off; may take the board's lock. */
	bool (*in)(struct vcpu *vcpu, uint16_t port, unsigned width, uint32_t *value);
	bool (*out)(struct vcpu *vcpu, uint16_t port, unsigned width, uint32_t value);
	/* The instruction at `place` reads or writes `at`, which is no RAM that allows it. Returns its
	 * length, and in `*go_on` what the above returns: it was carried out, but for RIP and RFLAGS.
	 * 0: it was not, as it is not known here (vm/emulate/quick_move.h). In the same context. */
	unsigned (*memory)(struct vcpu *vcpu, gpa_t at, bool write, const struct quick_place *place,
			   bool *go_on);
	/* RDMSR and WRMSR of a register that only the board knows: carried out, but for RAX, RDX and
	 * RIP. False: #GP(0), and nothing was done. `*go_on` is true, and becomes what the above return. */
	bool (*read_msr)(struct vcpu *vcpu, uint32_t index, uint64_t *value);
	bool (*write_msr)(struct vcpu *vcpu, uint32_t index, uint64_t value, bool *go_on);
	/* A hypercall from privilege level `cpl`, from 64-bit code or not: carried out, but for RIP.
	 * False: there are none. */
	bool (*hypercall)(struct vcpu *vcpu, unsigned cpl, bool code64);
};

#endif
