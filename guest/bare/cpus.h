/* How the other CPUs of a kernel of our own come up: a start-up IPI of CPUS_START_UP, once
 * cpus_prepare() was called, brings one to other_cpu(). */
#ifndef GUEST_BARE_CPUS_H
#define GUEST_BARE_CPUS_H

#define CPUS_MOST     4 /* the first one included */
#define CPUS_START_UP 8 /* the vector: the page of CPUS_BEGIN */
#define CPUS_BEGIN    (CPUS_START_UP << 12)

/* The kernel's: `number` from 1 in the order of arrival, on a stack of its own, with the first CPU's
 * segments. Does not return. */
void other_cpu(unsigned number);

/* Puts where they begin in its place. */
void cpus_prepare(void);

#endif
