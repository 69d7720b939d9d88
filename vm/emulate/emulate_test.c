/* Emulation from a vCPU's point of view: the bus accesses that instructions make, in every mode;
 * pages that are half device and half RAM; faults with their exact numbers; what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/host/fake_vcpu.h"
#include "vm/emulate/emulate.h"
#include "vm/emulate/execute.h"
#include "x86/exception.h"

enum {
	CODE = 0x5000,
	TEXT_SCREEN = 0xb8000,
	DEVICE_PAGE = 20, /* linear, in long mode */
	DEVICE = DEVICE_PAGE << 12,
	RAM_PAGE = 6 << 12,
	MISSING_PAGE = 21 << 12,
};

#define DEVICE_GPA 0xfee00000ull

/* --- a device: memory of its own, and a record of what was asked ------------------------------ */

static uint8_t device[PAGE_SIZE];
static struct bus_access {
	bool write;
	uint64_t at, value;
	unsigned width;
} accesses[256];
static unsigned count;

static void note(bool write, gpa_t at, unsigned width, uint64_t value)
{
	assert_true(width == 1 || width == 2 || width == 4 || width == 8);
	assert_true(is_aligned(at.value, width));
	accesses[count++ % ARRAY_SIZE(accesses)] =
		(struct bus_access) { write, at.value, value, width };
}

static void bus_read(void *context, struct vcpu *v, gpa_t at, unsigned width, uint64_t *value)
{
	assert_ptr_equal(context, device);
	*value = ~0ull; /* bits beyond the width do not count */
	memcpy(value, &device[at.value % PAGE_SIZE], width);
	note(false, at, width, 0);
}

static void bus_write(void *context, struct vcpu *v, gpa_t at, unsigned width, uint64_t value)
{
	assert_true(width == 8 || !(value >> 8 * width));
	memcpy(&device[at.value % PAGE_SIZE], &value, width);
	note(true, at, width, value);
}

static const struct emulate_bus bus = { device, bus_read, bus_write };
static struct vcpu_exit fault;
static struct reason why;

static int reset(void **state)
{
	fake_vcpu_reset(state);
	memset(device, 0, sizeof(device));
	count = 0;
	fault = (struct vcpu_exit) { .kind = VCPU_EXIT_NESTED_FAULT };
	why.text[0] = 0;
	registers[VCPU_RFLAGS] |= RFLAGS_RF;
	return 0;
}

static void long_mode(void)
{
	fake_long_mode();
	fake_map(DEVICE_PAGE, DEVICE_GPA | 7);
}

#define BYTES(...) (const uint8_t[]) { __VA_ARGS__ }, sizeof((const uint8_t[]) { __VA_ARGS__ })

static enum error run(const uint8_t *bytes, size_t length)
{
	registers[VCPU_RIP] = CODE;
	memcpy(&ram[CODE], bytes, length);
	return emulate_instruction(&vcpu, &fault, &bus, &why);
}

/* Runs one that has to be carried out to its end. */
static void run_all(const uint8_t *bytes, size_t length)
{
	unsigned skipped = skips;

	assert_int_equal(run(bytes, length), ERROR_NONE);
	assert_int_equal(injections, 0);
	assert_int_equal(skips, skipped + 1);
	assert_int_equal(registers[VCPU_RIP], CODE + length);
	assert_false(registers[VCPU_RFLAGS] & RFLAGS_RF);
}

static void run_faults(const uint8_t *bytes, size_t length, unsigned vector, uint32_t code)
{
	injections = 0;
	assert_int_equal(run(bytes, length), ERROR_NONE);
	assert_int_equal(injections, 1);
	assert_int_equal(skips, 0);
	assert_int_equal(registers[VCPU_RIP], CODE);
	assert_int_equal(injected.kind, EVENT_EXCEPTION);
	assert_int_equal(injected.vector, vector);
	assert_int_equal(injected.has_error_code, exception_has_error_code(vector));
	assert_int_equal(injected.error_code, code);
	assert_true(registers[VCPU_RFLAGS] & RFLAGS_RF);
}

