/* What the parts of the PC board ask of one another. */
#ifndef GUEST_PC_PC_PARTS_H
#define GUEST_PC_PC_PARTS_H

#include "guest/pc/pc.h"
#include "guest/tables/acpi_tables.h"
#include "guest/tables/machine.h"
#include "guest/tables/smbios.h"
#include "kernel/cpu_nudge.h"
#include "vm/schedule/scheduler.h"
#include "vm/vm.h"
#include "x86/instructions.h"

/* --- pc.c --- */

/* After the VM's end. */
void pc_free(struct pc *pc);
/* Whole pages for `bytes`, zeroed. Null, and a NoMemory that names `what` and the VM. */
void *pc_take_memory(const struct vm_spec *spec, const char *what, size_t bytes,
		     struct reason *why);
/* Does the guest bring its own firmware? */
bool pc_has_firmware(const struct pc *pc);
/* A line in the log for what a guest did that its machine cannot; no more than it can read. */
void pc_complain(const struct pc *pc, const struct reason *why);

/* --- pc_chips.c --- */

/* Makes every chip and puts it on its bus. */
enum error pc_chips_create(struct pc *pc, struct reason *why) must_check;
/* While they are made: this one is told of time and of RESET#. */
void pc_keep_chip(struct pc *pc, const struct chip_ops *ops, void *chip);
/* RESET# to all of them. With the lock, or before the VM runs. */
void pc_chips_reset(struct pc *pc);

/* --- pc_serial.c --- */

enum error pc_serial_create(struct pc *pc, struct reason *why) must_check;
/* Bytes were typed for this VM. Any CPU, without the lock. */
void pc_console_input(void *context);
/* Prints what was sent to ports other than the console, and not ended by a line's end. Not with the
 * lock. */
void pc_serial_flush(struct pc *pc);

/* --- pc_pci.c --- */

/* The bridges, and both ways to configuration space. */
enum error pc_pci_create(struct pc *pc, struct reason *why) must_check;
/* Connects the interrupt pin of the function in `slot`, below 32; before pci_add_function(). */
void pc_pci_wire(struct pc *pc, unsigned slot, struct pci_function *f);
/* Their registers are as at first: so is what follows them. With the lock. */
void pc_pci_was_reset(struct pc *pc);
/* Tells the 8259s which of their inputs are levels, as firmware would. Not with the lock. */
void pc_pci_sense_levels(struct pc *pc);
/* The port at which the ACPI registers are now. */
uint16_t pc_pm_base(const struct pc *pc);

/* --- pc_fw_cfg.c --- */

/* After the PCI functions, whose registers the tables tell of. The items are made at once for a
 * firmware, and for others when they look for them. */
enum error pc_fw_cfg_create(struct pc *pc, struct reason *why) must_check;
/* The ACPI registers may have moved: the tables follow. With the lock. */
void pc_fw_cfg_follow(struct pc *pc);
void pc_fw_cfg_free(struct pc *pc);

/* --- pc_offer.c --- */

/* Puts the Linux kernel that the VM's firmware is to start, if there is one, into `fw`. */
enum error pc_offer_create(struct pc *pc, struct fw_cfg_items *fw, struct reason *why) must_check;
void pc_offer_free(struct pc *pc);

/* --- pc_debug.c --- */

enum error pc_debug_create(struct pc *pc, struct reason *why) must_check;
/* Prints what was said and not ended by a line's end. Not with the lock. */
void pc_debug_flush(struct pc *pc);
void pc_debug_free(struct pc *pc);

/* --- pc_disk.c --- */

/* A device for each module of role `disk`. */
enum error pc_disks_create(struct pc *pc, struct reason *why) must_check;
void pc_disks_free(struct pc *pc);

/* --- pc_vga.c --- */

enum error pc_vga_create(struct pc *pc, struct reason *why) must_check;
/* Lets the guest reach what is plain memory of its VGA, and takes from it what is so no longer. False
 * when that failed. On the CPU of one of the VM's vCPUs outside of run(), not with the lock. */
