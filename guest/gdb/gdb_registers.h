/* The registers that a debugger sees of a vCPU: their order, widths and names, and the description
 * of them that GDB reads. GDB's manual, "Target Descriptions", "i386 Features". Pure. */
#ifndef GUEST_GDB_GDB_REGISTERS_H
#define GUEST_GDB_GDB_REGISTERS_H

#include "lib/types.h"

enum gdb_register_source {
	GDB_GENERAL,     /* `which`: enum gpr */
	GDB_NAMED,       /* `which`: enum vcpu_register */
	GDB_FPU_STACK,   /* `which`: ST(n) */
	GDB_FPU_CONTROL, /* `which`: enum gdb_fpu_control */
	GDB_VECTOR,      /* `which`: XMMn */
	GDB_VECTOR_CONTROL,
};

/* The order of GDB's own. */
enum gdb_fpu_control {
	FPU_FCTRL,
	FPU_FSTAT,
	FPU_FTAG,
	FPU_FISEG,
	FPU_FIOFF,
	FPU_FOSEG,
	FPU_FOOFF,
	FPU_FOP,
	FPU_CONTROLS
};

struct gdb_register {
	uint8_t source; /* enum gdb_register_source */
	uint8_t which;
	uint8_t type; /* an enum of the table's own */
	uint8_t size; /* bytes on the wire, lowest first */
};

/* By GDB's number. */
extern const struct gdb_register gdb_registers[];
extern const unsigned gdb_register_count;
const char *gdb_register_name(unsigned number);

/* The most bytes that one has, and all of them together. */
#define GDB_REGISTER_MAX  16
#define GDB_REGISTERS_MAX 1024

/* Numbers of those that come with each stop. */
enum { GDB_REGISTER_RBP = 6, GDB_REGISTER_RSP = 7, GDB_REGISTER_RIP = 16 };

/* Writes the description of all as XML, cut at `size`; returns its whole length. */
size_t gdb_describe_registers(char *text, size_t size);

/* ST(n) and a control register in an image as FXSAVE64 writes it: GDB_REGISTER_MAX bytes, of which
 * the register's size counts. */
void gdb_fpu_stack(const uint8_t *image, unsigned number, uint8_t *value);
uint32_t gdb_fpu_control(const uint8_t *image, enum gdb_fpu_control which);
uint32_t gdb_vector_control(const uint8_t *image);

#endif
