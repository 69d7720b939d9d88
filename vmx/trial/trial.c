/* Writing snapshots into the VMCS, and surviving what follows. The guest cannot run away: the preemption
 * timer is 0, so that it exits before its first instruction, and that instruction is HLT, which exits
 * too. Where controls or host state are broken, it is not even entered. */
#include "vmx/trial/trial.h"

#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/panic.h"
#include "lib/string.h"
#include "vmx/exit/exit_decode.h"
#include "vmx/exit/exit_reason.h"
#include "vmx/instructions.h"
#include "vmx/nested.h"
#include "vmx/vcpu/entry_snapshot.h"
#include "x86/instructions.h"
#include "x86/msr.h"

/* Of a virtual-APIC page: the task-priority register. */
#define VTPR_OFFSET 0x80

/* vmx/trial/trial.asm */
enum vmx_result trial_enter(uint64_t gs_base) must_check;
void trial_exit_point(void);

/* --- beginning and end ----------------------------------------------------------------------- */

static void make_good(struct trial *trial)
{
	struct entry_check_input *good = &trial->good;

	interrupts_disable();
	entry_snapshot_read(trial->bench.v, good);
	interrupts_enable();
	good->spare_page = virt_to_hpa(trial->spare_page).value;
	set_field(good, VMCS_HOST_RIP, (uint64_t)trial_exit_point);
	set_field(good, VMCS_GUEST_PREEMPTION_TIMER, 0);
}

enum error trial_begin(struct trial *trial, struct reason *why)
{
	enum error error = bench_make(&trial->bench, why);

	if (error)
		return error;
	trial->spare_page = page_alloc();
	if (!trial->spare_page) {
		bench_destroy(&trial->bench);
		return reason_set(why, ERROR_NO_MEMORY, "no spare page");
	}
	make_good(trial);
	return ERROR_NONE;
}

void trial_end(struct trial *trial)
{
	page_free(trial->spare_page);
	bench_destroy(&trial->bench);
}

/* --- writing --------------------------------------------------------------------------------- */

static void write_fields(const struct vmcs_snapshot *snapshot)
{
	for (unsigned i = 0; i < vmcs_field_count; i++)
		if (!snapshot->absent[i] && vmcs_field_type(vmcs_fields[i]) != VMCS_TYPE_READ_ONLY)
			vmcs_write(vmcs_fields[i], snapshot->value[i]);
}

static bool is_spare(const struct entry_check_input *in, enum vmcs_field pointer)
{
	return (field(in, pointer) & ~(uint64_t)(PAGE_SIZE - 1)) == in->spare_page;
}

static void put(const struct trial *trial, size_t offset, const void *from, size_t length)
{
	memcpy((uint8_t *)trial->spare_page + offset, from, length);
}

/* What the snapshot says of memory, where its fields point at the spare page. */
static void write_memory(const struct trial *trial, const struct entry_check_input *in)
{
	const struct entry_check_memory *memory = &in->memory;

	memset(trial->spare_page, 0, PAGE_SIZE);
	if (is_spare(in, VMCS_VIRTUAL_APIC_ADDRESS))
		put(trial, VTPR_OFFSET, &memory->vtpr, sizeof(memory->vtpr));
	if (is_spare(in, VMCS_LINK_POINTER))
		put(trial, 0, &memory->link_revision, sizeof(memory->link_revision));
	if (is_spare(in, VMCS_ENTRY_MSR_LOAD_ADDRESS))
		put(trial, 0, memory->msr_load,
		    memory->msr_load_count * sizeof(memory->msr_load[0]));
}

static void must_succeed(enum vmx_result result, const char *instruction)
{
	struct reason why;

	if (vmx_result_reason(result, instruction, &why))
		panic("the VMCS of a trial: %s", why.text);
}

void trial_write(struct trial *trial, const struct entry_check_input *in,
		 struct entry_check_input *seen)
{
	hpa_t region = trial->bench.v->region_hpa;

	interrupts_disable();
	must_succeed(vmx_vmclear(region), "VMCLEAR");
	must_succeed(vmx_vmptrld(region), "VMPTRLD");
	trial->bench.v->launched = false;
	write_fields(&in->vmcs);
	write_memory(trial, in);
	entry_snapshot_read(trial->bench.v, seen);
	seen->spare_page = in->spare_page;
	interrupts_enable();
}

/* Bit 1 of RFLAGS is always 1. */
void trial_lay_net(struct trial *trial)
{
	vmcs_write(VMCS_GUEST_RFLAGS, 0);
}

/* --- entering -------------------------------------------------------------------------------- */

/* What came for the host meanwhile was acknowledged by the exit: it must not get lost. */
static void serve_host(const struct trial *trial, const struct trial_answer *answer)
{
	uint64_t info = vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);

	if (answer->reason == EXIT_REASON_EXTERNAL_INTERRUPT)
		vmx_handle_external_interrupt(trial->bench.v);
	if (answer->reason == EXIT_REASON_EXCEPTION_OR_NMI &&
	    field_get(info, INTERRUPTION_TYPE_MASK) == INTERRUPTION_NMI)
		vmx_handle_exception_or_nmi_nmi(trial->bench.v);
}

static void read_answer(const struct trial *trial, struct trial_answer *answer)
{
	if (answer->result == VMX_FAIL_VALID)
		answer->instruction_error = (uint32_t)vmcs_read(VMCS_INSTRUCTION_ERROR);
	if (answer->result != VMX_SUCCEED)
		return;
	answer->reason = (uint32_t)vmcs_read(VMCS_EXIT_REASON);
	answer->qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);
	serve_host(trial, answer);
}

void trial_enter_once(struct trial *trial, struct trial_answer *answer)
{
	struct nested_table *nested = trial->bench.vm->nested;

	*answer = (struct trial_answer) { .result = VMX_FAIL_INVALID };
	interrupts_disable();
	host_repair_note(&trial->host);
	(void)nested_catch_up(nested, this_cpu()->index);
	answer->result = trial_enter(read_msr(MSR_GS_BASE));
	if (answer->result == VMX_SUCCEED)
		host_repair(&trial->host);
	nested_leave(nested, this_cpu()->index);
	read_answer(trial, answer);
	interrupts_enable();
}
