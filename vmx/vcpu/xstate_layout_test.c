/* Tests of the extended state's layout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "vmx/vcpu/xstate.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"

/* A CPU with AVX-512, PKRU and AMX; the last two are not Plinth's to switch. */
static struct cpuid_result server(uint32_t leaf, uint32_t subleaf)
{
	static const struct cpuid_result components[] = {
		[2] = { .eax = 256, .ebx = 576 },    [5] = { .eax = 64, .ebx = 1088 },
		[6] = { .eax = 512, .ebx = 1152 },   [7] = { .eax = 1024, .ebx = 1664 },
		[9] = { .eax = 8, .ebx = 2688 },     [17] = { .eax = 64, .ebx = 2752 },
		[18] = { .eax = 8192, .ebx = 2816 },
	};

	if (leaf == CPUID_VENDOR)
		return (struct cpuid_result) { .eax = 0x20 };
	if (leaf == CPUID_FEATURES)
		return (struct cpuid_result) { .ecx = CPUID_1_ECX_XSAVE };
	if (leaf != CPUID_XSAVE)
		return (struct cpuid_result) { 0 };
	if (subleaf == 0)
		return (struct cpuid_result) { .eax = 0x602e7, .ebx = 0x340, .ecx = 11008 };
	if (subleaf == 1)
		return (struct cpuid_result) { .eax = 0xf };
	return subleaf < ARRAY_SIZE(components) ? components[subleaf] : (struct cpuid_result) { 0 };
}

/* XSAVE, and nothing beyond SSE. */
static struct cpuid_result plain(uint32_t leaf, uint32_t subleaf)
{
	if (leaf == CPUID_VENDOR)
		return (struct cpuid_result) { .eax = 0xd };
	if (leaf == CPUID_FEATURES)
		return (struct cpuid_result) { .ecx = CPUID_1_ECX_XSAVE };
	if (leaf == CPUID_XSAVE && subleaf == 0)
		return (struct cpuid_result) { .eax = 3, .ebx = 576, .ecx = 576 };
	return (struct cpuid_result) { 0 };
}

static struct cpuid_result none(uint32_t leaf, uint32_t subleaf)
{
	return (struct cpuid_result) { .eax = leaf == CPUID_VENDOR ? 0xb : 0 };
}

static void layouts(void **unused)
{
	struct xstate_layout layout;

	xstate_layout(server, &layout);
	assert_int_equal(layout.method, XSTATE_XSAVEOPT);
	assert_int_equal(layout.components, 0xe7);
	assert_int_equal(layout.size, 1664 + 1024);

	xstate_layout(plain, &layout);
	assert_int_equal(layout.method, XSTATE_XSAVE);
	assert_int_equal(layout.components, 3);
	assert_int_equal(layout.size, 576);

	xstate_layout(none, &layout);
	assert_int_equal(layout.method, XSTATE_FXSAVE);
	assert_int_equal(layout.size, 512);
}

/* A server's area, all of it garbage but for the header, which says that nothing is present; numbers for the bytes of
 * a register, and what is read back of one. */
static struct xstate_layout wide;
static uint8_t wide_area[1664 + 1024], vector[VCPU_VECTOR_BYTES], read[VCPU_VECTOR_BYTES];

static int begin_area(void **unused)
{
	xstate_layout(server, &wide);
	memset(wide_area, 0xaa, sizeof(wide_area));
	memset(wide_area + 512, 0, 8);
	for (unsigned i = 0; i < sizeof(vector); i++)
		vector[i] = i + 1;
	return 0;
}

static uint64_t present(void)
{
	uint64_t components;

	memcpy(&components, wide_area + 512, sizeof(components));
	return components;
}

/* Components in their initial state read as zero, whatever their place holds. A legacy instruction makes SSE
 * present, its other registers zero. */
static void legacy_instructions_write_sse(void **unused)
{
	xstate_get_vector(&wide, wide_area, 3, read);
	assert_true(!read[0] && !read[15] && !read[16] && !read[31]);
	xstate_set_vector(&wide, wide_area, 3, vector, false);
	assert_int_equal(present(), XCR0_SSE);
	assert_memory_equal(wide_area + 160 + 3 * 16, vector, 16);
	assert_int_equal(wide_area[160 + 2 * 16], 0);
	assert_int_equal(wide_area[160 + 4 * 16], 0);
	assert_int_equal(wide_area[24], 0xaa); /* MXCSR */
	xstate_get_vector(&wide, wide_area, 3, read);
	assert_int_equal(read[16], 0);
}

