/* The pure half of vmx/vcpu/xstate.h. */
#include "lib/string.h"
#include "vmx/vcpu/xstate.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"

/* In the legacy region: SDM volume 1, "Legacy Region of an XSAVE Area". */
#define FXSAVE_FCW             0
#define FXSAVE_TAGS            4
#define FXSAVE_MXCSR           24
#define XSAVE_STATE_COMPONENTS 512 /* XSTATE_BV */

#define FCW_RESET   0x0040
#define TAGS_RESET  0xff /* all registers hold +0.0 */
#define MXCSR_RESET 0x1f80

#define FIRST_EXTENDED_COMPONENT 2

void xstate_layout(cpuid_reader host, struct xstate_layout *layout)
{
	struct cpuid_result leaf = host(CPUID_FEATURES, 0);

	*layout = (struct xstate_layout) {
		.method = XSTATE_FXSAVE,
		.components = XCR0_X87 | XCR0_SSE,
		.size = XSTATE_LEGACY_SIZE,
	};
	if (!(leaf.ecx & CPUID_1_ECX_XSAVE) || host(CPUID_VENDOR, 0).eax < CPUID_XSAVE)
		return;

	leaf = host(CPUID_XSAVE, 0);
	layout->components = ((uint64_t)leaf.edx << 32 | leaf.eax) & CPUID_XCR0_HONOURED;
	layout->size = XSTATE_LEGACY_SIZE + XSTATE_HEADER_SIZE;
	for (unsigned i = FIRST_EXTENDED_COMPONENT; i < 64; i++) {
		if (!(layout->components & BIT(i)))
			continue;
		leaf = host(CPUID_XSAVE, i);
		/* EAX is the component's size and EBX its offset. */
		if (leaf.ebx + leaf.eax > layout->size)
			layout->size = leaf.ebx + leaf.eax;
	}
	layout->method =
		host(CPUID_XSAVE, 1).eax & CPUID_D1_EAX_XSAVEOPT ? XSTATE_XSAVEOPT : XSTATE_XSAVE;
}

void xstate_reset_image(const struct xstate_layout *layout, uint8_t *area)
{
	uint16_t fcw = FCW_RESET;
	uint32_t mxcsr = MXCSR_RESET;
	uint64_t present = XCR0_X87;

	memset(area, 0, layout->size);
	memcpy(area + FXSAVE_FCW, &fcw, sizeof(fcw));
	area[FXSAVE_TAGS] = TAGS_RESET;
	memcpy(area + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
	if (layout->method != XSTATE_FXSAVE)
		memcpy(area + XSAVE_STATE_COMPONENTS, &present, sizeof(present));
}
