/* The frame of a test guest in C: what guest.inc is to the others. One file is one guest, 64-bit, flat,
 * with the first GiB mapped to itself:
 *
 *   #include "guest/include/c_guest.h"
 *   GUEST(.vcpus = 2, .flags = GUEST_ALL_START, .says = "...");
 *   static const struct guest_row rows[] GUEST_ROWS = { ... };
 *   void guest_main(uint64_t vcpu) { ... }
 *
 * It is linked at its place in guest memory (guest/include/c_guest.ld), as an ELF file for debuggers
 * and as the image that Plinth holds. Each vCPU has a stack of its own; returning halts it. */
#ifndef GUEST_INCLUDE_C_GUEST_H
#define GUEST_INCLUDE_C_GUEST_H

#include "guest/hypercall.h"
#include "guest/image.h"

/* Where the rows begin in the image: the text and data before them have this much room. */
#define C_GUEST_ROWS_OFFSET 0x2000

#define C_GUEST_STACK 4096

/* Exits that come when they come, as in guest.inc. */
#define C_GUEST_ASYNCHRONOUS                                                                     \
	(1ull << VCPU_EXIT_INTERRUPT | 1ull << VCPU_EXIT_TIME_SLICE | 1ull << VCPU_EXIT_KICKED | \
	 1ull << VCPU_EXIT_INTERRUPT_WINDOW | 1ull << VCPU_EXIT_NMI_WINDOW |                     \
	 1ull << VCPU_EXIT_NMI | 1ull << VCPU_EXIT_DEBUG)

#define GUEST_ROWS __attribute__((section(".guest.rows"), used))

#define GUEST(...)                                                                             \
	const struct guest_header guest_header                                                 \
		__attribute__((section(".guest.header"),                                       \
			       used)) = { .magic = { 'P', 'L', 'G', 'U', 'E', 'S', 'T', '1' }, \
					  .header_size = sizeof(struct guest_header),          \
					  .row_size = sizeof(struct guest_row),                \
					  .mode = VCPU_MODE_LONG64,                            \
					  .vcpus = 1,                                          \
					  .memory = KIB(128),                                  \
					  .text_offset = sizeof(struct guest_header),          \
					  .rows_offset = C_GUEST_ROWS_OFFSET,                  \
					  .entry = GUEST_LOAD,                                 \
					  .ignored = C_GUEST_ASYNCHRONOUS,                     \
					  .deadline_ms = 30000,                                \
					  .pinned = -1,                                        \
					  __VA_ARGS__ };                                       \
	uint8_t guest_stacks[GUEST_MAX_VCPUS][C_GUEST_STACK] __attribute__((aligned(16)));     \
	/* Each vCPU starts here with its number in RDI. */                                    \
	__asm__(".pushsection .text.entry, \"ax\"\n"                                           \
		".global guest_entry\n"                                                        \
		"guest_entry:\n"                                                               \
		"	lea 1(%rdi), %rax\n"                                                         \
		"	shl $12, %rax\n"                                                             \
		"	lea guest_stacks(%rax), %rsp\n"                                              \
		"	xor %ebp, %ebp\n"                                                            \
		"	call guest_main\n"                                                           \
		"1:	hlt\n"                                                                     \
		"	jmp 1b\n"                                                                    \
		".popsection");                                                                \
	_Static_assert(C_GUEST_STACK == 1 << 12, "as the entry code shifts")

void guest_main(uint64_t vcpu);

static inline uint64_t hypercall(enum guest_hypercall number, uint64_t argument)
{
	uint64_t result = number;

	__asm__ volatile("vmcall" : "+a"(result) : "b"(argument) : "memory");
	return result;
}

/* The guest's own check: a failure names this line. */
#define check(condition)                                     \
	do {                                                 \
		if (!(condition))                            \
			hypercall(HYPERCALL_FAIL, __LINE__); \
	} while (0)

#endif
