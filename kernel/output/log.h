/* The serial log is a protocol (docs/wire.md): every function here emits exactly one whole line,
 * from any CPU and any context, NMI and #MC included, under one lock. Lines go to a ring and from
 * there to the serial port and the screen; the ring full, the writer drains it itself; a line that
 * still cannot be kept is counted and the loss is reported. */
#ifndef KERNEL_OUTPUT_LOG_H
#define KERNEL_OUTPUT_LOG_H

#include "lib/error.h"
#include "lib/types.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* A line longer than this (bytes, line end not counted) is cut and ends in "...". */
#define LOG_LINE_MAX 480

/* Lines below `level` are neither printed nor numbered. The default is LOG_INFO. */
void log_set_level(enum log_level level);

/* "[SEQ TIMEus cCPU] LEVEL AREA: MESSAGE". `area` is one lower-case word ("boot", "vmx"); the
 * message is a sentence followed by key=value pairs. Control characters are replaced by '?'. */
void log_write(enum log_level level, const char *area, const char *format, ...) printf_like(3, 4);

#define log_debug(area, ...) log_write(LOG_DEBUG, area, __VA_ARGS__)
#define log_info(area, ...)  log_write(LOG_INFO, area, __VA_ARGS__)
#define log_warn(area, ...)  log_write(LOG_WARN, area, __VA_ARGS__)
#define log_error(area, ...) log_write(LOG_ERROR, area, __VA_ARGS__)

/* As log_info(), but no level leaves it out: what who types at the port has to know. */
void log_always(const char *area, const char *format, ...) printf_like(2, 3);

/* Logs a reason at its place of origin: "... error=ResourceBusy: sentence". Returns why->kind. */
enum error log_reason(enum log_level level, const char *area, const struct reason *why);

/* "[SEQ TIMEus cCPU] TAG TEXT": for line kinds with a tag of their own ("exit", "guest"). */
void log_tagged(const char *tag, const char *format, ...) printf_like(2, 3);

/* A line without the numbered prefix: TAP and the verdict. Only kernel/output/tap.c calls it. */
void log_bare(const char *format, ...) printf_like(1, 2);

/* True while most of the ring is full, so that writers may soon have to wait for the port: who writes
 * on behalf of a guest then slows the guest down. Any CPU, no lock. */
bool log_is_crowded(void);

/* Does the ring hold anything? A line that stays there while cpu->current.log_unattended sets this CPU's
 * need_resched. Any CPU, no lock. */
bool log_is_pending(void);

/* Gives the port what it takes at once, and leaves the screen alone: for interrupt handlers. */
void log_feed(void);

/* Writes out what the ring holds. Waits, with a deadline, until the port has sent the last byte. */
void log_drain(void);

/* One round of draining without waiting, for idle loops. True while the ring holds something. */
bool log_drain_some(void);

#endif
