/* One primary under watch: the OPTIONS that ask whether it lives. */
#include "watch_private.h"

#include "log.h"
#include "port.h"
#include "settings.h"

#include <sofia-sip/msg_header.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_tag.h>
#include <sofia-sip/tport.h>

/* NTA marks with this what it answers in a far end's place (nta_internal.h). */
#define MADE_BY_NTA (1 << 15)

static void watched_check(void *user);
static void watched_unanswered(void *user);

static char *uri_new(const NextHop *hop)
{
    char buffer[64];

    return g_strdup_printf(
        "sip:%s;transport=%s",
        address_describe((const struct sockaddr *)&hop->address, buffer, sizeof buffer),
        hop->tcp ? "tcp" : "udp");
}

Watched *watched_new(Watch *watch, const NextHop *hop, const Place *place)
{
    Watched *watched = g_new0(Watched, 1);

    g_atomic_ref_count_init(&watched->references);
    watched->watch = watch;
    watched->hop = *hop;
    watched->uri = uri_new(hop);
    watched->place = g_strdup(place->text);
    watched->target = g_strdup_printf("sip:%s", place->text);
    watched->primary.since_us = loop_now(watch->loop);
    if (watch->admit)
        watch->admit(watch->user, (const struct sockaddr *)&hop->address, TRUE);
    watched->check_timer = loop_timer_new(watch->loop, watched_check, watched);
    watched->silence_timer = loop_timer_new(watch->loop, watched_unanswered, watched);
    return watched;
}

Watched *watched_ref(Watched *watched)
{
    g_atomic_ref_count_inc(&watched->references);
    return watched;
}

void watched_unref(gpointer data)
{
    Watched *watched = data;

    if (!g_atomic_ref_count_dec(&watched->references))
        return;
    g_free(watched->uri);
    g_free(watched->place);
    g_free(watched->target);
    g_free(watched);
}

static void watched_drop_options(Watched *watched)
{
    if (watched->options)
        nta_outgoing_destroy(g_steal_pointer(&watched->options));
    loop_timer_stop(watched->watch->loop, watched->silence_timer);
}

void watched_retire(Watched *watched)
{
    Watch *watch = watched->watch;

    if (watch->admit)
        watch->admit(watch->user, (const struct sockaddr *)&watched->hop.address, FALSE);
    watched_drop_options(watched);
    loop_timer_free(watched->watch->loop, g_steal_pointer(&watched->check_timer));
    loop_timer_free(watched->watch->loop, g_steal_pointer(&watched->silence_timer));
    watched->watch = NULL;
}

static void change_log(const Watched *watched, PrimaryState before)
{
    const Primary *primary = &watched->primary;
    LogLevel level = primary->state == PRIMARY_DOWN                        ? LEVEL_WARNING
                     : before == PRIMARY_DOWN || before == PRIMARY_UNKNOWN ? LEVEL_NOTICE
                                                                           : LEVEL_INFO;

    log_line(level,
             "primary %s (%s): %s -> %s, %" G_GUINT64_FORMAT " silent, %" G_GUINT64_FORMAT
             " refused so far",
             watched->place, watched->uri, primary_state_name(before),
             primary_state_name(primary->state), primary->silent, primary->refused);
}

void watched_hear(Watched *watched, PrimaryWitness witness, PrimarySign sign)
{
    Watch *watch = watched->watch;
    PrimaryState before = watched->primary.state;

    if (!watch)
        return;
    if (!primary_hear(&watched->primary, &watch->policy, witness, sign, loop_now(watch->loop))) {
        /* A 503 that was relayed says little: ask at once what it has to say itself. */
        if (witness == PRIMARY_BY_TRAFFIC && sign != PRIMARY_ANSWERED &&
            before == PRIMARY_SUSPECT && !watched->options)
            watched_check_in(watched, 0);
        return;
    }
    change_log(watched, before);
    if (!watched->options)
        watched_check_in(watched, witness == PRIMARY_BY_TRAFFIC && sign != PRIMARY_ANSWERED
                                      ? 0
                                      : primary_interval_us(&watched->primary, &watch->policy));
    watch->changed(watch->user, watched, before);
}

