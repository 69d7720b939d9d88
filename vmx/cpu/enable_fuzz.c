/* Any capabilities, registers and failures: turning VMX on either works, and off again puts
 * everything back, or it changes nothing but the feature-control lock. The CPU made of memory
 * asserts what a real one would fault on. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/assert.h"
#include "vmx/cpu/fake_cpu.h"
#include "x86/control_registers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	uint64_t cr0, cr4, feature_control, basic;
	uint64_t cr0_fixed0, cr0_fixed1, cr4_fixed0, cr4_fixed1;
	uint8_t flags, vmxon;
} packed_layout;

enum input_flag { HAS_VMX = 1, HAS_SMX = 2, HAS_XSAVE = 4, NO_MEMORY = 8, ENABLED = 16 };

static struct fake_cpu cpu, before;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vmx_enable_state row = { 0 };
	struct input in = { 0 };
	struct reason why;

	memcpy(&in, data, size < sizeof(in) ? size : sizeof(in));
	struct vmx_capability cap = {
		.vmx = in.flags & HAS_VMX,
		.smx = in.flags & HAS_SMX,
		.xsave = in.flags & HAS_XSAVE,
		.xsaves = in.flags & HAS_XSAVE,
		.basic = in.basic,
		.cr0_fixed0 = in.cr0_fixed0,
		.cr0_fixed1 = in.cr0_fixed1,
		.cr4_fixed0 = in.cr4_fixed0,
		.cr4_fixed1 = in.cr4_fixed1,
	};
	fake_cpu_reset(&cpu);
	cpu.cr0 = in.cr0;
	cpu.has_xsave = cpu.has_xsaves = cap.xsave;
	cpu.xss = in.cr0;
	cpu.cr4 = cap.xsave ? in.cr4 : in.cr4 & ~CR4_OSXSAVE;
	/* A CPU without XSAVE does not ask for OSXSAVE in VMX operation. */
	if (!cap.xsave)
		cap.cr4_fixed0 &= ~CR4_OSXSAVE;
	cpu.feature_control = in.feature_control;
	cpu.has_feature_control = cap.vmx || cap.smx;
	cpu.memory_is_used_up = in.flags & NO_MEMORY;
	cpu.vmxon_result = in.vmxon % 3;
	row.enabled = in.flags & ENABLED;
	before = cpu;

	if (vmx_enable(&row, &cap, &cpu.access, &why)) {
		assert(strlen(why.text));
		before.feature_control = cpu.feature_control;
		assert(fake_cpu_same(&cpu, &before));
		return 0;
	}
	assert(cpu.in_vmx && (cpu.cr4 & CR4_VMXE));
	assert(!(in.cr0_fixed0 & ~cpu.cr0) && !(cpu.cr0 & ~in.cr0_fixed1));
	assert(!(cap.cr4_fixed0 & ~cpu.cr4) && !(cpu.cr4 & ~in.cr4_fixed1));
	assert(vmx_disable(&row, &cap, &cpu.access, &why) == ERROR_NONE);
	before.feature_control = cpu.feature_control;
	assert(fake_cpu_same(&cpu, &before));
	return 0;
}
