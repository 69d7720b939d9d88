/* The time-of-day bytes of an MC146818: in BCD or binary, with 12 or 24 hours, as register B says.
 * Datasheet: MC146818, "Time, Calendar, and Alarm Locations". Pure. */
#ifndef DEVICE_RTC_TIME_H
#define DEVICE_RTC_TIME_H

#include "lib/types.h"

#define RTC_B_24_HOURS 0x02
#define RTC_B_BINARY   0x04

#define RTC_DAY_SECONDS 86400u

/* Sets the ten bytes and the century to `seconds` since 1970. */
void rtc_time_set(uint8_t *bytes, uint64_t seconds);

/* Lets the time go on. Bytes that are no time are taken for what they come to. As in the chip, each
 * fourth year is a leap year. */
void rtc_time_add(uint8_t *bytes, uint64_t seconds);

/* In how many seconds the alarm comes, 1 to RTC_DAY_SECONDS; 0 when its bytes are no time of day. */
unsigned rtc_time_to_alarm(const uint8_t *bytes);

#endif
