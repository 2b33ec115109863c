/* One INVITE of ours and the addresses of its server that it is tried at, one after the other (RFC
 * 3263 4.3).
 *
 * Each try is a leg of its own, with a Call-ID of its own, or the next CSeq of its series: what the
 * address before may still say belongs to nobody's call, and is cancelled or hung up. The hall
 * hears of none but the last. Whoever has said more than 100 has the call: what it says then is an
 * answer. When the last address is silent as well the route's next target is called, where there is
 * one.
 */
#include "attempt.h"

#include "pieces.h"
#include "referral.h"
#include "servers.h"

#include "cause.h"
#include "log.h"

#include <sofia-sip/sip_extra.h>
#include <string.h>

struct Attempt {
    UaLeg *leg;
    InviteText text;
    Server server;
    GArray *hops;   /* of NextHop; NULL: NTA finds the way */
    guint at;       /* the one it is at */
    guint limit;    /* how many may be tried */
    gboolean named; /* the server is a name: NTA is told where to */
    gboolean has_wish;
    NextHop wish; /* where it goes first */
    gboolean sent, heard, told;
    ResolveQuery *query;
    LoopTimer *timer; /* patience, or what could not be sent is to be told */
    const char *why;
};

static gboolean attempt_may_yield(const Attempt *attempt);

static void text_clear(InviteText *text)
{
    g_free(text->uri);
    g_free(text->from);
    g_free(text->to);
    g_free(text->pai);
    g_free(text->privacy);
    g_free(text->require);
    g_free(text->referred_by);
    g_free(text->replaces);
    g_free(text->extra);
    g_free(text->more);
}

void attempt_free(Attempt *attempt)
{
    if (!attempt)
        return;
    resolve_cancel(attempt->query);
    loop_timer_free(attempt->leg->ua->loop, attempt->timer);
    if (attempt->hops)
        g_array_unref(attempt->hops);
    text_clear(&attempt->text);
    g_free(attempt);
}

static const NextHop *attempt_hop(const Attempt *attempt)
{
    return attempt->hops && attempt->at < attempt->hops->len
               ? &g_array_index(attempt->hops, NextHop, attempt->at)
               : NULL;
}

/* ---- the INVITE goes out ----------------------------------------------------------------------
 */

/* "INVITE 101 SDP": the number is what the reader looks for. */
static void note_invite(UaLeg *leg, const char *uri)
{
    const char *user = strchr(uri, ':');

    user = user ? user + 1 : uri;
    leg_note(leg, LADDER_OUT, "INVITE %.*s SDP", (int)strcspn(user, "@;?"), user);
}

static void invite_send(UaLeg *leg, const InviteText *text)
{
    gboolean required = leg->settings->sip.require_100rel;
    gboolean callback = leg->call && call_is_callback(leg->call);
    g_autofree char *cseq = g_strdup_printf("%u INVITE", series_cseq(leg));
    su_home_t home[1] = {SU_HOME_INIT(home)};

    su_home_init(home);
    leg->offer = OFFER_SENT;
    leg->ua->counters.invites_out++;
    nua_invite(leg->nh, SIPTAG_CALL_ID(series_header(home, leg)),
               TAG_IF(leg->series, SIPTAG_CSEQ_STR(cseq)), SIPTAG_CONTACT_STR(leg_contact(leg)),
               TAG_IF(text->pai, SIPTAG_P_ASSERTED_IDENTITY_STR(text->pai)),
               TAG_IF(text->privacy, SIPTAG_PRIVACY_STR(text->privacy)),
               TAG_IF(required, SIPTAG_REQUIRE_STR("100rel")),
               TAG_IF(text->referred_by, SIPTAG_REFERRED_BY_STR(text->referred_by)),
               TAG_IF(text->replaces, SIPTAG_REPLACES_STR(text->replaces)),
               TAG_IF(text->require, SIPTAG_HEADER_STR(text->require)),
               TAG_IF(text->extra, SIPTAG_HEADER_STR(text->extra)),
               TAG_IF(text->more, SIPTAG_HEADER_STR(text->more)),
               TAG_IF(callback, SIPTAG_PRIORITY_STR("psap-callback")), /* RFC 7090 */
               SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(leg->ours.body),
               TAG_END());
    su_home_deinit(home);
}

