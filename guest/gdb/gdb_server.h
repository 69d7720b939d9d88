/* GDB's remote protocol on the machine's second serial port, for one VM: gdb=VM on the command line
 * (docs/debugging.md). */
#ifndef GUEST_GDB_GDB_SERVER_H
#define GUEST_GDB_GDB_SERVER_H

#include "lib/types.h"

/* How often the port is looked at, in microseconds: before its FIFO is full. */
#define GDB_TICK_US 1000

/* From now on a VM of this name, "guest/" or "vm/" before it or not, starts held. Before any is
 * made. */
void gdb_server_start(const char *vm);

/* When all VMs have been made: a line when none of them has the name. */
void gdb_server_check(void);

/* Reads and writes the port, and does what the debugger asks. On the bootstrap processor, IRQs on, no
 * lock held. */
void gdb_server_tick(void);

/* When no VM runs any more: lets the last answer out. */
void gdb_server_finish(void);

#endif