/* --- modes ----------------------------------------------------------------------------------- */

static void real_mode_writes_the_screen(void **state)
{
	reset(state);
	registers[VCPU_ES_BASE] = TEXT_SCREEN;
	vcpu.gpr[RDI] = 0x20;
	vcpu.gpr[RAX] = 0x0741;
	run_all(BYTES(0x26, 0x89, 0x05)); /* mov es:[di], ax */
	assert_int_equal(count, 1);
	assert_true(accesses[0].write);
	assert_int_equal(accesses[0].at, TEXT_SCREEN + 0x20);
	assert_int_equal(accesses[0].width, 2);
	assert_int_equal(accesses[0].value, 0x0741);
	run_all(BYTES(0x26, 0x8a, 0x5d, 0x01)); /* mov bl, es:[di + 1] */
	assert_int_equal(vcpu.gpr[RBX], 0x07);
}

static void protected_mode_uses_the_base(void **state)
{
	reset(state);
	registers[VCPU_CR0] = CR0_PE;
	registers[VCPU_CS_RIGHTS] = RIGHTS_CODE32;
	registers[VCPU_DS_RIGHTS] = RIGHTS_DATA32;
	registers[VCPU_DS_LIMIT] = UINT32_MAX;
	registers[VCPU_DS_BASE] = 0x1000;
	vcpu.gpr[RBX] = 0xabcdef00fedff000; /* only 32 bits count */
	memcpy(&device[0x20], "\x78\x56\x34\x12", 4);
	vcpu.gpr[RAX] = ~0ull;
	run_all(BYTES(0x8b, 0x43, 0x20)); /* mov eax, [ebx + 20h] */
	assert_int_equal(accesses[0].at, 0xfee00020);
	assert_int_equal(vcpu.gpr[RAX], 0x12345678);
}

static void long_mode_goes_through_the_tables(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RAX] = 0x1122334455667788;
	run_all(BYTES(0x48, 0x89, 0x04, 0x25, 0x80, 0x40, 0x01, 0x00)); /* mov [14080h], rax */
	assert_int_equal(count, 1);
	assert_int_equal(accesses[0].at, DEVICE_GPA + 0x80);
	assert_int_equal(accesses[0].width, 8);
	assert_int_equal(accesses[0].value, 0x1122334455667788);
	/* the accessed and dirty flags of the page */
	assert_int_equal(ram[0x4000 + DEVICE_PAGE * 8], 0x67);
	run_all(BYTES(0x8b, 0x0d, 0x7a, 0xf0, 0x00, 0x00)); /* mov ecx, [rip + F07Ah] */
	assert_int_equal(accesses[1].at, DEVICE_GPA + 0x80);
	assert_int_equal(vcpu.gpr[RCX], 0x55667788);
}

static void moffs_and_segment_overrides(void **state)
{
	reset(state);
	long_mode();
	registers[VCPU_GS_BASE] = DEVICE;
	memcpy(&device[8], "\1\2\3\4\5\6\7\10", 8);
	/* mov rax, gs:[8] with a 64-bit offset */
	run_all(BYTES(0x65, 0x48, 0xa1, 8, 0, 0, 0, 0, 0, 0, 0));
	assert_int_equal(vcpu.gpr[RAX], 0x0807060504030201);
	/* DS's base and an override of it do not count in 64-bit mode */
	registers[VCPU_DS_BASE] = 0x123;
	vcpu.gpr[RDX] = DEVICE + 8;
	run_all(BYTES(0x3e, 0x8b, 0x02)); /* mov eax, ds:[rdx] */
	assert_int_equal(vcpu.gpr[RAX], 0x04030201);
	run_all(BYTES(0x67, 0x8b, 0x02)); /* mov eax, [edx] */
	assert_int_equal(vcpu.gpr[RAX], 0x04030201);
}