static void leg_change_port(UaLeg *leg, UaPort *port, const InviteText *text)
{
    nua_handle_t *nh = nua_handle(port->nua, NULL, NUTAG_URL(text->uri), SIPTAG_TO_STR(text->to),
                                  SIPTAG_FROM_STR(text->from), TAG_END());

    if (!nh)
        return;
    nua_handle_bind(leg->nh, NULL);
    nua_handle_destroy(leg->nh);
    leg->nh = nh;
    leg->port = port;
    nua_handle_bind(nh, leg);
    dialog_describe(leg, NULL); /* media are of the family of the signalling */
}

/* LEG, which has said nothing yet, goes from where HOP is spoken to, and offers what HOP can reach.
 */
static void leg_turn_to(UaLeg *leg, const NextHop *hop, const InviteText *text)
{
    UaPort *port = ports_toward_address(leg->ua, &hop->address);

    leg->tcp = hop->tcp;
    leg->outside = ports_are_public_to(leg->settings, &hop->address);
    if (port != leg->port)
        leg_change_port(leg, port, text);
    memset(&leg->ours, 0, sizeof(leg->ours));
    dialog_describe(leg, NULL);
}

static void attempt_send(Attempt *attempt)
{
    UaLeg *leg = attempt->leg;

    attempt->sent = TRUE;
    attempt->heard = attempt->told = FALSE;
    if (attempt->named && attempt_hop(attempt))
        leg_turn_to(leg, attempt_hop(attempt), &attempt->text);
    note_invite(leg, attempt->text.uri);
    attempt_aim(leg);
    invite_send(leg, &attempt->text);
    attempt_unaim(leg);
    if (attempt->at + 1 < attempt->limit || attempt_may_yield(attempt))
        loop_timer_start(leg->ua->loop, attempt->timer, leg->settings->sip.fail_over_us);
}

void attempt_aim(UaLeg *leg)
{
    const NextHop *hop = leg->attempt && leg->attempt->named ? attempt_hop(leg->attempt) : NULL;

    if (hop && !leg->established)
        servers_aim(leg->port, hop);
}

void attempt_unaim(UaLeg *leg)
{
    if (leg->attempt && leg->attempt->named && attempt_hop(leg->attempt) && !leg->established)
        servers_unaim(leg->port);
}

/* ---- where to ---------------------------------------------------------------------------------
 */

/* What is told must not be told before whoever began this knows of the leg. */
static void attempt_give_up(Attempt *attempt, const char *why)
{
    attempt->why = why;
    loop_timer_start(attempt->leg->ua->loop, attempt->timer, 0);
}

static void attempt_tell_unsent(Attempt *attempt)
{
    UaLeg *leg = attempt->leg;
    Ua *ua = leg->ua;
    CallNews news = CALL_NEWS_INIT;

    leg->closing = leg->failed = leg->terminated = TRUE;
    news.status = 503;
    news.own_timer = TRUE;
    g_strlcpy(news.detail, attempt->why, sizeof(news.detail));
    log_notice("C%u sip: %s: %s", leg->id, attempt->server.host, attempt->why);
    leg_event(leg, EVENT_SIP_FAILURE, &news);
    if (g_hash_table_contains(ua->legs, leg))
        leg_settle(leg);
}

/* Does anybody still want the call? One that is cancelled before its first response waits for that
 * (RFC 3261 9.1). */
static gboolean attempt_is_wanted(const Attempt *attempt)
{
    const UaLeg *leg = attempt->leg;
    SipState state = leg->call ? call_sip_state(leg->call) : SIP_CANCELLING;

    return !leg->cancelled && state != SIP_ABANDONED && state != SIP_CANCELLING;
}

