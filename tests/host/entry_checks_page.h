/* docs/entry-checks.md, written from the rows of vmx/check/: for the program that makes the page and
 * for the test that the one in the tree is that. */
#ifndef TESTS_HOST_ENTRY_CHECKS_PAGE_H
#define TESTS_HOST_ENTRY_CHECKS_PAGE_H

#include <stdio.h>

#include "vmx/check/entry_check.h"

static inline unsigned page_rules_of_section(unsigned section)
{
	unsigned count = 0;

	for (unsigned i = 0; i < entry_rule_table_count; i++)
		if (entry_rule_tables[i]->section == section)
			count += entry_rule_tables[i]->count;
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

static inline void page_rule(FILE *page, const struct entry_rule_table *table,
			     const struct entry_rule *rule)
{
	char answer[48];

	fprintf(page, "| `%s` | %s | ", rule->id, entry_sections[table->section].title);
	for (unsigned i = 0; i < rule->read_count; i++)
		fprintf(page, "%s`%s`", i ? ", " : "", vmcs_field_symbol(rule->reads[i]));
	entry_check_answer(table, rule, answer, sizeof(answer));
	fprintf(page, " | %s | %s |\n", rule->want, answer);
}

static inline void page_write(FILE *page)
{
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
	for (unsigned i = 0; i < entry_rule_table_count; i++)
		for (unsigned j = 0; j < entry_rule_tables[i]->count; j++)
			page_rule(page, entry_rule_tables[i], &entry_rule_tables[i]->rules[j]);
}

#endif
