/* The interrupt command register in pieces, and who is meant by it. */
#include "vm/ipi.h"

#include "lib/bits.h"

#define ICR_VECTOR      BITS(7, 0)
#define ICR_MODE        BITS(10, 8)
#define ICR_LOGICAL     BIT(11)
#define ICR_PENDING     BIT(12) /* delivery status: read-only in xAPIC mode, absent in x2APIC mode */
#define ICR_ASSERT      BIT(14)
#define ICR_LEVEL       BIT(15)
#define ICR_SHORTHAND   BITS(19, 18)
#define ICR_DESTINATION BITS(63, 32)
#define ICR_RESERVED    (BIT(13) | BITS(17, 16) | BITS(31, 20))

#define BROADCAST     UINT32_MAX
#define CLUSTER_SHIFT 4
#define CLUSTER_MASK  BITS(3, 0)
#define LOGICAL_BITS  BITS(15, 0)

enum error ipi_decode(uint64_t icr, struct ipi *ipi, struct reason *why)
{
	unsigned mode = (unsigned)field_get(icr, ICR_MODE);

	if (icr & ICR_RESERVED)
		return reason_set(why, ERROR_INVALID_INPUT, "ICR 0x%lx has reserved bits set", icr);
	switch (mode) {
	case IPI_FIXED:
	case IPI_LOWEST_PRIORITY:
	case IPI_SMI:
	case IPI_NMI:
	case IPI_INIT:
	case IPI_START_UP:
		break;
	default:
		return reason_set(why, ERROR_INVALID_INPUT, "ICR 0x%lx: delivery mode %u", icr,
				  mode);
	}
	*ipi = (struct ipi) {
		.mode = (enum ipi_mode)mode,
		.vector = (uint8_t)field_get(icr, ICR_VECTOR),
		.shorthand = (enum ipi_shorthand)field_get(icr, ICR_SHORTHAND),
		.logical = icr & ICR_LOGICAL,
		.assert_level = icr & ICR_ASSERT,
		.level_triggered = icr & ICR_LEVEL,
		.destination = (uint32_t)field_get(icr, ICR_DESTINATION),
	};
	return ERROR_NONE;
}

/* SDM volume 3, "Deriving Logical x2APIC ID from the Local x2APIC ID". */
static bool logical_match(uint32_t destination, uint32_t id)
{
	return destination >> 16 == id >> CLUSTER_SHIFT &&
	       (destination & LOGICAL_BITS & BIT(id & CLUSTER_MASK));
}

bool ipi_is_for(const struct ipi *ipi, uint32_t target, uint32_t sender)
{
	switch (ipi->shorthand) {
	case IPI_SELF:
		return target == sender;
	case IPI_ALL:
		return true;
	case IPI_ALL_BUT_SELF:
		return target != sender;
	default:
		if (ipi->destination == BROADCAST)
			return true;
		return ipi->logical ? logical_match(ipi->destination, target)
				    : ipi->destination == target;
	}
}

bool ipi_is_init_deassert(const struct ipi *ipi)
{
	return ipi->mode == IPI_INIT && ipi->level_triggered && !ipi->assert_level;
}

uint32_t startup_after_init(uint32_t startup, bool bootstrap_processor)
{
	return STARTUP_INIT | (bootstrap_processor ? 0 : STARTUP_WAITING);
}

uint32_t startup_after_sipi(uint32_t startup, uint8_t vector)
{
	if (!(startup & STARTUP_WAITING) || (startup & STARTUP_SIPI))
		return startup;
	return startup | STARTUP_SIPI | vector;
}
