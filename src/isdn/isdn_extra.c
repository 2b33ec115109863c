/* Redirecting numbers, subaddresses, high layers and user information of a call's messages.
 *
 * What goes out is handed to the frame tap before libpri is asked for the message; what comes is
 * read from the frame that libpri's event belongs to.
 */
#include "isdn_extra.h"
#include "elements.h"
#include "isdn_party.h"
#include "isdn_setup.h"

#include <string.h>

static void setup_add(IsdnLeg *leg, FramePlace place, const guint8 *element)
{
    dchan_add_element(leg->dchan, leg->ref, MESSAGE_SETUP, place, element);
}

/* --- diversions --- */

/* A diversion costs whom it names: strangers have no say in it. */
static gboolean diversions_may_leave(const IsdnLeg *leg)
{
    const TrunkSettings *trunk = dchan_trunk(leg->dchan);

    return trunk->redirecting && trunk->identity != IDENTITY_NONE &&
           (call_origin(leg->call)->trusted || trunk->identity == IDENTITY_FROM);
}

static void party_fill(const Diversion *diversion, struct pri_party_number *party)
{
    *party = (struct pri_party_number){
        .valid = 1,
        .presentation = diversion->number.presentation << 5 | diversion->number.screening,
        .plan = diversion->number.ton << 4 | diversion->number.npi,
    };
    g_strlcpy(party->str, diversion->number.digits, sizeof party->str);
}

/* QSIG has no Redirecting number: libpri writes divertingLegInformation2 (ECMA-174). */
static void diversions_fill(const Diversions *diversions, struct pri_sr *record)
{
    struct pri_party_redirecting redirecting = {
        .count = (int)MIN(diversions->count, 255u),
        .reason = diversions->last.reason,
        .orig_reason = diversions->first.reason,
    };

    party_fill(&diversions->last, &redirecting.from.number);
    if (diversions->count > 1)
        party_fill(&diversions->first, &redirecting.orig_called.number);
    pri_sr_set_redirecting_parties(record, &redirecting);
}

static void diversions_send(IsdnLeg *leg, const Diversions *diversions, struct pri_sr *record)
{
    const TrunkSettings *trunk = dchan_trunk(leg->dchan);
    gboolean may_claim = isdn_party_may_claim(trunk);
    guint8 element[ELEMENT_ROOM];

    if (diversions->count == 0 || !diversions_may_leave(leg))
        return;
    if (trunk->switch_type == SWITCH_QSIG) {
        diversions_fill(diversions, record);
        return;
    }
    if (diversions->count > 1) {
        element_from_diversion(&diversions->first, may_claim, element);
        setup_add(leg, FRAME_AFTER_SAME, element);
    }
    element_from_diversion(&diversions->last, may_claim, element);
    setup_add(leg, FRAME_AFTER_SAME, element);
}

static void party_read(const struct pri_party_number *party, Number *number)
{
    Presentation presentation = (Presentation)(party->presentation >> 5 & 3);

    *number = (Number){.presentation = PRESENTATION_UNAVAILABLE};
    if (!party->valid)
        return;
    number->presentation =
        presentation <= PRESENTATION_UNAVAILABLE ? presentation : PRESENTATION_RESTRICTED;
    number->screening = (Screening)(party->presentation & 3);
    number->ton = (TypeOfNumber)(party->plan >> 4 & 7);
    number->npi = (NumberingPlan)(party->plan & 15);
    if (!digits_copy(party->str, number->digits, sizeof number->digits))
        number->digits[0] = '\0';
}

/* What a Facility told libpri; NULL: none did. */
static const struct pri_party_redirecting *facility_find(const pri_event_ring *ring)
{
    for (int i = 0; ring->subcmds && i < ring->subcmds->counter_subcmd; i++)
        if (ring->subcmds->subcmd[i].cmd == PRI_SUBCMD_REDIRECTING)
            return &ring->subcmds->subcmd[i].u.redirecting;
    return NULL;
}

