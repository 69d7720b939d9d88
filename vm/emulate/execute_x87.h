/* Loads and stores of the x87 FPU: numbers, its control word and its status word. The addresses that it
 * keeps of its last instruction stay as they were. Pure. */
#ifndef VM_EMULATE_EXECUTE_X87_H
#define VM_EMULATE_EXECUTE_X87_H

#include "vm/emulate/execute.h"

enum emulate_outcome execute_x87(struct emulation *e);

#endif
