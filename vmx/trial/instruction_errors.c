/* Each row of VMX_INSTRUCTION_ERROR_LIST has a function that makes the CPU fail with that number, or a
 * sentence that says why nothing can. SDM volume 3, "VM Instruction Error Numbers"; what is checked in
 * which order: volume 3, "VMX Instruction Reference". */
#include "vmx/trial/instruction_errors.h"

#include "kernel/memory.h"
#include "kernel/output/tap.h"
#include "lib/format.h"
#include "lib/string.h"
#include "vmx/cpu/capability.h"
#include "vmx/cpu/percpu.h"
#include "vmx/instruction_error.h"
#include "vmx/instructions.h"
#include "vmx/trial/bench.h"
#include "x86/instructions.h"

/* No field has this encoding: index 511 of the natural-width host-state fields. */
#define UNSUPPORTED_FIELD ((enum vmcs_field)0x6ffe)
/* INVEPT and INVVPID have types 0 to 3. */
#define UNKNOWN_TYPE      15
#define MANY_TARGETS      5 /* a CPU has at most four CR3-target values */
#define MISALIGNED        8 /* regions are pages */

static hpa_t vmxon_pointer(void)
{
	return virt_to_hpa(vmx_this_percpu()->vmx.region);
}

static hpa_t misaligned(const struct bench *bench)
{
	return hpa(bench->v->region_hpa.value + MISALIGNED);
}

/* --- one function an error ------------------------------------------------------------------- */

/* With a launched VMCS: Bochs takes the whole machine down for VMCALL with a clear one. A hypervisor
 * below this machine takes it for a call of its own; none has this number. */
static enum vmx_result vmcall_in_root(struct bench *bench)
{
	enum vmx_result result = bench_enter(bench, false);
	uint64_t number = ~0ull;
	bool carry, zero;

	if (result != VMX_SUCCEED)
		return result;
	/* TEST clears both flags. */
	__asm__ volatile("testq %2, %2\n\t"
			 "vmcall"
			 : "=@ccc"(carry), "=@ccz"(zero), "+a"(number)
			 :
			 : "memory");
	return vmx_result_of(carry, zero);
}

static enum vmx_result vmclear_address(struct bench *bench)
{
	return vmx_vmclear(misaligned(bench));
}

static enum vmx_result vmclear_vmxon_pointer(struct bench *bench)
{
	return vmx_vmclear(vmxon_pointer());
}

static enum vmx_result vmlaunch_not_clear(struct bench *bench)
{
	enum vmx_result first = bench_enter(bench, false);

	return first == VMX_SUCCEED ? bench_enter(bench, false) : first;
}

static enum vmx_result vmresume_not_launched(struct bench *bench)
{
	return bench_enter(bench, true);
}

/* A CPU need not have written a VMCS to memory before VMXOFF. One that has lost its host state must not
 * be entered: the exit would lead nowhere. */
static bool host_state_is_whole(const uint64_t *before)
{
	return vmcs_read(VMCS_HOST_RIP) == before[0] && vmcs_read(VMCS_HOST_RSP) == before[1] &&
	       vmcs_read(VMCS_HOST_CR3) == before[2];
}

/* The VMCS stays launched, but VMX operation ends and begins in between. */
static enum vmx_result vmresume_after_vmxoff(struct bench *bench)
{
	enum vmx_result result = bench_enter(bench, false);
	uint64_t host[3] = { vmcs_read(VMCS_HOST_RIP), vmcs_read(VMCS_HOST_RSP),
			     vmcs_read(VMCS_HOST_CR3) };

	if (result == VMX_SUCCEED)
		result = vmx_vmxoff();
	if (result == VMX_SUCCEED)
		result = vmx_vmxon(vmxon_pointer());
	if (result == VMX_SUCCEED)
		result = vmx_vmptrld(bench->v->region_hpa);
	if (result == VMX_SUCCEED && !host_state_is_whole(host))
		result = VMX_FAIL_INVALID;
	return result == VMX_SUCCEED ? bench_enter(bench, true) : result;
}

