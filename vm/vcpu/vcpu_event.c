/* The queue of events for one vCPU and the choice of the next. The tables of the SDM stand here as
 * two small functions: the class of an event, and what a second exception makes of a first. */
#include "vm/vcpu/vcpu_event.h"

#include "lib/bits.h"
#include "x86/exception.h"

#define MAX_NMIS        2
#define MAX_INSTRUCTION 15
#define WORD_BITS       64
#define CLASS_VECTORS   16

/* SDM volume 3, "Interrupt 8—Double Fault Exception (#DF)", table of interrupt and exception
 * classes: #DE #TS #NP #SS #GP #CP are contributory, #PF and #VE page faults. */
#define CONTRIBUTORY                                                       \
	(BIT(EXCEPTION_DIVIDE_ERROR) | BIT(EXCEPTION_INVALID_TSS) |        \
	 BIT(EXCEPTION_SEGMENT_NOT_PRESENT) | BIT(EXCEPTION_STACK_FAULT) | \
	 BIT(EXCEPTION_PROTECTION) | BIT(EXCEPTION_CONTROL_PROTECTION))
#define PAGE_FAULTS (BIT(EXCEPTION_PAGE_FAULT) | BIT(EXCEPTION_VIRTUALIZATION))

enum event_class { CLASS_BENIGN, CLASS_CONTRIBUTORY, CLASS_PAGE_FAULT, CLASS_DOUBLE_FAULT };

enum combination { COMBINE_SERIALLY, COMBINE_DOUBLE_FAULT, COMBINE_SHUTDOWN };

/* INT n is benign whatever its vector, and so is an external interrupt: only the kind tells. */
static enum event_class class_of(const struct vcpu_event *event)
{
	if (event->kind != EVENT_EXCEPTION || event->vector >= EXCEPTION_VECTORS)
		return CLASS_BENIGN;
	if (event->vector == EXCEPTION_DOUBLE_FAULT)
		return CLASS_DOUBLE_FAULT;
	if (CONTRIBUTORY & BIT(event->vector))
		return CLASS_CONTRIBUTORY;
	if (PAGE_FAULTS & BIT(event->vector))
		return CLASS_PAGE_FAULT;
	return CLASS_BENIGN;
}

/* SDM volume 3, "Interrupt 8—Double Fault Exception (#DF)", table of conditions for generating a
 * double fault. A #DF that comes second was made by that table already and never combines. */
static enum combination combine(const struct vcpu_event *first, const struct vcpu_event *second)
{
	enum event_class a = class_of(first), b = class_of(second);

	if (b != CLASS_CONTRIBUTORY && b != CLASS_PAGE_FAULT)
		return COMBINE_SERIALLY;
	if (a == CLASS_DOUBLE_FAULT)
		return COMBINE_SHUTDOWN;
	if (a == CLASS_PAGE_FAULT || (a == CLASS_CONTRIBUTORY && b == CLASS_CONTRIBUTORY))
		return COMBINE_DOUBLE_FAULT;
	return COMBINE_SERIALLY;
}

/* Word `word` of the vectors that CR8 lets through: those of a higher class than its own. Vectors
 * below 16 are no local APIC's: they come from an 8259, past the priority. SDM volume 3, "Interrupt,
 * Task, and Processor Priority". */
static uint64_t let_through(unsigned word, uint8_t priority)
{
	unsigned first = (priority + 1u) * CLASS_VECTORS, from = word * WORD_BITS;
	uint64_t open = first <= from              ? ~0ull
			: first - from < WORD_BITS ? ~0ull << (first - from)
						   : 0;

	return word ? open : open | BITS(CLASS_VECTORS - 1, 0);
}

static uint64_t interrupt_word(const struct vcpu_events *events, unsigned word, uint8_t priority)
{
	return __atomic_load_n(&events->interrupts[word], __ATOMIC_SEQ_CST) &
	       let_through(word, priority);
}

