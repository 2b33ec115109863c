/* The walk of walk.h: every way through the map, branching where an action may be refused or a
 * route may differ. */
#include "walk.h"
#include "legs.h"

#include <string.h>

#define QUEUE_MAX 6

/* A standing: map, legs, and events raised by actions that wait. All octets: it is its own key. */
typedef struct Step {
    guint8 sip, isdn;
    Legs legs;
    guint8 queued;
    guint8 queue[QUEUE_MAX];
} Step;

G_STATIC_ASSERT(sizeof(Step) == 2 + sizeof(Legs) + 1 + QUEUE_MAX);
G_STATIC_ASSERT(CALL_EVENT_COUNT < 256);

typedef struct Node {
    Step step;
    GPtrArray *next;     /* of Node*: where one event may lead */
    GPtrArray *patience; /* of Node*: the same by mere time-outs */
    struct Node *from;
    CallEvent by;
    guint8 ends; /* reached by the backward search */
} Node;

typedef struct Walker {
    Walk *walk;
    GHashTable *seen;  /* Step -> Node*, standings between events */
    GHashTable *tried; /* Step: intermediate ones, within the present event */
    GQueue open;       /* of Node* */
    Node *node;        /* the one whose events are being tried */
    CallEvent event;   /* being tried */
    gboolean patient;  /* it comes by mere waiting */
} Walker;

static guint step_hash(gconstpointer key)
{
    const guint8 *octets = key;
    guint hash = 5381;

    for (gsize i = 0; i < sizeof(Step); i++)
        hash = hash * 33 + octets[i];
    return hash;
}

static gboolean step_equal(gconstpointer one, gconstpointer other)
{
    return memcmp(one, other, sizeof(Step)) == 0;
}

static void node_free(gpointer data)
{
    Node *node = data;

    g_ptr_array_unref(node->next);
    g_ptr_array_unref(node->patience);
    g_free(node);
}

static void way_append(GString *text, const Node *node)
{
    if (node->from)
        way_append(text, node->from);
    if (node->from)
        g_string_append_printf(text, " %s", call_event_name(node->by));
}

static void walk_wrong(Walker *walker, const Step *step, CallEvent event, const char *what)
{
    g_autoptr(GString) way = g_string_new(NULL);

    if (walker->walk->wrong)
        return;
    if (walker->node)
        way_append(way, walker->node);
    walker->walk->wrong = g_strdup_printf(
        "%s: %s at (%s,%s), after%s %s", what, call_event_name(event), sip_state_name(step->sip),
        isdn_state_name(step->isdn), way->str, call_event_name(walker->event));
}

static Node *walk_reach(Walker *walker, const Step *step)
{
    Node *node = g_hash_table_lookup(walker->seen, step);

    if (!node) {
        node = g_new0(Node, 1);
        node->step = *step;
        node->next = g_ptr_array_new();
        node->patience = g_ptr_array_new();
        node->from = walker->node;
        node->by = walker->event;
        g_hash_table_insert(walker->seen, &node->step, node);
        g_queue_push_tail(&walker->open, node);
    }
    if (walker->node) {
        g_ptr_array_add(walker->node->next, node);
        if (walker->patient)
            g_ptr_array_add(walker->node->patience, node);
    }
    return node;
}

static void walk_on(Walker *walker, Step step);
static void walk_actions(Walker *walker, Step step, const CallRule *rule, CallEvent event, guint i);

static gboolean step_queue(Step *step, CallEvent event)
{
    if (step->queued == QUEUE_MAX)
        return FALSE;
    step->queue[step->queued++] = (guint8)event;
    return TRUE;
}

static void walk_raise(Walker *walker, Step step, const CallRule *rule, CallEvent event, guint i,
                       CallEvent raised, gboolean stop)
{
    if (!step_queue(&step, raised))
        walk_wrong(walker, &step, raised, "events pile up");
    else
        walk_actions(walker, step, rule, event, stop ? CALL_RULE_ACTIONS : i + 1);
}

/* What routing may raise: a caller's INVITE goes to a trunk, a PBX's call to a peer, either to
 * nobody. */