/* The call is one for help: nobody is too busy for it. */
static gboolean attempt_presses(const Attempt *attempt)
{
    const Call *call = attempt->leg->call;

    return call && call_origin(call)->emergency;
}

static void hops_put_first(GArray *hops, const NextHop *wish)
{
    for (guint i = 0; i < hops->len; i++) {
        NextHop hop = g_array_index(hops, NextHop, i);

        if (next_hop_equal(&hop, wish)) {
            g_array_remove_index(hops, i);
            g_array_prepend_val(hops, hop);
            return;
        }
    }
}

static void attempt_found(void *user, const GArray *hops)
{
    Attempt *attempt = user;
    UaLeg *leg = attempt->leg;

    attempt->query = NULL;
    if (leg->terminated) /* that has been told */
        return;
    if (!attempt_is_wanted(attempt)) {
        attempt_give_up(attempt, "the call is over");
        return;
    }
    if (!hops) {
        attempt_give_up(attempt, "no address of it is known");
        return;
    }
    attempt->hops = g_array_sized_new(FALSE, TRUE, sizeof(NextHop), hops->len);
    g_array_append_vals(attempt->hops, hops->data, hops->len);
    attempt->limit = servers_order(leg->ua, &attempt->server, attempt->hops);
    if (attempt_presses(attempt))
        attempt->limit = attempt->hops->len;
    if (!attempt->limit) {
        attempt_give_up(attempt, "it has asked to be left alone for a while (Retry-After)");
        return;
    }
    if (attempt->has_wish) {
        hops_put_first(attempt->hops, &attempt->wish);
        attempt->limit = 1;
    }
    attempt_send(attempt);
}

/* ---- on to the next ---------------------------------------------------------------------------
 */

static UaLeg *leg_like(UaLeg *before, nua_handle_t *nh, const char *uri)
{
    UaLeg *leg = leg_new_beside(before->ua, before->call, nh, FALSE);

    leg->settings = before->settings;
    leg->port = before->port;
    leg->tcp = before->tcp;
    leg->outside = before->outside;
    leg->peer = before->peer;
    leg->trusted = before->trusted;
    leg->refresh_by_invite = TRUE;
    leg->told_party = before->told_party;
    leg->inform_due = before->inform_due;
    leg->holding = before->holding;
    if (before->series) {
        leg->call_id = g_strdup(before->call_id);
        series_join(before->series, leg, uri);
    } else {
        leg->call_id = g_uuid_string_random();
        g_hash_table_insert(leg->ua->calling, leg->call_id, leg);
    }
    dialog_describe(leg, NULL);
    return leg;
}

/* BEFORE's call is LEG's from now on; what BEFORE may still hear is nobody's. */
static void leg_follow(UaLeg *leg, UaLeg *before)
{
    leg->attempt = g_steal_pointer(&before->attempt);
    leg->attempt->leg = leg;
    if (before->beside)
        referral_follow(leg, before);
    else
        leg_take_over(leg);
    if (before->call)
        leg_leave(before);
    before->closing = TRUE;
    if (!before->failed) {
        before->cancelled = TRUE; /* as soon as it may be (RFC 3261 9.1): NTA waits for a 1xx */
        nua_cancel(before->nh, TAG_END());
    }
}

static gboolean attempt_next(Attempt *attempt)
{
    UaLeg *before = attempt->leg, *leg;
    const InviteText *text = &attempt->text;
    nua_handle_t *nh;

    if (attempt->at + 1 >= attempt->limit || attempt->told || !attempt_is_wanted(attempt) ||
        (before->series && !series_may_repeat(before)))
        return FALSE;
    nh = nua_handle(before->port->nua, NULL, NUTAG_URL(text->uri), SIPTAG_TO_STR(text->to),
                    SIPTAG_FROM_STR(text->from), TAG_END());
    if (!nh)
        return FALSE;
    leg = leg_like(before, nh, text->uri);
    leg_follow(leg, before);
    attempt->at++;
    before->ua->counters.failed_over++;
    attempt_send(attempt);
    return TRUE;
}

