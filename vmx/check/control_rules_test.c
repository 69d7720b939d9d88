/* Where the rules on controls and host state end: values on their edges, from both sides, and each
 * way in which a table of the SDM can be met. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "vmx/check/entry_sample.h"
#include "vmx/exit/exit_decode.h"
#include "x86/exception.h"

static struct vmx_capability cap;
static struct entry_check_input in;

/* Begins anew on a CPU that has everything; `cap` may be changed before begin(). */
static void begin(void)
{
	sample_entry(&cap, &in);
}

static int start_over(void **state)
{
	cap = sample_everything();
	begin();
	return 0;
}

static void turn_on(enum vmcs_field which, uint64_t bits)
{
	set_field(&in, which, field(&in, which) | bits);
}

static void turn_off(enum vmcs_field which, uint64_t bits)
{
	set_field(&in, which, field(&in, which) & ~bits);
}

struct found {
	char id[ENTRY_RULE_ID_MAX];
	unsigned count;
};

static void note(void *context, const struct entry_rule *rule)
{
	struct found *found = context;

	entry_rule_id(rule, found->id, sizeof(found->id));
	if (found->count++)
		print_message("# also %s\n", found->id);
}

static void assert_good(void)
{
	struct found found = { "none", 0 };

	entry_check_run(&in, note, &found);
	assert_string_equal(found.id, "none");
}

static void assert_breaks(const char *id)
{
	struct found found = { "none", 0 };

	entry_check_run(&in, note, &found);
	assert_string_equal(found.id, id);
	assert_int_equal(found.count, 1);
}

/* A value that is the last good one, and the next. */
static void edge(enum vmcs_field which, uint64_t last, uint64_t next, const char *id)
{
	uint64_t before = field(&in, which);

	set_field(&in, which, last);
	assert_good();
	set_field(&in, which, next);
	assert_breaks(id);
	set_field(&in, which, before);
}

/* --- VM-execution controls ------------------------------------------------------------------- */

static void cr3_targets(void **state)
{
	edge(VMCS_CR3_TARGET_COUNT, 4, 5, "control.cr3-targets.count");
	cap.misc &= ~VMX_MISC_CR3_TARGETS;
	begin();
	edge(VMCS_CR3_TARGET_COUNT, 0, 1, "control.cr3-targets.count");
}

static void secondary_controls_count_when_activated(void **state)
{
	turn_on(VMCS_SECONDARY_CONTROLS, BIT(29)); /* which the SDM does not define */
	assert_breaks("control.secondary.reserved");
	turn_off(VMCS_PRIMARY_CONTROLS, PRIMARY_ACTIVATE_SECONDARY);
	assert_good();
}

static void nmi_controls_lean_on_each_other(void **state)
{
	turn_off(VMCS_PIN_CONTROLS, PIN_VIRTUAL_NMIS | PIN_NMI_EXITING);
	assert_good();
	turn_on(VMCS_PIN_CONTROLS, PIN_VIRTUAL_NMIS);
	assert_breaks("control.virtual-nmis.nmi-exiting");
	turn_on(VMCS_PIN_CONTROLS, PIN_NMI_EXITING);
	turn_on(VMCS_PRIMARY_CONTROLS, PRIMARY_NMI_WINDOW_EXITING);
	assert_good();
}

static void tpr_thresholds(void **state)
{
	turn_on(VMCS_PRIMARY_CONTROLS, PRIMARY_USE_TPR_SHADOW);
	in.memory.vtpr = 0x5f;
	edge(VMCS_TPR_THRESHOLD, 5, 6, "control.tpr-threshold.vtpr");
	edge(VMCS_TPR_THRESHOLD, 5, 0x15, "control.tpr-threshold.reserved");
	set_field(&in, VMCS_TPR_THRESHOLD, 0xf);
	in.memory.vtpr_known = false;
	assert_good();
	in.memory.vtpr_known = true;
	turn_on(VMCS_SECONDARY_CONTROLS, SECONDARY_VIRTUALIZE_APIC_ACCESSES);
	assert_good();
	turn_off(VMCS_SECONDARY_CONTROLS, SECONDARY_VIRTUALIZE_APIC_ACCESSES);
	turn_on(VMCS_SECONDARY_CONTROLS, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY);
	set_field(&in, VMCS_TPR_THRESHOLD, 0xffffffff);
	assert_good();
}

