/* Failures on request (provoke=NAME on the command line), so that tests and curious people see what
 * a failure looks like. */
#ifndef KERNEL_PROVOKE_H
#define KERNEL_PROVOKE_H

/* Provokes the named failure and does not come back; an unknown name is a warning that lists the
 * known ones; "" does nothing. Bootstrap processor, all CPUs online. */
void provoke(const char *name);

/* Likewise for the failures of early boot, when nothing but the log and exceptions works. */
void provoke_early(const char *name);

#endif
