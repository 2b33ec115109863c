/* A call is transferred: to a trunk beside it, by joining two, by leaving it to an INVITE under
 * way; and where it may go. */
#include "cause.h"
#include "fake_rooms.h"
#include "transfer.h"

#include <string.h>

typedef struct Ear {
    Fake *fake;
    guint32 call;
    GString *told;
} Ear;

static void stands(Fake *fake, guint32 id, SipState sip, IsdnState isdn)
{
    const Call *call = hall_find_call(fake->hall, id);

    g_assert_nonnull(call);
    g_assert_cmpstr(sip_state_name(call_sip_state(call)), ==, sip_state_name(sip));
    g_assert_cmpstr(isdn_state_name(call_isdn_state(call)), ==, isdn_state_name(isdn));
}

/* The transferor's leg leaves the call, as src/sip lets it. */
static void leg_leaves(Fake *fake, guint32 id)
{
    fake_of(fake, id)->legs.phone = PHONE_NONE;
    call_set_sip_leg(hall_find_call(fake->hall, id), NULL);
}

static void ear_hears(void *user, guint16 status, const CallNews *news)
{
    Ear *ear = user;

    g_assert_nonnull(news);
    g_string_append_printf(ear->told, "%u ", status);
    if (status == 200)
        leg_leaves(ear->fake, ear->call);
}

static void ear_open(Ear *ear)
{
    *ear = (Ear){.fake = fake_new(), .told = g_string_new(NULL)};
}

