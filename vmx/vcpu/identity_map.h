/* Paging off on a CPU without unrestricted guest: VMX keeps CR0.PG set there, so the guest runs on
 * one page of 1024 4-MByte entries that map each linear address to itself. The page lies in
 * guest-physical space where no RAM of a guest can be, and the guest cannot write it. */
#ifndef VMX_VCPU_IDENTITY_MAP_H
#define VMX_VCPU_IDENTITY_MAP_H

#include "lib/error.h"
#include "lib/types.h"

struct vmx_vcpu;

/* Between the local and I/O APICs' ranges and the firmware's window below 4 GiB. */
#define IDENTITY_MAP_ADDRESS 0xfeffc000ull

/* Gives the vCPU's VM the page, unless it has it already. NoMemory, InvalidInput when RAM is in
 * the way. */
enum error identity_map_provide(struct vmx_vcpu *v, struct reason *why) must_check;

/* Takes the page back from the VM if this vCPU owns it: none of the VM's vCPUs runs any more. */
void identity_map_release(struct vmx_vcpu *v);

#endif
