/* Walking the frame-pointer chain, with nothing taken on trust. */
#include "kernel/backtrace.h"

#include "kernel/address_space.h"
#include "kernel/output/log.h"
#include "kernel/symbols.h"
#include "lib/bits.h"

#define MAX_FRAMES 32

/* A call that does not return may be a function's last instruction: the address behind it is another
 * function's, and only the call itself tells whose it is. */
static void print_frame(unsigned number, uint64_t address, bool called)
{
	char name[SYMBOL_NAME_MAX];
	uint64_t offset;

	if (symbols_find(address - called, name, &offset))
		log_error("panic", "frame=%u rip=0x%lx symbol=%s+0x%lx", number, address, name,
			  offset + called);
	else
		log_error("panic", "frame=%u rip=0x%lx", number, address);
}

static bool readable(uint64_t address)
{
	return is_aligned(address, 8) && address_space_is_mapped(address);
}

static void print_chain(unsigned number, uint64_t rbp)
{
	while (number < MAX_FRAMES && rbp && readable(rbp) && readable(rbp + 8)) {
		const uint64_t *frame = (const uint64_t *)rbp;
		if (!frame[1])
			break;
		print_frame(number++, frame[1], true);
		if (frame[0] <= rbp) /* stacks grow down: an outer frame lies higher */
			break;
		rbp = frame[0];
	}
}

void backtrace_print(uint64_t rip, uint64_t rbp)
{
	print_frame(0, rip, false);
	print_chain(1, rbp);
}

void backtrace_print_callers(uint64_t rip, uint64_t rbp)
{
	print_frame(0, rip, true);
	print_chain(1, rbp);
}

void backtrace_print_called(uint64_t rip, uint64_t rsp, uint64_t rbp)
{
	print_frame(0, rip, false);
	if (readable(rsp))
		print_frame(1, *(const uint64_t *)rsp, true);
	print_chain(2, rbp);
}
