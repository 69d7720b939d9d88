/* The walk of a guest's page tables. SDM volume 3, "Paging": the sections on each paging mode,
 * "Access Rights", "Page-Fault Exceptions" and "Accessed and Dirty Flags". */
#include "lib/page_walk.h"

#include "lib/bits.h"

/* What x86/control_registers.h, a layer above, says of the bits that a walk depends on. */
#define CR0_WP   BIT(16)
#define CR0_PG   BIT(31)
#define CR4_PSE  BIT(4)
#define CR4_PAE  BIT(5)
#define CR4_LA57 BIT(12)
#define CR4_SMEP BIT(20)
#define CR4_SMAP BIT(21)
#define EFER_LMA BIT(10)
#define EFER_NXE BIT(11)

#define ENTRY_P  BIT(0)
#define ENTRY_RW BIT(1)
#define ENTRY_US BIT(2)
#define ENTRY_A  BIT(5)
#define ENTRY_D  BIT(6)
#define ENTRY_PS BIT(7)
#define ENTRY_XD BIT(63)

enum {
	MAX_LEVELS = PAGE_WALK_STEPS,
	/* Another CPU of the guest may change an entry between reading it and setting its flags;
	 * a guest that does so again and again does not keep the host here. */
	MAX_ATTEMPTS = 16,
	PSE36_BITS = 40,
};

/* The shape of a paging mode. Levels count from 1, the one with 4 KiB pages. */
struct mode {
	unsigned levels;
	unsigned index_bits;
	unsigned width;             /* of an entry, in bytes */
	bool wide_ignored;          /* bits 62:52 are ignored, not reserved */
	bool large[MAX_LEVELS + 1]; /* PS makes a leaf at that level */
};

/* An entry that was used, to set its flags. */
struct step {
	gpa_t at;
	uint64_t entry;
};

struct walk {
	const struct page_walk_state *state;
	const struct page_walk_memory *memory;
	struct mode mode;
	enum page_access access;
	struct step steps[MAX_LEVELS];
	unsigned
		count; /* entries that were read; after a walk without a fault all of them were used */
	bool writable, user, execute_disable;
	struct page_walk result;
};

bool page_walk_has_pdptes(const struct page_walk_state *state)
{
	return (state->cr0 & CR0_PG) && (state->cr4 & CR4_PAE) && !(state->efer & EFER_LMA);
}

static void find_mode(const struct page_walk_state *state, struct mode *mode)
{
	*mode = (struct mode) { .levels = 2, .index_bits = 10, .width = 4 };
	if (!(state->cr4 & CR4_PAE)) {
		mode->large[2] = state->cr4 & CR4_PSE;
		return;
	}
	mode->index_bits = 9;
	mode->width = 8;
	mode->large[2] = true;
	if (state->efer & EFER_LMA) {
		mode->levels = state->cr4 & CR4_LA57 ? 5 : 4;
		mode->wide_ignored = true;
		mode->large[3] = state->gigabyte_pages;
	}
}

static bool is_canonical(uint64_t at, unsigned bits)
{
	uint64_t top = at >> (bits - 1);

	return !top || top == ~0ull >> (bits - 1);
}

static unsigned level_shift(const struct mode *mode, unsigned level)
{
	return PAGE_SHIFT + mode->index_bits * (level - 1);
}

/* The walk ends here: always true. */
static bool fault(struct walk *walk, uint32_t bits)
{
	const struct page_walk_state *state = walk->state;
	bool nx = (state->cr4 & CR4_PAE) && (state->efer & EFER_NXE);

	if (walk->access == PAGE_ACCESS_WRITE)
		bits |= PAGE_FAULT_WRITE;
	if (walk->access == PAGE_ACCESS_FETCH && (nx || (state->cr4 & CR4_SMEP)))
		bits |= PAGE_FAULT_FETCH;
	if (state->cpl == USER_CPL && !state->implicit)
		bits |= PAGE_FAULT_USER;
	walk->result = (struct page_walk) { .status = PAGE_WALK_FAULT, .error_code = bits };
	return true;
}

static void lose_table(struct walk *walk, gpa_t entry)
{
	walk->result = (struct page_walk) { .status = PAGE_WALK_TABLE_LOST, .gpa = entry };
}

