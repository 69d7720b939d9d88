/* All that an exit loads from the host-state area, but for RSP, RIP and the base of GS, which whoever
 * calls has got right already. SDM volume 3, "Loading Host State". */
#include "vmx/trial/host_repair.h"

#include "kernel/cpu.h"
#include "kernel/descriptors.h"
#include "kernel/traps.h"
#include "x86/instructions.h"
#include "x86/msr.h"

static const uint32_t kept[] = {
	MSR_EFER,
	MSR_PAT,
	MSR_SYSENTER_CS,
	MSR_SYSENTER_ESP,
	MSR_SYSENTER_EIP,
	/* Not of the host-state area, but MSR-load areas may change it. */
	MSR_LSTAR,
	/* Last, as loading the segment registers clears them. */
	MSR_FS_BASE,
	MSR_GS_BASE,
};
_Static_assert(ARRAY_SIZE(kept) == HOST_REPAIR_MSRS, "a place each");

void host_repair_note(struct host_repair *host)
{
	host->cr0 = read_cr0();
	host->cr3 = read_cr3();
	host->cr4 = read_cr4();
	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++)
		host->msrs[i] = read_msr(kept[i]);
}

void host_repair(const struct host_repair *host)
{
	struct cpu_descriptors *descriptors = this_cpu()->arch;
	uint32_t null = 0;

	write_cr0(host->cr0);
	write_cr4(host->cr4);
	write_cr3(host->cr3);
	descriptors_reload(descriptors);
	traps_load();
	__asm__ volatile("movl %0, %%fs\n\t"
			 "movl %0, %%gs"
			 :
			 : "r"(null));
	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++)
		write_msr(kept[i], host->msrs[i]);
}
