/* The life cycle of a virtual CPU. Each function checks the state, asks the backend, and moves the
 * state on; what the backend refuses is told once in the log, and what is then unsafe to run
 * becomes Invalid. */
#include "vm/vcpu/vcpu.h"

#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/timer.h"
#include "lib/assert.h"
#include "lib/string.h"
#include "vm/ipi.h"
#include "vm/schedule/scheduler.h"
#include "vm/vcpu/vcpu_call.h"
#include "vm/vcpu/vcpu_interrupts.h"
#include "vm/vcpu/vcpu_state.h"
#include "vm/virt_ops.h"
#include "vm/vm.h"

static enum vcpu_state state_of(const struct vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->state, __ATOMIC_ACQUIRE);
}

/* Sequentially consistent: scheduler_wake() sets an event and then reads the state, the CPU that
 * blocks sets the state and then reads the events. One of the two sees the other. */
static void move_on(struct vcpu *vcpu, enum vcpu_call call)
{
	__atomic_store_n(&vcpu->state, vcpu_state_after(state_of(vcpu), call), __ATOMIC_SEQ_CST);
}

static enum error tell(const struct vcpu *vcpu, enum log_level level, const char *call,
		       const struct reason *why)
{
	log_write(level, "vcpu", "%s failed vm=%u(%s) vcpu=%u state=%s error=%s: %s", call,
		  vcpu->vm ? vcpu->vm->id : 0, vcpu->vm ? vcpu->vm->name : "none", vcpu->id,
		  vcpu_state_name(state_of(vcpu)), error_name(why->kind), why->text);
	return why->kind;
}

static noinline_fn enum error refuse(const struct vcpu *vcpu, enum vcpu_call call)
{
	struct reason why;

	reason_set(&why, ERROR_BAD_STATE, "a vCPU that is %s cannot do this",
		   vcpu->backend ? vcpu_state_name(state_of(vcpu)) : "not created");
	return tell(vcpu, LOG_WARN, vcpu_call_name(call), &why);
}

static noinline_fn enum error refuse_here(const struct vcpu *vcpu, enum vcpu_call call)
{
	struct reason why;

	reason_set(&why, ERROR_BAD_STATE, "bound to CPU %u, called on CPU %u", vcpu->cpu->index,
		   this_cpu()->index);
	return tell(vcpu, LOG_WARN, vcpu_call_name(call), &why);
}

static inline enum error allowed(const struct vcpu *vcpu, enum vcpu_call call)
{
	if (likely(vcpu->backend && vcpu_state_allows(state_of(vcpu), call)))
		return ERROR_NONE;
	return refuse(vcpu, call);
}

/* As allowed(), and where the vCPU is bound, it is to the CPU that calls. */
static inline enum error allowed_here(const struct vcpu *vcpu, enum vcpu_call call)
{
	enum error error = allowed(vcpu, call);

	if (likely(error || !vcpu->cpu || vcpu->cpu == this_cpu()))
		return error;
	return refuse_here(vcpu, call);
}

enum error vcpu_call_allowed_here(const struct vcpu *vcpu, enum vcpu_call call)
{
	return allowed_here(vcpu, call);
}

enum error vcpu_call_failed(const struct vcpu *vcpu, const char *call, const struct reason *why)
{
	return tell(vcpu, LOG_ERROR, call, why);
}

/* The end of a call that went to the backend. */
static enum error settle(struct vcpu *vcpu, enum vcpu_call call, enum error error,
			 struct reason *why)
{
	if (error) {
		why->kind = error;
		return tell(vcpu, LOG_ERROR, vcpu_call_name(call), why);
	}
	move_on(vcpu, call);
	return ERROR_NONE;
}

/* As settle(), for calls after whose failure nobody knows what the vCPU would do. */
static enum error settle_or_invalid(struct vcpu *vcpu, enum vcpu_call call, enum error error,
				    struct reason *why)
{
	settle(vcpu, call, error, why);
	if (error) {
		vcpu->trouble = *why;
		__atomic_store_n(&vcpu->state, VCPU_INVALID, __ATOMIC_SEQ_CST);
	}
	return error;
}

/* Nothing has happened yet. */
static void prepare_account(struct vcpu *vcpu)
{
	vcpu->record_head = (struct record_head) {
		.vm = (uint16_t)(vcpu->vm ? vcpu->vm->id : 0),
		.vcpu = (uint8_t)vcpu->id,
		.kind = RECORD_EXIT,
	};
	statistics_init(&vcpu->statistics);
	vcpu->record = &vcpu->no_record;
	vcpu->row = &vcpu->statistics.turns;
}

