/* Extended page tables: the format of SDM volume 3, "EPT Translation Mechanism", and a table of
 * four levels that maps, unmaps, protects and answers. Pure: table pages come through callbacks,
 * and the owner serialises all calls on one table. CPUs may walk the table while it changes.
 *
 * Changes that take away or replace what a CPU may have cached make the table stale: the owner
 * then executes INVEPT wherever the table was used and calls ept_flushed(). Pages of tables that
 * were unlinked are kept until then, because a CPU's paging-structure caches may still name them.
 * Changes that only add do not make it stale (SDM volume 3, "Guidelines for Use of the INVEPT
 * Instruction"). */
#ifndef EPT_EPT_H
#define EPT_EPT_H

#include "lib/error.h"
#include "lib/types.h"

/* What a mapping allows; the bits of an entry. */
enum ept_rights {
	EPT_READ = 1,
	EPT_WRITE = 2,
	EPT_EXECUTE = 4,
};

/* Memory types as in an entry's bits 5:3. */
enum ept_memory_type {
	EPT_UNCACHED = 0,
	EPT_WRITE_COMBINING = 1,
	EPT_WRITE_THROUGH = 4,
	EPT_WRITE_PROTECTED = 5,
	EPT_WRITE_BACK = 6,
};

/* What the CPU offers (IA32_VMX_EPT_VPID_CAP, MAXPHYADDR) and what the user allows. */
struct ept_format {
	uint64_t largest_page;  /* 4 KiB, 2 MiB or 1 GiB; 4 KiB also as a policy */
	unsigned address_bits;  /* MAXPHYADDR: 32..52 */
	bool accessed_dirty;    /* flags kept by the CPU: used when offered */
	bool execute_only;      /* execute without read is offered */
	bool write_back_tables; /* the CPU may walk the table write-back; else uncached */
};

/* Where table pages come from. */
struct ept_pages {
	void *context;
	void *(*allocate)(void *context); /* one zeroed 4 KiB page, or null */
	void (*release)(void *context, void *page);
	hpa_t (*address)(void *context, const void *page);
	void *(*pointer)(void *context, hpa_t address);
};

struct ept {
	struct ept_format format;
	struct ept_pages pages;
	uint64_t *root;
	uint64_t tables;   /* pages in use, the root and retired ones included */
	uint64_t *retired; /* unlinked tables that wait for ept_flushed(), chained */
	bool stale;        /* a CPU may have cached what no longer holds */
};

/* What the table says of one guest-physical address. */
struct ept_mapping {
	bool present;
	bool misconfigured; /* the CPU would exit with EPT misconfiguration */
	hpa_t to;           /* of that very address, not of its page */
	uint64_t page_size; /* of the leaf, or of the hole where nothing is present */
	unsigned rights;    /* enum ept_rights, or-ed, of all levels */
	enum ept_memory_type type;
	bool accessed, dirty;
};

/* Makes an empty table. InvalidInput for a format out of range, NoMemory. */
enum error ept_create(struct ept *ept, const struct ept_format *format,
		      const struct ept_pages *pages, struct reason *why) must_check;

/* Gives back every page, retired ones included. No CPU may use the table any more. */
void ept_destroy(struct ept *ept);

/* Maps [at, at + length) to [to, to + length), replacing what was there, with the largest pages
 * that alignment and format allow. All three are 4 KiB aligned; the guest range lies below 2^48,
 * the host range below 2^address_bits. `rights` is not 0; write without read is refused, and so is
 * execute without read where the CPU lacks it (InvalidInput). NoMemory: no translation changed. */
enum error ept_map(struct ept *ept, gpa_t at, hpa_t to, uint64_t length, unsigned rights,
		   enum ept_memory_type type, struct reason *why) must_check;

/* Maps the 4 KiB page at `at` to `to` unless something is mapped there: `*there` is what `at` leads to
 * afterwards, `to` or another. Never makes the table stale. The rest as for ept_map(). */
enum error ept_fill(struct ept *ept, gpa_t at, hpa_t to, unsigned rights, enum ept_memory_type type,
		    hpa_t *there, struct reason *why) must_check;

/* Unmaps the range; parts that are not mapped are no error. A larger page of which a part stays is
 * split first. NoMemory: no translation changed. */
enum error ept_unmap(struct ept *ept, gpa_t at, uint64_t length, struct reason *why) must_check;

/* Gives all that is mapped in the range these rights; holes stay holes. Errors as ept_map(). */
enum error ept_protect(struct ept *ept, gpa_t at, uint64_t length, unsigned rights,
		       struct reason *why) must_check;

/* Walks the table as the CPU would. Any gpa. */
struct ept_mapping ept_query(const struct ept *ept, gpa_t at);

/* The owner has executed INVEPT on every CPU that may have used the table. */
void ept_flushed(struct ept *ept);

/* The EPT pointer for the VMCS. */
uint64_t ept_pointer(const struct ept *ept);
/* The same from a root's address alone. */
uint64_t ept_pointer_of(const struct ept_format *format, hpa_t root);

/* Test guests only: puts `entry` verbatim in place of the 4 KiB leaf that maps `at`, so that the
 * CPU can be seen to refuse it. NoMemory, or InvalidInput past 2^48. */
enum error ept_set_raw(struct ept *ept, gpa_t at, uint64_t entry, struct reason *why) must_check;

/* An entry that every CPU refuses: write without read (SDM volume 3, "EPT Misconfigurations"). */
#define EPT_ENTRY_MISCONFIGURED ((uint64_t)EPT_WRITE)

#endif
