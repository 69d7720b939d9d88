/* Chooses, makes and starts the embedded test guests. */
#include "guest/run_tests.h"

#include "guest/registry.h"
#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/memory.h"
#include "kernel/output/tap.h"
#include "lib/bits.h"
#include "lib/format.h"
#include "lib/string.h"
#include "vm/manager.h"
#include "vm/schedule/scheduler.h"

static struct {
	struct spinlock lock; /* guards all below, and state and meetings of each guest */
	struct test_guest *guests;
	unsigned count;
	unsigned running; /* started and not ended */
	bool all_made;
} tests = { .lock = SPINLOCK_INIT("test-guests") };

static struct guest_name {
	char text[VM_NAME_MAX + sizeof("guest/")];
} name_buffer;

/* Asked for three times of each guest before the first one runs: no work for format_string(). */
static const char *full_name(const struct guest_entry *entry, struct guest_name *name)
{
	static const char group[] = "guest/";
	size_t used = sizeof(group) - 1, length = strnlen(entry->name, VM_NAME_MAX);

	memcpy(name->text, group, used);
	memcpy(name->text + used, entry->name, length);
	name->text[used + length] = 0;
	return name->text;
}

static bool selected(const struct guest_entry *entry)
{
	return command_line_selects(command_line.tests, full_name(entry, &name_buffer));
}

/* Counts the items of tests= that fit no guest, and with `report` prints a failed result for each, so
 * that a mistyped name is no silent success. "none" is meant to fit none. */
static unsigned unknown_items(bool report)
{
	const char *rest = command_line.tests;
	char item[sizeof(command_line.tests)], name[sizeof(item) + sizeof("tests=")];
	unsigned unknown = 0;

	while ((rest = command_line_next_item(rest, item, sizeof(item))) != NULL) {
		bool known = !item[0] || !strcmp(item, "none");
		for (uint64_t i = 0; i < guest_registry_count && !known; i++)
			known = command_line_selects(item,
						     full_name(&guest_registry[i], &name_buffer));
		unknown += !known;
		format_string(name, sizeof(name), "tests=%s", item);
		if (!known && report)
			tap_result(false, name, "no guest is called so: names begin with guest/");
	}
	return unknown;
}

unsigned test_guests_plan(void)
{
	unsigned count = unknown_items(false);

	for (uint64_t i = 0; i < guest_registry_count; i++)
		count += selected(&guest_registry[i]);
	return count;
}

void test_guests_skip(const char *reason)
{
	unknown_items(true);
	for (uint64_t i = 0; i < guest_registry_count; i++) {
		if (selected(&guest_registry[i]))
			tap_skip(name_buffer.text, "%s", reason);
	}
}

/* --- making one ------------------------------------------------------------------------------ */

/* The index of the online CPU number `wanted`, counted around. */
static int online_cpu(unsigned wanted)
{
	wanted %= cpu_online_count();
	for (unsigned i = 0; i < cpu_count(); i++) {
		if (__atomic_load_n(&cpu_by_index(i)->state, __ATOMIC_ACQUIRE) == CPU_ONLINE &&
		    wanted-- == 0)
			return (int)i;
	}
	return 0;
}

static enum error set_up_vcpu(const struct test_guest *guest, struct vcpu *vcpu, unsigned id)
{
	const struct guest_header *header = &guest->image.header;
	const struct vcpu_config config = {
		.mode = (enum vcpu_mode)header->mode,
		.page_table = gpa(GUEST_PAGE_TABLES),
		.stack_pointer = GUEST_STACK_TOP - (uint64_t)id * GUEST_STACK_SIZE,
		.argument = id,
		.intercepts = header->intercepts | INTERCEPT_HLT,
		.exceptions = header->exceptions,
		.wait_for_sipi = id && !(header->flags & GUEST_ALL_START),
	};
	enum error error = vcpu_set_entry(vcpu, gpa(header->entry));

	if (!error)
		error = vcpu_setup(vcpu, &config);
	vcpu->watcher = &test_watcher;
	if (header->pinned >= 0) {
		unsigned wanted = (unsigned)header->pinned;

		if (header->flags & GUEST_SPREAD)
			wanted += id;
		vcpu->pinned_cpu = online_cpu(wanted);
	}
	return error;
}

enum error test_guest_set_up(struct test_guest *guest, struct vm *vm, struct reason *why)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++) {
		enum error error = set_up_vcpu(guest, vm->vcpus[i], i);

		if (error)
			return reason_set(why, error, "vcpu %u could not be set up: see the log",
					  i);
	}
	return ERROR_NONE;
}

static enum error make_vm(struct test_guest *guest, const char *name, struct reason *why)
{
	const struct guest_header *header = &guest->image.header;
	bool starts_up = header->vcpus > 1 && !(header->flags & GUEST_ALL_START);
	enum error error = virt->supports_mode((enum vcpu_mode)header->mode, why);

	/* What a SIPI starts begins in real mode. */
	if (!error && starts_up)
		error = virt->supports_mode(VCPU_MODE_REAL16, why);
	if (error)
		return error;
	error = vm_create(&guest->vm, name, header->memory, header->vcpus, &test_board, guest, why);
	if (error)
		return error;
	guest->vm->deadline_us = header->deadline_ms * 1000ull;
	uint8_t *memory = vm_memory(guest->vm, gpa(0), header->memory);
	if (!memory)
		return reason_set(why, ERROR_BAD_STATE, "its memory is not in one piece");
	guest_image_load(&guest->image, memory);
	return test_guest_set_up(guest, guest->vm, why);
}

