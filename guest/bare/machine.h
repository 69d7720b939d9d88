/* For our own kernels, 32 bits without paging: ports, text on COM1, and the ways to end. */
#ifndef GUEST_BARE_MACHINE_H
#define GUEST_BARE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* Where head.asm goes on. */
void start(uint32_t magic, uint32_t info);

#define COM1         0x3f8
#define COM1_STATUS  0x3fd
#define TRANSMITTER  0x20 /* its holding register is empty */
#define PM1A_CONTROL 0x604
#define SLEEP_S5     (5u << 10 | 1u << 13) /* SLP_TYP and SLP_EN */
#define DEBUG_EXIT   0xf4

static inline void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint64_t read_msr(uint32_t index)
{
	uint64_t value;

	__asm__ volatile("rdmsr" : "=A"(value) : "c"(index) : "memory");
	return value;
}

static inline void write_msr(uint32_t index, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "A"(value), "c"(index) : "memory");
}

static inline uint64_t read_tsc(void)
{
	uint64_t value;

	__asm__ volatile("rdtsc" : "=A"(value) : : "memory");
	return value;
}

static inline void say_byte(char byte)
{
	while (!(in8(COM1_STATUS) & TRANSMITTER))
		;
	out8(COM1, (uint8_t)byte);
}

static inline void say(const char *text)
{
	while (*text)
		say_byte(*text++);
}

static inline void say_hex(uint64_t value)
{
	int shift = 60;

	while (shift && !(value >> shift))
		shift -= 4;
	say("0x");
	for (; shift >= 0; shift -= 4)
		say_byte("0123456789abcdef"[value >> shift & 15]);
}

/* ` name=0xvalue` */
static inline void say_value(const char *name, uint64_t value)
{
	say(" ");
	say(name);
	say("=");
	say_hex(value);
}

static inline void switch_off(void)
{
	out16(PM1A_CONTROL, SLEEP_S5);
	for (;;)
		__asm__ volatile("cli; hlt");
}

#endif
