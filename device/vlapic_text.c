/* A local APIC in words, for whoever has to see why a guest stands still. */
#include "device/vlapic_internal.h"

#include "lib/format.h"

#define MOST_LISTED 8u /* a guest's worst set would fill the line */

static const char *const mode_names[] = {
	[VLAPIC_DISABLED] = "off",
	[VLAPIC_XAPIC] = "xapic",
	[VLAPIC_X2APIC] = "x2apic",
};

/* ` name=0xfd,0x30` from the highest on, or ` name=none`. */
static void list(char *text, size_t size, const char *name, const uint32_t *vectors)
{
	unsigned listed = 0;

	format_append(text, size, " %s=", name);
	for (unsigned n = VLAPIC_VECTORS; n-- > 0 && listed <= MOST_LISTED;) {
		if (!(vectors[n / VLAPIC_PER_REGISTER] & BIT(n % VLAPIC_PER_REGISTER)))
			continue;
		if (listed++ == MOST_LISTED)
			format_append(text, size, ",...");
		else
			format_append(text, size, "%s0x%x", listed > 1 ? "," : "", n);
	}
	if (!listed)
		format_append(text, size, "none");
}

static void list_set(const struct vlapic *lapic, char *text, size_t size, const char *name,
		     unsigned set)
{
	uint32_t vectors[VLAPIC_VECTORS / VLAPIC_PER_REGISTER];

	for (unsigned i = 0; i < ARRAY_SIZE(vectors); i++)
		vectors[i] = vlapic_get(lapic, set + i * VLAPIC_REGISTER_STEP);
	list(text, size, name, vectors);
}

/* Requests that the owner has not seen yet. */
static void list_posted(const struct vlapic *lapic, char *text, size_t size)
{
	uint32_t vectors[VLAPIC_VECTORS / VLAPIC_PER_REGISTER];

	for (unsigned i = 0; i < ARRAY_SIZE(vectors); i++)
		vectors[i] = (uint32_t)(__atomic_load_n(&lapic->posted.vectors[i / 2],
							__ATOMIC_RELAXED) >>
					(i % 2 ? VLAPIC_PER_REGISTER : 0));
	list(text, size, "posted", vectors);
}

void vlapic_describe(const struct vlapic *lapic, char *text, size_t size)
{
	format_string(text, size, " apic=%s", mode_names[vlapic_mode(lapic)]);
	list_set(lapic, text, size, "requested", VLAPIC_IRR);
	list_set(lapic, text, size, "in-service", VLAPIC_ISR);
	list_posted(lapic, text, size);
	format_append(text, size, " priority=0x%x", vlapic_ppr(lapic));
}