enum error vcpu_create(struct vcpu *vcpu, struct vm *vm, uint32_t vcpu_id)
{
	struct reason why = { 0 };

	if (vcpu->backend) {
		reason_set(&why, ERROR_BAD_STATE, "created already");
		return tell(vcpu, LOG_WARN, "create", &why);
	}
	memset(vcpu, 0, sizeof(*vcpu)); /* of some KiB: by the words that memset() goes in */
	vcpu->vm = vm;
	vcpu->id = vcpu_id;
	vcpu->state = VCPU_CREATED;
	vcpu->timer_deadline = TIMER_NEVER;
	vcpu->pinned_cpu = -1;
	list_init(&vcpu->run_link);
	prepare_account(vcpu);
	enum error error = virt->create(vcpu, &why);
	if (error) {
		vcpu->backend = NULL;
		why.kind = error;
		return tell(vcpu, LOG_ERROR, "create", &why);
	}
	return ERROR_NONE;
}

enum error vcpu_set_entry(struct vcpu *vcpu, gpa_t entry)
{
	struct reason why = { 0 };
	enum error error = allowed(vcpu, CALL_SET_ENTRY);

	if (error)
		return error;
	error = settle(vcpu, CALL_SET_ENTRY, virt->set_entry(vcpu, entry, &why), &why);
	if (!error)
		vcpu->entry = entry;
	return error;
}

enum error vcpu_set_nested_root(struct vcpu *vcpu, hpa_t root)
{
	struct reason why = { 0 };
	enum error error = allowed(vcpu, CALL_SET_NESTED_ROOT);

	if (error)
		return error;
	error = settle(vcpu, CALL_SET_NESTED_ROOT, virt->set_nested_root(vcpu, root, &why), &why);
	if (!error)
		vcpu->nested_root = root;
	return error;
}

enum error vcpu_setup(struct vcpu *vcpu, const struct vcpu_config *config)
{
	struct reason why = { 0 };
	enum error error = allowed(vcpu, CALL_SETUP);

	if (error)
		return error;
	error = settle(vcpu, CALL_SETUP, virt->setup(vcpu, config, &why), &why);
	if (!error) {
		vcpu->config = *config;
		vcpu->startup = config->wait_for_sipi ? STARTUP_WAITING : 0;
	}
	return error;
}

enum error vcpu_reset(struct vcpu *vcpu)
{
	enum error error = allowed(vcpu, CALL_RESET);

	if (error)
		return error;
	memset(vcpu->gpr, 0, sizeof(vcpu->gpr));
	vcpu->cr2 = 0;
	vcpu->events = (struct vcpu_events) { 0 };
	__atomic_store_n(&vcpu->interrupt_request, false, __ATOMIC_SEQ_CST);
	__atomic_store_n(&vcpu->startup, 0, __ATOMIC_SEQ_CST);
	vcpu->halted = false;
	move_on(vcpu, CALL_RESET);
	return ERROR_NONE;
}

enum error vcpu_bind(struct vcpu *vcpu)
{
	struct reason why = { 0 };
	enum error error = allowed(vcpu, CALL_BIND);

	if (error)
		return error;
	vcpu->cpu = this_cpu();
	error = settle(vcpu, CALL_BIND, virt->bind(vcpu, &why), &why);
	if (error)
		vcpu->cpu = NULL;
	return error;
}

/* The backend could not go on. */
static noinline_fn enum error run_failed(struct vcpu *vcpu, const struct vcpu_exit *exit,
					 enum error error)
{
	struct reason why = vcpu->trouble;

	if (!why.kind)
		reason_set(&why, error, "the backend stopped after exit %s",
			   vcpu_exit_name(exit->kind));
	return settle_or_invalid(vcpu, CALL_RUN, error, &why);
}

/* The states before, while and after it runs are written here as the table has them: this is done at each
 * exit that leaves the backend. */
enum error vcpu_run(struct vcpu **whose, struct vcpu_exit *exit)
{
	struct vcpu *vcpu = *whose;
	enum error error;

