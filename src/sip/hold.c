/* Holds by re-INVITE (RFC 3264 8.4): ours when the PBX's party is away, told as soon as no other
 * exchange is open, and theirs as the hall hears of them. */
#include "sip_room.h"

#include "cause.h"
#include "log.h"

#include <sofia-sip/sip_util.h>

#define RETRY_AFTER_MAX_S 30 /* who is busy for longer is asked then all the same */

/* RFC 3264 8.4: each side holds for itself; what the other one has said stays. */
static SdpDirection hold_direction(const UaLeg *leg)
{
    if (leg->holding)
        return leg->held ? SDP_INACTIVE : SDP_SENDONLY;
    return leg->held ? SDP_RECVONLY : SDP_SENDRECV;
}

void hold_apply(const UaLeg *leg, SdpChoice *choice)
{
    if (!leg->holding)
        return;
    choice->remote.receive = FALSE;
    if (choice->ours == SDP_SENDRECV)
        choice->ours = SDP_SENDONLY;
    else if (choice->ours == SDP_RECVONLY)
        choice->ours = SDP_INACTIVE;
}

void hold_answered(UaLeg *leg, const SdpChoice *choice)
{
    if (leg->holding)
        leg->hold_said = TRUE;
    else if (choice->remote.receive)
        leg->hold_said = FALSE;
}

void hold_heard(UaLeg *leg)
{
    gboolean held = leg->theirs.held_by_address || leg->theirs.direction == SDP_SENDONLY ||
                    leg->theirs.direction == SDP_INACTIVE;

    if (!leg->established || held == leg->held)
        return;
    leg->held = held;
    leg_event(leg, held ? EVENT_SIP_HELD : EVENT_SIP_RETRIEVED, NULL);
}

/* ---- ours ----------------------------------------------------------------------------------- */

/* RFC 3261 14.1: not while any exchange of either side is open, an INVITE of theirs until its ACK
 * included. */
static gboolean hold_may_ask(const UaLeg *leg)
{
    return leg->call && leg->established && (leg->acked || !leg->uas) && !leg->closing &&
           !leg->terminated && !leg->informing && !leg->digit_is_out && !leg->hold_asking &&
           !leg->hold_waits && !leg->ack_due && !leg->refreshing && leg->offer == OFFER_NONE;
}

void hold_pursue(UaLeg *leg)
{
    if (leg->holding == leg->hold_said || !hold_may_ask(leg))
        return;
    g_free(leg->hold_before);
    leg->hold_before = g_memdup2(&leg->ours, sizeof(leg->ours));
    if (!dialog_describe_as(leg, NULL, hold_direction(leg)))
        return;
    leg->offer = OFFER_SENT;
    leg->hold_asking = TRUE;
    leg->hold_asked = leg->holding;
    leg_note(leg, LADDER_OUT, "INVITE SDP");
    nua_invite(leg->nh, SIPTAG_CONTACT_STR(leg_contact(leg)),
               SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(leg->ours.body),
               TAG_END());
}

static void hold_is_due(void *user)
{
    UaLeg *leg = user;

    leg->hold_waits = FALSE;
    hold_pursue(leg);
}

/* RFC 3261 14.1, 14.2: it crossed another one of theirs, or was too early by their Retry-After.
 * FALSE when it has been tried often enough. */
static gboolean hold_ask_again(UaLeg *leg, sip_t const *sip)
{
    gint64 wait_us = dialog_retry_us(leg);

    if (++leg->hold_tries >= DIALOG_TRIES)
        return FALSE;
    if (sip->sip_retry_after) {
        gint64 asked_s = (gint64)MIN(sip->sip_retry_after->af_delta, RETRY_AFTER_MAX_S);

        wait_us = MAX(wait_us, asked_s * G_USEC_PER_SEC);
    }
    if (!leg->hold_again)
        leg->hold_again = loop_timer_new(leg->ua->loop, hold_is_due, leg);
    leg->hold_waits = TRUE;
    loop_timer_start(leg->ua->loop, leg->hold_again, wait_us);
    return TRUE;
}

static void hold_refused(UaLeg *leg, int status, const char *phrase)
{
    log_notice("C%u sip: the far end refuses our %s: %d %s", leg->id,
               leg->hold_asked ? "hold" : "retrieval", status, phrase);
    leg->hold_said = leg->hold_asked; /* not asked again */
    hold_pursue(leg);
}

/* 200: what both have agreed to. */
static void hold_agreed(UaLeg *leg, sip_t const *sip)
{
    CallNews news = CALL_NEWS_INIT;
    SdpChoice choice;
    const char *why;

    leg->hold_said = leg->hold_asked;
    leg->hold_tries = 0;
    session_settled(leg, sip);
    if (dialog_read(leg, sip, &why) != SDP_OK) {
        log_notice("C%u sip: no usable answer to our offer: %s", leg->id, why);
        return;
    }
    offer_settle(&leg->theirs, leg->settings->media.ptime_ms, &choice);
    hold_apply(leg, &choice);
    if (leg_news_media(leg, &choice, &news))
        leg_event(leg, EVENT_SIP_MEDIA, &news);
    if (!leg->hold_asked && leg->call)
        hold_heard(leg);
}

void hold_responded(UaLeg *leg, int status, const char *phrase, sip_t const *sip)
{
    if (status < 200 || status == NO_CREDENTIALS) /* the latter ends the request before this one */
        return;
    leg->hold_asking = FALSE;
    leg->offer = OFFER_NONE;
    if (leg->closing)
        return;
    if (sip) {
        leg_note_response(leg, LADDER_IN, status, phrase, "INVITE", sip->sip_payload != NULL);
        leg_note(leg, LADDER_OUT, "ACK");
    }
    if (status < 300 && sip) {
        hold_agreed(leg, sip);
        hold_pursue(leg); /* it may have ended meanwhile */
        return;
    }
    leg->ours = *leg->hold_before; /* RFC 3261 14.1: all stays as it was */
    session_give_up_challenge(leg, status);
    if (status == 408 || status == 481 || !sip) {
        leg_lost(leg, "our re-INVITE had no answer", CAUSE_TIMER_EXPIRY,
                 status != 408 && status != 481);
    } else if ((status != 491 && !(status == 500 && sip->sip_retry_after)) ||
               !hold_ask_again(leg, sip)) {
        hold_refused(leg, status, phrase);
    }
}

/* The PBX's party is away, or (FALSE) back. */
static gboolean hold_set(Call *call, gboolean holding)
{
    UaLeg *leg = call_sip_leg(call);

    if (leg) {
        leg->holding = holding;
        leg->hold_tries = 0;
        hold_pursue(leg);
    }
    return TRUE;
}

gboolean hold_begin(void *room, Call *call, const CallNews *news)
{
    return hold_set(call, TRUE);
}

gboolean hold_end(void *room, Call *call, const CallNews *news)
{
    return hold_set(call, FALSE);
}
