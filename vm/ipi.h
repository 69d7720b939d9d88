/* Interrupts between the vCPUs of a VM: decoding of the interrupt command register, the choice of
 * the targets, and the INIT/SIPI protocol. All but ipi_send() is pure. SDM volume 3, "Issuing
 * Interprocessor Interrupts" and "ICR Operation in x2APIC Mode". */
#ifndef VM_IPI_H
#define VM_IPI_H

#include "lib/error.h"
#include "lib/types.h"

struct vcpu;

/* As encoded in the delivery mode field. */
enum ipi_mode {
	IPI_FIXED = 0,
	IPI_LOWEST_PRIORITY = 1,
	IPI_SMI = 2,
	IPI_NMI = 4,
	IPI_INIT = 5,
	IPI_START_UP = 6,
};

/* As encoded in the destination shorthand field. */
enum ipi_shorthand { IPI_BY_DESTINATION, IPI_SELF, IPI_ALL, IPI_ALL_BUT_SELF };

struct ipi {
	enum ipi_mode mode;
	uint8_t vector;
	enum ipi_shorthand shorthand;
	bool logical; /* destination is a cluster and a mask, not an APIC id */
	bool assert_level;
	bool level_triggered;
	uint32_t destination;
};

/* InvalidInput for a reserved delivery mode or reserved bits: the guest's write then faults. */
enum error ipi_decode(uint64_t icr, struct ipi *ipi, struct reason *why) must_check;

/* Is the vCPU with APIC id `target` meant, when `sender` sent it? Logical destinations are read
 * as in x2APIC mode: cluster in bits 31:16, one bit for each of its 16 CPUs below. */
bool ipi_is_for(const struct ipi *ipi, uint32_t target, uint32_t sender);

/* An INIT with the level de-asserted only synchronises arbitration on old CPUs: it resets nobody. */
bool ipi_is_init_deassert(const struct ipi *ipi);

/* vcpu->startup, one word so that INIT and SIPI from any CPU are atomic. */
#define STARTUP_VECTOR  0xffu /* of the SIPI that waits */
#define STARTUP_SIPI    (1u << 8)
#define STARTUP_INIT    (1u << 9)  /* the register state has yet to be reset */
#define STARTUP_WAITING (1u << 10) /* for a SIPI: executes nothing */

/* The word after an INIT (a bootstrap processor starts at the reset vector instead of waiting),
 * and after a SIPI: unchanged when the vCPU waits for none or has one. */
uint32_t startup_after_init(uint32_t startup, bool bootstrap_processor);
uint32_t startup_after_sipi(uint32_t startup, uint8_t vector);

/* Delivers what `sender` wrote to its ICR. On the sender's CPU. Returns what was done, for the
 * log; a constant string. Null with `why` when the guest's write has to fault. */
const char *ipi_send(struct vcpu *sender, uint64_t icr, struct reason *why);

/* INIT, SIPI and NMI as `target`'s local APIC receives them, from any CPU; they wake it. A vCPU that
 * waits for a SIPI takes no NMI; one that waits for none takes no SIPI. */
void ipi_take_init(struct vcpu *target);
void ipi_take_start_up(struct vcpu *target, uint8_t vector);
void ipi_take_nmi(struct vcpu *target);

#endif
