/* Any bytes as an exit: the result is always one of the kinds, with its members in range. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/assert.h"
#include "lib/string.h"
#include "vmx/exit/exit_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct vcpu_exit *exit)
{
	assert(exit->kind < VCPU_EXIT_KINDS);
	switch (exit->kind) {
	case VCPU_EXIT_IO:
		assert(exit->io.width == 1 || exit->io.width == 2 || exit->io.width == 4);
		assert(exit->io.string == (exit->io.address_width != 0));
		assert(exit->io.segment < 8);
		break;
	case VCPU_EXIT_CR_ACCESS:
		assert(exit->cr.gpr < GPR_COUNT && exit->cr.number < 16);
		break;
	case VCPU_EXIT_DR_ACCESS:
		assert(exit->dr.gpr < GPR_COUNT && exit->dr.number < 8);
		break;
	case VCPU_EXIT_RANDOM:
		assert(exit->random.gpr < GPR_COUNT && exit->random.width <= 8);
		break;
	case VCPU_EXIT_ENTRY_FAILED:
		assert(strnlen(exit->entry_failed.story, sizeof(exit->entry_failed.story)) <
		       sizeof(exit->entry_failed.story));
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exit_snapshot snapshot;
	uint64_t gpr[GPR_COUNT];
	struct vcpu_event event = { 0 };
	struct vcpu_exit exit;

	if (size < sizeof(snapshot))
		return 0;
	memcpy(&snapshot, data, sizeof(snapshot));
	memset(gpr, data[0], sizeof(gpr));
	/* A bool of any other byte would be undefined before the decoder sees it. */
	snapshot.ins_outs_info = data[1] & 1;
	snapshot.code64 = data[1] & 2;
	snapshot.gpr = gpr;
	/* Most values are beyond the table: keep the reasons that have a row in reach. */
	if (data[2] & 1)
		snapshot.reason &= 0x8000007f;

	memset(&exit, 0, sizeof(exit));
	exit_decode(&snapshot, &exit);
	check(&exit);
	if (exit_interrupted_event(&snapshot, 0, &event))
		assert(event.kind != EVENT_NONE);
	(void)exit_unblocked_nmis(&snapshot);
	return 0;
}
