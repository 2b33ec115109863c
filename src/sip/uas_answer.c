/* The called side: a call's progress becomes responses to the phone's INVITE. */
#include "sip_room.h"

#include "cause.h"

#include <sofia-sip/sip_extra.h>

/* RFC 3262 3: how often a provisional response that was acknowledged is followed by another one, so
 * that no proxy's Timer C cuts a call that rings long. The others NTA repeats by itself, every
 * minute (RFC 3261 13.3.1.1). */
#define REPEAT_US (150 * G_USEC_PER_SEC)

/* Their offer is answered for the first time: the law of the channel decides now. */
static gboolean uas_describe_answer(UaLeg *leg)
{
    CallNews news = CALL_NEWS_INIT;
    SdpChoice choice;

    offer_choose(&leg->theirs, leg_law(leg), leg->settings->media.ptime_ms, &choice);
    if (!dialog_describe(leg, &choice))
        return FALSE;
    if (leg_news_media(leg, &choice, &news))
        leg_event(leg, EVENT_SIP_MEDIA, &news);
    return TRUE;
}

/* Which description a response with STATUS carries: 1 one, 0 none, -1 one is due and cannot be
 * made. */
static int uas_description(UaLeg *leg, int status, gboolean media)
{
    gboolean sure =
        status == 200 ||
        (leg->reliable && (leg->theirs_known || leg->reliable_only || status == 183 || media));

    if (leg->answer_sent_reliably || leg->offer == OFFER_SENT)
        return 0;
    if (leg->theirs_known) {
        if (!media)
            return 0;
        return uas_describe_answer(leg) ? 1 : -1;
    }
    /* No offer came: the first reliable response makes one (RFC 3261 13.2.1), an unreliable one
     * must not. */
    if (!sure)
        return 0;
    return dialog_describe(leg, NULL) ? 1 : -1;
}

static void uas_note_description(UaLeg *leg, int status)
{
    if (!leg->theirs_known) {
        leg->offer = OFFER_SENT;
    } else if (status == 200 || leg->reliable) {
        leg->offer = OFFER_NONE;
        leg->answer_sent_reliably = TRUE;
    }
}

static void uas_repeat(void *user);

static void uas_plan_repeat(UaLeg *leg, int status, gboolean media)
{
    leg->told_status = status;
    leg->told_media = media;
    if (!leg->repeat)
        leg->repeat = loop_timer_new(leg->ua->loop, uas_repeat, leg);
    loop_timer_start(leg->ua->loop, leg->repeat, REPEAT_US);
}

