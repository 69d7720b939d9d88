/* docs/entry-checks.md, written from the rows of vmx/check/: for the program that makes the page and
 * for the test that the one in the tree is that. */
#ifndef TESTS_HOST_ENTRY_CHECKS_PAGE_H
#define TESTS_HOST_ENTRY_CHECKS_PAGE_H

#include <stdio.h>

#include "vmx/check/entry_check.h"

static inline unsigned page_rules_of_section(unsigned section)
{
	struct entry_rule rule = { 0 };
	unsigned count = 0;

	while (entry_rule_next(&rule))
		count += rule.table->section == section;
	return count;
}

static inline void page_sections(FILE *page)
{
	fprintf(page, "| section | rules | complete |\n|---|---|---|\n");
	for (unsigned i = 0; i < ENTRY_SECTIONS; i++) {
		const char *missing = entry_sections[i].missing;

		fprintf(page, "| %s | %u | %s%s |\n", entry_sections[i].title,
			page_rules_of_section(i), *missing ? "but for " : "yes", missing);
	}
}

static inline void page_rule(FILE *page, const struct entry_rule *rule)
{
	const struct entry_rule_row *row = rule->row;
	char id[ENTRY_RULE_ID_MAX], want[ENTRY_RULE_WANT_MAX], answer[48];

	entry_rule_id(rule, id, sizeof(id));
	fprintf(page, "| `%s` | %s | ", id, entry_sections[rule->table->section].title);
	for (unsigned i = 0; i < entry_rule_read_count(rule); i++)
		fprintf(page, "%s`%s`", i ? ", " : "",
			vmcs_field_symbol(entry_rule_field(rule, row->reads[i])));
	entry_check_answer(rule, answer, sizeof(answer));
	entry_rule_want(rule, want, sizeof(want));
	fprintf(page, " | %s | %s |\n", want, answer);
}

static inline void page_write(FILE *page)
{
	struct entry_rule rule = { 0 };

	fprintf(page, "# VM-entry checks\n\n"
		      "Made by `make docs` from the rows of `vmx/check/*_rules.c`; a test "
		      "compares. Sections are\n"
		      "those of the SDM, volume 3, chapter \"VM Entries\". After an entry that "
		      "fails, and with\n"
		      "`preflight=on` before each, the log names every rule that is broken, with "
		      "the values of\n"
		      "its fields and what it wants:\n\n"
		      "    entry-check guest.segment.tr.busy: GUEST_TR_AR_BYTES=0x89, want ...\n\n"
		      "The launch state, a VMCS that is not current and blocking by MOV SS "
		      "(\"Basic VM-Entry\n"
		      "Checks\") are no rows: the CPU gives each an error number of its own.\n\n"
		      "## Sections\n\n");
	page_sections(page);
	fprintf(page,
		"\n## The %u rules\n\n"
		"| rule | section | fields | wants | the CPU answers |\n|---|---|---|---|---|\n",
		entry_rule_count());
	while (entry_rule_next(&rule))
		page_rule(page, &rule);
}

#endif