bool pc_vga_follow(struct pc *pc);
/* Hands over what the screen shows, row by row without those that are blank at the end. False when
 * there is no screen, or it is not in text mode. Not with the lock. */
bool pc_vga_print(struct pc *pc, void (*print)(const struct vm *vm, const char *row));
/* The same for the board of `vm`. */
bool pc_vm_screen(struct vm *vm, void (*print)(const struct vm *vm, const char *row));
void pc_vga_free(struct pc *pc);

/* --- pc_memory.c --- */

enum error pc_memory_create(struct pc *pc, struct reason *why) must_check;
/* Zeroes the next piece of RAM; true when all is as before the first boot. */
bool pc_memory_clear(struct pc *pc) must_check;
/* Fills pc->target. */
void pc_memory_describe(struct pc *pc);
/* Bytes of RAM below the hole for devices. */
uint64_t pc_low_memory(const struct pc *pc);
/* For chips that are bus masters. */
struct device_memory pc_device_memory(struct pc *pc);
/* Where the ACPI tables go, PC_TABLES_SIZE bytes. */
uint64_t pc_tables_start(const struct pc *pc);

/* --- pc_tables.c --- */

/* Writes BIOS data, MP table, SMBIOS and ACPI tables to the guest's RAM, for a system without firmware. */
enum error pc_tables_place(struct pc *pc, struct reason *why) must_check;
/* What they tell. */
void pc_table_machine(const struct pc *pc, struct table_machine *machine);
struct acpi_dsdt pc_dsdt(void);
void pc_smbios_machine(const struct pc *pc, struct smbios_machine *machine);

/* --- pc_bios.c --- */

/* Writes the BIOS and the interrupt vectors, for a system without firmware. After
 * pc_memory_describe(). */
enum error pc_bios_place(struct pc *pc, struct reason *why) must_check;
/* Real mode is to begin in the BIOS, which goes on as `state` says. */
void pc_bios_begin(struct pc *pc, struct boot_state *state);

/* --- pc_boot.c --- */

/* A module's bytes. */
struct load_file pc_file(const struct spec_module *module);
/* Those of the modules of one role, in the user's order; returns how many. `files` has SPEC_MODULES. */
unsigned pc_files_of(const struct vm_spec *spec, enum module_role role, struct load_file *files);
/* Loads the kernel and sets up the vCPUs, which are Created or Free. */
enum error pc_boot(struct pc *pc, struct reason *why) must_check;

/* --- pc_time.c: the chips' time --- */

static inline device_time pc_now(const struct pc *pc)
{
	return ratio_apply(&pc->tick_ns, read_tsc() - pc->epoch);
}
/* The host's time_ticks() at a moment of the VM's. */
uint64_t pc_time_to_ticks(const struct pc *pc, device_time at);
void pc_time_start(struct pc *pc);
/* No chip is advanced any more by itself, until time goes on. Not with the lock. */
void pc_time_stop(struct pc *pc);
void pc_time_go_on(struct pc *pc);
/* What the timers' counters of missed ticks say, for struct board_ops. Not with the lock. */
bool pc_missed_ticks(struct vm *vm, char *text, size_t size);
/* Arms the host timer for the earliest of the chips. With the lock. */
void pc_time_arm(struct pc *pc);
/* A chip was accessed: when does it want to be looked at? With the lock. */
void pc_time_touched(struct pc *pc, const void *chip);
/* The same for one that was looked up; what knows no time, or is not asked, is null. */
struct pc_chip *pc_time_chip(struct pc *pc, const void *chip);
static inline void pc_time_ask(struct pc *pc, struct pc_chip *c)
{
	if (*c->idle) {
		c->next = DEVICE_NEVER;
		return;
	}
	c->next = c->ops->next(c->chip);
	/* For the earliest of the others it is armed already. */
	if (unlikely(c->next < pc->timer_at))
		pc_time_arm(pc);
}
/* Brings chips whose moment has come up to now. With the lock. */
void pc_time_advance(struct pc *pc);

/* --- pc_interrupts.c --- */

