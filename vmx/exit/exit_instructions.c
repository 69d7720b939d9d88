/* Single instructions that exit: always, because the guest's owner asked, or because the guest is
 * told that its CPU lacks them. */
#include "vmx/exit/exit_handlers.h"

#include "kernel/cpu.h"
#include "lib/bits.h"
#include "vmx/exit/exit_fields.h"
#include "vmx/exit/exit_qualification.h"
#include "vmx/exit/exit_reason.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/vpid.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"
#include "x86/instructions.h"

/* INVD and WBINVD. INVD discards what the caches hold without writing it back, and the caches hold
 * the lines of the host and of other guests: it must not run. Nor need it: guest memory is coherent
 * write-back RAM, and no guest has a device that bypasses the caches, so that whether a line lies
 * in a cache or in memory is visible to nobody. WBINVD proper would be correct, but takes
 * milliseconds of everybody's time for one instruction of a guest. */
enum vmx_next vmx_handle_cache_flush(struct vmx_vcpu *v)
{
	return vmx_emulated(v);
}

/* Without a VPID every entry flushes the guest's linear translations, so that nothing is left to
 * do. With one, the page and the paging-structure caches go: all of this vCPU's, since an address
 * that is not canonical is no error for INVLPG but one for INVVPID. */
enum vmx_next vmx_handle_invlpg(struct vmx_vcpu *v)
{
	(void)vmx_exit_qualification(v); /* the address, for the flight recorder */
	vpid_flush(v->vpid);
	return vmx_emulated(v);
}

/* The guest spins: another vCPU may use the time better, if there is one. */
enum vmx_next vmx_handle_pause(struct vmx_vcpu *v)
{
	if (likely(vmx_ends_plainly()))
		vmx_pass_instruction(v, v->last.rip);
	else
		vmx_end_instruction(v);
	if (this_cpu()->current.endless) {
		v->did = "went on";
		return VMX_RESUME;
	}
	v->did = "yielded";
	return VMX_LEAVE_YIELD;
}

/* Guests are shown no performance counters (CPUID leaf 0AH), and a counter that is not there is
 * #GP(0). */
enum vmx_next vmx_handle_rdpmc(struct vmx_vcpu *v)
{
	return vmx_raise_protection(v);
}

/* VMX, SGX and the waiting instructions, MONITOR and MWAIT: CPUID shows none of them. */
enum vmx_next vmx_handle_hidden_instruction(struct vmx_vcpu *v)
{
	return vmx_raise_undefined(v);
}

/* --- RDRAND and RDSEED ---------------------------------------------------------------------- */

static bool read_random(bool seed, uint64_t *value)
{
	bool valid;

	if (seed)
		__asm__ volatile("rdseed %0" : "=r"(*value), "=@ccc"(valid));
	else
		__asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(valid));
	return valid;
}

/* What the guest is shown, not what the host has. */
static bool guest_has_random(struct vmx_vcpu *v, bool seed)
{
	const struct cpuid_guest *guest = vmx_cpuid_guest(v);

	if (seed)
		return cpuid_policy(cpuid_query, guest, CPUID_EXTENDED_FEATURES, 0).ebx &
		       CPUID_7_EBX_RDSEED;
	return cpuid_policy(cpuid_query, guest, CPUID_FEATURES, 0).ecx & CPUID_1_ECX_RDRAND;
}

enum random_width { RANDOM_16, RANDOM_32, RANDOM_64 };

/* The register after a random number of that width: 16 bits leave the rest alone, 32 clear it. */
static uint64_t merge_random(uint64_t old, uint64_t value, enum random_width width)
{
	if (width == RANDOM_16)
		return (old & ~BITS(15, 0)) | (value & BITS(15, 0));
	return width == RANDOM_32 ? (uint32_t)value : value;
}

enum vmx_next vmx_handle_random(struct vmx_vcpu *v)
{
	uint64_t info = vmcs_read(VMCS_EXIT_INSTRUCTION_INFO);
	bool seed = exit_reason_basic(v->last.reason) == EXIT_REASON_RDSEED;
	uint64_t status = RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF;
	uint64_t flags = vmcs_read(VMCS_GUEST_RFLAGS) & ~status;
	enum gpr gpr = (enum gpr)field_get(info, RANDOM_GPR);
	uint64_t value = 0;

	if (!guest_has_random(v, seed))
		return vmx_raise_undefined(v);
	/* No number in time: CF stays 0 and the register becomes 0, as by the instruction. */
	if (read_random(seed, &value))
		flags |= RFLAGS_CF;
	vmx_write_operand(v, gpr,
			  merge_random(vmx_read_operand(v, gpr), value,
				       (enum random_width)field_get(info, RANDOM_WIDTH)));
	vmcs_write(VMCS_GUEST_RFLAGS, flags);
	return vmx_emulated(v);
}