/* The exit says where the CPU's own translation led: it is taken for that page, and for accesses of
 * that kind. */
static void believes_the_exit(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE + 0x10;
	fault.nested_fault.gva = gva(DEVICE + 0x123);
	fault.nested_fault.gpa = gpa(0xd0000123);
	fault.nested_fault.gva_valid = true;
	fault.nested_fault.access = ACCESS_READ;
	run_all(BYTES(0x8b, 0x03)); /* mov eax, [rbx] */
	assert_int_equal(accesses[0].at, 0xd0000010);
	run_all(BYTES(0x89, 0x03)); /* mov [rbx], eax: the exit was for reading */
	assert_int_equal(accesses[1].at, DEVICE_GPA + 0x10);
	fault.nested_fault.access = ACCESS_WRITE;
	run_all(BYTES(0x89, 0x03));
	assert_int_equal(accesses[2].at, 0xd0000010);
	vcpu.gpr[RBX] = DEVICE - 2; /* another page too */
	fake_map(DEVICE_PAGE - 1, RAM_PAGE | 7);
	run_all(BYTES(0x89, 0x03));
	assert_int_equal(accesses[3].at, DEVICE_GPA);
	fault.nested_fault.gva_valid = false;
	vcpu.gpr[RBX] = DEVICE;
	run_all(BYTES(0x89, 0x03));
	assert_int_equal(accesses[4].at, DEVICE_GPA);
}

static void stores_selectors(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	registers[VCPU_CS_SELECTOR] = 0x1234;
	registers[VCPU_ES_SELECTOR] = 0x5678;
	run_all(BYTES(0x8c, 0x0b)); /* mov [rbx], cs */
	assert_int_equal(accesses[0].width, 2);
	assert_int_equal(accesses[0].value, 0x1234);
	run_all(BYTES(0x48, 0x8c, 0x03)); /* mov [rbx], es */
	assert_int_equal(accesses[1].width, 2);
	assert_int_equal(accesses[1].value, 0x5678);
}

/* The same place, other bytes or another mode: what was decoded before does not count. */
static void sees_that_code_changes(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	device[0] = 1;
	run_all(BYTES(0x8b, 0x03)); /* mov eax, [rbx] */
	run_all(BYTES(0x8b, 0x0b)); /* mov ecx, [rbx] */
	assert_int_equal(vcpu.gpr[RCX], 1);
	run_all(BYTES(0x8b, 0x4b, 0x04)); /* mov ecx, [rbx + 4] */
	assert_int_equal(vcpu.gpr[RCX], 0);
	run_all(BYTES(0x8b, 0x03));
	assert_int_equal(accesses[3].at, DEVICE_GPA);
	assert_int_equal(accesses[3].width, 4);
	/* the same bytes as 32-bit and as 16-bit code: [ebx], and [bp + di] */
	registers[VCPU_CS_RIGHTS] = RIGHTS_CODE32;
	registers[VCPU_CS_LIMIT] = registers[VCPU_DS_LIMIT] = UINT32_MAX;
	registers[VCPU_SS_LIMIT] = UINT32_MAX;
	run_all(BYTES(0x8b, 0x03));
	registers[VCPU_CS_RIGHTS] = RIGHTS_CODE16;
	vcpu.gpr[RBP] = 0x20;
	vcpu.gpr[RDI] = DEVICE - 0x8000 - 0x20; /* 16 bits of the sum count */
	registers[VCPU_SS_BASE] = 0x8000;
	registers[VCPU_SS_RIGHTS] = RIGHTS_DATA16;
	run_all(BYTES(0x8b, 0x03));
	assert_int_equal(accesses[5].width, 2);
}

/* --- read, then write ------------------------------------------------------------------------ */

