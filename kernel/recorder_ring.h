/* A flight recorder's ring: the last things that happened on a CPU, each a record of one cache line.
 * The CPU that owns the ring writes it, without a lock; any CPU may read it meanwhile and is told when
 * what it read has been overwritten. Records bear the numbers of their order, so that what is gone is
 * counted. Pure.
 *
 * A VM and its vCPU are numbers here; 0 is no VM.
 *
 * It also keeps watch over its CPU's time: once in so many records it sees whether a moment has passed that
 * somebody should have noticed. All that a CPU does for guests leaves records, and each but the last of a page is
 * written as if nobody watched. */
#ifndef KERNEL_RECORDER_RING_H
#define KERNEL_RECORDER_RING_H

#include "lib/assert.h"
#include "lib/types.h"

/* X(symbol, name, what `value` is, or "") */
#define RECORD_KIND_LIST(X)                                                                       \
	X(RECORD_EXIT, "exit", "qual") /* a vCPU came out of its guest; `reason` says why */      \
	X(RECORD_IN, "in", "")   /* a vCPU's turn begins; cost: until its guest is entered */     \
	X(RECORD_OUT, "out", "") /* and ends; `did` says why */                                   \
	X(RECORD_MIGRATED, "migrated", "to")     /* a vCPU is handed to another CPU */            \
	X(RECORD_WOKEN, "woken", "on")           /* a blocked vCPU is ready again, on that CPU */ \
	X(RECORD_INJECTED, "injected", "vector") /* an event for the guest; `did` is its kind */  \
	X(RECORD_REFUSED, "entry-refused", "error") /* no exit: the entry's instruction failed */ \
	X(RECORD_IPI, "ipi", "icr")                 /* a vCPU sends an interrupt to others */     \
	X(RECORD_KICK, "kick", "to")                /* this CPU kicks another one */              \
	X(RECORD_TIMER, "timer", "late")            /* a host timer; `rip` is its function */     \
	X(RECORD_VM, "vm", "")                      /* `did`: started, paused, reset ... */       \
	X(RECORD_WATCHDOG, "watchdog", "")          /* a VM is stopped for its deadline */        \
	X(RECORD_PANIC, "panic", "")

enum record_kind {
#define X(symbol, name, value) symbol,
	RECORD_KIND_LIST(X)
#undef X
		RECORD_KINDS
};

/* Written as one word. */
struct record_head {
	uint16_t vm;
	uint8_t vcpu;
	uint8_t kind; /* enum record_kind */
	uint32_t unused;
};

struct record {
	union { /* the TSC */
		uint64_t time;
		struct {
			uint32_t time_low, time_high;
		};
	};
	uint64_t end; /* of an exit: the TSC at the next entry; before `time`: not there yet */
	uint64_t rip;
	uint64_t value;
	const char *did; /* a constant string, or null; of an exit, undefined while it has no end */
	struct record_head head;
	uint32_t reason; /* as the hardware said it */
} aligned_to(64);

_Static_assert(sizeof(struct record) == 64, "a record is a cache line");
_Static_assert(sizeof(struct record_head) == sizeof(uint64_t), "written as one word");

/* The head of another kind of record of the same vCPU's, whose kind is 0. */
static inline struct record_head record_head_of_kind(struct record_head head, enum record_kind kind)
{
	uint64_t word;

	_Static_assert(offsetof(struct record_head, kind) == 3, "the fourth byte");
	_Static_assert(RECORD_EXIT == 0, "what the head of a vCPU's exits says");
	__builtin_memcpy(&word, &head, sizeof(word));
	word |= (uint64_t)kind << 24;
	__builtin_memcpy(&head, &word, sizeof(word));
	return head;
}

#define RECORDER_KEPT   4096
/* One more is the record that is being written. */
#define RECORDER_PLACES (RECORDER_KEPT + 1)

/* A page of the ring is so many records: far less than a hundredth of them end one. */
#define RECORDER_PAGE 256

/* What happens when a page ends after that moment. All of the CPU that owns the ring. */
struct recorder_watch {
	const uint64_t *moment; /* in ticks of the TSC */
	bool *first, *second;   /* are set, in this order */
};

struct recorder {
	struct record *next;         /* the next record's place; its CPU writes, any reads */
	struct record *page_end;     /* behind the last place of the present page; its CPU only */
	struct record *end;          /* behind the last place; constant */
	struct record *records;      /* constant */
	uint64_t laps;               /* how often the ring was full; as `next` */
	struct recorder_watch watch; /* constant */
};

void recorder_init(struct recorder *recorder, struct record *records, size_t places,
		   const struct recorder_watch *watch);

/* Where the next record goes: the CPU fills it, interrupts off, and publishes it. */
static inline struct record *recorder_place(const struct recorder *recorder)
{
	return recorder->next;
}