static bool has_interrupts(const struct vcpu_events *events, uint8_t priority)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(events->interrupts); i++)
		any |= interrupt_word(events, i, priority);
	return any;
}

static void add_interrupt(struct vcpu_events *events, uint8_t vector)
{
	__atomic_fetch_or(&events->interrupts[vector / WORD_BITS], BIT(vector % WORD_BITS),
			  __ATOMIC_SEQ_CST);
}

/* Takes out the highest vector: the upper four bits of a vector are its priority class, and within
 * a class the higher vector goes first (SDM volume 3, "Interrupt, Task, and Processor Priority"). */
static bool take_interrupt(struct vcpu_events *events, uint8_t priority, uint8_t *vector)
{
	for (unsigned i = ARRAY_SIZE(events->interrupts); i-- > 0;) {
		uint64_t word = interrupt_word(events, i, priority);

		if (!word)
			continue;
		unsigned bit = WORD_BITS - 1 - (unsigned)__builtin_clzll(word);
		__atomic_fetch_and(&events->interrupts[i], ~BIT(bit), __ATOMIC_SEQ_CST);
		*vector = (uint8_t)(i * WORD_BITS + bit);
		return true;
	}
	return false;
}

/* A CPU latches one NMI while it handles another: more of them merge, as on hardware. */
static void add_nmis(struct vcpu_events *events, uint32_t count)
{
	uint32_t sum = events->nmis + (count > MAX_NMIS ? MAX_NMIS : count);

	events->nmis = (uint8_t)(sum > MAX_NMIS ? MAX_NMIS : sum);
}

static enum error check_exception(const struct vcpu_event *event, struct reason *why)
{
	if (event->vector >= EXCEPTION_VECTORS || event->vector == VECTOR_NMI ||
	    event->vector == EXCEPTION_BREAKPOINT || event->vector == EXCEPTION_OVERFLOW)
		return reason_set(why, ERROR_INVALID_INPUT, "vector %u is no hardware exception",
				  event->vector);
	if (event->has_error_code && !exception_has_error_code(event->vector))
		return reason_set(why, ERROR_INVALID_INPUT, "exception %u has no error code",
				  event->vector);
	/* SDM volume 3, "VM-Entry Control Fields": what the CPU checks of an error code. */
	if (event->has_error_code && event->error_code > UINT16_MAX)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "exception %u: error code 0x%x is wider than 16 bits",
				  event->vector, event->error_code);
	return ERROR_NONE;
}

static enum error check_software(const struct vcpu_event *event, struct reason *why)
{
	if (event->instruction_length > MAX_INSTRUCTION)
		return reason_set(why, ERROR_INVALID_INPUT, "software event %u: length %u",
				  event->vector, event->instruction_length);
	if (event->kind == EVENT_PRIVILEGED_SOFTWARE_EXCEPTION && event->vector != EXCEPTION_DEBUG)
		return reason_set(why, ERROR_INVALID_INPUT, "INT1 raises vector 1, not %u",
				  event->vector);
	if (event->kind == EVENT_SOFTWARE_EXCEPTION && event->vector != EXCEPTION_BREAKPOINT &&
	    event->vector != EXCEPTION_OVERFLOW)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "INT3 and INTO raise vectors 3 and 4, not %u", event->vector);
	return ERROR_NONE;
}

static enum error check(const struct vcpu_event *event, struct reason *why)
{
	if (event->kind == EVENT_EXCEPTION)
		return check_exception(event, why);
	if (event->has_error_code)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "only an exception has an error code: vector %u", event->vector);
	switch (event->kind) {
	case EVENT_EXTERNAL_INTERRUPT:
		return ERROR_NONE;
	case EVENT_NMI:
		if (event->vector != VECTOR_NMI)
			return reason_set(why, ERROR_INVALID_INPUT, "an NMI has vector 2, not %u",
					  event->vector);
		return ERROR_NONE;
	case EVENT_SOFTWARE_INTERRUPT:
	case EVENT_PRIVILEGED_SOFTWARE_EXCEPTION:
	case EVENT_SOFTWARE_EXCEPTION:
		return check_software(event, why);
	default:
		return reason_set(why, ERROR_INVALID_INPUT, "event of unknown kind %u",
				  (unsigned)event->kind);
	}
}

