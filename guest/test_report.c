/* The judgement of a test guest that has ended, and its line in the test report. */
#include "guest/test_board.h"

#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/output/tap.h"
#include "lib/string.h"

static bool read_final(void *context, unsigned vcpu, unsigned which, uint64_t *value)
{
	struct test_guest *guest = context;

	if (which < GPR_COUNT) {
		*value = guest->vm->vcpus[vcpu]->gpr[which];
		return which != RSP;
	}
	for (unsigned i = 0; i < guest->final_count; i++) {
		if (guest->finals[i].vcpu == vcpu && guest->finals[i].which == which) {
			*value = guest->finals[i].value;
			return true;
		}
	}
	return false;
}

static bool read_memory(void *context, uint64_t at, uint64_t *value)
{
	struct test_guest *guest = context;
	const uint64_t *memory = vm_memory(guest->vm, gpa(at), sizeof(*value));

	if (!memory)
		return false;
	__builtin_memcpy(value, memory, sizeof(*value));
	return true;
}

static void print_registers(const struct test_guest *guest)
{
	for (uint32_t i = 0; i < guest->image.header.vcpus; i++) {
		const uint64_t *gpr = guest->vm->vcpus[i]->gpr;

		tap_diagnostic("%s vcpu=%u rip=0x%lx rax=0x%lx rbx=0x%lx rcx=0x%lx rdx=0x%lx "
			       "rbp=0x%lx rsi=0x%lx rdi=0x%lx",
			       guest->name, i, guest->last_rip[i], gpr[RAX], gpr[RBX], gpr[RCX],
			       gpr[RDX], gpr[RBP], gpr[RSI], gpr[RDI]);
	}
}

/* How equal equal shares were, for those who want the number. */
static void tell_work(const struct test_guest *guest, const struct expect_reader *reader)
{
	for (uint32_t i = 0; i < guest->image.row_count; i++) {
		const struct guest_row *row = &guest->image.rows[i];
		struct expect_work work;

		if (row->type == ROW_WORK && expect_work(&guest->image, row, reader, &work))
			log_info("guest", "work of %u vCPUs low=%lu high=%lu mean=%lu cpus=%u",
				 guest->image.header.vcpus, work.low, work.high, work.mean,
				 cpu_online_count());
	}
}

/* A guest with GUEST_UNHANDLED has to be stopped by the machine above, for the exit that its table
 * ends with. */
static void check_story(struct test_guest *guest, const struct reason *trouble)
{
	const struct guest_row *row = guest->image.rows, *end = row + guest->image.row_count;
	struct reason meant, why;

	while (row < end && !(row->flags & ROW_ENDS))
		row++;
	if (row == end) {
		reason_set(&why, ERROR_INVALID_DATA, "no row says which exit nobody handles");
		test_guest_fail(guest, &why);
		return;
	}
	reason_set(&meant, ERROR_UNSUPPORTED, "nobody handles exit %s at rip=0x%lx of vcpu %u",
		   vcpu_exit_name((enum vcpu_exit_kind)row->kind), row->at, row->vcpu);
	if (trouble && trouble->kind == meant.kind && !strcmp(trouble->text, meant.text))
		return;
	reason_set(&why, ERROR_INVALID_DATA, "expected the VM to be stopped: %s; observed %s",
		   meant.text, trouble ? trouble->text : "an orderly end");
	test_guest_fail(guest, &why);
}

void test_guest_report(struct test_guest *guest, const struct reason *trouble)
{
	const struct expect_reader reader = { guest, read_final, read_memory };
	struct reason why = { 0 };

	if (guest->skipped) {
		tap_skip(guest->name, "%s", guest->story.text);
		return;
	}
	tell_work(guest, &reader);
	/* A VM that was stopped for a reason, as its guest meant it to be, is content. */
	if (trouble && !guest->ended)
		test_guest_fail(guest, trouble);
	if (!guest->failed && (guest->image.header.flags & GUEST_UNHANDLED))
		check_story(guest, trouble);
	if (!guest->failed && expect_end(&guest->expect, &reader, &why))
		test_guest_fail(guest, &why);
	if (!guest->failed) {
		tap_result(true, guest->name, NULL);
		return;
	}
	tap_result(false, guest->name, "%s", guest->story.text);
	if (trouble && !guest->ended)
		tap_diagnostic("%s stopped: %s", guest->name, trouble->text);
	print_registers(guest);
}
