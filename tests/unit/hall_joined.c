/* The PBX joins two of its calls and leaves them: their phones talk to each other until one hangs
 * up. */
#include "cause.h"
#include "fake_rooms.h"
#include "joined.h"

#include <string.h>

static void stands(Fake *fake, guint32 id, SipState sip, IsdnState isdn)
{
    const Call *call = hall_find_call(fake->hall, id);

    g_assert_nonnull(call);
    g_assert_cmpstr(sip_state_name(call_sip_state(call)), ==, sip_state_name(sip));
    g_assert_cmpstr(isdn_state_name(call_isdn_state(call)), ==, isdn_state_name(isdn));
}

/* The PBX's 201 talks to the phone 105. */
static guint32 pbx_talks(Fake *fake)
{
    guint32 id;

    fake_call_from_pbx(fake, "105", TRUE, &id);
    fake_raise(fake, id, EVENT_SIP_ANSWER, NULL);
    fake_raise(fake, id, EVENT_ISDN_CONNECT_ACK, NULL);
    stands(fake, id, SIP_UP, ISDN_ACTIVE);
    return id;
}

/* The phone 101 talks to 222 on the PBX. */
static guint32 phone_talks(Fake *fake)
{
    guint32 id;

    fake->next_channel.number++;
    fake_call_from_phone(fake, "222", &id);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    stands(fake, id, SIP_UP, ISDN_ACTIVE);
    return id;
}

static gboolean join(Fake *fake, guint32 one, guint32 other, const char **why)
{
    Call *call = hall_find_call(fake->hall, one), *second = hall_find_call(fake->hall, other);

    if (!call_may_join(call, second, why))
        return FALSE;
    call_join(call, second);
    return TRUE;
}

static void joined(Fake *fake, guint32 one, guint32 other)
{
    const char *why = NULL;

    if (!join(fake, one, other, &why))
        g_error("%s", why);
    stands(fake, one, SIP_UP, ISDN_DISCONNECT_REQUEST);
    stands(fake, other, SIP_UP, ISDN_DISCONNECT_REQUEST);
    g_assert_cmpuint(call_joined(hall_find_call(fake->hall, one)), ==, other);
    g_assert_cmpuint(call_joined(hall_find_call(fake->hall, other)), ==, one);
    says_last(fake, one, "media_join isdn_disconnect:0 sip_resume sip_party");
    says_last(fake, other, "media_join isdn_disconnect:0 sip_resume sip_party");
}

static void pbx_is_gone(Fake *fake, guint32 id)
{
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASE, 16);
    stands(fake, id, SIP_UP, ISDN_NULL);
    says_last(fake, id, "isdn_release_complete:0 channel_free");
}

static void two_phones_go_on(void)
{
    Fake *fake = fake_new();
    guint32 one = pbx_talks(fake), other = phone_talks(fake);
    const Party *party;

    joined(fake, one, other);
    party = call_isdn_party(hall_find_call(fake->hall, other));
    g_assert_cmpstr(party->number.digits, ==, "105");
    pbx_is_gone(fake, one);
    pbx_is_gone(fake, other);
    fake_raise_cause(fake, one, EVENT_SIP_BYE, 16);
    says_last(fake, one, "media_close");
    fake_assert_gone(fake, one);
    stands(fake, other, SIP_LEAVING, ISDN_NULL);
    fake_raise(fake, other, EVENT_SIP_ENDED, NULL);
    fake_assert_gone(fake, other);
    fake_free(fake);
}