static void posted_interrupts(void **state)
{
	turn_on(VMCS_PRIMARY_CONTROLS, PRIMARY_USE_TPR_SHADOW);
	turn_on(VMCS_SECONDARY_CONTROLS, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY);
	turn_on(VMCS_PIN_CONTROLS, PIN_PROCESS_POSTED_INTERRUPTS);
	edge(VMCS_POSTED_INTERRUPT_VECTOR, 0xff, 0x100, "control.posted-interrupts.vector");
	edge(VMCS_POSTED_INTERRUPT_DESCRIPTOR, 0x1040, 0x1020,
	     "control.posted-interrupt-descriptor.aligned");
	edge(VMCS_POSTED_INTERRUPT_DESCRIPTOR, BIT(46) - 64, BIT(46),
	     "control.posted-interrupt-descriptor.width");
}

static void addresses_end_with_the_width(void **state)
{
	edge(VMCS_MSR_BITMAPS, BIT(46) - PAGE_SIZE, BIT(46), "control.msr-bitmaps.width");
	edge(VMCS_IO_BITMAP_A, PAGE_SIZE, PAGE_SIZE / 2, "control.io-bitmap-a.aligned");
	cap.basic |= VMX_BASIC_32BIT_ADDRESSES;
	begin();
	edge(VMCS_MSR_BITMAPS, BIT(32) - PAGE_SIZE, BIT(32), "control.msr-bitmaps.width");
	/* Not so what EPT points at. */
	edge(VMCS_EPT_POINTER, BIT(45) | 0x1e, BIT(46) | 0x1e, "control.eptp.width");
	turn_off(VMCS_PRIMARY_CONTROLS, PRIMARY_USE_MSR_BITMAPS);
	set_field(&in, VMCS_MSR_BITMAPS, ~0ull);
	assert_good();
}

static void ept_pointers(void **state)
{
	edge(VMCS_EPT_POINTER, 0x1018, 0x1019, "control.eptp.memory-type"); /* UC and WC */
	edge(VMCS_EPT_POINTER, 0x101e, 0x101d, "control.eptp.memory-type"); /* WB and WP */
	edge(VMCS_EPT_POINTER, 0x1026, 0x102e, "control.eptp.walk-length"); /* 5 and 6 levels */
	edge(VMCS_EPT_POINTER, 0x10de, 0x11de, "control.eptp.reserved");    /* flags; bit 8 */
	cap = sample_controls_only();
	begin();
	edge(VMCS_EPT_POINTER, 0x101e, 0x1026, "control.eptp.walk-length");
	edge(VMCS_EPT_POINTER, 0x101e, 0x105e, "control.eptp.accessed-dirty");
	edge(VMCS_EPT_POINTER, 0x101e, 0x109e, "control.eptp.shadow-stack");
	turn_off(VMCS_SECONDARY_CONTROLS, SECONDARY_ENABLE_EPT | SECONDARY_UNRESTRICTED_GUEST);
	set_field(&in, VMCS_EPT_POINTER, ~0ull);
	assert_good();
}

static void hlat(void **state)
{
	turn_on(VMCS_PRIMARY_CONTROLS, PRIMARY_ACTIVATE_TERTIARY);
	turn_on(VMCS_TERTIARY_CONTROLS, TERTIARY_ENABLE_HLAT);
	edge(VMCS_HLAT_PREFIX_SIZE, 1, 2, "control.hlat.prefix");
	edge(VMCS_HLAT_POINTER, 0x1018, 0x1020, "control.hlat.reserved"); /* PWT and PCD; bit 5 */
}

static void ipi_virtualization(void **state)
{
	turn_on(VMCS_PRIMARY_CONTROLS, PRIMARY_ACTIVATE_TERTIARY | PRIMARY_USE_TPR_SHADOW);
	turn_on(VMCS_TERTIARY_CONTROLS, TERTIARY_IPI_VIRTUALIZATION);
	set_field(&in, VMCS_PID_POINTER_TABLE, BIT(46) - 0x100 * 8);
	edge(VMCS_LAST_PID_POINTER_INDEX, 0xff, 0x100, "control.pid-pointer-table.end");
	edge(VMCS_PID_POINTER_TABLE, 0x1008, 0x1004, "control.pid-pointer-table.aligned");
}