static gboolean uas_respond(UaLeg *leg, int status, const char *phrase, gboolean media,
                            const char *extra)
{
    int sdp = uas_description(leg, status, media);
    /* A late offer is made as late as it may: a 180 that needs no media stays unreliable unless
     * 100rel is required. */
    gboolean late = !leg->theirs_known && !leg->reliable_only && !media;
    gboolean reliable = status < 200 && leg->reliable && (!late || status == 183);
    IdentityOut who;

    if (sdp < 0)
        return FALSE;
    if (reliable) {
        leg->unpracked++;
        uas_plan_repeat(leg, status, media);
    }
    leg_note_response(leg, LADDER_OUT, status, phrase, NULL, sdp > 0);
    party_write(leg, &who);
    nua_respond(leg->nh, status, phrase, SIPTAG_CONTACT_STR(leg_contact(leg)),
                NUTAG_EARLY_MEDIA(!late), TAG_IF(who.pai, SIPTAG_P_ASSERTED_IDENTITY_STR(who.pai)),
                TAG_IF(who.privacy, SIPTAG_PRIVACY_STR(who.privacy)),
                TAG_IF(sdp > 0, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                TAG_IF(sdp > 0, SIPTAG_PAYLOAD_STR(leg->ours.body)),
                TAG_IF(extra, SIPTAG_HEADER_STR(extra)), TAG_END());
    identity_out_clear(&who);
    if (sdp > 0)
        uas_note_description(leg, status);
    return TRUE;
}

static void uas_repeat(void *user)
{
    UaLeg *leg = user;

    if (!leg->call || leg->closing || leg->established || leg->answer_waits)
        return;
    if (!leg->unpracked) /* otherwise its end is near */
        uas_respond(leg, leg->told_status, sip_status_phrase(leg->told_status), leg->told_media,
                    NULL);
}

static gboolean uas_act(Call *call, int status, const char *phrase, gboolean media,
                        const char *extra)
{
    UaLeg *leg = call_sip_leg(call);
    CallNews news = CALL_NEWS_INIT;

    if (leg && uas_respond(leg, status, phrase, media, extra))
        return TRUE;
    news.cause = CAUSE_RESOURCE_UNAVAILABLE;
    g_strlcpy(news.detail, "no RTP port to tell the phone", sizeof(news.detail));
    call_event(call, EVENT_SIP_REFUSED, &news);
    return FALSE;
}

static gboolean uas_alert(Call *call, gboolean media, const CallNews *news)
{
    UaLeg *leg = call_sip_leg(call);
    g_autofree char *extra = leg ? extra_user_info(leg, news) : NULL;

    return uas_act(call, SIP_180_RINGING, media, extra);
}

gboolean uas_ring(void *room, Call *call, const CallNews *news)
{
    return uas_alert(call, FALSE, news);
}

gboolean uas_ring_media(void *room, Call *call, const CallNews *news)
{
    return uas_alert(call, TRUE, news);
}

gboolean uas_progress(void *room, Call *call, const CallNews *news)
{
    return uas_act(call, SIP_183_SESSION_PROGRESS, TRUE, NULL);
}

gboolean uas_progress_plain(void *room, Call *call, const CallNews *news)
{
    return uas_act(call, SIP_183_SESSION_PROGRESS, FALSE, NULL);
}

/* It changes nothing, and may fail. */
gboolean uas_forwarded(void *room, Call *call, const CallNews *news)
{
    UaLeg *leg = call_sip_leg(call);

    if (leg)
        uas_respond(leg, SIP_181_CALL_IS_BEING_FORWARDED, FALSE, NULL);
    return TRUE;
}

static gboolean uas_send_answer(Call *call)
{
    UaLeg *leg = call_sip_leg(call);

    if (!uas_act(call, SIP_200_OK, TRUE, leg ? leg->answer_extra : NULL))
        return FALSE;
    leg->established = TRUE;
    return TRUE;
}

gboolean uas_answer(void *room, Call *call, const CallNews *news)
{
    UaLeg *leg = call_sip_leg(call);

    if (leg) {
        loop_timer_free(leg->ua->loop, g_steal_pointer(&leg->expires));
        g_free(leg->answer_extra);
        leg->answer_extra = extra_user_info(leg, news);
        /* RFC 3262 3: a 2xx waits until every reliable 18x with a description is acknowledged; ours
         * until all are. */
        leg->answer_waits = leg->unpracked > 0;
        if (leg->answer_waits)
            return TRUE;
    }
    return uas_send_answer(call);
}

static void uas_send_final(UaLeg *leg, guint16 status)
{
    g_autofree char *warning = NULL, *told = NULL;
    const char *phrase = status_phrase(status);
    ReasonText reason;

    leg_reason(leg, &reason);
    leg->closing = TRUE;
    leg->answer_waits = FALSE;
    told = g_strdup_printf("%u %s", status, phrase);
    leg_note_cause(leg, LADDER_OUT, told, call_cause(leg->call));
    warning = g_strdup_printf("304 %s \"Media type not available\"", leg_host(leg));
    nua_respond(leg->nh, status, *phrase ? phrase : "Call Failed",
                TAG_IF(*reason.text, SIPTAG_REASON_STR(reason.text)),
                TAG_IF(status == 488, SIPTAG_WARNING_STR(warning)), TAG_END());
}

gboolean uas_reject(void *room, Call *call, const CallNews *news)
{
    UaLeg *leg = call_sip_leg(call);

    if (leg && !leg->closing)
        uas_send_final(leg, leg->expired ? 487 : call_reject_status(call));
    return TRUE;
}

/* To the hall the call was answered, but the phone has heard no 200 yet. */
gboolean uas_withdraw(void *room, Call *call, const CallNews *news)
{
    UaLeg *leg = call_sip_leg(call);
    CallNews gone = CALL_NEWS_INIT;

    if (!leg || !leg->answer_waits || leg->closing)
        return TRUE;
    uas_send_final(leg, call_reject_status(call));
    gone.cause = call_cause(call);
    g_strlcpy(gone.detail, "the 200 still waited for its PRACK", sizeof(gone.detail));
    call_event(call, EVENT_SIP_REFUSED, &gone);
    return TRUE;
}

/* The exchange a PRACK may carry: the answer to our late offer, or a new offer (RFC 3262 5). */
static int uas_prack_description(UaLeg *leg, sip_t const *sip, CallNews *news, const char **why)
{
    SdpChoice choice;

    if (leg->offer == OFFER_RECEIVED)
        return 491;
    if (dialog_read(leg, sip, why) != SDP_OK)
        return 488;
    if (leg->offer == OFFER_SENT) {
        leg->offer = OFFER_NONE;
        leg->answer_sent_reliably = TRUE;
        offer_settle(&leg->theirs, leg->settings->media.ptime_ms, &choice);
        leg_news_media(leg, &choice, news);
        return 200;
    }
    offer_choose(&leg->theirs, leg_law(leg), leg->settings->media.ptime_ms, &choice);
    if (!dialog_describe(leg, &choice))
        return 500;
    leg_news_media(leg, &choice, news);
    return 201; /* 200, and with our answer */
}

void uas_pracked(UaLeg *leg, sip_t const *sip)
{
    CallNews news = CALL_NEWS_INIT;
    const char *why = "their offer is pending";
    gsize size;
    gboolean sdp = sip_body_sdp(sip, &size) != NULL;
    int status = sdp ? uas_prack_description(leg, sip, &news, &why) : 200;

    leg_note(leg, LADDER_IN, "PRACK%s", sdp ? " SDP" : "");
    leg->unpracked -= leg->unpracked > 0;
    if (status >= 300) {
        leg_note_response(leg, LADDER_OUT, status, status_phrase((guint16)status), "PRACK", FALSE);
        ua_refuse(leg->ua, leg->nh, status, status_phrase((guint16)status), why);
    } else {
        leg_note_response(leg, LADDER_OUT, SIP_200_OK, "PRACK", status == 201);
        nua_respond(leg->nh, SIP_200_OK, NUTAG_WITH_THIS(leg->ua->nua),
                    TAG_IF(status == 201, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                    TAG_IF(status == 201, SIPTAG_PAYLOAD_STR(leg->ours.body)), TAG_END());
    }
    if (leg->answer_waits && !leg->unpracked && leg->call && !leg->closing) {
        leg->answer_waits = FALSE;
        uas_send_answer(leg->call);
    }
    if (news.has_remote)
        leg_event(leg, EVENT_SIP_MEDIA, &news);
}
