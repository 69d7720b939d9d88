/* The life cycle of a vCPU over a backend that only counts: every call in every state, the calling
 * CPU, and every way in which the backend can fail. */
#include "tests/host/vcpu_backend.h"
#include "vm/ipi.h"
#include "vm/vcpu/vcpu_state.h"

static struct vm vm = { .id = 3, .name = "test" };
static const struct vcpu_event nmi = { .kind = EVENT_NMI, .vector = 2 };
static const struct vcpu_event fault = { .kind = EVENT_EXCEPTION, .vector = 6 };

/* A vCPU in `state`, as the calls themselves lead there. */
static void bring_to(struct vcpu *vcpu, enum vcpu_state state)
{
	static const struct vcpu_config config = { .mode = VCPU_MODE_LONG64 };

	answer = ERROR_NONE;
	memset(vcpu, 0, sizeof(*vcpu));
	run_on(0);
	assert_int_equal(vcpu_create(vcpu, &vm, 1), ERROR_NONE);
	if (state == VCPU_CREATED)
		return;
	assert_int_equal(vcpu_setup(vcpu, &config), ERROR_NONE);
	if (state == VCPU_FREE)
		return;
	assert_int_equal(vcpu_bind(vcpu), ERROR_NONE);
	if (state == VCPU_BLOCKED)
		assert_int_equal(vcpu_block(vcpu), ERROR_NONE);
	else
		vcpu->state = state; /* Ready, or what only run and its failure lead to */
}

/* Makes one call; release is unbind in Invalid, skip_instruction returns nothing, exit is no call of its own. */
static enum error make(struct vcpu *vcpu, enum vcpu_call call)
{
	static const struct vcpu_config config;
	static const struct vcpu_debug debug;
	struct vcpu_exit exit;
	uint64_t value;

	switch (call) {
	case CALL_SET_ENTRY:
		return vcpu_set_entry(vcpu, gpa(0x1000));
	case CALL_SET_NESTED_ROOT:
		return vcpu_set_nested_root(vcpu, hpa(0x2000));
	case CALL_SETUP:
		return vcpu_setup(vcpu, &config);
	case CALL_RESET:
		return vcpu_reset(vcpu);
	case CALL_BIND:
		return vcpu_bind(vcpu);
	case CALL_RUN:
		return vcpu_run(&vcpu, &exit);
	case CALL_BLOCK:
		return vcpu_block(vcpu);
	case CALL_WAKE:
		return vcpu_wake(vcpu);
	case CALL_UNBIND:
		return vcpu_unbind(vcpu);
	case CALL_INJECT:
		return vcpu_inject(vcpu, &fault);
	case CALL_GET_REGISTER:
		return vcpu_get_register(vcpu, VCPU_RIP, &value);
	case CALL_SET_REGISTER:
		return vcpu_set_register(vcpu, VCPU_RIP, 0);
	case CALL_SET_DEBUG:
		return vcpu_set_debug(vcpu, &debug);
	case CALL_INIT_RESET:
		return vcpu_init_reset(vcpu);
	case CALL_START_UP:
		return vcpu_start_up(vcpu, 0x10);
	case CALL_DESTROY:
		return vcpu_destroy(vcpu);
	default:
		fail();
		return ERROR_NONE;
	}
}

static bool is_a_call(enum vcpu_call call)
{
	return call != CALL_SKIP_INSTRUCTION && call != CALL_EXIT && call != CALL_RELEASE;
}

/* The life cycle as DESIGN.md draws it, written down a second time: a letter a state. */
static const char *const allowed_in[VCPU_CALLS] = {
	[CALL_SET_ENTRY] = "C",
	[CALL_SET_NESTED_ROOT] = "C",
	[CALL_SETUP] = "C",
	[CALL_RESET] = "F",
	[CALL_BIND] = "F",
	[CALL_RUN] = "R",
	[CALL_BLOCK] = "R",
	[CALL_WAKE] = "B",
	[CALL_UNBIND] = "RI",
	[CALL_INJECT] = "FRXB",
	[CALL_GET_REGISTER] = "FRXBI",
	[CALL_SET_REGISTER] = "FRXB",
	[CALL_SET_DEBUG] = "FRB",
	[CALL_INIT_RESET] = "R",
	[CALL_START_UP] = "R",
	[CALL_DESTROY] = "CFRBI",
};
static const char letters[] = "CFRXBI";
static const enum vcpu_state leads_to[VCPU_CALLS] = {
	[CALL_SET_ENTRY] = VCPU_STATE_SAME,
	[CALL_SET_NESTED_ROOT] = VCPU_STATE_SAME,
	[CALL_SETUP] = VCPU_FREE,
	[CALL_RESET] = VCPU_CREATED,
	[CALL_BIND] = VCPU_READY,
	[CALL_RUN] = VCPU_READY,
	[CALL_BLOCK] = VCPU_BLOCKED,
	[CALL_WAKE] = VCPU_READY,
	[CALL_UNBIND] = VCPU_FREE,
	[CALL_INJECT] = VCPU_STATE_SAME,
	[CALL_GET_REGISTER] = VCPU_STATE_SAME,
	[CALL_SET_REGISTER] = VCPU_STATE_SAME,
	[CALL_SET_DEBUG] = VCPU_STATE_SAME,
	[CALL_INIT_RESET] = VCPU_STATE_SAME,
	[CALL_START_UP] = VCPU_STATE_SAME,
	[CALL_DESTROY] = VCPU_INVALID,
};