/* The event that was being delivered when an exception arose in its delivery gives way. Interrupts
 * and NMIs wait again; exceptions and INT n come again by themselves when the handler returns to
 * the instruction that raised them. */
static void step_back(struct vcpu_events *events)
{
	if (events->interrupted.kind == EVENT_EXTERNAL_INTERRUPT)
		add_interrupt(events, events->interrupted.vector);
	else if (events->interrupted.kind == EVENT_NMI)
		add_nmis(events, 1);
	events->interrupted.kind = EVENT_NONE;
}

/* Whether an exception has an error code follows from its vector (an entry without it fails); who
 * gives none means 0. The backend leaves it out in real mode. */
static struct vcpu_event with_error_code(struct vcpu_event event)
{
	if (event.kind == EVENT_EXCEPTION && !event.has_error_code &&
	    exception_has_error_code(event.vector)) {
		event.has_error_code = true;
		event.error_code = 0;
	}
	return event;
}

static enum error queue_exception(struct vcpu_events *events, const struct vcpu_event *event,
				  bool *triple_fault, struct reason *why)
{
	bool waits = events->exception.kind != EVENT_NONE;
	/* An abort, which nothing raises again: exceptions in its delivery go before it, and the last of them, should
	 * its own be cut short, gives way to the next. */
	bool aborts = class_of(&events->interrupted) == CLASS_DOUBLE_FAULT;
	const struct vcpu_event *first = waits ? &events->exception : &events->interrupted;

	switch (combine(first, event)) {
	case COMBINE_SHUTDOWN:
		*triple_fault = true;
		return ERROR_NONE;
	case COMBINE_DOUBLE_FAULT:
		events->exception = (struct vcpu_event) {
			.kind = EVENT_EXCEPTION,
			.vector = EXCEPTION_DOUBLE_FAULT,
			.has_error_code =
				true, /* always 0; the backend leaves it out in real mode */
		};
		break;
	case COMBINE_SERIALLY:
		/* One instruction raises one exception: a second that does not combine is a mistake
		 * of the caller. */
		if (waits && !aborts)
			return reason_set(why, ERROR_RESOURCE_BUSY,
					  "exception %u: exception %u waits already", event->vector,
					  first->vector);
		events->exception = with_error_code(*event);
		if (aborts)
			return ERROR_NONE;
		break;
	}
	step_back(events);
	return ERROR_NONE;
}

static void note_fresh(struct vcpu_events *events)
{
	__atomic_store_n(&events->fresh, true, __ATOMIC_SEQ_CST);
}

enum error vcpu_events_queue(struct vcpu_events *events, const struct vcpu_event *event,
			     bool *triple_fault, struct reason *why)
{
	enum error error = check(event, why);

	*triple_fault = false;
	if (error)
		return error;
	switch (event->kind) {
	case EVENT_EXTERNAL_INTERRUPT:
		add_interrupt(events, event->vector);
		break;
	case EVENT_NMI:
		/* Bounded, so that a storm of them cannot wrap the count. */
		if (__atomic_load_n(&events->nmi_requests, __ATOMIC_SEQ_CST) < MAX_NMIS)
			__atomic_fetch_add(&events->nmi_requests, 1, __ATOMIC_SEQ_CST);
		break;
	default:
		error = queue_exception(events, event, triple_fault, why);
	}
	note_fresh(events);
	return error;
}

void vcpu_events_interrupted(struct vcpu_events *events, const struct vcpu_event *event)
{
	/* An exception that went before an interrupted #DF, and was cut short itself. */
	if (events->interrupted.kind != EVENT_NONE)
		events->exception = *event;
	else
		events->interrupted = *event;
	note_fresh(events);
}

