/* A program that looks for a debugger's traces: it reads its flags in every way there is, those saved
 * by interrupts included, and expects never to find TF; its debug registers hold what it wrote. To be stepped through, from steps_begin to
 * steps_end; without a debugger it is a test like any other. */
#include "guest/include/c_guest.h"

/* Under a debugger exceptions and MOV DR exit that otherwise do not. */
GUEST(.ignored = C_GUEST_ASYNCHRONOUS | 1ull << VCPU_EXIT_EXCEPTION | 1ull << VCPU_EXIT_CPUID |
		 1ull << VCPU_EXIT_DR_ACCESS,
      .says = "Flags that are pushed, popped and saved by interrupts have no TF");

static const struct guest_row rows[] GUEST_ROWS = {
	{ .type = ROW_EXIT,
	  .flags = ROW_ANY_RIP | ROW_ANY_LENGTH | ROW_ENDS,
	  .kind = VCPU_EXIT_HYPERCALL,
	  .mask = ~0ull,
	  .min = 1,
	  .max = 1,
	  .line = __LINE__ },
};

#define TF             0x100
#define VECTOR_BP      3
#define VECTOR_PF      14
#define VECTOR_OWN     0x80
#define SELECTOR_CODE  0x08
#define INTERRUPT_GATE 0x8e00
#define NOT_MAPPED     0x40000000 /* behind the first GiB */

struct gate {
	uint16_t offset_low, selector, type, offset_middle;
	uint32_t offset_high, zero;
} packed_layout;

struct table {
	uint16_t limit;
	uint64_t base;
} packed_layout;

/* Null, code, data: flat. */
static const uint64_t gdt[] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff };

uint64_t interrupts; /* that the handlers took */
uint64_t saved;      /* all flags that they were given, or-ed */
uint64_t pushed, flags_at_end;

void interrupt_entry(void);
void fault_entry(void);
/* The handlers: count, keep the saved flags. That of the page fault drops the error code and goes
 * on behind the instruction, which is two bytes long. */
__asm__("interrupt_entry:\n"
	"	push %rax\n"
	"	mov 24(%rsp), %rax\n"
	"	or %rax, saved\n"
	"	incq interrupts\n"
	"	pop %rax\n"
	"	iretq\n"
	"fault_entry:\n"
	"	add $8, %rsp\n"
	"	addq $2, (%rsp)\n"
	"	jmp interrupt_entry\n");

static void handle(unsigned vector, void (*entry)(void))
{
	struct gate *gates = (struct gate *)GUEST_IDT;

	gates[vector] = (struct gate) { .offset_low = (uint16_t)(uint64_t)entry,
					.selector = SELECTOR_CODE,
					.type = INTERRUPT_GATE };
}

static void load_tables(void)
{
	const struct table gdtr = { sizeof(gdt) - 1, (uint64_t)gdt };
	const struct table idtr = { 0xfff, GUEST_IDT };

	handle(VECTOR_BP, interrupt_entry);
	handle(VECTOR_PF, fault_entry);
	handle(VECTOR_OWN, interrupt_entry);
	__asm__ volatile("lgdt %0; lidt %1" : : "m"(gdtr), "m"(idtr));
}

#define DR6_RESET      0xffff0ff0
#define DR7_RESET      0x400
#define DR7_G0         0x2
#define NEVER_EXECUTED 0x12345678

static __attribute__((noinline)) void keep_debug_registers(void)
{
	uint64_t dr0, dr3, dr6, dr7;

	__asm__ volatile("mov %0, %%dr0; mov %1, %%dr3; mov %2, %%dr7"
			 :
			 : "r"((uint64_t)NEVER_EXECUTED), "r"((uint64_t)NEVER_EXECUTED + 3),
			   "r"((uint64_t)(DR7_RESET | DR7_G0)));
	__asm__ volatile("mov %%dr0, %0; mov %%dr3, %1; mov %%dr6, %2; mov %%dr7, %3"
			 : "=r"(dr0), "=r"(dr3), "=r"(dr6), "=r"(dr7));
	check(dr0 == NEVER_EXECUTED && dr3 == NEVER_EXECUTED + 3);
	check(dr6 == DR6_RESET);
	check(dr7 == (DR7_RESET | DR7_G0));
}

void guest_main(uint64_t vcpu)
{
	uint64_t selector, not_mapped = NOT_MAPPED;

	load_tables();
	__asm__ volatile(".global steps_begin, steps_end\n"
			 "steps_begin:\n"
			 "	pushfq\n"
			 "	pop %0\n"
			 "	push %0\n"
			 "	popfq\n"
			 "	sti\n"
			 "	nop\n"
			 "	cli\n"
			 "	mov %%ss, %1\n"
			 "	mov %1, %%ss\n"
			 "	nop\n"
			 "	int3\n"
			 "	int $0x80\n"
			 "	mov (%2), %%eax\n"
			 "	cpuid\n"
			 "	pushfw\n"
			 "	popfw\n"
			 "steps_end:\n"
			 "	pushfq\n"
			 "	pop flags_at_end\n"
			 : "=&r"(pushed), "=&r"(selector)
			 : "r"(not_mapped)
			 : "rax", "rbx", "rcx", "rdx", "memory", "cc");
	check(!(pushed & TF));
	check(!(saved & TF));
	check(!(flags_at_end & TF));
	check(interrupts == 3);
	keep_debug_registers();
	hypercall(HYPERCALL_DONE, 0);
}
