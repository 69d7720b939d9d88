/* The three rules that each of the three MSR areas has: for the files of rules that list them. */
#ifndef VMX_CHECK_MSR_AREA_RULES_H
#define VMX_CHECK_MSR_AREA_RULES_H

#include "vmx/check/rule_words.h"

#define MSR_AREA_LOW_BITS BITS(3, 0)

static inline bool msr_area_is_aligned(const struct entry_check_input *in, enum vmcs_field address,
				       enum vmcs_field count)
{
	return implies(field(in, count), !(field(in, address) & MSR_AREA_LOW_BITS));
}

static inline bool msr_area_is_narrow(const struct entry_check_input *in, enum vmcs_field address,
				      enum vmcs_field count)
{
	return implies(field(in, count), is_narrow(in, field(in, address)));
}

/* Where the area begins is the rule before. */
static inline bool msr_area_end_is_narrow(const struct entry_check_input *in,
					  enum vmcs_field address, enum vmcs_field count)
{
	uint64_t length = field(in, count) * sizeof(struct msr_area_entry);

	return implies(length && is_narrow(in, field(in, address)),
		       is_narrow(in, field(in, address) + length - 1));
}

/* Two entries, of which one fits. */
static inline void msr_area_end_past_memory(struct entry_check_input *in, enum vmcs_field address,
					    enum vmcs_field count)
{
	set_field(in, address, BIT(address_width(in)) - sizeof(struct msr_area_entry));
	set_field(in, count, 2);
}

#define MSR_AREA_PREDICATES(name, address, count)                            \
	static bool name##_is_aligned(const struct entry_check_input *in)    \
	{                                                                    \
		return msr_area_is_aligned(in, address, count);              \
	}                                                                    \
                                                                             \
	static bool name##_is_narrow(const struct entry_check_input *in)     \
	{                                                                    \
		return msr_area_is_narrow(in, address, count);               \
	}                                                                    \
                                                                             \
	static bool name##_end_is_narrow(const struct entry_check_input *in) \
	{                                                                    \
		return msr_area_end_is_narrow(in, address, count);           \
	}                                                                    \
                                                                             \
	static void name##_end_past_memory(struct entry_check_input *in)     \
	{                                                                    \
		msr_area_end_past_memory(in, address, count);                \
	}

#define MSR_AREA_ROWS(name, prefix, address, count)                                            \
	{                                                                                      \
		.id = "control." prefix ".aligned",                                            \
		.want = "bits 3:0 0 while the area has entries",                               \
		READS(address, count),                                                         \
		.holds = name##_is_aligned,                                                    \
		BREAKS(WRITE(count, 1), TURN_ON(address, BIT(3))),                             \
	},                                                                                     \
		{                                                                              \
			.id = "control." prefix ".width",                                      \
			.want = "no bit beyond the physical-address width while the area has " \
				"entries",                                                     \
			READS(address, count),                                                 \
			.holds = name##_is_narrow,                                             \
			BREAKS(WRITE(count, 1), TURN_ON(address, BEYOND_PHYSICAL)),            \
		},                                                                             \
	{                                                                                      \
		.id = "control." prefix ".end",                                                \
		.want = "the area's last byte within the physical-address width",              \
		READS(address, count), .holds = name##_end_is_narrow,                          \
		.break_further = name##_end_past_memory,                                       \
	}

#endif
