/* The I/O APIC's pins, redirection entries and register window. Datasheet: Intel 82093AA,
 * "I/O APIC Registers" and "Redirection Table Entry". */
#include "device/ioapic.h"

#include "lib/bits.h"

/* In memory. */
enum { AT_IOREGSEL = 0x00, AT_IOWIN = 0x10, AT_EOI = 0x40 };

/* By IOREGSEL. */
enum { INDEX_ID = 0x00, INDEX_VERSION = 0x01, INDEX_ARBITRATION = 0x02, INDEX_ENTRIES = 0x10 };

#define IOAPIC_VERSION 0x20u /* has the EOI register */
#define VERSION_VALUE  (IOAPIC_VERSION | (IOAPIC_PINS - 1) << 16)
#define ID_FIELD       BITS(27, 24)

#define ENTRY_VECTOR      BITS(7, 0)
#define ENTRY_DELIVERY    BITS(10, 8)
#define ENTRY_LOGICAL     BIT(11)
#define ENTRY_STATUS      BIT(12) /* read-only: a message could not be delivered yet */
#define ENTRY_ACTIVE_LOW  BIT(13)
#define ENTRY_REMOTE_IRR  BIT(14) /* read-only: a local APIC has the level and did not end it */
#define ENTRY_LEVEL       BIT(15)
#define ENTRY_MASKED      BIT(16)
#define ENTRY_DESTINATION BITS(63, 56)
#define ENTRY_WRITABLE                                                                    \
	(ENTRY_VECTOR | ENTRY_DELIVERY | ENTRY_LOGICAL | ENTRY_ACTIVE_LOW | ENTRY_LEVEL | \
	 ENTRY_MASKED | ENTRY_DESTINATION)

static enum apic_delivery delivery_of(uint64_t entry)
{
	return (enum apic_delivery)field_get(entry, ENTRY_DELIVERY);
}

/* The other delivery modes are edge-triggered, whatever the trigger bit says. */
static bool is_level_triggered(uint64_t entry)
{
	return (entry & ENTRY_LEVEL) &&
	       (delivery_of(entry) == APIC_FIXED || delivery_of(entry) == APIC_LOWEST_PRIORITY);
}

/* Is the pin at the level that its entry calls active? */
static bool is_active(const struct ioapic *ioapic, unsigned pin)
{
	bool high = (ioapic->levels ^ ioapic->active_low) & BIT(pin);

	return high != !!(ioapic->entries[pin] & ENTRY_ACTIVE_LOW);
}

static bool send(struct ioapic *ioapic, unsigned pin)
{
	uint64_t entry = ioapic->entries[pin];
	struct apic_message message = {
		.delivery = delivery_of(entry),
		.vector = (uint8_t)field_get(entry, ENTRY_VECTOR),
		.level_triggered = is_level_triggered(entry),
		.logical = entry & ENTRY_LOGICAL,
		.destination = (uint32_t)field_get(entry, ENTRY_DESTINATION),
	};

	/* Reserved encodings, the start-up IPI's among them. */
	if (message.delivery == APIC_RESERVED_3 || message.delivery == APIC_START_UP)
		return false;
	return ioapic->send(ioapic->context, &message);
}

/* Sends a level that is there, open and not yet with a local APIC. */
static void look_at_level(struct ioapic *ioapic, unsigned pin)
{
	uint64_t *entry = &ioapic->entries[pin];

	if (!is_level_triggered(*entry) || (*entry & ENTRY_REMOTE_IRR))
		return;
	*entry &= ~ENTRY_STATUS;
	if ((*entry & ENTRY_MASKED) || !is_active(ioapic, pin))
		return;
	*entry |= send(ioapic, pin) ? ENTRY_REMOTE_IRR : ENTRY_STATUS;
}

void ioapic_set_irq(void *chip, unsigned pin, bool asserted)
{
	struct ioapic *ioapic = chip;
	bool was_active;

	if (pin >= IOAPIC_PINS)
		return;
	was_active = is_active(ioapic, pin);
	ioapic->levels &= ~(uint32_t)BIT(pin);
	ioapic->levels |= asserted ? (uint32_t)BIT(pin) : 0;
	if (is_level_triggered(ioapic->entries[pin]))
		look_at_level(ioapic, pin);
	/* An edge at a masked pin is neither delivered nor held pending. */
	else if (!was_active && is_active(ioapic, pin) && !(ioapic->entries[pin] & ENTRY_MASKED))
		send(ioapic, pin);
}

