/* The registers of the local APIC as a table: in which mode each may be read and written, and
 * which of its bits. SDM volume 3, "Local APIC Register Address Map" and "x2APIC Register Address
 * Space". */
#include "device/vlapic_internal.h"

#define SVR_WRITABLE (VLAPIC_VECTOR | SVR_ENABLE | SVR_FOCUS_DISABLED | SVR_NO_EOI_BROADCAST)

#define LVT_TIMER_WRITABLE  (VLAPIC_VECTOR | LVT_MASKED | LVT_TIMER_MODE)
#define LVT_SOURCE_WRITABLE (VLAPIC_VECTOR | LVT_DELIVERY | LVT_MASKED)
#define LVT_LINT_WRITABLE   (LVT_SOURCE_WRITABLE | LVT_ACTIVE_LOW | LVT_LEVEL)

#define ICR_WRITABLE (BITS(19, 18) | BITS(15, 14) | BITS(11, 0))
#define ICR_STATUS   BIT(12)

#define DIVIDE_WRITABLE (BIT(3) | BITS(1, 0))

#define READ_WRITE(bits, status)                                                            \
	{                                                                                   \
		.read = IN_BOTH, .write = IN_BOTH, .writable = (bits), .ignored = (status), \
	}
#define ROW(register) [(register) / VLAPIC_REGISTER_STEP]
/* Eight registers of vectors. */
#define SET(register)                                                            \
	[(register) / VLAPIC_REGISTER_STEP...(register) / VLAPIC_REGISTER_STEP + \
		VLAPIC_VECTORS / VLAPIC_PER_REGISTER - 1]

/* What is not listed may not be touched at all. */
const struct vlapic_access vlapic_accesses[VLAPIC_REGISTERS] = {
	ROW(VLAPIC_ID) = { .read = IN_BOTH, .write = IN_XAPIC, .writable = XAPIC_ID_FIELD },
	ROW(VLAPIC_VERSION) = { .read = IN_BOTH },
	ROW(VLAPIC_TPR) = READ_WRITE(BITS(7, 0), 0),
	ROW(VLAPIC_APR) = { .read = IN_XAPIC },
	ROW(VLAPIC_PPR) = { .read = IN_BOTH },
	ROW(VLAPIC_EOI) = { .write = IN_BOTH },
	ROW(VLAPIC_REMOTE_READ) = { .read = IN_XAPIC },
	ROW(VLAPIC_LDR) = { .read = IN_BOTH, .write = IN_XAPIC, .writable = XAPIC_ID_FIELD },
	ROW(VLAPIC_DFR) = { .read = IN_XAPIC, .write = IN_XAPIC, .writable = DFR_MODEL },
	ROW(VLAPIC_SVR) = READ_WRITE(SVR_WRITABLE, 0),
	SET(VLAPIC_ISR) = { .read = IN_BOTH },
	SET(VLAPIC_TMR) = { .read = IN_BOTH },
	SET(VLAPIC_IRR) = { .read = IN_BOTH },
	ROW(VLAPIC_ESR) = READ_WRITE(0, 0),
	ROW(VLAPIC_ICR) = READ_WRITE(ICR_WRITABLE, ICR_STATUS),
	ROW(VLAPIC_ICR_HIGH) = { .read = IN_XAPIC, .write = IN_XAPIC, .writable = XAPIC_ID_FIELD },
	ROW(VLAPIC_LVT_TIMER) = READ_WRITE(LVT_TIMER_WRITABLE, LVT_STATUS),
	ROW(VLAPIC_LVT_THERMAL) = READ_WRITE(LVT_SOURCE_WRITABLE, LVT_STATUS),
	ROW(VLAPIC_LVT_PERFORMANCE) = READ_WRITE(LVT_SOURCE_WRITABLE, LVT_STATUS),
	ROW(VLAPIC_LVT_LINT0) = READ_WRITE(LVT_LINT_WRITABLE, LVT_STATUS | LVT_REMOTE_IRR),
	ROW(VLAPIC_LVT_LINT1) = READ_WRITE(LVT_LINT_WRITABLE, LVT_STATUS | LVT_REMOTE_IRR),
	ROW(VLAPIC_LVT_ERROR) = READ_WRITE(VLAPIC_VECTOR | LVT_MASKED, LVT_STATUS),
	ROW(VLAPIC_INITIAL_COUNT) = READ_WRITE(UINT32_MAX, 0),
	ROW(VLAPIC_CURRENT_COUNT) = { .read = IN_BOTH },
	ROW(VLAPIC_DIVIDE) = READ_WRITE(DIVIDE_WRITABLE, 0),
	ROW(VLAPIC_SELF_IPI) = { .write = IN_X2APIC, .writable = VLAPIC_VECTOR },
};
