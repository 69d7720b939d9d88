/* One debugger's session: what its packets ask of the machine, and what it is told. The machine is
 * reached through a table of functions, so that all of this is pure. GDB's manual, "GDB Remote
 * Serial Protocol", all-stop mode. */
#ifndef GUEST_GDB_GDB_SESSION_H
#define GUEST_GDB_GDB_SESSION_H

#include "guest/gdb/gdb_command.h"
#include "guest/gdb/gdb_packet.h"
#include "lib/types.h"

#define GDB_VCPUS_MAX       64
#define GDB_DESCRIPTION_MAX 8192
#define GDB_TEXT_MAX        1900 /* of an answer to a monitor command */

/* The machine, whose vCPUs all stand still while any of these is called. `vcpu` is in range and
 * exists. */
struct gdb_target {
	bool (*exists)(unsigned vcpu);
	/* By GDB's number, in its size. False when it cannot be. */
	bool (*read_register)(unsigned vcpu, unsigned number, uint8_t *value);
	bool (*write_register)(unsigned vcpu, unsigned number, const uint8_t *value);
	/* As this vCPU addresses it at this moment. Returns how many bytes there are. */
	size_t (*read_memory)(unsigned vcpu, uint64_t at, uint8_t *to, size_t length);
	bool (*write_memory)(unsigned vcpu, uint64_t at, const uint8_t *from, size_t length);
	bool (*set_breakpoint)(unsigned vcpu, enum gdb_breakpoint_type type, uint64_t at,
			       uint64_t length);
	bool (*clear_breakpoint)(unsigned vcpu, enum gdb_breakpoint_type type, uint64_t at,
				 uint64_t length);
	/* One action a vCPU; those with none stand still. */
	void (*resume)(const enum gdb_action *actions);
	/* All breakpoints go, and everything goes on. */
	void (*detach)(void);
	void (*kill)(void);
	/* A few words on a vCPU, and the answer to a monitor command; cut at `size`. */
	void (*describe)(unsigned vcpu, char *text, size_t size);
	void (*monitor)(unsigned vcpu, const char *command, char *text, size_t size);
};

enum gdb_cause {
	GDB_BROKEN_IN, /* the debugger asked for it */
	GDB_STEPPED,
	GDB_AT_SOFTWARE_BREAKPOINT,
	GDB_AT_HARDWARE_BREAKPOINT,
	GDB_WATCHED_WRITE,
	GDB_WATCHED_READ,
	GDB_WATCHED_ACCESS,
};

/* Why the machine stands still. */
struct gdb_stop {
	enum gdb_cause cause;
	unsigned vcpu;
	uint64_t address; /* of what was watched */
};

struct gdb_session {
	const struct gdb_target *target;
	unsigned vcpus;       /* of the machine; set by whoever serves */
	bool acks;            /* packets are acknowledged: until the debugger wants none */
	bool attached;        /* a debugger has spoken, and has not left */
	bool running;         /* as far as the session knows */
	bool stop_wanted;     /* the server has to stop the machine */
	bool report;          /* and the debugger waits to be told */
	bool has_packet;      /* one waits to be served; no more bytes are taken */
	bool knows_breaks;    /* it understands swbreak and hwbreak */
	bool ended, failed;   /* the machine has; and badly */
	unsigned general;     /* vCPU of registers and memory */
	int runner;           /* of c and s: a vCPU; -1: all */
	struct gdb_stop stop; /* the last one */
	struct gdb_receiver receiver;
	struct gdb_answer answer;
	size_t out_length, out_sent;
	uint8_t out[GDB_FRAME_MAX + 16];
	size_t description_length;
	char description[GDB_DESCRIPTION_MAX];
};

/* The machine stands still at its beginning. */
void gdb_session_begin(struct gdb_session *session, const struct gdb_target *target);

/* A byte of the line. Not while has_packet. */
void gdb_session_receive(struct gdb_session *session, uint8_t byte);

/* What is to be sent, and that `count` bytes of it were. */
const uint8_t *gdb_session_output(const struct gdb_session *session, size_t *count);
void gdb_session_sent(struct gdb_session *session, size_t count);

/* The machine has come to a stand: is told to a debugger that waits for it. */
void gdb_session_stopped(struct gdb_session *session, const struct gdb_stop *stop);

/* Does what the packet asks. The machine stands still, or has ended. */
void gdb_session_serve(struct gdb_session *session);

/* The machine is gone: the target is not called any more. */
void gdb_session_ended(struct gdb_session *session, bool failed);

#endif
