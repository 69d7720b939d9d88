/* What a CPU checks and changes when software writes CR8 or a debug register or executes LMSW, as
 * pure functions. The rules of CR0, CR3, CR4 and EFER are in vmx/vcpu/control_state.h. SDM volume 2,
 * "LMSW" and "MOV—Move to/from Debug Registers"; volume 3, "Control Registers" and "Debug
 * Registers". */
#ifndef VMX_EXIT_REGISTER_CHECKS_H
#define VMX_EXIT_REGISTER_CHECKS_H

#include "lib/types.h"

/* CR0 after LMSW: PE, MP, EM and TS come from the operand, but PE cannot be cleared. */
uint64_t cr0_after_lmsw(uint64_t cr0, uint16_t operand);

/* CR8 has four bits; any other one is #GP(0). */
bool cr8_write_is_valid(uint64_t value);

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

/* DR6 once a #DB with these hits (the layout of DR6) is delivered: B0 to B3 tell of this exception
 * only, the other bits stay until software clears them. */
uint64_t dr6_after_debug_exception(uint64_t dr6, uint64_t hits);

#endif
