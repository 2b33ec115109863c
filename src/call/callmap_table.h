/* The call map's inner door: lets a test expand a table with rows taken out. */
#pragma once

#include "callmap_rows.h"

/* Expands GROUPS (lists as callmap_rows.h describes them, NULL-terminated) without the rules for
 * which LEAVE_OUT(USER) is TRUE (NULL: none). As callmap_open(), which does it with the lists
 * of the house. */
typedef gboolean (*CallRuleFilter)(const CallRule *rule, void *user);
gboolean callmap_open_filtered(CallRuleFilter leave_out, void *user, GError **error);
gboolean callmap_open_groups(const CallRuleGroup *const *lists, CallRuleFilter leave_out,
                             void *user, GError **error);

/* The groups of the whole table, in order; ended by a title of NULL. */
const CallRuleGroup *callmap_group(gsize index);
