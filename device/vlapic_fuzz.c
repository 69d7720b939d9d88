/* Any program of register accesses, messages, pins and time on three local APICs of one bus. After
 * each step: reserved bits are clear, no illegal vector is anywhere, and what is taken was the
 * highest that the priority lets through. The short ways of what is frequent do what the long ones do, for
 * which each has a twin. */
#include <string.h>

#include "device/apic_command.h"
#include "device/vlapic_end.h"
#include "lib/assert.h"
#include "lib/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COUNT 3u

static uint32_t pages[COUNT][PAGE_SIZE / sizeof(uint32_t)];
static struct vlapic lapics[COUNT];
static struct vlapic *pointers[COUNT];
static struct apic_bus bus;
static device_time now;
static unsigned ends_told; /* to I/O APICs */

static void send(void *context, struct vlapic *from, const struct apic_message *message)
{
	assert(message->vector >= APIC_FIRST_VECTOR || message->delivery > APIC_LOWEST_PRIORITY);
	assert(message->delivery != APIC_EXTINT && !message->level_triggered);
	apic_bus_send(&bus, from, message);
}

static void eoi(void *context, struct vlapic *lapic, uint8_t vector)
{
	assert(vector >= APIC_FIRST_VECTOR);
	ends_told++;
}

static void timer_changed(void *context, struct vlapic *lapic)
{
	bool is_tsc;

	vlapic_deadline(lapic, &is_tsc);
}

static void renumbered(void *context, struct vlapic *lapic)
{
	apic_bus_renumbered(&bus);
}

static void local(void *context, struct vlapic *lapic, enum apic_delivery delivery)
{
	assert(delivery == APIC_SMI || delivery == APIC_NMI || delivery == APIC_INIT);
}

static uint8_t extint(void *context, struct vlapic *lapic)
{
	return 8;
}

static const struct vlapic_connections connections = {
	send, eoi, timer_changed, renumbered, local, extint,
};

static void notify(void *context, unsigned i)
{
	assert(vlapic_outstanding(&lapics[i]));
}

static void deliver(void *context, unsigned i, const struct apic_message *message)
{
	if (message->delivery == APIC_INIT)
		vlapic_init_reset(&lapics[i]);
}

static void check(struct vlapic *l)
{
	assert(vlapic_mode(l) <= VLAPIC_X2APIC);
	for (unsigned at = 0; at < VLAPIC_REGISTERS * VLAPIC_REGISTER_STEP;
	     at += VLAPIC_REGISTER_STEP) {
		const struct vlapic_access *access = vlapic_access(at);
		uint32_t value = vlapic_get(l, at);

		if (!access->read && !access->write)
			assert(!value);
		if (access->write && access->writable && at != VLAPIC_DFR && at != VLAPIC_ID &&
		    at != VLAPIC_LDR)
			assert(!(value & ~(access->writable | access->ignored)));
	}
	for (unsigned set = VLAPIC_ISR; set <= VLAPIC_IRR; set += 0x80) {
		assert(!(vlapic_get(l, set) & 0xffff));
		for (unsigned i = 0; i < VLAPIC_VECTORS / VLAPIC_PER_REGISTER; i++)
			assert(!vlapic_set_load(l, set, i) ||
			       (vlapic_set_registers(l, set) & vlapic_set_bit(i)));
	}
	assert(l->timer.shift < 8);
	assert(!l->timer.tsc_deadline || l->timer.mode == TIMER_TSC_DEADLINE);
	assert(!l->timer.counting || l->timer.mode <= TIMER_PERIODIC);
	if (!(vlapic_get(l, VLAPIC_SVR) & SVR_ENABLE))
		for (unsigned at = VLAPIC_LVT_TIMER; at <= VLAPIC_LVT_ERROR; at += 0x10)
			assert(vlapic_get(l, at) & LVT_MASKED);
}

