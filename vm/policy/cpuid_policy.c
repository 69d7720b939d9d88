/* The answer to a guest's CPUID. SDM volume 2, "CPUID—CPU Identification". */
#include "vm/policy/cpuid_policy.h"

#include "vm/policy/cpuid_clocks.h"
#include "vm/policy/cpuid_features.h"
#include "x86/control_registers.h"
#include "x86/msr.h"

#define MAX_BASIC_LEAF      CPUID_TOPOLOGY_V2
#define MAX_EXTENDED_LEAF   CPUID_ADDRESS_SIZES
#define LIMITED_BASIC_LEAF  2 /* IA32_MISC_ENABLE[22]: for systems that choke on more */
#define HYPERVISOR_TIMING   0x40000010u
#define HYPERVISOR_LAST     0x400000ffu
#define MAX_FEATURE_SUBLEAF 1
#define APIC_ID_MAX_8BIT    255u
#define PHYSICAL_BITS_MAX   48 /* what nested tables of four levels reach */
#define LINEAR_BITS         48

/* "PlinthPlinth" as EBX, ECX, EDX. */
#define SIGNATURE_EBX 0x6e696c50u
#define SIGNATURE_ECX 0x6c506874u
#define SIGNATURE_EDX 0x68746e69u

#define CPUID_BACKEND_ALWAYS 0

/* helped_1_ECX(helper) and its siblings: what of one register is shown where this one of the backend's flags
 * is set, a constant; shown_1_ECX(backend): all that is shown. */
#define ADD_HELPED(mask, who) | (CPUID_BACKEND_##who == helper ? (uint32_t)(mask) : 0)
#define SHOWN_BY(list, who)   (backend & CPUID_BACKEND_##who ? helped_##list(CPUID_BACKEND_##who) : 0)
#define X(list)                                                                                   \
	static inline_always uint32_t helped_##list(uint32_t helper)                              \
	{                                                                                         \
		return 0 SHOWN_##list(ADD_HELPED);                                                \
	}                                                                                         \
	static uint32_t shown_##list(uint32_t backend)                                            \
	{                                                                                         \
		return helped_##list(CPUID_BACKEND_ALWAYS) | SHOWN_BY(list, RDTSCP) |             \
		       SHOWN_BY(list, INVPCID) | SHOWN_BY(list, XSAVE) | SHOWN_BY(list, XSAVES) | \
		       SHOWN_BY(list, X2APIC) | SHOWN_BY(list, TSC_DEADLINE) |                    \
		       SHOWN_BY(list, XSAVEC);                                                    \
	}
CPUID_MASKED_LIST(X)
#undef X

/* A bit is on one list only. Where nothing is worth a reason, the list is empty. */
#define ADD_MASK(mask, what) | (uint32_t)(mask)
#define HIDDEN_7_1_EAX(X)
#define HIDDEN_80000001_EDX(X)
#define HIDDEN_80000007_EDX(X)
#define X(list) _Static_assert(!((0 SHOWN_##list(ADD_MASK)) & (0 HIDDEN_##list(ADD_MASK))), #list);
CPUID_MASKED_LIST(X)
#undef X

static const struct cpuid_result nothing;

/* log2 of the least power of two that is not below `count`. */
static unsigned id_bits(uint32_t count)
{
	unsigned bits = 0;

	while ((1u << bits) < count)
		bits++;
	return bits;
}

static uint32_t max_basic(cpuid_reader host, const struct cpuid_guest *guest)
{
	uint32_t max = host(CPUID_VENDOR, 0).eax;

	if (max > MAX_BASIC_LEAF)
		max = MAX_BASIC_LEAF;
	if (guest->tsc_khz && max < CPUID_CPU_FREQUENCY)
		max = CPUID_CPU_FREQUENCY;
	if ((guest->misc_enable & MISC_ENABLE_LIMIT_CPUID_MAXVAL) && max > LIMITED_BASIC_LEAF)
		max = LIMITED_BASIC_LEAF;
	return max;
}

