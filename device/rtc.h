/* The MC146818 real-time clock of a PC with 128 bytes of battery-backed memory, through ports 0x70
 * (index, and the mask of NMIs) and 0x71 (data). Datasheet: MC146818. The clock starts from a time
 * that the board gives and goes with the VM's time; the bytes that a firmware reads of the machine
 * are filled by the functions below, at the places that PC firmware agrees on. */
#ifndef DEVICE_RTC_H
#define DEVICE_RTC_H

#include "device/bus.h"
#include "device/chip.h"
#include "lib/error.h"
#include "lib/types.h"

#define RTC_PORT  0x70
#define RTC_PORTS 2
#define RTC_IRQ   8
#define RTC_BYTES 128

/* Indexes. */
#define RTC_SECONDS       0x00
#define RTC_SECONDS_ALARM 0x01
#define RTC_MINUTES       0x02
#define RTC_MINUTES_ALARM 0x03
#define RTC_HOURS         0x04
#define RTC_HOURS_ALARM   0x05
#define RTC_WEEKDAY       0x06 /* 1 is Sunday */
#define RTC_DAY           0x07
#define RTC_MONTH         0x08
#define RTC_YEAR          0x09
#define RTC_A             0x0a
#define RTC_B             0x0b
#define RTC_C             0x0c
#define RTC_D             0x0d
#define RTC_SHUTDOWN      0x0f /* why the CPU was reset: a firmware's business */
#define RTC_CENTURY       0x32 /* the FADT says so */

/* What a firmware boots from, in the nibbles of the boot order. */
enum rtc_boot { RTC_BOOT_NONE, RTC_BOOT_FLOPPY, RTC_BOOT_DISK, RTC_BOOT_CD, RTC_BOOT_NETWORK };

struct rtc {
	uint8_t bytes[RTC_BYTES];
	uint8_t index;
	bool running;    /* the divider chain is not held in reset */
	uint64_t phase;  /* the tick of 32768 Hz that began the divider's first second */
	uint64_t tick;   /* up to which the clock has gone */
	uint64_t missed; /* periodic interrupts whose flag was still set */
	struct wire irq;
};

extern const struct chip_ops rtc_ops;

/* `seconds` since 1970, UTC, at time 0 of the VM. `irq` is high while register C says so. */
void rtc_init(struct rtc *rtc, const struct wire *irq, uint64_t seconds);

enum error rtc_attach(struct rtc *rtc, struct bus *ports, struct reason *why) must_check;

/* Fills in the bytes that tell a firmware of RAM: bytes from 0 to the hole below 4 GiB, and bytes
 * from 4 GiB up. */
void rtc_describe_memory(struct rtc *rtc, uint64_t below_4g, uint64_t above_4g);
void rtc_describe_cpus(struct rtc *rtc, unsigned cpus);
void rtc_describe_boot(struct rtc *rtc, enum rtc_boot first, enum rtc_boot second,
		       enum rtc_boot third);

#endif
