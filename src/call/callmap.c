/* The call map expanded: from rows over sets of states to one rule for every cell. */
#include "callmap_table.h"

#include <string.h>

#define NAME_ROW(id, text) #id,
#define TOLD_ROW(id, name, text) name,

static const char *const sip_names[] = {SIP_STATES(NAME_ROW)};
static const char *const isdn_names[] = {ISDN_STATES(NAME_ROW)};
static const char *const event_names[] = {CALL_EVENTS(TOLD_ROW)};
static const char *const action_names[] = {"", CALL_ACTIONS(TOLD_ROW)};

G_STATIC_ASSERT(SIP_STATE_COUNT <= 32 && ISDN_STATE_COUNT <= 32);
G_STATIC_ASSERT(G_N_ELEMENTS(action_names) == CALL_ACTION_COUNT);

static const CallRule *cells[SIP_STATE_COUNT][ISDN_STATE_COUNT][CALL_EVENT_COUNT];
static GArray *rules; /* of CallRule, all rows in force in order */
static GArray
    *groups; /* of CallRuleGroup, the same rows with their titles, ended by a title of NULL */

static const CallRule no_rule = {
    .kind = RULE_ERROR,
    .sip_next = SIP_SAME,
    .isdn_next = ISDN_SAME,
    .why = "no rule: a mistake of ours",
};

static GQuark callmap_error_quark(void)
{
    return g_quark_from_static_string("tieline-callmap-error");
}

const char *sip_state_name(SipState state)
{
    return state < SIP_STATE_COUNT ? sip_names[state] : "SAME";
}

const char *isdn_state_name(IsdnState state)
{
    return state < ISDN_STATE_COUNT ? isdn_names[state] : "SAME";
}

const char *call_event_name(CallEvent event)
{
    return event < CALL_EVENT_COUNT ? event_names[event] : "ANY";
}

const char *call_action_name(CallAction action)
{
    return action < CALL_ACTION_COUNT ? action_names[action] : "";
}

static gboolean rule_clash(const CallRule *one, const CallRule *other, SipState sip, IsdnState isdn,
                           CallEvent event, GError **error)
{
    g_set_error(error, callmap_error_quark(), 0,
                "call map: %s at (%s,%s) is claimed twice: \"%s\" and \"%s\"",
                call_event_name(event), sip_state_name(sip), isdn_state_name(isdn), one->why,
                other->why);
    return FALSE;
}

/* Puts RULE into one cell. Live rows take it from late ones, both from impossible ones; of two
 * impossible rows the first stays, two others of one kind are a clash. */
static gboolean cell_claim(const CallRule *rule, SipState sip, IsdnState isdn, CallEvent event,
                           GError **error)
{
    const CallRule **cell = &cells[sip][isdn][event];

    if (!*cell || rule->kind < (*cell)->kind)
        *cell = rule;
    else if (rule->kind == (*cell)->kind && rule->kind != RULE_IMPOSSIBLE)
        return rule_clash(*cell, rule, sip, isdn, event, error);
    return TRUE;
}

static gboolean rule_expand_pair(const CallRule *rule, SipState sip, IsdnState isdn, GError **error)
{
    if (rule->event != CALL_EVENT_ANY)
        return cell_claim(rule, sip, isdn, rule->event, error);
    for (guint event = 0; event < CALL_EVENT_COUNT; event++)
        if (!cell_claim(rule, sip, isdn, event, error))
            return FALSE;
    return TRUE;
}

static gboolean rule_expand(const CallRule *rule, GError **error)
{
    if (rule->event == CALL_EVENT_ANY && rule->kind != RULE_IMPOSSIBLE) {
        g_set_error(error, callmap_error_quark(), 0,
                    "call map: only an impossible row may be for any event: \"%s\"", rule->why);
        return FALSE;
    }
    for (guint sip = 0; sip < SIP_STATE_COUNT; sip++)
        for (guint isdn = 0; isdn < ISDN_STATE_COUNT; isdn++)
            if ((rule->sip & 1u << sip) && (rule->isdn & 1u << isdn) &&
                !rule_expand_pair(rule, sip, isdn, error))
                return FALSE;
    return TRUE;
}

static void callmap_clear(void)
{
    memset(cells, 0, sizeof(cells));
    if (rules) {
        g_array_set_size(rules, 0);
        g_array_set_size(groups, 0);
        return;
    }
    rules = g_array_new(FALSE, FALSE, sizeof(CallRule));
    groups = g_array_new(TRUE, TRUE, sizeof(CallRuleGroup));
}

/* Copies the rows in force; their addresses are known only when all of them are in. */
static void callmap_collect(const CallRuleGroup *const *lists, CallRuleFilter leave_out, void *user)
{
    for (; *lists; lists++)
        for (const CallRuleGroup *group = *lists; group->title; group++) {
            CallRuleGroup kept = {group->title, NULL, rules->len};

            for (gsize i = 0; i < group->count; i++)
                if (!leave_out || !leave_out(&group->rules[i], user))
                    g_array_append_val(rules, group->rules[i]);
            kept.count = rules->len - kept.count;
            g_array_append_val(groups, kept);
        }
    for (gsize i = 0, first = 0; i < groups->len; i++) {
        CallRuleGroup *group = &g_array_index(groups, CallRuleGroup, i);

        group->rules = &g_array_index(rules, CallRule, first);
        first += group->count;
    }
}

gboolean callmap_open_groups(const CallRuleGroup *const *lists, CallRuleFilter leave_out,
                             void *user, GError **error)
{
    callmap_clear();
    callmap_collect(lists, leave_out, user);
    for (gsize i = 0; i < rules->len; i++)
        if (!rule_expand(&g_array_index(rules, CallRule, i), error))
            return FALSE;
    return TRUE;
}

gboolean callmap_open_filtered(CallRuleFilter leave_out, void *user, GError **error)
{
    const CallRuleGroup *const lists[] = {callmap_groups_setup,
                                          callmap_groups_emergency,
                                          callmap_groups_clear,
                                          callmap_groups_service,
                                          callmap_groups_transfer,
                                          callmap_groups_joined,
                                          callmap_groups_overlap,
                                          callmap_groups_party,
                                          callmap_groups_end,
                                          NULL};

    return callmap_open_groups(lists, leave_out, user, error);
}

gboolean callmap_open(GError **error)
{
    return callmap_open_filtered(NULL, NULL, error);
}

const CallRule *callmap_find(SipState sip, IsdnState isdn, CallEvent event)
{
    const CallRule *rule = NULL;

    if (sip < SIP_STATE_COUNT && isdn < ISDN_STATE_COUNT && event < CALL_EVENT_COUNT)
        rule = cells[sip][isdn][event];
    return rule ? rule : &no_rule;
}

const CallRule *callmap_rules(gsize *count)
{
    *count = rules ? rules->len : 0;
    return rules ? (const CallRule *)rules->data : NULL;
}

const CallRuleGroup *callmap_group(gsize index)
{
    return &g_array_index(groups, CallRuleGroup, index);
}
