/* The rules of control-register and debug-register writes. */
#include "vmx/cr_checks.h"

#include "lib/bits.h"
#include "x86/control_registers.h"

#define HIGH_HALF BITS(63, 32)

bool cr_is_pae_paging(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
	return (cr0 & CR0_PG) && (cr4 & CR4_PAE) && !(efer & EFER_LMA);
}

bool cr0_write_is_valid(const struct cr_state *state, uint64_t value)
{
	bool starts_paging = (value & CR0_PG) && !(state->cr0 & CR0_PG);
	bool stops_paging = !(value & CR0_PG) && (state->cr0 & CR0_PG);

	if (value & HIGH_HALF)
		return false;
	if ((value & CR0_PG) && !(value & CR0_PE))
		return false;
	if ((value & CR0_NW) && !(value & CR0_CD))
		return false;
	if (starts_paging && (state->efer & EFER_LME) &&
	    (!(state->cr4 & CR4_PAE) || state->cs_long))
		return false;
	if (stops_paging && (state->cs_long || (state->cr4 & CR4_PCIDE)))
		return false;
	if (!(value & CR0_WP) && (state->cr4 & CR4_CET))
		return false;
	return true;
}

uint64_t cr0_canonical(uint64_t value)
{
	return (value & CR0_DEFINED) | CR0_ET;
}

uint64_t cr0_after_lmsw(uint64_t cr0, uint16_t operand)
{
	uint64_t loaded = CR0_PE | CR0_MP | CR0_EM | CR0_TS;

	return (cr0 & ~loaded) | (operand & loaded) | (cr0 & CR0_PE);
}

bool cr3_write_is_valid(const struct cr_state *state, uint64_t value)
{
	if (!(state->efer & EFER_LMA))
		return !(value & HIGH_HALF);
	if (state->cr4 & CR4_PCIDE)
		value &= ~CR3_NO_FLUSH;
	return !(value & BITS(63, state->address_bits));
}

bool cr4_write_is_valid(const struct cr_state *state, uint64_t value)
{
	bool long_mode = state->efer & EFER_LMA;
	bool starts_pcids = (value & CR4_PCIDE) && !(state->cr4 & CR4_PCIDE);

	if (value & ~state->cr4_allowed)
		return false;
	if (long_mode && (!(value & CR4_PAE) || ((value ^ state->cr4) & CR4_LA57)))
		return false;
	if (starts_pcids && (!long_mode || (state->cr3 & CR3_PCID)))
		return false;
	if ((value & CR4_CET) && !(state->cr0 & CR0_WP))
		return false;
	return true;
}

#define CR8_BITS BITS(3, 0)

bool cr8_write_is_valid(uint64_t value)
{
	return !(value & ~CR8_BITS);
}

bool cr_write_loads_pdptes(const struct cr_state *before, uint64_t cr0_after, uint64_t cr4_after)
{
	uint64_t cr0_bits = CR0_CD | CR0_NW | CR0_PG;
	uint64_t cr4_bits = CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP;

	if (!cr_is_pae_paging(cr0_after, cr4_after, efer_after_cr0(before->efer, cr0_after)))
		return false;
	return ((before->cr0 ^ cr0_after) & cr0_bits) || ((before->cr4 ^ cr4_after) & cr4_bits);
}

/* SDM volume 3, table "Format of a PAE Page-Directory-Pointer-Table Entry (PDPTE)". */
#define PDPTE_PRESENT  BIT(0)
#define PDPTE_RESERVED (BITS(2, 1) | BITS(8, 5))

bool pdptes_are_valid(const uint64_t pdptes[4], unsigned address_bits)
{
	uint64_t reserved = PDPTE_RESERVED | BITS(63, address_bits);

	for (unsigned i = 0; i < 4; i++)
		if ((pdptes[i] & PDPTE_PRESENT) && (pdptes[i] & reserved))
			return false;
	return true;
}

uint64_t efer_after_cr0(uint64_t efer, uint64_t cr0)
{
	bool active = (efer & EFER_LME) && (cr0 & CR0_PG);

	return active ? efer | EFER_LMA : efer & ~EFER_LMA;
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
