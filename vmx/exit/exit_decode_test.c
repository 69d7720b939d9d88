/* Hand-made exits, each taken from a row of the SDM's qualification tables, and what they have to
 * mean. */
#include "tests/host/exit_snapshot.h"

static void every_reason_has_its_kind(void **state)
{
	static const struct {
		uint8_t reason, kind, length;
	} rows[] = {
		{ EXIT_REASON_TRIPLE_FAULT, VCPU_EXIT_TRIPLE_FAULT, 0 },
		{ EXIT_REASON_INIT_SIGNAL, VCPU_EXIT_INIT, 0 },
		{ EXIT_REASON_STARTUP_IPI, VCPU_EXIT_SIPI, 0 },
		{ EXIT_REASON_IO_SMI, VCPU_EXIT_UNKNOWN, 0 },
		{ EXIT_REASON_OTHER_SMI, VCPU_EXIT_UNKNOWN, 0 },
		{ EXIT_REASON_INTERRUPT_WINDOW, VCPU_EXIT_INTERRUPT_WINDOW, 0 },
		{ EXIT_REASON_NMI_WINDOW, VCPU_EXIT_NMI_WINDOW, 0 },
		{ EXIT_REASON_CPUID, VCPU_EXIT_CPUID, 3 },
		{ EXIT_REASON_GETSEC, VCPU_EXIT_VIRT_INSTRUCTION, 3 },
		{ EXIT_REASON_HLT, VCPU_EXIT_HLT, 3 },
		{ EXIT_REASON_INVD, VCPU_EXIT_INVD, 3 },
		{ EXIT_REASON_INVLPG, VCPU_EXIT_INVLPG, 3 },
		{ EXIT_REASON_RDPMC, VCPU_EXIT_RDPMC, 3 },
		{ EXIT_REASON_RDTSC, VCPU_EXIT_RDTSC, 3 },
		{ EXIT_REASON_RSM, VCPU_EXIT_UNKNOWN, 3 },
		{ EXIT_REASON_VMCALL, VCPU_EXIT_HYPERCALL, 3 },
		{ EXIT_REASON_RDMSR, VCPU_EXIT_MSR_READ, 3 },
		{ EXIT_REASON_WRMSR, VCPU_EXIT_MSR_WRITE, 3 },
		{ EXIT_REASON_MWAIT, VCPU_EXIT_MWAIT, 3 },
		{ EXIT_REASON_MONITOR_TRAP_FLAG, VCPU_EXIT_SINGLE_STEP, 0 },
		{ EXIT_REASON_MONITOR, VCPU_EXIT_MONITOR, 3 },
		{ EXIT_REASON_PAUSE, VCPU_EXIT_PAUSE, 3 },
		{ EXIT_REASON_TPR_BELOW_THRESHOLD, VCPU_EXIT_APIC, 0 },
		{ EXIT_REASON_APIC_ACCESS, VCPU_EXIT_NESTED_FAULT, 0 },
		{ EXIT_REASON_VIRTUALIZED_EOI, VCPU_EXIT_APIC, 0 },
		{ EXIT_REASON_RDTSCP, VCPU_EXIT_RDTSCP, 3 },
		{ EXIT_REASON_PREEMPTION_TIMER, VCPU_EXIT_TIME_SLICE, 0 },
		{ EXIT_REASON_WBINVD, VCPU_EXIT_WBINVD, 3 },
		{ EXIT_REASON_XSETBV, VCPU_EXIT_XSETBV, 3 },
		{ EXIT_REASON_APIC_WRITE, VCPU_EXIT_APIC, 0 },
		{ EXIT_REASON_XSAVES, VCPU_EXIT_XSAVES, 3 },
		{ EXIT_REASON_XRSTORS, VCPU_EXIT_XSAVES, 3 },
		{ EXIT_REASON_PML_FULL, VCPU_EXIT_UNKNOWN, 0 },
		{ EXIT_REASON_BUS_LOCK, VCPU_EXIT_UNKNOWN, 0 },
		{ 35, VCPU_EXIT_UNKNOWN, 0 },
		{ 255, VCPU_EXIT_UNKNOWN, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct exit_snapshot s = rubbish(rows[i].reason);
		struct vcpu_exit exit = decode(&s);

		assert_int_equal(exit.kind, rows[i].kind);
		assert_int_equal(exit.length, rows[i].length);
	}
}

static void apic_accesses(void **state)
{
	static const struct {
		uint64_t qualification;
		uint64_t gpa;
		unsigned access;
		bool during_walk;
	} rows[] = {
		{ 0x0020, 0xfee00020, ACCESS_READ, false },
		{ 0x1300, 0xfee00300, ACCESS_WRITE, false },
		{ 0x2fff, 0xfee00fff, ACCESS_EXECUTE, false },
		{ 0x3100, 0xfee00100, ACCESS_READ, false }, /* while an event is delivered */
		{ 0xf008, 0xfee00008, ACCESS_READ, true },  /* by guest-physical address */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct exit_snapshot s = rubbish(EXIT_REASON_APIC_ACCESS);

		s.qualification = rows[i].qualification;
		struct vcpu_exit exit = decode(&s);

		assert_int_equal(exit.nested_fault.gpa.value, rows[i].gpa);
		assert_int_equal(exit.nested_fault.access, rows[i].access);
		assert_int_equal(exit.nested_fault.during_walk, rows[i].during_walk);
		assert_false(exit.nested_fault.gva_valid);
	}
}

static void virtualization_instructions(void **state)
{
	static const uint8_t reasons[] = {
		EXIT_REASON_VMCLEAR, EXIT_REASON_VMLAUNCH, EXIT_REASON_VMPTRLD,
		EXIT_REASON_VMPTRST, EXIT_REASON_VMREAD,   EXIT_REASON_VMRESUME,
		EXIT_REASON_VMWRITE, EXIT_REASON_VMXOFF,   EXIT_REASON_VMXON,
		EXIT_REASON_INVEPT,  EXIT_REASON_INVVPID,  EXIT_REASON_VMFUNC,
		EXIT_REASON_ENCLS,   EXIT_REASON_ENCLV,    EXIT_REASON_PCONFIG,
		EXIT_REASON_UMWAIT,  EXIT_REASON_TPAUSE,   EXIT_REASON_LOADIWKEY,
	};

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		struct exit_snapshot s = rubbish(reasons[i]);

		assert_int_equal(decode(&s).kind, VCPU_EXIT_VIRT_INSTRUCTION);
	}
}

