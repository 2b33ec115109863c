/* SETUP both ways: a call's wishes into a message, a received message into a call's wishes. */
#include "isdn_setup.h"
#include "dialect.h"
#include "isdn_extra.h"
#include "isdn_party.h"
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

static void caller_fill(const TrunkSettings *trunk, const CallSetup *setup, gboolean help,
                        struct pri_party_id *caller)
{
    Party party = {.number = setup->calling, .name_presentation = setup->name_presentation};

    g_strlcpy(party.name, setup->name, sizeof party.name);
    isdn_party_write(trunk, &party, help, caller);
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
    pri_sr_set_channel(record, dchan_encode(leg->dchan, leg->channel.number), !leg->preferred, 0);
    pri_sr_set_bearer(
        record, setup->bearer == BEARER_SPEECH ? PRI_TRANS_CAP_SPEECH : PRI_TRANS_CAP_3_1K_AUDIO,
        dchan_span(leg->dchan)->law == LAW_ALAW ? PRI_LAYER_1_ALAW : PRI_LAYER_1_ULAW);
    pri_sr_set_called(record, called, plan_of(&setup->called), setup->complete);
    pri_sr_set_caller_party(record, &caller);
    isdn_extra_send(leg, setup, record);
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
    leg->dialled = (guint8)strlen(setup->called.digits);
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
Presentation isdn_setup_read_presentation(int octet)
{
    Presentation presentation = (Presentation)(octet >> 5 & 3);

    return presentation <= PRESENTATION_UNAVAILABLE ? presentation : PRESENTATION_RESTRICTED;
}

void isdn_setup_read_plan(int plan, Number *number)
{
    number->ton = (TypeOfNumber)(plan >> 4 & 7);
    number->npi = (NumberingPlan)(plan & 15);
}

static void caller_read(const TrunkSettings *trunk, const struct pri_party_id *id, CallSetup *setup)
{
    Party party;

    isdn_party_read(trunk, id, &party);
    setup->calling = party.number;
    g_strlcpy(setup->name, party.name, sizeof setup->name);
    setup->name_presentation = party.name_presentation;
}

guint8 isdn_setup_read(DChannel *dchan, const pri_event_ring *ring, const FrameNews *news,
                       CallSetup *setup)
{
    const char *called = ring->callednum[0] ? ring->callednum : ring->keypad_digits;

    *setup = (CallSetup){.complete = ring->complete || news->sending_complete ||
                                     dialect_is_american(dchan_trunk(dchan)->switch_type)};
    if (ring->channel != -1 && (ring->channel & 1 << 17))
        return CAUSE_FACILITY_NOT_IMPLEMENTED; /* call-independent signalling */
    if (!bearer_is_served(ring))
        return CAUSE_BEARER_NOT_IMPLEMENTED;
    setup->bearer = (Bearer)ring->ctype;
    isdn_setup_read_plan(ring->calledplan == -1 ? 0 : ring->calledplan, &setup->called);
    /* libpri cuts what is longer, and a cut number would be a wrong one. */
    if (strlen(news->called) > NUMBER_MAX ||
        !digits_copy(called, setup->called.digits, sizeof setup->called.digits))
        return CAUSE_INVALID_NUMBER_FORMAT;
    caller_read(dchan_trunk(dchan), &ring->calling, setup);
    if (strlen(news->calling) > NUMBER_MAX)
        setup->calling.digits[0] = '\0';
    isdn_extra_read(dchan, ring, news, setup);
    return 0;
}
