/* Reading the rings: one by one, and several as one story in the order of time. */
#include "kernel/recorder_ring.h"

#include "lib/text_list.h"

/* Of each kind its name and that of its value. */
static const char kind_names[] =
#define X(symbol, name, value) name "\0" value "\0"
	RECORD_KIND_LIST(X)
#undef X
	;

const char *record_kind_name(enum record_kind kind)
{
	return (unsigned)kind < RECORD_KINDS ? nth_text(kind_names, 2 * kind) : "unknown";
}

const char *record_value_name(enum record_kind kind)
{
	return (unsigned)kind < RECORD_KINDS ? nth_text(kind_names, 2 * kind + 1) : "";
}

void recorder_init(struct recorder *recorder, struct record *records, size_t places,
		   const struct recorder_watch *watch)
{
	*recorder = (struct recorder) {
		.next = records,
		.page_end = records + (places < RECORDER_PAGE ? places : RECORDER_PAGE),
		.end = records + places,
		.records = records,
		.watch = *watch,
	};
}

static uint64_t places(const struct recorder *recorder)
{
	return (uint64_t)(recorder->end - recorder->records);
}

uint64_t recorder_written(const struct recorder *recorder)
{
	uint64_t laps, index;

	/* The ring's CPU may begin a lap between the two reads. */
	do {
		laps = __atomic_load_n(&recorder->laps, __ATOMIC_ACQUIRE);
		index = (uint64_t)(__atomic_load_n(&recorder->next, __ATOMIC_ACQUIRE) -
				   recorder->records);
	} while (laps != __atomic_load_n(&recorder->laps, __ATOMIC_ACQUIRE));
	return laps * places(recorder) + index;
}

uint64_t recorder_first(const struct recorder *recorder)
{
	uint64_t written = recorder_written(recorder), kept = places(recorder) - 1;

	return written > kept ? written - kept : 0;
}

bool recorder_read(const struct recorder *recorder, uint64_t number, struct record *out)
{
	if (number >= recorder_written(recorder))
		return false;
	*out = recorder->records[number % places(recorder)];
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	/* By now its place may be the one that is being written. */
	return number >= recorder_first(recorder);
}

/* --- several at once ------------------------------------------------------------------------ */

static bool is_wanted(const struct record *record, const struct recorder_filter *filter)
{
	if (filter->exits_of_one_vcpu)
		return record->head.vm == filter->vm && record->head.vcpu == filter->vcpu &&
		       record->head.kind == RECORD_EXIT;
	return !filter->one_vm || record->head.vm == filter->vm;
}

/* Reads a record, and says whether it is wanted. */
static bool read_wanted(const struct recorder *recorder, const struct recorder_filter *filter,
			uint64_t number, struct record *out)
{
	return recorder_read(recorder, number, out) && is_wanted(out, filter);
}

/* Moves the cursor back to right behind a record that is wanted, which is then in `out`. */
static bool step_back(struct recorder_reader *reader, const struct recorder_filter *filter,
		      struct record *out)
{
	uint64_t first = recorder_first(reader->recorder);

	while (reader->cursor > first &&
	       !read_wanted(reader->recorder, filter, reader->cursor - 1, out))
		reader->cursor--;
	return reader->cursor > first;
}

/* Takes the newest record before the cursors into what is chosen. */
static bool choose_one(struct recorder_reader *readers, unsigned count,
		       const struct recorder_filter *filter)
{
	struct recorder_reader *newest = NULL;
	uint64_t time = 0;
	struct record record;

	for (unsigned i = 0; i < count; i++) {
		if (readers[i].recorder && step_back(&readers[i], filter, &record) &&
		    (!newest || record.time >= time)) {
			newest = &readers[i];
			time = record.time;
		}
	}
	if (newest)
		newest->cursor--;
	return newest;
}

static uint64_t count_older(const struct recorder_reader *reader,
			    const struct recorder_filter *filter)
{
	struct record record;
	uint64_t older = 0;

	for (uint64_t i = recorder_first(reader->recorder); i < reader->cursor; i++)
		older += read_wanted(reader->recorder, filter, i, &record);
	return older;
}

struct recorder_found recorder_rewind(struct recorder_reader *readers, unsigned count,
				      const struct recorder_filter *filter, uint64_t most)
{
	struct recorder_found found = { 0 };

	for (unsigned i = 0; i < count; i++) {
		if (!readers[i].recorder)
			continue;
		readers[i].limit = recorder_written(readers[i].recorder);
		readers[i].cursor = readers[i].limit;
		found.overwritten += recorder_first(readers[i].recorder);
	}
	while (found.chosen < most && choose_one(readers, count, filter))
		found.chosen++;
	for (unsigned i = 0; i < count; i++)
		if (readers[i].recorder)
			found.older += count_older(&readers[i], filter);
	return found;
}

/* Moves the cursor on to a record that is wanted, which is then in `out`. */
static bool step_on(struct recorder_reader *reader, const struct recorder_filter *filter,
		    struct record *out)
{
	uint64_t first = recorder_first(reader->recorder);

	if (reader->cursor < first)
		reader->cursor = first;
	while (reader->cursor < reader->limit &&
	       !read_wanted(reader->recorder, filter, reader->cursor, out))
		reader->cursor++;
	return reader->cursor < reader->limit;
}

bool recorder_step(struct recorder_reader *readers, unsigned count,
		   const struct recorder_filter *filter, struct recorder_step *step)
{
	struct recorder_reader *oldest = NULL;
	struct record record;

	for (unsigned i = 0; i < count; i++) {
		if (readers[i].recorder && step_on(&readers[i], filter, &record) &&
		    (!oldest || record.time < step->record.time)) {
			oldest = &readers[i];
			*step = (struct recorder_step) {
				.ring = i,
				.number = readers[i].cursor,
				.record = record,
			};
		}
	}
	if (oldest)
		oldest->cursor++;
	return oldest;
}
