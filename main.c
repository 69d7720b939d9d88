/* The front door: everything Plinth does, in order. The one file that sees every layer. */
#include "guest/console/console_input.h"
#include "guest/console/shell.h"
#include "guest/gdb/gdb_server.h"
#include "guest/run_tests.h"
#include "guest/run_vms.h"
#include "kernel/address_space.h"
#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/cpu_setup.h"
#include "kernel/cpu_table.h"
#include "kernel/firmware.h"
#include "kernel/lapic.h"
#include "kernel/output/log.h"
#include "kernel/machine_end.h"
#include "kernel/memory_init.h"
#include "kernel/panic.h"
#include "kernel/pic.h"
#include "kernel/provoke.h"
#include "kernel/output/screen.h"
#include "kernel/selftest.h"
#include "kernel/smp.h"
#include "kernel/output/serial.h"
#include "kernel/output/tap.h"
#include "kernel/time.h"
#include "kernel/time_init.h"
#include "kernel/timer.h"
#include "kernel/traps.h"
#include "kernel/wall_clock.h"
#include "lib/format.h"
#include "vm/provoke.h"
#include "vm/recorder_log.h"
#include "vm/schedule/scheduler.h"
#include "vm/selftest.h"
#include "vm/statistics_log.h"
#include "vm/virtualization.h"
#include "vmx/backend.h"
#include "vmx/cpu/report.h"
#include "vmx/vcpu/apicv_probe.h"
#include "vmx/vcpu/debug.h"
#include "vmx/vcpu/entry_selftest.h"
#include "vmx/cpu/selftest.h"
#include "vmx/trial/instruction_errors.h"
#include "vmx/trial/negative.h"
#include "x86/cpuid.h"
#include "x86/instructions.h"

/* Characters shown of what the loader says, its end included. */
#define SHOWN_NAME 48
#define SHOWN_LINE 320

struct command_line command_line;

void kernel_main(uint32_t boot_info, uint64_t load_offset) noreturn_fn;

static void complain_of_option(void *context, const char *sentence)
{
	log_warn("boot", "%s", sentence);
}

/* What boot cannot go on without. */
static void must(enum error error, const struct reason *why)
{
	if (error)
		panic("%s: %s", error_name(why->kind), why->text);
}

static uint32_t initial_apic_id(void)
{
	if (cpuid_query(CPUID_VENDOR, 0).eax >= CPUID_TOPOLOGY) {
		struct cpuid_result topology = cpuid_query(CPUID_TOPOLOGY, 0);
		if (topology.ebx)
			return topology.edx; /* all 32 bits */
	}
	return (uint32_t)field_get(cpuid_query(CPUID_FEATURES, 0).ebx, CPUID_1_EBX_INITIAL_APIC_ID);
}

static void start_log(uint64_t load_offset)
{
	time_start();
	serial_init();
	log_info("boot", "Plinth starts image=0x%lx length=0x%lx", image_physical_start().value,
		 image_length());
	if (load_offset)
		log_info("boot", "the loader moved the image by=0x%lx", load_offset);
}

static void read_command_line(void)
{
	const struct multiboot2_info *loader = firmware_loader();
	char name[SHOWN_NAME], line[SHOWN_LINE];

	command_line_parse(&command_line, loader->command_line, complain_of_option, NULL);
	log_set_level(command_line.log_level);
	format_quotable(name, sizeof(name), loader->loader_name);
	format_quotable(line, sizeof(line), loader->command_line);
	log_info("boot", "loader=\"%s\" command-line=\"%s\" modules=%u firmware=%s", name, line,
		 loader->module_count, loader->efi_system_table ? "uefi" : "bios");
	for (unsigned i = 0; i < loader->module_count; i++) {
		const struct multiboot2_module *module = &loader->modules[i];

		format_quotable(line, sizeof(line), module->string);
		log_info("boot", "module=%u start=0x%lx length=0x%lx string=\"%s\"", i,
			 module->start.value, module->length, line);
	}
}

static void start_interrupts(void)
{
	const struct acpi_info *acpi = firmware_acpi();
	struct reason why;
	uint32_t highest = 0;

	for (unsigned i = 0; i < acpi->cpu_count; i++) {
		if (acpi->cpus[i].state == ACPI_CPU_ENABLED && acpi->cpus[i].apic_id > highest)
			highest = acpi->cpus[i].apic_id;
	}
	pic_silence();
	must(lapic_init(command_line.apic, highest, &why), &why);
	if (acpi->has_madt && acpi->local_apic.value != lapic_base().value)
		log_warn("acpi",
			 "local APIC at 0x%lx by the MADT, at 0x%lx by the CPU: the CPU knows",
			 acpi->local_apic.value, lapic_base().value);
}

/* Whoever sits at a serial port, and the debugger at the other. */
static void do_chores(void)
{
	console_tick();
	gdb_server_tick();
}

/* While guests of the user's run, which modules ask for, or by itself, the shell is there: it says so,
 * for whoever waits to type, and boot goes on while the port takes its time over that; */
static void open_shell(void)
{
	if (!command_line.shell && !firmware_loader()->module_count)
		return;
	struct reason why;

	console_read_input();
	scheduler_set_chores(do_chores, CONSOLE_TICK_US);
	if (serial_listen(scheduler_call_chores, &why))
		log_info("console", "the serial port is polled: %s", why.text);
	else
		scheduler_chores_on_call();
}

