/* The rules of LMSW, CR8 and the debug registers. */
#include "vmx/exit/register_checks.h"

#include "lib/bits.h"
#include "x86/control_registers.h"

#define HIGH_HALF BITS(63, 32)

uint64_t cr0_after_lmsw(uint64_t cr0, uint16_t operand)
{
	uint64_t loaded = CR0_PE | CR0_MP | CR0_EM | CR0_TS;

	return (cr0 & ~loaded) | (operand & loaded) | (cr0 & CR0_PE);
}

#define CR8_BITS BITS(3, 0)

bool cr8_write_is_valid(uint64_t value)
{
	return !(value & ~CR8_BITS);
}

unsigned dr_number(unsigned number)
{
	return number == 4 || number == 5 ? number + 2 : number;
}

enum dr_fault dr_access_check(unsigned number, bool write, uint64_t value, uint64_t cr4,
			      uint64_t dr7, unsigned cpl)
{
	if (dr_number(number) != number && (cr4 & CR4_DE))
		return DR_FAULT_UNDEFINED;
	if (cpl > 0)
		return DR_FAULT_PROTECTION;
	if (dr7 & DR7_GD)
		return DR_FAULT_GENERAL_DETECT;
	if (write && dr_number(number) >= 6 && (value & HIGH_HALF))
		return DR_FAULT_PROTECTION;
	return DR_FAULT_NONE;
}

/* SDM volume 3, figure "Debug Registers": the bits that always read as 1, and those that software
 * can write. DR6.RTM and DR6.BLD read as 1 where their features are hidden, as they are here. */
#define DR6_WRITABLE (BITS(3, 0) | DR6_BD | DR6_BS | DR6_BT)
#define DR7_WRITABLE (BITS(9, 0) | DR7_GD | BITS(31, 16))

uint64_t dr6_canonical(uint64_t value)
{
	return (value & DR6_WRITABLE) | DR6_RESET;
}

uint64_t dr7_canonical(uint64_t value)
{
	return (value & DR7_WRITABLE) | DR7_RESET;
}

#define DR6_BREAKPOINTS BITS(3, 0)

uint64_t dr6_after_debug_exception(uint64_t dr6, uint64_t hits)
{
	return dr6_canonical((dr6 & ~DR6_BREAKPOINTS) | hits);
}
