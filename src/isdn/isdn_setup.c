/* SETUP both ways: a call's wishes into a message, a received message into a call's wishes. */
#include "isdn_setup.h"
#include "number.h"

#include <string.h>

G_STATIC_ASSERT(FRAME_NUMBER_MAX > NUMBER_MAX); /* else a number that is too long would not show */

gboolean digits_copy(const char *text, char *digits, gsize size)
{
    gsize at = 0;

    for (; *text; text++) {
        if (strchr("+-./() ", *text)) /* what people put between digits says nothing */
            continue;
        if (!strchr("0123456789*#", *text) || at + 1 >= size)
            break;
        digits[at++] = *text;
    }
    digits[at] = '\0';
    return *text == '\0';
}

static int plan_of(const Number *number)
{
    return number->ton << 4 | number->npi;
}

/* Q.931 4.5.10, RFC 4497 9.2.2: what a CPE says of a calling number the public network has not
 * verified. */
static int presentation_of(const TrunkSettings *trunk, const Number *number)
{
    gboolean may_claim = trunk->side == SIDE_NETWORK || trunk->switch_type == SWITCH_QSIG;

    return number->presentation << 5 |
           (may_claim ? number->screening : SCREENING_USER_NOT_SCREENED);
}

/* RFC 4497 9.2.2: an asserted identity, the From header only where the trunk says so. The number a
 * call for help is called back by is the operator's own word. */
static gboolean number_may_leave(const TrunkSettings *trunk, const Number *number, gboolean help)
{
    if (help && number->screening == SCREENING_NETWORK)
        return TRUE;
    switch (trunk->identity) {
    case IDENTITY_PAI:
        return number->screening == SCREENING_NETWORK;
    case IDENTITY_FROM:
        return TRUE;
    case IDENTITY_NONE:
        return FALSE;
    }
    return FALSE;
}

static void caller_fill(const TrunkSettings *trunk, const CallSetup *setup, gboolean help,
                        struct pri_party_id *caller)
{
    if (number_may_leave(trunk, &setup->calling, help) &&
        digits_copy(setup->calling.digits, caller->number.str, NUMBER_MAX + 1) &&
        caller->number.str[0]) {
        caller->number.valid = 1;
        caller->number.plan = plan_of(&setup->calling);
        caller->number.presentation = presentation_of(trunk, &setup->calling);
    }
    if (trunk->send_display && setup->name[0]) {
        gsize most = MIN(trunk->display_max, sizeof caller->name.str - 1);
        gsize octets =
            name_to_display(setup->name, trunk->charset, (guint8 *)caller->name.str, most);

        caller->name.str[octets] = '\0';
        caller->name.valid = octets > 0;
        caller->name.presentation = setup->name_presentation << 5;
        caller->name.char_set = PRI_CHAR_SET_ISO8859_1;
    }
    if (caller->name.valid && !caller->number.valid) {
        /* Without a number libpri sends no name: one that is not available (RFC 4497 9.2.2). */
        caller->number = (struct pri_party_number){
            .valid = 1, .presentation = PRES_NUMBER_NOT_AVAILABLE, .plan = PRI_UNKNOWN};
    }
}

static struct pri_sr *record_new(IsdnLeg *leg, const CallSetup *setup, char *called)
{
    const TrunkSettings *trunk = dchan_trunk(leg->dchan);
    struct pri_party_id caller = {0};
    struct pri_sr *record = pri_sr_new();

    if (!record)
        return NULL;
    leg->preferred = trunk->channel == CHANNEL_PREFERRED;
    leg->named = leg->channel.number;
    caller_fill(trunk, setup, call_is_emergency(leg->call), &caller);
    pri_sr_set_channel(record, leg->channel.number, !leg->preferred, 0);
    pri_sr_set_bearer(
        record, setup->bearer == BEARER_SPEECH ? PRI_TRANS_CAP_SPEECH : PRI_TRANS_CAP_3_1K_AUDIO,
        dchan_span(leg->dchan)->law == LAW_ALAW ? PRI_LAYER_1_ALAW : PRI_LAYER_1_ULAW);
    pri_sr_set_called(record, called, plan_of(&setup->called), setup->complete);
    pri_sr_set_caller_party(record, &caller);
    return record;
}

gboolean isdn_setup_send(IsdnLeg *leg, guint8 *cause)
{
    struct pri *pri = dchan_pri(leg->dchan);
    const CallSetup *setup = call_setup(leg->call);
    char called[NUMBER_MAX + 1];
    struct pri_sr *record;
    q931_call *q931;

    *cause = CAUSE_INVALID_NUMBER_FORMAT;
    if (!digits_copy(setup->called.digits, called, sizeof called) || !called[0])
        return FALSE;
    *cause = CAUSE_TEMPORARY_FAILURE;
    if (!dchan_is_linked(leg->dchan) || !(q931 = pri_new_call(pri)))
        return FALSE;
    isdn_leg_adopt(leg, q931);
    record = record_new(leg, setup, called);
    if (!record || pri_setup(pri, q931, record) != 0)
        isdn_leg_destroy(leg);
    if (record)
        pri_sr_free(record);
    dchan_rearm(leg->dchan);
    if (leg->q931)
        dchan_count(leg->dchan, COUNT_SETUPS_OUT);
    return leg->q931 != NULL;
}