/* Before any VM is made: one of them is to wait. */
static void await_debugger(void)
{
	if (!command_line.gdb[0])
		return;
	vmx_debug_probe();
	gdb_server_start(command_line.gdb);
	scheduler_set_chores(do_chores, GDB_TICK_US);
}

static void wake_up(struct timer *timer)
{
}

/* and stays when they have ended, until it is told to quit. */
static void serve_shell(void)
{
	struct timer alarm;

	timer_init(&alarm, wake_up, NULL);
	while (command_line.shell && !shell_has_quit()) {
		console_tick();
		if (log_drain_some())
			continue;
		interrupts_disable();
		timer_arm(&alarm, time_ticks() + time_us_to_ticks(CONSOLE_TICK_US));
		interrupts_enable_and_halt();
	}
	timer_cancel(&alarm);
}

/* Every test that needs a guest. */
static void skip_guests(const char *why)
{
	vm_selftest_skip(why);
	vmx_entry_selftest_skip(why);
	instruction_errors_selftest_skip(why);
	negative_selftest_skip(why);
	test_guests_skip(why);
	run_vms_skip(why);
}

/* Turns virtualization on, runs the test guests on every CPU, turns it off. False when any of that
 * failed, whatever the guests said. */
static bool run_guests(void)
{
	unsigned cpus = virtualization_enable();

	log_info("vm", "virtualization is on backend=%s cpus=%u", virt->name, cpus);
	if (!cpus) {
		log_error("vm", "no CPU could turn virtualization on");
		skip_guests("no CPU could turn virtualization on");
		return false;
	}
	vm_selftest();
	vmx_entry_selftest();
	instruction_errors_selftest();
	negative_selftest();
	apicv_probe();
	await_debugger();
	provoke_in_guest(command_line.provoke);
	bool ok = cpus == cpu_online_count();
	if (!ok)
		log_error("vm", "%u CPUs could not turn virtualization on",
			  cpu_online_count() - cpus);
	if (test_guests_start()) {
		log_error("vm", "the test guests cannot be started");
		ok = false;
	}
	run_vms_start();
	gdb_server_check();
	uint64_t now = time_ticks();

	log_info("boot", "guests may run tsc=%lu boot_ticks=%lu", now, now - boot_tsc);
	if (!virtualization_run())
		panic("a CPU did not come back from its guests");
	gdb_server_finish();
	if (virtualization_disable()) {
		log_error("vm", "a CPU could not turn virtualization off");
		ok = false;
	}
	return ok;
}

/* Who brings guests of their own wants those, not the embedded ones, unless tests= asks for them. */
static void read_modules(void)
{
	run_vms_read();
	if (run_vms_plan() && !command_line.tests[0])
		format_string(command_line.tests, sizeof(command_line.tests), "none");
}

/* Tests of Plinth itself, then guests, unless `no_guests` with its reason. False when
 * virtualization failed. */
static bool run_tests(enum error no_guests, const struct reason *why)
{
	tap_plan(kernel_selftest_count() + vmx_selftest_count() + vm_selftest_count() +
		 vmx_entry_selftest_count() + instruction_errors_selftest_count() +
		 negative_selftest_count() + test_guests_plan() + run_vms_plan());
	kernel_selftest();
	vmx_selftest();
	if (!no_guests)
		return run_guests();
	log_reason(LOG_WARN, "vm", why);
	skip_guests(why->text);
	return true;
}

void kernel_main(uint32_t boot_info, uint64_t load_offset)
{
	struct reason why;

	/* Alone, without memory: the log, exceptions, and what the loader says. */
	address_space_init(load_offset);
	boot_cpu.state = CPU_ONLINE;
	boot_cpu.apic_id = initial_apic_id();
	boot_cpu.stack_top = (uint8_t *)boot_stack_top;
	start_log(load_offset);
	traps_init();
	traps_load();
	cpu_setup_cache_types();
	must(firmware_read_loader(boot_info, &why), &why);
	read_command_line();
	provoke_early(command_line.provoke);

	/* The tables first, as firmware may have left them in memory that it calls usable; then
	 * memory, then the machine. Clocks are measured meanwhile, and the other CPUs reset. */
	firmware_read_acpi();
	const struct acpi_register *pm = &firmware_acpi()->pm_timer;
	time_calibrate_begin(pm->present && pm->space == ACPI_SPACE_IO ? (uint16_t)pm->address : 0);
	must(memory_init(firmware_memory_map(), &why), &why);
	screen_init(&firmware_loader()->framebuffer);
	start_interrupts();
	must(cpu_setup_prepare(&boot_cpu, &why), &why);
	cpu_setup_load(&boot_cpu);
	lapic_timer_calibrate_begin();
	firmware_add_cpus();
	smp_reset();
	wall_clock_init();
	time_calibrate();
	lapic_timer_calibrate();
	interrupts_enable();

	/* The other CPUs, and what all of them can do. */
	smp_start();
	provoke(command_line.provoke);
	read_modules();
	enum error no_guests = virtualization_choose(&vmx_virt_ops, &why);
	vmx_report_print();

	open_shell();
	bool ran = run_tests(no_guests, &why);
	serve_shell();
	statistics_log_end_of_run();
	if (command_line.recorder_dump)
		recorder_log_all(UINT64_MAX, "end");
	enum verdict verdict = ran ? tap_verdict(!no_guests) : VERDICT_FAIL;
	const char *reason = verdict == VERDICT_NO_VMX ? why.text
			     : ran                     ? NULL
				   : "virtualization failed: see the errors above";
	tap_print_verdict(verdict, reason);
	machine_end(verdict);
}
