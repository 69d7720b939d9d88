/* Tests of the control-register rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vmx/vcpu/control_state.h"
#include "x86/control_registers.h"

static const struct control_limits modern = {
	.cr0_fixed0 = CR0_PE | CR0_NE | CR0_PG,
	.cr0_fixed1 = 0xffffffff,
	.cr4_fixed0 = CR4_VMXE,
	.cr4_fixed1 = 0x3767ff,
	.cr4_forced = CR4_MCE,
	.cr4_allowed = CR4_PSE | CR4_PAE | CR4_PGE | CR4_MCE | CR4_OSFXSR | CR4_SMEP | CR4_SMAP |
		       CR4_PCIDE | CR4_OSXSAVE | CR4_TSD | CR4_DE,
	.efer_allowed = EFER_SCE | EFER_LME | EFER_NXE,
	.address_bits = 40,
	.unrestricted = true,
};

static struct control_limits without_unrestricted(void)
{
	struct control_limits limits = modern;

	limits.unrestricted = false;
	return limits;
}

static const struct control_context context32 = { 0 };
static const struct control_context context64 = { .code64 = true };

#define PROTECTED (CR0_PE | CR0_ET | CR0_NE)
#define PAGED     (PROTECTED | CR0_PG)

static enum error cr0(struct control_view *view, uint64_t value, unsigned *effects)
{
	return control_write_cr0(&modern, view, &context32, value, effects);
}

static void cr0_faults(void **unused)
{
	static const uint64_t bad[] = {
		PAGED & ~CR0_PE,     /* paging without protection */
		PROTECTED | CR0_NW,  /* NW without CD */
		PROTECTED | BIT(32), /* the upper half is reserved */
		PROTECTED | BIT(63),
	};
	struct control_view view = { .cr0 = PROTECTED };
	unsigned effects;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(cr0(&view, bad[i], &effects), ERROR_INVALID_INPUT);
		assert_int_equal(view.cr0, PROTECTED);
	}
}

static void cr0_reserved_bits_of_the_lower_half_are_ignored(void **unused)
{
	struct control_view view = { .cr0 = PROTECTED };
	unsigned effects;

	assert_int_equal(cr0(&view, (PROTECTED & ~CR0_ET) | BIT(6) | BIT(28), &effects),
			 ERROR_NONE);
	assert_int_equal(view.cr0, PROTECTED);
	assert_int_equal(effects, 0);
}

static void long_mode_is_entered_and_left(void **unused)
{
	struct control_view view = { .cr0 = PROTECTED, .efer = EFER_LME };
	unsigned effects;

	/* LME without PAE cannot be activated. */
	assert_int_equal(cr0(&view, PAGED, &effects), ERROR_INVALID_INPUT);
	view.cr4 = CR4_PAE;
	assert_int_equal(control_write_cr0(&modern, &view, &context64, PAGED, &effects),
			 ERROR_INVALID_INPUT);
	struct control_context tss16 = { .tss16 = true };
	assert_int_equal(control_write_cr0(&modern, &view, &tss16, PAGED, &effects),
			 ERROR_INVALID_INPUT);
	assert_int_equal(cr0(&view, PAGED, &effects), ERROR_NONE);
	assert_int_equal(view.efer, EFER_LME | EFER_LMA);
	assert_int_equal(effects, CONTROL_FLUSH);
	assert_false(control_is_pae(&view));

	/* While active: PAE stays, LME stays; from 64-bit code paging stays. */
	assert_int_equal(control_write_cr4(&modern, &view, &context64, 0, &effects),
			 ERROR_INVALID_INPUT);
	assert_int_equal(control_write_efer(&modern, &view, 0), ERROR_INVALID_INPUT);
	assert_int_equal(control_write_cr0(&modern, &view, &context64, PROTECTED, &effects),
			 ERROR_INVALID_INPUT);
	assert_int_equal(cr0(&view, PROTECTED, &effects), ERROR_NONE);
	assert_int_equal(view.efer, EFER_LME);
}

