/* For the tests of exit decoding: snapshots that start from rubbish, so that a field that the reason
 * does not define and the decoder still trusts shows up. */
#ifndef TESTS_HOST_EXIT_SNAPSHOT_H
#define TESTS_HOST_EXIT_SNAPSHOT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "vmx/exit/exit_decode.h"
#include "vmx/exit/exit_reason.h"

static uint64_t gpr[GPR_COUNT];

static inline struct exit_snapshot rubbish(uint32_t reason)
{
	struct exit_snapshot s;

	memset(&s, 0x5a, sizeof(s));
	for (unsigned i = 0; i < GPR_COUNT; i++)
		gpr[i] = 0xaaaabbbb00000000ull + i;
	s.reason = reason;
	s.rip = 0x1000;
	s.instruction_length = 3;
	s.vectoring_info = 0;
	s.ins_outs_info = true;
	s.code64 = true;
	s.rsp = 0x1111222233334444ull;
	s.gpr = gpr;
	return s;
}

static inline struct vcpu_exit decode(const struct exit_snapshot *s)
{
	struct vcpu_exit exit;

	memset(&exit, 0xc3, sizeof(exit));
	exit_decode(s, &exit);
	assert_int_equal(exit.raw_reason, s->reason);
	assert_int_equal(exit.rip, s->rip);
	return exit;
}

static inline struct vcpu_exit decode_qualified(uint32_t reason, uint64_t qualification)
{
	struct exit_snapshot s = rubbish(reason);

	s.qualification = qualification;
	return decode(&s);
}

#endif
