/* For the files of a session. */
#ifndef GUEST_GDB_GDB_SERVE_H
#define GUEST_GDB_GDB_SERVE_H

#include "guest/gdb/gdb_session.h"

/* Sends `answer`, or the reason of the last stop, or how the machine ended. */
void gdb_session_send(struct gdb_session *session);
void gdb_session_tell_stop(struct gdb_session *session);
void gdb_session_tell_end(struct gdb_session *session);

/* gdb_transfer.c: registers and memory. Each fills `answer`. */
void gdb_serve_registers(struct gdb_session *session);
void gdb_serve_set_registers(struct gdb_session *session, const struct gdb_command *command);
void gdb_serve_register(struct gdb_session *session, const struct gdb_command *command);
void gdb_serve_set_register(struct gdb_session *session, const struct gdb_command *command);
void gdb_serve_memory(struct gdb_session *session, const struct gdb_command *command);
void gdb_serve_set_memory(struct gdb_session *session, const struct gdb_command *command);
void gdb_serve_features(struct gdb_session *session, const struct gdb_command *command);

/* "OK" and "E01", which says no more than that it failed. */
void gdb_answer_ok(struct gdb_session *session, bool good);

#endif