	if (unlikely(vcpu->state != VCPU_READY || vcpu->cpu != this_cpu())) {
		error = allowed_here(vcpu, CALL_RUN);
		if (error)
			return error;
	}
	exit->kind = VCPU_EXIT_UNKNOWN;
	vcpu->trouble.kind = ERROR_NONE;
	/* Before the backend looks at what waits for the vCPU: see move_on(). */
	__atomic_store_n(&vcpu->state, VCPU_RUNNING, __ATOMIC_SEQ_CST);
	error = virt->run(whose, exit);
	vcpu = *whose;
	if (unlikely(error))
		return run_failed(vcpu, exit, error);
	/* Who reads Running for a moment longer tells this CPU what it would have seen anyway. */
	__atomic_store_n(&vcpu->state, VCPU_READY, __ATOMIC_RELEASE);
	return ERROR_NONE;
}

enum error vcpu_block(struct vcpu *vcpu)
{
	enum error error = allowed_here(vcpu, CALL_BLOCK);

	if (!error)
		move_on(vcpu, CALL_BLOCK);
	return error;
}

enum error vcpu_wake(struct vcpu *vcpu)
{
	enum error error = allowed(vcpu, CALL_WAKE);

	if (!error)
		move_on(vcpu, CALL_WAKE);
	return error;
}

enum error vcpu_unbind(struct vcpu *vcpu)
{
	struct reason why = { 0 };
	/* What became Invalid while bound can still be released, and stays Invalid. */
	bool failed = vcpu->cpu && state_of(vcpu) == VCPU_INVALID;
	enum vcpu_call call = failed ? CALL_RELEASE : CALL_UNBIND;
	enum error error = allowed_here(vcpu, call);

	if (error)
		return error;
	error = settle_or_invalid(vcpu, call, virt->unbind(vcpu, &why), &why);
	if (!error)
		vcpu->cpu = NULL;
	return error;
}

enum error vcpu_inject(struct vcpu *vcpu, const struct vcpu_event *event)
{
	struct reason why = { 0 };
	bool from_any_cpu = event->kind == EVENT_EXTERNAL_INTERRUPT || event->kind == EVENT_NMI;
	enum error error =
		from_any_cpu ? allowed(vcpu, CALL_INJECT) : allowed_here(vcpu, CALL_INJECT);

	if (error)
		return error;
	error = virt->inject(vcpu, event, &why);
	if (error) {
		why.kind = error;
		return tell(vcpu, LOG_ERROR, "inject", &why);
	}
	if (from_any_cpu)
		scheduler_notify(vcpu);
	return ERROR_NONE;
}

enum error vcpu_set_debug(struct vcpu *vcpu, const struct vcpu_debug *debug)
{
	struct reason why = { 0 };
	enum error error = allowed_here(vcpu, CALL_SET_DEBUG);

	return error ? error
		     : settle(vcpu, CALL_SET_DEBUG, virt->set_debug(vcpu, debug, &why), &why);
}

void vcpu_skip_instruction(struct vcpu *vcpu)
{
	assert_slow(vcpu_state_allows(state_of(vcpu), CALL_SKIP_INSTRUCTION));
	virt->skip_instruction(vcpu);
}

void vcpu_finish_instruction(struct vcpu *vcpu, uint32_t length)
{
	assert_slow(vcpu_state_allows(state_of(vcpu), CALL_SKIP_INSTRUCTION));
	virt->finish_instruction(vcpu, length);
}

enum error vcpu_init_reset(struct vcpu *vcpu)
{
	struct reason why = { 0 };
	enum error error = allowed_here(vcpu, CALL_INIT_RESET);

	if (error)
		return error;
	error = settle_or_invalid(vcpu, CALL_INIT_RESET, virt->init_reset(vcpu, &why), &why);
	if (!error && vcpu->interrupts)
		vcpu->interrupts->init_reset(vcpu);
	return error;
}

enum error vcpu_start_up(struct vcpu *vcpu, uint8_t sipi_vector)
{
	struct reason why = { 0 };
	enum error error = allowed_here(vcpu, CALL_START_UP);

	if (error)
		return error;
	return settle_or_invalid(vcpu, CALL_START_UP, virt->start_up(vcpu, sipi_vector, &why),
				 &why);
}

enum error vcpu_destroy(struct vcpu *vcpu)
{
	struct reason why = { 0 };
	enum error error = allowed_here(vcpu, CALL_DESTROY);

	if (error)
		return error;
	/* The hardware may still hold its state as active on this CPU: that must end before the
	 * memory goes. */
	if (vcpu->cpu) {
		error = settle_or_invalid(vcpu, CALL_DESTROY, virt->unbind(vcpu, &why), &why);
		if (error)
			return error;
		vcpu->cpu = NULL;
	}
	virt->destroy(vcpu);
	vcpu->backend = NULL;
	move_on(vcpu, CALL_DESTROY);
	return ERROR_NONE;
}