/* A guest that cannot be made has its TAP line here and now. */
static void prepare(struct test_guest *guest, const struct guest_entry *entry)
{
	struct reason why = { 0 };
	enum error error;

	guest->lock = (struct spinlock)SPINLOCK_INIT("test-guest");
	error = guest_image_parse(entry->image, (size_t)(entry->image_end - entry->image),
				  &guest->image, &why);
	if (!error) {
		expect_init(&guest->expect, &guest->image);
		error = make_vm(guest, entry->name, &why);
	}
	if (!error) {
		guest->state = TEST_GUEST_PREPARED;
		return;
	}
	if (guest->vm) {
		/* Never started, so it ends at once and is reported on the way. */
		guest->skipped = error == ERROR_UNSUPPORTED;
		guest->story = why;
		vm_stop(guest->vm, &why);
		return;
	}
	guest->state = TEST_GUEST_ENDED;
	if (error == ERROR_UNSUPPORTED)
		tap_skip(guest->name, "%s", why.text);
	else
		tap_result(false, guest->name, "%s: %s", error_name(error), why.text);
}

/* --- starting -------------------------------------------------------------------------------- */

/* Under the lock; vm_start() only queues. */
static void start(struct test_guest *guest)
{
	struct reason why = { 0 };

	guest->state = TEST_GUEST_STARTED;
	tests.running++;
	if (!vm_start(guest->vm, &why))
		return;
	tests.running--;
	guest->state = TEST_GUEST_ENDED;
	tap_result(false, guest->name, "not started: %s", why.text);
}

/* Guests that want to be alone start one by one, when nothing else runs any more. */
static void start_next_alone(void)
{
	for (unsigned i = 0; i < tests.count && !tests.running; i++) {
		if (tests.guests[i].state == TEST_GUEST_PREPARED)
			start(&tests.guests[i]);
	}
}

enum error test_guests_start(void)
{
	unsigned count = test_guests_plan() - unknown_items(true);
	size_t names = count * sizeof(struct guest_name);
	size_t pages = (count * sizeof(struct test_guest) + names + PAGE_MASK) / PAGE_SIZE;
	struct reason why;

	if (!count)
		return ERROR_NONE;
	tests.guests = pages_alloc(pages, PAGE_SIZE);
	if (!tests.guests) {
		reason_set(&why, ERROR_NO_MEMORY, "no memory for the list of test guests");
		return log_reason(LOG_ERROR, "guest", &why);
	}
	struct guest_name *name = (struct guest_name *)(tests.guests + count);
	for (uint64_t i = 0; i < guest_registry_count; i++) {
		if (!selected(&guest_registry[i]))
			continue;
		struct test_guest *guest = &tests.guests[tests.count++];

		guest->name = full_name(&guest_registry[i], name++);
		prepare(guest, &guest_registry[i]);
	}

	uint64_t flags = spinlock_acquire(&tests.lock);
	for (unsigned i = 0; i < tests.count; i++) {
		struct test_guest *guest = &tests.guests[i];

		if (guest->state == TEST_GUEST_PREPARED &&
		    !(guest->image.header.flags & GUEST_ALONE))
			start(guest);
	}
	tests.all_made = true;
	start_next_alone();
	spinlock_release(&tests.lock, flags);
	return ERROR_NONE;
}

/* --- while they run -------------------------------------------------------------------------- */

/* Under the lock: nobody of the meeting who is still to come has come less often. */
static bool all_there(const struct test_guest *guest)
{
	for (unsigned i = 0; i < tests.count; i++) {
		const struct test_guest *other = &tests.guests[i];

		if (other->image.header.meeting == guest->image.header.meeting &&
		    other->state == TEST_GUEST_STARTED && other->meetings < guest->meetings)
			return false;
	}
	return true;
}

/* Under the lock. */
static void wake_meeting(uint32_t meeting)
{
	for (unsigned i = 0; meeting && i < tests.count; i++) {
		struct test_guest *guest = &tests.guests[i];

		if (guest->image.header.meeting == meeting && guest->state == TEST_GUEST_STARTED &&
		    guest->meetings && all_there(guest))
			scheduler_wake_always(guest->vm->vcpus[0]);
	}
}

bool test_guests_meet(struct test_guest *guest)
{
	uint64_t flags = spinlock_acquire(&tests.lock);

	guest->meetings++;
	bool there = all_there(guest);
	if (there)
		wake_meeting(guest->image.header.meeting);
	spinlock_release(&tests.lock, flags);
	return there;
}

void test_guests_ended(struct test_guest *guest)
{
	uint64_t flags = spinlock_acquire(&tests.lock);

	tests.running -= guest->state == TEST_GUEST_STARTED;
	guest->state = TEST_GUEST_ENDED;
	wake_meeting(guest->image.header.meeting);
	bool next = tests.all_made && !tests.running;
	spinlock_release(&tests.lock, flags);
	if (!next)
		return;
	/* The CPU that sends what still waits in the log would be missing to the guest that starts
	 * now, and a guest is alone because it measures. */
	log_drain();
	flags = spinlock_acquire(&tests.lock);
	start_next_alone();
	spinlock_release(&tests.lock, flags);
}
