/* A port that INS and OUTS of a fake vCPU move bytes to and from. */
#ifndef TESTS_HOST_STRING_PORT_H
#define TESTS_HOST_STRING_PORT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/host/fake_vcpu.h"
#include "vm/guest_memory.h"
#include "vm/emulate/segment_register.h"
#include "vm/emulate/string_io.h"

static struct vcpu_exit io;
static uint32_t written[4096], next_input;
static unsigned elements;

static inline void element(void *context, struct vcpu *v, uint16_t port, unsigned width, bool in,
			   uint32_t *value)
{
	assert_int_equal(port, 0x1f0);
	assert_ptr_equal(context, &elements);
	if (in)
		*value = next_input++ * 0x01010101u;
	else
		written[elements] = *value;
	elements++;
}

static inline int reset(void **state)
{
	fake_vcpu_reset(state);
	io = (struct vcpu_exit) { .kind = VCPU_EXIT_IO };
	io.io.port = 0x1f0;
	io.io.width = 1;
	io.io.string = io.io.repeat = true;
	io.io.address_width = 2;
	io.io.segment = SEGMENT_DS;
	elements = 0;
	next_input = 1;
	return 0;
}

static inline enum error go(void)
{
	return string_io(&vcpu, &io, element, &elements, NULL, NULL);
}

#endif
