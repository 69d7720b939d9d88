/* Page walks in words. The flags of entries: SDM volume 3, "Paging", the tables "Format of ...". */
#include "vm/crash/page_walk_text.h"

#include "lib/bits.h"
#include "lib/format.h"
#include "lib/text_list.h"
#include "x86/control_registers.h"

#define WHY_MAX 128

#define ENTRY_P  BIT(0)
#define ENTRY_RW BIT(1)
#define ENTRY_US BIT(2)
#define ENTRY_PS BIT(7)
#define ENTRY_XD BIT(63)

static const char *level_name(const struct page_walk_step *step)
{
	return step->level <= PAGE_WALK_STEPS ? nth_text("?\0PT\0PD\0PDPT\0PML4\0PML5", step->level)
					      : "?";
}

/* X(bit, leaf_only, wide_only, name): a flag of an entry, and where it has a meaning. Bit 7 is PS above the
 * lowest level and PAT there: told apart below. */
#define FLAG_LIST(X)              \
	X(0, false, false, "P")   \
	X(1, false, false, "RW")  \
	X(2, false, false, "US")  \
	X(3, false, false, "PWT") \
	X(4, false, false, "PCD") \
	X(5, false, false, "A")   \
	X(6, true, false, "D")    \
	X(8, true, false, "G")    \
	X(63, false, true, "NX")

static const struct flag {
	uint8_t bit;
	bool leaf_only, wide_only;
} flags[] = {
#define X(bit, leaf_only, wide_only, name) { (bit), (leaf_only), (wide_only) },
	FLAG_LIST(X)
#undef X
};

static const char flag_names[] =
#define X(bit, leaf_only, wide_only, name) name "\0"
	FLAG_LIST(X)
#undef X
	;

static void flags_text(char *buffer, size_t size, const struct page_walk_step *step)
{
	const char *comma = "";

	buffer[0] = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(flags); i++) {
		const struct flag *flag = &flags[i];

		if (!(step->entry & BIT(flag->bit)) || (flag->leaf_only && !step->leaf) ||
		    (flag->wide_only && step->width == sizeof(uint32_t)))
			continue;
		format_append(buffer, size, "%s%s", comma, nth_text(flag_names, i));
		comma = ",";
	}
	if (step->entry & ENTRY_PS)
		format_append(buffer, size, "%s%s", comma, step->level == 1 ? "PAT" : "PS");
}

void page_walk_step_text(char *buffer, size_t size, const struct page_walk_step *step)
{
	char set[48];

	flags_text(set, sizeof(set), step);
	format_string(buffer, size, "level=%s table=", level_name(step));
	if (step->in_register)
		format_append(buffer, size, "register");
	else
		format_append(buffer, size, "0x%lx",
			      step->at.value - (uint64_t)step->index * step->width);
	format_append(buffer, size, " index=0x%x entry=0x%lx flags=%s", step->index, step->entry,
		      set[0] ? set : "none");
}

/* --- why it stops ---------------------------------------------------------------------------- */

static void reserved_text(char *buffer, size_t size, const struct page_walk_state *state,
			  const struct page_walk_step *step)
{
	unsigned bit = (unsigned)__builtin_ctzll(step->reserved);
	const char *what = "below the page's address";

	if (bit == 63)
		what = "NX, while EFER.NXE is clear";
	else if (bit >= state->address_bits && step->width == sizeof(uint64_t))
		what = "beyond MAXPHYADDR";
	else if (bit == 7)
		what = "PS, which maps no page at this level";
	format_append(buffer, size, "the %s entry has reserved bits 0x%lx set, bit %u is %s",
		      level_name(step), step->reserved, bit, what);
}

/* The first step whose flag `bit` is not `set`; null when there is none. */
static const struct page_walk_step *step_with(const struct page_walk_trace *trace, uint64_t bit,
					      bool set)
{
	for (unsigned i = 0; i < trace->count; i++)
		if (!trace->steps[i].in_register && !!(trace->steps[i].entry & bit) == set)
			return &trace->steps[i];
	return NULL;
}