/* A local APIC that is not the host's. */
static uint32_t with_local_apic(uint32_t ecx, uint32_t backend)
{
	ecx &= ~(uint32_t)(CPUID_1_ECX_X2APIC | CPUID_1_ECX_TSC_DEADLINE);
	if (backend & CPUID_BACKEND_X2APIC)
		ecx |= CPUID_1_ECX_X2APIC;
	if (backend & CPUID_BACKEND_TSC_DEADLINE)
		ecx |= CPUID_1_ECX_TSC_DEADLINE;
	return ecx;
}

static struct cpuid_result features(struct cpuid_result r, const struct cpuid_guest *guest)
{
	uint32_t count = 1u << id_bits(guest->vcpu_count);
	uint32_t ebx = r.ebx & 0xffff; /* brand index, CLFLUSH size */

	ebx |= field_put(CPUID_1_EBX_INITIAL_APIC_ID, guest->vcpu_id);
	ebx |= field_put(CPUID_1_EBX_LOGICAL_COUNT,
			 count < APIC_ID_MAX_8BIT ? count : APIC_ID_MAX_8BIT);
	r.ebx = ebx;
	r.ecx &= shown_1_ECX(guest->backend);
	r.edx &= shown_1_EDX(guest->backend);
	r.ecx |= CPUID_1_ECX_HYPERVISOR;
	if (guest->controllers)
		r.ecx = with_local_apic(r.ecx, guest->backend);
	if ((r.ecx & CPUID_1_ECX_XSAVE) && (guest->cr4 & CR4_OSXSAVE))
		r.ecx |= CPUID_1_ECX_OSXSAVE;
	if (!guest->apic_enabled)
		r.edx &= ~(uint32_t)CPUID_1_EDX_APIC;
	if (guest->vcpu_count > 1)
		r.edx |= CPUID_1_EDX_HTT;
	return r;
}

#define CACHE_TYPE         BITS(4, 0)
#define CACHE_LEVEL        BITS(7, 5)
#define CACHE_SHARING_IDS  BITS(25, 14)
#define CACHE_PACKAGE_IDS  BITS(31, 26)
#define CACHE_SHARED_LEVEL 3

/* Each vCPU is a core; caches from the third level on are the package's. */
static struct cpuid_result caches(struct cpuid_result r, const struct cpuid_guest *guest)
{
	uint32_t ids = (1u << id_bits(guest->vcpu_count)) - 1;

	if (!(r.eax & CACHE_TYPE))
		return nothing;

	uint32_t sharing = field_get(r.eax, CACHE_LEVEL) >= CACHE_SHARED_LEVEL ? ids : 0;
	uint32_t most = CACHE_PACKAGE_IDS >> __builtin_ctz((uint32_t)CACHE_PACKAGE_IDS);

	r.eax &= ~(uint32_t)(CACHE_SHARING_IDS | CACHE_PACKAGE_IDS);
	r.eax |= field_put(CACHE_SHARING_IDS, sharing);
	r.eax |= field_put(CACHE_PACKAGE_IDS, ids < most ? ids : most);
	return r;
}

static struct cpuid_result extended_features(struct cpuid_result r, const struct cpuid_guest *guest,
					     uint32_t subleaf)
{
	uint32_t backend = guest->backend;

	if (subleaf == 1)
		return (struct cpuid_result) { .eax = r.eax & shown_7_1_EAX(backend) };
	if (subleaf > MAX_FEATURE_SUBLEAF)
		return nothing;
	if (r.eax > MAX_FEATURE_SUBLEAF)
		r.eax = MAX_FEATURE_SUBLEAF;
	r.ebx &= shown_7_EBX(backend);
	r.ecx &= shown_7_ECX(backend);
	r.edx &= shown_7_EDX(backend);
	if (!(guest->misc_enable & MISC_ENABLE_FAST_STRINGS)) {
		r.ebx &= ~(uint32_t)CPUID_7_EBX_ERMS;
		r.edx &= ~(uint32_t)CPUID_7_EDX_FSRM;
	}
	return r;
}

