/* Classes of service: who belongs to which, and what its class lets a caller do. */
#include "class.h"

#include "call_private.h"
#include "cause.h"
#include "class_count.h"
#include "number.h"

#include <arpa/inet.h>
#include <string.h>

#define CALLERS_MAX 20000
#define TEXTS_MAX 32

struct ClassBook {
    Loop *loop;
    const Settings *settings;
    CallerTable *callers;
    GHashTable *groups; /* char* name of a class -> live calls, of those that have some */
    guint64 counters[CLASS_VERDICT_COUNT];
    guint tokens;   /* calls that have begun and not ended */
    gboolean freed; /* by its owner; the last token takes it along */
};

struct ClassCall {
    ClassBook *book;
    CallerCount *caller; /* NULL: it had no class */
    char *group;
    gint64 answered_us; /* 0: not yet */
};

/* Everything a number is on its way out: patterns are held against each of these. */
typedef struct NumberForms {
    char dialled[NUMBER_MAX + 2];
    char texts[TEXTS_MAX][NUMBER_MAX + 2]; /* as dialled, and as the routes' targets are told it */
    guint count;
    gboolean international, emergency;
} NumberForms;

static const struct {
    const char *counter, *phrase, *words;
} verdicts[] = {
#define CLASS_VERDICT_ROW(id, counter, phrase, words) [CLASS_##id] = {counter, phrase, words},
    CLASS_VERDICTS(CLASS_VERDICT_ROW)};

static const char *const purposes[] = {[CLASS_FOR_CALL] = "a call",
                                       [CLASS_FOR_DIGITS] = "more digits",
                                       [CLASS_FOR_REFER] = "a REFER",
                                       [CLASS_FOR_REDIRECT] = "a 3xx",
                                       [CLASS_FOR_REDIRECTED] = "a 3xx"};

ClassBook *class_book_new(Loop *loop, const Settings *settings)
{
    ClassBook *book = g_new0(ClassBook, 1);

    book->loop = loop;
    book->settings = settings;
    book->callers = callers_new(CALLERS_MAX);
    book->groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return book;
}

void class_book_set_settings(ClassBook *book, const Settings *settings)
{
    book->settings = settings;
}

static void book_settle(ClassBook *book)
{
    if (!book->freed || book->tokens)
        return;
    callers_free(book->callers);
    g_hash_table_destroy(book->groups);
    g_free(book);
}

void class_book_free(ClassBook *book)
{
    if (!book)
        return;
    book->freed = TRUE;
    book_settle(book);
}

static const ClassSettings *class_named(const Settings *settings, const char *name)
{
    for (guint i = 0; i < settings->classes->len; i++) {
        const ClassSettings *class = settings->classes->pdata[i];

        if (strcmp(class->name, name) == 0)
            return class;
    }
    return NULL;
}

/* The class of ORIGIN; NULL: none. *unknown: it names one that is not configured. */
static const ClassSettings *class_of(const Settings *settings, const CallOrigin *origin,
                                     gboolean *unknown)
{
    const ClassSettings *class;

    *unknown = FALSE;
    if (!settings->classes || !settings->classes->len || origin->kind != ORIGIN_SIP)
        return NULL;
    if (*origin->class_name) {
        class = class_named(settings, origin->class_name);
        *unknown = !class;
        return class;
    }
    for (guint i = 0; i < settings->classes->len; i++) {
        class = settings->classes->pdata[i];
        if (lookup_network(class->networks, (const struct sockaddr *)&origin->source))
            return class;
    }
    return class_named(settings, "default");
}

/* Whose calls are counted together: the user's, else those of one address. */
static void origin_key(const CallOrigin *origin, char *key, gsize size)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&origin->source;
    const void *address = &((const struct sockaddr_in *)&origin->source)->sin_addr;
    int family = origin->source.ss_family;
    char text[INET6_ADDRSTRLEN] = "nowhere";

    if (*origin->user) {
        g_snprintf(key, size, "user %s", origin->user);
        return;
    }
    if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        family = AF_INET;
        address = six->sin6_addr.s6_addr + 12;
    } else if (family == AF_INET6) {
        address = &six->sin6_addr;
    }
    if (family == AF_INET || family == AF_INET6)
        inet_ntop(family, address, text, sizeof(text));
    g_snprintf(key, size, "from %s", text);
}

