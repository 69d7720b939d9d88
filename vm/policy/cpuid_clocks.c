/* The clocks in CPUID. */
#include "vm/policy/cpuid_clocks.h"

#include "lib/bits.h"

#define KHZ     1000u
#define BUS_MHZ 100 /* of no meaning in a virtual machine; some divide by it */

/* Kernels multiply the numerator by the crystal's kHz in 32 bits. */
#define MAX_NUMERATOR (UINT32_MAX / (CPUID_CRYSTAL_HZ / KHZ))

/* "KVMKVMKVM" and three zero bytes as EBX, ECX, EDX. */
#define KVM_EBX 0x4b4d564bu
#define KVM_ECX 0x564b4d56u
#define KVM_EDX 0x0000004du

/* Linux, "KVM CPUID bits". */
#define KVM_CLOCK        BIT(0)  /* MSRs 11H and 12H */
#define KVM_CLOCK2       BIT(3)  /* MSRs 4B564D00H and 4B564D01H */
#define KVM_CLOCK_STABLE BIT(24) /* the same on every CPU */

struct ratio {
	uint32_t numerator, denominator;
};

/* The best fraction for a / b whose numerator is at most `most`: a convergent of the continued
 * fraction, or one between two of them. 0/1 if none is that small. */
static struct ratio approximate(uint64_t a, uint64_t b, uint64_t most)
{
	uint64_t p = 1, q = 0, p_before = 0, q_before = 1;

	while (b) {
		uint64_t term = a / b, rest = a % b;
		uint64_t p_next = term * p + p_before, q_next = term * q + q_before;

		if (p_next > most || q_next > UINT32_MAX) {
			/* Past half of the way it is nearer than where the way began. */
			uint64_t steps = p ? (most - p_before) / p : 0;
			bool nearer = 2 * steps > term && steps * q + q_before <= UINT32_MAX;

			p = nearer ? steps * p + p_before : p;
			q = nearer ? steps * q + q_before : q;
			break;
		}
		p_before = p;
		q_before = q;
		p = p_next;
		q = q_next;
		a = b;
		b = rest;
	}
	return q ? (struct ratio) { (uint32_t)p, (uint32_t)q } : (struct ratio) { 0, 1 };
}

struct cpuid_result cpuid_tsc_frequency(const struct cpuid_guest *guest)
{
	struct ratio ratio = approximate(guest->tsc_khz, CPUID_CRYSTAL_HZ / KHZ, MAX_NUMERATOR);

	if (!ratio.numerator)
		return (struct cpuid_result) { 0 };
	return (struct cpuid_result) {
		.eax = ratio.denominator,
		.ebx = ratio.numerator,
		.ecx = CPUID_CRYSTAL_HZ,
	};
}

struct cpuid_result cpuid_cpu_frequency(const struct cpuid_guest *guest)
{
	uint32_t mhz = (guest->tsc_khz + KHZ / 2) / KHZ;

	if (!guest->tsc_khz)
		return (struct cpuid_result) { 0 };
	return (struct cpuid_result) { .eax = mhz & 0xffff, .ebx = mhz & 0xffff, .ecx = BUS_MHZ };
}

struct cpuid_result cpuid_timing(const struct cpuid_guest *guest)
{
	return (struct cpuid_result) { .eax = guest->tsc_khz, .ebx = CPUID_CRYSTAL_HZ / KHZ };
}

struct cpuid_result cpuid_pvclock(uint32_t leaf)
{
	if (leaf == CPUID_PVCLOCK_LEAF)
		return (struct cpuid_result) { CPUID_PVCLOCK_LEAF + 1, KVM_EBX, KVM_ECX, KVM_EDX };
	if (leaf == CPUID_PVCLOCK_LEAF + 1)
		return (struct cpuid_result) { .eax = KVM_CLOCK | KVM_CLOCK2 | KVM_CLOCK_STABLE };
	return (struct cpuid_result) { 0 };
}