/* A wire's `set`; context is the struct pc, the number PC_WIRE() of an interrupt and of who pulls
 * it: several may share one. Interrupts 0 to 15 reach both the 8259s and the I/O APIC, from 16 on
 * they are pins of the latter alone. With the lock. */
#define PC_WIRE(irq, source) ((irq) | (source) << 8)
void pc_irq(void *context, unsigned number, bool level);
/* The input `irq` of the 8259s alone, pulled by PIRQ `pirq`. */
void pc_isa_level(struct pc *pc, unsigned irq, unsigned pirq, bool level);
/* The 8259s' INTR, and the I/O APIC's messages, as these chips' outputs. With the lock. */
void pc_pic_output(void *context, unsigned number, bool level);
bool pc_send_message(void *context, const struct apic_message *message);
/* A device's message-signalled interrupt. With the lock. */
void pc_send_msi(void *context, uint64_t address, uint32_t data);

/* A vCPU's local APIC has something for it to look at. One that runs is told at once; on this very CPU it
 * is out of its guest, and attention has it look before it goes back. Any CPU, with or without the lock. */
static inline void pc_tell(struct vcpu *vcpu)
{
	struct cpu *cpu;

	__atomic_store_n(&vcpu->interrupt_request, true, __ATOMIC_SEQ_CST);
	if (unlikely(__atomic_load_n(&vcpu->state, __ATOMIC_SEQ_CST) != VCPU_RUNNING)) {
		scheduler_notify(vcpu);
		return;
	}
	cpu = __atomic_load_n(&vcpu->cpu, __ATOMIC_RELAXED);
	if (unlikely(cpu == this_cpu()))
		cpu_draw_attention();
	else if (likely(cpu))
		cpu_nudge(cpu);
}
/* The same for vCPU `index` of the struct pc. */
void pc_notify(void *context, unsigned index);
/* A message that is no ordinary interrupt: NMI, INIT or start-up, to a vCPU. Likewise. */
void pc_deliver(void *context, unsigned index, const struct apic_message *message);

/* --- pc_apic_wiring.c --- */

/* One a vCPU, and the bus among them. */
enum error pc_local_apics_create(struct pc *pc, struct reason *why) must_check;
void pc_local_apics_reset(struct pc *pc);
/* Their timers. No lock held; the vCPUs do not run. */
void pc_local_apics_stop(struct pc *pc);
void pc_local_apics_free(struct pc *pc);

/* --- pc_local_apic.c --- */

/* The local APIC's registers as the guest reaches them; `offset` into its page. On the vCPU's CPU,
 * without the lock. An MSR that is not there, or a value it does not take: false. */
uint64_t pc_local_apic_read(struct pc_vcpu *pv, uint64_t offset, unsigned width);
void pc_local_apic_write(struct pc_vcpu *pv, uint64_t offset, unsigned width, uint64_t value);
bool pc_local_apic_msr_read(struct pc_vcpu *pv, uint32_t index, uint64_t *value);
bool pc_local_apic_msr_write(struct pc_vcpu *pv, uint32_t index, uint64_t value);

extern const struct vcpu_interrupts pc_vcpu_interrupts;

/* That of a vCPU. */
static inline struct pc_vcpu *pc_vcpu_of(const struct vcpu *vcpu)
{
	return (struct pc_vcpu *)vcpu->owner;
}

/* --- pc_apic_timer.c --- */

void pc_apic_timer_init(struct pc_vcpu *pv);
void pc_apic_timer_reset(struct pc_vcpu *pv);
/* Of struct vlapic_connections; the rest is the owner's, too. */
void pc_apic_timer_changed(void *context, struct vlapic *lapic);
/* Brings the timer up to now. */
void pc_apic_timer_advance(struct pc_vcpu *pv);
/* That, when pv->timer_due says so, and what follows for the deadline. */
void pc_apic_timer_look(struct pc_vcpu *pv);
/* WRMSR to IA32_TSC_DEADLINE. */
void pc_apic_timer_set_tsc(struct pc_vcpu *pv, uint64_t value);
/* Of struct vcpu_interrupts. */
void pc_apic_timer_due(struct vcpu *vcpu);
void pc_apic_timer_sleeps(struct vcpu *vcpu);