static enum vmx_result entry_controls(struct bench *bench)
{
	vmcs_write(VMCS_CR3_TARGET_COUNT, MANY_TARGETS);
	return bench_enter(bench, false);
}

static enum vmx_result entry_host_state(struct bench *bench)
{
	vmcs_write(VMCS_HOST_CS_SELECTOR, 0);
	return bench_enter(bench, false);
}

static enum vmx_result vmptrld_address(struct bench *bench)
{
	return vmx_vmptrld(misaligned(bench));
}

static enum vmx_result vmptrld_vmxon_pointer(struct bench *bench)
{
	return vmx_vmptrld(vmxon_pointer());
}

static enum vmx_result vmptrld_revision(struct bench *bench)
{
	uint32_t wrong = vmx_revision(&vmx_capability) ^ 1;
	enum vmx_result result;
	void *region = page_alloc();

	if (!region)
		return VMX_SUCCEED;
	memcpy(region, &wrong, sizeof(wrong));
	result = vmx_vmptrld(virt_to_hpa(region));
	if (result == VMX_SUCCEED && vmx_vmclear(virt_to_hpa(region)) != VMX_SUCCEED)
		return VMX_FAIL_INVALID;
	page_free(region);
	return result;
}

static enum vmx_result unsupported_field(struct bench *bench)
{
	uint64_t value;
	enum vmx_result read = vmx_vmread(UNSUPPORTED_FIELD, &value);

	return read == VMX_FAIL_VALID ? vmx_vmwrite(UNSUPPORTED_FIELD, 0) : read;
}

static enum vmx_result read_only_field(struct bench *bench)
{
	return vmx_vmwrite(VMCS_EXIT_QUALIFICATION, 0);
}

static enum vmx_result vmxon_in_root(struct bench *bench)
{
	return vmx_vmxon(vmxon_pointer());
}

/* For the one instruction after a load of SS, events are blocked. */
static enum vmx_result entry_mov_ss(struct bench *bench)
{
	bool carry, zero;
	uint16_t ss;

	__asm__ volatile("movw %%ss, %2\n\t"
			 "movw %2, %%ss\n\t"
			 "vmlaunch"
			 : "=@ccc"(carry), "=@ccz"(zero), "=r"(ss)
			 :
			 : "memory");
	return vmx_result_of(carry, zero);
}

/* An entry that is not refused would come back with every register lost: another reason to refuse it
 * has to stand behind the one that is tried. */
static enum vmx_result entry_mov_ss_safely(struct bench *bench)
{
	vmcs_write(VMCS_CR3_TARGET_COUNT, MANY_TARGETS);
	return entry_mov_ss(bench);
}

static enum vmx_result invept_operand(struct bench *bench)
{
	enum vmx_result invept = vmx_invept((enum invept_type)UNKNOWN_TYPE, 0);

	if (invept != VMX_FAIL_VALID || !(vmx_capability.ept_vpid & VPID_CAP_INVVPID))
		return invept;
	return vmx_invvpid((enum invvpid_type)UNKNOWN_TYPE, 1, 0);
}

/* --- what has to be there -------------------------------------------------------------------- */

enum requirement {
	NOTHING,
	READ_ONLY_FIELDS,
	INVEPT,
	SMM_MONITOR,
};

/* What this CPU lacks, or why nobody can; null when nothing is in the way. The dual-monitor treatment of SMIs and
 * SMM begins with the valid bit of IA32_SMM_MONITOR_CTL, which only code in SMM can set. SDM volume 3,
 * "Enabling the Dual-Monitor Treatment". */
static const char *lacking(enum requirement wanted)
{
	switch (wanted) {
	case READ_ONLY_FIELDS:
		if (vmx_capability.misc & VMX_MISC_VMWRITE_ANY_FIELD)
			return "VMWRITE may write any field of this CPU's (IA32_VMX_MISC bit 29)";
		break;
	case INVEPT:
		if (!(vmx_capability.ept_vpid & EPT_CAP_INVEPT))
			return "the CPU has no INVEPT";
		break;
	case SMM_MONITOR:
		return "only firmware in system-management mode can begin the dual-monitor "
		       "treatment";
	case NOTHING:
		break;
	}
	return NULL;
}

