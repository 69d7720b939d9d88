/* The calls for a vCPU that every fake backend has, by the names of its functions. */
#ifndef TESTS_HOST_FAKE_VIRT_OPS_H
#define TESTS_HOST_FAKE_VIRT_OPS_H

#include "vm/virt_ops.h"

#define FAKE_VCPU_OPS                                                                   \
	.name = "fake", .create = fake_create, .set_nested_root = fake_set_nested_root, \
	.setup = fake_setup, .bind = fake_bind, .run = fake_run, .unbind = fake_unbind, \
	.inject = fake_inject, .get_register = fake_get_register,                       \
	.skip_instruction = fake_skip_instruction, .init_reset = fake_init_reset,       \
	.start_up = fake_start_up, .destroy = fake_destroy

#endif
