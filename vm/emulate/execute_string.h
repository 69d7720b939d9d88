/* MOVS, CMPS, STOS, LODS and SCAS. */
#ifndef VM_EMULATE_EXECUTE_STRING_H
#define VM_EMULATE_EXECUTE_STRING_H

#include "vm/emulate/execute.h"

enum emulate_outcome execute_string(struct emulation *e);

#endif
