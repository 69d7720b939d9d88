/* Emulation of what has more than one operand outside the registers, or a large one: strings, the stack,
 * vector registers. */
#include "tests/host/emulated_device.h"

/* --- strings --------------------------------------------------------------------------------- */

static void copies_to_the_device(void **state)
{
	reset(state);
	long_mode();
	for (unsigned i = 0; i < 16; i++)
		ram[RAM_PAGE + i] = i + 1;
	vcpu.gpr[RSI] = RAM_PAGE;
	vcpu.gpr[RDI] = DEVICE + 0x100;
	vcpu.gpr[RCX] = 4;
	run_all(BYTES(0xf3, 0xa5)); /* rep movsd */
	assert_int_equal(count, 4);
	assert_memory_equal(&device[0x100], &ram[RAM_PAGE], 16);
	assert_int_equal(vcpu.gpr[RCX], 0);
	assert_int_equal(vcpu.gpr[RSI], RAM_PAGE + 16);
	assert_int_equal(vcpu.gpr[RDI], DEVICE + 0x110);
}

static void long_strings_come_in_chunks(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RDI] = DEVICE;
	vcpu.gpr[RAX] = 0x5a;
	vcpu.gpr[RCX] = STRING_CHUNK + 3;
	assert_int_equal(run(BYTES(0xf3, 0xaa)), ERROR_NONE); /* rep stosb */
	assert_int_equal(skips, 0);
	assert_int_equal(registers[VCPU_RIP], CODE);
	assert_int_equal(vcpu.gpr[RCX], 3);
	run_all(BYTES(0xf3, 0xaa));
	assert_int_equal(count, STRING_CHUNK + 3);
	assert_int_equal(vcpu.gpr[RDI], DEVICE + STRING_CHUNK + 3);
}

static void a_debug_trap_follows_each_element(void **state)
{
	reset(state);
	long_mode();
	registers[VCPU_RFLAGS] |= RFLAGS_TF;
	vcpu.gpr[RDI] = DEVICE;
	vcpu.gpr[RCX] = 2;
	assert_int_equal(run(BYTES(0xf3, 0xaa)), ERROR_NONE);
	assert_int_equal(skips, 1); /* the iteration, at the same RIP */
	assert_int_equal(registers[VCPU_RIP], CODE);
	assert_true(registers[VCPU_RFLAGS] & RFLAGS_RF);
	run_all(BYTES(0xf3, 0xaa));
}

static void strings_fault_at_their_element(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RSI] = RAM_PAGE;
	vcpu.gpr[RDI] = MISSING_PAGE - 2;
	vcpu.gpr[RCX] = 5;
	run_faults(BYTES(0xf3, 0xa4), EXCEPTION_PAGE_FAULT, 2); /* rep movsb */
	assert_int_equal(injected.fault_address, MISSING_PAGE);
	assert_int_equal(vcpu.gpr[RCX], 3);
	assert_int_equal(vcpu.gpr[RSI], RAM_PAGE + 2);
	assert_int_equal(count, 2);
}

static void comparisons_stop(void **state)
{
	uint64_t before;

	reset(state);
	long_mode();
	memcpy(device, "abcXe", 5);
	memcpy(&ram[RAM_PAGE], "abcde", 5);
	vcpu.gpr[RSI] = RAM_PAGE;
	vcpu.gpr[RDI] = DEVICE;
	vcpu.gpr[RCX] = 5;
	run_all(BYTES(0xf3, 0xa6)); /* repe cmpsb */
	assert_int_equal(vcpu.gpr[RCX], 1);
	assert_int_equal(registers[VCPU_RFLAGS] & (RFLAGS_ZF | RFLAGS_CF), 0); /* 'd' > 'X' */
	vcpu.gpr[RDI] = DEVICE;
	vcpu.gpr[RAX] = 'X';
	vcpu.gpr[RCX] = 5;
	run_all(BYTES(0xf2, 0xae)); /* repne scasb */
	assert_int_equal(vcpu.gpr[RCX], 1);
	assert_true(registers[VCPU_RFLAGS] & RFLAGS_ZF);
	/* a fault leaves the flags as they were before the instruction */
	vcpu.gpr[RDI] = MISSING_PAGE - 2;
	vcpu.gpr[RCX] = 5;
	registers[VCPU_RFLAGS] |= RFLAGS_RF;
	before = registers[VCPU_RFLAGS];
	skips = 0;
	run_faults(BYTES(0xf2, 0xae), EXCEPTION_PAGE_FAULT, 0);
	assert_int_equal(vcpu.gpr[RCX], 3);
	assert_int_equal(registers[VCPU_RFLAGS], before);
}

/* --- the stack ------------------------------------------------------------------------------- */

