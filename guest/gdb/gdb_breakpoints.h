/* A debugger's breakpoints: those patched into the guest's memory as INT3, with what they replaced,
 * and those in debug registers. Pure: the memory itself is the caller's. */
#ifndef GUEST_GDB_GDB_BREAKPOINTS_H
#define GUEST_GDB_GDB_BREAKPOINTS_H

#include "guest/gdb/gdb_command.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu_debug.h"

#define GDB_SOFTWARE_MAX 128
#define GDB_INT3         0xcc

/* A patched byte, by where it is in guest-physical memory: the same code may be mapped twice. */
struct gdb_patch {
	bool used;
	gpa_t at;
	uint64_t address; /* as the debugger named it */
	uint8_t original;
};

/* A debug register that is taken. */
struct gdb_hardware {
	bool used;
	enum gdb_breakpoint_type type;
	uint64_t address;
	uint8_t length; /* 1, 2, 4 or 8 */
};

struct gdb_breakpoints {
	struct gdb_patch patches[GDB_SOFTWARE_MAX];
	struct gdb_hardware hardware[DEBUG_BREAKPOINTS];
};

/* Notes that `original` is about to be replaced at `at`. Null when there is no room. */
struct gdb_patch *gdb_patch_add(struct gdb_breakpoints *all, gpa_t at, uint64_t address,
				uint8_t original);
/* The one that lies there, or that the debugger named so; or null. */
struct gdb_patch *gdb_patch_at(struct gdb_breakpoints *all, gpa_t at);
struct gdb_patch *gdb_patch_named(struct gdb_breakpoints *all, uint64_t address);

/* Memory at [at, at + length) as it would be without patches. */
void gdb_patches_hide(const struct gdb_breakpoints *all, gpa_t at, uint8_t *bytes, size_t length);
/* The debugger wrote `bytes` there: what lies below a patch changes, and `bytes` becomes what has to
 * be in memory. */
void gdb_patches_keep(struct gdb_breakpoints *all, gpa_t at, uint8_t *bytes, size_t length);

/* Takes a debug register; false when none is free, or when no register can watch the range: 1, 2, 4 or
 * 8 bytes at a multiple of that, and an instruction as 1 byte. One that is set already stays. */
bool gdb_hardware_add(struct gdb_breakpoints *all, enum gdb_breakpoint_type type, uint64_t address,
		      uint64_t length);
/* False when there is none such. */
bool gdb_hardware_remove(struct gdb_breakpoints *all, enum gdb_breakpoint_type type,
			 uint64_t address, uint64_t length);

/* DR0 to DR3 and DR7 for them. SDM volume 3, "Debug Control Register (DR7)". There is no watching of
 * reads alone: those are watched as accesses. */
void gdb_hardware_registers(const struct gdb_breakpoints *all, struct vcpu_debug *debug);

#endif
