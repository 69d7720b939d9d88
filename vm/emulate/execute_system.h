/* See vm/emulate/execute_system.c. */
#ifndef VM_EMULATE_EXECUTE_SYSTEM_H
#define VM_EMULATE_EXECUTE_SYSTEM_H

#include "vm/emulate/execute.h"

enum emulate_outcome execute_system(struct emulation *e);

#endif
