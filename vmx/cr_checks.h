/* What a CPU checks when software writes a control or debug register, as pure functions: false is
 * #GP(0). They decide from the guest's own view, never from what the hardware holds for it. SDM
 * volume 2, "MOV—Move to/from Control Registers", "MOV—Move to/from Debug Registers", "LMSW", and
 * volume 3, "Control Registers". */
#ifndef VMX_CR_CHECKS_H
#define VMX_CR_CHECKS_H

#include "lib/types.h"

/* The guest's view at the time of the write. */
struct cr_state {
	uint64_t cr0, cr3, cr4, efer; /* efer with LMA */
	bool cs_long;                 /* CS.L and LMA: 64-bit code runs */
	uint64_t cr4_allowed;         /* CR4 bits that this guest may set */
	unsigned address_bits;        /* MAXPHYADDR as the guest sees it, 32..52 */
};

/* MOV to CR0, and LMSW and CLTS by the value that they amount to. */
bool cr0_write_is_valid(const struct cr_state *state, uint64_t value);

/* CR0 as it reads back after a valid write: ET is 1, the reserved bits of the low half are 0. */
uint64_t cr0_canonical(uint64_t value);

/* CR0 after LMSW: PE, MP, EM and TS come from the operand, but PE cannot be cleared. */
uint64_t cr0_after_lmsw(uint64_t cr0, uint16_t operand);

/* MOV to CR3. Bit 63 counts as "do not flush" while CR4.PCIDE is 1. */
bool cr3_write_is_valid(const struct cr_state *state, uint64_t value);

bool cr4_write_is_valid(const struct cr_state *state, uint64_t value);

/* CR8 has four bits. */
bool cr8_write_is_valid(uint64_t value);

/* True when a write that makes `after` of `before` loads the PDPTEs anew: PAE paging in force
 * afterwards, and a bit changed that the SDM lists in volume 3, "PDPTE Registers". MOV to CR3
 * always does under PAE paging. */
bool cr_write_loads_pdptes(const struct cr_state *before, uint64_t cr0_after, uint64_t cr4_after);

/* PAE paging is in force: paging, PAE, and not long mode. */
bool cr_is_pae_paging(uint64_t cr0, uint64_t cr4, uint64_t efer);

/* The four PDPTEs that PAE paging would load: false when one is present with a reserved bit. */
bool pdptes_are_valid(const uint64_t pdptes[4], unsigned address_bits);

/* EFER.LMA as a CR0 write leaves it: LME and PG. */
uint64_t efer_after_cr0(uint64_t efer, uint64_t cr0);

/* What MOV to or from a debug register does before anything moves. */
enum dr_fault {
	DR_FAULT_NONE,
	DR_FAULT_UNDEFINED,      /* #UD: DR4 or DR5 while CR4.DE is 1 */
	DR_FAULT_PROTECTION,     /* #GP(0): CPL above 0, or bits 63:32 of DR6 or DR7 */
	DR_FAULT_GENERAL_DETECT, /* #DB with DR6.BD: DR7.GD is 1 */
};

/* `number` is the instruction's, 0..7; `value` is looked at for a write only. */
enum dr_fault dr_access_check(unsigned number, bool write, uint64_t value, uint64_t cr4,
			      uint64_t dr7, unsigned cpl);

/* DR4 and DR5 are DR6 and DR7 by another name. */
unsigned dr_number(unsigned number);

/* DR6 and DR7 as they read back after `value` was written: fixed bits forced. */
uint64_t dr6_canonical(uint64_t value);
uint64_t dr7_canonical(uint64_t value);

#endif
