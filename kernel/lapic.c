/* The local APIC behind one register accessor: memory-mapped in xAPIC mode, MSRs in x2APIC mode.
 * The register numbers are the same in both (offset >> 4). */
#include "kernel/lapic.h"

#include "kernel/cpu.h"
#include "kernel/interrupts.h"
#include "kernel/output/log.h"
#include "kernel/memory.h"
#include "kernel/time.h"
#include "lib/bits.h"
#include "x86/cpuid.h"
#include "x86/control_registers.h"
#include "x86/instructions.h"
#include "x86/msr.h"

/* SDM volume 3, "Local APIC Register Address Map", offsets >> 4. */
enum lapic_register {
	LAPIC_ID = 0x02,
	LAPIC_VERSION = 0x03,
	LAPIC_TPR = 0x08,
	LAPIC_SVR = 0x0f,
	LAPIC_ESR = 0x28,
	LAPIC_ICR = 0x30,
	LAPIC_ICR_HIGH = 0x31, /* xAPIC only */
	LAPIC_LVT_TIMER = 0x32,
	LAPIC_LVT_THERMAL = 0x33,
	LAPIC_LVT_PERFORMANCE = 0x34,
	LAPIC_LVT_LINT0 = 0x35,
	LAPIC_LVT_LINT1 = 0x36,
	LAPIC_LVT_ERROR = 0x37,
	LAPIC_TIMER_INITIAL = 0x38,
	LAPIC_TIMER_CURRENT = 0x39,
	LAPIC_TIMER_DIVIDE = 0x3e,
};

#define MSR_X2APIC_BASE   0x800u
#define SVR_ENABLE        BIT(8)
#define LVT_MASKED        BIT(16)
#define LVT_TSC_DEADLINE  BIT(18)
#define LVT_NMI           (4u << 8)
#define ICR_DELIVERY(d)   ((uint32_t)(d) << 8)
#define ICR_PENDING       BIT(12)
#define TIMER_DIVIDE_BY_1 0xb
#define XAPIC_HIGHEST_ID  254
#define SEND_TIMEOUT_US   100000
#define CALIBRATION_US    1000

struct lapic_way lapic_way;

/* What the timer counts in a tick of time_ticks(), times 2^32; constant after calibration. */
static uint64_t timer_scale;

static uint32_t lapic_read(enum lapic_register r)
{
	return lapic_way.x2apic ? (uint32_t)read_msr(MSR_X2APIC_BASE + r)
				: lapic_way.registers[r << 2];
}

static void lapic_write(enum lapic_register r, uint32_t value)
{
	if (lapic_way.x2apic)
		write_msr(MSR_X2APIC_BASE + r, value);
	else
		lapic_way.registers[r << 2] = value;
}

static bool cpu_has_x2apic(void)
{
	return cpuid_query(CPUID_FEATURES, 0).ecx & CPUID_1_ECX_X2APIC;
}

/* CPUs with early microcode may lose a deadline once IA32_TSC_ADJUST has been written. */
static bool cpu_keeps_deadlines(void)
{
	if (!(cpuid_query(CPUID_FEATURES, 0).ecx & CPUID_1_ECX_TSC_DEADLINE))
		return false;
	return cpuid_query(0, 0).eax < CPUID_EXTENDED_FEATURES ||
	       !(cpuid_query(CPUID_EXTENDED_FEATURES, 0).ebx & CPUID_7_EBX_TSC_ADJUST) ||
	       !read_msr(MSR_TSC_ADJUST);
}

hpa_t lapic_base(void)
{
	return hpa(read_msr(MSR_APIC_BASE) & APIC_BASE_ADDRESS);
}

enum error lapic_init(enum apic_mode wanted, uint32_t highest_apic_id, struct reason *why)
{
	hpa_t base = lapic_base();
	bool firmware_x2apic = read_msr(MSR_APIC_BASE) & APIC_BASE_X2APIC;

	if (!(cpuid_query(CPUID_FEATURES, 0).edx & CPUID_1_EDX_APIC))
		return reason_set(why, ERROR_UNSUPPORTED, "this CPU has no local APIC");
	lapic_way.x2apic =
		firmware_x2apic ||
		(cpu_has_x2apic() && (wanted != APIC_XAPIC || highest_apic_id > XAPIC_HIGHEST_ID));
	if (firmware_x2apic && wanted == APIC_XAPIC)
		log_warn("lapic", "firmware turned x2APIC mode on: it stays on");
	if (!lapic_way.x2apic && wanted == APIC_X2APIC)
		log_warn("lapic", "this CPU has no x2APIC mode: xAPIC mode it is");
	if (!lapic_way.x2apic) {
		lapic_way.registers = mmio_map(base, PAGE_SIZE, MMIO_UNCACHED);
		if (!lapic_way.registers)
			return reason_set(why, ERROR_NO_MEMORY, "no room to map the local APIC");
	}
	lapic_way.tsc_deadline = cpu_keeps_deadlines();
	log_info("lapic", "mode=%s base=0x%lx timer=%s", lapic_way.x2apic ? "x2apic" : "xapic",
		 base.value, lapic_way.tsc_deadline ? "tsc-deadline" : "one-shot");
	return ERROR_NONE;
}

