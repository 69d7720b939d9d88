/* What the end of an instruction that Plinth has carried out does to a guest's state, over a VMCS of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#undef assert
#include "vmx/instructions.h"

static uint64_t fields[0x8000];

static uint64_t field_of(enum vmcs_field field)
{
	return fields[field];
}

static void set_field(enum vmcs_field field, uint64_t value)
{
	fields[field] = value;
}

#define vmcs_read  field_of
#define vmcs_write set_field
#define vmcs_fetch field_of
#define vmcs_store set_field
#include "vmx/exit/instruction_end.h"

/* None of these is called. */
#pragma weak panic
#pragma weak vmread_failed
#pragma weak vmwrite_failed

#define START  0x1000u
#define LENGTH 2u

static struct vmx_vcpu backend;

static void finish(uint64_t rflags, uint64_t interruptibility, uint32_t length)
{
	backend = (struct vmx_vcpu) { 0 };
	set_field(VMCS_GUEST_RIP, START);
	set_field(VMCS_GUEST_RFLAGS, rflags);
	set_field(VMCS_GUEST_INTERRUPTIBILITY, interruptibility);
	set_field(VMCS_GUEST_PENDING_DEBUG, 0);
	vmx_finish_instruction(&backend, length);
	assert_int_equal(field_of(VMCS_GUEST_RIP), START + length);
}

static void rip_moves(void **state)
{
	finish(RFLAGS_FIXED, 0, LENGTH);
	assert_int_equal(field_of(VMCS_GUEST_RFLAGS), RFLAGS_FIXED);
	assert_int_equal(field_of(VMCS_GUEST_PENDING_DEBUG), 0);
}

static void blocking_ends(void **state)
{
	finish(RFLAGS_FIXED, BLOCKING_BY_STI | BLOCKING_BY_NMI, LENGTH);
	assert_int_equal(field_of(VMCS_GUEST_INTERRUPTIBILITY), BLOCKING_BY_NMI);
}

static void a_step_traps(void **state)
{
	finish(RFLAGS_FIXED | RFLAGS_TF, 0, LENGTH);
	assert_int_equal(field_of(VMCS_GUEST_PENDING_DEBUG), PENDING_DEBUG_BS);
	finish(RFLAGS_FIXED | RFLAGS_TF, 0, 0);
	assert_int_equal(field_of(VMCS_GUEST_PENDING_DEBUG), PENDING_DEBUG_BS);
}

/* SDM volume 3, "Instruction-Breakpoint Exception Condition": it holds for one instruction, and for all iterations
 * of a repeated one. */
static void resume_flag_ends(void **state)
{
	finish(RFLAGS_FIXED | RFLAGS_RF | RFLAGS_IF, 0, LENGTH);
	assert_int_equal(field_of(VMCS_GUEST_RFLAGS), RFLAGS_FIXED | RFLAGS_IF);
	assert_int_equal(field_of(VMCS_GUEST_PENDING_DEBUG), 0);
	finish(RFLAGS_FIXED | RFLAGS_RF, 0, 0);
	assert_int_equal(field_of(VMCS_GUEST_RFLAGS), RFLAGS_FIXED | RFLAGS_RF);
	finish(RFLAGS_FIXED | RFLAGS_RF | RFLAGS_TF, 0, LENGTH);
	assert_int_equal(field_of(VMCS_GUEST_RFLAGS), RFLAGS_FIXED | RFLAGS_TF);
	assert_int_equal(field_of(VMCS_GUEST_PENDING_DEBUG), PENDING_DEBUG_BS);
}

/* Whoever moves nothing but RIP asks first. */
static void plain_ends_are_told(void **state)
{
	static const uint64_t aside[] = { RFLAGS_TF, RFLAGS_RF };

	set_field(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_IF);
	set_field(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_NMI);
	assert_true(vmx_ends_plainly());
	for (unsigned i = 0; i < ARRAY_SIZE(aside); i++) {
		set_field(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | aside[i]);
		assert_false(vmx_ends_plainly());
	}
	set_field(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
	set_field(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_MOV_SS);
	assert_false(vmx_ends_plainly());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rip_moves),           cmocka_unit_test(blocking_ends),
		cmocka_unit_test(a_step_traps),        cmocka_unit_test(resume_flag_ends),
		cmocka_unit_test(plain_ends_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
