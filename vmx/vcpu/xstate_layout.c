/* The pure half of vmx/vcpu/xstate.h. */
#include "lib/string.h"
#include "vmx/vcpu/xstate.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"

/* In the legacy region: SDM volume 1, "Legacy Region of an XSAVE Area". */
#define FXSAVE_FCW             0
#define FXSAVE_FSW             2
#define FXSAVE_TAGS            4
#define FXSAVE_MXCSR           24
#define XSAVE_STATE_COMPONENTS 512 /* XSTATE_BV */

#define FCW_RESET           0x0040
#define FCW_RESET_BY_FNINIT 0x037f /* also the initial state of XSAVE's component */
#define TAGS_RESET          0xff   /* all registers hold +0.0 */
#define MXCSR_RESET         0x1f80

#define FIRST_EXTENDED_COMPONENT 2

#define FXSAVE_ST     32 /* ST(0) to ST(7) */
#define ST_BYTES      16 /* of which the register fills 10 */
#define FSW_TOP       BITS(13, 11)
#define TAGS_VALID    0xff
#define MMX_EXPONENT  0xffffu /* what lies above an MMX register in its x87 register */
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
		if (BIT(i) == XCR0_HI16_ZMM)
			layout->hi16_offset = leaf.ebx;
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

/* --- MMX registers: SDM volume 1, "MMX State and MMX Registers" and volume 3, "Effect of MMX
 * Instructions on x87 FPU State". MMn is x87 register n, and the area begins with ST(0), which is
 * the x87 register that TOP names. ------------------------------------------------------------ */

static uint32_t register_offset(const uint8_t *area, unsigned reg)
{
	uint16_t status;
	unsigned top;

	memcpy(&status, area + FXSAVE_FSW, sizeof(status));
	top = (unsigned)field_get(status, FSW_TOP);
	return FXSAVE_ST + (reg - top) % VCPU_MMX_COUNT * ST_BYTES;
}

static void get_mmx(const struct xstate_layout *layout, const uint8_t *area, unsigned reg,
		    uint8_t *value)
{
	if (components_in(layout, area) & XCR0_X87)
		memcpy(value, area + register_offset(area, reg), VCPU_MMX_BYTES);
}

/* With another TOP the registers' images move. */
static void set_status(uint8_t *area, uint16_t status)
{
	uint8_t images[VCPU_X87_COUNT][ST_BYTES];

	for (unsigned i = 0; i < VCPU_X87_COUNT; i++)
		memcpy(images[i], area + register_offset(area, i), ST_BYTES);
	memcpy(area + FXSAVE_FSW, &status, sizeof(status));
	for (unsigned i = 0; i < VCPU_X87_COUNT; i++)
		memcpy(area + register_offset(area, i), images[i], ST_BYTES);
}

/* TOP becomes 0, and every register valid. */
static void enter_mmx(uint8_t *area)
{
	uint16_t status;

	memcpy(&status, area + FXSAVE_FSW, sizeof(status));
	set_status(area, status & (uint16_t)~FSW_TOP);
	area[FXSAVE_TAGS] = TAGS_VALID;
}

static void hold_x87(const struct xstate_layout *layout, uint8_t *area)
{
	const uint16_t control = FCW_RESET_BY_FNINIT;

	if (components_in(layout, area) & XCR0_X87)
		return;
	hold(layout, area, XCR0_X87, 0, FXSAVE_MXCSR);
	memset(area + FXSAVE_ST, 0, VCPU_X87_COUNT * ST_BYTES);
	memcpy(area + FXSAVE_FCW, &control, sizeof(control));
}

static void set_mmx(const struct xstate_layout *layout, uint8_t *area, unsigned reg,
		    const uint8_t *value)
{
	const uint16_t exponent = MMX_EXPONENT;

	hold_x87(layout, area);
	enter_mmx(area);
	memcpy(area + FXSAVE_ST + reg * ST_BYTES, value, VCPU_MMX_BYTES);
	memcpy(area + FXSAVE_ST + reg * ST_BYTES + VCPU_MMX_BYTES, &exponent, sizeof(exponent));
}

/* --- the x87 FPU ----------------------------------------------------------------------------- */

static void get_x87(const struct xstate_layout *layout, const uint8_t *area, unsigned reg,
		    uint8_t *value)
{
	const uint16_t control = FCW_RESET_BY_FNINIT;
	bool present = components_in(layout, area) & XCR0_X87;

	if (reg == VCPU_X87_CONTROL && present)
		memcpy(value, area + FXSAVE_FCW, FXSAVE_TAGS + 1);
	else if (reg == VCPU_X87_CONTROL)
		memcpy(value, &control, sizeof(control));
	else if (present)
		memcpy(value, area + register_offset(area, reg - VCPU_X87), VCPU_X87_BYTES);
}

