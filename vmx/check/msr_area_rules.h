/* The three rules that each of the three MSR areas has: for the files of rules that list them. */
#ifndef VMX_CHECK_MSR_AREA_RULES_H
#define VMX_CHECK_MSR_AREA_RULES_H

#include "vmx/check/rule_words.h"

/* Of rows that read the area's address and the number of its entries, in this order. */
bool msr_area_is_aligned(const struct entry_check_input *in, const struct entry_rule_row *row);
bool msr_area_is_narrow(const struct entry_check_input *in, const struct entry_rule_row *row);
bool msr_area_end_is_narrow(const struct entry_check_input *in, const struct entry_rule_row *row);
void msr_area_end_past_memory(struct entry_check_input *in, const struct entry_rule_row *row);

#define MSR_AREA_ROWS(name, address, count)                                                    \
	{                                                                                      \
		.id = "" name ".aligned",                                                      \
		.want = "bits 3:0 0 while the area has entries",                               \
		READS(address, count),                                                         \
		.kind = RULE_ASKS_OF_ROW,                                                      \
		.holds_of = msr_area_is_aligned,                                               \
		BREAKS(WRITE(count, 1), TURN_ON(address, BIT(3))),                             \
	},                                                                                     \
		{                                                                              \
			.id = "" name ".width",                                                \
			.want = "no bit beyond the physical-address width while the area has " \
				"entries",                                                     \
			READS(address, count),                                                 \
			.kind = RULE_ASKS_OF_ROW,                                              \
			.holds_of = msr_area_is_narrow,                                        \
			BREAKS(WRITE(count, 1), TURN_ON(address, BEYOND_PHYSICAL)),            \
		},                                                                             \
	{                                                                                      \
		.id = "" name ".end",                                                          \
		.want = "the area's last byte within the physical-address width",              \
		READS(address, count), .kind = RULE_ASKS_OF_ROW,                               \
		.holds_of = msr_area_end_is_narrow, .break_of = msr_area_end_past_memory,      \
	}

#endif