static void pushes_and_pops(void **state)
{
	reset(state);
	long_mode();
	registers[VCPU_RSP] = RAM_PAGE + 0x100;
	vcpu.gpr[RBX] = DEVICE;
	memcpy(device, "\1\2\3\4\5\6\7\10", 8);
	run_all(BYTES(0xff, 0x33)); /* push qword [rbx] */
	assert_int_equal(registers[VCPU_RSP], RAM_PAGE + 0xf8);
	assert_memory_equal(&ram[RAM_PAGE + 0xf8], device, 8);
	run_all(BYTES(0x8f, 0x43, 0x10)); /* pop qword [rbx + 16] */
	assert_int_equal(registers[VCPU_RSP], RAM_PAGE + 0x100);
	assert_memory_equal(&device[0x10], device, 8);
	/* a stack in the device; POP addresses with RSP as it is afterwards */
	registers[VCPU_RSP] = DEVICE + 0x20;
	run_all(BYTES(0x54)); /* push rsp */
	assert_int_equal(registers[VCPU_RSP], DEVICE + 0x18);
	assert_int_equal(accesses[count - 1].value, DEVICE + 0x20);
	run_all(BYTES(0x8f, 0x04, 0x24)); /* pop qword [rsp] */
	assert_int_equal(accesses[count - 1].at, DEVICE_GPA + 0x20);
	run_all(BYTES(0x66, 0x6a, 0xfe)); /* push word -2 */
	assert_int_equal(accesses[count - 1].width, 2);
	assert_int_equal(accesses[count - 1].value, 0xfffe);
}

/* --- vector registers ------------------------------------------------------------------------ */

static void moves_vector_registers(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	for (unsigned i = 0; i < VCPU_VECTOR_BYTES; i++)
		vectors[1][i] = i + 1;
	run_all(BYTES(0x0f, 0x29, 0x4b, 0x10)); /* movaps [rbx + 16], xmm1 */
	assert_int_equal(count, 2);
	assert_int_equal(accesses[0].width, 8);
	assert_int_equal(accesses[1].at, DEVICE_GPA + 0x18);
	assert_memory_equal(&device[0x10], vectors[1], 16);
	memset(vectors[9], 0xee, VCPU_VECTOR_BYTES);
	run_all(BYTES(0xf3, 0x44, 0x0f, 0x6f, 0x4b, 0x10)); /* movdqu xmm9, [rbx + 16] */
	assert_memory_equal(vectors[9], vectors[1], 16);
	assert_int_equal(vectors[9][16], 0xee);
	run_all(BYTES(0xc5, 0x7a, 0x6f, 0x4b, 0x10)); /* vmovdqu xmm9, [rbx + 16] */
	assert_int_equal(vectors[9][16], 0);
	run_all(BYTES(0xc5, 0xfd, 0xe7, 0x4b, 0x40)); /* vmovntdq [rbx + 64], ymm1 */
	assert_memory_equal(&device[0x40], vectors[1], 32);
	memset(vectors[2], 0xee, VCPU_VECTOR_BYTES);
	run_all(BYTES(0xf3, 0x0f, 0x10, 0x53, 0x10)); /* movss xmm2, [rbx + 16] */
	assert_memory_equal(vectors[2], "\1\2\3\4\0\0\0\0\0\0\0\0\0\0\0\0\xee", 17);
	run_all(BYTES(0x0f, 0x16, 0x53, 0x10)); /* movhps xmm2, [rbx + 16] */
	assert_memory_equal(vectors[2], "\1\2\3\4\0\0\0\0\1\2\3\4\5\6\7\10\xee", 17);
	run_all(BYTES(0x0f, 0x17, 0x53, 0x60)); /* movhps [rbx + 96], xmm2 */
	assert_memory_equal(&device[0x60], "\1\2\3\4\5\6\7\10\0", 9);
	run_all(BYTES(0x66, 0x48, 0x0f, 0x7e, 0x4b, 0x70)); /* movq [rbx + 112], xmm1 */
	assert_memory_equal(&device[0x70], "\1\2\3\4\5\6\7\10\0", 9);
	run_all(BYTES(0xf3, 0x0f, 0x7e, 0x53, 0x70)); /* movq xmm2, [rbx + 112] */
	assert_memory_equal(vectors[2], "\1\2\3\4\5\6\7\10\0\0\0\0\0\0\0\0\xee", 17);
	count = 0;
	registers[VCPU_RFLAGS] |= RFLAGS_RF;
	skips = 0;
	run_faults(BYTES(0x0f, 0x28, 0x4b, 0x08), EXCEPTION_PROTECTION, 0); /* movaps: unaligned */
	assert_int_equal(count, 0);
}

