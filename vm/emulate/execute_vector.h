/* See vm/emulate/execute_vector.c. */
#ifndef VM_EMULATE_EXECUTE_VECTOR_H
#define VM_EMULATE_EXECUTE_VECTOR_H

#include "vm/emulate/execute.h"

enum emulate_outcome execute_vector_load(struct emulation *e);
enum emulate_outcome execute_vector_store(struct emulation *e);

#endif