static void every_call_in_every_state(void **unused)
{
	for (enum vcpu_state state = 0; state < VCPU_STATES; state++)
		for (enum vcpu_call call = 0; call < VCPU_CALLS; call++) {
			struct vcpu vcpu, before;

			if (!is_a_call(call))
				continue;
			bring_to(&vcpu, state);
			before = vcpu;
			unsigned calls = backend_calls, lines = log_lines;
			enum error error = make(&vcpu, call);

			if (strchr(allowed_in[call], letters[state])) {
				assert_int_equal(error, ERROR_NONE);
				enum vcpu_state want = leads_to[call];

				if (want == VCPU_STATE_SAME || state == VCPU_INVALID)
					want = state;
				assert_int_equal(vcpu.state, want);
				assert_int_equal(log_lines, lines);
			} else {
				assert_int_equal(error, ERROR_BAD_STATE);
				assert_memory_equal(&vcpu, &before, sizeof(vcpu));
				assert_int_equal(backend_calls, calls);
				assert_int_equal(log_lines, lines + 1);
			}
		}
}

static void every_failure(void **unused)
{
	for (enum vcpu_state state = 0; state < VCPU_STATES; state++)
		for (enum vcpu_call call = 0; call < VCPU_CALLS; call++) {
			struct vcpu vcpu;
			bool unsafe = call == CALL_RUN || call == CALL_UNBIND ||
				      call == CALL_INIT_RESET || call == CALL_START_UP;
			bool asks = call != CALL_BLOCK && call != CALL_WAKE && call != CALL_RESET &&
				    call != CALL_DESTROY;

			if (!is_a_call(call) || !asks || !strchr(allowed_in[call], letters[state]))
				continue;
			bring_to(&vcpu, state);
			unsigned lines = log_lines;

			answer = ERROR_UNSUPPORTED;
			assert_int_equal(make(&vcpu, call), ERROR_UNSUPPORTED);
			assert_int_equal(log_lines, lines + 1);
			assert_int_equal(vcpu.state, unsafe ? VCPU_INVALID : state);
			assert_int_equal(vcpu.trouble.kind,
					 unsafe ? ERROR_UNSUPPORTED : ERROR_NONE);
			assert_non_null(strstr(last_line, "vm=3(test) vcpu=1"));
			assert_non_null(strstr(last_line, "error=Unsupported"));
			if (call == CALL_BIND)
				assert_null(vcpu.cpu);
		}
}

static void run_and_exit(void **unused)
{
	struct vcpu vcpu, *whose = &vcpu;
	struct vcpu_exit exit;

	bring_to(&vcpu, VCPU_READY);
	next_exit = (struct vcpu_exit) { .kind = VCPU_EXIT_HLT, .rip = 0x7c00 };
	assert_int_equal(vcpu_run(&whose, &exit), ERROR_NONE);
	assert_int_equal(state_in_run, VCPU_RUNNING);
	assert_int_equal(exit.kind, VCPU_EXIT_HLT);
	assert_int_equal(exit.rip, 0x7c00);
	assert_int_equal(vcpu.state, VCPU_READY);
}

static void entry_failure_tells_its_story(void **unused)
{
	struct vcpu vcpu, *whose = &vcpu;
	struct vcpu_exit exit;

	bring_to(&vcpu, VCPU_READY);
	next_exit = (struct vcpu_exit) { .kind = VCPU_EXIT_ENTRY_FAILED };
	strcpy(next_exit.entry_failed.story, "guest state is no good");
	answer = ERROR_ENTRY_FAILED;
	assert_int_equal(vcpu_run(&whose, &exit), ERROR_ENTRY_FAILED);
	assert_int_equal(vcpu.state, VCPU_INVALID);
	assert_string_equal(vcpu.trouble.text, "guest state is no good");
	assert_non_null(strstr(last_line, "error=EntryFailed: guest state is no good"));
	next_exit = (struct vcpu_exit) { .kind = VCPU_EXIT_HLT };
	answer = ERROR_NONE;
	assert_int_equal(vcpu_run(&whose, &exit), ERROR_BAD_STATE);
}