static const struct provocation {
	uint8_t error;                                   /* enum vmx_instruction_error */
	uint8_t wanted;                                  /* enum requirement */
	enum vmx_result (*provoke)(struct bench *bench); /* interrupts off */
} provocations[] = {
	{ VMX_ERROR_VMCALL_IN_ROOT, NOTHING, vmcall_in_root },
	{ VMX_ERROR_VMCLEAR_ADDRESS, NOTHING, vmclear_address },
	{ VMX_ERROR_VMCLEAR_VMXON_POINTER, NOTHING, vmclear_vmxon_pointer },
	{ VMX_ERROR_VMLAUNCH_NOT_CLEAR, NOTHING, vmlaunch_not_clear },
	{ VMX_ERROR_VMRESUME_NOT_LAUNCHED, NOTHING, vmresume_not_launched },
	{ VMX_ERROR_VMRESUME_AFTER_VMXOFF, NOTHING, vmresume_after_vmxoff },
	{ VMX_ERROR_ENTRY_CONTROLS, NOTHING, entry_controls },
	{ VMX_ERROR_ENTRY_HOST_STATE, NOTHING, entry_host_state },
	{ VMX_ERROR_VMPTRLD_ADDRESS, NOTHING, vmptrld_address },
	{ VMX_ERROR_VMPTRLD_VMXON_POINTER, NOTHING, vmptrld_vmxon_pointer },
	{ VMX_ERROR_VMPTRLD_REVISION, NOTHING, vmptrld_revision },
	{ VMX_ERROR_UNSUPPORTED_FIELD, NOTHING, unsupported_field },
	{ VMX_ERROR_READ_ONLY_FIELD, READ_ONLY_FIELDS, read_only_field },
	{ VMX_ERROR_VMXON_IN_ROOT, NOTHING, vmxon_in_root },
	{ VMX_ERROR_ENTRY_EXECUTIVE_POINTER, SMM_MONITOR, NULL },
	{ VMX_ERROR_ENTRY_EXECUTIVE_STATE, SMM_MONITOR, NULL },
	{ VMX_ERROR_ENTRY_EXECUTIVE_VMXON, SMM_MONITOR, NULL },
	{ VMX_ERROR_VMCALL_NOT_CLEAR, SMM_MONITOR, NULL },
	{ VMX_ERROR_VMCALL_EXIT_CONTROLS, SMM_MONITOR, NULL },
	{ VMX_ERROR_VMCALL_MSEG_REVISION, SMM_MONITOR, NULL },
	{ VMX_ERROR_VMXOFF_DUAL_MONITOR, SMM_MONITOR, NULL },
	{ VMX_ERROR_VMCALL_SMM_FEATURES, SMM_MONITOR, NULL },
	{ VMX_ERROR_ENTRY_EXECUTIVE_CONTROLS, SMM_MONITOR, NULL },
	{ VMX_ERROR_ENTRY_MOV_SS, NOTHING, entry_mov_ss_safely },
	{ VMX_ERROR_INVEPT_OPERAND, INVEPT, invept_operand },
};

#define PLUS_ONE(symbol, number, text) +1
_Static_assert(ARRAY_SIZE(provocations) == VMX_INSTRUCTION_ERROR_LIST(PLUS_ONE),
	       "every error of the list is provoked, or said to be beyond reach");

static const char no_vmcs[] = "vmx/instruction-fails-without-a-current-vmcs";

/* --- telling --------------------------------------------------------------------------------- */

#define NAME_MAX 112

/* "vmx/instruction-error-2-vmclear-with-invalid-physical-address": the text of the error in small
 * letters, a hyphen for what is no letter or digit. */
static void name_of(char *name, size_t size, uint32_t error)
{
	size_t end = format_string(name, size, "vmx/instruction-error-%u-", error);

	for (const char *text = vmx_instruction_error_text(error); *text && end + 1 < size;
	     text++) {
		bool letter = (*text | 0x20) >= 'a' && (*text | 0x20) <= 'z';
		bool digit = *text >= '0' && *text <= '9';

		if (letter || digit)
			name[end++] = letter ? (char)(*text | 0x20) : *text;
		else if (name[end - 1] != '-')
			name[end++] = '-';
	}
	while (name[end - 1] == '-')
		end--;
	name[end] = 0;
}

