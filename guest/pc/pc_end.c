/* How a guest's machine ends: it powers off, leaves by a debug port, or stops for trouble; and how
 * it starts again after a reset. */
#include "guest/pc/pc_parts.h"

#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/output/tap.h"
#include "kernel/time.h"
#include "lib/assert.h"
#include "lib/bits.h"
#include "lib/format.h"
#include "vm/ipi.h"
#include "vm/manager.h"
#include "vm/virt_ops.h"

/* A guest that resets its machine again and again gets nowhere, and costs a reload each time. One that
 * had less than both of these between two resets was hasty; after so many in a row it ends. */
#define HASTY_GUEST_US      100000
#define HASTY_NS            NANOSECONDS
#define HASTY_RESETS        16
#define HASTY_RESETS_LOGGED 4

bool pc_reset_is_news(const struct pc *pc)
{
	return __atomic_load_n(&pc->life.hasty_resets, __ATOMIC_RELAXED) < HASTY_RESETS_LOGGED;
}

/* Only what a guest does ends its machine, never what a chip does as time passes: so there is an exit
 * to answer, and pc_go_on() answers it. To stop or restart the VM from here would be a deadlock, for
 * the board's lock may be held. */
bool pc_end_request(struct pc *pc, enum pc_ending ending, const char *why)
{
	const struct vcpu *vcpu = (const struct vcpu *)this_cpu()->current.vcpu;
	uint32_t asides = __atomic_load_n(&pc->asides, __ATOMIC_RELAXED);

	assert(vcpu && vcpu->vm == pc->vm);
	cpu_draw_attention();
	do
		if (asides & PC_ENDING)
			return false;
	while (!__atomic_compare_exchange_n(&pc->asides, &asides, asides | ending, true,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	if (ending != PC_RESET || pc_reset_is_news(pc))
		log_info("guest", "vm=%u(%s) %s: %s", pc->vm->id, pc->vm->name,
			 ending == PC_RESET ? "resets" : "ends", why);
	return true;
}

/* What its access left to do before the guest goes on. */
static enum board_action attend(struct pc *pc)
{
	uint32_t asides = __atomic_load_n(&pc->asides, __ATOMIC_RELAXED);

	if ((asides & PC_SCREEN_MOVED) && !pc_vga_follow(pc))
		return BOARD_UNHANDLED;
	if (!(asides & PC_FLOODS))
		return BOARD_RESUME;
	__atomic_fetch_and(&pc->asides, ~(uint32_t)PC_FLOODS, __ATOMIC_RELAXED);
	return BOARD_YIELD;
}

enum board_action pc_go_on(struct pc *pc)
{
	switch (pc_ending(pc)) {
	case PC_RUNS:
		return attend(pc);
	case PC_RESET:
		return pc->spec->reset == SPEC_RESTART ? BOARD_RESET_VM : BOARD_END_VM;
	default:
		return BOARD_END_VM;
	}
}

/* --- starting again -------------------------------------------------------------------------- */

static uint64_t guest_ticks(const struct vm *vm)
{
	uint64_t ticks = 0;

	for (unsigned i = 0; i < vm->vcpu_count; i++)
		ticks += __atomic_load_n(&vm->vcpus[i]->guest_ticks, __ATOMIC_RELAXED);
	return ticks;
}

/* A user who resets is not hasty, nor is a guest that was given its time, or that waited. */
static enum error end_life(struct pc *pc, struct reason *why)
{
	struct pc_life *life = &pc->life;
	bool hasty = pc_ending(pc) == PC_RESET && pc_now(pc) - life->began < HASTY_NS &&
		     time_ticks_to_us(guest_ticks(pc->vm) - life->guest_ticks) < HASTY_GUEST_US;

	__atomic_store_n(&life->hasty_resets, hasty ? life->hasty_resets + 1 : 0, __ATOMIC_RELAXED);
	if (life->hasty_resets < HASTY_RESETS)
		return ERROR_NONE;
	return reason_set(why, ERROR_TIMEOUT,
			  "the guest reset its machine %u times in a row, each time before it had "
			  "run for %u ms: it gets nowhere",
			  HASTY_RESETS, HASTY_GUEST_US / 1000);
}

static void begin_life(struct pc *pc)
{
	pc->life.began = pc_now(pc);
	pc->life.guest_ticks = guest_ticks(pc->vm);
	pc->exit_status = 0;
	pc_time_go_on(pc);
	if (pc_reset_is_news(pc))
		log_info("guest", "vm=%u(%s) starts again", pc->vm->id, pc->vm->name);
	__atomic_fetch_and(&pc->asides, ~(uint32_t)PC_ENDING, __ATOMIC_RELEASE);
}

/* Memory goes first, in as many steps as it takes. */
static bool is_first_step(const struct pc *pc)
{
	return !pc->clearing.slot && !pc->clearing.offset;
}

/* A CPU that cannot run a guest from its reset vector resets the whole machine: what the BIOS there
 * does for all who left it no address. */
void pc_reset_processors(struct pc *pc)
{
	struct reason why;

	if (virt->supports_mode(VCPU_MODE_RESET, &why)) {
		pc_end_request(pc, PC_RESET, "INIT by a reset line");
		return;
	}
	for (unsigned i = 0; i < pc->vm->vcpu_count; i++)
		ipi_take_init(pc->vm->vcpus[i]);
}

enum error pc_restart(struct vm *vm, bool *again, struct reason *why)
{
	struct pc *pc = (struct pc *)vm->board_data;
	enum error error = is_first_step(pc) ? end_life(pc, why) : ERROR_NONE;
	uint64_t flags;

	if (error)
		return error;
	pc_time_stop(pc);
	pc_local_apics_stop(pc);
	*again = !pc_memory_clear(pc);
	if (*again)
		return ERROR_NONE;
	flags = spinlock_acquire(&pc->lock);
	pc_chips_reset(pc);
	spinlock_release(&pc->lock, flags);
	pc_local_apics_reset(pc);
	for (unsigned i = 0; i < vm->vcpu_count && !error; i++)
		error = vcpu_reset(vm->vcpus[i]);
	if (error)
		return reason_set(why, error, "a vcpu of VM %s cannot be reset: see the log",
				  vm->name);
	error = pc_boot(pc, why);
	if (!error)
		begin_life(pc);
	return error;
}

/* --- halts ----------------------------------------------------------------------------------- */

/* May a chip still send an NMI or INIT, as the guest programmed it? Whether it ever will is not asked:
 * a watchdog may be far off. Disks answer at once, and so send nothing by themselves. */
static bool may_be_woken(const struct pc *pc)
{
	for (unsigned i = 0; i < pc->vm->vcpu_count; i++)
		if (vlapic_lint_is_unmaskable(pc->lapics[i], VLAPIC_LINT0))
			return true;
	return ioapic_sends_unmaskable(&pc->ioapic) ||
	       (pc->spec->hpet && hpet_sends_unmaskable(&pc->hpet));
}

bool pc_all_halted(struct vm *vm)
{
	struct pc *pc = (struct pc *)vm->board_data;
	uint64_t flags = spinlock_acquire(&pc->lock);
	bool halted = !may_be_woken(pc);

	spinlock_release(&pc->lock, flags);
	return halted;
}

/* --- the end --------------------------------------------------------------------------------- */

static void report(const struct pc *pc, const struct reason *trouble)
{
	char name[VM_NAME_MAX + sizeof("vm/")];

	format_string(name, sizeof(name), "vm/%s", pc->vm->name);
	if (trouble)
		tap_result(false, name, "%s: %s", error_name(trouble->kind), trouble->text);
	else if (pc->exit_status > DEBUG_EXIT_OK)
		tap_result(false, name, "the guest left by the debug-exit port with status 0x%x",
			   pc->exit_status);
	else if (pc->vm->halted_for_good && pc_ending(pc) == PC_RUNS && !pc->spec->halt_ok)
		tap_result(false, name,
			   "the guest halted for good: every CPU waits with interrupts off, and "
			   "nothing can wake one");
	else
		tap_result(true, name, NULL);
}

static void log_row(const struct vm *vm, const char *row)
{
	char quotable[LOG_LINE_MAX];

	format_quotable(quotable, sizeof(quotable), row);
	log_info("guest", "vm=%u(%s) screen| %s", vm->id, vm->name, quotable);
}

static void tell_missed_ticks(struct vm *vm)
{
	char text[LOG_LINE_MAX];

	if (pc_missed_ticks(vm, text, sizeof(text)))
		log_info("guest", "missed ticks vm=%u(%s)%s", vm->id, vm->name, text);
}

void pc_ended(struct vm *vm, const struct reason *trouble)
{
	struct pc *pc = (struct pc *)vm->board_data;

	/* Until the console is closed, another CPU may bring what was typed, which touches chips and
	 * pulls wires. A timer that this armed is cancelled by what comes after; and once time has
	 * stopped no chip arms one. */
	console_close(&pc->console);
	pc_time_stop(pc);
	pc_local_apics_stop(pc);
	pc_serial_flush(pc);
	pc_debug_flush(pc);
	if (!pc->unreported)
		tell_missed_ticks(vm);
	/* A guest may have told of its trouble here alone. */
	if (trouble)
		pc_vga_print(pc, log_row);
	if (!pc->unreported)
		report(pc, trouble);
	pc_free(pc);
}