/* Elements tell the numbers, a Facility how many there were, and on QSIG the numbers as well. */
static void diversions_read(const pri_event_ring *ring, const FrameNews *news,
                            Diversions *diversions)
{
    const struct pri_party_redirecting *facility = facility_find(ring);
    gboolean known = diversions_from_elements(news, diversions);

    if (!facility || facility->count <= 0)
        return;
    if (!known) {
        party_read(&facility->from.number, &diversions->last.number);
        diversions->last.reason = (DiversionReason)(facility->reason & 15);
    }
    if (facility->count > 1 && diversions->count < 2) {
        party_read(&facility->orig_called.number, &diversions->first.number);
        diversions->first.reason = (DiversionReason)(facility->orig_reason & 15);
    }
    diversions->count = MAX(diversions->count, (guint)facility->count);
}

/* --- SETUP --- */

static void numbers_send(IsdnLeg *leg, const CallSetup *setup)
{
    const TrunkSettings *trunk = dchan_trunk(leg->dchan);
    guint8 element[ELEMENT_ROOM];

    if (trunk->second_calling && setup->second_calling.digits[0] &&
        trunk->identity != IDENTITY_NONE) {
        element_from_calling(&setup->second_calling, isdn_party_may_claim(trunk), element);
        setup_add(leg, FRAME_AFTER_SAME, element);
    }
    if (setup->calling_subaddress.length &&
        isdn_party_may_leave(trunk, &setup->calling, call_is_emergency(leg->call))) {
        element_from_subaddress(Q931_CALLING_SUBADDRESS, &setup->calling_subaddress, element);
        setup_add(leg, FRAME_INSTEAD, element);
    }
    if (setup->called_subaddress.length) {
        element_from_subaddress(Q931_CALLED_SUBADDRESS, &setup->called_subaddress, element);
        setup_add(leg, FRAME_INSTEAD, element);
    }
}

void isdn_extra_send(IsdnLeg *leg, const CallSetup *setup, struct pri_sr *record)
{
    const TrunkSettings *trunk = dchan_trunk(leg->dchan);
    guint8 hlc = trunk->hlc ? (guint8)trunk->hlc : setup->hlc;
    guint8 element[ELEMENT_ROOM];

    if (trunk->origin_progress || (setup->progress && trunk->switch_type != SWITCH_NI2)) {
        element_from_progress(setup->progress ? setup->progress : 3, element);
        setup_add(leg, FRAME_INSTEAD, element);
    }
    numbers_send(leg, setup);
    diversions_send(leg, &setup->diversions, record);
    if (hlc) {
        element_from_hlc(hlc, element);
        setup_add(leg, FRAME_INSTEAD, element);
    }
    if (trunk->user_info && setup->user_info.length) { /* the largest: it is left out first */
        element_from_user_info(&setup->user_info, element);
        setup_add(leg, FRAME_INSTEAD, element);
    }
}

void isdn_extra_read(const DChannel *dchan, const pri_event_ring *ring, const FrameNews *news,
                     CallSetup *setup)
{
    setup->progress = news->progress & 1u << 1 ? 1 : news->progress & 1u << 3 ? 3 : 0;
    setup->hlc = hlc_from_element(frame_find_element(news, Q931_HIGH_LAYER, 0));
    subaddress_from_element(frame_find_element(news, Q931_CALLED_SUBADDRESS, 0),
                            &setup->called_subaddress);
    subaddress_from_element(frame_find_element(news, Q931_CALLING_SUBADDRESS, 0),
                            &setup->calling_subaddress);
    diversions_read(ring, news, &setup->diversions);
    if (dchan_trunk(dchan)->user_info)
        user_info_from_element(frame_find_element(news, Q931_USER_USER, 0), &setup->user_info);
}

/* --- later messages --- */

/* RFC 7434 8: only where the set-up had some. */
static gboolean user_info_passes(const IsdnLeg *leg)
{
    return leg->call && dchan_trunk(leg->dchan)->user_info &&
           call_asked(leg->call)->user_info.length > 0;
}

void isdn_extra_user_info(IsdnLeg *leg, Q931Message message, const CallNews *news)
{
    guint8 element[ELEMENT_ROOM];

    if (news->user_info.length == 0 || news->is_isdn || !user_info_passes(leg))
        return;
    element_from_user_info(&news->user_info, element);
    dchan_add_element(leg->dchan, leg->ref, message, FRAME_INSTEAD, element);
}

void isdn_extra_news(const IsdnLeg *leg, const FrameNews *frame, CallNews *news)
{
    if (user_info_passes(leg))
        user_info_from_element(frame_find_element(frame, Q931_USER_USER, 0), &news->user_info);
}
