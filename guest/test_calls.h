/* The hypercalls of test guests: what the board does when one asks. */
#ifndef GUEST_TEST_CALLS_H
#define GUEST_TEST_CALLS_H

#include "guest/test_board.h"
#include "vm/board.h"

/* Answers the hypercall `exit` of `vcpu`; as board_ops.exit. */
enum board_action test_call(struct test_guest *guest, struct vcpu *vcpu,
			    const struct vcpu_exit *exit);

#endif