/* Whoever leaves first, the other one hears BYE, while the PBX is still there as well. */
static void each_way_of_leaving(void)
{
    static const CallEvent gone[] = {EVENT_SIP_BYE, EVENT_SIP_LOST, EVENT_SIP_ENDED};
    static const CallEvent asked[] = {EVENT_MEDIA_SILENT, EVENT_OPERATOR_CLEAR};

    for (guint i = 0; i < G_N_ELEMENTS(gone) + G_N_ELEMENTS(asked); i++) {
        Fake *fake = fake_new();
        guint32 one = pbx_talks(fake), other = phone_talks(fake);
        gboolean leaves = i < G_N_ELEMENTS(gone);

        joined(fake, one, other);
        fake_raise_cause(fake, one, leaves ? gone[i] : asked[i - G_N_ELEMENTS(gone)], 41);
        stands(fake, one, leaves ? SIP_IDLE : SIP_LEAVING, ISDN_DISCONNECT_REQUEST);
        if (!leaves)
            fake_raise(fake, one, EVENT_SIP_ENDED, NULL);
        stands(fake, other, SIP_LEAVING, ISDN_DISCONNECT_REQUEST);
        says_last(fake, other, "media_close sip_bye:41");
        fake_raise(fake, other, EVENT_SIP_ENDED, NULL);
        fake_raise(fake, one, EVENT_ISDN_RELEASED, NULL);
        fake_raise(fake, other, EVENT_ISDN_RELEASED, NULL);
        g_assert_cmpuint(hall_call_count(fake->hall), ==, 0);
        fake_free(fake);
    }
}

/* The PBX's own end is nobody's business any more. */
static void each_way_the_pbx_goes(void)
{
    static const CallEvent ways[] = {EVENT_ISDN_RELEASE, EVENT_ISDN_RELEASED, EVENT_ISDN_RESTART,
                                     EVENT_ISDN_LOST};

    for (guint i = 0; i < 2 * G_N_ELEMENTS(ways); i++) {
        Fake *fake = fake_new();
        guint32 one = pbx_talks(fake), other = phone_talks(fake);

        joined(fake, one, other);
        if (i % 2) /* DISCONNECT crosses DISCONNECT */
            fake_raise_cause(fake, one, EVENT_ISDN_DISCONNECT, 16);
        fake_raise_cause(fake, one, ways[i / 2], 16);
        stands(fake, one, SIP_UP, ISDN_NULL);
        g_assert_cmpuint(call_channel(hall_find_call(fake->hall, one)).number, ==, 0);
        stands(fake, other, SIP_UP, ISDN_DISCONNECT_REQUEST);
        fake_raise(fake, other, EVENT_ISDN_RELEASED, NULL);
        fake_raise_cause(fake, other, EVENT_SIP_BYE, 16);
        fake_raise(fake, one, EVENT_SIP_ENDED, NULL);
        g_assert_cmpuint(hall_call_count(fake->hall), ==, 0);
        fake_free(fake);
    }
}

static void who_is_there_now_is_told(void)
{
    Fake *fake = fake_new();
    guint32 one = pbx_talks(fake), other = phone_talks(fake);
    CallNews news = CALL_NEWS_INIT;

    joined(fake, one, other);
    news.has_party = TRUE;
    g_strlcpy(news.party.number.digits, "203", sizeof(news.party.number.digits));
    news.party.number.screening = SCREENING_NETWORK;
    fake_raise(fake, one, EVENT_SIP_IDENTITY, &news);
    says_last(fake, other, "sip_party");
    g_assert_cmpstr(call_isdn_party(hall_find_call(fake->hall, other))->number.digits, ==, "203");
    fake_raise(fake, one, EVENT_SIP_HELD, NULL);
    fake_raise(fake, one, EVENT_SIP_RETRIEVED, NULL);
    fake_raise(fake, one, EVENT_SIP_REPLACED, &news);
    says_last(fake, one, "media_through");
    fake_free(fake);
}

/* What only claims to be somebody is named to nobody. */
static void a_claim_is_not_passed_on(void)
{
    Fake *fake = fake_new();
    guint32 one = pbx_talks(fake), other = phone_talks(fake);

    joined(fake, one, other); /* the phone 101 is believed by nobody */
    g_assert_null(call_isdn_party(hall_find_call(fake->hall, one)));
    fake_free(fake);
}

