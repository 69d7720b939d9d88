/* Runs what the user asks for by Multiboot2 modules: a PC of each virtual machine, all started
 * together, and one TAP line for each as it ends. */
#ifndef GUEST_RUN_VMS_H
#define GUEST_RUN_VMS_H

#include "lib/error.h"
#include "lib/types.h"

/* Reads the modules' strings. After the page pool exists; once. */
void run_vms_read(void);

/* How many TAP lines they will make: one a VM, and one a module that names none. */
unsigned run_vms_plan(void);

/* Instead of starting them, where no guest can run: one SKIP line each, with the reason. */
void run_vms_skip(const char *reason);

/* Makes and starts them. On the bootstrap processor, before the schedulers run. One that cannot be
 * made is a failed result by name; the others go on. */
void run_vms_start(void);

#endif
