/* Prints the call map: for people, for graphviz, for programs, as the manual page. */
#include "callmap_table.h"

/* ---- sets and lists as text ---------------------------------------------------------------------
 */

typedef const char *(*StateName)(guint state);

static const char *sip_name(guint state)
{
    return sip_state_name(state);
}

static const char *isdn_name(guint state)
{
    return isdn_state_name(state);
}

/* "INVITED|RINGING", "all", or "all but NULL". Caller frees. */
static char *set_text(guint32 set, guint count, StateName name)
{
    guint32 all = (1u << count) - 1;
    GString *text = g_string_new(NULL);

    if (set == 0 || set == all) {
        g_string_assign(text, "all");
        return g_string_free(text, FALSE);
    }
    if (__builtin_popcount(all & ~set) <= 2) {
        g_string_assign(text, "all but ");
        set = all & ~set;
    }
    for (guint state = 0, first = TRUE; state < count; state++)
        if (set & 1u << state) {
            g_string_append_printf(text, "%s%s", first ? "" : "|", name(state));
            first = FALSE;
        }
    return g_string_free(text, FALSE);
}

static char *sip_set_text(SipStates set)
{
    return set_text(set, SIP_STATE_COUNT, sip_name);
}

static char *isdn_set_text(IsdnStates set)
{
    return set_text(set, ISDN_STATE_COUNT, isdn_name);
}

static char *actions_text(const CallRule *rule, const char *between)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < CALL_RULE_ACTIONS && rule->actions[i] != ACTION_END; i++)
        g_string_append_printf(text, "%s%s", i ? between : "", call_action_name(rule->actions[i]));
    return g_string_free(text, FALSE);
}

static const char *kind_name(CallRuleKind kind)
{
    switch (kind) {
    case RULE_LIVE:
        return "live";
    case RULE_LATE:
        return "late";
    case RULE_IMPOSSIBLE:
        return "impossible";
    case RULE_ERROR:
        return "error";
    }
    return "";
}

static const char *next_name(gboolean same, const char *name)
{
    return same ? "=" : name;
}

/* ---- text ---------------------------------------------------------------------------------------
 */

static void rule_print_text(FILE *out, const CallRule *rule)
{
    g_autofree char *sip = sip_set_text(rule->sip);
    g_autofree char *isdn = isdn_set_text(rule->isdn);
    g_autofree char *actions = actions_text(rule, " ");

    fprintf(out, "%s\n    at (%s, %s)\n", call_event_name(rule->event), sip, isdn);
    if (rule->kind == RULE_LIVE)
        fprintf(out, "    to (%s, %s)\n",
                next_name(rule->sip_next == SIP_SAME, sip_state_name(rule->sip_next)),
                next_name(rule->isdn_next == ISDN_SAME, isdn_state_name(rule->isdn_next)));
    if (*actions)
        fprintf(out, "    do %s\n", actions);
    fprintf(out, "    %s %s\n", rule->kind == RULE_IMPOSSIBLE ? "never:" : "by", rule->why);
}

static void timer_print_text(FILE *out, const CallTimerRule *timer)
{
    g_autofree char *sip = sip_set_text(timer->sip);
    g_autofree char *isdn = isdn_set_text(timer->isdn);

    fprintf(out, "%s\n    at (%s, %s)\n    %.3g s, then %s cause=%u\n    by %s\n", timer->name, sip,
            isdn, (double)timer->default_us / G_USEC_PER_SEC, call_event_name(timer->event),
            timer->cause, timer->why);
}

static void callmap_print_text(FILE *out)
{
    for (const CallRuleGroup *group = callmap_group(0); group->title; group++) {
        fprintf(out, "== %s\n\n", group->title);
        for (gsize i = 0; i < group->count; i++)
            rule_print_text(out, &group->rules[i]);
        fprintf(out, "\n");
    }
    fprintf(out, "== Timers' table\n\n");
    for (guint id = 0; id < CALL_TIMER_COUNT; id++)
        timer_print_text(out, callmap_timer(id));
}

/* ---- dot ----------------------------------------------------------------------------------------
 */

/* One edge for every cell of a live row; pairs that no live row leaves or enters are not drawn. */
static void rule_print_edges(FILE *out, const CallRule *rule)
{
    for (guint sip = 0; sip < SIP_STATE_COUNT; sip++)
        for (guint isdn = 0; isdn < ISDN_STATE_COUNT; isdn++) {
            guint sip_to = rule->sip_next == SIP_SAME ? sip : rule->sip_next;
            guint isdn_to = rule->isdn_next == ISDN_SAME ? isdn : rule->isdn_next;

            if (!(rule->sip & 1u << sip) || !(rule->isdn & 1u << isdn) ||
                callmap_find(sip, isdn, rule->event) != rule)
                continue;
            fprintf(out, "  \"%s\\n%s\" -> \"%s\\n%s\" [label=\"%s\"];\n", sip_state_name(sip),
                    isdn_state_name(isdn), sip_state_name(sip_to), isdn_state_name(isdn_to),
                    call_event_name(rule->event));
        }
}

