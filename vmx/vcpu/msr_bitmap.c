/* The MSR bitmap of a VMCS. */
#include "vmx/vcpu/msr_bitmap.h"

#include "lib/string.h"
#include "vm/policy/msr_policy.h"
#include "x86/msr.h"

enum {
	COVERED = 0x2000, /* MSRs in each of the four parts */
	HIGH_FIRST = 0xc0000000,
	HIGH_OFFSET = 0x400,
	WRITE_OFFSET = 0x800,
};

/* The byte and bit of an MSR's read; false when the bitmap does not cover it. */
static bool locate(uint32_t index, uint32_t *byte, uint8_t *bit)
{
	uint32_t low = index & (COVERED - 1);

	if (index - low != 0 && index - low != (uint32_t)HIGH_FIRST)
		return false;
	*byte = low / 8 + (index >= (uint32_t)HIGH_FIRST ? HIGH_OFFSET : 0);
	*bit = 1u << low % 8;
	return true;
}

void msr_bitmap_fill(uint8_t bitmap[PAGE_SIZE])
{
	const struct msr_range *range;

	memset(bitmap, 0xff, PAGE_SIZE);
	for (unsigned n = 0; (range = msr_policy_range(n)); n++)
		for (uint32_t index = range->first; index <= range->last; index++) {
			uint32_t byte;
			uint8_t bit;

			if (!locate(index, &byte, &bit))
				continue;
			if (range->read == MSR_PASS)
				bitmap[byte] &= ~bit;
			if (range->write == MSR_PASS)
				bitmap[byte + WRITE_OFFSET] &= ~bit;
		}
}

/* Not the processor priority and the current count, which are not kept there. */
void msr_bitmap_open_x2apic(uint8_t bitmap[PAGE_SIZE])
{
	static const struct {
		uint32_t first, last;
	} reads[] = {
		{ MSR_X2APIC_APICID, MSR_X2APIC_VERSION },
		{ MSR_X2APIC_TPR, MSR_X2APIC_TPR },
		{ MSR_X2APIC_LDR, MSR_X2APIC_LDR },
		{ MSR_X2APIC_SIVR, MSR_X2APIC_ESR }, /* ISR, TMR and IRR in between */
		{ MSR_X2APIC_ICR, MSR_X2APIC_ICR },
		{ MSR_X2APIC_LVT_TIMER, MSR_X2APIC_INITIAL_COUNT },
		{ MSR_X2APIC_DIVIDE, MSR_X2APIC_DIVIDE },
	};
	uint32_t byte;
	uint8_t bit;

	for (unsigned i = 0; i < ARRAY_SIZE(reads); i++)
		for (uint32_t index = reads[i].first; index <= reads[i].last; index++)
			if (locate(index, &byte, &bit))
				bitmap[byte] &= ~bit;
	if (locate(MSR_X2APIC_TPR, &byte, &bit))
		bitmap[byte + WRITE_OFFSET] &= ~bit;
}

void msr_bitmap_open_x2apic_delivery(uint8_t bitmap[PAGE_SIZE])
{
	static const uint32_t writes[] = { MSR_X2APIC_EOI, MSR_X2APIC_SELF_IPI };
	uint32_t byte;
	uint8_t bit;

	for (unsigned i = 0; i < ARRAY_SIZE(writes); i++)
		if (locate(writes[i], &byte, &bit))
			bitmap[byte + WRITE_OFFSET] &= ~bit;
}

bool msr_bitmap_exits(const uint8_t bitmap[PAGE_SIZE], uint32_t index, bool write)
{
	uint32_t byte;
	uint8_t bit;

	return !locate(index, &byte, &bit) || bitmap[byte + (write ? WRITE_OFFSET : 0)] & bit;
}