/* Has the route a target that is called in the place of one that says nothing? Behind the proxy it
 * is the proxy that says something. */
static gboolean attempt_may_yield(const Attempt *attempt)
{
    const UaLeg *leg = attempt->leg;

    return !leg->ua->is_behind && !leg->beside && !leg->series && leg->call &&
           call_sip_leg(leg->call) == leg && call_has_next_target(leg->call);
}

/* What the last address may still say belongs to nobody's call either. ATTEMPT is gone
 * afterwards. */
static void attempt_yield(Attempt *attempt)
{
    UaLeg *leg = attempt->leg;
    CallNews news = CALL_NEWS_INIT;

    news.status = 408;
    news.own_timer = TRUE;
    g_strlcpy(news.detail, "no answer so far", sizeof(news.detail));
    attempt_free(g_steal_pointer(&leg->attempt));
    leg->closing = leg->cancelled = TRUE;
    nua_cancel(leg->nh, TAG_END());
    leg_event(leg, EVENT_SIP_FAILURE, &news);
}

static void attempt_due(void *user)
{
    Attempt *attempt = user;

    if (attempt->why) {
        attempt_tell_unsent(attempt);
        return;
    }
    if (attempt->heard)
        return;
    if (attempt_hop(attempt))
        servers_failed(attempt->leg->ua, &attempt->server, attempt_hop(attempt), NULL);
    if (!attempt_next(attempt) && attempt_may_yield(attempt))
        attempt_yield(attempt);
}

gboolean attempt_is_unsent(const UaLeg *leg)
{
    return leg->attempt && !leg->attempt->sent;
}

void attempt_heard(UaLeg *leg, int status)
{
    Attempt *attempt = leg->attempt;

    if (!attempt || !attempt->sent)
        return;
    loop_timer_stop(leg->ua->loop, attempt->timer);
    if (!attempt->heard && attempt_hop(attempt))
        servers_answered(leg->ua, &attempt->server, attempt_hop(attempt));
    attempt->heard = TRUE;
    attempt->told |= status > 100;
}

gboolean attempt_goes_on(UaLeg *leg, int status, sip_t const *sip)
{
    Attempt *attempt = leg->attempt;

    if (!attempt || !attempt->sent || !attempt_hop(attempt))
        return FALSE;
    if (sip && status != 503) {
        attempt_heard(leg, status);
        return FALSE;
    }
    loop_timer_stop(leg->ua->loop, attempt->timer);
    servers_failed(leg->ua, &attempt->server, attempt_hop(attempt), sip);
    return attempt_next(attempt);
}

void attempt_begin(UaLeg *leg, InviteText *text, const UaLeg *after)
{
    Attempt *attempt = g_new0(Attempt, 1);
    const NextHop *wish = after && after->attempt ? attempt_hop(after->attempt) : NULL;
    struct sockaddr_storage address;
    ResolveQuery *query;

    attempt->leg = leg;
    attempt->text = *text;
    *text = (InviteText){NULL};
    attempt->timer = loop_timer_new(leg->ua->loop, attempt_due, attempt);
    leg->attempt = attempt;
    if (!servers_can_ask(leg->ua) || !server_read(attempt->text.uri, &attempt->server)) {
        attempt_send(attempt);
        return;
    }
    attempt->named = !address_parse(attempt->server.host, &address);
    if (wish) {
        attempt->has_wish = TRUE;
        attempt->wish = *wish;
    }
    query = servers_ask(leg->ua, &attempt->server, attempt_found, attempt);
    if (query) /* else it was found at once, and may be gone by now */
        attempt->query = query;
}
