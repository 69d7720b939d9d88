/* PUSH, POP, ENTER and LEAVE. */
#ifndef VM_EMULATE_EXECUTE_STACK_H
#define VM_EMULATE_EXECUTE_STACK_H

#include "vm/emulate/execute.h"

enum emulate_outcome execute_push(struct emulation *e);
enum emulate_outcome execute_pop(struct emulation *e);
/* REFUSED when the frames of other procedures are to be copied too. */
enum emulate_outcome execute_enter(struct emulation *e);
enum emulate_outcome execute_leave(struct emulation *e);

#endif