/* The bits that must be clear in a present entry. */
static uint64_t reserved_bits(const struct walk *walk, unsigned level, bool leaf)
{
	const struct page_walk_state *state = walk->state;
	const struct mode *mode = &walk->mode;
	uint64_t above = ~(BIT(state->address_bits) - 1);
	uint64_t reserved;

	if (mode->width == 4) {
		unsigned bits = state->address_bits < PSE36_BITS ? state->address_bits : PSE36_BITS;

		/* PSE-36: bits 20:13 hold address bits 39:32 as far as the CPU has them. */
		return leaf && level == 2 ? BITS(21, bits - 32 + 13) : 0;
	}
	reserved = above & (mode->wide_ignored ? BITS(51, 0) : BITS(62, 0));
	if (!(state->efer & EFER_NXE))
		reserved |= ENTRY_XD;
	if (leaf && level > 1)
		reserved |= BITS(level_shift(mode, level) - 1, 13);
	if (!leaf)
		reserved |= ENTRY_PS; /* a leaf's where that level has none */
	return reserved;
}

/* The page's address that a leaf holds. */
static uint64_t leaf_base(const struct walk *walk, uint64_t entry, unsigned level)
{
	uint64_t page = BIT(level_shift(&walk->mode, level));

	if (walk->mode.width == 4 && level == 2)
		return (entry & BITS(31, 22)) | (entry & BITS(20, 13)) << (32 - 13);
	return entry & BITS(51, 12) & ~(page - 1);
}

/* SDM volume 3, "Determination of Access Rights". */
static bool access_is_allowed(const struct walk *walk)
{
	const struct page_walk_state *state = walk->state;
	bool user_access = state->cpl == USER_CPL && !state->implicit;

	if (user_access) {
		if (!walk->user)
			return false;
		if (walk->access == PAGE_ACCESS_FETCH)
			return !walk->execute_disable;
		return walk->access == PAGE_ACCESS_READ || walk->writable;
	}
	if (walk->access == PAGE_ACCESS_FETCH)
		return !walk->execute_disable && !(walk->user && (state->cr4 & CR4_SMEP));
	if (walk->user && (state->cr4 & CR4_SMAP) && (state->implicit || !state->ac))
		return false;
	return walk->access == PAGE_ACCESS_READ || walk->writable || !(state->cr0 & CR0_WP);
}

/* False when an entry changed since it was read. */
static bool set_flags(const struct walk *walk)
{
	if (!walk->memory->exchange)
		return true;
	for (unsigned i = 0; i < walk->count; i++) {
		const struct step *step = &walk->steps[i];
		uint64_t wanted = step->entry | ENTRY_A;

		if (i == walk->count - 1 && walk->access == PAGE_ACCESS_WRITE)
			wanted |= ENTRY_D;
		if (wanted != step->entry &&
		    !walk->memory->exchange(walk->memory->context, step->at, walk->mode.width,
					    step->entry, wanted))
			return false;
	}
	return true;
}

/* The root of the tables that are in memory; false when a PDPTE is not present. */
static bool find_root(const struct walk *walk, uint64_t at, uint64_t *root)
{
	const struct page_walk_state *state = walk->state;

	*root = state->cr3 & (walk->mode.width == 4 ? BITS(31, 12) : BITS(51, 12));
	if (walk->mode.width == 4 || walk->mode.wide_ignored)
		return true;

	uint64_t pdpte = state->pdpte[at >> 30 & 3];

	*root = pdpte & BITS(51, 12);
	return pdpte & ENTRY_P;
}