static void acknowledge(struct vlapic *l)
{
	bool pending = vlapic_pending(l);
	int request = vlapic_highest_request(l);
	uint8_t ppr = vlapic_ppr(l);
	int vector = vlapic_acknowledge(l);

	assert(pending == (vector >= 0));
	if (vector < APIC_FIRST_VECTOR)
		return;
	assert(vector == request && (vector & 0xf0) > (ppr & 0xf0));
	assert(vlapic_highest_in_service(l) == vector);
	assert((vlapic_ppr(l) & 0xf0) == (vector & 0xf0));
}

static void advance(struct vlapic *l, uint64_t by)
{
	bool is_tsc;
	uint64_t at;

	now += by & 0xffffffffffff;
	now %= UINT64_MAX / 4;
	vlapic_advance(l, now, now * 2);
	assert(vlapic_timer_count(l) <= vlapic_get(l, VLAPIC_INITIAL_COUNT) || l->timer.counting);
	at = vlapic_deadline(l, &is_tsc);
	assert(is_tsc || at > l->now);
}

/* The guest's own accesses. */
static void access_registers(struct vlapic *l, unsigned operation, uint8_t small, uint64_t value)
{
	uint64_t read;

	switch (operation) {
	case 0:
		vlapic_read(l, value % PAGE_SIZE, 1u << small % 4);
		break;
	case 1:
		if (vlapic_mode(l) == VLAPIC_XAPIC)
			vlapic_write(l, small * 0x10u, 4, value);
		break;
	case 2:
		if (vlapic_mode(l) == VLAPIC_XAPIC)
			vlapic_write(l, value >> 32 & PAGE_MASK, 1u << small % 4, value);
		break;
	case 3:
		if (vlapic_msr_write(l, 0x800u + small, value))
			assert(vlapic_mode(l) == VLAPIC_X2APIC);
		vlapic_msr_read(l, 0x800u + small, &read);
		break;
	case 4:
		vlapic_set_base(l, 0xfee00000 | (small & 0xf) << 8 | (small & 0x80 ? value : 0));
		break;
	case 5:
		vlapic_msr_write(l, 0x6e0, value % UINT32_MAX);
		break;
	case 6:
		vlapic_store(l, VLAPIC_EOI, 0);
		break;
	case 7:
		vlapic_set_priority(l, small);
		break;
	}
}

/* What happens around it. */
static void happen(struct vlapic *l, unsigned event, uint8_t small, uint64_t value)
{
	struct apic_message message;

	switch (event) {
	case 0:
		acknowledge(l);
		break;
	case 1:
		vlapic_post(l, small, value & 1);
		break;
	case 2:
		vlapic_set_lint(l, small % 4, value & 1);
		break;
	case 3:
		advance(l, value);
		break;
	case 4:
		if (apic_message_from_msi(0xfee00000 | (value & 0xfffff), small << 8 | 0x51,
					  &message))
			apic_bus_send(&bus, NULL, &message);
		break;
	case 5:
		vlapic_raise(l, small & 1 ? VLAPIC_THERMAL : VLAPIC_PERFORMANCE);
		break;
	case 6:
		vlapic_post_extint(l);
		break;
	case 7:
		if (small == 0)
			vlapic_reset(l);
		else if (small == 1)
			vlapic_set_virtual_wire(l);
		break;
	}
}

/* --- the short ways, and the long ones ------------------------------------------------------- */

static uint32_t twin_pages[COUNT][PAGE_SIZE / sizeof(uint32_t)];
static struct vlapic twins[COUNT];
static struct vlapic *twin_pointers[COUNT];
static unsigned told;

static void tell_twin(void *context, unsigned i)
{
	told |= 1u << i;
}

static void make_twins(void)
{
	memcpy(twin_pages, pages, sizeof(pages));
	memcpy(twins, lapics, sizeof(lapics));
	for (unsigned i = 0; i < COUNT; i++) {
		twins[i].page = twin_pages[i];
		twin_pointers[i] = &twins[i];
	}
}

/* But for the notes of which registers hold vectors, which may be of more than do. */
static void compare_twins(void)
{
	assert(!memcmp(twin_pages, pages, sizeof(pages)));
	for (unsigned i = 0; i < COUNT; i++) {
		const struct vlapic *l = &lapics[i], *t = &twins[i];

		assert(!memcmp(&l->posted, &t->posted, sizeof(l->posted)));
		assert(l->errors == t->errors && l->pins == t->pins);
		assert(l->remote_irr == t->remote_irr && l->extint == t->extint);
		assert(l->aside == t->aside);
		assert(l->timer.tsc_deadline == t->timer.tsc_deadline);
		assert(l->timer.fired == t->timer.fired);
	}
}