static void the_qualification_is_kept_where_it_is_defined(void **state)
{
	struct exit_snapshot s = rubbish(EXIT_REASON_CPUID);

	assert_int_equal(decode(&s).qualification, 0);
	assert_int_equal(decode_qualified(EXIT_REASON_CR_ACCESS, 0x302).qualification, 0x302);
}

static void control_registers(void **state)
{
	struct vcpu_exit exit;
	struct exit_snapshot s;

	/* MOV CR4, RCX */
	exit = decode_qualified(EXIT_REASON_CR_ACCESS, 4 | 0 << 4 | RCX << 8);
	assert_int_equal(exit.kind, VCPU_EXIT_CR_ACCESS);
	assert_int_equal(exit.cr.number, 4);
	assert_true(exit.cr.write);
	assert_int_equal(exit.cr.gpr, RCX);
	assert_int_equal(exit.cr.value, gpr[RCX]);
	/* MOV R15, CR3 */
	exit = decode_qualified(EXIT_REASON_CR_ACCESS, 3 | 1 << 4 | R15 << 8);
	assert_int_equal(exit.cr.number, 3);
	assert_false(exit.cr.write);
	assert_int_equal(exit.cr.gpr, R15);
	assert_int_equal(exit.cr.value, 0);
	/* MOV CR8, RSP: the stack pointer is the hardware's, not the stored one */
	exit = decode_qualified(EXIT_REASON_CR_ACCESS, 8 | RSP << 8);
	assert_int_equal(exit.cr.number, 8);
	assert_int_equal(exit.cr.value, 0x1111222233334444ull);
	/* MOV CR0, EBX in 32-bit code */
	s = rubbish(EXIT_REASON_CR_ACCESS);
	s.qualification = RBX << 8;
	s.code64 = false;
	assert_int_equal(decode(&s).cr.value, RBX);
	/* CLTS, and LMSW of a register and of memory */
	assert_int_equal(decode_qualified(EXIT_REASON_CR_ACCESS, 2 << 4).kind, VCPU_EXIT_CLTS);
	exit = decode_qualified(EXIT_REASON_CR_ACCESS, 0xfffeull << 16 | 3 << 4);
	assert_int_equal(exit.kind, VCPU_EXIT_LMSW);
	assert_int_equal(exit.lmsw.value, 0xfffe);
	exit = decode_qualified(EXIT_REASON_CR_ACCESS, 0x9ull << 16 | 1 << 6 | 3 << 4);
	assert_int_equal(exit.lmsw.value, 9);
}

static void debug_registers(void **state)
{
	/* MOV DR7, RDX */
	struct vcpu_exit exit = decode_qualified(EXIT_REASON_MOV_DR, 7 | RDX << 8);

	assert_int_equal(exit.kind, VCPU_EXIT_DR_ACCESS);
	assert_int_equal(exit.dr.number, 7);
	assert_true(exit.dr.write);
	assert_int_equal(exit.dr.value, gpr[RDX]);
	/* MOV R8, DR6 */
	exit = decode_qualified(EXIT_REASON_MOV_DR, 6 | 1 << 4 | R8 << 8);
	assert_int_equal(exit.dr.number, 6);
	assert_false(exit.dr.write);
	assert_int_equal(exit.dr.gpr, R8);
}

