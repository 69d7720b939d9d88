/* A guest's own page tables, walked in software: every mode that SDM volume 3, "Paging" knows, from
 * no paging to five levels, with the exact error code of the page fault that the CPU would raise.
 * Pure: guest-physical memory is reached through callbacks. */
#ifndef LIB_PAGE_WALK_H
#define LIB_PAGE_WALK_H

#include "lib/types.h"

enum page_access { PAGE_ACCESS_READ, PAGE_ACCESS_WRITE, PAGE_ACCESS_FETCH };

/* Rights of the translation found, supervisor and user taken together by `user`. */
enum page_rights { PAGE_RIGHT_READ = 1, PAGE_RIGHT_WRITE = 2, PAGE_RIGHT_EXECUTE = 4 };

/* Bits of a page fault's error code. */
enum page_fault_bits {
	PAGE_FAULT_PRESENT = 1 << 0, /* a protection violation, not a missing page */
	PAGE_FAULT_WRITE = 1 << 1,
	PAGE_FAULT_USER = 1 << 2,
	PAGE_FAULT_RESERVED = 1 << 3, /* a reserved bit was set in an entry */
	PAGE_FAULT_FETCH = 1 << 4,
};

enum { USER_CPL = 3 };

/* The registers that decide a walk. */
struct page_walk_state {
	uint64_t cr0, cr3, cr4, efer;
	uint64_t pdpte[4];    /* PAE paging only, as the CPU loaded them */
	uint8_t address_bits; /* MAXPHYADDR as the guest sees it: 32..52 */
	uint8_t cpl;          /* 0..3 */
	bool ac;              /* RFLAGS.AC */
	/* An access of the CPU's own to a descriptor table or TSS: always supervisor, and AC does
	 * not open SMAP for it. */
	bool implicit;
	bool gigabyte_pages; /* CPUID.80000001H:EDX[26]; else PS in a PDPTE is reserved */
};

/* Do the PDPTEs count, that is, is it PAE paging? */
bool page_walk_has_pdptes(const struct page_walk_state *state);

/* Access to the guest-physical memory that holds the tables. Entries are 4 or 8 bytes, aligned. */
struct page_walk_memory {
	void *context;
	/* False when the address is not RAM. */
	bool (*read)(void *context, gpa_t at, unsigned width, uint64_t *value);
	/* Replaces `expected` by `desired` atomically; false when the entry had changed. Null: the
	 * walker then leaves accessed and dirty flags alone. */
	bool (*exchange)(void *context, gpa_t at, unsigned width, uint64_t expected,
			 uint64_t desired);
};

enum page_walk_status {
	PAGE_WALK_DONE,
	PAGE_WALK_FAULT,         /* #PF with `error_code` */
	PAGE_WALK_NOT_CANONICAL, /* #GP(0), or #SS(0) for the stack */
	/* The tables lead out of RAM, or change under the walk without end: `gpa` is an entry. */
	PAGE_WALK_TABLE_LOST,
};

struct page_walk {
	enum page_walk_status status;
	gpa_t gpa;          /* of that very address */
	uint64_t page_size; /* 4 KiB where paging is off */
	/* enum page_rights, or-ed: what the tables allow a supervisor (CR0.WP set, SMEP and SMAP
	 * aside), and a user where `user` is set. */
	unsigned rights;
	bool user;           /* the U/S flag of all levels */
	uint32_t error_code; /* PAGE_WALK_FAULT only */
};

/* Translates `at` for one access of a byte. */
struct page_walk page_walk(const struct page_walk_state *state,
			   const struct page_walk_memory *memory, gva_t at,
			   enum page_access access);

/* An entry that a walk read. */
struct page_walk_step {
	uint8_t level; /* 1 for tables of 4 KiB pages (PT) to 5 (PML5) */
	uint8_t width; /* 4 or 8 bytes */
	/* A PDPTE of PAE paging, which the CPU keeps: `at` counts for nothing. */
	bool in_register;
	bool leaf; /* it maps a page */
	uint16_t index;
	gpa_t at;
	uint64_t entry;
	uint64_t reserved; /* those of its bits that are set and must be clear */
};

enum { PAGE_WALK_STEPS = 5 };

/* A walk with all that it met, for who wants to show it. */
struct page_walk_trace {
	struct page_walk result;
	unsigned count;
	struct page_walk_step steps[PAGE_WALK_STEPS];
};

/* As page_walk() with every step kept; changes nothing in the tables. */
void page_walk_trace(const struct page_walk_state *state, const struct page_walk_memory *memory,
		     gva_t at, enum page_access access, struct page_walk_trace *trace);

#endif
