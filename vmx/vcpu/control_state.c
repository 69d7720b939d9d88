/* The rules are those of SDM volume 2, "MOV—Move to/from Control Registers" and "WRMSR", and of
 * volume 3, "Control Registers", "Paging-Mode Enabling" and "Restrictions on VMX Operation". */
#include "vmx/vcpu/control_state.h"

#include "x86/control_registers.h"

/* Without effect on modes and on VMX: they stay with the guest. Not TS: CLTS is to be seen. */
#define CR0_GUEST_OWNED (CR0_MP | CR0_EM | CR0_WP | CR0_AM)
#define CR4_GUEST_OWNED                                                                           \
	(CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PGE | CR4_PCE | CR4_OSFXSR | CR4_OSXMMEXCPT | \
	 CR4_UMIP | CR4_FSGSBASE)

/* Entry and exit never change these in CR0. */
#define CR0_CACHE_BITS (CR0_CD | CR0_NW)

/* Any of them changed makes MOV to CR0 or CR4 read the PDPTEs again under PAE paging. */
#define CR0_PDPTE_BITS (CR0_PG | CR0_CD | CR0_NW)
#define CR4_PDPTE_BITS (CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP)

/* Any of them changed ends the linear translations. */
#define CR4_FLUSH_BITS (CR4_PSE | CR4_PAE | CR4_PGE | CR4_PCIDE | CR4_SMEP | CR4_LA57 | CR4_PKE)

/* With these in CR4 the identity map would not be one, or its pages would not be reachable. */
#define CR4_AGAINST_IDENTITY_MAP \
	(CR4_PAE | CR4_SMEP | CR4_SMAP | CR4_PCIDE | CR4_PKE | CR4_PKS | CR4_LA57 | CR4_CET)

bool control_is_pae(const struct control_view *view)
{
	return (view->cr0 & CR0_PG) && (view->cr4 & CR4_PAE) && !(view->efer & EFER_LMA);
}

/* MOV to CR0 that turns paging on or off: what IA-32e mode asks of it. */
static bool paging_change_allowed(const struct control_view *view,
				  const struct control_context *context, bool on)
{
	if (on && (view->efer & EFER_LME))
		return (view->cr4 & CR4_PAE) && !context->code64 && !context->tss16;
	if (!on)
		return !(view->cr4 & CR4_PCIDE) && !context->code64;
	return true;
}

enum error control_write_cr0(const struct control_limits *limits, struct control_view *view,
			     const struct control_context *context, uint64_t value,
			     unsigned *effects)
{
	uint64_t changed;

	*effects = 0;
	if (value >> 32)
		return ERROR_INVALID_INPUT;
	/* Reserved bits of the lower half are ignored, and ET reads as 1. */
	value = (value & CR0_DEFINED) | CR0_ET;
	changed = value ^ view->cr0;

	if ((value & CR0_PG) && !(value & CR0_PE))
		return ERROR_INVALID_INPUT;
	if ((value & CR0_NW) && !(value & CR0_CD))
		return ERROR_INVALID_INPUT;
	if (!(value & CR0_WP) && (view->cr4 & CR4_CET))
		return ERROR_INVALID_INPUT;
	if ((changed & CR0_PG) && !paging_change_allowed(view, context, value & CR0_PG))
		return ERROR_INVALID_INPUT;
	if (!limits->unrestricted && !(value & CR0_PE))
		return ERROR_UNSUPPORTED;

	view->cr0 = value;
	if (changed & CR0_PG) {
		*effects |= CONTROL_FLUSH;
		if (!(value & CR0_PG))
			view->efer &= ~EFER_LMA;
		else if (view->efer & EFER_LME)
			view->efer |= EFER_LMA;
	}
	if ((changed & CR0_PDPTE_BITS) && control_is_pae(view))
		*effects |= CONTROL_LOAD_PDPTES;
	return ERROR_NONE;
}

enum error control_write_cr4(const struct control_limits *limits, struct control_view *view,
			     const struct control_context *context, uint64_t value,
			     unsigned *effects)
{
	uint64_t changed = value ^ view->cr4;
	bool ia32e = view->efer & EFER_LMA;

	*effects = 0;
	if (value & ~limits->cr4_allowed)
		return ERROR_INVALID_INPUT;
	if (ia32e && (!(value & CR4_PAE) || (changed & CR4_LA57)))
		return ERROR_INVALID_INPUT;
	if ((changed & value & CR4_PCIDE) && (!ia32e || (context->cr3 & CR3_PCID)))
		return ERROR_INVALID_INPUT;
	if ((value & CR4_CET) && !(view->cr0 & CR0_WP))
		return ERROR_INVALID_INPUT;

	view->cr4 = value;
	if (changed & CR4_FLUSH_BITS)
		*effects |= CONTROL_FLUSH;
	if ((changed & CR4_PDPTE_BITS) && control_is_pae(view))
		*effects |= CONTROL_LOAD_PDPTES;
	return ERROR_NONE;
}

enum error control_write_efer(const struct control_limits *limits, struct control_view *view,
			      uint64_t value)
{
	value &= ~EFER_LMA;
	if (value & ~limits->efer_allowed)
		return ERROR_INVALID_INPUT;
	if (((value ^ view->efer) & EFER_LME) && (view->cr0 & CR0_PG))
		return ERROR_INVALID_INPUT;
	view->efer = value | (view->efer & EFER_LMA);
	return ERROR_NONE;
}

enum error control_check_cr3(const struct control_limits *limits, const struct control_view *view,
			     uint64_t value)
{
	/* Outside IA-32e mode the upper half does not exist. */
	if ((view->efer & EFER_LMA) && (value & ~BITS(limits->address_bits - 1, 0)))
		return ERROR_INVALID_INPUT;
	return ERROR_NONE;
}

void control_to_hardware(const struct control_limits *limits, const struct control_view *view,
			 struct control_hardware *hardware)
{
	uint64_t cr0_fixed0 = limits->cr0_fixed0;
	bool identity_map = !limits->unrestricted && !(view->cr0 & CR0_PG);

	if (limits->unrestricted)
		cr0_fixed0 &= ~(CR0_PE | CR0_PG);
	*hardware = (struct control_hardware) {
		.cr0 = ((view->cr0 & ~CR0_CACHE_BITS) | cr0_fixed0) & limits->cr0_fixed1,
		.cr4 = (view->cr4 | limits->cr4_fixed0 | limits->cr4_forced) & limits->cr4_fixed1,
		.efer = view->efer,
		.cr0_mask = ~CR0_GUEST_OWNED,
		.cr4_mask = ~(CR4_GUEST_OWNED & limits->cr4_allowed & ~limits->cr4_fixed0 &
			      ~limits->cr4_forced),
		.ia32e = view->efer & EFER_LMA,
		.identity_map = identity_map,
	};
	if (identity_map) {
		hardware->cr4 = (hardware->cr4 | CR4_PSE) & ~CR4_AGAINST_IDENTITY_MAP;
		/* LME without LMA cannot be entered with CR0.PG set. */
		hardware->efer &= ~(EFER_LME | EFER_LMA);
	}
}

#define PDPTE_PRESENT  BIT(0)
#define PDPTE_RESERVED (BITS(2, 1) | BITS(8, 5))

bool control_pdptes_valid(const uint64_t pdptes[4], unsigned address_bits)
{
	uint64_t reserved = PDPTE_RESERVED | ~BITS(address_bits - 1, 0);

	for (unsigned i = 0; i < 4; i++)
		if ((pdptes[i] & PDPTE_PRESENT) && (pdptes[i] & reserved))
			return false;
	return true;
}