static void set_x87(const struct xstate_layout *layout, uint8_t *area, unsigned reg,
		    const uint8_t *value)
{
	uint16_t status;

	hold_x87(layout, area);
	if (reg != VCPU_X87_CONTROL) {
		memcpy(area + register_offset(area, reg - VCPU_X87), value, VCPU_X87_BYTES);
		return;
	}
	memcpy(area + FXSAVE_FCW, value, sizeof(uint16_t));
	memcpy(&status, value + FXSAVE_FSW, sizeof(status));
	set_status(area, status);
	area[FXSAVE_TAGS] = value[FXSAVE_TAGS];
}

/* --- parts of vector registers --------------------------------------------------------------- */

/* A part of each of 16 registers that one component holds: `bytes` of register `first` and of those that follow
 * it, `from` the lowest. */
struct part {
	uint8_t component; /* a bit of XCR0 */
	uint8_t first, from, bytes;
};

static const struct part parts[] = {
	{ XCR0_SSE, 0, 0, XMM_BYTES },
	{ XCR0_AVX, 0, XMM_BYTES, YMM_HI_BYTES },
	{ XCR0_ZMM_HI256, 0, XMM_BYTES + YMM_HI_BYTES, ZMM_HI_BYTES },
	{ XCR0_HI16_ZMM, XMM_REGISTERS, 0, VCPU_VECTOR_BYTES },
};

/* Where its component begins; 0 when the area has none. */
static uint32_t offset_of(const struct part *part, const struct xstate_layout *layout)
{
	switch (part->component) {
	case XCR0_SSE:
		return FXSAVE_XMM;
	case XCR0_AVX:
		return layout->ymm_offset;
	case XCR0_ZMM_HI256:
		return layout->zmm_offset;
	default:
		return layout->hi16_offset;
	}
}

static bool has_part_of(const struct part *part, unsigned reg)
{
	return reg >= part->first && reg - part->first < XMM_REGISTERS;
}

static bool is_zero(const uint8_t *bytes, unsigned count)
{
	while (count && !*bytes)
		bytes++, count--;
	return !count;
}

void xstate_get_vector(const struct xstate_layout *layout, const uint8_t *area, unsigned reg,
		       uint8_t *value)
{
	uint64_t present = components_in(layout, area);

	memset(value, 0, VCPU_VECTOR_BYTES);
	if (reg >= VCPU_X87) {
		get_x87(layout, area, reg, value);
		return;
	}
	if (reg >= VCPU_MMX) {
		get_mmx(layout, area, reg - VCPU_MMX, value);
		return;
	}
	for (const struct part *p = parts; p < parts + ARRAY_SIZE(parts); p++) {
		uint32_t offset = offset_of(p, layout);

		if (offset && has_part_of(p, reg) && (present & p->component))
			memcpy(value + p->from, area + offset + (reg - p->first) * p->bytes,
			       p->bytes);
	}
}

/* Zeroes do not make a component present: it is what it has without. */
void xstate_set_vector(const struct xstate_layout *layout, uint8_t *area, unsigned reg,
		       const uint8_t *value, bool whole)
{
	if (reg >= VCPU_X87) {
		set_x87(layout, area, reg, value);
		return;
	}
	if (reg >= VCPU_MMX) {
		set_mmx(layout, area, reg - VCPU_MMX, value);
		return;
	}
	for (const struct part *p = parts; p < parts + ARRAY_SIZE(parts); p++) {
		uint32_t offset = offset_of(p, layout);

		if (!offset || !has_part_of(p, reg) || (p->from && !whole))
			continue;
		if (!(components_in(layout, area) & p->component) &&
		    is_zero(value + p->from, p->bytes))
			continue;
		hold(layout, area, p->component, offset, XMM_REGISTERS * p->bytes);
		memcpy(area + offset + (reg - p->first) * p->bytes, value + p->from, p->bytes);
	}
}

/* A component that the area does not hold is in its initial state, whatever lies in its place;
 * MXCSR is always there. */
void xstate_get_legacy(const struct xstate_layout *layout, const uint8_t *area, uint8_t *image)
{
	uint64_t present = components_in(layout, area);
	uint16_t fcw = FCW_RESET_BY_FNINIT;

	memcpy(image, area, XSTATE_LEGACY_SIZE);
	if (!(present & XCR0_X87)) {
		memset(image, 0, FXSAVE_MXCSR);
		memcpy(image + FXSAVE_FCW, &fcw, sizeof(fcw));
		memset(image + FXSAVE_ST, 0, FXSAVE_XMM - FXSAVE_ST);
	}
	if (!(present & XCR0_SSE))
		memset(image + FXSAVE_XMM, 0, XMM_REGISTERS * XMM_BYTES);
}
