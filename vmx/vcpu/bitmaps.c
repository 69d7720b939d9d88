/* Five pages, filled once from the policies. */
#include "vmx/vcpu/bitmaps.h"

#include "kernel/memory.h"
#include "vm/policy/io_policy.h"
#include "vmx/vcpu/io_bitmap.h"
#include "vmx/vcpu/msr_bitmap.h"

enum bitmap {
	BITMAP_MSR,
	BITMAP_MSR_X2APIC,
	BITMAP_MSR_DELIVERY,
	BITMAP_IO_A,
	BITMAP_IO_B,
	BITMAP_COUNT
};

static uint8_t *pages; /* constant after bitmaps_init() */

enum error bitmaps_init(struct reason *why)
{
	static const struct io_policy closed;

	if (pages)
		return ERROR_NONE;
	pages = pages_alloc(BITMAP_COUNT, PAGE_SIZE);
	if (!pages)
		return reason_set(why, ERROR_NO_MEMORY, "no pages for the MSR and I/O bitmaps");
	msr_bitmap_fill(pages + BITMAP_MSR * PAGE_SIZE);
	msr_bitmap_fill(pages + BITMAP_MSR_X2APIC * PAGE_SIZE);
	msr_bitmap_open_x2apic(pages + BITMAP_MSR_X2APIC * PAGE_SIZE);
	msr_bitmap_fill(pages + BITMAP_MSR_DELIVERY * PAGE_SIZE);
	msr_bitmap_open_x2apic(pages + BITMAP_MSR_DELIVERY * PAGE_SIZE);
	msr_bitmap_open_x2apic_delivery(pages + BITMAP_MSR_DELIVERY * PAGE_SIZE);
	io_bitmap_fill(pages + BITMAP_IO_A * PAGE_SIZE, pages + BITMAP_IO_B * PAGE_SIZE, &closed);
	return ERROR_NONE;
}

static hpa_t page(enum bitmap bitmap)
{
	return virt_to_hpa(pages + bitmap * PAGE_SIZE);
}

hpa_t bitmaps_msr(void)
{
	return page(BITMAP_MSR);
}

hpa_t bitmaps_msr_x2apic(bool delivers)
{
	return page(delivers ? BITMAP_MSR_DELIVERY : BITMAP_MSR_X2APIC);
}

hpa_t bitmaps_io_a(void)
{
	return page(BITMAP_IO_A);
}

hpa_t bitmaps_io_b(void)
{
	return page(BITMAP_IO_B);
}
