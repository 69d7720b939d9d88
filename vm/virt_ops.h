/* The vendor boundary: all that the machine above asks of a virtualization backend. One table is
 * chosen at boot. State checks are done by vm/vcpu/vcpu.c before the call; a backend only does the
 * work, and returns an error with nothing changed when it cannot. */
#ifndef VM_VIRT_OPS_H
#define VM_VIRT_OPS_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"

struct nested_table;

/* Cacheability of guest memory in the nested page table. */
enum nested_memory_type {
	NESTED_UNCACHED,
	NESTED_WRITE_COMBINING,
	NESTED_WRITE_THROUGH,
	NESTED_WRITE_PROTECTED,
	NESTED_WRITE_BACK
};

/* What a nested page table says of one guest-physical address. */
struct nested_mapping {
	bool present;
	bool malformed;  /* the hardware refuses the entry; the rest counts for nothing */
	unsigned rights; /* enum access, or-ed */
	uint64_t page_size;
	hpa_t to; /* of that very address */
	enum nested_memory_type type;
};

struct virt_ops {
	const char *name;

	/* Each physical CPU, on that CPU. */
	enum error (*init)(struct reason *why);
	bool (*is_enabled)(void);
	enum error (*hardware_enable)(struct reason *why);
	enum error (*hardware_disable)(struct reason *why);

	/* Can guests of this mode run here? Unsupported with the reason if not. */
	enum error (*supports_mode)(enum vcpu_mode mode, struct reason *why);

	/* Each vCPU. Behind its structure lie vcpu_size() bytes for the backend, zeroed, at the same
	 * boundary of VCPU_ALIGNMENT: a vCPU is one piece of memory. Constant after init. */
	size_t (*vcpu_size)(void);
	enum error (*create)(struct vcpu *vcpu, struct reason *why);
	enum error (*set_entry)(struct vcpu *vcpu, gpa_t entry, struct reason *why);
	enum error (*set_nested_root)(struct vcpu *vcpu, hpa_t root, struct reason *why);
	enum error (*setup)(struct vcpu *vcpu, const struct vcpu_config *config,
			    struct reason *why);
	enum error (*bind)(struct vcpu *vcpu, struct reason *why);
	/* Ends with VCPU_EXIT_TIME_SLICE when vcpu->slice_ticks of guest time are used up, with
	 * VCPU_EXIT_KICKED when this CPU's need_resched is set. May hand the CPU over from one vCPU to the
	 * next (vm/schedule/hand_over.h): `*vcpu` becomes whose exit it is. On an error the reason is
	 * in its `trouble`. */
	enum error (*run)(struct vcpu **vcpu, struct vcpu_exit *exit);
	enum error (*unbind)(struct vcpu *vcpu, struct reason *why);
	enum error (*inject)(struct vcpu *vcpu, const struct vcpu_event *event, struct reason *why);
	enum error (*get_register)(struct vcpu *vcpu, enum vcpu_register reg, uint64_t *value);
	enum error (*set_register)(struct vcpu *vcpu, enum vcpu_register reg, uint64_t value);
	enum error (*get_vector)(struct vcpu *vcpu, unsigned reg, uint8_t *value);
	enum error (*set_vector)(struct vcpu *vcpu, unsigned reg, const uint8_t *value, bool whole);
	void (*get_fpu)(struct vcpu *vcpu, uint8_t *image);
	/* Unsupported when the CPU cannot do it. */
	enum error (*set_debug)(struct vcpu *vcpu, const struct vcpu_debug *debug,
				struct reason *why);
	void (*skip_instruction)(struct vcpu *vcpu);
	void (*finish_instruction)(struct vcpu *vcpu, uint32_t length);
	enum error (*init_reset)(struct vcpu *vcpu, struct reason *why);
	enum error (*start_up)(struct vcpu *vcpu, uint8_t sipi_vector, struct reason *why);
	void (*destroy)(struct vcpu *vcpu);
	/* "10(CPUID)" for the log. */
	void (*format_reason)(char *buffer, size_t size, uint32_t raw_reason);
	/* Writes the name of a reason that the backend tells apart in the statistics, by its number
	 * there (below STATISTICS_REASONS), and says of which kind its exits are. */
	enum vcpu_exit_kind (*describe_row)(char *buffer, size_t size, uint32_t row);

	/* Nested page tables, one a VM. `rights` is enum access, or-ed. Ranges are 4 KiB aligned;
	 * the largest page that alignment, capability and policy allow is chosen. */
	enum error (*nested_create)(struct nested_table **table, struct reason *why);
	/* Before anything is mapped: no page is to be larger than this, 4 KiB, 2 MiB or 1 GiB. */
	void (*nested_limit)(struct nested_table *table, uint64_t largest_page);
	enum error (*nested_map)(struct nested_table *table, gpa_t at, hpa_t to, uint64_t length,
				 unsigned rights, enum nested_memory_type type, struct reason *why);
	enum error (*nested_unmap)(struct nested_table *table, gpa_t at, uint64_t length,
				   struct reason *why);
	/* Maps the 4 KiB page at `at`, for all uses, to `to`, which is the VM's alone and nobody's
	 * mapping yet; `*there` is what is mapped afterwards: `to`, or where another CPU was quicker,
	 * its page. Needs no flush. Also from within run(). */
	enum error (*nested_populate)(struct nested_table *table, gpa_t at, hpa_t to, hpa_t *there,
				      struct reason *why);
	/* For test guests: makes the hardware refuse the entry of `at`'s page as malformed. */
	enum error (*nested_misconfigure)(struct nested_table *table, gpa_t at, struct reason *why);
	/* Also from within run(). */
	struct nested_mapping (*nested_query)(struct nested_table *table, gpa_t at);
	hpa_t (*nested_root)(const struct nested_table *table);
	/* How many pages it is made of. */
	uint64_t (*nested_pages)(const struct nested_table *table);
	void (*nested_destroy)(struct nested_table *table);
};

/* The backend in use; null when this machine has none. Constant after boot. */
extern const struct virt_ops *virt;

#endif
