/* IN and OUT of a PC's guest, each to the chip that answers. They are answered in the backend's loop
 * (vm/vcpu/vcpu_quick.h), where every instruction counts: an access that was made before is known by its
 * word (PORT_ACCESS), and the row of the bus that it is known by says with which of a few functions, one
 * for each width and direction, it is carried out. */
#include "guest/pc/pc_parts.h"

#include "lib/bits.h"
#include "vm/emulate/io_result.h"
#include "vm/vcpu/vcpu_quick.h"
#include "x86/control_registers.h"
#include "x86/instructions.h"

/* --- accesses that are known ------------------------------------------------------------------- */

/* All in this section: with the lock, which they give back. `rax` is the guest's, or stands for it. What
 * they need of a route they have taken from it before the access, after which it may be another's. */

/* A chip that knows no time. */
static inline void answer_in(uint64_t *rax, const struct bus_route *route, struct pc *pc,
			     unsigned width)
{
	io_put_result(rax, width, (uint32_t)route->read(route->chip, route->offset, width));
	spinlock_give(&pc->lock);
}

static inline void answer_out(const uint64_t *rax, const struct bus_route *route, struct pc *pc,
			      unsigned width)
{
	uint64_t value = *rax & BITS(width * 8 - 1, 0);

	route->write(route->chip, route->offset, width, value);
	spinlock_give(&pc->lock);
}

/* One that does, and may want to be looked at later; unless it is idle, when to read it is as above. */
static noinline_fn void answer_late_in(uint64_t *rax, const struct bus_route *route, struct pc *pc,
				       unsigned width)
{
	struct pc_chip *timed = (struct pc_chip *)route->note;

	timed->ops->advance(timed->chip, pc_now(pc));
	io_put_result(rax, width, (uint32_t)route->read(route->chip, route->offset, width));
	pc_time_ask(pc, timed);
	spinlock_give(&pc->lock);
}

static inline void answer_timed_out(const uint64_t *rax, const struct bus_route *route,
				    struct pc *pc, unsigned width)
{
	struct pc_chip *timed = (struct pc_chip *)route->note;
	uint64_t value = *rax & BITS(width * 8 - 1, 0);

	timed->ops->advance(timed->chip, pc_now(pc));
	route->write(route->chip, route->offset, width, value);
	pc_time_ask(pc, timed);
	spinlock_give(&pc->lock);
}

#define ANSWER(way, width)                                              \
	static continuation_fn void answer_##way##_##width(             \
		uint64_t *rax, const struct bus_route *route, void *pc) \
	{                                                               \
		answer_##way(rax, route, (struct pc *)pc, width);       \
	}
#define ANSWER_UNLESS_IDLE(width)                                                         \
	static void answer_timed_in_##width(uint64_t *rax, const struct bus_route *route, \
					    void *pc)                                     \
	{                                                                                 \
		const struct pc_chip *timed = (const struct pc_chip *)route->note;        \
                                                                                          \
		if (likely(*timed->idle))                                                 \
			answer_in_##width(rax, route, pc);                                \
		else                                                                      \
			answer_late_in(rax, route, (struct pc *)pc, width);               \
	}

#define ANSWERS(way) ANSWER(way, 1) ANSWER(way, 2) ANSWER(way, 4)

ANSWERS(in)
ANSWERS(out)
ANSWERS(timed_out)
ANSWER_UNLESS_IDLE(1)
ANSWER_UNLESS_IDLE(2)
ANSWER_UNLESS_IDLE(4)

#define ROW(way)                                                     \
	{                                                            \
		answer_##way##_1, answer_##way##_2, answer_##way##_4 \
	}

static bus_answer answer_of(bool timed, bool in, unsigned width)
{
	static const bus_answer answers[2][2][3] = {
		{ ROW(out), ROW(in) },
		{ ROW(timed_out), ROW(timed_in) },
	};

	return answers[timed][in][width / 2];
}

/* --- and those that are not ------------------------------------------------------------------- */

/* What chips share between them. As above. */
static void answer_pieces(uint64_t *rax, uint64_t access, struct pc *pc)
{
	unsigned width = (unsigned)field_get(access, PORT_ACCESS_WIDTH) + 1;
	uint64_t value = *rax & BITS(width * 8 - 1, 0);
	bool in = access & PORT_ACCESS_IN;

	pc_access_pieces(pc, &pc->ports, field_get(access, PORT_ACCESS_PORT), width, in, &value);
	if (in)
		io_put_result(rax, width, (uint32_t)value);
	spinlock_give(&pc->lock);
}

static noinline_fn void answer_new(uint64_t *rax, uint64_t access, struct pc *pc)
{
	unsigned width = (unsigned)field_get(access, PORT_ACCESS_WIDTH) + 1;
	struct bus_route *route =
		pc_find_route(pc, &pc->ports, access, field_get(access, PORT_ACCESS_PORT), width);

	if (!route) {
		answer_pieces(rax, access, pc);
		return;
	}
	route->answer = answer_of(route->timed, access & PORT_ACCESS_IN, width);
	route->answer(rax, route, pc);
}

/* --- the ways here ----------------------------------------------------------------------------- */

static inline void answer(uint64_t *rax, uint64_t access, struct pc *pc)
{
	const struct bus_route *route = computed_once(bus_route_row(&pc->ports, access));

	if (likely(route->key == access))
		route->answer(rax, route, pc);
	else
		answer_new(rax, access, pc);
}

static continuation_fn void wait_and_answer(uint64_t *rax, uint64_t access, struct pc *pc)
{
	spinlock_wait(&pc->lock);
	answer(rax, access, pc);
}

void pc_answer_port(struct vcpu *vcpu, uint64_t access)
{
	struct pc *pc = (struct pc *)vcpu->vm->board_data;

	if (likely(spinlock_try_take(&pc->lock)))
		answer(&vcpu->gpr[RAX], access, pc);
	else
		wait_and_answer(&vcpu->gpr[RAX], access, pc);
}

void pc_access_port(void *context, struct vcpu *vcpu, uint16_t port, unsigned width, bool in,
		    uint32_t *value)
{
	struct pc *pc = (struct pc *)context;
	uint64_t access = field_put(PORT_ACCESS_PORT, port) |
			  field_put(PORT_ACCESS_WIDTH, width - 1) | (in ? PORT_ACCESS_IN : 0);
	uint64_t rax = *value, rflags = read_rflags();

	interrupts_disable();
	spinlock_take(&pc->lock);
	answer(&rax, access, pc);
	if (rflags & RFLAGS_IF)
		interrupts_enable();
	*value = (uint32_t)rax;
}

void pc_leave_aside(struct pc *pc, enum pc_aside what)
{
	__atomic_fetch_or(&pc->asides, what, __ATOMIC_RELAXED);
	bus_forget_routes(&pc->ports);
	bus_forget_routes(&pc->memory);
	cpu_draw_attention();
}