void watched_check_in(Watched *watched, gint64 delay_us)
{
    loop_timer_start(watched->watch->loop, watched->check_timer, delay_us);
}

static void watched_check_again(Watched *watched)
{
    Watch *watch = watched->watch;

    if (watch)
        watched_check_in(watched, primary_interval_us(&watched->primary, &watch->policy));
}

static int options_answered(Watched *watched, nta_outgoing_t *options, const sip_t *sip)
{
    int status = nta_outgoing_status(options);
    gboolean silent = !sip || (sip->sip_flags & MADE_BY_NTA);

    if (status < 200 || watched->options != options)
        return 0;
    watched_ref(watched);
    watched_drop_options(watched);
    watched_hear(watched, PRIMARY_BY_CHECK,
                 silent ? PRIMARY_SILENT : primary_sign_of((guint)status));
    watched_check_again(watched);
    watched_unref(watched);
    return 0;
}

static void watched_unanswered(void *user)
{
    Watched *watched = user;

    watched_ref(watched);
    watched_drop_options(watched);
    watched_hear(watched, PRIMARY_BY_CHECK, PRIMARY_SILENT);
    watched_check_again(watched);
    watched_unref(watched);
}

/* Without a leg of NTA's: it would draw requests to itself. */
static msg_t *options_message(Watched *watched)
{
    Watch *watch = watched->watch;
    msg_t *msg = nta_msg_create(watch->agent, 0);
    sip_t *sip = sip_object(msg);
    g_autofree char *from =
        g_strdup_printf("<sip:%s>;tag=%08x%08x", watch->own_host, g_random_int(), g_random_int());
    g_autofree char *to = g_strdup_printf("<%s>", watched->target);
    g_autofree char *cseq = g_strdup_printf("%u OPTIONS", ++watch->cseq & 0x7fffffff);
    g_autofree char *call_id =
        g_strdup_printf("%08x%08x@%s", g_random_int(), g_random_int(), watch->own_host);
    sip_request_t *request = sip_request_create(msg_home(msg), SIP_METHOD_OPTIONS,
                                                URL_STRING_MAKE(watched->target), NULL);

    if (request && msg_header_insert(msg, (msg_pub_t *)sip, (msg_header_t *)request) >= 0 &&
        sip_add_tl(msg, sip, SIPTAG_FROM_STR(from), SIPTAG_TO_STR(to), SIPTAG_CALL_ID_STR(call_id),
                   SIPTAG_CSEQ_STR(cseq), SIPTAG_MAX_FORWARDS_STR("70"),
                   SIPTAG_ACCEPT_STR("application/sdp"), SIPTAG_USER_AGENT_STR(watch->user_agent),
                   TAG_END()) >= 0)
        return msg;
    msg_destroy(msg);
    return NULL;
}

static void watched_check(void *user)
{
    Watched *watched = user;
    Watch *watch = watched->watch;
    tport_t *tport;
    msg_t *msg;

    watched_drop_options(watched);
    msg = options_message(watched);
    tport = proxyport_speaker(watch->agent, watched->hop.tcp ? "tcp" : "udp",
                              (const struct sockaddr *)&watched->hop.address, NULL);
    watched->options = msg ? nta_outgoing_mcreate(watch->agent, options_answered, watched,
                                                  URL_STRING_MAKE(watched->uri), msg,
                                                  TAG_IF(tport, NTATAG_TPORT(tport)), TAG_END())
                           : NULL;
    if (msg && !watched->options)
        msg_destroy(msg);
    loop_timer_start(watch->loop, watched->silence_timer,
                     watched->options ? watch->policy.patience_us : 0);
}

const NextHop *watched_hop(const Watched *watched)
{
    return &watched->hop;
}

const char *watched_uri(const Watched *watched)
{
    return watched->uri;
}

const char *watched_place(const Watched *watched)
{
    return watched->place;
}

const Primary *watched_primary(const Watched *watched)
{
    return &watched->primary;
}
