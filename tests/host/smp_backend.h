/* A backend that plays guests on the machine of tests/host/smp_machine.h: a function of the test's says
 * how each entry ends. It catches what real hardware would punish. Included once, by the test. */
#ifndef TESTS_HOST_SMP_BACKEND_H
#define TESTS_HOST_SMP_BACKEND_H

#include "tests/host/smp_machine.h"
#include "tests/host/fake_virt_ops.h"

/* What the hardware would hold of a vCPU. */
struct fake_vcpu {
	struct cpu *active_on;
	uint32_t running;
	uint64_t work, started_with_vector;
	bool refuses_entry;
	bool has_run; /* only such a one is handed the CPU */
};

static unsigned hand_overs; /* atomic */
static unsigned break_offs; /* likewise */

static struct vcpu_exit (*play)(struct vcpu *vcpu, struct fake_vcpu *fake);
static uint64_t nested_tables;

static struct fake_vcpu *fake_of(struct vcpu *vcpu)
{
	return (struct fake_vcpu *)vcpu->backend;
}

/* What it keeps of a vCPU is elsewhere. */
static size_t fake_vcpu_size(void)
{
	return 0;
}

static enum error fake_create(struct vcpu *vcpu, struct reason *why)
{
	vcpu->backend = calloc(1, sizeof(struct fake_vcpu));
	return ERROR_NONE;
}

static enum error fake_set_nested_root(struct vcpu *vcpu, hpa_t root, struct reason *why)
{
	return ERROR_NONE;
}

static enum error fake_setup(struct vcpu *vcpu, const struct vcpu_config *c, struct reason *why)
{
	return ERROR_NONE;
}

static enum error fake_bind(struct vcpu *vcpu, struct reason *why)
{
	assert(!fake_of(vcpu)->active_on);
	fake_of(vcpu)->active_on = this_cpu();
	return ERROR_NONE;
}

static enum error fake_unbind(struct vcpu *vcpu, struct reason *why)
{
	assert(fake_of(vcpu)->active_on == this_cpu());
	fake_of(vcpu)->active_on = NULL;
	return ERROR_NONE;
}

/* Whose turn begins by the shortest way, or null. */
static struct vcpu *fake_hand_over(struct vcpu *vcpu)
{
	struct cpu *cpu = this_cpu();
	struct scheduler *s = scheduler_of(cpu);
	struct record *record = recorder_place(cpu->recorder);
	uint64_t now = time_ticks();
	struct vcpu *next;

	if (!hand_over_offer(s, cpu, cpu->recorder, record, now, &next))
		return NULL;

	if (!fake_of(next)->has_run) {
		hand_over_decline(s);
		return NULL;
	}
	record->time = now;
	record->rip = vcpu->id;
	hand_over(s, cpu, vcpu, next, cpu->recorder, record, &vcpu->statistics.rows[0], now)->end =
		time_ticks();
	__atomic_fetch_add(&hand_overs, 1, __ATOMIC_RELAXED);
	return next;
}

/* Likewise that of one that was woken, or null. */
static struct vcpu *fake_break_off(struct vcpu *vcpu)
{
	struct cpu *cpu = this_cpu();
	struct scheduler *s = scheduler_of(cpu);
	struct vcpu *next;

	if (!break_off_offer(s, cpu->recorder, &next))
		return NULL;
	if (!fake_of(next)->has_run) {
		hand_over_decline(s);
		return NULL;
	}
	__atomic_store_n(&cpu->need_resched, false, __ATOMIC_SEQ_CST);
	break_off(s, cpu, vcpu, next, cpu->recorder, time_ticks())->end = time_ticks();
	__atomic_fetch_add(&break_offs, 1, __ATOMIC_RELAXED);
	return next;
}

static enum error fake_run_one(struct vcpu *vcpu, struct vcpu_exit *exit)
{
	struct fake_vcpu *fake = fake_of(vcpu);