static void pae_paging_reads_the_pdptes(void **unused)
{
	struct control_view view = { .cr0 = PROTECTED, .cr4 = CR4_PAE };
	unsigned effects;

	assert_int_equal(cr0(&view, PAGED, &effects), ERROR_NONE);
	assert_true(control_is_pae(&view));
	assert_int_equal(effects, CONTROL_FLUSH | CONTROL_LOAD_PDPTES);
	assert_int_equal(cr0(&view, PAGED | CR0_WP, &effects), ERROR_NONE);
	assert_int_equal(effects, 0);
	assert_int_equal(control_write_cr4(&modern, &view, &context32, CR4_PAE | CR4_PGE, &effects),
			 ERROR_NONE);
	assert_int_equal(effects, CONTROL_FLUSH | CONTROL_LOAD_PDPTES);
	assert_int_equal(control_write_cr4(&modern, &view, &context32, CR4_PAE | CR4_PGE | CR4_TSD,
					   &effects),
			 ERROR_NONE);
	assert_int_equal(effects, 0);
}

static void cr4_faults(void **unused)
{
	struct control_view view = { .cr0 = PAGED, .cr4 = CR4_PAE };
	struct control_context with_pcid = { .code64 = true, .cr3 = 0x1005 };
	unsigned effects;

	assert_int_equal(control_write_cr4(&modern, &view, &context32, CR4_VMXE, &effects),
			 ERROR_INVALID_INPUT);
	assert_int_equal(control_write_cr4(&modern, &view, &context32, CR4_PAE | BIT(40), &effects),
			 ERROR_INVALID_INPUT);
	/* PCIDs need IA-32e mode, and CR3[11:0] = 0 at that moment. */
	assert_int_equal(
		control_write_cr4(&modern, &view, &context32, CR4_PAE | CR4_PCIDE, &effects),
		ERROR_INVALID_INPUT);
	view.efer = EFER_LME | EFER_LMA;
	assert_int_equal(
		control_write_cr4(&modern, &view, &with_pcid, CR4_PAE | CR4_PCIDE, &effects),
		ERROR_INVALID_INPUT);
	assert_int_equal(
		control_write_cr4(&modern, &view, &context64, CR4_PAE | CR4_PCIDE, &effects),
		ERROR_NONE);
	/* And then paging cannot be switched off. */
	assert_int_equal(cr0(&view, PROTECTED, &effects), ERROR_INVALID_INPUT);
}

static void efer_writes(void **unused)
{
	struct control_view view = { .cr0 = PROTECTED };

	assert_int_equal(control_write_efer(&modern, &view, BIT(12)), ERROR_INVALID_INPUT);
	assert_int_equal(control_write_efer(&modern, &view, EFER_NXE | EFER_LMA), ERROR_NONE);
	assert_int_equal(view.efer, EFER_NXE);
	view.cr0 = PAGED;
	assert_int_equal(control_write_efer(&modern, &view, EFER_NXE | EFER_LME),
			 ERROR_INVALID_INPUT);
	assert_int_equal(control_write_efer(&modern, &view, EFER_SCE), ERROR_NONE);
}

static void cr3_width(void **unused)
{
	struct control_view view = { .cr0 = PAGED, .cr4 = CR4_PAE, .efer = EFER_LME | EFER_LMA };

	assert_int_equal(control_check_cr3(&modern, &view, BIT(39)), ERROR_NONE);
	assert_int_equal(control_check_cr3(&modern, &view, BIT(40)), ERROR_INVALID_INPUT);
}

