/* The call map is whole: every cell is accounted for, every rule is used, every way ends and leaves
 * nothing behind. */
#include "callmap_table.h"
#include "legs.h"
#include "walk.h"

#include <stdlib.h>
#include <string.h>

static void map_opens_without_a_clash(void)
{
    g_autoptr(GError) error = NULL;

    callmap_open(&error);
    g_assert_no_error(error);
}

static void clash_is_named(void)
{
    static const CallRule rules[] = {
        STEP(SIP_ACK, S(ANSWERED), Q(ACTIVE), UP, SAME, "one"),
        STEP(SIP_ACK, S(ANSWERED) | S(PARTING), TALKING, UP, SAME, "other"),
    };
    static const CallRuleGroup groups[] = {GROUP("clash", rules), {NULL}};
    const CallRuleGroup *const lists[] = {groups, NULL};
    g_autoptr(GError) error = NULL;

    g_assert_false(callmap_open_groups(lists, NULL, NULL, &error));
    g_assert_nonnull(strstr(error->message, "SIP.ACK at (ANSWERED,ACTIVE)"));
    g_assert_nonnull(strstr(error->message, "\"one\""));
    g_assert_nonnull(strstr(error->message, "\"other\""));
    callmap_open(NULL);
}

static void late_rows_never_overrule_live_ones(void)
{
    static const CallRule rules[] = {
        LATE(SIP_ACK, ANY_SIP, ANY_ISDN, "late"),
        NEVER(CALL_EVENT_ANY, ANY_SIP, ANY_ISDN, "never"),
        STEP(SIP_ACK, S(ANSWERED), Q(ACTIVE), UP, SAME, "live"),
    };
    static const CallRuleGroup groups[] = {GROUP("order", rules), {NULL}};
    const CallRuleGroup *const lists[] = {groups, NULL};

    g_assert_true(callmap_open_groups(lists, NULL, NULL, NULL));
    g_assert_cmpstr(callmap_find(SIP_ANSWERED, ISDN_ACTIVE, EVENT_SIP_ACK)->why, ==, "live");
    g_assert_cmpstr(callmap_find(SIP_UP, ISDN_ACTIVE, EVENT_SIP_ACK)->why, ==, "late");
    g_assert_cmpstr(callmap_find(SIP_UP, ISDN_ACTIVE, EVENT_SIP_BYE)->why, ==, "never");
    callmap_open(NULL);
}

static void every_cell_is_accounted_for(void)
{
    guint kinds[RULE_ERROR + 1] = {0};

    for (guint sip = 0; sip < SIP_STATE_COUNT; sip++)
        for (guint isdn = 0; isdn < ISDN_STATE_COUNT; isdn++)
            for (guint event = 0; event < CALL_EVENT_COUNT; event++) {
                const CallRule *rule = callmap_find(sip, isdn, event);

                kinds[rule->kind]++;
                if (rule->kind == RULE_ERROR)
                    g_test_message("no rule for %s at (%s,%s)", call_event_name(event),
                                   sip_state_name(sip), isdn_state_name(isdn));
            }
    g_test_message("%u cells live, %u late, %u impossible", kinds[RULE_LIVE], kinds[RULE_LATE],
                   kinds[RULE_IMPOSSIBLE]);
    g_assert_cmpuint(kinds[RULE_ERROR], ==, 0);
}

/* A clause of a standard, or for what cannot be the room that sees to it. */
static gboolean why_cites(const CallRule *rule)
{
    static const char *const standards[] = {"RFC ", "Q.931 ", "Q.850 ", "Q.932 ", "EN 300 "};
    static const char *const rooms[] = {"map: ", "hall: ", "ua: ", "isdn: ", "media: "};

    for (guint i = 0; i < G_N_ELEMENTS(standards); i++)
        if (g_str_has_prefix(rule->why, standards[i]))
            return strpbrk(rule->why, "0123456789") != NULL;
    for (guint i = 0; i < G_N_ELEMENTS(rooms); i++)
        if (g_str_has_prefix(rule->why, rooms[i]))
            return rule->kind == RULE_IMPOSSIBLE;
    return FALSE;
}