static void modifies_by_reading_and_writing(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE + 0x10;
	device[0x10] = 0xf0;
	run_all(BYTES(0xf0, 0x83, 0x0b, 0x0f)); /* lock or dword [rbx], 15 */
	assert_int_equal(count, 2);
	assert_false(accesses[0].write);
	assert_true(accesses[1].write);
	assert_int_equal(accesses[1].value, 0xff);
	run_all(BYTES(0xf7, 0x03, 0xff, 0, 0, 0)); /* test dword [rbx], 255: reads only */
	assert_int_equal(count, 3);
	vcpu.gpr[RAX] = 1;
	vcpu.gpr[RCX] = 2;
	run_all(BYTES(0xf0, 0x0f, 0xb1, 0x0b)); /* lock cmpxchg [rbx], ecx: fails, writes back */
	assert_int_equal(count, 5);
	assert_true(accesses[4].write);
	assert_int_equal(accesses[4].value, 0xff);
	assert_int_equal(vcpu.gpr[RAX], 0xff);
}

/* --- accesses that cross pages --------------------------------------------------------------- */

static void crosses_from_ram_into_the_device(void **state)
{
	reset(state);
	long_mode();
	fake_map(DEVICE_PAGE - 1, RAM_PAGE | 7);
	vcpu.gpr[RAX] = 0x8877665544332211;
	vcpu.gpr[RBX] = DEVICE - 1;
	run_all(BYTES(0x48, 0x89, 0x03)); /* mov [rbx], rax */
	assert_int_equal(ram[RAM_PAGE + 0xfff], 0x11);
	/* seven bytes in aligned pieces */
	assert_int_equal(count, 3);
	assert_int_equal(accesses[0].width, 4);
	assert_int_equal(accesses[0].at, DEVICE_GPA);
	assert_int_equal(accesses[0].value, 0x55443322);
	assert_int_equal(accesses[1].width, 2);
	assert_int_equal(accesses[1].value, 0x7766);
	assert_int_equal(accesses[2].width, 1);
	assert_int_equal(accesses[2].value, 0x88);
	run_all(BYTES(0x48, 0x8b, 0x13)); /* mov rdx, [rbx] */
	assert_int_equal(vcpu.gpr[RDX], 0x8877665544332211);
}

static void crosses_from_the_device_into_nothing(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = MISSING_PAGE - 2;
	run_faults(BYTES(0x89, 0x03), EXCEPTION_PAGE_FAULT, 2); /* mov [rbx], eax */
	assert_int_equal(injected.fault_address, MISSING_PAGE);
	assert_int_equal(count, 0); /* and the device has seen nothing */
}

static void fetches_across_pages_only_when_it_must(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	fake_map(16, 0x7000 | 7);
	fake_map(17, 0);
	memcpy(&ram[0x7ffe], "\x89\x03", 2); /* the last two bytes of the last page */
	registers[VCPU_RIP] = 0x10ffe;
	assert_int_equal(emulate_instruction(&vcpu, &fault, &bus, &why), ERROR_NONE);
	assert_int_equal(registers[VCPU_RIP], 0x11000);
	memcpy(&ram[0x7ffe], "\x89\x43", 2); /* a displacement is missing */
	registers[VCPU_RIP] = 0x10ffe;
	assert_int_equal(emulate_instruction(&vcpu, &fault, &bus, &why), ERROR_NONE);
	assert_int_equal(injections, 1);
	assert_int_equal(injected.vector, EXCEPTION_PAGE_FAULT);
	assert_int_equal(injected.error_code, 0x10); /* a fetch, not present */
	assert_int_equal(injected.fault_address, 0x11000);
	fake_map(17, 0x8000 | 7);
	ram[0x8000] = 0x40;
	assert_int_equal(emulate_instruction(&vcpu, &fault, &bus, &why), ERROR_NONE);
	assert_int_equal(registers[VCPU_RIP], 0x11001);
	assert_int_equal(accesses[1].at, DEVICE_GPA + 0x40);
}

/* --- faults ---------------------------------------------------------------------------------- */

