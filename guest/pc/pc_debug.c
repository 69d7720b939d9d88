/* What a PC has that no PC has: ports by which kernels and firmware under test talk to an emulator,
 * and QEMU's test device. */
#include "guest/pc/pc_parts.h"

#include "kernel/memory.h"
#include "kernel/output/log.h"
#include "lib/bits.h"

#define TESTDEV_PAGES ((sizeof(struct testdev) + PAGE_MASK) / PAGE_SIZE)

/* Of those who pull at an interrupt wire (PC_WIRE), the last: chips have lower numbers. */
#define TESTDEV_SOURCE 31

static void print(void *context, const char *text, bool ended)
{
	const struct pc *pc = (const struct pc *)context;

	log_info("guest", "vm=%u(%s) debug: %s", pc->vm->id, pc->vm->name, text);
}

static void output(void *context, uint16_t port, uint8_t byte)
{
	struct pc *pc = (struct pc *)context;
	const struct console_sink sink = { print, pc };

	console_line_put(&pc->debug_line, byte, &sink);
	/* There is no ready bit to hold back: the vCPU gives up its turn. */
	if (log_is_crowded())
		pc_leave_aside(pc, PC_FLOODS);
}

void pc_debug_flush(struct pc *pc)
{
	const struct console_sink sink = { print, pc };
	uint64_t flags = spinlock_acquire(&pc->lock);

	console_line_flush(&pc->debug_line, &sink);
	spinlock_release(&pc->lock, flags);
}

static void leaves(void *context, uint32_t status)
{
	struct pc *pc = (struct pc *)context;

	/* That of another CPU, which came second, does not count. */
	if (pc_end_request(pc, PC_EXIT, "debug-exit port"))
		pc->exit_status = status;
}

static void turns_off(void *context)
{
	pc_end_request((struct pc *)context, PC_POWER_OFF, "\"Shutdown\" on port 0x8900");
}

static enum error add_testdev(struct pc *pc, struct reason *why)
{
	struct wire irq[TESTDEV_IRQS];

	pc->testdev = pc_take_memory(pc->spec, "the test device", sizeof(*pc->testdev), why);
	if (!pc->testdev)
		return ERROR_NO_MEMORY;
	for (unsigned n = 0; n < TESTDEV_IRQS; n++)
		irq[n] = (struct wire) { pc_irq, pc, PC_WIRE(n, TESTDEV_SOURCE) };
	testdev_init(pc->testdev, irq);
	pc_keep_chip(pc, &testdev_register_ops, pc->testdev);
	return testdev_attach(pc->testdev, &pc->ports, &pc->memory, why);
}

enum error pc_debug_create(struct pc *pc, struct reason *why)
{
	const struct debug_connections to = {
		.context = pc,
		.output = output,
		.exit = pc->spec->debug_exit ? leaves : NULL,
		.shutdown = turns_off,
	};
	enum error error;

	debug_ports_init(&pc->debug_ports, &to);
	pc_keep_chip(pc, &debug_ports_ops, &pc->debug_ports);
	error = debug_ports_attach(&pc->debug_ports, &pc->ports, why);
	return error || !pc->spec->testdev ? error : add_testdev(pc, why);
}

void pc_debug_free(struct pc *pc)
{
	pages_free(pc->testdev, TESTDEV_PAGES);
}
