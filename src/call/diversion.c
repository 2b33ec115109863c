/* The Diversion header field (RFC 5806), and how its chronology joins that of History-Info. */
#include "diversion_list.h"
#include "field_list.h"

#include <string.h>

/* RFC 5806 9.1; the first name of a reason is the one that is written. */
static const struct {
    const char *name;
    DiversionReason reason;
} reasons[] = {
    {"unknown", DIVERSION_UNKNOWN},          {"user-busy", DIVERSION_BUSY},
    {"no-answer", DIVERSION_NO_REPLY},       {"deflection", DIVERSION_DEFLECTION},
    {"unavailable", DIVERSION_OUT_OF_ORDER}, {"unconditional", DIVERSION_UNCONDITIONAL},
    {"time-of-day", DIVERSION_UNKNOWN},      {"do-not-disturb", DIVERSION_UNKNOWN},
    {"follow-me", DIVERSION_UNKNOWN},        {"away", DIVERSION_UNKNOWN},
    {"out-of-service", DIVERSION_UNKNOWN},
};

static DiversionReason reason_read(const char *name)
{
    for (gsize i = 0; name && i < G_N_ELEMENTS(reasons); i++)
        if (g_ascii_strcasecmp(reasons[i].name, name) == 0)
            return reasons[i].reason;
    return DIVERSION_UNKNOWN;
}

static const char *reason_name(DiversionReason reason)
{
    for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (reasons[i].reason == reason)
            return reasons[i].name;
    return "unknown"; /* as received */
}

void diversion_list_add(DiversionList *list, const Diversion *diversion, guint times)
{
    if (list->count < DIVERSION_STEPS_MAX)
        list->steps[list->count++] = (DiversionStep){*diversion, times};
}

gboolean diversion_number_read(const char *user, const char *host, Number *number)
{
    gboolean nobody = g_str_has_suffix(host, ".invalid");

    *number = (Number){0};
    if (nobody) {
        gboolean unknown = user && g_ascii_strcasecmp(user, "unknown") == 0;

        number->presentation = unknown ? PRESENTATION_UNAVAILABLE : PRESENTATION_RESTRICTED;
        return TRUE;
    }
    return user && number_from_user(user, number) == NUMBER_OK;
}

static guint counter_read(const char *text)
{
    guint64 value;

    return text && g_ascii_string_to_unsigned(text, 10, 1, 99, &value, NULL) ? (guint)value : 1;
}

/* What PARAMS of a Diversion say of it. */
static guint params_read(const char *params, Diversion *diversion)
{
    g_autofree char *reason = field_param(params, "reason");
    g_autofree char *privacy = field_param(params, "privacy");
    g_autofree char *screen = field_param(params, "screen");
    g_autofree char *counter = field_param(params, "counter");

    diversion->reason = reason_read(reason);
    if (privacy && g_ascii_strcasecmp(privacy, "off") != 0)
        diversion->number.presentation = PRESENTATION_RESTRICTED;
    if (screen && g_ascii_strcasecmp(screen, "yes") == 0 && diversion->number.digits[0])
        diversion->number.screening = SCREENING_USER_PASSED;
    return counter_read(counter);
}

void diversion_list_from_diversion(const char *const *values, DiversionList *list)
{
    g_autoptr(GPtrArray) items = field_split(values);

    list->count = 0;
    for (guint i = items->len; i-- > 0;) { /* the last one is the oldest: RFC 5806 4 */
        Diversion diversion = {0};
        FieldAddress address;

        if (field_address_read(items->pdata[i], &address) &&
            diversion_number_read(address.user, address.host, &diversion.number)) {
            guint times = params_read(address.params, &diversion);

            diversion_list_add(list, &diversion, times);
        }
        field_address_clear(&address);
    }
}

/* --- both fields --- */

static gboolean number_is_same(const Number *a, const Number *b)
{
    return a->digits[0] && a->ton == b->ton && strcmp(a->digits, b->digits) == 0;
}

