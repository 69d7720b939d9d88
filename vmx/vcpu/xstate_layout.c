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

#define FXSAVE_XMM    160
/* Bytes of each register that a component holds. */
#define XMM_BYTES     16
#define YMM_HI_BYTES  16
#define ZMM_HI_BYTES  32
#define XMM_REGISTERS 16

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
		if (BIT(i) == XCR0_AVX)
			layout->ymm_offset = leaf.ebx;
		if (BIT(i) == XCR0_ZMM_HI256)
			layout->zmm_offset = leaf.ebx;
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

/* --- the compacted format -------------------------------------------------------------------- */

#define XSAVE_COMPACTED_STATES 520 /* XCOMP_BV */
#define XSAVE_HEADER_RESERVED  528
#define COMPACTED_FORMAT       BIT(63)

bool xstate_is_compacted(const uint8_t *image)
{
	const uint64_t due = COMPACTED_FORMAT | XSTATE_PROBED;
	const uint8_t *header_end = image + XSTATE_LEGACY_SIZE + XSTATE_HEADER_SIZE;
	uint64_t states;

	memcpy(&states, image + XSAVE_COMPACTED_STATES, sizeof(states));
	if (states != due)
		return false;
	/* XRSTOR faults when the rest of the header is not zero. */
	for (const uint8_t *at = image + XSAVE_HEADER_RESERVED; at < header_end; at++)
		if (*at)
			return false;
	for (unsigned i = 0; i < YMM_HI_BYTES; i++)
		if (header_end[i] != 0xff)
			return false;
	return true;
}

/* --- vector registers ------------------------------------------------------------------------ */

/* Which components the area holds: what it does not is in its initial state, all zero. */
static uint64_t components_in(const struct xstate_layout *layout, const uint8_t *area)
{
	uint64_t present = XCR0_X87 | XCR0_SSE;

	if (layout->method != XSTATE_FXSAVE)
		memcpy(&present, area + XSAVE_STATE_COMPONENTS, sizeof(present));
	return present;
}

/* Makes a component one that the area holds. */
static void hold(const struct xstate_layout *layout, uint8_t *area, uint64_t component,
		 uint32_t offset, uint32_t length)
{
	uint64_t present = components_in(layout, area);

	if (present & component)
		return;
	memset(area + offset, 0, length);
	present |= component;
	memcpy(area + XSAVE_STATE_COMPONENTS, &present, sizeof(present));
}

void xstate_get_vector(const struct xstate_layout *layout, const uint8_t *area, unsigned reg,
		       uint8_t *value)
{
	uint64_t present = components_in(layout, area);

	memset(value, 0, XMM_BYTES + YMM_HI_BYTES);
	if (present & XCR0_SSE)
		memcpy(value, area + FXSAVE_XMM + reg * XMM_BYTES, XMM_BYTES);
	if (layout->ymm_offset && (present & XCR0_AVX))
		memcpy(value + XMM_BYTES, area + layout->ymm_offset + reg * YMM_HI_BYTES,
		       YMM_HI_BYTES);
}

void xstate_set_vector(const struct xstate_layout *layout, uint8_t *area, unsigned reg,
		       const uint8_t *value, bool whole)
{
	hold(layout, area, XCR0_SSE, FXSAVE_XMM, XMM_REGISTERS * XMM_BYTES);
	memcpy(area + FXSAVE_XMM + reg * XMM_BYTES, value, XMM_BYTES);
	if (!whole)
		return;
	if (layout->ymm_offset) {
		hold(layout, area, XCR0_AVX, layout->ymm_offset, XMM_REGISTERS * YMM_HI_BYTES);
		memcpy(area + layout->ymm_offset + reg * YMM_HI_BYTES, value + XMM_BYTES,
		       YMM_HI_BYTES);
	}
	if (layout->zmm_offset && (components_in(layout, area) & XCR0_ZMM_HI256))
		memset(area + layout->zmm_offset + reg * ZMM_HI_BYTES, 0, ZMM_HI_BYTES);
}
