/* From the raw words of a VM exit to the neutral struct vcpu_exit. Pure: the caller has read the
 * fields; only those that the exit's reason defines are looked at, the others may hold anything.
 * SDM volume 3, "Basic VM-Exit Information" and the tables "Exit Qualification for ...". */
#ifndef VMX_EXIT_EXIT_DECODE_H
#define VMX_EXIT_EXIT_DECODE_H

#include "lib/bits.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu_event.h"
#include "vm/vcpu/vcpu_exit.h"

/* Which fields an exit reason defines, beyond the reason itself and RIP: each one saved is a
 * VMREAD less on the hot path. */
enum exit_needs {
	EXIT_NEEDS_QUALIFICATION = 1 << 0,
	EXIT_NEEDS_LENGTH = 1 << 1,
	EXIT_NEEDS_INTERRUPTION = 1 << 2, /* information and error code */
	EXIT_NEEDS_VECTORING = 1 << 3,    /* information and error code */
	EXIT_NEEDS_LINEAR = 1 << 4,
	EXIT_NEEDS_PHYSICAL = 1 << 5,
	EXIT_NEEDS_INSTRUCTION = 1 << 6, /* instruction information */
	EXIT_NEEDS_OPERAND = 1 << 7,     /* RSP and the code width: a register may be the source */
};

/* An exit as the VMCS holds it. */
struct exit_snapshot {
	uint32_t reason; /* the whole field, modifier bits included */
	uint32_t instruction_length;
	uint64_t rip;
	uint64_t qualification;
	uint32_t interruption_info, interruption_error;
	uint32_t vectoring_info, vectoring_error;
	uint64_t linear_address, physical_address;
	uint32_t instruction_info;
	bool ins_outs_info;  /* IA32_VMX_BASIC[54]: instruction_info is defined for INS and OUTS */
	bool code64;         /* the guest ran 64-bit code: register operands are 64 bits wide */
	uint64_t rsp;        /* gpr[RSP] is not current: the hardware holds it */
	const uint64_t *gpr; /* GPR_COUNT registers */
};

/* enum exit_needs, or-ed, for a whole exit-reason field. */
unsigned exit_needs(uint32_t raw_reason);

/* The kind that exit_decode() gives such an exit before it looks at the details, which tell an NMI
 * from an exception and an IPI from another WRMSR. */
enum vcpu_exit_kind exit_kind(uint32_t raw_reason);

/* Fills `exit` for any content of `snapshot`. What the SDM does not define, and what Plinth never
 * asks the hardware for, becomes VCPU_EXIT_UNKNOWN. `length` is 0 unless the reason defines it. */
void exit_decode(const struct exit_snapshot *snapshot, struct vcpu_exit *exit);

/* True when the exit cut short the delivery of an event, which then is in `event` and has to be
 * delivered again (SDM volume 3, "Information for VM Exits That Occur During Event Delivery").
 * `cr2` is the guest's: a #PF whose delivery had begun has written it already. */
bool exit_interrupted_event(const struct exit_snapshot *snapshot, uint64_t cr2,
			    struct vcpu_event *event);

/* True when the faulting instruction was an IRET that had already ended NMI blocking: the guest
 * retries it, so blocking has to be put back (SDM volume 3, "Resuming Guest Software after
 * Handling an Exception"). */
bool exit_unblocked_nmis(const struct exit_snapshot *snapshot);

/* The value of a register operand at the exit: 64 bits in 64-bit code, else 32. */
uint64_t exit_operand(const struct exit_snapshot *snapshot, enum gpr gpr);

/* The DR6 bits that an intercepted #DB would have set: bits 3:0, 13 and 14 of the qualification.
 * SDM volume 3, table "Exit Qualification for Debug Exceptions". */
#define EXIT_DEBUG_HIT_MASK 0x600full

/* Interruption information: SDM volume 3, "Information for VM Exits Due to Vectored Events". */
#define INTERRUPTION_VECTOR_MASK    0x000000ffu
#define INTERRUPTION_TYPE_MASK      0x00000700u
#define INTERRUPTION_ERROR_VALID    0x00000800u
#define INTERRUPTION_NMI_UNBLOCKING 0x00001000u
#define INTERRUPTION_VALID          0x80000000u

enum interruption_type {
	INTERRUPTION_EXTERNAL = 0,
	INTERRUPTION_NMI = 2,
	INTERRUPTION_HARDWARE_EXCEPTION = 3,
	INTERRUPTION_SOFTWARE_INTERRUPT = 4,
	INTERRUPTION_PRIVILEGED_EXCEPTION = 5, /* INT1 */
	INTERRUPTION_SOFTWARE_EXCEPTION = 6,   /* INT3, INTO */
	INTERRUPTION_OTHER = 7,
};

/* True for an event that an instruction raised on purpose: it has an instruction length. */
static inline bool interruption_is_software(uint32_t info)
{
	uint64_t type = field_get(info, INTERRUPTION_TYPE_MASK);

	return type >= INTERRUPTION_SOFTWARE_INTERRUPT && type <= INTERRUPTION_SOFTWARE_EXCEPTION;
}

#endif