static void hardware_values_with_unrestricted_guest(void **unused)
{
	struct control_view view = { .cr0 = CR0_RESET };
	struct control_hardware hardware;

	control_to_hardware(&modern, &view, &hardware);
	/* Real mode as it is; NE because VMX wants it; the caches stay the host's. */
	assert_int_equal(hardware.cr0, CR0_NE | CR0_ET);
	assert_int_equal(hardware.cr4, CR4_VMXE | CR4_MCE);
	assert_false(hardware.ia32e);
	assert_false(hardware.identity_map);
	/* What the guest reads must come from the shadow where hardware differs. */
	assert_int_equal((hardware.cr0 ^ view.cr0) & ~hardware.cr0_mask, 0);
	assert_int_equal((hardware.cr4 ^ view.cr4) & ~hardware.cr4_mask, 0);
	assert_true(hardware.cr0_mask & CR0_TS);
}

static void hardware_values_in_64_bit_mode(void **unused)
{
	struct control_view view = { .cr0 = PAGED | CR0_WP,
				     .cr4 = CR4_PAE | CR4_SMEP,
				     .efer = EFER_LME | EFER_LMA | EFER_NXE };
	struct control_hardware hardware;

	control_to_hardware(&modern, &view, &hardware);
	assert_int_equal(hardware.cr0, view.cr0);
	assert_int_equal(hardware.cr4, view.cr4 | CR4_VMXE | CR4_MCE);
	assert_int_equal(hardware.efer, view.efer);
	assert_true(hardware.ia32e);
}

static void paging_off_without_unrestricted_guest(void **unused)
{
	struct control_limits limits = without_unrestricted();
	struct control_view view = { .cr0 = PROTECTED,
				     .cr4 = CR4_PAE | CR4_SMEP,
				     .efer = EFER_LME };
	struct control_hardware hardware;
	unsigned effects;

	control_to_hardware(&limits, &view, &hardware);
	assert_true(hardware.identity_map);
	assert_int_equal(hardware.cr0, PAGED);
	/* 32-bit paging with 4-MByte pages, whatever the guest prepares. */
	assert_int_equal(hardware.cr4, CR4_VMXE | CR4_MCE | CR4_PSE);
	assert_int_equal(hardware.efer, 0);
	assert_true(hardware.cr0_mask & CR0_PG);
	assert_true(hardware.cr4_mask & CR4_PSE);

	/* Paging goes on, and the map is not needed; protection goes off, and that cannot be. */
	assert_int_equal(control_write_cr0(&limits, &view, &context32, PAGED, &effects),
			 ERROR_NONE);
	control_to_hardware(&limits, &view, &hardware);
	assert_false(hardware.identity_map);
	assert_true(hardware.ia32e);
	view = (struct control_view) { .cr0 = PROTECTED };
	assert_int_equal(control_write_cr0(&limits, &view, &context32, CR0_ET, &effects),
			 ERROR_UNSUPPORTED);
	assert_int_equal(view.cr0, PROTECTED);
}

static void pdpte_validity(void **unused)
{
	uint64_t pdptes[4] = { 0x2001, 0, 0xfffffffffffffffe, 0x3019 };

	/* A PDPTE that is not present may hold anything. */
	assert_true(control_pdptes_valid(pdptes, 40));
	pdptes[0] |= BIT(1);
	assert_false(control_pdptes_valid(pdptes, 40));
	pdptes[0] = 0x2001 | BIT(40);
	assert_false(control_pdptes_valid(pdptes, 40));
	assert_true(control_pdptes_valid(pdptes, 41));
	pdptes[0] = 0x2001 | BIT(5);
	assert_false(control_pdptes_valid(pdptes, 40));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cr0_faults),
		cmocka_unit_test(cr0_reserved_bits_of_the_lower_half_are_ignored),
		cmocka_unit_test(long_mode_is_entered_and_left),
		cmocka_unit_test(pae_paging_reads_the_pdptes),
		cmocka_unit_test(cr4_faults),
		cmocka_unit_test(efer_writes),
		cmocka_unit_test(cr3_width),
		cmocka_unit_test(hardware_values_with_unrestricted_guest),
		cmocka_unit_test(hardware_values_in_64_bit_mode),
		cmocka_unit_test(paging_off_without_unrestricted_guest),
		cmocka_unit_test(pdpte_validity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
