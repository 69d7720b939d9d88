/* What guests see of CPUID, on two pretended hosts: one that has every bit set, so that whatever
 * shows is shown by the policy, and one like a desktop CPU. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "vm/policy/cpuid_features.h"
#include "vm/policy/cpuid_policy.h"
#include "x86/control_registers.h"
#include "x86/msr.h"

#define ALL_HELP                                                              \
	(CPUID_BACKEND_RDTSCP | CPUID_BACKEND_INVPCID | CPUID_BACKEND_XSAVE | \
	 CPUID_BACKEND_XSAVEC | CPUID_BACKEND_XSAVES | CPUID_BACKEND_X2APIC | \
	 CPUID_BACKEND_TSC_DEADLINE)

static const struct cpuid_result ones = { ~0u, ~0u, ~0u, ~0u };

static struct cpuid_result everything(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_result r = ones;

	if (leaf == 0)
		r.eax = 0x24;
	if (leaf == 0x80000000)
		r.eax = 0x80000021;
	if (leaf == 0xd) /* states: sizes and offsets as on Skylake-X */
		switch (subleaf) {
		case 2:
			return (struct cpuid_result) { 256, 576, 0, 0 };
		case 5:
			return (struct cpuid_result) { 64, 1088, 0, 0 };
		case 6:
			return (struct cpuid_result) { 512, 1152, 0, 0 };
		case 7:
			return (struct cpuid_result) { 1024, 1664, 2, 0 };
		case 8:
			return (struct cpuid_result) { 128, 0, 1, 0 };
		}
	return r;
}

static struct cpuid_result old(uint32_t leaf, uint32_t subleaf)
{
	if (leaf == 0)
		return (struct cpuid_result) { 4, 1, 2, 3 };
	if (leaf == 1)
		return (struct cpuid_result) { 0x106a5, 0x01100800, CPUID_1_ECX_SSE3,
					       CPUID_1_EDX_PAE | CPUID_1_EDX_PSE };
	if (leaf == 4)
		return (struct cpuid_result) { subleaf ? 0 : 0x1c004121, 5, 6, 7 };
	if (leaf == 0x80000000)
		return (struct cpuid_result) { 0x80000004, 9, 9, 9 };
	return (struct cpuid_result) { leaf, subleaf, 0, 0 };
}

static struct cpuid_guest guest(uint32_t id, uint32_t count)
{
	return (struct cpuid_guest) {
		.vcpu_id = id,
		.vcpu_count = count,
		.backend = ALL_HELP,
		.efer = EFER_LMA | EFER_LME,
		.misc_enable = MISC_ENABLE_FAST_STRINGS,
		.xcr0 = XCR0_X87 | XCR0_SSE,
		.xcr0_allowed = CPUID_XCR0_HONOURED,
		.xss_allowed = BIT(8),
		.apic_enabled = true,
	};
}

