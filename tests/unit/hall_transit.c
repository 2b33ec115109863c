/* A call enters by one trunk and leaves by another: two calls of the map, each the other's SIP
 * side. */
#include "cause.h"
#include "fake_rooms.h"

#include <string.h>

/* A PBX calls 200, which the route sends to a trunk again. The first half's id; the second's is the
 * next one. */
static guint32 transit_begin(Fake **fake)
{
    guint32 id;

    *fake = fake_new();
    (*fake)->progress = 3; /* from trunk to trunk no tone of ours takes DISCONNECT's place */
    fake_route((*fake)->settings, "to-pbx")->transit = TRUE;
    fake_call_from_pbx(*fake, "200", TRUE, &id);
    return id;
}

static void stands(Fake *fake, guint32 id, SipState sip, IsdnState isdn)
{
    const Call *call = hall_find_call(fake->hall, id);

    g_assert_nonnull(call);
    g_assert_cmpstr(sip_state_name(call_sip_state(call)), ==, sip_state_name(sip));
    g_assert_cmpstr(isdn_state_name(call_isdn_state(call)), ==, isdn_state_name(isdn));
}

static void both_are_gone(Fake *fake, guint32 id)
{
    fake_assert_gone(fake, id);
    fake_assert_gone(fake, id + 1);
    g_assert_cmpuint(hall_call_count(fake->hall), ==, 0);
    fake_free(fake);
}

static guint32 transit_up(Fake **fake)
{
    guint32 id = transit_begin(fake);

    fake_raise(*fake, id + 1, EVENT_ISDN_PROCEEDING, NULL);
    fake_raise(*fake, id + 1, EVENT_ISDN_ALERTING, NULL);
    stands(*fake, id, SIP_ALERTED, ISDN_RECEIVED);
    stands(*fake, id + 1, SIP_RINGING, ISDN_DELIVERED);
    fake_raise(*fake, id + 1, EVENT_ISDN_CONNECT, NULL);
    stands(*fake, id, SIP_UP, ISDN_CONNECT_REQUEST);
    stands(*fake, id + 1, SIP_UP, ISDN_ACTIVE);
    fake_raise(*fake, id, EVENT_ISDN_CONNECT_ACK, NULL);
    return id;
}

static void a_call_crosses_from_trunk_to_trunk(void)
{
    Fake *fake;
    guint32 id = transit_begin(&fake);
    Call *first = hall_find_call(fake->hall, id), *second = hall_find_call(fake->hall, id + 1);

    g_assert_nonnull(second);
    g_assert_cmpuint(call_twin(first), ==, id + 1);
    g_assert_cmpuint(call_twin(second), ==, id);
    g_assert_cmpstr(call_through(first)->name, ==, "pbx");
    g_assert_cmpstr(call_origin(second)->trunk, ==, "pbx");
    g_assert_cmpint(call_origin(second)->kind, ==, ORIGIN_TRANSIT);
    g_assert_cmpstr(call_setup(second)->called.digits, ==, "200");
    stands(fake, id, SIP_PROCEEDING, ISDN_INCOMING_PROCEEDING);
    stands(fake, id + 1, SIP_INVITED, ISDN_INITIATED);
    fake_raise_cause(fake, id + 1, EVENT_ISDN_RELEASED, 1);
    g_assert_null(hall_find_call(fake->hall, id + 1));
    fake_raise(fake, id, EVENT_ISDN_RELEASE, NULL);
    both_are_gone(fake, id);
}

static void the_caller_hangs_up(void)
{
    Fake *fake;
    guint32 id = transit_up(&fake);

    fake_raise_cause(fake, id, EVENT_ISDN_DISCONNECT, 16);
    says_last(fake, id + 1, "isdn_disconnect:16");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise(fake, id + 1, EVENT_ISDN_RELEASED, NULL);
    both_are_gone(fake, id);
}

static void the_called_side_hangs_up_with_its_cause(void)
{
    Fake *fake;
    guint32 id = transit_up(&fake);

    fake_raise_cause(fake, id + 1, EVENT_ISDN_DISCONNECT, 31);
    says_last(fake, id, "isdn_disconnect:31");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise(fake, id + 1, EVENT_ISDN_RELEASED, NULL);
    both_are_gone(fake, id);
}

static void hear_user_info(void *user, const CallTrace *trace)
{
    if (trace->news->user_info.length)
        g_string_append_printf(user, "%u %s %02x%s\n", trace->call, call_event_name(trace->event),
                               trace->news->user_info.octets[0],
                               trace->news->is_isdn ? "" : " told");
}

/* RFC 7434 has ALERTING, CONNECT and DISCONNECT; between two trunks they are each other's. */
static void user_information_crosses(void)
{
    static const CallEvent events[] = {EVENT_ISDN_ALERTING, EVENT_ISDN_CONNECT,
                                       EVENT_ISDN_DISCONNECT};
    g_autoptr(GString) heard = g_string_new(NULL);
    g_autofree char *wanted = NULL;
    CallNews news = CALL_NEWS_INIT;
    Fake *fake;
    guint32 id = transit_begin(&fake);

    hall_add_trace(fake->hall, hear_user_info, heard);
    fake_raise(fake, id + 1, EVENT_ISDN_PROCEEDING, NULL);
    news.is_isdn = TRUE;
    news.user_info.length = 1;
    for (guint i = 0; i < G_N_ELEMENTS(events); i++) {
        news.user_info.octets[0] = (guint8)i;
        news.cause = events[i] == EVENT_ISDN_DISCONNECT ? CAUSE_NORMAL_CALL_CLEARING : 0;
        fake_raise(fake, id + 1, events[i], &news);
        if (events[i] == EVENT_ISDN_CONNECT)
            fake_raise(fake, id, EVENT_ISDN_CONNECT_ACK, NULL);
    }
    wanted = g_strdup_printf("%u ISDN.ALERTING 00\n%u SIP.RINGING 00 told\n%u ISDN.CONNECT 01\n"
                             "%u SIP.ANSWER 01 told\n%u ISDN.DISCONNECT 02\n%u SIP.BYE 02 told\n",
                             id + 1, id, id + 1, id, id + 1, id);
    g_assert_cmpstr(heard->str, ==, wanted);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise(fake, id + 1, EVENT_ISDN_RELEASED, NULL);
    both_are_gone(fake, id);
}