/* How many steps at the end of OLDER are those at the beginning of NEWER. */
static guint lists_overlap(const DiversionList *older, const DiversionList *newer)
{
    for (guint length = MIN(older->count, newer->count); length > 0; length--) {
        guint same = 0;

        while (same < length &&
               number_is_same(&older->steps[older->count - length + same].diversion.number,
                              &newer->steps[same].diversion.number))
            same++;
        if (same == length)
            return length;
    }
    return 0;
}

/* NEWER behind OLDER, what both tell of told once. */
static void lists_join(DiversionList *older, const DiversionList *newer)
{
    for (guint i = lists_overlap(older, newer); i < newer->count; i++)
        diversion_list_add(older, &newer->steps[i].diversion, newer->steps[i].times);
}

/* RFC 7544 3.4, 3.5: a history that ends where the call goes now is the newer one; one that does
 * not was left behind by a network that writes Diversion. */
static void lists_merge(DiversionList *diversion, DiversionList *history, const Number *called,
                        const Number *now)
{
    guint behind = lists_overlap(diversion, history), before = lists_overlap(history, diversion);
    gboolean history_is_newer = behind != before ? behind > before : number_is_same(called, now);

    if (history_is_newer) {
        lists_join(diversion, history);
    } else {
        lists_join(history, diversion);
        *diversion = *history;
    }
}

void diversions_from_fields(const char *const *diversion, const char *const *history,
                            const Number *called, Diversions *diversions)
{
    g_autofree DiversionList *steps = g_new0(DiversionList, 1);
    g_autofree DiversionList *entries = g_new0(DiversionList, 1);
    Number now;

    *diversions = (Diversions){0};
    diversion_list_from_diversion(diversion, steps);
    diversion_list_from_history(history, entries, &now);
    lists_merge(steps, entries, called, &now);
    if (steps->count == 0)
        return;
    for (guint i = 0; i < steps->count; i++)
        diversions->count += steps->steps[i].times;
    diversions->last = steps->steps[steps->count - 1].diversion;
    if (steps->count > 1)
        diversions->first = steps->steps[0].diversion;
    else if (diversions->count > 1)
        diversions->first.number.presentation = PRESENTATION_UNAVAILABLE;
}

/* --- writing --- */

char *diversion_uri(const Diversion *diversion, const DiversionText *text, gboolean *withheld)
{
    const Number *number = &diversion->number;
    g_autofree char *user = NULL;
    g_auto(GStrv) parts = NULL;
    g_autofree char *escaped = NULL;

    *withheld = number->presentation == PRESENTATION_RESTRICTED;
    if (*withheld && (!text->trusted || !number->digits[0]))
        return g_strdup("sip:anonymous@anonymous.invalid");
    if (!number->digits[0])
        return g_strdup("sip:unknown@unknown.invalid");
    user = number_to_user(text->trunk, number);
    parts = g_strsplit(user, "#", -1);
    escaped = g_strjoinv("%23", parts);
    return g_strdup_printf("sip:%s@%s;user=phone", escaped, text->host);
}

static void line_append(GString *lines, const Diversion *diversion, guint times,
                        const DiversionText *text)
{
    gboolean withheld;
    g_autofree char *uri = diversion_uri(diversion, text, &withheld);
    gboolean screened = diversion->number.screening == SCREENING_USER_PASSED ||
                        diversion->number.screening == SCREENING_NETWORK;

    g_string_append_printf(lines, "%sDiversion: <%s>;reason=%s;privacy=%s;screen=%s;counter=%u",
                           lines->len ? "\r\n" : "", uri, reason_name(diversion->reason),
                           withheld ? "full" : "off", screened ? "yes" : "no", times);
}

char *diversions_to_diversion(const Diversions *diversions, const DiversionText *text)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    guint count = diversions->count;

    if (count == 0)
        return NULL;
    line_append(lines, &diversions->last, count > 1 ? count - 1 : 1, text);
    if (count > 1)
        line_append(lines, &diversions->first, 1, text);
    return g_string_free(g_steal_pointer(&lines), FALSE);
}