/* All 32 registers, of up to 64 bytes; displacements count in operands. */
static void moves_evex_registers(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	for (unsigned i = 0; i < VCPU_VECTOR_BYTES; i++)
		vectors[17][i] = i + 1;
	run_all(BYTES(0x62, 0xe1, 0xfe, 0x48, 0x7f, 0x4b, 1)); /* vmovdqu64 [rbx + 64], zmm17 */
	assert_int_equal(count, 8);
	assert_int_equal(accesses[0].at, DEVICE_GPA + 64);
	assert_memory_equal(&device[64], vectors[17], 64);
	memset(vectors[25], 0xee, VCPU_VECTOR_BYTES);
	run_all(BYTES(0x62, 0x61, 0x7f, 0x28, 0x6f, 0x4b, 2)); /* vmovdqu8 ymm25, [rbx + 64] */
	assert_memory_equal(vectors[25], vectors[17], 32);
	assert_int_equal(vectors[25][32], 0);
	vcpu.gpr[R12] = 0x20;
	run_all(BYTES(0x62, 0x31, 0xfe, 0x48, 0x6f, 0x0c,
		      0x63)); /* vmovdqu64 zmm9, [rbx + 2 r12] */
	assert_memory_equal(vectors[9], vectors[17], 64);
	run_all(BYTES(0x62, 0x61, 0x7c, 0x48, 0x28, 0x73, 1)); /* vmovaps zmm30, [rbx + 64] */
	assert_memory_equal(vectors[30], vectors[17], 64);
	run_all(BYTES(0x62, 0xe1, 0x7d, 0x08, 0x7e, 0x43, 4)); /* vmovd [rbx + 16], xmm16 */
	assert_int_equal(accesses[count - 1].at, DEVICE_GPA + 16);
	assert_int_equal(accesses[count - 1].width, 4);
	registers[VCPU_RFLAGS] |= RFLAGS_RF;
	skips = 0;
	run_faults(BYTES(0x62, 0xf1, 0xfd, 0x48, 0x6f, 0x93, 0x41, 0, 0, 0), EXCEPTION_PROTECTION,
		   0); /* vmovdqa64 zmm2, [rbx + 65]: unaligned */
}

static void broadcasts_and_halves(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	for (unsigned i = 0; i < 64; i++)
		device[i] = i;
	run_all(BYTES(0xc4, 0xe2, 0x7d, 0x58, 0x6b, 0x10)); /* vpbroadcastd ymm5, [rbx + 16] */
	assert_int_equal(count, 1);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(vectors[5][i], 0x10 + i % 4);
	assert_int_equal(vectors[5][32], 0);
	run_all(BYTES(0x62, 0xe2, 0x7d, 0x48, 0x78, 0x63,
		      0x10)); /* vpbroadcastb zmm20, [rbx + 16] */
	assert_int_equal(vectors[20][0], 0x10);
	assert_int_equal(vectors[20][63], 0x10);
	run_all(BYTES(0x62, 0xe2, 0xfd, 0x48, 0x5b, 0x6b,
		      1)); /* vbroadcasti64x4 zmm21, [rbx + 32] */
	assert_memory_equal(vectors[21], device + 32, 32);
	assert_memory_equal(vectors[21] + 32, device + 32, 32);
	memset(vectors[4], 0xcc, VCPU_VECTOR_BYTES);
	memset(vectors[6], 0xee, VCPU_VECTOR_BYTES);
	run_all(BYTES(0xc5, 0xd8, 0x16, 0x73, 0x10)); /* vmovhps xmm6, xmm4, [rbx + 16] */
	assert_memory_equal(vectors[6], vectors[4], 8);
	assert_memory_equal(vectors[6] + 8, device + 16, 8);
	assert_int_equal(vectors[6][16], 0);
	memset(vectors[24], 0xdd, VCPU_VECTOR_BYTES);
	run_all(BYTES(0x62, 0xf1, 0xbd, 0x00, 0x12, 0x73, 2)); /* vmovlpd xmm6, xmm24, [rbx + 16] */
	assert_memory_equal(vectors[6], device + 16, 8);
	assert_memory_equal(vectors[6] + 8, vectors[24], 8);
	assert_int_equal(vectors[6][16], 0);
}

static void moves_mmx_registers(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	memcpy(vectors[VCPU_MMX + 3], "\1\2\3\4\5\6\7\10", 8);
	run_all(BYTES(0x44, 0x0f, 0x7f, 0x1b)); /* movq [rbx], mm3 */
	assert_memory_equal(device, vectors[VCPU_MMX + 3], 8);
	assert_int_equal(accesses[0].width, 8);
	run_all(BYTES(0x0f, 0x6e, 0x23)); /* movd mm4, [rbx] */
	assert_memory_equal(vectors[VCPU_MMX + 4], "\1\2\3\4\0\0\0\0", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_to_the_device),
		cmocka_unit_test(long_strings_come_in_chunks),
		cmocka_unit_test(a_debug_trap_follows_each_element),
		cmocka_unit_test(strings_fault_at_their_element),
		cmocka_unit_test(comparisons_stop),
		cmocka_unit_test(pushes_and_pops),
		cmocka_unit_test(moves_vector_registers),
		cmocka_unit_test(moves_evex_registers),
		cmocka_unit_test(broadcasts_and_halves),
		cmocka_unit_test(moves_mmx_registers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
