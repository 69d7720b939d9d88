/* One local APIC for host tests, with connections that write down what they were told. */
#ifndef TESTS_HOST_ONE_LAPIC_H
#define TESTS_HOST_ONE_LAPIC_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "device/vlapic_internal.h"

#define LAPIC_ID_OF_TEST 0x25u
#define PIC_VECTOR       0x08

static uint32_t page[PAGE_SIZE / sizeof(uint32_t)];
static struct vlapic lapic;

static struct {
	unsigned sends, eois, timer_changes, renumberings, locals, acknowledges;
	struct apic_message sent;
	uint8_t eoi_vector;
	enum apic_delivery local;
} told;

static inline void record_send(void *context, struct vlapic *from, const struct apic_message *m)
{
	assert_ptr_equal(context, &told);
	assert_ptr_equal(from, &lapic);
	told.sends++;
	told.sent = *m;
}

static inline void record_eoi(void *context, struct vlapic *l, uint8_t vector)
{
	told.eois++;
	told.eoi_vector = vector;
}

static inline void record_timer(void *context, struct vlapic *l)
{
	told.timer_changes++;
}

static inline void record_number(void *context, struct vlapic *l)
{
	told.renumberings++;
}

static inline void record_local(void *context, struct vlapic *l, enum apic_delivery delivery)
{
	told.locals++;
	told.local = delivery;
}

static inline uint8_t record_acknowledge(void *context, struct vlapic *l)
{
	told.acknowledges++;
	return PIC_VECTOR;
}

static const struct vlapic_connections connections = {
	.send = record_send,
	.eoi = record_eoi,
	.timer_changed = record_timer,
	.renumbered = record_number,
	.local = record_local,
	.extint_acknowledge = record_acknowledge,
};

static inline uint32_t get(unsigned offset)
{
	return (uint32_t)vlapic_read(&lapic, offset, 4);
}

static inline void set(unsigned offset, uint64_t value)
{
	vlapic_write(&lapic, offset, 4, value);
}

/* The errors since the last look. */
static inline uint32_t errors(void)
{
	set(VLAPIC_ESR, 0);
	return get(VLAPIC_ESR);
}

static inline bool wrmsr(uint32_t index, uint64_t value)
{
	return vlapic_msr_write(&lapic, index, value);
}

static inline uint64_t rdmsr(uint32_t index)
{
	uint64_t value = 0xdeadbeefdeadbeef;

	assert_true(vlapic_msr_read(&lapic, index, &value));
	return value;
}

static inline bool rdmsr_faults(uint32_t index)
{
	uint64_t value;

	return !vlapic_msr_read(&lapic, index, &value);
}

/* As after power-up. */
static inline int power_up(void **state)
{
	__builtin_memset(&told, 0, sizeof(told));
	__builtin_memset(page, 0xa5, sizeof(page));
	vlapic_init(&lapic, page, LAPIC_ID_OF_TEST, true, &connections, &told);
	return 0;
}

/* Software-enabled, spurious vector FFh. */
static inline int enabled(void **state)
{
	power_up(state);
	set(VLAPIC_SVR, 0x1ff);
	return 0;
}

#define APIC_ENABLED 0xfee00900u
#define APIC_X2APIC  0xfee00d00u

static inline int x2apic(void **state)
{
	power_up(state);
	assert_true(vlapic_set_base(&lapic, APIC_X2APIC));
	assert_true(wrmsr(0x80f, 0x1ff));
	return 0;
}

#endif