static void forms_add(NumberForms *forms, const char *plus, const char *digits)
{
    if (forms->count < TEXTS_MAX)
        g_snprintf(forms->texts[forms->count++], sizeof(forms->texts[0]), "%s%s", plus, digits);
}

static void forms_add_number(NumberForms *forms, const Number *number)
{
    forms_add(forms, number->ton == TON_INTERNATIONAL ? "+" : "", number->digits);
}

/* As the trunk of MATCH will be told the number, and the same as the world knows it. */
static void forms_add_match(NumberForms *forms, const RouteMatch *match, const Number *asked)
{
    const TrunkSettings *trunk = match->target.trunk;
    const Number *sent = &match->setup.called;
    const char *prefix = trunk ? trunk->international_prefix : NULL;

    forms_add_number(forms, sent);
    if (!trunk)
        return;
    if (number_is_international(trunk, sent) ||
        (asked->ton == TON_INTERNATIONAL && match->route->strip < strlen(asked->digits) &&
         number_is_international(trunk, asked)))
        forms->international = TRUE;
    if (sent->ton == TON_UNKNOWN && trunk->called_ton == TON_INTERNATIONAL)
        forms_add(forms, "+", sent->digits);
    if (prefix && *prefix && g_str_has_prefix(sent->digits, prefix))
        forms_add(forms, "+", sent->digits + strlen(prefix));
}

static void forms_find(NumberForms *forms, const Settings *settings, const CallOrigin *origin,
                       const Number *called)
{
    CallSetup setup = {.called = *called, .complete = TRUE};
    RouteMatch match;

    memset(forms, 0, sizeof(*forms));
    forms_add_number(forms, called);
    g_strlcpy(forms->dialled, forms->texts[0], sizeof(forms->dialled));
    for (guint i = 0; route_match(settings, origin, &setup, i, &match) == ROUTE_FOUND; i++) {
        forms->emergency |= match.route->emergency;
        forms_add_match(forms, &match, called);
    }
}

static gboolean patterns_take(const GPtrArray *patterns, const char *text)
{
    for (guint i = 0; patterns && i < patterns->len; i++)
        if (pattern_match(patterns->pdata[i], text) == PATTERN_YES)
            return TRUE;
    return FALSE;
}

static gboolean patterns_take_any(const GPtrArray *patterns, const NumberForms *forms)
{
    for (guint i = 0; i < forms->count; i++)
        if (patterns_take(patterns, forms->texts[i]))
            return TRUE;
    return FALSE;
}

static ClassVerdict number_judge(const ClassSettings *class, const NumberForms *forms)
{
    if (patterns_take_any(class->deny, forms))
        return CLASS_DENIED;
    if (class->allow && !patterns_take(class->allow, forms->dialled))
        return CLASS_UNLISTED;
    if (!class->premium && patterns_take_any(class->premium_numbers, forms))
        return CLASS_PREMIUM;
    if (!class->international && forms->international)
        return CLASS_INTERNATIONAL;
    return CLASS_ALLOWED;
}

/* A call that is transferred or forwarded is live already: only a new one counts against what may
 * be at once. */
static ClassVerdict count_judge(const ClassBook *book, const ClassSettings *class,
                                const ClassAsk *ask)
{
    gboolean new_call = ask->purpose == CLASS_FOR_CALL;
    gint64 now = loop_now(book->loop);
    CallerCount *caller;
    char key[TAG_MAX + 8];

    if (new_call && class->group_calls && class_live_group(book, class->name) >= class->group_calls)
        return CLASS_GROUP_CALLS;
    origin_key(ask->origin, key, sizeof(key));
    if (!(caller = callers_find(book->callers, key)))
        return CLASS_ALLOWED;
    if (new_call && class->calls && caller->live >= class->calls)
        return CLASS_CALLS;
    if (class->hour_calls && caller_hour_calls(caller, now) >= class->hour_calls)
        return CLASS_HOUR;
    if (class->day_minutes &&
        caller_day_us(caller, now) >= (gint64) class->day_minutes * 60 * G_USEC_PER_SEC)
        return CLASS_DAY;
    return CLASS_ALLOWED;
}

static ClassVerdict class_decide(const ClassBook *book, const ClassSettings *class,
                                 const ClassAsk *ask, const NumberForms *forms)
{
    ClassVerdict verdict = CLASS_ALLOWED;

    if (ask->purpose == CLASS_FOR_REDIRECT && !class->forward)
        return CLASS_FORWARD;
    if (ask->transit && !class->transit)
        return CLASS_TRANSIT;
    if (*forms->dialled)
        verdict = number_judge(class, forms);
    return verdict == CLASS_ALLOWED ? count_judge(book, class, ask) : verdict;
}