static void no_hidden_bit_shows(void **state)
{
	struct cpuid_guest g = guest(0, 1);
	struct cpuid_result one = cpuid_policy(everything, &g, 1, 0);
	struct cpuid_result seven = cpuid_policy(everything, &g, 7, 0);
	struct cpuid_result d1 = cpuid_policy(everything, &g, 0xd, 1);
	struct cpuid_result ext = cpuid_policy(everything, &g, 0x80000001, 0);

#define HIDDEN(reg, mask, reason)                                \
	do {                                                     \
		if ((reg) & (mask))                              \
			fail_msg("%s shows: %s", #mask, reason); \
	} while (0);
#define ONE_ECX(mask, reason)   HIDDEN(one.ecx, mask, reason)
#define ONE_EDX(mask, reason)   HIDDEN(one.edx, mask, reason)
#define SEVEN_EBX(mask, reason) HIDDEN(seven.ebx, mask, reason)
#define SEVEN_ECX(mask, reason) HIDDEN(seven.ecx, mask, reason)
#define SEVEN_EDX(mask, reason) HIDDEN(seven.edx, mask, reason)
#define D1(mask, reason)        HIDDEN(d1.eax, mask, reason)
#define EXT_ECX(mask, reason)   HIDDEN(ext.ecx, mask, reason)
	HIDDEN_1_ECX(ONE_ECX)
	HIDDEN_1_EDX(ONE_EDX)
	HIDDEN_7_EBX(SEVEN_EBX)
	HIDDEN_7_ECX(SEVEN_ECX)
	HIDDEN_7_EDX(SEVEN_EDX)
	HIDDEN_D1_EAX(D1)
	HIDDEN_80000001_ECX(EXT_ECX)
	/* The bits that matter most, by number, and what nobody listed. */
	assert_int_equal(one.ecx & BIT(5), 0);
	assert_int_equal(one.ecx & BIT(16), 0);
	assert_int_equal(seven.edx & BIT(0), 0);
	assert_int_equal(one.ecx & BIT(31), BIT(31));
	assert_int_equal(ext.edx, BIT(11) | BIT(20) | BIT(26) | BIT(27) | BIT(29));
	assert_int_equal(ext.ecx, BIT(0) | BIT(5) | BIT(8));
	assert_int_equal(d1.eax, 0xf);
}

static void what_the_host_lacks_does_not_show(void **state)
{
	struct cpuid_guest g = guest(0, 1);
	struct cpuid_result r = cpuid_policy(old, &g, 1, 0);

	assert_int_equal(r.eax, 0x106a5);
	assert_int_equal(r.ecx, CPUID_1_ECX_SSE3 | CPUID_1_ECX_HYPERVISOR);
	assert_int_equal(r.edx, CPUID_1_EDX_PAE | CPUID_1_EDX_PSE);
	/* CR4.OSXSAVE cannot show without XSAVE. */
	g.cr4 = CR4_OSXSAVE;
	assert_int_equal(cpuid_policy(old, &g, 1, 0).ecx & CPUID_1_ECX_OSXSAVE, 0);
}

static void the_backend_has_to_help(void **state)
{
	struct cpuid_guest g = guest(0, 1);

	g.backend = 0;
	assert_int_equal(cpuid_policy(everything, &g, 1, 0).ecx &
				 (CPUID_1_ECX_X2APIC | CPUID_1_ECX_TSC_DEADLINE |
				  CPUID_1_ECX_XSAVE | CPUID_1_ECX_AVX | CPUID_1_ECX_FMA),
			 0);
	assert_int_equal(cpuid_policy(everything, &g, 7, 0).ebx &
				 (CPUID_7_EBX_INVPCID | CPUID_7_EBX_AVX2 | CPUID_7_EBX_AVX512F),
			 0);
	assert_int_equal(cpuid_policy(everything, &g, 7, 0).ecx & CPUID_7_ECX_RDPID, 0);
	assert_int_equal(
		cpuid_policy(everything, &g, 0x80000001, 0).edx & CPUID_80000001_EDX_RDTSCP, 0);
	for (uint32_t subleaf = 0; subleaf < 10; subleaf++)
		assert_int_equal(cpuid_policy(everything, &g, 0xd, subleaf).eax, 0);
	g.backend = CPUID_BACKEND_INVPCID;
	assert_true(cpuid_policy(everything, &g, 7, 0).ebx & CPUID_7_EBX_INVPCID);
	assert_false(cpuid_policy(everything, &g, 7, 0).ebx & CPUID_7_EBX_AVX2);
	g.backend = CPUID_BACKEND_X2APIC;
	assert_true(cpuid_policy(everything, &g, 1, 0).ecx & CPUID_1_ECX_X2APIC);
	assert_false(cpuid_policy(everything, &g, 1, 0).ecx & CPUID_1_ECX_TSC_DEADLINE);
	g.backend = CPUID_BACKEND_TSC_DEADLINE;
	assert_true(cpuid_policy(everything, &g, 1, 0).ecx & CPUID_1_ECX_TSC_DEADLINE);
	g.backend = CPUID_BACKEND_XSAVE;
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 1).eax, 5);
	g.backend = CPUID_BACKEND_XSAVE | CPUID_BACKEND_XSAVEC;
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 1).eax, 7);
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 1).ecx, 0);
}

