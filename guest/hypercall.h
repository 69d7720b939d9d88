/* What a test guest can ask of its board, with the function number in EAX and arguments in EBX,
 * ECX, EDX and ESI (64-bit registers in 64-bit mode). The result replaces EAX: 0 for success,
 * else enum error, unless the table says otherwise. docs/guests.md has the same table. */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

/* X(symbol, number, what it does) */
#define GUEST_HYPERCALL_LIST(X)                                                                    \
	X(HYPERCALL_DONE, 1, "the guest is content: its end is judged")                            \
	X(HYPERCALL_FAIL, 2, "a check in the guest failed; EBX: its source line")                  \
	X(HYPERCALL_SKIP, 3,                                                                       \
	  "this machine lacks what it needs; EBX: address of a sentence, ECX: length")             \
	X(HYPERCALL_PRINT, 4, "console line; EBX: address, ECX: length up to 200")                 \
	X(HYPERCALL_INJECT, 5, "EBX: event kind | flags, ECX: vector, EDX: error code, ESI: vCPU") \
	X(HYPERCALL_NESTED_RIGHTS, 6,                                                              \
	  "EBX: page, ECX: length, EDX: rights of its mapping, 0 for none")                        \
	X(HYPERCALL_ON_FAULT, 7, "the next nested faults: EBX: ON_FAULT_...")                      \
	X(HYPERCALL_COUNTER, 8,                                                                    \
	  "EAX: EBX 0 exits, 1 time slices, 2 CPU, 3 CPUs online, 4 memory size")                  \
	X(HYPERCALL_SET_REGISTER, 9, "EBX: enum vcpu_register, ECX: value")                        \
	X(HYPERCALL_YIELD, 10, "the next vCPU's turn")                                             \
	X(HYPERCALL_MEET, 11,                                                                      \
	  "waits until the other guests of its meeting have come as often or ended")               \
	X(HYPERCALL_KINDS, 12, "EAX: how often vCPU ECX had exits of kind EBX")                    \
	X(HYPERCALL_RESTART, 13, "every vCPU begins again at the entry; memory stays")

enum guest_hypercall {
#define X(symbol, number, text) symbol = (number),
	GUEST_HYPERCALL_LIST(X)
#undef X
};

/* HYPERCALL_INJECT: or-ed to the event kind. */
#define INJECT_ERROR_CODE    0x100 /* deliver EDX as the error code */
#define INJECT_FAULT_ADDRESS 0x200 /* #PF: EDI is the value for CR2 */
#define INJECT_THRICE        0x400 /* three of them, before the guest goes on */

/* HYPERCALL_NESTED_RIGHTS, instead of rights: a mapping that the CPU refuses as malformed. */
#define NESTED_RIGHTS_BROKEN 0x80

/* HYPERCALL_COUNTER */
#define COUNTER_EXITS       0
#define COUNTER_SLICES      1
#define COUNTER_CPU         2
#define COUNTER_CPUS_ONLINE 3
#define COUNTER_MEMORY      4

/* HYPERCALL_ON_FAULT */
#define ON_FAULT_STOP    0
#define ON_FAULT_MAP     1
#define ON_FAULT_SKIP    2
#define ON_FAULT_EMULATE 3

#endif