void isdn_setup_repeat(IsdnLeg *leg)
{
    CallNews news = CALL_NEWS_INIT;

    leg->repeat_waits = FALSE;
    leg->repeated = TRUE;
    dchan_count(leg->dchan, COUNT_SETUPS_REPEATED);
    if (!isdn_setup_send(leg, &news.cause))
        call_event(leg->call, EVENT_ISDN_RELEASED, &news);
}

/* RFC 4497 Tables 3 and 4: speech and 3.1 kHz audio, in G.711 as far as layer 1 is told. */
static gboolean bearer_is_served(const pri_event_ring *ring)
{
    if (ring->ctype != PRI_TRANS_CAP_SPEECH && ring->ctype != PRI_TRANS_CAP_3_1K_AUDIO)
        return FALSE;
    return ring->layer1 == -1 || ring->layer1 == PRI_LAYER_1_ALAW ||
           ring->layer1 == PRI_LAYER_1_ULAW;
}

/* Q.931 4.5.10 reserves the fourth value: what its meaning may be, it is not for showing. */
static Presentation presentation_read(int octet)
{
    Presentation presentation = (Presentation)(octet >> 5 & 3);

    return presentation <= PRESENTATION_UNAVAILABLE ? presentation : PRESENTATION_RESTRICTED;
}

static void plan_read(int plan, Number *number)
{
    number->ton = (TypeOfNumber)(plan >> 4 & 7);
    number->npi = (NumberingPlan)(plan & 15);
}

static void calling_read(const pri_event_ring *ring, Number *number)
{
    const struct pri_party_number *party = &ring->calling.number;

    number->presentation = PRESENTATION_UNAVAILABLE;
    if (!party->valid)
        return;
    number->presentation = presentation_read(party->presentation);
    number->screening = (Screening)(party->presentation & 3);
    plan_read(party->plan, number);
    if (!digits_copy(party->str, number->digits, sizeof number->digits))
        number->digits[0] = '\0'; /* part of a number would be a wrong one */
}

static void name_read(DChannel *dchan, const struct pri_party_name *party, CallSetup *setup)
{
    NameCharset charset = dchan_trunk(dchan)->charset;

    if (!party->valid)
        return;
    setup->name_presentation = presentation_read(party->presentation);
    if (party->char_set == PRI_CHAR_SET_ISO10646_UTF_8STRING)
        name_clean(party->str, setup->name, sizeof setup->name);
    else
        name_from_display((const guint8 *)party->str, strlen(party->str), charset, setup->name,
                          sizeof setup->name);
}

/* ie-mapping 11: these dialects know no overlap receiving and no Sending complete. */
static gboolean dialect_is_en_bloc(SwitchType type)
{
    switch (type) {
    case SWITCH_NI2:
    case SWITCH_DMS100:
    case SWITCH_5ESS:
    case SWITCH_4ESS:
        return TRUE;
    case SWITCH_EUROISDN:
    case SWITCH_QSIG:
        return FALSE;
    }
    return FALSE;
}

guint8 isdn_setup_read(DChannel *dchan, const pri_event_ring *ring, const FrameNews *news,
                       CallSetup *setup)
{
    const char *called = ring->callednum[0] ? ring->callednum : ring->keypad_digits;

    *setup = (CallSetup){.complete = ring->complete || news->sending_complete ||
                                     dialect_is_en_bloc(dchan_trunk(dchan)->switch_type)};
    if (ring->channel != -1 && (ring->channel & 1 << 17))
        return CAUSE_FACILITY_NOT_IMPLEMENTED; /* call-independent signalling */
    if (!bearer_is_served(ring))
        return CAUSE_BEARER_NOT_IMPLEMENTED;
    setup->bearer = (Bearer)ring->ctype;
    plan_read(ring->calledplan == -1 ? 0 : ring->calledplan, &setup->called);
    /* libpri cuts what is longer, and a cut number would be a wrong one. */
    if (strlen(news->called) > NUMBER_MAX ||
        !digits_copy(called, setup->called.digits, sizeof setup->called.digits))
        return CAUSE_INVALID_NUMBER_FORMAT;
    calling_read(ring, &setup->calling);
    if (strlen(news->calling) > NUMBER_MAX)
        setup->calling.digits[0] = '\0';
    name_read(dchan, &ring->calling.name, setup);
    return 0;
}
