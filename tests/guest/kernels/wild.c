/* A kernel that goes wrong as its command line says, some calls deep: what Plinth tells of it is what
 * tests look at. */
#include <stdint.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint16_t u16;

#define NOWHERE  ((volatile u32 *)0x123456789010)
#define DEVICE   ((void *)0xa0000)
#define GATES    16
#define GATE_LOW 0x00008e0000080000 /* an interrupt gate, present, code segment 8 */
#define PRESENT  (1ull << 47)
#define SELECTOR 0x00f00000ull /* 8 becomes F8h */
#define NO_STACK 0x7654321000

/* A compiler leaves the frame of a short function out unless the function asks for it. */
#define FRAME() __asm__ volatile("" : : "r"(__builtin_frame_address(0)))

struct __attribute__((packed)) table {
	u16 limit;
	u64 base;
};

void load_idt(const struct table *table);
void start(const char *command_line);

static u64 idt[GATES][2];
static const struct table no_gates = { 0, 0 };

__attribute__((noipa)) static void write_through(volatile u32 *pointer, u32 value)
{
	FRAME();
	pointer[4] = value;
}

__attribute__((noipa)) static void call_through(void (*function)(void))
{
	FRAME();
	function();
	__asm__ volatile("" : : : "memory");
}

__attribute__((noipa)) static void save_into(void *memory)
{
	FRAME();
	__asm__ volatile("fxsave %0" : "=m"(*(char(*)[512])memory));
}

__attribute__((noipa)) static void push_nowhere(void)
{
	FRAME();
	__asm__ volatile("mov %0, %%rsp\n\tpush %%rax" : : "r"((u64)NO_STACK) : "memory");
}

static void handler(void)
{
	for (;;)
		__asm__ volatile("hlt");
}

static void set_gates(u64 flip)
{
	const struct table table = { sizeof(idt) - 1, (u64)idt };
	u64 at = (u64)handler;

	for (unsigned i = 0; i < GATES; i++) {
		idt[i][0] = (GATE_LOW ^ flip) | (at & 0xffff) | (at >> 16 & 0xffff) << 48;
		idt[i][1] = at >> 32;
	}
	load_idt(&table);
}

__attribute__((noipa)) static void work(char what)
{
	switch (what) {
	case 'w': /* write, without an IDT */
		write_through(NOWHERE, 0x5a);
		break;
	case 'c': /* call through a null pointer */
		call_through(0);
		break;
	case 'g': /* gates that are not present */
		set_gates(PRESENT);
		write_through(NOWHERE, 1);
		break;
	case 's': /* gates whose selector is beyond the GDT */
		set_gates(SELECTOR);
		write_through(NOWHERE, 1);
		break;
	case 'p': /* gates, but no stack for a handler to use */
		set_gates(0);
		push_nowhere();
		break;
	case 'f': /* what no device understands */
		save_into(DEVICE);
		break;
	case 'l': /* it never comes back */
		for (;;)
			__asm__ volatile("pause");
	}
}

void start(const char *command_line)
{
	load_idt(&no_gates);
	work(command_line[0]);
	__asm__ volatile("" : : : "memory");
}