static void every_rule_cites_its_clause(void)
{
    gsize count;
    const CallRule *rules = callmap_rules(&count);

    g_assert_cmpuint(count, >, 100);
    for (gsize i = 0; i < count; i++)
        if (!rules[i].why || !why_cites(&rules[i]))
            g_error("%s: \"%s\" cites nothing", call_event_name(rules[i].event), rules[i].why);
    for (guint id = 0; id < CALL_TIMER_COUNT; id++) {
        const CallTimerRule *timer = callmap_timer(id);

        g_assert_true(g_str_has_prefix(timer->why, "RFC ") ||
                      g_str_has_prefix(timer->why, "Q.931 "));
        g_assert_cmpint(timer->min_us, <=, timer->default_us);
        g_assert_cmpint(timer->default_us, <=, timer->max_us);
        g_assert_cmpuint(timer->cause, >, 0);
    }
}

static void every_way_ends_and_leaves_nothing(void)
{
    g_autoptr(Walk) walk = walk_new();

    if (walk->wrong)
        g_error("%s", walk->wrong);
    g_test_message("%u standings, %u steps", walk->settled, walk->steps);
    g_assert_cmpuint(walk->settled, >, 40);
}

static void no_rule_is_dead(void)
{
    g_autoptr(Walk) walk = walk_new();
    gsize count;
    const CallRule *rules = callmap_rules(&count);

    for (gsize i = 0; i < count; i++)
        if (rules[i].kind <= RULE_LATE && !g_hash_table_contains(walk->used, &rules[i]))
            g_error("dead rule: %s, %s", call_event_name(rules[i].event), rules[i].why);
}

/* Where the call can stand, nothing is claimed to be a step that nobody can take. */
static void no_live_cell_is_dead(void)
{
    g_autoptr(Walk) walk = walk_new();
    guint dead = 0;

    for (guint sip = 0; sip < SIP_STATE_COUNT; sip++)
        for (guint isdn = 0; isdn < ISDN_STATE_COUNT; isdn++)
            for (guint event = 0; event < CALL_EVENT_COUNT; event++)
                if (walk->stood[sip][isdn] && !walk->taken[sip][isdn][event] &&
                    callmap_find(sip, isdn, event)->kind == RULE_LIVE) {
                    g_test_message("dead cell: %s at (%s,%s)", call_event_name(event),
                                   sip_state_name(sip), isdn_state_name(isdn));
                    dead++;
                }
    g_assert_cmpuint(dead, ==, 0);
}

typedef struct OneRule {
    gsize index, at;
} OneRule;

static gboolean is_the_one(const CallRule *rule, void *user)
{
    OneRule *one = user;

    (void)rule;
    return one->at++ == one->index;
}

/* The walk is itself tested: without any one live rule it must find something wrong. */
static void walk_misses_any_rule_taken_out(void)
{
    gsize count, live = 0;

    callmap_rules(&count);
    for (gsize i = 0; i < count; i++) {
        const CallRule gone = callmap_rules(&count)[i];
        OneRule one = {i, 0};

        if (gone.kind != RULE_LIVE)
            continue;
        live++;
        g_assert_true(callmap_open_filtered(is_the_one, &one, NULL));
        {
            g_autoptr(Walk) walk = walk_new();

            if (!walk->wrong)
                g_error("the walk does not miss %s: %s", call_event_name(gone.event), gone.why);
        }
        g_assert_true(callmap_open(NULL));
    }
    g_test_message("%" G_GSIZE_FORMAT " rules taken out one by one", live);
}

/* And so are its time-outs: without any one timer some call would never end. The guard is the
 * exception, which only a mistake needs. */
static void walk_misses_any_timer_taken_out(void)
{
    for (guint id = 0; id < CALL_TIMER_COUNT; id++) {
        if (id == CALL_TIMER_GUARD)
            continue;
        legs_stopped_timer = id;
        {
            g_autoptr(Walk) walk = walk_new();

            if (!walk->wrong)
                g_error("the walk does not miss %s", callmap_timer(id)->name);
            g_assert_true(g_str_has_prefix(walk->wrong, "no end by time-outs"));
        }
        legs_stopped_timer = CALL_TIMER_COUNT;
    }
}

