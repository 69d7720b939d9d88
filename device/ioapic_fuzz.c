/* Any program of register accesses, pins and ends, with receivers that refuse at times: read-only
 * and reserved bits hold, and a level is never with a local APIC unless it was taken. */
#include "device/ioapic.h"

#include "lib/assert.h"
#include "lib/bits.h"
#include "lib/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RESERVED (BITS(55, 17))
#define REMOTE   BIT(14)
#define STATUS   BIT(12)
#define LEVEL    BIT(15)

static struct ioapic ioapic;
static bool refuse;
static unsigned sends;

static bool take(void *context, const struct apic_message *message)
{
	assert(message->destination <= 0xff && !message->wide);
	assert(message->delivery != APIC_RESERVED_3 && message->delivery != APIC_START_UP);
	assert(!message->level_triggered || message->delivery <= APIC_LOWEST_PRIORITY);
	sends++;
	return !refuse;
}

static void check(void)
{
	assert(!(ioapic.id & ~0x0f000000u));
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		uint64_t entry = ioapic.entries[pin];

		assert(!(entry & RESERVED));
		assert(!(entry & (REMOTE | STATUS)) || (entry & LEVEL));
		assert(!(entry & REMOTE) || !(entry & STATUS));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4)
		return 0;
	ioapic_init(&ioapic, load_u32(data), take, NULL);
	for (data += 4, size -= 4; size >= 6; data += 6, size -= 6) {
		uint32_t value = load_u32(data + 2);

		sends = 0;
		switch (data[0] % 6) {
		case 0:
			ioapic_ops.write(&ioapic, 0x00, 4, data[1]);
			ioapic_ops.write(&ioapic, 0x10, 4, value);
			assert(sends <= 1);
			break;
		case 1:
			ioapic_ops.write(&ioapic, data[1] * 2u, 1u << data[0] / 6 % 3,
					 value & BITS((8u << data[0] / 6 % 3) - 1, 0));
			break;
		case 2:
			assert(ioapic_ops.read(&ioapic, data[1] * 2u, 4) <= UINT32_MAX);
			break;
		case 3:
			ioapic_set_irq(&ioapic, data[1] % 32, value & 1);
			assert(sends <= 1);
			break;
		case 4:
			ioapic_eoi(&ioapic, data[1]);
			assert(sends <= IOAPIC_PINS);
			break;
		case 5:
			refuse = value & 1;
			break;
		}
		check();
	}
	refuse = false;
	return 0;
}
