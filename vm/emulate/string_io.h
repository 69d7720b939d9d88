/* INS and OUTS on behalf of a board: every width, address size and direction, with and without REP.
 * Registers move as the CPU would move them, and a fault on guest memory is injected at exactly the
 * element that meets it. With RFLAGS.TF each call moves one element, since a debug trap follows each. */
#ifndef VM_EMULATE_STRING_IO_H
#define VM_EMULATE_STRING_IO_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/emulate/emulate.h"
#include "vm/vcpu/vcpu.h"

/* Elements moved per exit at most: REP then goes on through a new exit, so that a guest's huge
 * count never keeps a CPU in the host. */
#define STRING_IO_CHUNK 64

/* One element: reads the port into `*value` for `in`, else writes `*value` to it. `width` is 1, 2
 * or 4 bytes; bits beyond it are zero. */
typedef void (*string_io_element)(void *context, struct vcpu *vcpu, uint16_t port, unsigned width,
				  bool in, uint32_t *value);

/* Carries out the string I/O `exit` (VCPU_EXIT_IO with io.string). On success the vCPU is just to
 * be resumed: finished, to be continued, or with a fault queued. An operand that is not in RAM is
 * reached through `bus`; without one (null) it is Unsupported. What the backend returns when a
 * register cannot be had. */
enum error string_io(struct vcpu *vcpu, const struct vcpu_exit *exit, string_io_element element,
		     void *context, const struct emulate_bus *bus, struct reason *why) must_check;

#endif