static void only_on_its_cpu(void **unused)
{
	static const enum vcpu_call here[] = {
		CALL_RUN,          CALL_UNBIND,     CALL_BLOCK,    CALL_INJECT, CALL_GET_REGISTER,
		CALL_SET_REGISTER, CALL_INIT_RESET, CALL_START_UP, CALL_DESTROY
	};

	for (unsigned i = 0; i < ARRAY_SIZE(here); i++) {
		struct vcpu vcpu;

		bring_to(&vcpu, VCPU_READY);
		assert_ptr_equal(vcpu.cpu, &cpus[0]);
		run_on(1);
		unsigned calls = backend_calls;
		assert_int_equal(make(&vcpu, here[i]), ERROR_BAD_STATE);
		assert_int_equal(backend_calls, calls);
		assert_int_equal(vcpu.state, VCPU_READY);
	}
}

static void inject_from_anywhere(void **unused)
{
	struct vcpu vcpu;

	bring_to(&vcpu, VCPU_READY);
	run_on(1);
	unsigned before = wakes;
	assert_int_equal(vcpu_inject(&vcpu, &nmi), ERROR_NONE);
	assert_int_equal(wakes, before + 1);
	/* Nobody is woken for what was refused. */
	answer = ERROR_INVALID_INPUT;
	assert_int_equal(vcpu_inject(&vcpu, &nmi), ERROR_INVALID_INPUT);
	assert_int_equal(wakes, before + 1);
}

static void moves_between_cpus(void **unused)
{
	struct vcpu vcpu;

	bring_to(&vcpu, VCPU_READY);
	assert_int_equal(vcpu_unbind(&vcpu), ERROR_NONE);
	assert_null(vcpu.cpu);
	run_on(1);
	assert_int_equal(vcpu_bind(&vcpu), ERROR_NONE);
	assert_ptr_equal(vcpu.cpu, &cpus[1]);
}

static void create_and_destroy(void **unused)
{
	struct vcpu vcpu;

	/* Twice is once too often. */
	bring_to(&vcpu, VCPU_FREE);
	assert_int_equal(vcpu_create(&vcpu, &vm, 1), ERROR_BAD_STATE);
	assert_int_equal(vcpu.state, VCPU_FREE);

	/* What is bound is unbound before its memory goes. */
	bring_to(&vcpu, VCPU_BLOCKED);
	unsigned before = unbinds;
	assert_int_equal(vcpu_destroy(&vcpu), ERROR_NONE);
	assert_int_equal(unbinds, before + 1);
	assert_null(vcpu.backend);
	assert_int_equal(vcpu_destroy(&vcpu), ERROR_BAD_STATE);
	assert_int_equal(vcpu_setup(&vcpu, &(struct vcpu_config) { 0 }), ERROR_BAD_STATE);

	/* A vCPU that the hardware would not let go keeps its memory. */
	bring_to(&vcpu, VCPU_READY);
	answer = ERROR_BAD_STATE;
	assert_int_equal(vcpu_destroy(&vcpu), ERROR_BAD_STATE);
	assert_non_null(vcpu.backend);
	assert_int_equal(vcpu.state, VCPU_INVALID);

	/* A failed creation leaves nothing to destroy. */
	memset(&vcpu, 0, sizeof(vcpu));
	answer = ERROR_NO_MEMORY;
	assert_int_equal(vcpu_create(&vcpu, &vm, 1), ERROR_NO_MEMORY);
	assert_null(vcpu.backend);
}

static void waits_for_sipi(void **unused)
{
	struct vcpu vcpu;

	bring_to(&vcpu, VCPU_CREATED);
	assert_int_equal(vcpu_setup(&vcpu, &(struct vcpu_config) { .wait_for_sipi = true }),
			 ERROR_NONE);
	assert_int_equal(vcpu.startup, STARTUP_WAITING);
}

static void accounts(void **unused)
{
	struct vm machine = { .id = 7 };
	struct vcpu vcpu = { 0 };

	answer = ERROR_NONE;
	assert_int_equal(vcpu_create(&vcpu, &machine, 3), ERROR_NONE);
	assert_int_equal(vcpu.record_head.vm, 7);
	assert_int_equal(vcpu.record_head.vcpu, 3);
	assert_int_equal(vcpu.record_head.kind, RECORD_EXIT);
	/* Whatever is written before its first turn goes nowhere else. */
	assert_ptr_equal(vcpu.record, &vcpu.no_record);
	assert_ptr_equal(vcpu.row, &vcpu.statistics.turns);
	assert_int_equal(vcpu_exits(&vcpu), 0);
	statistics_begin(&vcpu.statistics, 10);
	statistics_begin(&vcpu.statistics, 12);
	assert_int_equal(vcpu_exits(&vcpu), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_in_every_state),
		cmocka_unit_test(every_failure),
		cmocka_unit_test(run_and_exit),
		cmocka_unit_test(entry_failure_tells_its_story),
		cmocka_unit_test(only_on_its_cpu),
		cmocka_unit_test(inject_from_anywhere),
		cmocka_unit_test(moves_between_cpus),
		cmocka_unit_test(create_and_destroy),
		cmocka_unit_test(waits_for_sipi),
		cmocka_unit_test(accounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