static void vm_functions(void **state)
{
	set_field(&in, VMCS_VM_FUNCTION_CONTROLS, ~0ull);
	assert_good();
	set_field(&in, VMCS_EPTP_LIST_ADDRESS, PAGE_SIZE);
	turn_on(VMCS_SECONDARY_CONTROLS, SECONDARY_ENABLE_VM_FUNCTIONS);
	edge(VMCS_VM_FUNCTION_CONTROLS, 1, 3, "control.vm-functions.reserved");
}

/* --- MSR areas ------------------------------------------------------------------------------- */

static void msr_areas_fit_to_the_last_byte(void **state)
{
	const struct {
		enum vmcs_field address, count;
		const char *aligned, *end;
	} areas[] = {
		{ VMCS_EXIT_MSR_STORE_ADDRESS, VMCS_EXIT_MSR_STORE_COUNT,
		  "control.exit-msr-store.aligned", "control.exit-msr-store.end" },
		{ VMCS_EXIT_MSR_LOAD_ADDRESS, VMCS_EXIT_MSR_LOAD_COUNT,
		  "control.exit-msr-load.aligned", "control.exit-msr-load.end" },
		{ VMCS_ENTRY_MSR_LOAD_ADDRESS, VMCS_ENTRY_MSR_LOAD_COUNT,
		  "control.entry-msr-load.aligned", "control.entry-msr-load.end" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(areas); i++) {
		set_field(&in, areas[i].address, BIT(46) - 0x30);
		edge(areas[i].count, 3, 4, areas[i].end);
		edge(areas[i].count, 1, 0xffffffff, areas[i].end);
		set_field(&in, areas[i].address, 0x1008);
		edge(areas[i].count, 0, 1, areas[i].aligned);
	}
}

/* --- the event ------------------------------------------------------------------------------- */

static void inject(unsigned type, unsigned vector, uint32_t more)
{
	set_field(&in, VMCS_ENTRY_INTERRUPTION_INFO,
		  INTERRUPTION_VALID | type << 8 | vector | more);
}

static void event_vectors(void **state)
{
	inject(INTERRUPTION_NMI, 2, 0);
	assert_good();
	inject(INTERRUPTION_HARDWARE_EXCEPTION, 31, 0);
	assert_good();
	inject(INTERRUPTION_HARDWARE_EXCEPTION, 32, 0);
	assert_breaks("control.event.exception-vector");
	inject(INTERRUPTION_OTHER, 0, 0);
	assert_good();
	set_field(&in, VMCS_ENTRY_INTERRUPTION_INFO, 0x7fffffff); /* not valid */
	assert_good();
}

static void event_error_codes(void **state)
{
	for (unsigned vector = 0; vector < EXCEPTION_VECTORS; vector++) {
		bool code = vector <= EXCEPTION_ALIGNMENT_CHECK && exception_has_error_code(vector);

		inject(INTERRUPTION_HARDWARE_EXCEPTION, vector,
		       code ? INTERRUPTION_ERROR_VALID : 0);
		assert_good();
		inject(INTERRUPTION_HARDWARE_EXCEPTION, vector,
		       code ? 0 : INTERRUPTION_ERROR_VALID);
		assert_breaks(code ? "control.event.error-code.missing"
				   : "control.event.error-code.unexpected");
	}
	cap.basic |= VMX_BASIC_ANY_ERROR_CODE;
	begin();
	inject(INTERRUPTION_HARDWARE_EXCEPTION, EXCEPTION_CONTROL_PROTECTION,
	       INTERRUPTION_ERROR_VALID);
	edge(VMCS_ENTRY_EXCEPTION_ERROR_CODE, 0xffff, 0x10000, "control.event.error-code.reserved");
	inject(INTERRUPTION_HARDWARE_EXCEPTION, EXCEPTION_PROTECTION, 0);
	assert_good();
}

static void event_lengths(void **state)
{
	for (unsigned type = INTERRUPTION_SOFTWARE_INTERRUPT;
	     type <= INTERRUPTION_SOFTWARE_EXCEPTION; type++) {
		inject(type, 3, 0);
		edge(VMCS_ENTRY_INSTRUCTION_LENGTH, 15, 16, "control.event.length");
		edge(VMCS_ENTRY_INSTRUCTION_LENGTH, 0, 16, "control.event.length");
	}
	cap.misc &= ~VMX_MISC_ZERO_LENGTH_EVENT;
	begin();
	inject(INTERRUPTION_SOFTWARE_INTERRUPT, 3, 0);
	edge(VMCS_ENTRY_INSTRUCTION_LENGTH, 1, 0, "control.event.zero-length");
	inject(INTERRUPTION_NMI, 2, 0);
	set_field(&in, VMCS_ENTRY_INSTRUCTION_LENGTH, 99);
	assert_good();
}

/* --- host state ------------------------------------------------------------------------------ */

static void host_addresses(void **state)
{
	/* This CPU has 57 bits, and a host with CR4.LA57 clear runs in 48 of them. */
	edge(VMCS_HOST_FS_BASE, BIT(56) - 1, BIT(56), "host.fs.base");
	edge(VMCS_HOST_SYSENTER_EIP, ~(BIT(56) - 1), ~(BIT(56) - 1) - 1,
	     "host.sysenter-eip.canonical");
	edge(VMCS_HOST_RIP, BIT(47) - 1, BIT(47), "host.rip.canonical");
	turn_on(VMCS_HOST_CR4, CR4_LA57);
	edge(VMCS_HOST_RIP, BIT(56) - 1, BIT(56), "host.rip.canonical");
	edge(VMCS_HOST_CR3, BIT(46) - 1, BIT(46), "host.cr3.width");
	cap.leaf7_1_eax = BIT(26);
	begin();
	edge(VMCS_HOST_CR3, BITS(62, 61), BIT(63), "host.cr3.width");
}

static void host_pat_has_six_types(void **state)
{
	const uint64_t good = 1u << 0 | 1u << 1 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7;

	for (unsigned byte = 0; byte < 8; byte++) {
		for (uint64_t type = 0; type < 256; type++) {
			uint64_t pat = PAT_RESET & ~(0xffull << (8 * byte));

			set_field(&in, VMCS_HOST_PAT, pat | type << (8 * byte));
			if (type < 8 && (good & BIT(type)))
				assert_good();
			else
				assert_breaks("host.pat.types");
		}
	}
	turn_off(VMCS_EXIT_CONTROLS, EXIT_LOAD_PAT);
	assert_good();
}

static void host_efer_is_looked_at_when_loaded(void **state)
{
	set_field(&in, VMCS_HOST_EFER, EFER_LME | EFER_LMA);
	assert_good();
	turn_off(VMCS_EXIT_CONTROLS, EXIT_LOAD_EFER);
	set_field(&in, VMCS_HOST_EFER, ~0ull);
	assert_good();
}

static void host_selectors(void **state)
{
	edge(VMCS_HOST_DS_SELECTOR, 0xfff8, 0xfff9, "host.ds.selector");
	edge(VMCS_HOST_GS_SELECTOR, 0, 2, "host.gs.selector");
	edge(VMCS_HOST_SS_SELECTOR, 0, 4, "host.ss.selector"); /* a host of 64 bits needs none */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start_over)
	const struct CMUnitTest tests[] = {
		TEST(cr3_targets),
		TEST(secondary_controls_count_when_activated),
		TEST(nmi_controls_lean_on_each_other),
		TEST(tpr_thresholds),
		TEST(posted_interrupts),
		TEST(addresses_end_with_the_width),
		TEST(ept_pointers),
		TEST(hlat),
		TEST(ipi_virtualization),
		TEST(vm_functions),
		TEST(msr_areas_fit_to_the_last_byte),
		TEST(event_vectors),
		TEST(event_error_codes),
		TEST(event_lengths),
		TEST(host_addresses),
		TEST(host_pat_has_six_types),
		TEST(host_efer_is_looked_at_when_loaded),
		TEST(host_selectors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
