/* Exits that the board answers while the backend stays in its loop: the guest is entered again without
 * the machine above having been asked. A vCPU whose board has no such answers has a null vcpu->quick;
 * where it has, the backend asks for them, and the board need not expect these exits otherwise. */
#ifndef VM_VCPU_VCPU_QUICK_H
#define VM_VCPU_VCPU_QUICK_H

#include "lib/bits.h"
#include "lib/types.h"

struct quick_place;
struct vcpu;

/* An IN or OUT that is no string's, in one word: the form in which hardware tells of it, and in which boards
 * know it again. All other bits are 0. */
#define PORT_ACCESS_WIDTH BITS(2, 0) /* in bytes, less one: 0, 1 or 3 */
#define PORT_ACCESS_IN    BIT(3)
#define PORT_ACCESS_PORT  BITS(31, 16)
#define PORT_ACCESS       (PORT_ACCESS_PORT | PORT_ACCESS_IN | PORT_ACCESS_WIDTH)

/* All on the bound CPU, IRQs off; they may take the board's lock. */
struct vcpu_quick {
	/* Whether the guest may go on after one of the others. False: the machine above has to act
	 * first, and hears of a VCPU_EXIT_ANSWERED. To be asked only while cpu->attention stands. */
	bool (*may_go_on)(const struct vcpu *vcpu);
	/* IN or OUT: carried out, with vcpu->gpr[RAX] as its operand. */
	void (*port)(struct vcpu *vcpu, uint64_t access);
	/* The instruction at `place` reads or writes `at`, which is no RAM that allows it. Returns its
	 * length: it was carried out, but for RIP and RFLAGS. 0: it was not, as it is not known here
	 * (vm/emulate/quick_move.h). */
	unsigned (*memory)(struct vcpu *vcpu, gpa_t at, bool write,
			   const struct quick_place *place);
	/* RDMSR and WRMSR of a register that only the board knows: carried out, but for RAX, RDX and
	 * RIP. False: #GP(0), and nothing was done. */
	bool (*read_msr)(struct vcpu *vcpu, uint32_t index, uint64_t *value);
	bool (*write_msr)(struct vcpu *vcpu, uint32_t index, uint64_t value);
	/* A hypercall from privilege level `cpl`, from 64-bit code or not: carried out, but for RIP.
	 * False: there are none. */
	bool (*hypercall)(struct vcpu *vcpu, unsigned cpl, bool code64);
};

#endif