static void names_itself(void **state)
{
	struct cpuid_guest g = guest(0, 1);
	struct cpuid_result r = cpuid_policy(everything, &g, CPUID_HYPERVISOR_LEAF, 0);
	char name[13] = { 0 };

	assert_int_equal(r.eax, 0x40000000);
	memcpy(name, &r.ebx, 4);
	memcpy(name + 4, &r.ecx, 4);
	memcpy(name + 8, &r.edx, 4);
	assert_string_equal(name, "PlinthPlinth");
	r = cpuid_policy(everything, &g, 0x40000001, 0);
	assert_int_equal(r.eax | r.ebx | r.ecx | r.edx, 0);
}

/* What a machine with a local APIC of its own shows, whatever the host has. */
static void clocks_and_apic_are_the_machines(void **state)
{
	struct cpuid_guest g = guest(0, 2);

	g.controllers = true;
	g.tsc_khz = 2000000;
	g.timing_leaf = g.pvclock = true;
	assert_int_equal(cpuid_policy(old, &g, 0, 0).eax, 0x16);
	assert_int_equal(cpuid_policy(old, &g, 0x15, 0).ecx, 25000000);
	assert_int_equal(cpuid_policy(old, &g, 0x16, 0).eax, 2000);
	assert_int_equal(cpuid_policy(old, &g, 7, 0).ebx, 0); /* it has none, and no other's data */
	assert_true(cpuid_policy(old, &g, 1, 0).ecx & CPUID_1_ECX_X2APIC);
	assert_true(cpuid_policy(old, &g, 1, 0).ecx & CPUID_1_ECX_TSC_DEADLINE);
	assert_int_equal(cpuid_policy(everything, &g, 0x40000000, 0).eax, 0x40000010);
	assert_int_equal(cpuid_policy(everything, &g, 0x40000010, 0).eax, 2000000);
	assert_int_equal(cpuid_policy(everything, &g, 0x4000000f, 0).eax, 0);
	assert_int_equal(cpuid_policy(everything, &g, 0x40000100, 0).eax, 0x40000101);
	g.backend = 0;
	assert_false(cpuid_policy(everything, &g, 1, 0).ecx & CPUID_1_ECX_X2APIC);
	assert_false(cpuid_policy(everything, &g, 1, 0).ecx & CPUID_1_ECX_TSC_DEADLINE);
}

static void follows_the_guests_registers(void **state)
{
	struct cpuid_guest g = guest(0, 1);

	assert_false(cpuid_policy(everything, &g, 1, 0).ecx & CPUID_1_ECX_OSXSAVE);
	g.cr4 = CR4_OSXSAVE;
	assert_true(cpuid_policy(everything, &g, 1, 0).ecx & CPUID_1_ECX_OSXSAVE);
	assert_true(cpuid_policy(everything, &g, 1, 0).edx & CPUID_1_EDX_APIC);
	g.apic_enabled = false;
	assert_false(cpuid_policy(everything, &g, 1, 0).edx & CPUID_1_EDX_APIC);
	g.efer = 0;
	assert_false(cpuid_policy(everything, &g, 0x80000001, 0).edx & BIT(11));
	assert_true(cpuid_policy(everything, &g, 7, 0).edx & CPUID_7_EDX_FSRM);
	g.misc_enable = MISC_ENABLE_XD_DISABLE | MISC_ENABLE_LIMIT_CPUID_MAXVAL;
	assert_false(cpuid_policy(everything, &g, 0x80000001, 0).edx & BIT(20));
	assert_int_equal(cpuid_efer_allowed(everything, &g), EFER_LME | EFER_SCE);
	assert_int_equal(cpuid_policy(everything, &g, 0, 0).eax, 2);
	g.misc_enable = MISC_ENABLE_XD_DISABLE;
	assert_false(cpuid_policy(everything, &g, 7, 0).edx & CPUID_7_EDX_FSRM);
	assert_false(cpuid_policy(everything, &g, 7, 0).ebx & CPUID_7_EBX_ERMS);
}

