/* The life of a local APIC: power-up, INIT, and its modes. SDM volume 3, "Local APIC Status and
 * Location", "Local APIC State" and "x2APIC State Transitions". */
#include "device/vlapic_vectors.h"

#include "lib/string.h"
#include "x86/msr.h"

#define BASE_RESET 0xfee00000ull

/* An integrated APIC whose highest LVT entry is 5, and that can suppress EOI broadcasts. */
#define VERSION_RESET (0x14u | (VLAPIC_LVT_ENTRIES - 1) << 16 | BIT(24))
#define SVR_RESET     0xffu
#define DFR_RESET     UINT32_MAX

#define X2APIC_CLUSTER_SIZE 16u

static void set_base(struct vlapic *lapic, uint64_t value)
{
	__atomic_store_n(&lapic->base, value, __ATOMIC_RELAXED);
	vlapic_look_aside(lapic);
}

static void set_xapic_id(struct vlapic *lapic)
{
	vlapic_put(lapic, VLAPIC_ID, field_put(XAPIC_ID_FIELD, lapic->id));
}

/* "Deriving Logical x2APIC ID from the Local x2APIC ID". */
static void set_x2apic_ids(struct vlapic *lapic)
{
	uint32_t cluster = lapic->id / X2APIC_CLUSTER_SIZE;

	vlapic_put(lapic, VLAPIC_ID, lapic->id);
	vlapic_put(lapic, VLAPIC_LDR, cluster << 16 | BIT(lapic->id % X2APIC_CLUSTER_SIZE));
}

/* What tells senders whom they mean stays in place all the while: an INIT is acted on while the
 * start-up message that follows it is on its way, and must find the APIC. */
static bool is_identity(const struct vlapic *lapic, unsigned offset)
{
	return offset == VLAPIC_ID || (offset == VLAPIC_LDR && vlapic_mode(lapic) == VLAPIC_X2APIC);
}

/* "Local APIC State After Power-Up or Reset", but for the id. */
static void reset_registers(struct vlapic *lapic)
{
	for (unsigned offset = 0; offset < PAGE_SIZE; offset += sizeof(uint32_t))
		if (!is_identity(lapic, offset))
			vlapic_put(lapic, offset, 0);
	vlapic_put(lapic, VLAPIC_VERSION, VERSION_RESET);
	vlapic_put(lapic, VLAPIC_DFR, DFR_RESET);
	vlapic_put(lapic, VLAPIC_SVR, SVR_RESET);
	vlapic_sets_begin(lapic);
	lapic->errors = 0;
	vlapic_lvt_reset(lapic);
	vlapic_timer_reset(lapic);
	vlapic_forget_posted(lapic);
}

static void power_up(struct vlapic *lapic)
{
	set_base(lapic, BASE_RESET | APIC_BASE_ENABLE | (lapic->bsp ? APIC_BASE_BSP : 0));
	reset_registers(lapic);
	set_xapic_id(lapic);
}

void vlapic_init(struct vlapic *lapic, void *page, uint32_t id, bool bsp,
		 const struct vlapic_connections *connections, void *context)
{
	*lapic = (struct vlapic) {
		.page = page,
		.id = id,
		.bsp = bsp,
		.connections = connections,
		.context = context,
	};
	power_up(lapic);
}

void vlapic_reset(struct vlapic *lapic)
{
	power_up(lapic);
	lapic->connections->timer_changed(lapic->context, lapic);
}

void vlapic_init_reset(struct vlapic *lapic)
{
	reset_registers(lapic);
	lapic->connections->timer_changed(lapic->context, lapic);
}

void vlapic_set_virtual_wire(struct vlapic *lapic)
{
	vlapic_store(lapic, VLAPIC_SVR, SVR_ENABLE | SVR_RESET);
	vlapic_store(lapic, VLAPIC_LVT_LINT0,
		     (uint32_t)field_put(LVT_DELIVERY, APIC_EXTINT) |
			     (lapic->bsp ? 0 : (uint32_t)LVT_MASKED));
	vlapic_store(lapic, VLAPIC_LVT_LINT1, (uint32_t)field_put(LVT_DELIVERY, APIC_NMI));
}

bool vlapic_set_base(struct vlapic *lapic, uint64_t value)
{
	enum vlapic_mode from = vlapic_mode(lapic), to = vlapic_mode_of(value);

	if (value & ~(APIC_BASE_BSP | APIC_BASE_X2APIC | APIC_BASE_ENABLE | APIC_BASE_ADDRESS))
		return false;
	if (to == VLAPIC_DISABLED && (value & APIC_BASE_X2APIC))
		return false;
	if ((from == VLAPIC_X2APIC && to == VLAPIC_XAPIC) ||
	    (from == VLAPIC_DISABLED && to == VLAPIC_X2APIC))
		return false;
	set_base(lapic, value);
	if (from == to)
		return true;
	if (to == VLAPIC_X2APIC) {
		set_x2apic_ids(lapic);
		vlapic_put(lapic, VLAPIC_ICR_WIDE_HIGH, 0);
	} else { /* nothing but the id outlives being disabled */
		reset_registers(lapic);
		set_xapic_id(lapic);
		lapic->connections->timer_changed(lapic->context, lapic);
	}
	return true;
}
