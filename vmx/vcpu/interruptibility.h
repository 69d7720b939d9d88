/* The guest's interruptibility and activity states and pending debug exceptions: SDM volume 3,
 * "Guest Non-Register State". */
#ifndef VMX_VCPU_INTERRUPTIBILITY_H
#define VMX_VCPU_INTERRUPTIBILITY_H

#include "lib/bits.h"

#define BLOCKING_BY_STI           BIT(0)
#define BLOCKING_BY_MOV_SS        BIT(1)
#define BLOCKING_BY_SMI           BIT(2)
#define BLOCKING_BY_NMI           BIT(3)
#define ENCLAVE_INTERRUPTION      BIT(4)
#define INTERRUPTIBILITY_RESERVED BITS(31, 5)

enum activity_state {
	ACTIVITY_ACTIVE = 0,
	ACTIVITY_HLT = 1,
	ACTIVITY_SHUTDOWN = 2,
	ACTIVITY_WAIT_FOR_SIPI = 3,
};

#define PENDING_DEBUG_BUS_LOCK           BIT(11) /* on CPUs that notice bus locks */
#define PENDING_DEBUG_ENABLED_BREAKPOINT BIT(12)
#define PENDING_DEBUG_BS                 BIT(14) /* single step */
#define PENDING_DEBUG_RTM                BIT(16) /* in a transaction */
#define PENDING_DEBUG_RESERVED           (BITS(10, 4) | BIT(13) | BIT(15) | BITS(63, 17))

#endif