static void page_faults_as_the_cpu_would(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	fake_map(DEVICE_PAGE, DEVICE_GPA | 5);                        /* read-only */
	run_faults(BYTES(0x80, 0x23, 0x00), EXCEPTION_PAGE_FAULT, 3); /* and byte [rbx], 0 */
	assert_int_equal(injected.fault_address, DEVICE);
	registers[VCPU_SS_RIGHTS] |= RIGHTS_PRIVILEGE(3);
	run_faults(BYTES(0x80, 0x23, 0x00), EXCEPTION_PAGE_FAULT, 7);
	fake_map(DEVICE_PAGE, DEVICE_GPA | 3);                        /* the supervisor's */
	run_faults(BYTES(0xf6, 0x03, 0x00), EXCEPTION_PAGE_FAULT, 5); /* test byte [rbx], 0 */
	assert_int_equal(count, 0);
}

static void addresses_that_are_not_canonical(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = vcpu.gpr[RBP] = 0x0000800000000000;
	run_faults(BYTES(0x8b, 0x03), EXCEPTION_PROTECTION, 0);        /* [rbx] */
	run_faults(BYTES(0x8b, 0x45, 0x00), EXCEPTION_STACK_FAULT, 0); /* [rbp] */
}

static void segments_have_limits_and_types(void **state)
{
	reset(state);
	vcpu.gpr[RBX] = 0xfffe;
	run_faults(BYTES(0x66, 0x8b, 0x07), EXCEPTION_PROTECTION, 0); /* mov eax, [bx] */
	vcpu.gpr[RBP] = 0xffff;
	run_faults(BYTES(0x8b, 0x46, 0x00), EXCEPTION_STACK_FAULT, 0); /* mov ax, [bp] */
	registers[VCPU_CR0] = CR0_PE;
	registers[VCPU_DS_RIGHTS] &= ~TYPE_WRITABLE;
	run_faults(BYTES(0xfe, 0x06, 0x00, 0x01), EXCEPTION_PROTECTION, 0); /* inc byte [100h] */
	registers[VCPU_DS_RIGHTS] |= RIGHTS_UNUSABLE;
	run_faults(BYTES(0xa0, 0x00, 0x01), EXCEPTION_PROTECTION, 0); /* mov al, [100h] */
}

static void checks_alignment(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE + 1;
	registers[VCPU_CR0] |= CR0_AM;
	registers[VCPU_RFLAGS] |= RFLAGS_AC;
	run_all(BYTES(0x8b, 0x03));
	registers[VCPU_SS_RIGHTS] |= RIGHTS_PRIVILEGE(3);
	registers[VCPU_RFLAGS] |= RFLAGS_RF;
	skips = 0;
	run_faults(BYTES(0x8b, 0x03), EXCEPTION_ALIGNMENT_CHECK, 0);
	run_faults(BYTES(0x48, 0x0f, 0xc7, 0x0b), EXCEPTION_PROTECTION, 0); /* cmpxchg16b */
}

static void divides_by_zero(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	run_faults(BYTES(0xf7, 0x33), EXCEPTION_DIVIDE_ERROR, 0); /* div dword [rbx] */
}

static void code_may_have_changed_meanwhile(void **state)
{
	reset(state);
	long_mode();
	run_faults(BYTES(0xf0, 0x8b, 0x03), EXCEPTION_INVALID_OPCODE, 0); /* lock mov */
	run_faults(BYTES(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
			 0x66, 0x66, 0x66, 0x8b, 0x03),
		   EXCEPTION_PROTECTION, 0);
}

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

/* --- ROM, and what is refused ---------------------------------------------------------------- */

static void rom_is_read_and_the_bus_hears_of_writes(void **state)
{
	reset(state);
	long_mode();
	fake_map(DEVICE_PAGE, FAKE_ROM_SLOT | 7);
	rom[4] = 0x41;
	vcpu.gpr[RBX] = DEVICE + 4;
	run_all(BYTES(0xfe, 0x03)); /* inc byte [rbx] */
	assert_int_equal(count, 1);
	assert_true(accesses[0].write);
	assert_int_equal(accesses[0].at, FAKE_ROM_SLOT + 4);
	assert_int_equal(accesses[0].value, 0x42);
	assert_int_equal(rom[4], 0x41);
}

