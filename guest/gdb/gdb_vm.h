/* The VM that is debugged, as the files of the debugger's server share it. All but `stops` belongs to
 * the bootstrap processor, which serves the debugger; a vCPU's exits read the breakpoints, which
 * change only while all vCPUs are parked. */
#ifndef GUEST_GDB_GDB_VM_H
#define GUEST_GDB_GDB_VM_H

#include "guest/gdb/gdb_breakpoints.h"
#include "guest/gdb/gdb_session.h"
#include "lib/page_walk.h"
#include "vm/debugger.h"
#include "vm/vm.h"

/* What a vCPU met that the debugger has to hear of: written by its CPU before it parks. */
struct gdb_met {
	bool waits;
	struct vcpu_debug_hit hit;
};

struct gdb_vm {
	struct vm *vm; /* while it is claimed, else null */
	struct gdb_breakpoints breakpoints;
	struct gdb_met met[VM_MAX_VCPUS];
	/* The steps that go on: what they execute, and whether RFLAGS.TF was the guest's own. */
	struct step_instruction steps[VM_MAX_VCPUS];
	bool guest_traps[VM_MAX_VCPUS];
};

_Static_assert(VM_MAX_VCPUS <= GDB_VCPUS_MAX, "every vCPU is a thread");

extern struct gdb_vm gdb_vm;

static inline struct vcpu *gdb_vcpu(unsigned index)
{
	return gdb_vm.vm->vcpus[index];
}

/* gdb_memory.c. The guest-physical address of a linear one, as a debugger has it: neither privilege
 * nor flags matter, and none is set. */
struct page_walk gdb_walk(struct vcpu *vcpu, uint64_t at);
/* Writes a byte, where there is memory. */
void gdb_poke(struct vm *vm, gpa_t at, uint8_t value);
size_t gdb_read_memory(unsigned vcpu, uint64_t at, uint8_t *to, size_t length);
bool gdb_write_memory(unsigned vcpu, uint64_t at, const uint8_t *from, size_t length);
bool gdb_set_breakpoint(unsigned vcpu, enum gdb_breakpoint_type type, uint64_t at, uint64_t length);
bool gdb_clear_breakpoint(unsigned vcpu, enum gdb_breakpoint_type type, uint64_t at,
			  uint64_t length);
void gdb_clear_all(void);

/* gdb_target.c */
bool gdb_read_register(unsigned vcpu, unsigned number, uint8_t *value);
bool gdb_write_register(unsigned vcpu, unsigned number, const uint8_t *value);

/* gdb_run.c. The exits of the VM; the choice of what is told of those that stopped it, false when
 * nothing did; resuming and leaving. */
enum board_action gdb_exit(struct vcpu *vcpu, const struct vcpu_exit *exit);
bool gdb_choose_stop(struct gdb_stop *stop);
bool gdb_exists(unsigned vcpu);
void gdb_resume(const enum gdb_action *actions);
void gdb_detach(void);
void gdb_kill(void);

/* gdb_monitor.c */
void gdb_describe(unsigned vcpu, char *text, size_t size);
void gdb_monitor(unsigned vcpu, const char *command, char *text, size_t size);

#endif