void lapic_enable(void)
{
	uint64_t base = read_msr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

	/* Disabled to x2APIC mode is no legal step: first xAPIC (SDM volume 3, "x2APIC States"). */
	write_msr(MSR_APIC_BASE, base);
	if (lapic_way.x2apic)
		write_msr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);

	lapic_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	unsigned highest_lvt = field_get(lapic_read(LAPIC_VERSION), BITS(23, 16));
	lapic_write(LAPIC_TIMER_INITIAL, 0);
	lapic_write(LAPIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
	lapic_write(LAPIC_LVT_TIMER,
		    VECTOR_TIMER | (lapic_way.tsc_deadline ? (uint32_t)LVT_TSC_DEADLINE : 0));
	/* A deadline written before the mode is there gets lost: SDM volume 3, "TSC-Deadline Mode". */
	__asm__ volatile("mfence" : : : "memory");
	lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, LVT_MASKED);
	if (highest_lvt >= 3)
		lapic_write(LAPIC_LVT_ERROR, LVT_MASKED);
	if (highest_lvt >= 4)
		lapic_write(LAPIC_LVT_PERFORMANCE, LVT_MASKED);
	if (highest_lvt >= 5)
		lapic_write(LAPIC_LVT_THERMAL, LVT_MASKED);
	lapic_write(LAPIC_TPR, 0);
}

void lapic_set_nmi_pin(unsigned pin)
{
	lapic_write(pin ? LAPIC_LVT_LINT1 : LAPIC_LVT_LINT0, LVT_NMI);
}

static bool wait_sent(void)
{
	struct deadline end = deadline_in_us(SEND_TIMEOUT_US);

	while (lapic_read(LAPIC_ICR) & ICR_PENDING) {
		if (deadline_passed(&end))
			return false;
	}
	return true;
}

static noinline_fn bool send_in_xapic_mode(uint32_t apic_id, uint32_t command)
{
	/* An interrupt handler that sends between the two writes would change the target. */
	uint64_t rflags = read_rflags();
	interrupts_disable();
	bool sent = wait_sent();
	if (sent) {
		lapic_write(LAPIC_ICR_HIGH, apic_id << 24);
		lapic_write(LAPIC_ICR, command);
	}
	if (rflags & RFLAGS_IF)
		interrupts_enable();
	return sent;
}

bool lapic_send(uint32_t apic_id, enum lapic_delivery delivery, uint8_t vector)
{
	uint32_t command = ICR_DELIVERY(delivery) | LAPIC_ASSERT | vector;

	if (unlikely(!lapic_way.x2apic))
		return send_in_xapic_mode(apic_id, command);
	lapic_send_x2apic(apic_id, command);
	return true;
}

/* When the timer that is measured began to count. */
static uint64_t calibration_start;

void lapic_timer_calibrate_begin(void)
{
	if (lapic_way.tsc_deadline)
		return;
	lapic_write(LAPIC_TIMER_INITIAL, UINT32_MAX);
	calibration_start = time_ticks();
}

void lapic_timer_calibrate(void)
{
	uint32_t left;

	if (lapic_way.tsc_deadline)
		return;
	left = lapic_read(LAPIC_TIMER_CURRENT);
	if (!left) /* boot took longer than it can count */
		lapic_timer_calibrate_begin();
	while (time_ticks_to_us(time_ticks() - calibration_start) < CALIBRATION_US)
		cpu_relax();
	left = lapic_read(LAPIC_TIMER_CURRENT);
	uint64_t passed = time_ticks() - calibration_start;
	lapic_write(LAPIC_TIMER_INITIAL, 0);
	uint64_t rate = time_scale(UINT32_MAX - left, time_tick_rate(), passed);
	timer_scale = time_scale(rate, BIT(32), time_tick_rate()) + 1;
	log_info("lapic", "timer calibrated hz=%lu", rate);
}

void lapic_timer_count(uint64_t deadline)
{
	uint64_t now = time_ticks(), ticks = deadline > now ? deadline - now : 0;
	unsigned __int128 count = ((unsigned __int128)ticks * timer_scale >> 32) + 1;

	lapic_write(LAPIC_TIMER_INITIAL, count > UINT32_MAX ? UINT32_MAX : (uint32_t)count);
}
