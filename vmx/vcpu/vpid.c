/* A bitmap of the 65535 identifiers, searched from where the last one was found. */
#include "vmx/vcpu/vpid.h"

#include "kernel/command_line.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "lib/bits.h"
#include "vmx/cpu/capability.h"
#include "vmx/instructions.h"

#define VPIDS 65536u

static struct spinlock lock = SPINLOCK_INIT("vpid");
static uint64_t taken[VPIDS / 64]; /* guarded by `lock` */
static uint32_t next = 1;          /* guarded by `lock` */

uint16_t vpid_alloc(void)
{
	uint16_t found = 0;

	if (!command_line.vpid || !vmx_has_vpid(&vmx_capability))
		return 0;
	uint64_t rflags = spinlock_acquire(&lock);
	for (uint32_t tries = 0; tries < VPIDS && !found; tries++) {
		uint32_t candidate = next;

		next = (next + 1) % VPIDS;
		/* 0 is the host's own. */
		if (!candidate || (taken[candidate / 64] & BIT(candidate % 64)))
			continue;
		taken[candidate / 64] |= BIT(candidate % 64);
		found = (uint16_t)candidate;
	}
	spinlock_release(&lock, rflags);
	return found;
}

void vpid_free(uint16_t vpid)
{
	if (!vpid)
		return;
	uint64_t rflags = spinlock_acquire(&lock);
	taken[vpid / 64] &= ~BIT(vpid % 64);
	spinlock_release(&lock, rflags);
}

void vpid_flush(uint16_t vpid)
{
	enum invvpid_type type = INVVPID_SINGLE_CONTEXT;
	struct reason why;

	if (!vpid)
		return;
	if (!(vmx_capability.ept_vpid & VPID_CAP_INVVPID_SINGLE))
		type = INVVPID_ALL_CONTEXTS;
	if (vmx_result_reason(vmx_invvpid(type, vpid, 0), "INVVPID", &why))
		panic("flushing VPID %u: %s", vpid, why.text);
}
