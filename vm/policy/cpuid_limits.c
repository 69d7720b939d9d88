/* What a guest may do follows from what CPUID shows it: bits that it may set in registers, and how wide
 * its addresses are. */
#include "vm/policy/cpuid_policy.h"

#include "x86/control_registers.h"
#include "x86/cpuid.h"
#include "x86/msr.h"

bool cpuid_xcr0_valid(uint64_t allowed, uint64_t value)
{
	uint64_t avx512 = value & XCR0_AVX512;
	uint64_t bounds = value & (XCR0_BNDREG | XCR0_BNDCSR);
	uint64_t tiles = value & (XCR0_TILECFG | XCR0_TILEDATA);

	if ((value & ~allowed) || !(value & XCR0_X87))
		return false;
	if ((value & XCR0_AVX) && !(value & XCR0_SSE))
		return false;
	if (avx512 && (avx512 != XCR0_AVX512 || !(value & XCR0_AVX)))
		return false;
	if (bounds && bounds != (XCR0_BNDREG | XCR0_BNDCSR))
		return false;
	return !tiles || tiles == (XCR0_TILECFG | XCR0_TILEDATA);
}

/* CR4 bits, and the feature that gives them: where it stands. */
static const struct {
	enum { IN_1_EDX, IN_1_ECX, IN_7_EBX, IN_7_ECX } word;
	uint32_t mask, bits;
} cr4_rows[] = {
	{ IN_1_EDX, CPUID_1_EDX_VME, CR4_VME | CR4_PVI },
	{ IN_1_EDX, CPUID_1_EDX_TSC, CR4_TSD },
	{ IN_1_EDX, CPUID_1_EDX_DE, CR4_DE },
	{ IN_1_EDX, CPUID_1_EDX_PSE, CR4_PSE },
	{ IN_1_EDX, CPUID_1_EDX_PAE, CR4_PAE },
	{ IN_1_EDX, CPUID_1_EDX_MCE, CR4_MCE },
	{ IN_1_EDX, CPUID_1_EDX_PGE, CR4_PGE },
	{ IN_1_EDX, CPUID_1_EDX_FXSR, CR4_OSFXSR },
	{ IN_1_EDX, CPUID_1_EDX_SSE, CR4_OSXMMEXCPT },
	{ IN_1_ECX, CPUID_1_ECX_PCID, CR4_PCIDE },
	{ IN_1_ECX, CPUID_1_ECX_XSAVE, CR4_OSXSAVE },
	{ IN_7_EBX, CPUID_7_EBX_FSGSBASE, CR4_FSGSBASE },
	{ IN_7_EBX, CPUID_7_EBX_SMEP, CR4_SMEP },
	{ IN_7_EBX, CPUID_7_EBX_SMAP, CR4_SMAP },
	{ IN_7_ECX, CPUID_7_ECX_UMIP, CR4_UMIP },
};

uint64_t cpuid_cr4_allowed(cpuid_reader host, const struct cpuid_guest *asked)
{
	/* Limiting the leaves hides features, but does not take them away. */
	struct cpuid_guest unlimited = *asked, *guest = &unlimited;

	unlimited.misc_enable &= ~MISC_ENABLE_LIMIT_CPUID_MAXVAL;

	struct cpuid_result one = cpuid_policy(host, guest, CPUID_FEATURES, 0);
	struct cpuid_result seven = { 0 };
	uint64_t allowed = CR4_PCE;

	if (cpuid_policy(host, guest, CPUID_VENDOR, 0).eax >= CPUID_EXTENDED_FEATURES)
		seven = cpuid_policy(host, guest, CPUID_EXTENDED_FEATURES, 0);

	const uint32_t words[] = {
		[IN_1_EDX] = one.edx,
		[IN_1_ECX] = one.ecx,
		[IN_7_EBX] = seven.ebx,
		[IN_7_ECX] = seven.ecx,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cr4_rows); i++)
		if (words[cr4_rows[i].word] & cr4_rows[i].mask)
			allowed |= cr4_rows[i].bits;
	return allowed;
}

uint64_t cpuid_efer_allowed(cpuid_reader host, const struct cpuid_guest *guest)
{
	struct cpuid_result r = cpuid_policy(host, guest, CPUID_EXTENDED_SIGNATURE, 0);
	uint64_t allowed = 0;

	/* SYSCALL comes with 64-bit mode, and shows only there. */
	if (r.edx & CPUID_80000001_EDX_LM)
		allowed |= EFER_LME | EFER_SCE;
	if (r.edx & CPUID_80000001_EDX_NX)
		allowed |= EFER_NXE;
	return allowed;
}

unsigned cpuid_address_bits(cpuid_reader host, const struct cpuid_guest *guest)
{
	if (host(CPUID_EXTENDED_MAX, 0).eax < CPUID_ADDRESS_SIZES)
		return 36;
	return cpuid_policy(host, guest, CPUID_ADDRESS_SIZES, 0).eax &
	       CPUID_80000008_EAX_PHYSICAL_BITS;
}