static void callmap_print_dot(FILE *out)
{
    gsize count;
    const CallRule *rules = callmap_rules(&count);

    fprintf(out, "digraph callmap {\n  rankdir=LR;\n  node [shape=box];\n");
    for (gsize i = 0; i < count; i++)
        if (rules[i].kind == RULE_LIVE)
            rule_print_edges(out, &rules[i]);
    fprintf(out, "}\n");
}

/* ---- json ---------------------------------------------------------------------------------------
 */

/* Our own words only: nothing in them needs more than quotes and backslashes escaped. */
static void json_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void json_states(FILE *out, const char *key, guint32 set, guint count, StateName name)
{
    gboolean first = TRUE;

    fprintf(out, "\"%s\":[", key);
    for (guint state = 0; state < count; state++)
        if (!set || set & 1u << state) {
            fprintf(out, "%s\"%s\"", first ? "" : ",", name(state));
            first = FALSE;
        }
    fprintf(out, "],");
}

static void rule_print_json(FILE *out, const CallRuleGroup *group, const CallRule *rule)
{
    g_autofree char *actions = actions_text(rule, "\",\"");

    fprintf(out, "{\"group\":");
    json_string(out, group->title);
    fprintf(out, ",\"kind\":\"%s\",\"event\":\"%s\",", kind_name(rule->kind),
            call_event_name(rule->event));
    json_states(out, "sip", rule->sip, SIP_STATE_COUNT, sip_name);
    json_states(out, "isdn", rule->isdn, ISDN_STATE_COUNT, isdn_name);
    fprintf(out, "\"actions\":[%s%s%s],", *actions ? "\"" : "", actions, *actions ? "\"" : "");
    if (rule->sip_next != SIP_SAME)
        fprintf(out, "\"sip_next\":\"%s\",", sip_state_name(rule->sip_next));
    if (rule->isdn_next != ISDN_SAME)
        fprintf(out, "\"isdn_next\":\"%s\",", isdn_state_name(rule->isdn_next));
    fprintf(out, "\"why\":");
    json_string(out, rule->why);
    fputc('}', out);
}

static void timer_print_json(FILE *out, const CallTimerRule *timer)
{
    fprintf(out, "{\"name\":\"%s\",", timer->name);
    json_states(out, "sip", timer->sip, SIP_STATE_COUNT, sip_name);
    json_states(out, "isdn", timer->isdn, ISDN_STATE_COUNT, isdn_name);
    fprintf(out, "\"default_ms\":%" G_GINT64_FORMAT ",\"event\":\"%s\",\"cause\":%u,\"why\":",
            timer->default_us / 1000, call_event_name(timer->event), timer->cause);
    json_string(out, timer->why);
    fputc('}', out);
}

static void callmap_print_json(FILE *out)
{
    gboolean first = TRUE;

    fprintf(out, "{\"rules\":[\n");
    for (const CallRuleGroup *group = callmap_group(0); group->title; group++)
        for (gsize i = 0; i < group->count; i++) {
            fprintf(out, "%s", first ? "" : ",\n");
            rule_print_json(out, group, &group->rules[i]);
            first = FALSE;
        }
    fprintf(out, "\n],\"timers\":[\n");
    for (guint id = 0; id < CALL_TIMER_COUNT; id++) {
        fprintf(out, "%s", id ? ",\n" : "");
        timer_print_json(out, callmap_timer(id));
    }
    fprintf(out, "\n]}\n");
}

/* ---- the manual page ----------------------------------------------------------------------------
 */

/* Hyphens are minus signs in what a reader may type; names are set bold. */
static void man_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '-' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
        /* A set may be long: let the formatter break it behind each name. */
        if (*text == '|')
            fprintf(out, "\\:");
    }
}

static void man_line(FILE *out, const char *macro, const char *text)
{
    fprintf(out, "%s ", macro);
    man_text(out, text);
    fputc('\n', out);
}

static void man_pair(FILE *out, const char *word, const char *sip, const char *isdn)
{
    fprintf(out, "%s (", word);
    man_text(out, sip);
    fprintf(out, ", ");
    man_text(out, isdn);
    fprintf(out, ")\n.br\n");
}

