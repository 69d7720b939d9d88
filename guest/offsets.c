/* The numbers that the test guests' macros (guest/include/) need from the C side. Compiled to
 * assembly only; the Makefile turns each line into a NASM constant. */
#include "guest/hypercall.h"
#include "guest/image.h"

#define EMIT(name, value) __asm__ volatile("\n.ascii \"->" #name " %0\"" : : "i"((long)(value)))
/* Not through EMIT(): the name would be replaced by its value on the way. */
#define SAME(name)        __asm__ volatile("\n.ascii \"->" #name " %0\"" : : "i"((long)(name)))

void lists(void);
void lists(void)
{
#define X(symbol, name) SAME(symbol);
	VCPU_EXIT_LIST(X)
	GUEST_FIELD_LIST(X)
#undef X
#define X(symbol, name)                           \
	EMIT(FINAL_##symbol, GPR_COUNT + symbol); \
	SAME(symbol);
	VCPU_REGISTER_LIST(X)
#undef X
#define X(symbol, number, text) EMIT(symbol, number);
	GUEST_HYPERCALL_LIST(X)
#undef X
}

void machine(void);
void machine(void)
{
	SAME(VCPU_MODE_REAL16);
	SAME(VCPU_MODE_PROT32);
	SAME(VCPU_MODE_PAE32);
	SAME(VCPU_MODE_LONG64);
	SAME(INTERCEPT_HLT);
	SAME(INTERCEPT_PAUSE);
	SAME(INTERCEPT_RDTSC);
	SAME(INTERCEPT_CR3);
	SAME(INTERCEPT_CR8);
	SAME(INTERCEPT_DR);
	SAME(INTERCEPT_INVLPG);
	SAME(INTERCEPT_RDPMC);
	SAME(INTERCEPT_DESCRIPTOR_TABLE);
	SAME(INTERCEPT_WBINVD);
	SAME(INTERCEPT_MONITOR_MWAIT);
	SAME(INTERCEPT_RANDOM);
	SAME(EVENT_EXTERNAL_INTERRUPT);
	SAME(EVENT_NMI);
	SAME(EVENT_EXCEPTION);
	SAME(EVENT_SOFTWARE_INTERRUPT);
	SAME(EVENT_PRIVILEGED_SOFTWARE_EXCEPTION);
	SAME(EVENT_SOFTWARE_EXCEPTION);
}

void format(void);
void format(void)
{
	EMIT(GUEST_HEADER_SIZE, sizeof(struct guest_header));
	EMIT(GUEST_ROW_SIZE, sizeof(struct guest_row));
	SAME(GUEST_PAGE_TABLES);
	SAME(GUEST_IDT);
	SAME(GUEST_STACK_TOP);
	SAME(GUEST_STACK_SIZE);
	SAME(GUEST_LOAD);
	SAME(GUEST_QUIET);
	SAME(GUEST_ALONE);
	SAME(GUEST_ALL_START);
	SAME(GUEST_SPREAD);
	SAME(GUEST_UNHANDLED);
	SAME(ROW_EXIT);
	SAME(ROW_GPR);
	SAME(ROW_FIELD);
	SAME(ROW_FINAL);
	SAME(ROW_MEMORY);
	SAME(ROW_COUNT);
	SAME(ROW_WORK);
	SAME(ROW_ANY_RIP);
	SAME(ROW_ANY_LENGTH);
	SAME(ROW_ENDS);
	SAME(INJECT_ERROR_CODE);
	SAME(INJECT_FAULT_ADDRESS);
	SAME(INJECT_THRICE);
	SAME(NESTED_RIGHTS_BROKEN);
	SAME(COUNTER_EXITS);
	SAME(COUNTER_SLICES);
	SAME(COUNTER_CPU);
	SAME(COUNTER_CPUS_ONLINE);
	SAME(COUNTER_MEMORY);
	SAME(ON_FAULT_STOP);
	SAME(ON_FAULT_MAP);
	SAME(ON_FAULT_SKIP);
	SAME(ON_FAULT_EMULATE);
	SAME(ACCESS_READ);
	SAME(ACCESS_WRITE);
	SAME(ACCESS_EXECUTE);
}
