/* What a guest sees of the CPU: the host's features as far as Plinth honours them, its own place in
 * the VM's topology, and the leaves of a hypervisor. A table of masks, each with its reason; what
 * no row names is hidden. Pure: the host's CPUID comes through a callback. */
#ifndef VM_POLICY_CPUID_POLICY_H
#define VM_POLICY_CPUID_POLICY_H

#include "lib/types.h"
#include "x86/instructions.h"

/* Features that need the backend's help; a bit clear hides the feature. */
enum cpuid_backend {
	CPUID_BACKEND_RDTSCP = 1 << 0, /* RDTSCP and RDPID run in the guest */
	CPUID_BACKEND_INVPCID = 1 << 1,
	CPUID_BACKEND_XSAVE = 1 << 2, /* extended state is switched, XSETBV handled */
	CPUID_BACKEND_XSAVES = 1 << 3,
	CPUID_BACKEND_X2APIC = 1 << 4, /* x2APIC MSRs reach somebody */
	CPUID_BACKEND_TSC_DEADLINE = 1 << 5,
	CPUID_BACKEND_XSAVEC = 1 << 6, /* the CPU's compacted format is the SDM's */
};

/* The vCPU that asks. */
struct cpuid_guest {
	uint32_t vcpu_id; /* also its APIC id */
	uint32_t vcpu_count;
	uint32_t backend; /* enum cpuid_backend, or-ed */
	uint64_t cr4, xcr0, xss, efer;
	uint64_t misc_enable;
	uint64_t xcr0_allowed; /* what XSETBV may set */
	uint64_t xss_allowed;
	bool apic_enabled; /* IA32_APIC_BASE[11] */
	/* The machine above emulates a local APIC: what `backend` says of it is not the host's. */
	bool controllers;
	uint32_t tsc_khz; /* the TSC's rate, 0: leaves 15H and 16H stay empty */
	bool timing_leaf; /* 40000010H */
	bool pvclock;     /* the leaves of KVM at 40000100H, for its clock alone */
};

typedef struct cpuid_result (*cpuid_reader)(uint32_t leaf, uint32_t subleaf);

#define CPUID_HYPERVISOR_LEAF 0x40000000u

/* The answer to CPUID with EAX = leaf, ECX = subleaf in that guest. `host` is cpuid_query on the
 * machine. */
struct cpuid_result cpuid_policy(cpuid_reader host, const struct cpuid_guest *guest, uint32_t leaf,
				 uint32_t subleaf);

/* Extended states (XCR0 bits) that Plinth lets a guest enable when the CPU has them: x87, SSE, AVX
 * and AVX-512. */
#define CPUID_XCR0_HONOURED 0xe7ull

/* True when XSETBV(0, value) is allowed with `allowed` states: SDM volume 1, "Enabling the XSAVE
 * Feature Set and XSAVE-Enabled Features". */
bool cpuid_xcr0_valid(uint64_t allowed, uint64_t value);

/* CR4 and EFER bits that the guest may set, and MAXPHYADDR, given what it sees of CPUID. Constant
 * for a vCPU but for IA32_MISC_ENABLE, which can hide NX. */
uint64_t cpuid_cr4_allowed(cpuid_reader host, const struct cpuid_guest *guest);
uint64_t cpuid_efer_allowed(cpuid_reader host, const struct cpuid_guest *guest);
unsigned cpuid_address_bits(cpuid_reader host, const struct cpuid_guest *guest);

#endif
