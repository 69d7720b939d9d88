/* Which instruction comes next, as far as a step by RFLAGS.TF has to know. Pure. */
#ifndef GUEST_GDB_GDB_STEP_H
#define GUEST_GDB_GDB_STEP_H

#include "lib/types.h"
#include "vm/vcpu/vcpu_debug.h"

/* Looks at the bytes at RIP, as many as could be read. `code64`: 64-bit code, which has REX
 * prefixes. */
struct step_instruction gdb_step_instruction(const uint8_t *bytes, size_t length, bool code64);

#endif