/* --- pc_access.c --- */

/* Memory that is no RAM, as the emulators reach it; `context` is the struct pc. On the vCPU's CPU, without
 * the lock. */
void pc_read_memory(void *context, struct vcpu *vcpu, gpa_t at, unsigned width, uint64_t *value);
void pc_write_memory(void *context, struct vcpu *vcpu, gpa_t at, unsigned width, uint64_t value);
/* An access that several chips may answer, each some of its bytes; those of a value beyond the width are
 * zero. With the lock. */
void pc_access_pieces(struct pc *pc, struct bus *bus, uint64_t at, unsigned width, bool in,
		      uint64_t *value);
/* bus_find_route(), and in the note the struct pc_chip of one that is timed. While something has to be done
 * aside no access becomes known: it draws this CPU's attention. With the lock. */
struct bus_route *pc_find_route(struct pc *pc, struct bus *bus, uint64_t key, uint64_t at,
				unsigned width);

extern const struct vcpu_quick pc_vcpu_quick;
/* vcpu->unknown_hypercall of its vCPUs. */
uint64_t pc_unknown_hypercall(const struct pc *pc);

/* --- pc_ports.c --- */

/* The board's part of struct vcpu_quick. */
void pc_answer_port(struct vcpu *vcpu, uint64_t access);
/* A port, as string_io() reaches it; `context` is the struct pc. On the vCPU's CPU, without the lock. */
void pc_access_port(void *context, struct vcpu *vcpu, uint16_t port, unsigned width, bool in,
		    uint32_t *value);
/* The access that is being made leaves this to be done before its vCPU goes on, and before any vCPU does
 * that reaches for a chip after it. With the lock. */
void pc_leave_aside(struct pc *pc, enum pc_aside what);

/* --- pc_msr.c --- */

/* RDMSR and WRMSR of what is not the CPU's own. False: #GP. On the vCPU's CPU, without the lock. */
bool pc_msr_read(struct pc_vcpu *pv, uint32_t index, uint64_t *value);
bool pc_msr_write(struct pc_vcpu *pv, uint32_t index, uint64_t value);
/* The guest changed its TSC. */
void pc_msr_tsc_changed(struct pc_vcpu *pv);

/* --- pc_names.c --- */

/* The board's symbol() and device_at(). */
bool pc_symbol(struct vm *vm, gva_t at, char *text, size_t size);
void pc_device_at(struct vcpu *vcpu, gpa_t at, char *text, size_t size);

/* --- pc_end.c --- */

/* The guest asked for an end, or met one: the first counts, and returns true. `why` is a constant
 * string. Any CPU, with or without the lock. */
bool pc_end_request(struct pc *pc, enum pc_ending ending, const char *why);
/* Whether lines about its resets are still worth reading: not of one that does nothing else. */
bool pc_reset_is_news(const struct pc *pc);
/* What the run loop does after an exit: go on, unless the machine ends. On the CPU of one of the VM's
 * vCPUs outside of run(), not with the lock. */
enum board_action pc_go_on(struct pc *pc);
/* Would it go on at once? Any context. */
static inline bool pc_may_go_on(const struct pc *pc)
{
	return !__atomic_load_n(&pc->asides, __ATOMIC_ACQUIRE);
}
/* Why its machine stops; PC_RUNS: it does not. */
static inline enum pc_ending pc_ending(const struct pc *pc)
{
	return (enum pc_ending)(__atomic_load_n(&pc->asides, __ATOMIC_ACQUIRE) & PC_ENDING);
}
void pc_ended(struct vm *vm, const struct reason *trouble);
/* INIT# to every vCPU: memory and chips stay, and the first one begins at the reset vector. Any CPU,
 * with or without the lock. */
void pc_reset_processors(struct pc *pc);
/* RESET#: everything as when the VM was made. */
enum error pc_restart(struct vm *vm, bool *again, struct reason *why) must_check;
bool pc_all_halted(struct vm *vm);

#endif