static void what_cannot_be_joined_stays(void)
{
    Fake *fake = fake_new();
    guint32 one = pbx_talks(fake), ringing, other;
    const char *why = NULL;

    fake->next_channel.number++;
    fake_call_from_phone(fake, "222", &ringing);
    fake_raise(fake, ringing, EVENT_ISDN_ALERTING, NULL);
    g_assert_false(join(fake, one, ringing, &why));
    g_assert_cmpstr(why, ==, "one of them is not answered");
    g_assert_false(join(fake, one, one, &why));
    g_assert_cmpstr(why, ==, "it is one call");
    other = phone_talks(fake);
    joined(fake, one, other);
    g_assert_false(join(fake, one, other, &why));
    g_assert_cmpstr(why, ==, "one of them is not answered");
    fake_free(fake);
}

/* From trunk to trunk the other trunk's half goes on with the phone, and knows nothing of it. */
static void a_call_through_us_is_joined(void)
{
    Fake *fake = fake_new();
    guint32 one, half, other;
    const char *why;

    fake_route(fake->settings, "to-pbx")->transit = TRUE;
    fake_call_from_pbx(fake, "200", TRUE, &one);
    half = call_twin(hall_find_call(fake->hall, one));
    g_assert_false(join(fake, one, half, &why)); /* not answered, nor two */
    fake_raise(fake, half, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, one, EVENT_ISDN_CONNECT_ACK, NULL);
    stands(fake, one, SIP_UP, ISDN_ACTIVE);
    other = phone_talks(fake);
    g_assert_true(join(fake, one, other, &why));
    says_last(fake, one, "media_join isdn_disconnect:0");
    stands(fake, half, SIP_UP, ISDN_ACTIVE);
    fake_raise(fake, one, EVENT_ISDN_RELEASED, NULL);
    fake_raise(fake, other, EVENT_ISDN_RELEASED, NULL);
    fake_raise_cause(fake, half, EVENT_ISDN_DISCONNECT, 16);
    fake_assert_gone(fake, one);
    fake_raise(fake, half, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, half);
    says_last(fake, other, "media_close sip_bye:16");
    fake_raise(fake, other, EVENT_SIP_ENDED, NULL);
    fake_assert_gone(fake, other);
    fake_free(fake);
}

/* The PBX's call that goes through us to the PBX; its other half. */
static guint32 pbx_talks_through(Fake *fake, guint32 *half)
{
    guint32 id;

    fake_call_from_pbx(fake, "200", TRUE, &id);
    *half = call_twin(hall_find_call(fake->hall, id));
    fake->next_channel.number++;
    fake_raise(fake, *half, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_ISDN_CONNECT_ACK, NULL);
    stands(fake, id, SIP_UP, ISDN_ACTIVE);
    stands(fake, *half, SIP_UP, ISDN_ACTIVE);
    return id;
}

/* Calls that only had each other left would never end. */
static void no_ring_is_closed(void)
{
    Fake *fake = fake_new();
    guint32 one, half, other, other_half;
    const char *why;

    fake_route(fake->settings, "to-pbx")->transit = TRUE;
    one = pbx_talks_through(fake, &half);
    other = pbx_talks_through(fake, &other_half);
    g_assert_false(join(fake, one, half, &why));
    g_assert_cmpstr(why, ==, "it is one call");
    g_assert_true(join(fake, one, other, &why));
    g_assert_false(join(fake, half, other_half, &why));
    g_assert_cmpstr(why, ==, "it is one call");
    stands(fake, half, SIP_UP, ISDN_ACTIVE);
    fake_free(fake);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/joined/two-phones-go-on", two_phones_go_on);
    g_test_add_func("/joined/each-way-of-leaving", each_way_of_leaving);
    g_test_add_func("/joined/each-way-the-pbx-goes", each_way_the_pbx_goes);
    g_test_add_func("/joined/who-is-there-now-is-told", who_is_there_now_is_told);
    g_test_add_func("/joined/a-claim-is-not-passed-on", a_claim_is_not_passed_on);
    g_test_add_func("/joined/what-cannot-be-joined-stays", what_cannot_be_joined_stays);
    g_test_add_func("/joined/a-call-through-us-is-joined", a_call_through_us_is_joined);
    g_test_add_func("/joined/no-ring-is-closed", no_ring_is_closed);
    return g_test_run();
}
