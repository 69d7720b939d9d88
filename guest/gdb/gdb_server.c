/* Between the serial port, the session and the VM. */
#include "guest/gdb/gdb_server.h"

#include "guest/gdb/gdb_vm.h"
#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/output/serial_port.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "vm/manager.h"
#include "x86/instructions.h"

#define ALL_VCPUS    UINT64_MAX
/* Bytes read in one go: a port that never runs dry keeps no CPU from its work. */
#define BYTES_A_TICK 64
#define FINISH_US    2000000

/* What a CPU that took the VM apart leaves behind. */
enum vm_end { VM_LIVES, VM_ENDED_WELL, VM_FAILED };

struct gdb_vm gdb_vm;

static struct {
	bool on; /* constant after gdb_server_start() */
	bool told;
	enum vm_end end; /* atomic */
	struct serial_port port;
	struct gdb_session session;
} server;

/* --- the VM's side --------------------------------------------------------------------------- */

static void vm_has_ended(const struct vm *vm, const struct reason *trouble)
{
	__atomic_store_n(&server.end, trouble ? VM_FAILED : VM_ENDED_WELL, __ATOMIC_RELEASE);
}

static const struct vm_debugger debugger = { .exit = gdb_exit, .ended = vm_has_ended };

static bool is_debugged(const struct vm *vm, const void *wanted)
{
	return vm->debugger == wanted;
}

static void look_for(struct vm *vm, void *found)
{
	if (is_debugged(vm, &debugger))
		*(bool *)found = true;
}

void gdb_server_check(void)
{
	bool found = false;

	if (!server.on)
		return;
	vm_for_each(look_for, &found);
	if (!found)
		log_warn("gdb", "no VM has the name that gdb= gives: nothing waits for a debugger");
}

/* The name as VMs have it: without what stands before it in the report. */
static const char *bare_name(const char *name)
{
	static const char *const prefixes[] = { "guest/", "vm/" };

	for (unsigned i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return name + strlen(prefixes[i]);
	return name;
}

static const struct gdb_target target = {
	.exists = gdb_exists,
	.read_register = gdb_read_register,
	.write_register = gdb_write_register,
	.read_memory = gdb_read_memory,
	.write_memory = gdb_write_memory,
	.set_breakpoint = gdb_set_breakpoint,
	.clear_breakpoint = gdb_clear_breakpoint,
	.resume = gdb_resume,
	.detach = gdb_detach,
	.kill = gdb_kill,
	.describe = gdb_describe,
	.monitor = gdb_monitor,
};

void gdb_server_start(const char *name)
{
	if (!serial_port_init(&server.port, SERIAL_COM2)) {
		log_warn("gdb", "there is no COM2 for a debugger: gdb=%s is left out", name);
		return;
	}
	gdb_session_begin(&server.session, &target);
	server.on = true;
	vm_debug_wait_for(bare_name(name), &debugger);
}

/* --- the port's side ------------------------------------------------------------------------- */

static void send_some(void)
{
	size_t count;
	const uint8_t *bytes = gdb_session_output(&server.session, &count);

	if (count)
		gdb_session_sent(&server.session, serial_port_send(&server.port, bytes, count));
}

static void read_some(void)
{
	uint8_t byte;

	for (unsigned i = 0; i < BYTES_A_TICK && !server.session.has_packet &&
			     serial_port_receive(&server.port, &byte);
	     i++)
		gdb_session_receive(&server.session, byte);
	if (serial_port_overran(&server.port))
		log_warn("gdb", "COM2 lost bytes: they came too fast");
}

/* --- between them ---------------------------------------------------------------------------- */

static void tell_once(const struct vm *vm)
{
	if (server.told)
		return;
	server.told = true;
	log_info("gdb", "vm=%u(%s) waits for a debugger on COM2 baud=115200", vm->id, vm->name);
}

/* All its vCPUs are parked, and this CPU may do with them what it likes. */
static void serve(struct vm *vm)
{
	struct gdb_session *session = &server.session;
	struct gdb_stop stop = { .cause = GDB_BROKEN_IN, .vcpu = session->general };

	gdb_vm.vm = vm;
	session->vcpus = vm->vcpu_count;
	tell_once(vm);
	if (session->running) {
		(void)gdb_choose_stop(&stop);
		gdb_session_stopped(session, &stop);
	}
	if (session->has_packet)
		gdb_session_serve(session);
	gdb_vm.vm = NULL;
}

/* Kept alive for the time of this call. */
static void attend(struct vm *vm, void *unused)
{
	if (server.session.stop_wanted)
		vm_debug_hold(vm, ALL_VCPUS);
	if (!vm_debug_claim(vm))
		return;
	serve(vm);
	vm_debug_release(vm);
}

static void see_to_the_end(void)
{
	enum vm_end end = __atomic_load_n(&server.end, __ATOMIC_ACQUIRE);

	if (end == VM_LIVES)
		return;
	if (!server.session.ended)
		gdb_session_ended(&server.session, end == VM_FAILED);
	if (server.session.has_packet)
		gdb_session_serve(&server.session);
}

void gdb_server_tick(void)
{
	if (!server.on)
		return;
	read_some();
	see_to_the_end();
	if (!server.session.ended && vm_act_on(is_debugged, &debugger, attend, NULL))
		see_to_the_end();
	send_some();
}

void gdb_server_finish(void)
{
	uint64_t deadline = time_ticks() + time_us_to_ticks(FINISH_US);
	size_t count = 1;

	while (server.on && time_ticks() < deadline &&
	       (count || !serial_port_is_idle(&server.port))) {
		gdb_server_tick();
		(void)gdb_session_output(&server.session, &count);
		cpu_relax();
	}
}
