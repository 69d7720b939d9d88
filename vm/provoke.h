/* A failure while a guest runs, on request (provoke=panic-in-guest on the command line): so that
 * tests and curious people see what a panic tells of the guest. */
#ifndef VM_PROVOKE_H
#define VM_PROVOKE_H

#define PROVOKE_IN_GUEST "panic-in-guest"

/* When `name` is PROVOKE_IN_GUEST, the first vCPU that has had a few exits takes Plinth down with
 * it. Before guests run; a backend is there. */
void provoke_in_guest(const char *name);

#endif