static void leaves_past_the_end(void **state)
{
	struct cpuid_guest g = guest(3, 4);
	struct cpuid_result last = cpuid_policy(everything, &g, 0x1f, 1);

	assert_int_equal(cpuid_policy(everything, &g, 0, 0).eax, 0x1f);
	static const uint32_t beyond[] = { 0x20,       0x3fffffff, 0x40000100, 0x7fffffff,
					   0x80000009, 0x8000001f, 0xffffffff };
	for (unsigned i = 0; i < ARRAY_SIZE(beyond); i++) {
		struct cpuid_result r = cpuid_policy(everything, &g, beyond[i], 1);

		assert_memory_equal(&r, &last, sizeof(r));
	}
	/* An old host's last leaf is 4; its extended leaves end at 80000004H. */
	struct cpuid_result r = cpuid_policy(old, &g, 7, 0);
	assert_int_equal(r.ebx, 5);
	assert_int_equal(cpuid_policy(old, &g, 0x80000008, 0).ebx, 5);
	assert_int_equal(cpuid_policy(old, &g, 0x80000004, 0).eax, 0x80000004);
	assert_int_equal(cpuid_policy(old, &g, 0x80000000, 0).eax, 0x80000004);
	assert_int_equal(cpuid_policy(old, &g, 0, 0).eax, 4);
	/* Between: leaves that Plinth does not honour are there and empty. */
	static const uint32_t empty[] = { 3,    5,    8,    9,    0xa,  0xc,  0xe, 0xf,
					  0x10, 0x12, 0x14, 0x15, 0x16, 0x18, 0x1a };
	for (unsigned i = 0; i < ARRAY_SIZE(empty); i++) {
		r = cpuid_policy(everything, &g, empty[i], 0);
		assert_int_equal(r.eax | r.ebx | r.ecx | r.edx, 0);
	}
}

static void topology_is_the_vms_own(void **state)
{
	static const struct {
		uint32_t count, bits;
	} cases[] = { { 1, 0 }, { 2, 1 }, { 3, 2 }, { 4, 2 }, { 5, 3 }, { 64, 6 } };

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cpuid_guest g = guest(cases[i].count - 1, cases[i].count);
		struct cpuid_result one = cpuid_policy(everything, &g, 1, 0);
		struct cpuid_result r;

		assert_int_equal(one.ebx >> 24, cases[i].count - 1);
		assert_int_equal(one.ebx >> 16 & 0xff, 1u << cases[i].bits);
		assert_int_equal(!!(one.edx & CPUID_1_EDX_HTT), cases[i].count > 1);
		for (uint32_t leaf = 0xb; leaf <= 0x1f; leaf += 0x14) {
			r = cpuid_policy(everything, &g, leaf, 0);
			assert_int_equal(r.eax, 0);
			assert_int_equal(r.ebx, 1);
			assert_int_equal(r.ecx, 0x100);
			r = cpuid_policy(everything, &g, leaf, 1);
			assert_int_equal(r.eax, cases[i].bits);
			assert_int_equal(r.ebx, cases[i].count);
			assert_int_equal(r.ecx, 0x201);
			assert_int_equal(r.edx, cases[i].count - 1);
			r = cpuid_policy(everything, &g, leaf, 2);
			assert_int_equal(r.eax | r.ebx, 0);
			assert_int_equal(r.ecx, 2);
			assert_int_equal(r.edx, cases[i].count - 1);
		}
		/* First-level cache: private. The host said otherwise. */
		r = cpuid_policy(old, &g, 4, 0);
		assert_int_equal(r.eax & 0x3ff, 0x121);
		assert_int_equal(r.eax >> 14 & 0xfff, 0);
		assert_int_equal(r.eax >> 26, (1u << cases[i].bits) - 1);
		r = cpuid_policy(old, &g, 4, 1);
		assert_int_equal(r.eax | r.ebx | r.ecx | r.edx, 0);
	}
}