/* No SIP leg that has departed is without the guard, and only such a one is under it. */
static void guard_watches_departed_legs(void)
{
    const SipStates departed = S(PARTING) | GIVEN_UP | S(LEAVING);
    g_autoptr(Walk) walk = walk_new();

    g_assert_cmpuint(callmap_timer(CALL_TIMER_GUARD)->sip, ==, departed);
    for (guint sip = 0; sip < SIP_STATE_COUNT; sip++)
        for (guint isdn = 0; isdn < ISDN_STATE_COUNT; isdn++)
            if (walk->stood[sip][isdn] && departed & 1u << sip)
                g_assert_cmpint(callmap_find(sip, isdn, EVENT_TIMER_GUARD)->sip_next, ==, SIP_IDLE);
}

static char *print_to_text(CallMapFormat format)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    callmap_print(out, format);
    fclose(out);
    return text;
}

static void printed_map_names_every_rule(void)
{
    g_autofree char *text = print_to_text(CALLMAP_TEXT);
    g_autofree char *dot = print_to_text(CALLMAP_DOT);
    g_autofree char *json = print_to_text(CALLMAP_JSON);
    gsize count, rules_told = 0;

    callmap_rules(&count);
    for (const char *at = json; (at = strstr(at, "{\"group\":")); at++)
        rules_told++;
    g_assert_cmpuint(rules_told, ==, count);
    g_assert_nonnull(strstr(text, "ISDN.CONNECT\n"));
    g_assert_nonnull(strstr(text, "do isdn_connect_ack media_through sip_answer"));
    g_assert_nonnull(strstr(dot, "\"ANSWERED\\nACTIVE\" -> \"UP\\nACTIVE\" [label=\"SIP.ACK\"]"));
    g_assert_true(g_str_has_prefix(dot, "digraph"));
}

/* As tests/run says it, or automake. */
static const char *source_directory(void)
{
    const char *directory = g_getenv("G_TEST_SRCDIR");

    if (!directory)
        directory = g_getenv("srcdir");
    return directory ? directory : ".";
}

static void manual_page_is_the_map(void)
{
    g_autofree char *made = print_to_text(CALLMAP_MAN);
    g_autofree char *file = g_build_filename(source_directory(), "doc", "tieline-callmap.7", NULL);
    g_autofree char *kept = NULL;
    g_autoptr(GError) error = NULL;

    g_file_get_contents(file, &kept, NULL, &error);
    g_assert_no_error(error);
    if (strcmp(made, kept) != 0)
        g_error("doc/tieline-callmap.7 is not what the map prints: make update-docs");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    callmap_open(NULL);
    g_test_add_func("/callmap/map-opens-without-a-clash", map_opens_without_a_clash);
    g_test_add_func("/callmap/clash-is-named", clash_is_named);
    g_test_add_func("/callmap/late-rows-never-overrule-live-ones",
                    late_rows_never_overrule_live_ones);
    g_test_add_func("/callmap/every-cell-is-accounted-for", every_cell_is_accounted_for);
    g_test_add_func("/callmap/every-rule-cites-its-clause", every_rule_cites_its_clause);
    g_test_add_func("/callmap/every-way-ends-and-leaves-nothing",
                    every_way_ends_and_leaves_nothing);
    g_test_add_func("/callmap/no-rule-is-dead", no_rule_is_dead);
    g_test_add_func("/callmap/no-live-cell-is-dead", no_live_cell_is_dead);
    g_test_add_func("/callmap/walk-misses-any-rule-taken-out", walk_misses_any_rule_taken_out);
    g_test_add_func("/callmap/walk-misses-any-timer-taken-out", walk_misses_any_timer_taken_out);
    g_test_add_func("/callmap/guard-watches-departed-legs", guard_watches_departed_legs);
    g_test_add_func("/callmap/printed-map-names-every-rule", printed_map_names_every_rule);
    g_test_add_func("/callmap/manual-page-is-the-map", manual_page_is_the_map);
    return g_test_run();
}
