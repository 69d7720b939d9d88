/* VMs from their making to their end: what cannot be made or started, what ends them, and how many there
 * can be. Over the machine of tests/host/smp_machine.h, with a thread for each CPU. */
#include "tests/host/smp_run.h"

static enum board_action nobody_knows(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	return BOARD_UNHANDLED;
}

static const struct board_ops clueless_board = { .exit = nobody_knows, .ended = count_end };

static void unhandled_is_no_success(void **unused)
{
	boot(2);
	play = play_end;
	ended_well = ended_badly = 0;
	start_vm(make(&clueless_board, 2, false));
	run_all();
	assert_int_equal(ended_badly, 1);
	assert_int_equal(ended_well, 0);
}

/* Whoever halts may be woken. */
static enum board_action block(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
	return BOARD_BLOCK;
}

static const struct board_ops patient_board = { .exit = block, .ended = count_end };

static struct vcpu_exit play_runaway(struct vcpu *vcpu, struct fake_vcpu *state)
{
	usleep(1000);
	return exit_of(VCPU_EXIT_TIME_SLICE);
}

static struct vcpu_exit play_halt(struct vcpu *vcpu, struct fake_vcpu *state)
{
	return exit_of(VCPU_EXIT_HLT);
}

static void watchdog_bites(void **unused)
{
	static struct vcpu_exit (*const guests[])(struct vcpu *,
						  struct fake_vcpu *) = { play_runaway, play_halt };

	for (unsigned i = 0; i < ARRAY_SIZE(guests); i++) {
		boot(2);
		idle_timer_works = true;
		play = guests[i];
		ended_badly = 0;
		struct vm *vm = make(&patient_board, 2, false);
		vm->deadline_us = 30000;
		start_vm(vm);
		run_all();
		assert_int_equal(ended_badly, 1);
	}
}

static void never_started(void **unused)
{
	struct reason why = { .kind = ERROR_INVALID_DATA, .text = "changed my mind" };

	boot(1);
	ended_badly = 0;
	vm_stop(make(&patient_board, 3, false), &why);
	assert_int_equal(ended_badly, 1);
	run_all();
}

static void what_cannot_start(void **unused)
{
	struct reason why;
	struct vm *vm;

	boot(1);
	assert_int_equal(vm_create(&vm, "none", KIB(64), 0, &patient_board, NULL, &why),
			 ERROR_INVALID_INPUT);
	assert_int_equal(
		vm_create(&vm, "many", KIB(64), VM_MAX_VCPUS + 1, &patient_board, NULL, &why),
		ERROR_INVALID_INPUT);
	assert_int_equal(vm_create(&vm, "odd", KIB(64) + 1, 1, &patient_board, NULL, &why),
			 ERROR_INVALID_INPUT);
	assert_int_equal(vm_create(&vm, "raw", KIB(64), 1, &patient_board, NULL, &why), ERROR_NONE);
	assert_int_equal(vm_start(vm, &why), ERROR_BAD_STATE);
	assert_int_equal(vm_add_memory(vm, gpa(0x1000), KIB(4), ACCESS_READ, &why),
			 ERROR_INVALID_INPUT);
	vm_stop(vm, &why);
	vm = make(&patient_board, 1, false);
	vm->vcpus[0]->pinned_cpu = 7;
	assert_int_equal(vm_start(vm, &why), ERROR_INVALID_INPUT);
	vm_stop(vm, &why);
	run_all();
}

static void as_many_as_fit(void **unused)
{
	static struct vm *vms[MAX_VMS];
	struct reason why;
	struct vm *extra;

	boot(CPUS);
	play = play_end;
	ended_well = 0;
	for (unsigned i = 0; i < MAX_VMS; i++)
		vms[i] = make(&vcpu_ends_board, 1, false);
	assert_int_equal(vm_create(&extra, "extra", KIB(4), 1, &patient_board, NULL, &why),
			 ERROR_NO_MEMORY);
	for (unsigned i = 0; i < MAX_VMS; i++)
		start_vm(vms[i]);
	run_all();
	assert_int_equal(ended_well, MAX_VMS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unhandled_is_no_success), cmocka_unit_test(watchdog_bites),
		cmocka_unit_test(never_started),           cmocka_unit_test(what_cannot_start),
		cmocka_unit_test(as_many_as_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
