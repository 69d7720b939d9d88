/* Is this CPU's virtual-interrupt delivery to be trusted? */
#ifndef VMX_VCPU_APICV_PROBE_H
#define VMX_VCPU_APICV_PROBE_H

#include "lib/types.h"

/* Tries it on a guest of a few instructions, unless the command line asks for none, and says in the
 * log when it is not used. Once, on the bootstrap processor with VMX on, before other guests are
 * made; interrupts on. */
void apicv_probe(void);

/* Do vCPUs that are set up from now on use it, where the controls allow it? */
bool apicv_delivery_is_used(void);

#endif
