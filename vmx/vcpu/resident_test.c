/* Which vCPUs are found alike, over CPUs that this test plays: who is remembered as like another is so on the
 * CPU where that was found, and until something changes there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#undef assert
#include "kernel/cpu.h"
#include "x86/instructions.h"

static struct cpu cpus[2], *here = cpus;

static struct cpu *cpu_played(void)
{
	return here;
}

static uint64_t msr_of(uint32_t index)
{
	return 0;
}

static void set_msr(uint32_t index, uint64_t value)
{
}

#define this_cpu  cpu_played
#define read_msr  msr_of
#define write_msr set_msr
#include "vmx/cpu/percpu.h"
#include "vmx/instructions.h"

#define vmx_vmclear(region) VMX_SUCCEED
#define vmx_vmptrld(region) VMX_SUCCEED
#define read_cr2()          0
#define write_cr2(value)    (void)(value)
#define vmcs_read(field)    0
#include "vmx/vcpu/resident.c"
#include "vmx/vcpu/vcpu.c"

/* --- the backend around it ------------------------------------------------------------------- */

/* None of these is called. */
#pragma weak apicv_release
#pragma weak host_state_write
#pragma weak identity_map_release
#pragma weak page_alloc
#pragma weak page_free
#pragma weak pages_set_owner
#pragma weak panic
#pragma weak virt_to_hpa
#pragma weak vmwrite_failed
#pragma weak vmx_is_enabled
#pragma weak vpid_flush
#pragma weak vpid_free

static struct vmx_percpu rows[2];
static struct timer_front front;
struct vmx_capability vmx_capability;
struct xstate_layout xstate_host_layout;

/* Only their addresses are taken. */
void exit_short(struct vcpu *vcpu, struct vmx_vcpu *v)
{
}

void exit_untold(struct vcpu *vcpu, struct vmx_vcpu *v)
{
}

struct vmx_percpu *vmx_this_percpu(void)
{
	return here->backend;
}

struct timer_front *timer_front_here(void)
{
	return &front;
}

bool xstate_alike(const struct vmx_vcpu *from, const struct vmx_vcpu *to)
{
	return true;
}

void xstate_evict(struct vmx_vcpu *v)
{
}

bool write_msr_safe(uint32_t index, uint64_t value)
{
	return true;
}

/* --- the tests ------------------------------------------------------------------------------- */

/* Two vCPUs, each behind its struct vcpu. */
static struct {
	struct vcpu vcpu;
	struct vmx_vcpu v;
} first, second;

static void begin(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(cpus); i++) {
		cpus[i] = (struct cpu) { .self = &cpus[i], .index = i, .backend = &rows[i] };
		rows[i] = (struct vmx_percpu) { 0 };
	}
	here = &cpus[0];
	first.v = (struct vmx_vcpu) { .vcpu = &first.vcpu };
	second.v = (struct vmx_vcpu) { .vcpu = &second.vcpu };
	first.vcpu.backend = &first.v;
	second.vcpu.backend = &second.v;
	vmx_vcpu_init();
}

/* As run() leaves it on this CPU. */
static void run_once(struct vmx_vcpu *v)
{
	vmx_make_current(v);
	v->after_exit = exit_short;
	v->slice.by_preemption_timer = true;
}

static bool alike(void)
{
	return resident_alike(here->backend, &first.v, &second.v);
}

static void found_once_a_pair(void **unused)
{
	begin();
	run_once(&first.v);
	run_once(&second.v);
	assert_true(alike() && second.v.same_msrs);
	/* Told of no change, nobody looks again. */
	first.v.msrs.manual[MSR_MANUAL_LSTAR] = 1;
	assert_true(alike() && second.v.same_msrs);
	resident_changed();
	assert_true(alike() && !second.v.same_msrs);
	first.v.resident.breakpoints = true;
	resident_changed();
	assert_false(alike());
}

static void not_what_run_has_to_enter(void **unused)
{
	begin();
	run_once(&first.v);
	run_once(&second.v);
	assert_true(alike());
	vmx_enter_by_run(&second.v);
	assert_false(alike());
}

/* Both move, and the other CPU happens to have seen as many changes. */
static void found_anew_on_another_cpu(void **unused)
{
	begin();
	run_once(&first.v);
	run_once(&second.v);
	assert_true(alike() && second.v.same_msrs);
	vmx_evict(&first.v);
	vmx_evict(&second.v);
	here = &cpus[1];
	run_once(&first.v);
	first.v.msrs.manual[MSR_MANUAL_LSTAR] = 1;
	resident_changed();
	run_once(&second.v);
	rows[1].changes = second.v.alike_since;
	assert_true(alike());
	assert_false(second.v.same_msrs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_once_a_pair),
		cmocka_unit_test(not_what_run_has_to_enter),
		cmocka_unit_test(found_anew_on_another_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
