/* See vm/emulate/execute_branch.c. */
#ifndef VM_EMULATE_EXECUTE_BRANCH_H
#define VM_EMULATE_EXECUTE_BRANCH_H

#include "vm/emulate/execute.h"

enum emulate_outcome execute_branch(struct emulation *e);

#endif