#define TOPOLOGY_TYPE_SHIFT 8
enum { TOPOLOGY_SMT = 1, TOPOLOGY_CORE = 2 };

/* One thread a core, all cores in one package. */
static struct cpuid_result topology(const struct cpuid_guest *guest, uint32_t subleaf)
{
	struct cpuid_result r = { .ecx = subleaf & 0xff, .edx = guest->vcpu_id };

	if (subleaf == 0) {
		r.ebx = 1;
		r.ecx |= TOPOLOGY_SMT << TOPOLOGY_TYPE_SHIFT;
	} else if (subleaf == 1) {
		r.eax = id_bits(guest->vcpu_count);
		r.ebx = guest->vcpu_count;
		r.ecx |= TOPOLOGY_CORE << TOPOLOGY_TYPE_SHIFT;
	}
	return r;
}

#define XSAVE_LEGACY_AND_HEADER 576
#define XSAVE_FIRST_EXTENDED    2
#define XSAVE_STATES            63

/* SDM volume 1, "Standard Format of the XSAVE Area" and "Compacted Format of the XSAVE Area". */
static uint32_t xsave_size(cpuid_reader host, uint64_t states, bool compacted)
{
	uint32_t size = XSAVE_LEGACY_AND_HEADER;

	for (unsigned i = XSAVE_FIRST_EXTENDED; i < XSAVE_STATES; i++) {
		if (!(states & BIT(i)))
			continue;

		struct cpuid_result r = host(CPUID_XSAVE, i);
		uint32_t offset = r.ebx;

		if (compacted)
			offset = r.ecx & CPUID_DN_ECX_ALIGN64 ? align_up(size, 64) : size;
		if (offset + r.eax > size)
			size = offset + r.eax;
	}
	return size;
}

static struct cpuid_result xsave(cpuid_reader host, const struct cpuid_guest *guest,
				 uint32_t subleaf)
{
	uint64_t all = guest->xcr0_allowed, supervisor = guest->xss_allowed;
	struct cpuid_result r = nothing;

	if (!(guest->backend & CPUID_BACKEND_XSAVE))
		return nothing;
	if (!(guest->backend & CPUID_BACKEND_XSAVES))
		supervisor = 0;
	if (subleaf == 0) {
		r.eax = (uint32_t)all;
		r.ebx = xsave_size(host, guest->xcr0, false);
		r.ecx = xsave_size(host, all, false);
		r.edx = (uint32_t)(all >> 32);
	} else if (subleaf == 1) {
		r.eax = host(CPUID_XSAVE, 1).eax & shown_D1_EAX(guest->backend);
		if (r.eax & (CPUID_D1_EAX_XSAVEC | CPUID_D1_EAX_XSAVES))
			r.ebx = xsave_size(host, guest->xcr0 | (guest->xss & supervisor), true);
		r.ecx = (uint32_t)supervisor;
		r.edx = (uint32_t)(supervisor >> 32);
	} else if (subleaf < XSAVE_STATES && ((all | supervisor) & BIT(subleaf))) {
		r = host(CPUID_XSAVE, subleaf);
		r.ecx &= CPUID_DN_ECX_SUPERVISOR | CPUID_DN_ECX_ALIGN64;
		r.edx = 0;
	}
	return r;
}

