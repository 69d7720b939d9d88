/* The emulated model-specific registers, a pair of functions each; vm/policy/msr_policy.c lists them and
 * is the only caller. A reader sets `*value` on MSR_DONE; a writer that faults changes nothing. */
#ifndef VM_POLICY_MSR_EMULATE_H
#define VM_POLICY_MSR_EMULATE_H

#include "lib/types.h"
#include "vm/policy/msr_policy.h"

typedef enum msr_outcome (*msr_reader)(const struct msr_state *state,
				       const struct msr_inputs *inputs, uint32_t index,
				       uint64_t *value);
typedef enum msr_outcome (*msr_writer)(struct msr_state *state, const struct msr_inputs *inputs,
				       uint32_t index, uint64_t value, unsigned *changed);

/* X(name): registers that are both read and written through a function of their own */
#define MSR_EMULATED_LIST(X) \
	X(tsc)               \
	X(apic_base)         \
	X(tsc_adjust)        \
	X(misc_enable)       \
	X(mtrr)              \
	X(pat)               \
	X(tsc_deadline)      \
	X(x2apic)            \
	X(xss)               \
	X(efer)              \
	X(pvclock)           \
	X(zero) /* reads zero; only zero may be written */

#define X(name)                                                                            \
	enum msr_outcome msr_read_##name(const struct msr_state *state,                    \
					 const struct msr_inputs *inputs, uint32_t index,  \
					 uint64_t *value);                                 \
	enum msr_outcome msr_write_##name(struct msr_state *state,                         \
					  const struct msr_inputs *inputs, uint32_t index, \
					  uint64_t value, unsigned *changed);
MSR_EMULATED_LIST(X)
#undef X

/* Neither written nor read, respectively. */
enum msr_outcome msr_read_feature_control(const struct msr_state *state,
					  const struct msr_inputs *inputs, uint32_t index,
					  uint64_t *value);
enum msr_outcome msr_read_platform_info(const struct msr_state *state,
					const struct msr_inputs *inputs, uint32_t index,
					uint64_t *value);
enum msr_outcome msr_write_ignored(struct msr_state *state, const struct msr_inputs *inputs,
				   uint32_t index, uint64_t value, unsigned *changed);
enum msr_outcome msr_read_bios_sign_id(const struct msr_state *state,
				       const struct msr_inputs *inputs, uint32_t index,
				       uint64_t *value);

#endif
