/* Translates causes to final responses and back: overrides of the trunk first, then the tables. */
#include "cause.h"
#include "cause_table.h"

#define LOCATION_USER 0

static const CauseRow *cause_row(guint8 cause)
{
    for (gsize i = 0; i < cause_row_count; i++)
        if (cause_rows[i].cause == cause)
            return &cause_rows[i];
    return NULL;
}

static const StatusRow *status_row(guint16 status)
{
    for (gsize i = 0; i < status_row_count; i++)
        if (status_rows[i].status == status)
            return &status_rows[i];
    return NULL;
}

const char *cause_name(guint8 cause)
{
    /* Q.850 2.2.5: bits 7-5 of the cause value are its class. */
    static const char *const classes[] = {
        "Normal class (00)",    "Normal class (10)",     "Resource unavailable class",
        "Not available class",  "Not implemented class", "Invalid message class",
        "Protocol error class", "Interworking class",
    };
    const CauseRow *row = cause_row(cause);

    if (row)
        return row->name;
    return cause <= 127 ? classes[cause >> 4] : "No cause value";
}

const char *status_phrase(guint16 status)
{
    const StatusRow *row = status_row(status);

    return row ? row->phrase : "";
}

const char *cause_location_token(gint8 location)
{
    /* RFC 8606 4: values without a name are LOC-n. */
    static const char *const tokens[] = {
        "U",     "LPN",   "LN", "TN",     "RLN",    "RPN",    "LOC-6",  "INTL",
        "LOC-8", "LOC-9", "BI", "LOC-11", "LOC-12", "LOC-13", "LOC-14", "LOC-15",
    };

    if (location < 0 || location >= (gint8)G_N_ELEMENTS(tokens))
        return NULL;
    return tokens[location];
}

guint16 cause_to_status(const TrunkSettings *trunk, guint8 cause, gint8 location)
{
    const CauseRow *row;

    if (cause < 1 || cause > 127)
        cause = CAUSE_NORMAL_UNSPECIFIED;
    if (trunk && trunk->cause_status[cause] != CAUSE_OVERRIDE_NONE)
        return trunk->cause_status[cause];
    /* RFC 4497 Table 1: the called user himself said no. */
    if (cause == CAUSE_CALL_REJECTED && location == LOCATION_USER)
        return 603;
    row = cause_row(cause);
    return row ? row->status : 500;
}

guint8 status_to_cause(const TrunkSettings *trunk, guint16 status, gboolean warning_bearer)
{
    const StatusRow *row;

    if (status < 300 || status > 699)
        status = 500;
    if (trunk && trunk->status_cause[status] != CAUSE_OVERRIDE_NONE)
        return trunk->status_cause[status];
    if ((status == 488 || status == 606) && warning_bearer)
        return CAUSE_BEARER_NOT_IMPLEMENTED;
    row = status_row(status);
    if (row)
        return row->cause;
    return status < 400 ? CAUSE_REDIRECTION : CAUSE_NORMAL_UNSPECIFIED;
}

gboolean cause_allows_alternative(const RouteSettings *route, guint8 cause)
{
    static const guint8 usual[] = {CAUSE_NO_CIRCUIT, CAUSE_NETWORK_OUT_OF_ORDER,
                                   CAUSE_TEMPORARY_FAILURE, CAUSE_SWITCH_CONGESTION,
                                   CAUSE_RESOURCE_UNAVAILABLE};
    const guint8 *causes = usual;
    gsize count = G_N_ELEMENTS(usual);

    if (cause == CAUSE_USER_BUSY)
        return FALSE;
    if (route && route->on_causes) {
        causes = (const guint8 *)route->on_causes->data;
        count = route->on_causes->len;
    }
    for (gsize i = 0; i < count; i++)
        if (causes[i] == cause)
            return TRUE;
    return FALSE;
}

gboolean cause_blames_span(guint8 cause)
{
    return cause_allows_alternative(NULL, cause);
}