static void refused(const uint8_t *bytes, size_t length, const char *says)
{
	uint64_t before[GPR_COUNT];

	memcpy(before, vcpu.gpr, sizeof(before));
	assert_int_equal(run(bytes, length), ERROR_UNSUPPORTED);
	if (!strstr(why.text, says))
		fail_msg("%s", why.text);
	assert_int_equal(skips, 0);
	assert_int_equal(injections, 0);
	assert_int_equal(count, 0);
	assert_memory_equal(before, vcpu.gpr, sizeof(before));
}

static void says_what_it_cannot_do(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	fault.nested_fault.gpa = gpa(DEVICE_GPA);
	refused(BYTES(0xd9, 0x03), "d9 03 fld at rip=0x5000 gpa=0xfee00000");
	refused(BYTES(0xff, 0x13), "ff 13 call");
	refused(BYTES(0x89, 0xd8), "89 d8 mov"); /* registers only */
	fault.nested_fault.access = ACCESS_EXECUTE;
	refused(BYTES(0x90), "code outside RAM");
	fault.nested_fault.access = ACCESS_READ;
	fault.nested_fault.during_walk = true;
	refused(BYTES(0x8b, 0x03), "page tables outside RAM");
	fault.nested_fault.during_walk = false;
	vcpu.events.interrupted.kind = EVENT_EXTERNAL_INTERRUPT;
	refused(BYTES(0x8b, 0x03), "event");
	vcpu.events.interrupted.kind = EVENT_NONE;
	fake_map(5, DEVICE_GPA | 7);
	refused(BYTES(0x8b, 0x03), "code outside RAM");
}

static void passes_on_what_the_backend_says(void **state)
{
	for (enum vcpu_register reg = 0; reg < VCPU_REGISTERS; reg++) {
		reset(state);
		vcpu.gpr[RBX] = 0x100;
		broken_register = reg;
		if (run(BYTES(0x8b, 0x07))) /* mov ax, [bx] */
			assert_int_equal(skips + count, 0);
	}
	broken_register = VCPU_RIP;
	assert_int_equal(run(BYTES(0x8b, 0x07)), ERROR_BAD_STATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_mode_writes_the_screen),
		cmocka_unit_test(protected_mode_uses_the_base),
		cmocka_unit_test(long_mode_goes_through_the_tables),
		cmocka_unit_test(moffs_and_segment_overrides),
		cmocka_unit_test(believes_the_exit),
		cmocka_unit_test(sees_that_code_changes),
		cmocka_unit_test(stores_selectors),
		cmocka_unit_test(modifies_by_reading_and_writing),
		cmocka_unit_test(crosses_from_ram_into_the_device),
		cmocka_unit_test(crosses_from_the_device_into_nothing),
		cmocka_unit_test(fetches_across_pages_only_when_it_must),
		cmocka_unit_test(page_faults_as_the_cpu_would),
		cmocka_unit_test(addresses_that_are_not_canonical),
		cmocka_unit_test(segments_have_limits_and_types),
		cmocka_unit_test(checks_alignment),
		cmocka_unit_test(divides_by_zero),
		cmocka_unit_test(code_may_have_changed_meanwhile),
		cmocka_unit_test(copies_to_the_device),
		cmocka_unit_test(long_strings_come_in_chunks),
		cmocka_unit_test(a_debug_trap_follows_each_element),
		cmocka_unit_test(strings_fault_at_their_element),
		cmocka_unit_test(comparisons_stop),
		cmocka_unit_test(pushes_and_pops),
		cmocka_unit_test(moves_vector_registers),
		cmocka_unit_test(rom_is_read_and_the_bus_hears_of_writes),
		cmocka_unit_test(says_what_it_cannot_do),
		cmocka_unit_test(passes_on_what_the_backend_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
