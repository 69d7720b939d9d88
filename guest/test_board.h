/* The board of an embedded test guest: it answers hypercalls, has a scratch device on a few ports,
 * ends the guest, and judges it. docs/guests.md describes it from the guest's side. */
#ifndef GUEST_TEST_BOARD_H
#define GUEST_TEST_BOARD_H

#include "guest/expect.h"
#include "guest/image.h"
#include "guest/test_device.h"
#include "lib/error.h"
#include "lib/types.h"
#include "vm/board.h"
#include "vm/vm.h"

#define TEST_GUEST_FINALS 16

enum test_guest_state {
	TEST_GUEST_NEW,
	TEST_GUEST_PREPARED, /* its VM exists */
	TEST_GUEST_STARTED,
	TEST_GUEST_ENDED,
};

struct test_guest {
	const char *name; /* "guest/NAME"; constant */
	struct guest_image image;
	struct vm *vm;
	enum test_guest_state state; /* guarded by the lock in run_tests.c */
	uint32_t meetings;           /* arrivals at its meeting; guarded likewise */

	/* The rest: each vCPU's part is touched by the CPU that runs it; the verdict by the first
	 * one to have something to say, under `lock`. */
	struct expect expect;
	struct spinlock lock;
	bool failed, skipped, ended; /* atomic to read */
	struct reason story;         /* of the failure, or why it was skipped */
	struct {
		uint8_t vcpu, which;
		uint64_t value;
	} finals[TEST_GUEST_FINALS]; /* registers at the end that memory does not hold */
	unsigned final_count;
	struct test_device device; /* the guests that use it have one vCPU */
	uint32_t on_fault;         /* ON_FAULT_... */
	uint64_t last_rip[GUEST_MAX_VCPUS];
};

extern const struct board_ops test_board;
extern const struct vcpu_watcher test_watcher;

/* Remembers why the guest failed; the first reason counts. Any CPU. */
void test_guest_fail(struct test_guest *guest, const struct reason *why);

/* The guest is content, or what it expected as its end has come: keeps the final registers that its
 * table asks for and that only a vCPU which stopped on its CPU can tell. On that CPU. */
void test_guest_end(struct test_guest *guest, struct vcpu *vcpu);

/* After the last vCPU stopped: compares what is left to compare and prints the guest's TAP line. */
void test_guest_report(struct test_guest *guest, const struct reason *trouble);

#endif