/* 17 tries no alternative, and arrives as 17. */
static void the_called_side_is_busy(void)
{
    Fake *fake;
    guint32 id = transit_begin(&fake);

    fake_raise_cause(fake, id + 1, EVENT_ISDN_DISCONNECT, 17);
    fake_raise(fake, id + 1, EVENT_ISDN_RELEASED, NULL);
    g_assert_nonnull(strstr(fake_of(fake, id)->messages->str, "isdn_disconnect_tone:17"));
    fake_raise(fake, id, EVENT_ISDN_RELEASE, NULL);
    both_are_gone(fake, id);
}

/* 34 does: another call of the same first half, by the other trunk. */
static void the_next_trunk_is_tried(void)
{
    Fake *fake;
    guint32 id = transit_begin(&fake);

    fake_raise_cause(fake, id + 1, EVENT_ISDN_RELEASED, 34);
    fake_assert_gone(fake, id + 1);
    g_assert_cmpuint(call_twin(hall_find_call(fake->hall, id)), ==, id + 2);
    g_assert_cmpstr(call_through(hall_find_call(fake->hall, id))->name, ==, "spare");
    g_assert_cmpstr(call_trunk(hall_find_call(fake->hall, id + 2))->name, ==, "spare");
    stands(fake, id + 2, SIP_INVITED, ISDN_INITIATED);
    fake_raise(fake, id + 2, EVENT_ISDN_CONNECT, NULL);
    stands(fake, id, SIP_UP, ISDN_CONNECT_REQUEST);
    fake_raise_cause(fake, id + 2, EVENT_ISDN_DISCONNECT, 16);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise(fake, id + 2, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id + 2);
    both_are_gone(fake, id);
}

static void the_caller_gives_up(void)
{
    Fake *fake;
    guint32 id = transit_begin(&fake);

    fake_raise(fake, id + 1, EVENT_ISDN_ALERTING, NULL);
    fake_raise_cause(fake, id, EVENT_ISDN_DISCONNECT, 16);
    says_last(fake, id + 1, "isdn_disconnect:16");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise(fake, id + 1, EVENT_ISDN_RELEASED, NULL);
    both_are_gone(fake, id);
}

static void in_band_tones_are_heard(void)
{
    Fake *fake;
    guint32 id = transit_begin(&fake);

    fake_raise(fake, id + 1, EVENT_ISDN_PROGRESS_MEDIA, NULL);
    stands(fake, id, SIP_EARLY, ISDN_INCOMING_PROCEEDING);
    g_assert_nonnull(strstr(fake_of(fake, id)->messages->str, "isdn_progress"));
    fake_raise(fake, id + 1, EVENT_ISDN_ALERTING, NULL);
    stands(fake, id, SIP_EARLY, ISDN_RECEIVED);
    fake_raise(fake, id + 1, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_ISDN_CONNECT_ACK, NULL);
    fake_raise_cause(fake, id, EVENT_ISDN_DISCONNECT, 16);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise(fake, id + 1, EVENT_ISDN_RELEASED, NULL);
    both_are_gone(fake, id);
}

static void without_transit_it_is_barred(void)
{
    Fake *fake = fake_new();
    guint32 id;

    g_assert_null(fake_call_from_pbx(fake, "200", TRUE, &id));
    says_last(fake, id, "isdn_release_complete:57 channel_free");
    g_assert_cmpuint(hall_call_count(fake->hall), ==, 0);
    fake_free(fake);
}

/* The box is full: the first half is there already, the second has no room. */
static void no_room_for_the_second_half(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_route(fake->settings, "to-pbx")->transit = TRUE;
    fake->settings->sip.max_calls = 1;
    fake_call_from_pbx(fake, "200", TRUE, &id);
    g_assert_nonnull(strstr(fake_of(fake, id)->messages->str, ":41"));
    fake_raise(fake, id, EVENT_ISDN_RELEASE, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

static void the_operator_clears_one_half(void)
{
    Fake *fake;
    guint32 id = transit_up(&fake);

    fake_raise_cause(fake, id + 1, EVENT_OPERATOR_CLEAR, 16);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise(fake, id + 1, EVENT_ISDN_RELEASED, NULL);
    both_are_gone(fake, id);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/transit/crosses", a_call_crosses_from_trunk_to_trunk);
    g_test_add_func("/transit/caller-hangs-up", the_caller_hangs_up);
    g_test_add_func("/transit/called-hangs-up", the_called_side_hangs_up_with_its_cause);
    g_test_add_func("/transit/user-information", user_information_crosses);
    g_test_add_func("/transit/busy", the_called_side_is_busy);
    g_test_add_func("/transit/next-trunk", the_next_trunk_is_tried);
    g_test_add_func("/transit/caller-gives-up", the_caller_gives_up);
    g_test_add_func("/transit/in-band", in_band_tones_are_heard);
    g_test_add_func("/transit/barred", without_transit_it_is_barred);
    g_test_add_func("/transit/no-room", no_room_for_the_second_half);
    g_test_add_func("/transit/operator", the_operator_clears_one_half);
    return g_test_run();
}
