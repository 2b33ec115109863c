/* Calls the far end offers: SETUP, and the digits that follow it. */
#include "isdn_offer.h"
#include "isdn_event.h"
#include "isdn_party.h"
#include "isdn_setup.h"
#include "log.h"
#include "trunk.h"

static void setup_refuse(IsdnLeg *leg, guint8 cause)
{
    dchan_count(leg->dchan, COUNT_SETUPS_REFUSED);
    log_info("span %s: SETUP refused with cause %u, %s", dchan_span(leg->dchan)->name, cause,
             cause_name(cause));
    isdn_leg_release_complete(leg, cause);
    isdn_leg_free(leg);
}

/* A call for help and the call that answers one have no time for a name. */
static gboolean waits_for_name(DChannel *dchan, const CallSetup *setup, const FrameNews *frame)
{
    Hall *hall = dchan_isdn(dchan)->hall;
    const TrunkSettings *trunk = dchan_trunk(dchan);

    return isdn_party_follows(frame) && setup->complete && !setup->name[0] && trunk->name_wait_us &&
           !hall_calls_for_help(hall, &setup->called) &&
           !hall_expects_callback(hall, trunk->name, setup);
}

static void setup_offer(IsdnLeg *leg, const CallSetup *setup, guint8 number, const FrameNews *frame)
{
    DChannel *dchan = leg->dchan;
    const TrunkSettings *trunk = dchan_trunk(dchan);
    CallOrigin origin = {.kind = ORIGIN_PRI, .trusted = trunk->trust_calling};
    CallNews news = isdn_event_news(frame);
    char text[160];
    Call *call;

    g_strlcpy(origin.trunk, trunk->name, sizeof origin.trunk);
    call = call_new(dchan_isdn(dchan)->hall, &origin, setup);
    if (!call) {
        trunk_unchoose(dchan, number);
        setup_refuse(leg, CAUSE_TEMPORARY_FAILURE);
        return;
    }
    leg->channel.number = number;
    isdn_leg_join(leg, call);
    trunk_book(dchan, number, leg->call_id);
    call_set_channel(call, leg->channel);
    frame_describe(frame, text, sizeof text);
    hall_note(dchan_isdn(dchan)->hall, leg->call_id, LADDER_ISDN, LADDER_IN, "%s", text);
    call_event(call,
               waits_for_name(dchan, setup, frame) ? EVENT_ISDN_SETUP_UNNAMED : EVENT_ISDN_SETUP,
               &news);
}

/* Where its span has no channel, another one of the group may. 0 with *CAUSE. */
static guint8 channel_choose(IsdnLeg *leg, const ChannelWish *wish, guint8 *cause)
{
    DChannel *head = dchan_head(leg->dchan);
    guint8 number = trunk_choose(leg->dchan, wish, cause);
    const ChannelWish any = {.flexible = TRUE, .help = wish->help};

    for (guint i = 0; !number && (wish->flexible || !wish->wanted) && i < dchan_group_size(head);
         i++) {
        DChannel *other = dchan_group_nth(head, i);
        guint8 ignored;

        if (other == leg->dchan || !dchan_is_usable(other) ||
            !(number = trunk_choose(other, &any, &ignored)))
            continue;
        leg->dchan = other;
        leg->channel.span = dchan_span(other)->index;
    }
    return number;
}

void isdn_offer_ring(DChannel *head, const pri_event_ring *ring, const FrameNews *frame)
{
    DChannel *named = dchan_find_interface(head, ring->channel);
    DChannel *dchan = named ? named : head;
    IsdnLeg *leg = isdn_leg_new(dchan, FALSE);
    guint wanted = ring->channel == -1 ? 0 : ring->channel & 0xff;
    gboolean any = ring->channel == -1 || wanted == 0xff;
    ChannelWish wish = {.wanted = any ? 0 : wanted, .flexible = ring->flexible != 0};
    CallSetup setup;
    guint8 cause, number;

    dchan_count(dchan, COUNT_SETUPS_IN);
    isdn_leg_adopt(leg, ring->call);
    cause = isdn_setup_read(dchan, ring, frame, &setup);
    if (!cause && !any && wanted == 0)
        cause = CAUSE_NO_CIRCUIT; /* call waiting, which has no channel */
    if (!cause && !named)
        cause = CAUSE_CHANNEL_DOES_NOT_EXIST;
    if (cause) {
        setup_refuse(leg, cause);
        return;
    }
    wish.help = hall_expects_callback(dchan_isdn(dchan)->hall, dchan_trunk(dchan)->name, &setup);
    number = channel_choose(leg, &wish, &cause);
    if (number)
        setup_offer(leg, &setup, number, frame);
    else
        setup_refuse(leg, cause);
}

void isdn_offer_information(IsdnLeg *leg, const char *text, gboolean complete,
                            const FrameNews *frame)
{
    const IsdnStates dialling = 1u << ISDN_OVERLAP_RECEIVING | 1u << ISDN_AWAITING_DIGITS;
    CallNews news = isdn_event_news(frame);

    if (!isdn_event_leg_speaks(leg) || leg->ours || !(dialling & 1u << call_isdn_state(leg->call)))
        return;
    if (!digits_copy(text, news.digits, sizeof news.digits))
        g_strlcpy(news.digits, "?", sizeof news.digits); /* no number any more, the hall says */
    news.complete = complete;
    if (news.digits[0] || complete)
        isdn_event_raise(leg, EVENT_ISDN_INFORMATION, &news);
}