static void compare_offers(struct vlapic *twin, struct vlapic_offer offer, bool open)
{
	bool waits = vlapic_pending(twin);
	int vector = -1;

	if (waits && open) {
		vector = vlapic_acknowledge(twin);
		waits = vlapic_pending(twin);
	}
	assert(offer.vector == vector && offer.waits == waits);
	assert(offer.threshold == vlapic_priority_threshold(twin));
}

static void offer_in_both_ways(struct vlapic *l, struct vlapic *twin, bool open)
{
	compare_offers(twin, vlapic_offer(l, open), open);
}

static void offer_timer_in_both_ways(struct vlapic *l, struct vlapic *twin, bool open)
{
	if (!vlapic_tsc_deadline_passed(l, now * 2))
		return;
	struct vlapic_offer offer = vlapic_offer_tsc_deadline(l, open);

	vlapic_timer_take_deadline(twin);
	compare_offers(twin, offer, open);
}

static void end_in_both_ways(struct vlapic *l, struct vlapic *twin)
{
	ends_told = 0;
	if (vlapic_end_edge(l))
		vlapic_eoi(twin);
	assert(!ends_told);
}

/* The registers are written already. */
static void send_in_both_ways(struct vlapic *l, struct vlapic *twin, uint64_t value)
{
	struct apic_bus twin_bus = bus;
	uint32_t icr = (uint32_t)value, destination = value >> 32 & 3;

	if (!apic_command_is_plain(&bus, icr, destination))
		return;
	twin_bus.lapics = twin_pointers;
	twin_bus.notify = tell_twin;
	told = 0;
	const struct vlapic *to = apic_command_send(&bus, icr, destination);
	const struct apic_message message = { .vector = (uint8_t)icr,
					      .destination = destination,
					      .wide = vlapic_mode(l) == VLAPIC_X2APIC };

	apic_bus_send(&twin_bus, twin, &message);
	assert(told == (to ? 1u << destination : 0));
}

static void go_both_ways(struct vlapic *l, unsigned way, uint8_t small, uint64_t value)
{
	struct vlapic *twin = &twins[l - lapics];

	make_twins();
	switch (way) {
	case 0:
		offer_in_both_ways(l, twin, small & 1);
		break;
	case 1:
		offer_timer_in_both_ways(l, twin, small & 1);
		break;
	case 2:
		end_in_both_ways(l, twin);
		break;
	case 3:
		send_in_both_ways(l, twin, value & ~(uint64_t)(small & 1 ? 0 : 0xffffbf00));
		break;
	}
	compare_twins();
}

/* --------------------------------------------------------------------------------------------- */

/* With ids in order a message for one finds it by its place. */
static void start(bool in_order)
{
	now = 0;
	bus = (struct apic_bus) {
		.lapics = pointers, .count = COUNT, .notify = notify, .deliver = deliver
	};
	for (unsigned i = 0; i < COUNT; i++) {
		vlapic_init(&lapics[i], pages[i], in_order ? i : i * 9, i == 0, &connections, NULL);
		pointers[i] = &lapics[i];
	}
	if (in_order)
		apic_bus_numbered(&bus);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	start(size & 1);
	/* Each step is an operation, and nine bytes for it. */
	for (; size >= 10; data += 10, size -= 10) {
		struct vlapic *l = &lapics[(data[0] >> 4 & 7) % COUNT];

		if (data[0] & 0x80)
			go_both_ways(l, data[0] & 3, data[1], load_u64(data + 2));
		else if (data[0] & 8)
			happen(l, data[0] & 7, data[1], load_u64(data + 2));
		else
			access_registers(l, data[0] & 7, data[1], load_u64(data + 2));
		for (unsigned i = 0; i < COUNT; i++)
			check(&lapics[i]);
	}
	return 0;
}