static void plain_io(void **state)
{
	static const struct {
		uint64_t qualification;
		uint16_t port;
		uint8_t width;
		bool in, immediate;
	} rows[] = {
		{ 0x03f80000, 0x3f8, 1, false, false }, /* OUT DX, AL */
		{ 0x00600048, 0x60, 1, true, true },    /* IN AL, 60h */
		{ 0x01f00009, 0x1f0, 2, true, false },  /* IN AX, DX */
		{ 0x0cf80003, 0xcf8, 4, false, false }, /* OUT DX, EAX */
		{ 0xffff0000, 0xffff, 1, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vcpu_exit exit =
			decode_qualified(EXIT_REASON_IO_INSTRUCTION, rows[i].qualification);

		assert_int_equal(exit.kind, VCPU_EXIT_IO);
		assert_int_equal(exit.io.port, rows[i].port);
		assert_int_equal(exit.io.width, rows[i].width);
		assert_int_equal(exit.io.in, rows[i].in);
		assert_int_equal(exit.io.immediate, rows[i].immediate);
		assert_false(exit.io.string);
		assert_false(exit.io.repeat);
		assert_int_equal(exit.io.address.value, 0);
	}
	/* Size 2 (three bytes) and sizes above 3 are not defined. */
	assert_int_equal(decode_qualified(EXIT_REASON_IO_INSTRUCTION, 2).kind, VCPU_EXIT_UNKNOWN);
	assert_int_equal(decode_qualified(EXIT_REASON_IO_INSTRUCTION, 7).kind, VCPU_EXIT_UNKNOWN);
}

static void string_io(void **state)
{
	struct exit_snapshot s = rubbish(EXIT_REASON_IO_INSTRUCTION);
	struct vcpu_exit exit;

	/* REP OUTSW, 32-bit addresses, FS: */
	s.qualification = 0x01f00031;
	s.instruction_info = 1 << 7 | 4 << 15;
	s.linear_address = 0x12345678;
	exit = decode(&s);
	assert_int_equal(exit.kind, VCPU_EXIT_IO);
	assert_true(exit.io.string);
	assert_true(exit.io.repeat);
	assert_false(exit.io.in);
	assert_int_equal(exit.io.width, 2);
	assert_int_equal(exit.io.address_width, 4);
	assert_int_equal(exit.io.segment, 4);
	assert_int_equal(exit.io.address.value, 0x12345678);
	/* INSB, 64-bit addresses: the segment is ES whatever the field says */
	s.qualification = 0x00600018;
	s.instruction_info = 2 << 7 | 3 << 15;
	exit = decode(&s);
	assert_true(exit.io.in);
	assert_int_equal(exit.io.address_width, 8);
	assert_int_equal(exit.io.segment, 0);
	/* An address size that does not exist, and a CPU that tells neither. */
	s.instruction_info = 3 << 7;
	assert_int_equal(decode(&s).kind, VCPU_EXIT_UNKNOWN);
	s.instruction_info = 0;
	s.ins_outs_info = false;
	assert_int_equal(decode(&s).kind, VCPU_EXIT_UNKNOWN);
}

static void registers_of_instructions(void **state)
{
	struct exit_snapshot s = rubbish(EXIT_REASON_WRMSR);
	struct vcpu_exit exit;

	gpr[RAX] = 0xdead00000000beefull;
	gpr[RCX] = 0x7777777700000830ull;
	gpr[RDX] = 0xcafe000000000012ull;
	exit = decode(&s);
	assert_int_equal(exit.msr.index, 0x830);
	assert_int_equal(exit.msr.value, 0x120000beefull);
	s.reason = EXIT_REASON_RDMSR;
	exit = decode(&s);
	assert_int_equal(exit.msr.index, 0x830);
	assert_int_equal(exit.msr.value, 0);
	s.reason = EXIT_REASON_XSETBV;
	exit = decode(&s);
	assert_int_equal(exit.xsetbv.index, 0x830);
	assert_int_equal(exit.xsetbv.value, 0x120000beefull);
	s.reason = EXIT_REASON_CPUID;
	exit = decode(&s);
	assert_int_equal(exit.cpuid.leaf, 0xbeef);
	assert_int_equal(exit.cpuid.subleaf, 0x830);
	exit = decode_qualified(EXIT_REASON_INVLPG, 0xffff800012345000ull);
	assert_int_equal(exit.invlpg.address.value, 0xffff800012345000ull);
}

static void instruction_information(void **state)
{
	struct exit_snapshot s = rubbish(EXIT_REASON_RDSEED);
	struct vcpu_exit exit;

	s.instruction_info = R9 << 3 | 2 << 11;
	exit = decode(&s);
	assert_int_equal(exit.kind, VCPU_EXIT_RANDOM);
	assert_true(exit.random.seed);
	assert_int_equal(exit.random.gpr, R9);
	assert_int_equal(exit.random.width, 8);
	s.reason = EXIT_REASON_RDRAND;
	s.instruction_info = RBX << 3;
	exit = decode(&s);
	assert_false(exit.random.seed);
	assert_int_equal(exit.random.gpr, RBX);
	assert_int_equal(exit.random.width, 2);
	s.instruction_info = 3 << 11;
	assert_int_equal(decode(&s).kind, VCPU_EXIT_UNKNOWN);

	s.reason = EXIT_REASON_GDTR_OR_IDTR_ACCESS; /* LIDT */
	s.instruction_info = 3u << 28;
	exit = decode(&s);
	assert_int_equal(exit.kind, VCPU_EXIT_DESCRIPTOR_TABLE);
	assert_int_equal(exit.descriptor_table.which, 3);
	s.reason = EXIT_REASON_LDTR_OR_TR_ACCESS; /* STR */
	s.instruction_info = 1u << 28;
	assert_int_equal(decode(&s).descriptor_table.which, 5);
}

static void nested_faults(void **state)
{
	struct exit_snapshot s = rubbish(EXIT_REASON_EPT_VIOLATION);
	struct vcpu_exit exit;

	s.qualification = 0x18a; /* write to a readable page, address known, not the walk */
	s.linear_address = 0x7000;
	s.physical_address = 0xfee00300;
	exit = decode(&s);
	assert_int_equal(exit.kind, VCPU_EXIT_NESTED_FAULT);
	assert_int_equal(exit.nested_fault.access, ACCESS_WRITE);
	assert_int_equal(exit.nested_fault.allowed, ACCESS_READ);
	assert_true(exit.nested_fault.gva_valid);
	assert_int_equal(exit.nested_fault.gva.value, 0x7000);
	assert_int_equal(exit.nested_fault.gpa.value, 0xfee00300);
	assert_false(exit.nested_fault.during_walk);
	assert_int_equal(exit.length, 0);

	s.qualification = 0x084 | 0x18; /* fetch, readable and writable, during the walk */
	exit = decode(&s);
	assert_int_equal(exit.nested_fault.access, ACCESS_EXECUTE);
	assert_int_equal(exit.nested_fault.allowed, ACCESS_READ | ACCESS_WRITE);
	assert_true(exit.nested_fault.during_walk);

	s.qualification = 0x001; /* no linear address: PDPTEs loaded by MOV to CR3 */
	exit = decode(&s);
	assert_false(exit.nested_fault.gva_valid);
	assert_false(exit.nested_fault.during_walk);
	assert_int_equal(exit.nested_fault.gva.value, 0);

	s.reason = EXIT_REASON_EPT_MISCONFIGURATION;
	exit = decode(&s);
	assert_int_equal(exit.kind, VCPU_EXIT_NESTED_MISCONFIG);
	assert_int_equal(exit.nested_fault.gpa.value, 0xfee00300);
	assert_int_equal(exit.qualification, 0);
}

static void failed_entries(void **state)
{
	struct vcpu_exit exit = decode_qualified(0x80000021, 4);

	assert_int_equal(exit.kind, VCPU_EXIT_ENTRY_FAILED);
	assert_int_equal(exit.entry_failed.instruction_error, 0);
	assert_non_null(strstr(exit.entry_failed.story, "link pointer"));
	exit = decode_qualified(0x80000022, 7);
	assert_string_equal(exit.entry_failed.story,
			    "entry 7 of the MSR-load list cannot be loaded");
	exit = decode_qualified(0x80000029, 0);
	assert_non_null(strstr(exit.entry_failed.story, "machine check"));
	exit = decode_qualified(0x80000063, 0);
	assert_int_equal(exit.kind, VCPU_EXIT_ENTRY_FAILED);
	assert_non_null(strstr(exit.entry_failed.story, "99"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_has_its_kind),
		cmocka_unit_test(apic_accesses),
		cmocka_unit_test(virtualization_instructions),
		cmocka_unit_test(the_qualification_is_kept_where_it_is_defined),
		cmocka_unit_test(control_registers),
		cmocka_unit_test(debug_registers),
		cmocka_unit_test(plain_io),
		cmocka_unit_test(string_io),
		cmocka_unit_test(registers_of_instructions),
		cmocka_unit_test(instruction_information),
		cmocka_unit_test(nested_faults),
		cmocka_unit_test(failed_entries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
