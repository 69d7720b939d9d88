/* Errors: collected until the guest writes the ESR, which makes them readable. SDM volume 3, "Error
 * Handling". */
#include "device/vlapic_internal.h"

void vlapic_error(struct vlapic *lapic, uint32_t errors)
{
	bool news = errors & ~lapic->errors;

	/* First collected, then told: an illegal vector in the error entry itself ends here. */
	lapic->errors |= errors;
	if (news)
		vlapic_lvt_raise(lapic, VLAPIC_LVT_ERROR);
}

void vlapic_error_latch(struct vlapic *lapic)
{
	vlapic_put(lapic, VLAPIC_ESR, lapic->errors);
	lapic->errors = 0;
}