/* A VEX-encoded one writes all, and clears the third part if it is there. */
static void vex_instructions_write_all(void **unused)
{
	const uint64_t before = XCR0_SSE | XCR0_ZMM_HI256;

	assert_int_equal(wide.ymm_offset, 576);
	assert_int_equal(wide.zmm_offset, 1152);
	memcpy(wide_area + 512, &before, sizeof(before));
	memset(wide_area + 1152, 0xbb, 512);
	memset(vector + 32, 0, 32);
	xstate_set_vector(&wide, wide_area, 15, vector, true);
	xstate_get_vector(&wide, wide_area, 15, read);
	assert_memory_equal(read, vector, sizeof(vector));
	assert_int_equal(present(), XCR0_SSE | XCR0_AVX | XCR0_ZMM_HI256);
	assert_int_equal(wide_area[1152 + 15 * 32], 0);
	assert_int_equal(wide_area[1152 + 15 * 32 - 1], 0xbb);
	assert_int_equal(wide_area[1152 + 512 - 1], 0);
}

/* The upper sixteen are a component of their own; zeroes do not make one present. */
static void upper_sixteen(void **unused)
{
	assert_int_equal(wide.hi16_offset, 1664);
	memset(vector, 0, sizeof(vector));
	xstate_set_vector(&wide, wide_area, 17, vector, true);
	assert_false(present() & XCR0_HI16_ZMM);
	memset(vector, 0x71, sizeof(vector));
	xstate_set_vector(&wide, wide_area, 17, vector, true);
	assert_memory_equal(wide_area + 1664 + 64, vector, sizeof(vector));
	assert_int_equal(wide_area[1664 + 63] | wide_area[1664 + 128], 0);
	xstate_get_vector(&wide, wide_area, 17, read);
	assert_memory_equal(read, vector, sizeof(vector));
	xstate_get_vector(&wide, wide_area, 1, read);
	assert_int_equal(read[0] | read[15] | read[16] | read[31], 0);
	xstate_set_vector(&wide, wide_area, 1, vector, true);
	assert_int_equal(wide_area[1152 + 32 + 31], 0x71);
}

/* Without XSAVE there is only the legacy region, and it always counts. */
static void without_xsave(void **unused)
{
	struct xstate_layout layout;

	xstate_layout(none, &layout);
	memset(wide_area, 0, sizeof(wide_area));
	xstate_set_vector(&layout, wide_area, 0, vector, true);
	xstate_get_vector(&layout, wide_area, 0, read);
	assert_memory_equal(read, vector, 16);
	assert_int_equal(read[16], 0);
	assert_int_equal(wide_area[512], 0);
}

/* MM2 is x87 register 2, which is ST(7) while TOP is 3. */
static void mmx_registers(void **unused)
{
	struct xstate_layout layout;
	uint8_t area[576] = { 0 }, value[VCPU_VECTOR_BYTES] = { 0 };
	const uint16_t top_3 = 3 << 11;

	xstate_layout(none, &layout);
	memcpy(area + 2, &top_3, sizeof(top_3));
	memset(area + 32 + 7 * 16, 0x42, 8);
	xstate_get_vector(&layout, area, VCPU_MMX + 2, value);
	assert_int_equal(value[0], 0x42);
	assert_int_equal(value[8], 0);
	memset(value, 0x17, 8);
	xstate_set_vector(&layout, area, VCPU_MMX + 5, value, false);
	assert_int_equal(area[2] | area[3], 0); /* TOP */
	assert_int_equal(area[4], 0xff);        /* all valid */
	assert_int_equal(area[32 + 2 * 16], 0x42);
	assert_int_equal(area[32 + 5 * 16 + 7], 0x17);
	assert_int_equal(area[32 + 5 * 16 + 8] & area[32 + 5 * 16 + 9], 0xff);
}