	__atomic_store_n(&this_cpu()->attention, false, __ATOMIC_SEQ_CST);
	ring_if_due();
	assert(fake->active_on == this_cpu());
	assert(!__atomic_exchange_n(&fake->running, 1, __ATOMIC_SEQ_CST));
	if (fake->refuses_entry) {
		*exit = (struct vcpu_exit) { .kind = VCPU_EXIT_ENTRY_FAILED };
		strcpy(exit->entry_failed.story, "told to refuse");
	} else {
		*exit = play(vcpu, fake);
	}
	statistics_begin(&vcpu->statistics, exit->kind);
	__atomic_store_n(&fake->running, 0, __ATOMIC_SEQ_CST);
	fake->has_run = true;
	return fake->refuses_entry ? ERROR_ENTRY_FAILED : ERROR_NONE;
}

static enum error fake_run(struct vcpu **whose, struct vcpu_exit *exit)
{
	struct vcpu *next = *whose;
	enum error error = ERROR_NONE;

	while (next && !error) {
		*whose = next;
		if (this_cpu()->need_resched) {
			exit->kind = VCPU_EXIT_KICKED;
			next = fake_of(next)->has_run ? fake_break_off(next) : NULL;
			continue;
		}
		error = fake_run_one(*whose, exit);
		next = NULL;
		if (exit->kind == VCPU_EXIT_PAUSE)
			next = fake_hand_over(*whose);
		else if (exit->kind == VCPU_EXIT_KICKED && this_cpu()->need_resched)
			next = *whose;
	}
	return error;
}

static enum error fake_inject(struct vcpu *vcpu, const struct vcpu_event *e, struct reason *why)
{
	bool triple;

	return vcpu_events_queue(&vcpu->events, e, &triple, why);
}

static enum error fake_get_register(struct vcpu *vcpu, enum vcpu_register reg, uint64_t *value)
{
	*value = reg == VCPU_RFLAGS ? 0x202 : 0; /* interrupts enabled */
	return ERROR_NONE;
}

static void fake_skip_instruction(struct vcpu *vcpu)
{
}

static enum error fake_init_reset(struct vcpu *vcpu, struct reason *why)
{
	return ERROR_NONE;
}

static enum error fake_start_up(struct vcpu *vcpu, uint8_t vector, struct reason *why)
{
	fake_of(vcpu)->started_with_vector = vector;
	return ERROR_NONE;
}

static void fake_destroy(struct vcpu *vcpu)
{
	assert(!fake_of(vcpu)->active_on);
	free(vcpu->backend);
}

static void fake_format_reason(char *buffer, size_t size, uint32_t raw_reason)
{
	snprintf(buffer, size, "%u(FAKE)", raw_reason);
}

static enum error fake_nested_create(struct nested_table **made, struct reason *why)
{
	*made = (struct nested_table *)&nested_tables;
	__atomic_fetch_add(&nested_tables, 1, __ATOMIC_RELAXED);
	return ERROR_NONE;
}

static enum error fake_nested_map(struct nested_table *nested, gpa_t at, hpa_t to, uint64_t length,
				  unsigned rights, enum nested_memory_type type, struct reason *why)
{
	return ERROR_NONE;
}

static enum error fake_nested_unmap(struct nested_table *nested, gpa_t at, uint64_t length,
				    struct reason *why)
{
	return ERROR_NONE;
}

static hpa_t fake_nested_root(const struct nested_table *nested)
{
	return hpa(0x1000);
}

static struct nested_mapping fake_nested_query(struct nested_table *nested, gpa_t at)
{
	return (struct nested_mapping) { .page_size = GIB(512) };
}

static void fake_nested_destroy(struct nested_table *nested)
{
	__atomic_fetch_sub(&nested_tables, 1, __ATOMIC_RELAXED);
}

static const struct virt_ops fake = {
	FAKE_VCPU_OPS,
	.vcpu_size = fake_vcpu_size,
	.format_reason = fake_format_reason,
	.nested_create = fake_nested_create,
	.nested_map = fake_nested_map,
	.nested_unmap = fake_nested_unmap,
	.nested_query = fake_nested_query,
	.nested_root = fake_nested_root,
	.nested_destroy = fake_nested_destroy,
};
const struct virt_ops *virt = &fake;

#endif