static void answer_write(ClassAnswer *answer, const ClassAsk *ask, const NumberForms *forms)
{
    const char *words = verdicts[answer->verdict].words;
    const char *name = answer->class ? answer->class->name : ask->origin->class_name;
    gboolean of_number = answer->verdict == CLASS_DENIED || answer->verdict == CLASS_UNLISTED ||
                         answer->verdict == CLASS_PREMIUM || answer->verdict == CLASS_INTERNATIONAL;

    answer->phrase = verdicts[answer->verdict].phrase;
    if (answer->verdict == CLASS_ALLOWED)
        return;
    answer->status = 403;
    answer->cause = CAUSE_CALL_REJECTED;
    g_snprintf(answer->why, sizeof(answer->why),
               of_number         ? "class %s: %s to %s, %s"
               : *forms->dialled ? "class %s: %s: %s, to %s"
                                 : "class %s: %s: %s%s",
               name, purposes[ask->purpose], words, forms->dialled);
}

ClassVerdict class_judge(ClassBook *book, const ClassAsk *ask, ClassAnswer *answer)
{
    const Settings *settings = book->settings;
    NumberForms forms = {.count = 0};
    gboolean unknown;

    *answer = (ClassAnswer){.verdict = CLASS_ALLOWED};
    answer->class = class_of(settings, ask->origin, &unknown);
    if ((answer->class || unknown) && ask->called && *ask->called->digits)
        forms_find(&forms, settings, ask->origin, ask->called);
    if (!ask->origin->emergency && !forms.emergency) {
        answer->verdict = unknown         ? CLASS_UNKNOWN
                          : answer->class ? class_decide(book, answer->class, ask, &forms)
                                          : CLASS_ALLOWED;
        if (answer->class && answer->verdict == CLASS_ALLOWED)
            answer->max_duration_us = answer->class->max_duration_us;
    }
    answer_write(answer, ask, &forms);
    book->counters[answer->verdict]++;
    return answer->verdict;
}

ClassCall *class_call_begin(ClassBook *book, const CallOrigin *origin)
{
    ClassCall *call = g_new0(ClassCall, 1);
    gboolean unknown;
    const ClassSettings *class = class_of(book->settings, origin, &unknown);
    char key[TAG_MAX + 8];
    guint live;

    call->book = book;
    book->tokens++;
    if (!class)
        return call;
    origin_key(origin, key, sizeof(key));
    call->caller = callers_take(book->callers, key);
    caller_begin(book->callers, call->caller, loop_now(book->loop));
    call->group = g_strdup(class->name);
    live = class_live_group(book, class->name);
    g_hash_table_insert(book->groups, g_strdup(class->name), GUINT_TO_POINTER(live + 1));
    return call;
}

void class_call_answer(ClassCall *call)
{
    if (call->answered_us || !call->caller)
        return;
    call->answered_us = MAX(loop_now(call->book->loop), 1);
    caller_answer(call->caller, call->answered_us);
}

static void group_leave(ClassBook *book, const char *name)
{
    guint live = class_live_group(book, name);

    if (live > 1)
        g_hash_table_insert(book->groups, g_strdup(name), GUINT_TO_POINTER(live - 1));
    else
        g_hash_table_remove(book->groups, name);
}

void class_call_end(ClassCall *call)
{
    ClassBook *book;

    if (!call)
        return;
    book = call->book;
    if (call->caller) {
        caller_end(book->callers, call->caller, call->answered_us, loop_now(book->loop));
        group_leave(book, call->group);
    }
    g_free(call->group);
    g_free(call);
    book->tokens--;
    book_settle(book);
}

guint class_live_calls(const ClassBook *book, const CallOrigin *origin)
{
    const CallerCount *caller;
    char key[TAG_MAX + 8];

    origin_key(origin, key, sizeof(key));
    caller = callers_find(book->callers, key);
    return caller ? caller->live : 0;
}

guint class_live_group(const ClassBook *book, const char *name)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(book->groups, name));
}

void class_each_counter(const ClassBook *book, CounterFunc func, void *user)
{
    for (guint i = 0; i < CLASS_VERDICT_COUNT; i++)
        func(user, verdicts[i].counter, book->counters[i]);
}