static void walk_route(Walker *walker, Step step, const CallRule *rule, CallEvent event, guint i)
{
    gboolean from_phone = step.isdn == ISDN_NULL;
    /* Whoever waits for a name has the whole number. */
    gboolean digits = rule->actions[i] == ACTION_ROUTE_CALL && event != EVENT_TIMER_T302 &&
                      step.isdn != ISDN_AWAITING_NAME;

    walk_raise(walker, step, rule, event, i, from_phone ? EVENT_ROUTE_TRUNK : EVENT_ROUTE_PEER,
               FALSE);
    walk_raise(walker, step, rule, event, i, EVENT_ROUTE_NONE, FALSE);
    if (step.isdn == ISDN_INCOMING_PROCEEDING || step.isdn == ISDN_RECEIVED)
        walk_raise(walker, step, rule, event, i, EVENT_ROUTE_TREATED, FALSE);
    if (from_phone && rule->actions[i] == ACTION_ROUTE_NEXT)
        walk_raise(walker, step, rule, event, i, EVENT_ROUTE_PREEMPT, FALSE);
    if (!from_phone && digits)
        walk_raise(walker, step, rule, event, i, EVENT_ROUTE_MORE, FALSE);
    if (step.isdn == ISDN_PRESENT)
        walk_raise(walker, step, rule, event, i, EVENT_ROUTE_PROMPT, FALSE);
    if (!from_phone && digits)
        walk_raise(walker, step, rule, event, i, EVENT_ROUTE_OVERLAP, FALSE);
}

/* The row is done: a leg that came to rest must have heard its last word. */
static void walk_row_ends(Walker *walker, Step step, const CallRule *rule, CallEvent event)
{
    const char *wrong = NULL;

    if (rule->sip_next == SIP_IDLE)
        wrong = legs_part_sip(&step.legs, event);
    if (!wrong && rule->isdn_next == ISDN_NULL)
        wrong = legs_part_isdn(&step.legs);
    if (wrong)
        walk_wrong(walker, &step, event, wrong);
    else
        walk_on(walker, step);
}

/* Runs RULE's actions from the I-th on, each as it succeeds and, where it may, as it is refused. */
static void walk_actions(Walker *walker, Step step, const CallRule *rule, CallEvent event, guint i)
{
    CallAction action = i < CALL_RULE_ACTIONS ? rule->actions[i] : ACTION_END;
    CallEvent refusal = legs_refusal(&step.legs, action);
    const char *wrong;

    if (walker->walk->wrong)
        return;
    if (action == ACTION_END) {
        walk_row_ends(walker, step, rule, event);
        return;
    }
    if (action == ACTION_REDIRECT) {
        walk_raise(walker, step, rule, event, i, EVENT_ROUTE_PEER, FALSE);
        walk_raise(walker, step, rule, event, i, EVENT_ROUTE_NONE, FALSE);
        walk_raise(walker, step, rule, event, i, EVENT_ROUTE_TREATED, FALSE);
        return;
    }
    if (action == ACTION_ROUTE_CALL || action == ACTION_ROUTE_NEXT) {
        walk_route(walker, step, rule, event, i);
        return;
    }
    if (refusal != CALL_EVENT_COUNT)
        walk_raise(walker, step, rule, event, i, refusal, legs_refusal_stops(action));
    wrong = legs_act(&step.legs, action);
    if (wrong)
        walk_wrong(walker, &step, event, wrong);
    else
        walk_actions(walker, step, rule, event, i + 1);
}

/* One event at STEP: its rule, its states, its actions. */
static void walk_event(Walker *walker, Step step, CallEvent event, Fit fit)
{
    const CallRule *rule = callmap_find(step.sip, step.isdn, event);

    walker->walk->steps++;
    walker->walk->taken[step.sip][step.isdn][event] = TRUE;
    if (rule->kind > RULE_LATE || (rule->kind == RULE_LATE && fit == FIT_LIVE)) {
        walk_wrong(walker, &step, event, rule->kind == RULE_LATE ? "thought late" : rule->why);
        return;
    }
    g_hash_table_add(walker->walk->used, (gpointer)rule);
    legs_raise(&step.legs, event);
    if (rule->sip_next != SIP_SAME)
        step.sip = rule->sip_next;
    if (rule->isdn_next != ISDN_SAME)
        step.isdn = rule->isdn_next;
    walk_actions(walker, step, rule, event, 0);
}

/* The next queued event, or a standing between events. */
static void walk_on(Walker *walker, Step step)
{
    CallEvent event;
    const char *wrong;

    if (walker->walk->wrong || !g_hash_table_add(walker->tried, g_memdup2(&step, sizeof(step))))
        return;
    if (step.queued) {
        event = step.queue[0];
        memmove(step.queue, step.queue + 1, QUEUE_MAX - 1);
        step.queue[QUEUE_MAX - 1] = 0;
        step.queued--;
        walk_event(walker, step, event, FIT_LIVE);
        return;
    }
    if (!(wrong = legs_agree(&step.legs, step.sip, step.isdn))) {
        walker->walk->stood[step.sip][step.isdn] = TRUE;
        walk_reach(walker, &step);
        return;
    }
    walk_wrong(walker, &step, walker->event, wrong);
}

