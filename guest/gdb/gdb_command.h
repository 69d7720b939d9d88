/* What a packet asks for, taken apart: GDB's manual, "Packets" and "General Query Packets". Of a
 * packet that does not keep to its form nothing is done. Pure. */
#ifndef GUEST_GDB_GDB_COMMAND_H
#define GUEST_GDB_GDB_COMMAND_H

#include "lib/types.h"

/* Threads are vCPUs: numbers from 1 on are vCPU + 1. */
#define GDB_THREAD_ALL (-1)
#define GDB_THREAD_ANY 0

enum gdb_command_kind {
	GDB_UNKNOWN,   /* answered with an empty packet, as the protocol wants it */
	GDB_MALFORMED, /* answered with an error */
	GDB_WHY,       /* ? */
	GDB_READ_REGISTERS,
	GDB_WRITE_REGISTERS, /* data, as hexadecimal digits */
	GDB_READ_REGISTER,
	GDB_WRITE_REGISTER, /* data, as hexadecimal digits */
	GDB_READ_MEMORY,
	GDB_WRITE_MEMORY,  /* data, as hexadecimal digits */
	GDB_WRITE_BINARY,  /* data */
	GDB_CHOOSE_THREAD, /* Hg */
	GDB_CHOOSE_RUNNER, /* Hc */
	GDB_IS_ALIVE,
	GDB_CONTINUE, /* c, C, s, S: where `has_address`, at that address */
	GDB_STEP,
	GDB_RESUME,       /* vCont: data, the actions */
	GDB_RESUME_QUERY, /* vCont? */
	GDB_SET_BREAKPOINT,
	GDB_CLEAR_BREAKPOINT,
	GDB_DETACH,
	GDB_KILL,
	GDB_KILL_VERBOSE,
	GDB_SUPPORTED,
	GDB_NO_ACKS,
	GDB_FIRST_THREADS,
	GDB_MORE_THREADS,
	GDB_CURRENT_THREAD,
	GDB_THREAD_INFO,
	GDB_IS_ATTACHED,
	GDB_READ_FEATURES, /* target.xml, from `address`, `length` bytes */
	GDB_MONITOR,       /* data, as hexadecimal digits */
};

/* The types of Z and z packets. */
enum gdb_breakpoint_type {
	GDB_BREAK_SOFTWARE,
	GDB_BREAK_HARDWARE,
	GDB_WATCH_WRITE,
	GDB_WATCH_READ,
	GDB_WATCH_ACCESS,
	GDB_BREAKPOINT_TYPES
};

struct gdb_command {
	enum gdb_command_kind kind;
	int thread;
	bool has_address;
	uint64_t address; /* a register's number, where one is meant */
	uint64_t length;
	enum gdb_breakpoint_type type;
	const uint8_t *data; /* in the packet */
	size_t data_length;
};

/* `packet` is followed by a zero byte, and may hold others. */
void gdb_parse(const uint8_t *packet, size_t length, struct gdb_command *command);

enum gdb_action { GDB_ACTION_NONE, GDB_ACTION_CONTINUE, GDB_ACTION_STEP, GDB_ACTION_STOP };

/* What each of `count` threads is to do by the actions of a vCont packet: of those that name it, the
 * first counts. False when they are malformed. */
bool gdb_parse_actions(const uint8_t *text, size_t length, enum gdb_action *actions,
		       unsigned count);

/* Hexadecimal digits into bytes: exactly `length` of them, from exactly 2 * length digits. */
bool gdb_parse_hex(const uint8_t *digits, size_t digit_count, uint8_t *bytes, size_t length);

#endif
