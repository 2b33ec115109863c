/* INFO with digits of DTMF (RFC 6086 and what was before it), both ways. */
#include "sip_room.h"

#include "cause.h"
#include "log.h"

#include <string.h>

#define TYPE_RELAY "application/dtmf-relay"
#define TYPE_PLAIN "application/dtmf"
#define RELAY_MS 160 /* what is said of a digit of unknown length */
#define MS_MAX 10000
#define WAITING_MAX 64 /* digits while an INFO is out */

static PeerDigits digits_way(const UaLeg *leg)
{
    const PeerSettings *peer = leg->call ? call_peer(leg->call) : NULL;

    return peer ? peer->dtmf : PEER_DIGITS_AUTO;
}

gboolean digits_are_events(const UaLeg *leg)
{
    return digits_way(leg) == PEER_DIGITS_AUTO || digits_way(leg) == PEER_DIGITS_EVENT;
}

void digits_settle(const UaLeg *leg, SdpSession *session)
{
    if (!digits_are_events(leg))
        session->event_type = 0;
}

/* ---- INFO received -----------------------------------------------------------------------------
 */

/* "5", "*", "d", and the numbers 10 and 11 for * and #; 0: none of DTMF's. */
static char signal_read(const char *text)
{
    if (strcmp(text, "10") == 0)
        return '*';
    if (strcmp(text, "11") == 0)
        return '#';
    if (text[0] && !text[1] && strchr("0123456789*#ABCDabcd", text[0]))
        return g_ascii_toupper(text[0]);
    return 0;
}

/* Other signals than digits, such as a hook flash, are well-formed and nothing to us. */
static gboolean signal_is_other(const char *text)
{
    return g_ascii_string_to_unsigned(text, 10, 12, 255, NULL, NULL) ||
           g_ascii_strcasecmp(text, "hf") == 0;
}

/* "Signal=5", "Duration=160", a line each. */
static gboolean relay_read(const char *body, CallNews *news)
{
    g_auto(GStrv) lines = g_strsplit_set(body, "\r\n", 16);
    gboolean said = FALSE;

    for (char **line = lines; *line; line++) {
        char *value = strchr(*line, '=');
        guint64 ms;

        if (!value)
            continue;
        *value++ = '\0';
        g_strstrip(*line);
        g_strstrip(value);
        if (g_ascii_strcasecmp(*line, "Signal") == 0) {
            news->digits[0] = signal_read(value);
            said = news->digits[0] || signal_is_other(value);
        } else if (g_ascii_strcasecmp(*line, "Duration") == 0 &&
                   g_ascii_string_to_unsigned(value, 10, 1, MS_MAX, &ms, NULL)) {
            news->digit_ms = (guint16)ms;
        }
    }
    return said;
}

static gboolean plain_read(const char *body, CallNews *news)
{
    g_autofree char *text = g_strstrip(g_strdup(body));
    gsize count = 0;

    if (strcmp(text, "10") == 0 || strcmp(text, "11") == 0) {
        news->digits[0] = signal_read(text);
        return TRUE;
    }
    for (const char *c = text; *c && count < NUMBER_MAX; c++) {
        if (!strchr("0123456789*#ABCDabcd", *c))
            return signal_is_other(text);
        news->digits[count++] = g_ascii_toupper(*c);
    }
    return count > 0 && !text[count];
}

/* The status that answers it, with NEWS where it has digits. */
static int info_read(sip_t const *sip, CallNews *news)
{
    const char *type = sip->sip_content_type ? sip->sip_content_type->c_type : NULL;
    g_autofree char *body =
        sip->sip_payload ? g_strndup(sip->sip_payload->pl_data, sip->sip_payload->pl_len) : NULL;

    if (!body || !*body)
        return 200;
    if (type && g_ascii_strcasecmp(type, TYPE_RELAY) == 0)
        return relay_read(body, news) ? 200 : 400;
    if (type && g_ascii_strcasecmp(type, TYPE_PLAIN) == 0)
        return plain_read(body, news) ? 200 : 400;
    return 415;
}

void digits_asked(UaLeg *leg, sip_t const *sip)
{
    CallNews news = CALL_NEWS_INIT;
    int status = leg->call ? info_read(sip, &news) : 481;
    PeerDigits way = digits_way(leg);

    leg_note(leg, LADDER_IN, "INFO");
    leg_note_response(leg, LADDER_OUT, status, status_phrase((guint16)status), "INFO", FALSE);
    nua_respond(leg->nh, status, status_phrase((guint16)status), NUTAG_WITH_THIS(leg->ua->nua),
                TAG_IF(status == 415, SIPTAG_ACCEPT_STR(TYPE_RELAY ", " TYPE_PLAIN)), TAG_END());
    if (status == 200 && news.digits[0] && way != PEER_DIGITS_EVENT && way != PEER_DIGITS_INBAND)
        leg_event(leg, EVENT_SIP_DIGIT, &news);
}

/* ---- INFO sent ---------------------------------------------------------------------------------
 */

gboolean digits_may_go(const UaLeg *leg)
{
    return leg->established && !leg->closing && !leg->digit_is_out && leg->offer != OFFER_SENT;
}

/* One at a time: two under way could overtake each other. */
static void digits_send_next(UaLeg *leg)
{
    char digit = leg->digits ? leg->digits->str[0] : 0;
    gboolean plain = digits_way(leg) == PEER_DIGITS_INFO_DTMF;
    g_autofree char *body = NULL;

    if (!digit || !digits_may_go(leg))
        return;
    g_string_erase(leg->digits, 0, 1);
    leg->digit_is_out = TRUE;
    body = plain ? g_strdup_printf("%c", digit)
                 : g_strdup_printf("Signal=%c\r\nDuration=%u\r\n", digit,
                                   leg->digit_ms ? leg->digit_ms : RELAY_MS);
    leg_note(leg, LADDER_OUT, "INFO");
    nua_info(leg->nh, SIPTAG_CONTENT_TYPE_STR(plain ? TYPE_PLAIN : TYPE_RELAY),
             SIPTAG_PAYLOAD_STR(body), TAG_END());
}

void digits_answered(UaLeg *leg, int status, const char *phrase, sip_t const *sip)
{
    if (status < 200 || status == NO_CREDENTIALS)
        return;
    if (sip)
        leg_note_response(leg, LADDER_IN, status, phrase, "INFO", FALSE);
    session_give_up_challenge(leg, status);
    if (status >= 300 && log_limit(&leg->ua->refused_limit, 5, G_USEC_PER_SEC))
        log_notice("C%u sip: INFO with a digit was answered with %d %s", leg->id, status, phrase);
    leg->digit_is_out = FALSE;
    hold_pursue(leg);
    inform_try(leg);
    digits_pursue(leg);
}

void digits_pursue(UaLeg *leg)
{
    charge_send_due(leg);
    digits_send_next(leg);
}

gboolean digits_send(void *room, Call *call, const CallNews *news)
{
    UaLeg *leg = call_sip_leg(call);

    (void)room;
    if (!leg || !call_takes_info(call))
        return TRUE;
    if (!leg->digits)
        leg->digits = g_string_new(NULL);
    if (leg->digits->len + strlen(news->digits) > WAITING_MAX) {
        if (log_limit(&leg->ua->refused_limit, 1, G_USEC_PER_SEC))
            log_notice("C%u sip: digits wait for INFO to be answered, more are lost", leg->id);
        return TRUE;
    }
    g_string_append(leg->digits, news->digits);
    leg->digit_ms = news->digit_ms;
    digits_send_next(leg);
    return TRUE;
}