static void walk_try(Walker *walker, Node *node, CallEvent event, Fit fit)
{
    walker->node = node;
    walker->event = event;
    walker->patient =
        legs_event_is_patience(&node->step.legs, node->step.sip, node->step.isdn, event);
    g_hash_table_remove_all(walker->tried);
    walk_event(walker, node->step, event, fit);
}

static gboolean node_at_rest(const Node *node)
{
    return node->step.sip == SIP_IDLE && node->step.isdn == ISDN_NULL;
}

static void walk_everywhere(Walker *walker)
{
    Node *node;

    while ((node = g_queue_pop_head(&walker->open)) && !walker->walk->wrong) {
        if (node_at_rest(node))
            continue;
        for (guint event = 0; event < CALL_EVENT_COUNT && !walker->walk->wrong; event++) {
            Fit fit = legs_can(&node->step.legs, node->step.sip, node->step.isdn, event);

            if (fit != FIT_NO)
                walk_try(walker, node, event, fit);
        }
    }
}

/* Does every standing lead to rest by the edges of PATIENCE alone (or by any)? Names one that does
 * not. */
static const Node *walk_find_stuck(Walker *walker, gboolean patience)
{
    g_autoptr(GList) nodes = g_hash_table_get_values(walker->seen);
    gboolean more = TRUE;

    for (GList *link = nodes; link; link = link->next)
        ((Node *)link->data)->ends = node_at_rest(link->data);
    while (more) {
        more = FALSE;
        for (GList *link = nodes; link; link = link->next) {
            Node *node = link->data;
            const GPtrArray *next = patience ? node->patience : node->next;

            for (guint i = 0; i < next->len && !node->ends; i++)
                more |= node->ends = ((Node *)next->pdata[i])->ends;
        }
    }
    for (GList *link = nodes; link; link = link->next)
        if (!((Node *)link->data)->ends)
            return link->data;
    return NULL;
}

static void walk_judge_ends(Walker *walker)
{
    for (guint patience = FALSE; patience <= TRUE; patience++) {
        const Node *stuck = walk_find_stuck(walker, patience);
        g_autoptr(GString) way = g_string_new(NULL);

        if (!stuck)
            continue;
        way_append(way, stuck);
        g_free(walker->walk->wrong);
        walker->walk->wrong = g_strdup_printf(
            "no end%s from (%s,%s), after%s", patience ? " by time-outs" : "",
            sip_state_name(stuck->step.sip), isdn_state_name(stuck->step.isdn), way->str);
        return;
    }
}

Walk *walk_new(void)
{
    Walk *walk = g_new0(Walk, 1);
    Walker walker = {.walk = walk};
    const Step begin = {.sip = SIP_IDLE, .isdn = ISDN_NULL};

    walk->used = g_hash_table_new(NULL, NULL);
    walker.seen = g_hash_table_new_full(step_hash, step_equal, NULL, node_free);
    walker.tried = g_hash_table_new_full(step_hash, step_equal, g_free, NULL);
    g_queue_init(&walker.open);

    walker.event = EVENT_SIP_INVITE;
    walk_event(&walker, begin, EVENT_SIP_INVITE, FIT_LIVE);
    g_hash_table_remove_all(walker.tried);
    walker.event = EVENT_ISDN_SETUP;
    walk_event(&walker, begin, EVENT_ISDN_SETUP, FIT_LIVE);
    g_hash_table_remove_all(walker.tried);
    walker.event = EVENT_ISDN_SETUP_UNNAMED;
    walk_event(&walker, begin, EVENT_ISDN_SETUP_UNNAMED, FIT_LIVE);
    walk_everywhere(&walker);
    if (!walk->wrong)
        walk_judge_ends(&walker);

    walk->settled = g_hash_table_size(walker.seen);
    g_queue_clear(&walker.open);
    g_hash_table_unref(walker.tried);
    g_hash_table_unref(walker.seen);
    return walk;
}

void walk_free(Walk *walk)
{
    g_hash_table_unref(walk->used);
    g_free(walk->wrong);
    g_free(walk);
}
