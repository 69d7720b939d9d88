/* Turning VMX on and off on a CPU made of memory: every way to fail, and that each leaves
 * everything as it was. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "vmx/cpu/capability_samples.h"
#include "vmx/cpu/enable.h"
#include "vmx/cpu/fake_cpu.h"
#include "x86/control_registers.h"

static struct reason why;
static struct fake_cpu cpu;
static struct vmx_enable_state row;

/* A 64-bit kernel's registers with VMX off. */
static int fresh(void **state)
{
	fake_cpu_reset(&cpu);
	row = (struct vmx_enable_state) { 0 };
	return 0;
}

#define CANNOT_ENABLE(cap, error, sentence)                                           \
	do {                                                                          \
		struct fake_cpu before = cpu;                                         \
		struct vmx_enable_state row_before = row;                             \
		assert_int_equal(vmx_enable(&row, &(cap), &cpu.access, &why), error); \
		assert_int_equal(why.kind, error);                                    \
		assert_string_equal(why.text, sentence);                              \
		assert_true(fake_cpu_same(&cpu, &before));                            \
		assert_memory_equal(&row, &row_before, sizeof(row));                  \
	} while (0)

static void on_and_off(void **state)
{
	struct vmx_capability cap = sample_skylake();
	cpu.xss = 0x100; /* what a firmware or an earlier system may have left */
	struct fake_cpu before = cpu;

	assert_int_equal(vmx_enable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	assert_true(row.enabled && cpu.in_vmx);
	assert_true(cpu.xss == 0 && row.xss == 0x100);
	assert_int_equal(cpu.revision, 4);
	assert_true(cpu.cr4 == (before.cr4 | CR4_VMXE | CR4_OSXSAVE));
	assert_true(cpu.cr0 == (before.cr0 | CR0_NE));
	assert_int_equal(cpu.regions, 1);
	assert_true(row.xcr0 == XCR0_X87);

	/* What the guests' extended state left in XCR0 goes too. */
	cpu.xcr0 = XCR0_X87 | XCR0_SSE | XCR0_AVX;
	assert_int_equal(vmx_disable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	assert_true(fake_cpu_same(&cpu, &before));
	assert_false(row.enabled || row.region);
	assert_int_equal(vmx_enable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	assert_int_equal(vmx_disable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	assert_int_equal(cpu.regions, 0);
}

static void twice(void **state)
{
	struct vmx_capability cap = sample_skylake();

	assert_int_equal(vmx_disable(&row, &cap, &cpu.access, &why), ERROR_BAD_STATE);
	assert_string_equal(why.text, "VMX is not enabled on this CPU");
	assert_int_equal(vmx_enable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	CANNOT_ENABLE(cap, ERROR_RESOURCE_BUSY, "VMX is enabled on this CPU already");
	assert_int_equal(vmx_disable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	assert_int_equal(vmx_disable(&row, &cap, &cpu.access, &why), ERROR_BAD_STATE);
}

static void somebody_else_uses_vmx(void **state)
{
	struct vmx_capability cap = sample_skylake();

	cpu.cr4 |= CR4_VMXE;
	CANNOT_ENABLE(cap, ERROR_RESOURCE_BUSY,
		      "CR4.VMXE is set already: somebody else uses VMX on this CPU");
}

static void absent(void **state)
{
	struct vmx_capability cap = { .physical_bits = 36 };

	/* Without VMX and SMX there is no IA32_FEATURE_CONTROL to read: the fake would abort. */
	cpu.has_feature_control = false;
	CANNOT_ENABLE(cap, ERROR_UNSUPPORTED, "this CPU has no VMX");
	/* Absence comes before everything else. */
	cpu.cr4 |= CR4_VMXE;
	row.enabled = true;
	CANNOT_ENABLE(cap, ERROR_UNSUPPORTED, "this CPU has no VMX");
}

static void firmware_lock(void **state)
{
	struct vmx_capability cap = sample_skylake();

	cpu.feature_control = FEATURE_CONTROL_LOCK;
	CANNOT_ENABLE(cap, ERROR_UNSUPPORTED, "VMX disabled by firmware");
	cpu.feature_control = FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX_INSIDE_SMX;
	CANNOT_ENABLE(cap, ERROR_UNSUPPORTED, "VMX disabled by firmware");
	/* The firmware's word counts before a conflict in CR0. */
	cap.cr0_fixed1 &= ~CR0_PE;
	CANNOT_ENABLE(cap, ERROR_UNSUPPORTED, "VMX disabled by firmware");
}

static void unlocked_is_set_and_locked(void **state)
{
	struct vmx_capability cap = sample_skylake();

	cpu.feature_control = 0x100000; /* another bit (SGX) stays as it is */
	assert_int_equal(vmx_enable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	assert_true(cpu.feature_control == 0x100007);
	assert_int_equal(vmx_disable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	assert_true(cpu.feature_control == 0x100007); /* only a reset takes the lock back */

	cap.smx = false;
	cpu.feature_control = 0;
	assert_int_equal(vmx_enable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	assert_true(cpu.feature_control == 0x5);
}

/* Unlocked by this CPU's firmware, whatever the snapshot of the first CPU said. */
static void feature_control_is_this_cpus(void **state)
{
	struct vmx_capability cap = sample_skylake();

	cap.feature_control = FEATURE_CONTROL_LOCK;
	assert_int_equal(vmx_enable(&row, &cap, &cpu.access, &why), ERROR_NONE);
}

static void bits_that_can_be_corrected(void **state)
{
	struct vmx_capability cap = sample_skylake();
	struct fake_cpu before;

	cpu.cr0 |= CR0_TS | CR0_EM;
	cpu.cr4 |= CR4_TSD | CR4_PCE;
	before = cpu;
	cap.cr0_fixed0 |= CR0_MP;
	cap.cr0_fixed1 &= ~(CR0_TS | CR0_EM);
	cap.cr4_fixed0 |= CR4_DE;
	cap.cr4_fixed1 &= ~(CR4_TSD | CR4_PCE);
	assert_int_equal(vmx_enable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	assert_true(cpu.cr0 == ((before.cr0 | CR0_NE | CR0_MP) & ~(CR0_TS | CR0_EM)));
	assert_true(cpu.cr4 ==
		    ((before.cr4 | CR4_VMXE | CR4_OSXSAVE | CR4_DE) & ~(CR4_TSD | CR4_PCE)));
	assert_int_equal(vmx_disable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	assert_true(fake_cpu_same(&cpu, &before));
}

static void bits_that_cannot(void **state)
{
	struct vmx_capability cap = sample_skylake();

	cap.cr0_fixed0 |= CR0_CD;
	CANNOT_ENABLE(cap, ERROR_BAD_STATE,
		      "CR0.CD is 0, VMX operation needs it 1, and Plinth cannot change it");
	cap = sample_skylake();
	cap.cr0_fixed1 &= ~CR0_WP;
	CANNOT_ENABLE(cap, ERROR_BAD_STATE,
		      "CR0.WP is 1, VMX operation needs it 0, and Plinth cannot change it");
	cap = sample_skylake();
	cap.cr4_fixed0 |= CR4_LA57;
	cap.cr4_fixed1 |= CR4_LA57;
	CANNOT_ENABLE(cap, ERROR_BAD_STATE,
		      "CR4.LA57 is 0, VMX operation needs it 1, and Plinth cannot change it");
	cap = sample_skylake();
	cap.cr4_fixed1 &= ~CR4_PAE;
	CANNOT_ENABLE(cap, ERROR_BAD_STATE,
		      "CR4.PAE is 1, VMX operation needs it 0, and Plinth cannot change it");
	cap = sample_skylake();
	cap.cr4_fixed1 &= ~CR4_VMXE;
	CANNOT_ENABLE(cap, ERROR_BAD_STATE, "VMX operation needs CR4.VMXE to be 1 and 0 at once");
	cap = sample_skylake();
	cap.cr4_fixed0 |= BIT(40);
	cap.cr4_fixed1 |= BIT(40);
	CANNOT_ENABLE(cap, ERROR_BAD_STATE,
		      "bit 40 of CR4 is 0, VMX operation needs it 1, and Plinth cannot change it");
	/* Found by the fuzzer: such a bit came out as 1. */
	cap = sample_skylake();
	cap.cr4_fixed0 |= CR4_DE;
	cap.cr4_fixed1 &= ~CR4_DE;
	CANNOT_ENABLE(cap, ERROR_BAD_STATE, "VMX operation needs CR4.DE to be 1 and 0 at once");
	/* One bit that can be corrected does not hide one that cannot. */
	cap = sample_skylake();
	cap.cr0_fixed0 |= CR0_MP | CR0_NW;
	CANNOT_ENABLE(cap, ERROR_BAD_STATE,
		      "CR0.NW is 0, VMX operation needs it 1, and Plinth cannot change it");
}

static void odd_regions(void **state)
{
	struct vmx_capability cap = sample_skylake();

	cap.basic &= ~VMX_BASIC_REGION_SIZE;
	CANNOT_ENABLE(cap, ERROR_UNSUPPORTED, "the VMXON region has 0 bytes, not 1 to 4096");
	cap.basic |= field_put(VMX_BASIC_REGION_SIZE, 4097);
	CANNOT_ENABLE(cap, ERROR_UNSUPPORTED, "the VMXON region has 4097 bytes, not 1 to 4096");
	cap = sample_skylake();
	cap.basic &= ~VMX_BASIC_MEMORY_TYPE;
	CANNOT_ENABLE(cap, ERROR_UNSUPPORTED,
		      "the VMXON region needs memory type 0, not write-back");
	cap = sample_skylake();
	cap.basic |= VMX_BASIC_32BIT_ADDRESSES;
	CANNOT_ENABLE(cap, ERROR_UNSUPPORTED, "VMX structures are confined to the first 4 GiB");
}

static void no_memory(void **state)
{
	struct vmx_capability cap = sample_skylake();

	cpu.memory_is_used_up = true;
	CANNOT_ENABLE(cap, ERROR_NO_MEMORY, "no page for the VMXON region");
}

static void vmxon_fails(void **state)
{
	struct vmx_capability cap = sample_skylake();

	cpu.vmxon_result = VMX_FAIL_INVALID;
	CANNOT_ENABLE(cap, ERROR_BAD_STATE, "VMXON failed with region revision 0x4");
	cpu.vmxon_result = VMX_FAIL_VALID;
	CANNOT_ENABLE(cap, ERROR_BAD_STATE, "VMXON failed with region revision 0x4");
	/* With OSXSAVE set before, and with a correction in CR0 to take back. */
	cpu.cr4 |= CR4_OSXSAVE;
	cpu.xcr0 = XCR0_X87 | XCR0_SSE;
	cpu.xss = 0x800;
	cpu.cr0 |= CR0_NE;
	CANNOT_ENABLE(cap, ERROR_BAD_STATE, "VMXON failed with region revision 0x4");
}

static void vmxoff_fails(void **state)
{
	struct vmx_capability cap = sample_skylake();

	assert_int_equal(vmx_enable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	cpu.vmxoff_result = VMX_FAIL_VALID;
	struct fake_cpu before = cpu;
	assert_int_equal(vmx_disable(&row, &cap, &cpu.access, &why), ERROR_BAD_STATE);
	assert_true(fake_cpu_same(&cpu, &before) && row.enabled);
	cpu.vmxoff_result = VMX_SUCCEED;
	assert_int_equal(vmx_disable(&row, &cap, &cpu.access, &why), ERROR_NONE);
}

static void without_xsave(void **state)
{
	struct vmx_capability cap = sample_lynnfield();
	struct fake_cpu before = cpu;

	/* Reading XCR0 or XSS would abort. */
	cpu.has_xsave = cpu.has_xsaves = false;
	before.has_xsave = before.has_xsaves = false;
	assert_int_equal(vmx_enable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	assert_false(cpu.cr4 & CR4_OSXSAVE);
	assert_int_equal(vmx_disable(&row, &cap, &cpu.access, &why), ERROR_NONE);
	assert_true(fake_cpu_same(&cpu, &before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(on_and_off, fresh),
		cmocka_unit_test_setup(twice, fresh),
		cmocka_unit_test_setup(somebody_else_uses_vmx, fresh),
		cmocka_unit_test_setup(absent, fresh),
		cmocka_unit_test_setup(firmware_lock, fresh),
		cmocka_unit_test_setup(unlocked_is_set_and_locked, fresh),
		cmocka_unit_test_setup(feature_control_is_this_cpus, fresh),
		cmocka_unit_test_setup(bits_that_can_be_corrected, fresh),
		cmocka_unit_test_setup(bits_that_cannot, fresh),
		cmocka_unit_test_setup(odd_regions, fresh),
		cmocka_unit_test_setup(no_memory, fresh),
		cmocka_unit_test_setup(vmxon_fails, fresh),
		cmocka_unit_test_setup(vmxoff_fails, fresh),
		cmocka_unit_test_setup(without_xsave, fresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