gboolean cause_blames_channel(guint8 cause)
{
    return cause == CAUSE_CHANNEL_UNACCEPTABLE || cause == CAUSE_CHANNEL_NOT_AVAILABLE ||
           cause == CAUSE_CHANNEL_DOES_NOT_EXIST;
}

static const char *class_name(guint8 cause)
{
    static const char *const classes[] = {
        "normal",          "normal",          "resource unavailable", "not available",
        "not implemented", "invalid message", "protocol error",       "interworking",
    };

    return classes[cause >> 4];
}

char *cause_explain(const TrunkSettings *trunk, guint8 cause)
{
    const CauseRow *row = cause_row(cause);
    GString *text = g_string_new(NULL);

    if (cause < 1 || cause > 127) {
        g_string_append_printf(text, "cause %u: not a Q.850 value (1-127), taken as 31\n", cause);
        return g_string_free(text, FALSE);
    }
    g_string_append_printf(text, "cause %u: %s (%s)\n", cause, cause_name(cause),
                           class_name(cause));
    if (trunk && trunk->cause_status[cause] != CAUSE_OVERRIDE_NONE)
        g_string_append_printf(text, "to SIP: %u %s (trunk %s, cause.%u)\n",
                               trunk->cause_status[cause],
                               status_phrase(trunk->cause_status[cause]), trunk->name, cause);
    g_string_append_printf(text, "to SIP%s: %u %s (%s)\n",
                           trunk && trunk->cause_status[cause] ? ", by the table" : "",
                           row ? row->status : 500, status_phrase(row ? row->status : 500),
                           row ? row->source : "RFC 4497 8.4.1: the rest");
    if (cause == CAUSE_CALL_REJECTED)
        g_string_append_printf(text, "to SIP from location user: 603 %s (RFC 4497 Table 1)\n",
                               status_phrase(603));
    if (cause_blames_channel(cause))
        g_string_append(text, "before that: another channel of the trunk, at most 3 per call "
                              "(RFC 3398 7.2.4.1, RFC 4497 Table 1 note 2)\n");
    if (cause_blames_span(cause))
        g_string_append(text, "before that: the other spans of the trunk, each once\n");
    if (cause_allows_alternative(NULL, cause))
        g_string_append(text, "before that: the route's next target, unless its on-causes say "
                              "otherwise\n");
    return g_string_free(text, FALSE);
}

char *status_explain(const TrunkSettings *trunk, guint16 status)
{
    const StatusRow *row = status_row(status);
    GString *text = g_string_new(NULL);
    guint8 cause;

    g_string_append_printf(text, "status %u: %s\n", status,
                           *status_phrase(status) ? status_phrase(status) : "(no name)");
    if (status < 300 || status > 699) {
        g_string_append(text, "to ISDN: none, it ends no call\n");
        return g_string_free(text, FALSE);
    }
    if (trunk && trunk->status_cause[status] != CAUSE_OVERRIDE_NONE) {
        cause = trunk->status_cause[status];
        g_string_append_printf(text, "to ISDN: cause %u %s (trunk %s, status.%u)\n", cause,
                               cause_name(cause), trunk->name, status);
    }
    cause = status_to_cause(NULL, status, FALSE);
    g_string_append_printf(text, "to ISDN%s: cause %u %s (%s)\n",
                           trunk && trunk->status_cause[status] ? ", by the table" : "", cause,
                           cause_name(cause),
                           row            ? row->source
                           : status < 400 ? "RFC 3398 8.2.5, RFC 4497 8.2.1.5: not followed"
                                          : "RFC 3398 8.2.6.1, RFC 4497 Table 2: the rest");
    if (status == 488 || status == 606)
        g_string_append_printf(text, "to ISDN with Warning 304 or 305: cause 65 %s\n",
                               cause_name(CAUSE_BEARER_NOT_IMPLEMENTED));
    g_string_append(text, "a Reason: Q.850 of a trusted hop outranks both (RFC 6432)\n");
    return g_string_free(text, FALSE);
}