static void ear_close(Ear *ear, const char *told)
{
    g_assert_cmpstr(ear->told->str, ==, told);
    g_assert_cmpuint(hall_call_count(ear->fake->hall), ==, 0);
    fake_free(ear->fake);
    g_string_free(ear->told, TRUE);
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

/* The phone 101 talks to CALLED on the PBX. */
static guint32 phone_talks(Fake *fake, const char *called)
{
    guint32 id;

    fake->next_channel.number++;
    fake_call_from_phone(fake, called, &id);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    stands(fake, id, SIP_UP, ISDN_ACTIVE);
    return id;
}

static TransferPlan plan_of(Fake *fake, guint32 id, const char *digits, const char *uri)
{
    CallOrigin by = {.kind = ORIGIN_SIP, .source.ss_family = AF_INET};
    Number called = {0};
    TransferPlan plan;

    g_strlcpy(called.digits, digits ? digits : "", sizeof(called.digits));
    g_assert_cmpint(
        transfer_plan(hall_find_call(fake->hall, id), &by, digits ? &called : NULL, uri, &plan), ==,
        plan.way != TRANSFER_BARRED);
    return plan;
}

/* The phone names 200. The id of the call sought. */
static guint32 seeks(Ear *ear, guint32 id)
{
    TransferPlan plan = plan_of(ear->fake, id, "200", NULL);

    g_assert_cmpint(plan.way, ==, TRANSFER_TO_TRUNK);
    ear->call = id;
    ear->fake->next_channel.number++;
    g_assert_true(transfer_seek(hall_find_call(ear->fake->hall, id), &plan, ear_hears, ear));
    return hall_last_call(ear->fake->hall);
}

/* The PBX hears at most who is there now: isdn's own business. */
static void said_nothing_since(Fake *fake, guint32 id, gsize length)
{
    const char *said = fake_of(fake, id)->messages->str + length;

    while ((said = strstr(said, "isdn_"))) {
        g_assert_true(g_str_has_prefix(said, "isdn_party") ||
                      g_str_has_prefix(said, "isdn_notify_retrieved"));
        said++;
    }
}

static gsize said(Fake *fake, guint32 id)
{
    return fake_of(fake, id)->messages->len;
}

/* Two calls on the PBX are one: the end of either ends both, with its cause. */
static void both_end(Ear *ear, guint32 one, guint32 other)
{
    fake_raise_cause(ear->fake, one, EVENT_ISDN_DISCONNECT, 31);
    says_last(ear->fake, other, "isdn_disconnect:31");
    fake_raise(ear->fake, one, EVENT_ISDN_RELEASED, NULL);
    fake_raise(ear->fake, other, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(ear->fake, one);
    fake_assert_gone(ear->fake, other);
}

static void a_call_goes_on_to_the_pbx(void)
{
    Ear ear;
    guint32 id, sought;
    gsize length;
    Call *call;

    ear_open(&ear);
    id = pbx_talks(ear.fake);
    length = said(ear.fake, id);
    sought = seeks(&ear, id);
    call = hall_find_call(ear.fake->hall, sought);
    g_assert_cmpint(call_origin(call)->kind, ==, ORIGIN_TRANSIT);
    g_assert_cmpstr(call_setup(call)->called.digits, ==, "200");
    g_assert_cmpstr(call_setup(call)->calling.digits, ==,
                    "201"); /* the party, not the transferor */
    fake_raise(ear.fake, sought, EVENT_ISDN_ALERTING, NULL);
    stands(ear.fake, id, SIP_UP, ISDN_ACTIVE);
    fake_raise(ear.fake, sought, EVENT_ISDN_CONNECT, NULL);
    stands(ear.fake, id, SIP_UP, ISDN_ACTIVE);
    stands(ear.fake, sought, SIP_UP, ISDN_ACTIVE);
    said_nothing_since(ear.fake, id, length);
    g_assert_cmpuint(call_twin(hall_find_call(ear.fake->hall, id)), ==, sought);
    both_end(&ear, sought, id);
    ear_close(&ear, "180 200 ");
}

/* The phone had called the PBX: the party is who it dialled. */
static void a_call_of_the_phones_goes_on(void)
{
    Ear ear;
    guint32 id, sought;

    ear_open(&ear);
    id = phone_talks(ear.fake, "222");
    sought = seeks(&ear, id);
    g_assert_cmpstr(call_setup(hall_find_call(ear.fake->hall, sought))->calling.digits, ==, "222");
    fake_raise(ear.fake, sought, EVENT_ISDN_CONNECT, NULL);
    both_end(&ear, id, sought);
    ear_close(&ear, "200 ");
}

static void the_target_is_busy(void)
{
    Ear ear;
    guint32 id, sought;

    ear_open(&ear);
    id = pbx_talks(ear.fake);
    sought = seeks(&ear, id);
    fake_raise_cause(ear.fake, sought, EVENT_ISDN_DISCONNECT, 17);
    fake_raise(ear.fake, sought, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(ear.fake, sought);
    stands(ear.fake, id, SIP_UP, ISDN_ACTIVE);
    g_assert_false(transfer_is_seeking(hall_find_call(ear.fake->hall, id)));
    /* and once more, now with an answer */
    sought = seeks(&ear, id);
    fake_raise(ear.fake, sought, EVENT_ISDN_CONNECT, NULL);
    both_end(&ear, id, sought);
    ear_close(&ear, "486 200 ");
}

static void the_transferor_leaves_while_it_rings(void)
{
    Ear ear;
    guint32 id, sought;
    gsize length;

    ear_open(&ear);
    id = pbx_talks(ear.fake);
    length = said(ear.fake, id);
    sought = seeks(&ear, id);
    fake_raise(ear.fake, sought, EVENT_ISDN_ALERTING, NULL);
    leg_leaves(ear.fake, id);
    transfer_move(hall_find_call(ear.fake->hall, id));
    stands(ear.fake, id, SIP_ALERTED, ISDN_ACTIVE);
    g_assert_nonnull(
        strstr(fake_of(ear.fake, id)->messages->str + length, "media_update media_ringback"));
    ear.call = sought; /* nobody leaves any more */
    fake_raise(ear.fake, sought, EVENT_ISDN_CONNECT, NULL);
    stands(ear.fake, id, SIP_UP, ISDN_ACTIVE);
    said_nothing_since(ear.fake, id, length);
    both_end(&ear, id, sought);
    ear_close(&ear, "180 200 ");
}

static void nobody_is_left_to_return_to(void)
{
    Ear ear;
    guint32 id, sought;

    ear_open(&ear);
    id = pbx_talks(ear.fake);
    sought = seeks(&ear, id);
    leg_leaves(ear.fake, id);
    transfer_move(hall_find_call(ear.fake->hall, id));
    stands(ear.fake, id, SIP_PROCEEDING, ISDN_ACTIVE);
    fake_raise_cause(ear.fake, sought, EVENT_ISDN_DISCONNECT, 17);
    fake_raise(ear.fake, sought, EVENT_ISDN_RELEASED, NULL);
    says_last(ear.fake, id, "isdn_disconnect:17");
    fake_raise(ear.fake, id, EVENT_ISDN_RELEASED, NULL);
    ear_close(&ear, "486 ");
}

static void the_party_hangs_up_meanwhile(void)
{
    for (guint moved = FALSE; moved <= TRUE; moved++) {
        Ear ear;
        guint32 id, sought;

        ear_open(&ear);
        id = pbx_talks(ear.fake);
        sought = seeks(&ear, id);
        fake_raise(ear.fake, sought, EVENT_ISDN_ALERTING, NULL);
        if (moved) {
            leg_leaves(ear.fake, id);
            transfer_move(hall_find_call(ear.fake->hall, id));
        }
        fake_raise_cause(ear.fake, id, EVENT_ISDN_DISCONNECT, 16);
        if (!moved) { /* its BYE is answered: the leg rests, and nobody waits any more */
            says_last(ear.fake, id, "sip_bye:16 isdn_release");
            fake_raise(ear.fake, id, EVENT_SIP_ENDED, NULL);
        }
        says_last(ear.fake, sought, "isdn_disconnect:16");
        fake_raise(ear.fake, id, EVENT_ISDN_RELEASED, NULL);
        fake_raise(ear.fake, sought, EVENT_ISDN_RELEASED, NULL);
        fake_assert_gone(ear.fake, sought);
        ear_close(&ear, moved ? "180 500 " : "180 ");
    }
}

static void two_calls_are_joined(void)
{
    Ear ear;
    guint32 one, other;
    gsize length;

    ear_open(&ear);
    one = pbx_talks(ear.fake);
    other = phone_talks(ear.fake, "222");
    length = said(ear.fake, other);
    g_assert_true(transfer_joinable(hall_find_call(ear.fake->hall, one),
                                    hall_find_call(ear.fake->hall, other)));
    leg_leaves(ear.fake, one);
    leg_leaves(ear.fake, other);
    transfer_join(hall_find_call(ear.fake->hall, one), hall_find_call(ear.fake->hall, other));
    said_nothing_since(ear.fake, other, length);
    g_assert_false(transfer_joinable(hall_find_call(ear.fake->hall, one),
                                     hall_find_call(ear.fake->hall, other)));
    g_assert_cmpuint(call_twin(hall_find_call(ear.fake->hall, other)), ==, one);
    both_end(&ear, other, one);
    ear_close(&ear, "");
}

/* RFC 5589 7.6: the consultation still rings. */
static void a_consultation_that_rings_is_taken_over(void)
{
    Ear ear;
    guint32 one, other;

    ear_open(&ear);
    one = pbx_talks(ear.fake);
    ear.fake->next_channel.number++;
    fake_call_from_phone(ear.fake, "222", &other);
    fake_raise(ear.fake, other, EVENT_ISDN_ALERTING, NULL);
    g_assert_false(transfer_joinable(hall_find_call(ear.fake->hall, one),
                                     hall_find_call(ear.fake->hall, other)));
    leg_leaves(ear.fake, other);
    ear.call = one;
    transfer_adopt(hall_find_call(ear.fake->hall, one), hall_find_call(ear.fake->hall, other),
                   ear_hears, &ear);
    fake_raise(ear.fake, other, EVENT_ISDN_CONNECT, NULL);
    stands(ear.fake, one, SIP_UP, ISDN_ACTIVE);
    stands(ear.fake, other, SIP_UP, ISDN_ACTIVE);
    both_end(&ear, one, other);
    ear_close(&ear, "200 ");
}

static void nobody_waits_any_more(void)
{
    Ear ear;
    guint32 id, sought;

    ear_open(&ear);
    id = pbx_talks(ear.fake);
    sought = seeks(&ear, id);
    transfer_forsake(hall_find_call(ear.fake->hall, id));
    says_last(ear.fake, sought, "isdn_disconnect:16");
    fake_raise(ear.fake, sought, EVENT_ISDN_RELEASED, NULL);
    stands(ear.fake, id, SIP_UP, ISDN_ACTIVE);
    fake_raise(ear.fake, id, EVENT_SIP_BYE, NULL);
    fake_raise(ear.fake, id, EVENT_ISDN_RELEASED, NULL);
    ear_close(&ear, "");
}

static void there_is_no_room_for_another_call(void)
{
    Ear ear;
    guint32 id;
    TransferPlan plan;

    ear_open(&ear);
    id = pbx_talks(ear.fake);
    plan = plan_of(ear.fake, id, "200", NULL);
    ear.fake->settings->sip.max_calls = 1;
    g_assert_false(transfer_seek(hall_find_call(ear.fake->hall, id), &plan, ear_hears, &ear));
    fake_raise(ear.fake, id, EVENT_SIP_BYE, NULL);
    fake_raise(ear.fake, id, EVENT_ISDN_RELEASED, NULL);
    ear_close(&ear, "");
}

/* No channel: the call sought is over before the one who seeks it has turned round. */
static void the_trunk_is_full(void)
{
    Ear ear;
    guint32 id;

    ear_open(&ear);
    id = pbx_talks(ear.fake);
    ear.fake->refuse = G_GUINT64_CONSTANT(1) << ACTION_CHANNEL_SEIZE;
    ear.fake->refuse_cause = 34;
    seeks(&ear, id);
    g_assert_cmpuint(hall_call_count(ear.fake->hall), ==, 1);
    stands(ear.fake, id, SIP_UP, ISDN_ACTIVE);
    ear.fake->refuse = 0;
    fake_raise(ear.fake, id, EVENT_SIP_BYE, NULL);
    fake_raise(ear.fake, id, EVENT_ISDN_RELEASED, NULL);
    ear_close(&ear, "503 ");
}

/* ---- where it may go ----------------------------------------------------------------------------
 */

static gboolean check_says_no(void *user, const Call *call, const CallOrigin *by,
                              TransferPlan *plan)
{
    (*(guint *)user)++;
    if (plan->way == TRANSFER_TO_TRUNK)
        g_assert_cmpstr(plan->dialled.digits, ==, "200");
    return FALSE;
}

static void plans_follow_the_routes(void)
{
    Ear ear;
    guint32 id;
    guint asked = 0;
    TransferPlan plan;
    CallOrigin by = {.kind = ORIGIN_SIP};

    ear_open(&ear);
    id = pbx_talks(ear.fake);
    /* The party may dial phones, though the phone may not dial them through us. */
    plan = plan_of(ear.fake, id, "103", NULL);
    g_assert_cmpint(plan.way, ==, TRANSFER_TO_URI);
    g_assert_cmpstr(plan.uri, ==, "sip:103@192.0.2.1");
    g_assert_cmpstr(plan.setup.calling.digits, ==, "201");
    plan = plan_of(ear.fake, id, "555", NULL);
    g_assert_cmpuint(plan.status, ==, 404);
    plan = plan_of(ear.fake, id, "0301234567", NULL);
    g_assert_cmpint(plan.way, ==, TRANSFER_TO_TRUNK);
    plan = plan_of(ear.fake, id, "00441234567", NULL);
    g_assert_cmpuint(plan.status, ==, 403);
    /* A URI elsewhere: where a route leads, or nowhere. */
    plan = plan_of(ear.fake, id, NULL, "sip:bob@192.0.2.2:5070;transport=udp");
    g_assert_cmpint(plan.way, ==, TRANSFER_TO_URI);
    g_assert_cmpstr(plan.dialled.digits, ==, "");
    plan = plan_of(ear.fake, id, NULL, "sip:%2B190%30555;phone-context=x:secret@192.0.2.2");
    g_assert_cmpstr(plan.dialled.digits, ==, "1900555"); /* what a class shall judge */
    plan = plan_of(ear.fake, id, NULL, "sip:bob@203.0.113.7");
    g_assert_cmpuint(plan.status, ==, 403);
    plan = plan_of(ear.fake, id, NULL, "sip:bob@192.0.2.2;maddr=203.0.113.7");
    g_assert_cmpuint(plan.status, ==, 403);
    /* A class may still say no, the settings above all. */
    hall_set_transfer_check(ear.fake->hall, check_says_no, &asked);
    plan = plan_of(ear.fake, id, "200", NULL);
    g_assert_cmpuint(plan.status, ==, 403);
    g_assert_false(transfer_allowed(hall_find_call(ear.fake->hall, id), &by, TRANSFER_JOIN, &plan));
    g_assert_cmpuint(asked, ==, 2);
    ear.fake->settings->sip.transfer = FALSE;
    plan = plan_of(ear.fake, id, "200", NULL);
    g_assert_cmpuint(plan.status, ==, 603);
    g_assert_cmpuint(asked, ==, 2);
    fake_raise(ear.fake, id, EVENT_SIP_BYE, NULL);
    fake_raise(ear.fake, id, EVENT_ISDN_RELEASED, NULL);
    ear_close(&ear, "");
}

/* The house closes while a call is sought: nobody hears of it twice. */
static void the_hall_closes(void)
{
    Ear ear;
    CallOps none = {0};

    ear_open(&ear);
    seeks(&ear, pbx_talks(ear.fake));
    hall_set_sip(ear.fake->hall, &none); /* last words are not judged */
    hall_set_isdn(ear.fake->hall, &none);
    hall_set_media(ear.fake->hall, &none);
    hall_drop_calls(ear.fake->hall);
    ear_close(&ear, "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/transfer/to-the-pbx", a_call_goes_on_to_the_pbx);
    g_test_add_func("/transfer/of-a-phones-call", a_call_of_the_phones_goes_on);
    g_test_add_func("/transfer/busy", the_target_is_busy);
    g_test_add_func("/transfer/transferor-leaves", the_transferor_leaves_while_it_rings);
    g_test_add_func("/transfer/nobody-left", nobody_is_left_to_return_to);
    g_test_add_func("/transfer/party-hangs-up", the_party_hangs_up_meanwhile);
    g_test_add_func("/transfer/joined", two_calls_are_joined);
    g_test_add_func("/transfer/semi-attended", a_consultation_that_rings_is_taken_over);
    g_test_add_func("/transfer/forsaken", nobody_waits_any_more);
    g_test_add_func("/transfer/no-room", there_is_no_room_for_another_call);
    g_test_add_func("/transfer/trunk-full", the_trunk_is_full);
    g_test_add_func("/transfer/plans", plans_follow_the_routes);
    g_test_add_func("/transfer/hall-closes", the_hall_closes);
    return g_test_run();
}
