/* Leaving the machine. With end=auto an emulator that is recognised by what it shows (a hypervisor
 * CPUID leaf, Bochs' port E9h) is told to stop, so that no run on one waits for a timeout; a PC
 * halts with its log on the screen. */
#include "kernel/machine_end.h"

#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "x86/cpuid.h"
#include "x86/instructions.h"

/* Bochs: the iodebug device hands control to the debugger, whose script quits; "Shutdown" on the
 * other port ends with status 1. */
#define BOCHS_E9            0xe9
#define BOCHS_DEBUG_PORT    0x8a00
#define BOCHS_DEBUG_UNLOCK  0x8a00
#define BOCHS_DEBUG_BREAK   0x8ae0
#define BOCHS_SHUTDOWN_PORT 0x8900

/* QEMU's isa-debug-exit: its status becomes 2 * value + 1. */
#define QEMU_EXIT_PORT 0xf4

#define RESET_CF9            0xcf9
#define RESET_CF9_FULL       0x06
#define KEYBOARD_COMMAND     0x64
#define KEYBOARD_PULSE_RESET 0xfe
#define SLEEP_ENABLE         (1u << 13)
#define SLEEP_TYPE(t)        ((uint16_t)((t) << 10))

#define SETTLE_US 100000 /* for a machine to act on a power or reset request */

/* Written once before it is needed. */
static struct machine_power power;

void machine_set_power(const struct machine_power *found)
{
	power = *found;
}

static bool is_qemu(void)
{
	if (!(cpuid_query(CPUID_FEATURES, 0).ecx & CPUID_1_ECX_HYPERVISOR))
		return false;

	struct cpuid_result r = cpuid_query(CPUID_HYPERVISOR, 0);
	uint32_t signature[3] = { r.ebx, r.ecx, r.edx };
	return !memcmp(signature, "TCGTCGTCGTCG", 12) || !memcmp(signature, "KVMKVMKVM\0\0\0", 12);
}

static void leave_bochs(enum verdict verdict)
{
	if (verdict == VERDICT_FAIL) {
		for (const char *c = "Shutdown"; *c; c++)
			port_write8(BOCHS_SHUTDOWN_PORT, (uint8_t)*c);
	}
	port_write16(BOCHS_DEBUG_PORT, BOCHS_DEBUG_UNLOCK);
	port_write16(BOCHS_DEBUG_PORT, BOCHS_DEBUG_BREAK);
}

static void leave_qemu(enum verdict verdict)
{
	static const uint8_t values[] = {
		[VERDICT_PASS] = 0x10,
		[VERDICT_FAIL] = 0x11,
		[VERDICT_NO_VMX] = 0x12,
	};
	_Static_assert(ARRAY_SIZE(values) == VERDICT_NO_VMX + 1, "every verdict has a value");

	port_write32(QEMU_EXIT_PORT, values[verdict]);
}

static void power_off(void)
{
	if (power.has_s5 && power.pm1a_control) {
		port_write16(power.pm1a_control, SLEEP_TYPE(power.s5_type_a) | SLEEP_ENABLE);
		if (power.pm1b_control)
			port_write16(power.pm1b_control,
				     SLEEP_TYPE(power.s5_type_b) | SLEEP_ENABLE);
		time_delay_us(SETTLE_US);
	}
}

static void reboot(void)
{
	if (power.reset_port) {
		port_write8(power.reset_port, power.reset_value);
		time_delay_us(SETTLE_US);
	}
	port_write8(RESET_CF9, RESET_CF9_FULL);
	time_delay_us(SETTLE_US);
	port_write8(KEYBOARD_COMMAND, KEYBOARD_PULSE_RESET);
	time_delay_us(SETTLE_US);
}

void machine_end(enum verdict verdict)
{
	interrupts_disable();
	log_drain();

	switch (command_line.end) {
	case END_AUTO:
		if (is_qemu()) {
			leave_qemu(verdict);
			power_off();
		} else if (port_read8(BOCHS_E9) == BOCHS_E9) {
			leave_bochs(verdict);
			power_off();
		}
		break;
	case END_POWEROFF:
		power_off();
		break;
	case END_REBOOT:
		reboot();
		break;
	case END_HALT:
		break;
	}
	for (;;)
		__asm__ volatile("cli; hlt");
}
