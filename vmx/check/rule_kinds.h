/* How a rule is broken: for vmx/check/entry_check.c. */
#ifndef VMX_CHECK_RULE_KINDS_H
#define VMX_CHECK_RULE_KINDS_H

#include "vmx/check/entry_check.h"

/* Follows its recipe, in a snapshot in which fields that mean nothing so far are sound. */
void rule_break(const struct entry_rule *rule, struct entry_check_input *in);

#endif