/* A page ends with `record`, or has ended before it. Returns where the next record goes. */
static inline struct record *recorder_turn_page(struct recorder *recorder,
						const struct record *record, struct record *next)
{
	if (record->time >= *recorder->watch.moment) {
		__atomic_store_n(recorder->watch.first, true, __ATOMIC_RELAXED);
		__atomic_store_n(recorder->watch.second, true, __ATOMIC_RELAXED);
	}
	if (next == recorder->end) {
		__atomic_store_n(&recorder->laps, recorder->laps + 1, __ATOMIC_RELAXED);
		next = recorder->records;
	}
	recorder->page_end =
		recorder->end - next < RECORDER_PAGE ? recorder->end : next + RECORDER_PAGE;
	return next;
}

/* Does the page go on behind `record`? Several records at once may have gone past its end. */
static inline bool recorder_stays_on_page(const struct recorder *recorder,
					  const struct record *record)
{
	return likely(record + 1 < recorder->page_end);
}

/* If so. */
static inline void recorder_publish_on_page(struct recorder *recorder, struct record *record)
{
	__atomic_store_n(&recorder->next, record + 1, __ATOMIC_RELEASE);
}

static inline void recorder_publish(struct recorder *recorder, struct record *record)
{
	struct record *next = record + 1;

	if (unlikely(!recorder_stays_on_page(recorder, record)))
		next = recorder_turn_page(recorder, record, next);
	__atomic_store_n(&recorder->next, next, __ATOMIC_RELEASE);
}

/* For several records at once: does the ring go on behind `last`, which its CPU is about to fill? */
static inline bool recorder_goes_on(const struct recorder *recorder, const struct record *last)
{
	return last + 1 < recorder->end;
}

/* Publishes all records up to that one. */
static inline void recorder_publish_all(struct recorder *recorder, struct record *last)
{
	__atomic_store_n(&recorder->next, last + 1, __ATOMIC_RELEASE);
}

/* Of a kind that has nothing else to tell: its other fields are left as they are. */
static inline void recorder_fill_bound(struct record *record, uint64_t time,
				       struct record_head head, const char *did)
{
	record->time = time;
	record->did = did;
	record->head = head;
}

/* An event that is no exit, IRQs off. Returns its record. */
static inline struct record *recorder_put(struct recorder *recorder, uint64_t time,
					  struct record_head head, uint64_t value, uint64_t rip,
					  const char *did)
{
	struct record *record = recorder_place(recorder);

	record->time = time;
	record->end = 0;
	record->rip = rip;
	record->value = value;
	record->did = did;
	record->head = head;
	record->reason = 0;
	recorder_publish(recorder, record);
	return record;
}

/* Ticks from an exit to the next entry, or the end of the vCPU's turn; 0: that has not come yet. */
static inline uint64_t record_cost(const struct record *record)
{
	return record->end > record->time ? record->end - record->time : 0;
}

/* --- reading -------------------------------------------------------------------------------- */

const char *record_kind_name(enum record_kind kind);
/* The key of `value`, "" when the kind has none. */
const char *record_value_name(enum record_kind kind);

/* Records ever written. Those from recorder_first() to before this one are there to be read. */
uint64_t recorder_written(const struct recorder *recorder);
uint64_t recorder_first(const struct recorder *recorder);

/* Copies record `number`. False when it is not there, or was overwritten meanwhile. */
bool recorder_read(const struct recorder *recorder, uint64_t number, struct record *out) must_check;

/* Which records are wanted: all, those of one VM, or the exits of one of its vCPUs. */
struct recorder_filter {
	bool one_vm, exits_of_one_vcpu;
	uint16_t vm;
	uint8_t vcpu;
};

struct recorder_found {
	uint64_t chosen;      /* records that recorder_step() will give */
	uint64_t older;       /* fitting ones before these that are still there */
	uint64_t overwritten; /* records of all VMs that are gone */
};

/* A ring while it is read; without one, a CPU that has none. */
struct recorder_reader {
	const struct recorder *recorder;
	uint64_t cursor; /* number of the next record */
	uint64_t limit;  /* behind the last one */
};

/* Prepares recorder_step() to give the last `most` records that fit, of all rings as they are at this
 * moment, and says how many there are. */
struct recorder_found recorder_rewind(struct recorder_reader *readers, unsigned count,
				      const struct recorder_filter *filter, uint64_t most);

/* The next record, of all rings the oldest. False at the end. */
struct recorder_step {
	unsigned ring;   /* which one */
	uint64_t number; /* and its number there */
	struct record record;
};

bool recorder_step(struct recorder_reader *readers, unsigned count,
		   const struct recorder_filter *filter, struct recorder_step *step) must_check;

#endif
