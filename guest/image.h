/* The format of an embedded test guest: a header, the bytes that go into guest memory, and the
 * expectation table, in one flat file that NASM writes from guest/cases/NAME.asm. The table rows
 * are recorded by macros beside the instruction that they speak of (guest/include/). The parser
 * trusts nothing: every number is checked before anything uses it. Pure. */
#ifndef GUEST_IMAGE_H
#define GUEST_IMAGE_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"

#define GUEST_MAGIC      "PLGUEST1"
#define GUEST_MAX_VCPUS  16
#define GUEST_MAX_ROWS   1024
#define GUEST_MIN_MEMORY KIB(64)
#define GUEST_MAX_MEMORY MIB(64)

/* Where everything lies in the memory of a test guest: docs/guests.md shows the map. The loader
 * makes identity page tables for the paged modes; the guest fills its descriptor tables. */
#define GUEST_PAGE_TABLES 0x1000
#define GUEST_IDT         0x4000
#define GUEST_STACK_TOP   0x8000
#define GUEST_STACK_SIZE  0x200 /* between the stack tops of two vCPUs */
#define GUEST_LOAD        0x8000

enum guest_flag {
	GUEST_QUIET = 1 << 0,     /* exits are counted and judged, but no line each */
	GUEST_ALONE = 1 << 1,     /* starts when no other test guest runs any more */
	GUEST_ALL_START = 1 << 2, /* every vCPU begins at the entry; else all but 0 wait for SIPI */
	GUEST_SPREAD = 1 << 3,    /* vCPU n is pinned to the n-th CPU after `pinned` */
	GUEST_UNHANDLED = 1 << 4, /* the exit that ends it is one that nobody handles */
	GUEST_FLAGS = (1 << 5) - 1,
};

struct guest_header {
	char magic[8];
	uint32_t header_size; /* of this structure, for a file made by another build */
	uint32_t row_size;
	uint32_t mode; /* enum vcpu_mode */
	uint32_t vcpus;
	uint64_t memory;      /* bytes of RAM at guest-physical 0 */
	uint32_t text_offset; /* into the file; runs up to the rows */
	uint32_t rows_offset; /* into the file; runs to its end */
	uint32_t entry;       /* guest-physical */
	uint32_t intercepts;  /* enum vcpu_intercept, or-ed */
	uint32_t exceptions;  /* bitmap of intercepted exception vectors */
	uint32_t flags;       /* enum guest_flag, or-ed */
	uint64_t ignored;     /* bit per enum vcpu_exit_kind: not part of the ordered list */
	uint32_t deadline_ms; /* guest time of a vCPU, or all asleep, after which it is stopped */
	uint32_t end_slices;  /* ends orderly after so many time slices per vCPU; 0: ends itself */
	int32_t pinned;       /* CPU index, taken modulo the CPUs online; -1: any */
	uint32_t meeting;     /* guests with the same number wait for each other; 0: none */
	char says[80];        /* one sentence on what it shows, zero-terminated */
} packed_layout;
_Static_assert(sizeof(struct guest_header) == 160, "the macros write 160 bytes");

enum guest_row_type {
	ROW_EXIT,   /* the next exit of vCPU `vcpu` is `kind` */
	ROW_GPR,    /* ... and then register `which` & mask == value (belongs to the row above) */
	ROW_FIELD,  /* ... and then the exit's own field `which` & mask == value */
	ROW_FINAL,  /* at the end, register `which` (enum gpr, or 16 + enum vcpu_register) */
	ROW_MEMORY, /* at the end, the 8 bytes at guest-physical `at` */
	ROW_COUNT,  /* over the whole run, `min` to `max` exits of `kind` on vCPU `vcpu` */
	ROW_WORK,   /* at the end, the counters at `at`, `length` bytes apart, one a vCPU, do not
		     * differ by more than `max` percent of their mean, and that is >= `min` */
	ROW_TYPES
};

/* Fields of an exit that neither the qualification nor a register shows. */
#define GUEST_FIELD_LIST(X)                       \
	X(FIELD_GPA, "gpa")                       \
	X(FIELD_GVA, "gva")                       \
	X(FIELD_ACCESS, "access")                 \
	X(FIELD_ALLOWED, "allowed")               \
	X(FIELD_DURING_WALK, "during-walk")       \
	X(FIELD_VECTOR, "vector")                 \
	X(FIELD_HAS_ERROR_CODE, "has-error-code") \
	X(FIELD_ERROR_CODE, "error-code")         \
	X(FIELD_ADDRESS, "address")               \
	X(FIELD_MSR_INDEX, "msr")                 \
	X(FIELD_MSR_VALUE, "msr-value")           \
	X(FIELD_CR_NUMBER, "cr")                  \
	X(FIELD_CR_VALUE, "cr-value")             \
	X(FIELD_DR_NUMBER, "dr")                  \
	X(FIELD_LMSW_VALUE, "lmsw-value")         \
	X(FIELD_LEAF, "leaf")                     \
	X(FIELD_SUBLEAF, "subleaf")               \
	X(FIELD_XSETBV_INDEX, "xcr")              \
	X(FIELD_XSETBV_VALUE, "xcr-value")        \
	X(FIELD_PORT, "port")                     \
	X(FIELD_WIDTH, "width")                   \
	X(FIELD_IO_ADDRESS, "io-address")         \
	X(FIELD_SEGMENT, "segment")               \
	X(FIELD_SELECTOR, "selector")             \
	X(FIELD_SOURCE, "source")                 \
	X(FIELD_ICR, "icr")                       \
	X(FIELD_RAW_REASON, "raw-reason")         \
	X(FIELD_INSTRUCTION_ERROR, "instruction-error")

enum guest_field {
#define X(symbol, name) symbol,
	GUEST_FIELD_LIST(X)
#undef X
		GUEST_FIELDS
};

const char *guest_field_name(enum guest_field field);

enum guest_row_flag {
	ROW_ANY_RIP = 1 << 0,
	ROW_ANY_LENGTH = 1 << 1,
	ROW_ENDS = 1 << 2, /* this exit is the guest's orderly end */
	ROW_FLAGS = (1 << 3) - 1,
};

struct guest_row {
	uint8_t type; /* enum guest_row_type */
	uint8_t vcpu;
	uint8_t flags; /* enum guest_row_flag, or-ed */
	uint8_t which;
	uint32_t kind;     /* enum vcpu_exit_kind */
	uint64_t at;       /* RIP of an exit, address of memory */
	uint64_t value;    /* qualification, register, field, memory */
	uint64_t mask;     /* bits of `value` that are compared */
	uint32_t length;   /* of the instruction */
	uint32_t min, max; /* how often in a row; max >= 1 */
	uint32_t line;     /* in guest/cases/NAME.asm (or the include that wrote the row) */
} packed_layout;
_Static_assert(sizeof(struct guest_row) == 48, "the macros write 48 bytes");

struct guest_image {
	struct guest_header header; /* a checked copy */
	const uint8_t *text;
	uint32_t text_length;
	const struct guest_row *rows; /* unaligned: the structure is packed */
	uint32_t row_count;
};

/* Checks `size` bytes and fills `out`, which points into them. InvalidData with the culprit. */
enum error guest_image_parse(const void *bytes, size_t size, struct guest_image *out,
			     struct reason *why) must_check;

/* Copies the image's bytes to its place in `memory` (header.memory bytes, zeroed) and writes the
 * page tables of its mode: the first GiB mapped to itself, present, writable, user. */
void guest_image_load(const struct guest_image *image, uint8_t *memory);

#endif
