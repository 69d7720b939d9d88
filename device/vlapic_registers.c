/* What reading and writing each register means, whichever way the access came. */
#include "device/vlapic_internal.h"

/* IRR and TMR are complete once posted requests have been taken over. */
uint32_t vlapic_value(struct vlapic *lapic, unsigned offset)
{
	switch (offset) {
	case VLAPIC_PPR:
		return vlapic_ppr(lapic);
	case VLAPIC_APR:
		vlapic_take_posted(lapic);
		return vlapic_apr(lapic);
	case VLAPIC_CURRENT_COUNT:
		return vlapic_timer_count(lapic);
	}
	if (offset >= VLAPIC_ISR && offset < VLAPIC_ESR)
		vlapic_take_posted(lapic);
	return vlapic_get(lapic, offset);
}

static void write_svr(struct vlapic *lapic, uint32_t value)
{
	vlapic_put(lapic, VLAPIC_SVR, value);
	if (value & SVR_ENABLE)
		return;
	vlapic_lvt_mask_all(lapic);
	lapic->connections->timer_changed(lapic->context, lapic);
}

static void write_id(struct vlapic *lapic, uint32_t value)
{
	vlapic_put(lapic, VLAPIC_ID, value);
	if (value != field_put(XAPIC_ID_FIELD, lapic->id))
		lapic->connections->renumbered(lapic->context, lapic);
}

void vlapic_store(struct vlapic *lapic, unsigned offset, uint32_t value)
{
	value &= vlapic_access(offset)->writable;
	switch (offset) {
	case VLAPIC_ID:
		write_id(lapic, value);
		break;
	case VLAPIC_EOI:
		vlapic_eoi(lapic);
		break;
	case VLAPIC_DFR:
		vlapic_put(lapic, offset, value | ~DFR_MODEL);
		break;
	case VLAPIC_SVR:
		write_svr(lapic, value);
		break;
	case VLAPIC_ESR:
		vlapic_error_latch(lapic);
		break;
	case VLAPIC_ICR:
		vlapic_icr_write(lapic, value);
		break;
	case VLAPIC_LVT_TIMER:
	case VLAPIC_LVT_THERMAL:
	case VLAPIC_LVT_PERFORMANCE:
	case VLAPIC_LVT_LINT0:
	case VLAPIC_LVT_LINT1:
	case VLAPIC_LVT_ERROR:
		vlapic_lvt_write(lapic, offset, value);
		break;
	case VLAPIC_INITIAL_COUNT:
		vlapic_timer_set_count(lapic, value);
		break;
	case VLAPIC_DIVIDE:
		vlapic_timer_set_divide(lapic, value);
		break;
	case VLAPIC_SELF_IPI:
		vlapic_self_ipi(lapic, (uint8_t)value);
		break;
	default: /* TPR, LDR and ICR_HIGH just hold what they are given */
		vlapic_put(lapic, offset, value);
		break;
	}
}