static void sizes_of_extended_state(void **state)
{
	struct cpuid_guest g = guest(0, 1);
	struct cpuid_result r = cpuid_policy(everything, &g, 0xd, 0);

	assert_int_equal(r.eax, CPUID_XCR0_HONOURED);
	assert_int_equal(r.ebx, 576);
	assert_int_equal(r.ecx, 1664 + 1024);
	g.xcr0 = XCR0_X87 | XCR0_SSE | XCR0_AVX;
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 0).ebx, 832);
	g.xcr0 |= XCR0_AVX512;
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 0).ebx, 2688);
	/* Compacted: 576 + 256 + 64 + 512, aligned to 64, + 1024, and 128 of a supervisor state. */
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 1).ebx, 1408 + 1024);
	g.xss = BIT(8) | BIT(11);
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 1).ebx, 1408 + 1024 + 128);
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 1).ecx, BIT(8));
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 2).eax, 256);
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 7).ecx, 2);
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 8).ecx, 1);
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 3).eax, 0); /* not allowed */
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 63).eax, 0);
	assert_int_equal(cpuid_policy(everything, &g, 0xd, 200).eax, 0);
}

static void addresses_are_what_nested_paging_reaches(void **state)
{
	struct cpuid_guest g = guest(0, 1);

	assert_int_equal(cpuid_policy(everything, &g, 0x80000008, 0).eax, 0x3030);
	assert_int_equal(cpuid_policy(everything, &g, 0x80000008, 0).ebx, 0);
	assert_int_equal(cpuid_address_bits(everything, &g), 48);
	assert_int_equal(cpuid_address_bits(old, &g), 36);
	assert_int_equal(cpuid_policy(everything, &g, 0x80000007, 0).edx, BIT(8));
}

static void xcr0_rules(void **state)
{
	static const struct {
		uint64_t value;
		bool valid;
	} cases[] = {
		{ 0, false },           { 1, true },     { 2, false },    { 3, true },
		{ 5, false },           { 7, true },     { 0xe7, true },  { 0x27, false },
		{ 0xe3, false },        { 0xc7, false }, { 0x1f, false }, { 0x207, false },
		{ BIT(63) | 7, false },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(cpuid_xcr0_valid(CPUID_XCR0_HONOURED, cases[i].value),
				 cases[i].valid);
	assert_false(cpuid_xcr0_valid(3, 7));
	assert_true(cpuid_xcr0_valid(~0ull, 0x1f));
	assert_false(cpuid_xcr0_valid(~0ull, 0xf));
	assert_false(cpuid_xcr0_valid(~0ull, BIT(17) | 7));
}

static void control_register_bits_follow_features(void **state)
{
	struct cpuid_guest g = guest(0, 1);

	assert_int_equal(cpuid_cr4_allowed(everything, &g),
			 CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_MCE |
				 CR4_PGE | CR4_PCE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_UMIP |
				 CR4_FSGSBASE | CR4_PCIDE | CR4_OSXSAVE | CR4_SMEP | CR4_SMAP);
	assert_int_equal(cpuid_cr4_allowed(old, &g), CR4_PCE | CR4_PAE | CR4_PSE);
	assert_int_equal(cpuid_efer_allowed(everything, &g), EFER_LME | EFER_SCE | EFER_NXE);
	g.efer = 0;
	g.misc_enable |= MISC_ENABLE_LIMIT_CPUID_MAXVAL;
	assert_true(cpuid_efer_allowed(everything, &g) & EFER_SCE);
	assert_true(cpuid_cr4_allowed(everything, &g) & CR4_SMEP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_hidden_bit_shows),
		cmocka_unit_test(what_the_host_lacks_does_not_show),
		cmocka_unit_test(the_backend_has_to_help),
		cmocka_unit_test(names_itself),
		cmocka_unit_test(clocks_and_apic_are_the_machines),
		cmocka_unit_test(follows_the_guests_registers),
		cmocka_unit_test(leaves_past_the_end),
		cmocka_unit_test(topology_is_the_vms_own),
		cmocka_unit_test(sizes_of_extended_state),
		cmocka_unit_test(addresses_are_what_nested_paging_reaches),
		cmocka_unit_test(xcr0_rules),
		cmocka_unit_test(control_register_bits_follow_features),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