static struct cpuid_result extended(cpuid_reader host, const struct cpuid_guest *guest,
				    uint32_t leaf)
{
	struct cpuid_result r = host(leaf, 0);
	uint32_t bits = r.eax & CPUID_80000008_EAX_PHYSICAL_BITS;

	switch (leaf) {
	case CPUID_EXTENDED_MAX:
		r.eax = r.eax < MAX_EXTENDED_LEAF ? r.eax : MAX_EXTENDED_LEAF;
		return (struct cpuid_result) { .eax = r.eax };
	case CPUID_EXTENDED_SIGNATURE:
		r.eax = r.ebx = 0;
		r.ecx &= shown_80000001_ECX(guest->backend);
		r.edx &= shown_80000001_EDX(guest->backend);
		if (!(guest->efer & EFER_LMA)) /* the CPU itself hides it outside 64-bit mode */
			r.edx &= ~(uint32_t)CPUID_80000001_EDX_SYSCALL;
		if (guest->misc_enable & MISC_ENABLE_XD_DISABLE)
			r.edx &= ~(uint32_t)CPUID_80000001_EDX_NX;
		return r;
	case CPUID_INVARIANT_TSC:
		return (struct cpuid_result) { .edx = r.edx & shown_80000007_EDX(guest->backend) };
	case CPUID_ADDRESS_SIZES:
		bits = bits < PHYSICAL_BITS_MAX ? bits : PHYSICAL_BITS_MAX;
		return (struct cpuid_result) {
			.eax = bits | field_put(CPUID_80000008_EAX_LINEAR_BITS, LINEAR_BITS),
		};
	}
	return r; /* brand string, caches */
}

static struct cpuid_result basic(cpuid_reader host, const struct cpuid_guest *guest, uint32_t leaf,
				 uint32_t subleaf)
{
	/* Leaves that only the guest has: the host would answer with its last one's data. */
	if (leaf == CPUID_TSC_FREQUENCY)
		return cpuid_tsc_frequency(guest);
	if (leaf == CPUID_CPU_FREQUENCY)
		return cpuid_cpu_frequency(guest);
	if (leaf > host(CPUID_VENDOR, 0).eax)
		return nothing;
	switch (leaf) {
	case CPUID_VENDOR: {
		struct cpuid_result r = host(leaf, 0);

		r.eax = max_basic(host, guest);
		return r;
	}
	case CPUID_FEATURES:
		return features(host(leaf, 0), guest);
	case CPUID_CACHE_DESCRIPTORS:
		return host(leaf, 0);
	case CPUID_CACHE_PARAMETERS:
		return caches(host(leaf, subleaf), guest);
	case CPUID_THERMAL_POWER: /* a virtual timer does not stop in deep sleep */
		return (struct cpuid_result) { .eax = CPUID_6_EAX_ARAT };
	case CPUID_EXTENDED_FEATURES:
		return extended_features(host(leaf, subleaf), guest, subleaf);
	case CPUID_TOPOLOGY:
	case CPUID_TOPOLOGY_V2:
		return topology(guest, subleaf);
	case CPUID_XSAVE:
		return xsave(host, guest, subleaf);
	}
	/* Monitoring, allocation, enclaves, traces: nothing. */
	return nothing;
}

static struct cpuid_result hypervisor(const struct cpuid_guest *guest, uint32_t leaf)
{
	uint32_t last = guest->timing_leaf ? HYPERVISOR_TIMING : CPUID_HYPERVISOR;

	if (leaf == CPUID_HYPERVISOR)
		return (struct cpuid_result) { last, SIGNATURE_EBX, SIGNATURE_ECX, SIGNATURE_EDX };
	if (leaf == HYPERVISOR_TIMING && guest->timing_leaf)
		return cpuid_timing(guest);
	return nothing;
}

struct cpuid_result cpuid_policy(cpuid_reader host, const struct cpuid_guest *guest, uint32_t leaf,
				 uint32_t subleaf)
{
	if (leaf >= CPUID_HYPERVISOR && leaf <= HYPERVISOR_LAST)
		return hypervisor(guest, leaf);
	if (guest->pvclock && leaf >= CPUID_PVCLOCK_LEAF && leaf <= CPUID_PVCLOCK_LAST)
		return cpuid_pvclock(leaf);
	if (leaf == CPUID_EXTENDED_MAX || (leaf > CPUID_EXTENDED_MAX && leaf <= MAX_EXTENDED_LEAF &&
					   leaf <= host(CPUID_EXTENDED_MAX, 0).eax))
		return extended(host, guest, leaf);

	/* Past the end: what the highest basic leaf says. */
	if (leaf > CPUID_FEATURES) {
		uint32_t max = max_basic(host, guest);

		leaf = leaf > max ? max : leaf;
	}
	return basic(host, guest, leaf, subleaf);
}
