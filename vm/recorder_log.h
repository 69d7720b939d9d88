/* Dumps of the flight recorder: "record dump ..." says what follows, then a "record cpu=..." line for
 * each record, of all CPUs in the order of time (docs/wire.md). Any CPU, but for the panic. */
#ifndef VM_RECORDER_LOG_H
#define VM_RECORDER_LOG_H

#include "lib/types.h"

struct vcpu;
struct vm;

/* Lines that suffice to see what led to a death, for people who read them. */
#define RECORDER_LAST_OF_VM  32
#define RECORDER_LAST_OF_ALL 64

/* The last `most` records that concern a VM, or of everything. `why` is a word. */
void recorder_log_vm(const struct vm *vm, uint64_t most, const char *why);
void recorder_log_all(uint64_t most, const char *why);

/* Hands over the lines of the last `most` exits of a vCPU that are still there, the oldest first. */
void recorder_tell_exits(const struct vcpu *vcpu, uint64_t most,
			 void (*tell_line)(void *context, const char *line), void *context);

/* For a panic: the same of everything, when all other CPUs have stopped, from memory alone. */
void recorder_log_panic(void);

#endif