/* One attempt: false says that the tables changed meanwhile. */
static bool walk_once(struct walk *walk, uint64_t at)
{
	const struct mode *mode = &walk->mode;
	struct page_walk *result = &walk->result;
	uint64_t table;

	walk->count = 0;
	walk->writable = walk->user = true;
	walk->execute_disable = false;
	if (!find_root(walk, at, &table))
		return fault(walk, 0);
	for (unsigned level = mode->levels;; level--) {
		unsigned shift = level_shift(mode, level);
		uint64_t index = at >> shift & (BIT(mode->index_bits) - 1);
		struct step *step = &walk->steps[walk->count];

		step->at = gpa(table + index * mode->width);
		if (!walk->memory->read(walk->memory->context, step->at, mode->width,
					&step->entry)) {
			lose_table(walk, step->at);
			return true;
		}
		walk->count++;
		if (!(step->entry & ENTRY_P))
			return fault(walk, 0);

		bool leaf = level == 1 || (mode->large[level] && (step->entry & ENTRY_PS));

		if (step->entry & reserved_bits(walk, level, leaf))
			return fault(walk, PAGE_FAULT_PRESENT | PAGE_FAULT_RESERVED);
		walk->writable &= !!(step->entry & ENTRY_RW);
		walk->user &= !!(step->entry & ENTRY_US);
		walk->execute_disable |= mode->width == 8 && (step->entry & ENTRY_XD);
		table = step->entry & (mode->width == 4 ? BITS(31, 12) : BITS(51, 12));
		if (!leaf)
			continue;
		result->page_size = BIT(shift);
		result->gpa =
			gpa(leaf_base(walk, step->entry, level) | (at & (result->page_size - 1)));
		break;
	}
	if (!access_is_allowed(walk))
		return fault(walk, PAGE_FAULT_PRESENT);
	result->status = PAGE_WALK_DONE;
	result->user = walk->user;
	result->rights = PAGE_RIGHT_READ | (walk->writable ? PAGE_RIGHT_WRITE : 0) |
			 (walk->execute_disable ? 0 : PAGE_RIGHT_EXECUTE);
	return set_flags(walk);
}

static void walk_all(struct walk *walk, gva_t at)
{
	const struct page_walk_state *state = walk->state;
	bool long_mode = state->efer & EFER_LMA;

	if (long_mode && !is_canonical(at.value, state->cr4 & CR4_LA57 ? 57 : 48)) {
		walk->result.status = PAGE_WALK_NOT_CANONICAL;
		return;
	}
	if (!long_mode)
		at.value = (uint32_t)at.value;
	if (!(state->cr0 & CR0_PG)) {
		walk->result = (struct page_walk) {
			.gpa = gpa(at.value),
			.page_size = PAGE_SIZE,
			.rights = PAGE_RIGHT_READ | PAGE_RIGHT_WRITE | PAGE_RIGHT_EXECUTE,
			.user = true,
		};
		return;
	}
	find_mode(state, &walk->mode);
	for (unsigned attempt = 0; attempt < MAX_ATTEMPTS; attempt++)
		if (walk_once(walk, at.value))
			return;
	lose_table(walk, walk->steps[0].at);
}

struct page_walk page_walk(const struct page_walk_state *state,
			   const struct page_walk_memory *memory, gva_t at, enum page_access access)
{
	struct walk walk = { .state = state, .memory = memory, .access = access };

	walk_all(&walk, at);
	return walk.result;
}

/* --- with all its steps ---------------------------------------------------------------------- */

static void add_pdpte(const struct walk *walk, gva_t at, struct page_walk_trace *trace)
{
	unsigned index = at.value >> 30 & 3;

	if (walk->mode.width == 4 || walk->mode.wide_ignored)
		return;
	trace->steps[trace->count++] = (struct page_walk_step) {
		.level = 3,
		.width = walk->mode.width,
		.in_register = true,
		.index = (uint16_t)index,
		.entry = walk->state->pdpte[index],
	};
}

void page_walk_trace(const struct page_walk_state *state, const struct page_walk_memory *memory,
		     gva_t at, enum page_access access, struct page_walk_trace *trace)
{
	const struct page_walk_memory untouched = { memory->context, memory->read, NULL };
	struct walk walk = { .state = state, .memory = &untouched, .access = access };

	walk_all(&walk, at);
	*trace = (struct page_walk_trace) { .result = walk.result };
	if (!walk.mode.levels)
		return;
	add_pdpte(&walk, at, trace);
	for (unsigned i = 0; i < walk.count; i++) {
		unsigned level = walk.mode.levels - i;
		uint64_t entry = walk.steps[i].entry;
		bool leaf = level == 1 || (walk.mode.large[level] && (entry & ENTRY_PS));
		uint64_t reserved = reserved_bits(&walk, level, leaf);

		trace->steps[trace->count++] = (struct page_walk_step) {
			.level = (uint8_t)level,
			.width = (uint8_t)walk.mode.width,
			.leaf = leaf,
			.index = (uint16_t)(at.value >> level_shift(&walk.mode, level) &
					    (BIT(walk.mode.index_bits) - 1)),
			.at = walk.steps[i].at,
			.entry = entry,
			.reserved = entry & ENTRY_P ? entry & reserved : 0,
		};
	}
}