/* By their own numbers: another TOP moves their images, not them. */
static void x87_registers(void **unused)
{
	struct xstate_layout layout;
	uint8_t area[576] = { 0 }, value[VCPU_VECTOR_BYTES] = { 0 };
	const uint16_t top_3 = 3 << 11, top_2 = 2 << 11;

	/* Not present: as after FNINIT. */
	xstate_layout(plain, &layout);
	memset(area + 32, 0xaa, 128);
	xstate_get_vector(&layout, area, VCPU_X87_CONTROL, value);
	assert_memory_equal(value, "\x7f\x03\0\0\0\0", 6);
	xstate_get_vector(&layout, area, VCPU_X87 + 3, value);
	assert_int_equal(value[0], 0);

	xstate_layout(none, &layout);
	memset(area, 0, sizeof(area));
	memcpy(area + 2, &top_3, sizeof(top_3));
	memset(area + 32, 0x33, 10); /* ST(0) is register 3 */
	xstate_get_vector(&layout, area, VCPU_X87 + 3, value);
	assert_int_equal(value[9], 0x33);
	assert_int_equal(value[10], 0);
	xstate_get_vector(&layout, area, VCPU_X87_CONTROL, value);
	memcpy(value + 2, &top_2, sizeof(top_2));
	value[4] = 0x0c;
	xstate_set_vector(&layout, area, VCPU_X87_CONTROL, value, true);
	assert_int_equal(area[4], 0x0c);
	assert_int_equal(area[32], 0);
	assert_int_equal(area[32 + 16], 0x33);
	memset(value, 0x22, sizeof(value));
	xstate_set_vector(&layout, area, VCPU_X87 + 2, value, true);
	assert_int_equal(area[32 + 9], 0x22);
	assert_int_equal(area[32 + 10], 0);
	assert_int_equal(area[32 + 16], 0x33);
}

/* An image as the SDM wants it, and as Bochs 2.7 makes it: AVX right behind the XMM registers, with
 * the header written over it. */
static void compacted_format(void **unused)
{
	const uint64_t present = XCR0_SSE | XCR0_AVX, format = 1ull << 63 | 7;
	uint8_t image[512 + 64 + 256] = { 0 };

	assert_false(xstate_is_compacted(image));
	memset(image + 576, 0xff, 16);
	memcpy(image + 512, &present, sizeof(present));
	memcpy(image + 520, &format, sizeof(format));
	assert_true(xstate_is_compacted(image));
	image[575] = 1;
	assert_false(xstate_is_compacted(image));
	image[575] = 0;
	image[591] = 0xfe;
	assert_false(xstate_is_compacted(image));

	memset(image + 576, 0, 256);
	memset(image + 416, 0xff, 16);
	assert_false(xstate_is_compacted(image));
}

static void reset_image(void **unused)
{
	struct xstate_layout layout;
	uint8_t area[576];
	uint32_t mxcsr;
	uint64_t present;

	memset(area, 0xaa, sizeof(area));
	xstate_layout(plain, &layout);
	xstate_reset_image(&layout, area);
	assert_int_equal(area[0] | area[1] << 8, 0x40);
	memcpy(&mxcsr, area + 24, sizeof(mxcsr));
	assert_int_equal(mxcsr, 0x1f80);
	memcpy(&present, area + 512, sizeof(present));
	assert_int_equal(present, XCR0_X87);
	/* XCOMP_BV and the reserved rest of the header, or XRSTOR faults. */
	for (unsigned i = 520; i < 576; i++)
		assert_int_equal(area[i], 0);

	memset(area, 0xaa, sizeof(area));
	xstate_layout(none, &layout);
	xstate_reset_image(&layout, area);
	assert_int_equal(area[511], 0);
	assert_int_equal(area[512], 0xaa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test_setup(legacy_instructions_write_sse, begin_area),
		cmocka_unit_test_setup(vex_instructions_write_all, begin_area),
		cmocka_unit_test_setup(upper_sixteen, begin_area),
		cmocka_unit_test_setup(without_xsave, begin_area),
		cmocka_unit_test(mmx_registers),
		cmocka_unit_test(x87_registers),
		cmocka_unit_test(reset_image),
		cmocka_unit_test(compacted_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