/* A CPU may refuse to have an NMI injected while STI blocks: SDM volume 3, "Checks on Guest
 * Non-Register State". Waiting one instruction is always right. */
static bool nmi_open(const struct event_openings *o)
{
	return !o->nmi_blocking && !o->mov_ss_blocking && !o->sti_blocking && !o->debug_trap;
}

static bool interrupt_unblocked(const struct event_openings *o)
{
	return o->interrupts_enabled && !o->mov_ss_blocking && !o->sti_blocking;
}

static bool interrupt_open(const struct event_openings *o)
{
	return interrupt_unblocked(o) && !o->debug_trap;
}

/* The NMIs that other CPUs asked for. While the handler of one runs, the CPU latches a single one
 * more: SDM volume 3, "Handling Multiple NMIs". */
static void fold_nmis(struct vcpu_events *events, const struct event_openings *openings)
{
	if (!__atomic_load_n(&events->nmi_requests, __ATOMIC_SEQ_CST))
		return;
	add_nmis(events, __atomic_exchange_n(&events->nmi_requests, 0, __ATOMIC_SEQ_CST));
	if (openings->nmi_blocking && events->interrupted.kind != EVENT_NMI)
		events->nmis = 1;
}

/* What was cut short goes on as it is: the guest has executed nothing since it was accepted. Only
 * when its owner has closed the window meanwhile (by writing RFLAGS, say) does it wait again. */
static bool take_interrupted(struct vcpu_events *events, const struct event_openings *openings,
			     struct vcpu_event *event)
{
	bool open = events->interrupted.kind != EVENT_NONE;

	if (events->interrupted.kind == EVENT_EXTERNAL_INTERRUPT)
		open = interrupt_unblocked(openings);
	else if (events->interrupted.kind == EVENT_NMI)
		open = !openings->mov_ss_blocking && !openings->sti_blocking;
	if (!open) {
		step_back(events);
		return false;
	}
	*event = events->interrupted;
	events->interrupted.kind = EVENT_NONE;
	return true;
}

bool vcpu_events_wait(const struct vcpu_events *events)
{
	return vcpu_events_wake(events, true, 0);
}

struct event_choice vcpu_events_choose(struct vcpu_events *events,
				       const struct event_openings *openings)
{
	struct event_choice choice = { .event = { .kind = EVENT_NONE } };
	uint8_t vector;

	__atomic_store_n(&events->fresh, false, __ATOMIC_SEQ_CST);
	fold_nmis(events, openings);
	if (events->exception.kind != EVENT_NONE) {
		choice.event = events->exception;
		events->exception.kind = EVENT_NONE;
	} else if (take_interrupted(events, openings, &choice.event)) {
		/* Taken. */
	} else if (events->nmis && nmi_open(openings)) {
		events->nmis--;
		choice.event = (struct vcpu_event) { .kind = EVENT_NMI, .vector = VECTOR_NMI };
	} else if (interrupt_open(openings) &&
		   take_interrupt(events, openings->priority, &vector)) {
		choice.event =
			(struct vcpu_event) { .kind = EVENT_EXTERNAL_INTERRUPT, .vector = vector };
	} else {
		choice.acknowledge = openings->controller_pending && interrupt_open(openings);
	}
	choice.want_nmi_window = events->nmis;
	choice.want_interrupt_window = has_interrupts(events, openings->priority) ||
				       (openings->controller_pending && !choice.acknowledge);
	if (vcpu_events_wait(events))
		note_fresh(events);
	return choice;
}

bool vcpu_events_wake(const struct vcpu_events *events, bool interrupts_enabled, uint8_t priority)
{
	return events->exception.kind != EVENT_NONE || events->interrupted.kind != EVENT_NONE ||
	       events->nmis || __atomic_load_n(&events->nmi_requests, __ATOMIC_SEQ_CST) ||
	       (interrupts_enabled && has_interrupts(events, priority));
}