void ioapic_eoi(struct ioapic *ioapic, uint8_t vector)
{
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		uint64_t *entry = &ioapic->entries[pin];

		if (!is_level_triggered(*entry) || field_get(*entry, ENTRY_VECTOR) != vector)
			continue;
		*entry &= ~ENTRY_REMOTE_IRR;
		look_at_level(ioapic, pin);
	}
}

bool ioapic_handles(const struct ioapic *ioapic, uint8_t vector)
{
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++)
		if (is_level_triggered(ioapic->entries[pin]) &&
		    field_get(ioapic->entries[pin], ENTRY_VECTOR) == vector)
			return true;
	return false;
}

bool ioapic_sends_unmaskable(const struct ioapic *ioapic)
{
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		uint64_t entry = ioapic->entries[pin];

		if (!(entry & ENTRY_MASKED) && apic_is_unmaskable(delivery_of(entry)))
			return true;
	}
	return false;
}

static void write_entry(struct ioapic *ioapic, unsigned pin, bool high_half, uint32_t value)
{
	uint64_t half = high_half ? BITS(63, 32) : BITS(31, 0);
	uint64_t writable = ENTRY_WRITABLE & half;
	uint64_t *entry = &ioapic->entries[pin];

	*entry = (*entry & ~writable) | (field_put(half, value) & writable);
	/* An entry made edge-triggered forgets its level: how software ends one without an EOI. */
	if (!is_level_triggered(*entry))
		*entry &= ~(ENTRY_REMOTE_IRR | ENTRY_STATUS);
	look_at_level(ioapic, pin);
}

static bool is_entry(uint8_t select)
{
	return select >= INDEX_ENTRIES && select < INDEX_ENTRIES + 2 * IOAPIC_PINS;
}

static noinline_fn uint64_t read_window(const struct ioapic *ioapic)
{
	uint8_t select = ioapic->select;

	/* The arbitration id is loaded with the other one, and there is no bus to arbitrate for. */
	if (select == INDEX_ID || select == INDEX_ARBITRATION)
		return ioapic->id;
	if (is_entry(select))
		return ioapic->halves[select - INDEX_ENTRIES];
	return select == INDEX_VERSION ? VERSION_VALUE : 0;
}

static void write_window(struct ioapic *ioapic, uint32_t value)
{
	unsigned half = ioapic->select - INDEX_ENTRIES;

	if (ioapic->select == INDEX_ID)
		ioapic->id = value & ID_FIELD;
	else if (is_entry(ioapic->select))
		write_entry(ioapic, half / 2, half % 2, value);
}

/* Bytes of a register. */
static noinline_fn uint64_t read_bytes(const struct ioapic *ioapic, uint64_t offset, unsigned width)
{
	unsigned within = offset % sizeof(uint32_t);
	uint64_t value = 0;

	switch (offset - within) {
	case AT_IOREGSEL:
		value = ioapic->select;
		break;
	case AT_IOWIN:
		value = read_window(ioapic);
		break;
	}
	return value >> 8 * within & BITS(8 * width - 1, 0);
}

static uint64_t read(void *chip, uint64_t offset, unsigned width)
{
	if (likely(offset == AT_IOWIN && width == sizeof(uint32_t)))
		return read_window(chip);
	return read_bytes(chip, offset, width);
}

/* The window takes whole registers only; the other two are a byte at the bottom of theirs. */
static void write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct ioapic *ioapic = chip;

	switch (offset) {
	case AT_IOREGSEL:
		ioapic->select = (uint8_t)value;
		break;
	case AT_IOWIN:
		if (width >= sizeof(uint32_t))
			write_window(ioapic, (uint32_t)value);
		break;
	case AT_EOI:
		ioapic_eoi(ioapic, (uint8_t)value);
		break;
	}
}

static void reset(void *chip)
{
	struct ioapic *ioapic = chip;

	ioapic->select = 0;
	ioapic->id = 0;
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++)
		ioapic->entries[pin] = ENTRY_MASKED;
}

void ioapic_init(struct ioapic *ioapic, uint32_t active_low,
		 bool (*send_message)(void *context, const struct apic_message *message),
		 void *context)
{
	*ioapic = (struct ioapic) {
		.active_low = active_low,
		.send = send_message,
		.context = context,
	};
	reset(ioapic);
}

const struct chip_ops ioapic_ops = {
	.name = "I/O APIC",
	.read = read,
	.write = write,
	.reset = reset,
};
