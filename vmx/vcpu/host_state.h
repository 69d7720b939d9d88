/* The host-state area of a VMCS: what the CPU loads at every exit. It describes one CPU, so it is
 * written anew when a vCPU is bound to another one. */
#ifndef VMX_VCPU_HOST_STATE_H
#define VMX_VCPU_HOST_STATE_H

/* Fills the current VMCS's host state from the CPU that calls, HOST_RSP excepted: that is the entry
 * code's. Exits arrive at vmx_exit_point. */
void host_state_write(void);

#endif
