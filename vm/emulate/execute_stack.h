/* PUSH and POP. */
#ifndef VM_EMULATE_EXECUTE_STACK_H
#define VM_EMULATE_EXECUTE_STACK_H

#include "vm/emulate/execute.h"

enum emulate_outcome execute_push(struct emulation *e);
enum emulate_outcome execute_pop(struct emulation *e);

#endif