/* In the order of SDM volume 3, "Determination of Access Rights". */
static void rights_text(char *buffer, size_t size, const struct page_walk_state *state,
			const struct page_walk_trace *trace, enum page_access access)
{
	const struct page_walk_step *supervisor = step_with(trace, ENTRY_US, false);
	const struct page_walk_step *read_only = step_with(trace, ENTRY_RW, false);
	const struct page_walk_step *no_execute = step_with(trace, ENTRY_XD, true);
	bool user_access = state->cpl == USER_CPL && !state->implicit;

	if (user_access && supervisor)
		format_append(buffer, size, "the %s entry keeps users out (US clear)",
			      level_name(supervisor));
	else if (access == PAGE_ACCESS_FETCH && no_execute)
		format_append(buffer, size, "the %s entry forbids execution (NX)",
			      level_name(no_execute));
	else if (access == PAGE_ACCESS_FETCH)
		format_append(buffer, size,
			      "a supervisor does not execute a user's page (CR4.SMEP)");
	else if (!user_access && !supervisor && (state->cr4 & CR4_SMAP) &&
		 (state->implicit || !state->ac))
		format_append(buffer, size, "a supervisor does not touch a user's page (CR4.SMAP)");
	else if (read_only)
		format_append(buffer, size, "the %s entry forbids writing (RW clear)",
			      level_name(read_only));
	else
		format_append(buffer, size, "its rights forbid the access");
}

static void fault_text(char *buffer, size_t size, const struct page_walk_state *state,
		       const struct page_walk_trace *trace, enum page_access access)
{
	const struct page_walk_step *last = trace->count ? &trace->steps[trace->count - 1] : NULL;

	if (last && !(last->entry & ENTRY_P))
		format_append(buffer, size, "the %s entry is not present", level_name(last));
	else if (last && last->reserved)
		reserved_text(buffer, size, state, last);
	else
		rights_text(buffer, size, state, trace, access);
}

void page_walk_stop_text(char *buffer, size_t size, const struct page_walk_state *state,
			 const struct page_walk_trace *trace, enum page_access access)
{
	buffer[0] = 0;
	if (trace->result.status == PAGE_WALK_NOT_CANONICAL)
		format_append(buffer, size, "the address is not canonical");
	else if (trace->result.status == PAGE_WALK_TABLE_LOST)
		format_append(buffer, size, "the entry at 0x%lx is in no RAM",
			      trace->result.gpa.value);
	else if (trace->result.status == PAGE_WALK_FAULT)
		fault_text(buffer, size, state, trace, access);
}

static const char *page_size_text(uint64_t page_size)
{
	return page_size == GIB(1)   ? "1G"
	       : page_size == MIB(4) ? "4M"
	       : page_size == MIB(2) ? "2M"
				     : "4K";
}

void page_walk_end_text(char *buffer, size_t size, const struct page_walk_state *state,
			const struct page_walk_trace *trace, enum page_access access)
{
	const struct page_walk *walk = &trace->result;

	if (walk->status == PAGE_WALK_DONE) {
		format_string(buffer, size, "reaches=0x%lx", walk->gpa.value);
		if (!(state->cr0 & CR0_PG)) {
			format_append(buffer, size, " paging=off");
			return;
		}
		format_append(
			buffer, size, " page=%s rights=%s%s%s user=%s",
			page_size_text(walk->page_size), walk->rights & PAGE_RIGHT_READ ? "r" : "-",
			walk->rights & PAGE_RIGHT_WRITE ? "w" : "-",
			walk->rights & PAGE_RIGHT_EXECUTE ? "x" : "-", walk->user ? "yes" : "no");
		return;
	}
	char why[WHY_MAX];

	page_walk_stop_text(why, sizeof(why), state, trace, access);
	format_string(buffer, size, "stops=\"%s\"", why);
}