static void rule_print_man(FILE *out, const CallRule *rule)
{
    g_autofree char *sip = sip_set_text(rule->sip);
    g_autofree char *isdn = isdn_set_text(rule->isdn);
    g_autofree char *actions = actions_text(rule, " ");

    fprintf(out, ".TP\n");
    man_line(out, ".B", call_event_name(rule->event));
    man_pair(out, "at", sip, isdn);
    if (rule->kind == RULE_LIVE)
        man_pair(out, "to", next_name(rule->sip_next == SIP_SAME, sip_state_name(rule->sip_next)),
                 next_name(rule->isdn_next == ISDN_SAME, isdn_state_name(rule->isdn_next)));
    if (*actions) {
        man_line(out, "do", actions);
        fprintf(out, ".br\n");
    }
    man_line(out, rule->kind == RULE_IMPOSSIBLE ? "never:" : "by", rule->why);
}

static void timer_print_man(FILE *out, const CallTimerRule *timer)
{
    g_autofree char *sip = sip_set_text(timer->sip);
    g_autofree char *isdn = isdn_set_text(timer->isdn);

    fprintf(out, ".TP\n");
    man_line(out, ".B", timer->name);
    man_pair(out, "runs at", sip, isdn);
    fprintf(out, "%.3g s, then ", (double)timer->default_us / G_USEC_PER_SEC);
    man_text(out, call_event_name(timer->event));
    fprintf(out, " with cause %u\n.br\n", timer->cause);
    man_line(out, "by", timer->why);
}

#define MAN_STATE(id, text)                                                                        \
    fprintf(out, ".TP\n.B " #id "\n");                                                             \
    man_text(out, text);                                                                           \
    fputc('\n', out);
#define MAN_NAME(id, name, text)                                                                   \
    fprintf(out, ".TP\n");                                                                         \
    man_line(out, ".B", name);                                                                     \
    man_text(out, text);                                                                           \
    fputc('\n', out);

static void man_words(FILE *out)
{
    fprintf(out, ".SH STATES OF THE SIP LEG\n");
    SIP_STATES(MAN_STATE)
    fprintf(out, ".SH STATES OF THE ISDN LEG\n");
    ISDN_STATES(MAN_STATE)
    fprintf(out, ".SH EVENTS\n");
    CALL_EVENTS(MAN_NAME)
    fprintf(out, ".SH ACTIONS\n");
    CALL_ACTIONS(MAN_NAME)
}

static void callmap_print_man(FILE *out)
{
    fprintf(out,
            ".\\\" Generated from the call map's tables. Do not edit.\n"
            ".TH TIELINE\\-CALLMAP 7 \"\" tieline \"tieline\"\n"
            ".ad l\n"
            ".SH NAME\n"
            "tieline\\-callmap \\- how tieline translates between SIP and Q.931\n"
            ".SH DESCRIPTION\n"
            "A call joins one SIP leg and one ISDN leg. When an event arrives while the legs\n"
            "stand at a pair of states, the rule of that cell says where they go and what is\n"
            "done, in order; = means that a leg stays where it is. What happens late or by\n"
            "crossing changes nothing. Each rule names the clause that asks for it.\n"
            ".PP\n"
            "Each event of a call writes one line of this form to the log:\n"
            ".PP\n"
            ".EX\n"
            "C42 ISDN.CONNECT (PROGRESSING,DELIVERED)\\->(ANSWERED,ACTIVE) isdn_connect_ack ...\n"
            ".EE\n");
    man_words(out);
    for (const CallRuleGroup *group = callmap_group(0); group->title; group++) {
        g_autofree char *title = g_ascii_strup(group->title, -1);

        man_line(out, ".SH RULES:", title);
        for (gsize i = 0; i < group->count; i++)
            rule_print_man(out, &group->rules[i]);
    }
    fprintf(out, ".SH TIMERS\n"
                 "A timer starts when the legs enter its states and stops when they leave. Its\n"
                 "length is the setting of its name.\n");
    for (guint id = 0; id < CALL_TIMER_COUNT; id++)
        timer_print_man(out, callmap_timer(id));
    fprintf(out, ".SH SEE ALSO\n"
                 ".BR tielined (8),\n.BR tielinectl (1),\n.BR tieline.conf (5)\n");
}

void callmap_print(FILE *out, CallMapFormat format)
{
    switch (format) {
    case CALLMAP_TEXT:
        callmap_print_text(out);
        return;
    case CALLMAP_DOT:
        callmap_print_dot(out);
        return;
    case CALLMAP_JSON:
        callmap_print_json(out);
        return;
    case CALLMAP_MAN:
        callmap_print_man(out);
        return;
    }
}