/* What a CPU answers: the number, 0 for success, or NO_NUMBER. */
#define NO_NUMBER UINT32_MAX

/* Answers that are not the SDM's, and that CPUs or engines are known to give (docs/testing.md). */
static const struct {
	enum vmx_instruction_error error;
	uint32_t number;
	const char *sentence;
} differences[] = {
	{ VMX_ERROR_VMCALL_IN_ROOT, VMX_ERROR_VMCALL_NOT_CLEAR,
	  "this CPU looks at the VMCS first, as if there were a monitor of system-management "
	  "mode" },
	{ VMX_ERROR_VMCALL_IN_ROOT, 0, "a hypervisor below this machine took the VMCALL" },
	/* Older editions call this number "VMRESUME with a corrupted VMCS", and leave open when. */
	{ VMX_ERROR_VMRESUME_AFTER_VMXOFF, 0, "accepted by this CPU" },
	{ VMX_ERROR_VMRESUME_AFTER_VMXOFF, VMX_ERROR_VMRESUME_NOT_LAUNCHED,
	  "this CPU forgets at VMXOFF that the VMCS was launched" },
	{ VMX_ERROR_VMRESUME_AFTER_VMXOFF, NO_NUMBER, "this CPU forgets the VMCS at VMXOFF" },
};

static const char *known_difference(enum vmx_instruction_error error, uint32_t number)
{
	for (unsigned i = 0; i < ARRAY_SIZE(differences); i++)
		if (differences[i].error == error && differences[i].number == number)
			return differences[i].sentence;
	return NULL;
}

static uint32_t provoke(const struct provocation *row, struct bench *bench)
{
	uint64_t number = NO_NUMBER;

	interrupts_disable();
	enum vmx_result result = row->provoke(bench);
	if (result == VMX_SUCCEED)
		number = 0;
	else if (result == VMX_FAIL_VALID &&
		 vmx_vmread(VMCS_INSTRUCTION_ERROR, &number) != VMX_SUCCEED)
		number = NO_NUMBER;
	interrupts_enable();
	return (uint32_t)number;
}

static void test(const struct provocation *row)
{
	const char *obstacle = lacking((enum requirement)row->wanted);
	struct reason why = { 0 };
	struct bench bench;
	char name[NAME_MAX];

	name_of(name, sizeof(name), row->error);
	if (obstacle) {
		tap_skip(name, "%s", obstacle);
		return;
	}
	if (bench_make(&bench, &why)) {
		tap_result(false, name, "%s", why.text);
		return;
	}
	uint32_t number = provoke(row, &bench);
	bench_destroy(&bench);
	const char *difference = known_difference(row->error, number);
	if (difference)
		tap_skip(name, "%s", difference);
	else
		tap_result(number == row->error, name, "error=%d (%s)", (int)number,
			   number ? vmx_instruction_error_text(number) : "success");
}

/* VMfailInvalid: there is nowhere to put a number. */
static void test_no_vmcs(void)
{
	uint64_t value = 0;
	enum vmx_result result = vmx_vmread(VMCS_INSTRUCTION_ERROR, &value);

	tap_result(result == VMX_FAIL_INVALID, no_vmcs, "VMREAD returned %d, value=0x%lx", result,
		   value);
}

unsigned instruction_errors_selftest_count(void)
{
	return ARRAY_SIZE(provocations) + 1;
}

void instruction_errors_selftest_skip(const char *reason)
{
	char name[NAME_MAX];

	for (unsigned i = 0; i < ARRAY_SIZE(provocations); i++) {
		name_of(name, sizeof(name), provocations[i].error);
		tap_skip(name, "%s", reason);
	}
	tap_skip(no_vmcs, "%s", reason);
}

void instruction_errors_selftest(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(provocations); i++)
		test(&provocations[i]);
	test_no_vmcs();
}
