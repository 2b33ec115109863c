/* Calls for help: the trunks they take, the call that gives way (D-04), what never does, and the
 * call back (D-20). */
#include "cause.h"
#include "fake_rooms.h"
#include "log.h"
#include "transfer.h"

#include <arpa/inet.h>
#include <string.h>

/* A line of CAPACITY channels on trunk pbx, and NAMES as [emergency] trunks. */
static Fake *help_new(guint capacity, const char *first, const char *second)
{
    Fake *fake = fake_new();
    GPtrArray *trunks = g_ptr_array_new();

    fake->capacity = capacity;
    g_ptr_array_add(trunks, fake_trunk(fake->settings, first));
    if (second)
        g_ptr_array_add(trunks, fake_trunk(fake->settings, second));
    fake->settings->emergency.trunks = trunks;
    return fake;
}

static guint64 counted(Fake *fake, const char *name);

typedef struct Sought {
    const char *name;
    guint64 value;
} Sought;

static void counter_seek(void *user, const char *name, guint64 value)
{
    Sought *sought = user;

    if (strcmp(name, sought->name) == 0)
        sought->value = value;
}

static guint64 counted(Fake *fake, const char *name)
{
    Sought sought = {name, 0};

    hall_each_counter(fake->hall, counter_seek, &sought);
    return sought.value;
}

static guint32 phone_talks(Fake *fake, const char *called)
{
    guint32 id = 0;

    g_assert_nonnull(fake_call_from_phone(fake, called, &id));
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    return id;
}

static guint32 call_for_help(Fake *fake)
{
    guint32 id = 0;

    g_assert_nonnull(fake_call_from_phone(fake, "112", &id));
    return id;
}

static const char *trunk_of(Fake *fake, guint32 id)
{
    return call_trunk(hall_find_call(fake->hall, id))->name;
}

static guint8 channel_of(Fake *fake, guint32 id)
{
    return call_channel(hall_find_call(fake->hall, id)).number;
}

static IsdnState isdn_of(Fake *fake, guint32 id)
{
    return call_isdn_state(hall_find_call(fake->hall, id));
}

static void answered_and_over(Fake *fake, guint32 id)
{
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise(fake, id, EVENT_SIP_BYE, NULL);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);
}

/* D-04: the newest ordinary call is cleared on both sides, and only after its RELEASE COMPLETE goes
 * the SETUP, on its very channel. */
static void newest_call_gives_way(void)
{
    Fake *fake = help_new(2, "pbx", NULL);
    guint32 older = phone_talks(fake, "200"), newer = phone_talks(fake, "201"), help;
    guint8 channel = channel_of(fake, newer);

    g_free(fake_take_lines(fake));
    help = call_for_help(fake);
    tells(fake,
          "SIP.INVITE (IDLE,NULL)->(INVITED,NULL) route_call\n"
          "ROUTE.TRUNK (INVITED,NULL)->(INVITED,INITIATED) channel_seize media_open isdn_setup\n"
          "CHANNEL.NONE (INVITED,INITIATED)->(INVITED,NULL) note_cause route_next cause=34\n"
          "ROUTE.PREEMPT (INVITED,NULL)->(INVITED,AWAITING_CHANNEL) channel_claim preempt\n"
          "CALL.PREEMPTED (UP,ACTIVE)->(LEAVING,DISCONNECT_REQUEST) note_cause media_close sip_bye "
          "isdn_disconnect cause=8\n");
    says_last(fake, newer, "media_close sip_bye:8 isdn_disconnect:8");
    says(fake, help, "channel_claim");
    fake_raise(fake, newer, EVENT_ISDN_RELEASE, NULL);
    tells(fake,
          "ISDN.RELEASE (LEAVING,DISCONNECT_REQUEST)->(LEAVING,NULL) isdn_release_complete "
          "channel_free\n"
          "CHANNEL.FREE (INVITED,AWAITING_CHANNEL)->(INVITED,INITIATED) channel_seize media_open "
          "isdn_setup\n");
    g_assert_cmpuint(channel_of(fake, help), ==, channel);
    fake_raise(fake, newer, EVENT_SIP_ENDED, NULL);
    fake_assert_gone(fake, newer);
    g_assert_cmpint(isdn_of(fake, older), ==, ISDN_ACTIVE);
    g_assert_cmpuint(counted(fake, "calls that gave way"), ==, 1);
    answered_and_over(fake, help);
    fake_free(fake);
}

/* Before its answer a caller hears a final response with the cause, a called phone a CANCEL. */
static void unanswered_calls_give_way(void)
{
    Fake *fake = help_new(1, "pbx", NULL);
    guint32 ringing, from_pbx, help;

    fake_call_from_phone(fake, "200", &ringing);
    fake_raise(fake, ringing, EVENT_ISDN_ALERTING, NULL);
    help = call_for_help(fake);
    says_last(fake, ringing, "sip_ring media_close sip_reject:500 isdn_disconnect:8");
    fake_raise(fake, ringing, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, ringing);
    answered_and_over(fake, help);

    fake_call_from_pbx(fake, "100", TRUE, &from_pbx);
    fake_raise(fake, from_pbx, EVENT_SIP_RINGING, NULL);
    help = call_for_help(fake);
    says_last(fake, from_pbx, "media_close sip_cancel:8 isdn_disconnect:8");
    g_assert_cmpint(isdn_of(fake, help), ==, ISDN_AWAITING_CHANNEL);
    fake_raise(fake, from_pbx, EVENT_ISDN_RELEASE, NULL);
    g_assert_cmpint(isdn_of(fake, help), ==, ISDN_INITIATED);
    fake_raise_status(fake, from_pbx, 487);
    fake_assert_gone(fake, from_pbx);
    answered_and_over(fake, help);

    /* Overlap dialling: no SIP leg yet, DISCONNECT alone. */
    fake_call_from_pbx(fake, "1", FALSE, &from_pbx);
    help = call_for_help(fake);
    says_last(fake, from_pbx, "isdn_setup_ack isdn_disconnect:8");
    fake_raise(fake, from_pbx, EVENT_ISDN_RELEASE, NULL);
    fake_assert_gone(fake, from_pbx);
    answered_and_over(fake, help);
    fake_free(fake);
}

/* No RELEASE within a second: the next one; when nobody is left, 503. */
static void next_victim_after_a_second(void)
{
    Fake *fake = help_new(2, "pbx", NULL);
    guint32 older = phone_talks(fake, "200"), newer = phone_talks(fake, "201");
    guint32 help = call_for_help(fake);

    loop_virtual_advance(fake->loop, SECOND - 1);
    g_assert_cmpint(isdn_of(fake, older), ==, ISDN_ACTIVE);
    loop_virtual_advance(fake->loop, 2);
    says_last(fake, older, "sip_bye:8 isdn_disconnect:8");
    fake_raise(fake, older, EVENT_ISDN_RELEASE, NULL);
    g_assert_cmpint(isdn_of(fake, help), ==, ISDN_INITIATED);
    /* The first one's channel comes too late for it, and is anybody's. */
    fake_raise(fake, newer, EVENT_ISDN_RELEASE, NULL);
    g_assert_cmpuint(fake->claims->len, ==, 0);
    answered_and_over(fake, help);
    fake_raise(fake, older, EVENT_SIP_ENDED, NULL);
    fake_raise(fake, newer, EVENT_SIP_ENDED, NULL);

    older = phone_talks(fake, "200");
    newer = phone_talks(fake, "201");
    help = call_for_help(fake);
    loop_virtual_advance(fake->loop, SECOND + 1);
    loop_virtual_advance(fake->loop, SECOND + 1);
    says_last(fake, help, "channel_claim channel_unclaim sip_reject:503");
    fake_assert_gone(fake, help);
    g_assert_cmpuint(fake->claims->len, ==, 0);
    fake_free(fake);
}

static void nothing_to_clear_is_503(void)
{
    Fake *fake = help_new(1, "pbx", NULL);
    guint32 first = call_for_help(fake), second = 0;

    g_assert_null(fake_call_from_phone(fake, "112", &second));
    says(fake, second, "channel_claim channel_unclaim sip_reject:503");
    g_assert_cmpint(isdn_of(fake, first), ==, ISDN_INITIATED);
    answered_and_over(fake, first);
    /* preempt = no: not even asked. */
    fake->settings->emergency.preempt = PREEMPT_NO;
    first = phone_talks(fake, "200");
    g_assert_null(fake_call_from_phone(fake, "112", &second));
    says(fake, second, "sip_reject:503");
    g_assert_cmpint(isdn_of(fake, first), ==, ISDN_ACTIVE);
    fake_free(fake);
}

/* A channel that becomes free by itself is taken at once, whoever was asked for his. */
static void channel_frees_itself_meanwhile(void)
{
    Fake *fake = help_new(2, "pbx", NULL);
    guint32 older = phone_talks(fake, "200"), newer = phone_talks(fake, "201");
    guint32 help = call_for_help(fake);
    guint8 channel = channel_of(fake, older);

    fake_raise(fake, older, EVENT_SIP_BYE, NULL);
    fake_raise(fake, older, EVENT_ISDN_RELEASE, NULL);
    g_assert_cmpint(isdn_of(fake, help), ==, ISDN_INITIATED);
    g_assert_cmpuint(channel_of(fake, help), ==, channel);
    fake_raise(fake, newer, EVENT_ISDN_RELEASE, NULL);
    fake_raise(fake, newer, EVENT_SIP_ENDED, NULL);
    answered_and_over(fake, help);
    fake_free(fake);
}

/* No ordinary call slips in between: what is released is the waiting caller's at once. */
static void no_call_slips_in_between(void)
{
    Fake *fake = help_new(1, "pbx", NULL);
    guint32 victim = phone_talks(fake, "200"), help, other = 0;

    g_ptr_array_set_size(fake_route(fake->settings, "to-pbx")->targets, 1); /* no spare */
    help = call_for_help(fake);
    g_assert_null(fake_call_from_phone(fake, "201", &other));
    says(fake, other, "sip_reject:503");
    fake_raise(fake, victim, EVENT_ISDN_RELEASE, NULL);
    g_assert_null(fake_call_from_phone(fake, "201", &other));
    says(fake, other, "sip_reject:503");
    g_assert_cmpint(isdn_of(fake, help), ==, ISDN_INITIATED);
    fake_free(fake);
}

static void caller_hangs_up_while_waiting(void)
{
    static const CallEvent ends[] = {EVENT_SIP_CANCEL, EVENT_SIP_BYE, EVENT_SIP_LOST,
                                     EVENT_SIP_EXPIRED, EVENT_OPERATOR_CLEAR};

    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        Fake *fake = help_new(1, "pbx", NULL);
        guint32 victim = phone_talks(fake, "200"), help = call_for_help(fake);

        fake_raise(fake, help, ends[i], NULL);
        fake_assert_gone(fake, help);
        g_assert_cmpuint(fake->claims->len, ==, 0);
        if (ends[i] == EVENT_SIP_EXPIRED)
            says(fake, help, "channel_claim channel_unclaim sip_reject:487");
        fake_raise(fake, victim, EVENT_ISDN_RELEASE, NULL);
        fake_raise(fake, victim, EVENT_SIP_ENDED, NULL);
        fake_assert_gone(fake, victim);
        loop_virtual_advance(fake->loop, 5 * SECOND); /* no timer of it is left */
        fake_free(fake);
    }
}

/* Both halves of a call from trunk to trunk go, with the cause. */
static void transit_call_gives_way(void)
{
    Fake *fake = help_new(1, "spare", NULL);
    RouteSettings *route = fake_route(fake->settings, "to-pbx");
    guint32 first, second, help;

    route->transit = TRUE;
    ((RouteTo *)route->targets->pdata[0])->trunk = fake_trunk(fake->settings, "spare");
    fake_call_from_pbx(fake, "200", TRUE, &first);
    second = call_twin(hall_find_call(fake->hall, first));
    fake_raise(fake, second, EVENT_ISDN_CONNECT, NULL);
    help = call_for_help(fake);
    says_last(fake, second, "isdn_disconnect:8");
    says_last(fake, first, "isdn_disconnect:8");
    fake_raise(fake, second, EVENT_ISDN_RELEASE, NULL);
    g_assert_cmpint(isdn_of(fake, help), ==, ISDN_INITIATED);
    fake_raise(fake, first, EVENT_ISDN_RELEASE, NULL);
    fake_assert_gone(fake, first);
    fake_assert_gone(fake, second);
    answered_and_over(fake, help);
    fake_free(fake);
}

/* Every trunk in order after any cause, and nobody is cleared while another one has room. */
static void trunks_are_tried_on_any_cause(void)
{
    static const guint8 causes[] = {1, 16, 17, 21, 27, 31, 34, 38, 41, 50, 102, 127};

    for (guint i = 0; i < G_N_ELEMENTS(causes); i++) {
        Fake *fake = help_new(0, "spare", "pbx");
        guint32 help = call_for_help(fake);

        g_assert_cmpstr(trunk_of(fake, help), ==, "spare");
        fake_raise_cause(fake, help, EVENT_ISDN_RELEASED, causes[i]);
        g_assert_cmpstr(trunk_of(fake, help), ==, "pbx");
        g_assert_cmpint(isdn_of(fake, help), ==, ISDN_INITIATED);
        fake_raise_cause(fake, help, EVENT_ISDN_RELEASED, 17);
        says_last(fake, help, "sip_reject:486");
        fake_assert_gone(fake, help);
        fake_free(fake);
    }
}

static void free_trunk_before_preemption(void)
{
    Fake *fake = help_new(1, "pbx", "spare");
    guint32 victim = phone_talks(fake, "200"), first = call_for_help(fake), second;

    g_assert_cmpstr(trunk_of(fake, first), ==, "spare");
    g_assert_cmpint(isdn_of(fake, victim), ==, ISDN_ACTIVE);
    /* The second one finds both full: on the first of them a call can give way. */
    second = call_for_help(fake);
    g_assert_cmpstr(trunk_of(fake, second), ==, "pbx");
    says_last(fake, victim, "sip_bye:8 isdn_disconnect:8");
    fake_raise(fake, victim, EVENT_ISDN_RELEASE, NULL);
    answered_and_over(fake, second);
    answered_and_over(fake, first);
    fake_free(fake);
}

/* A trunk that was full and whose call gave way may still refuse: then the next full one. */
static void second_round_goes_on(void)
{
    Fake *fake = help_new(1, "pbx", "spare");
    guint32 one = phone_talks(fake, "200"), two = phone_talks(fake, "201");
    guint32 help = call_for_help(fake);

    g_assert_cmpstr(trunk_of(fake, two), ==, "spare");
    fake_raise(fake, one, EVENT_ISDN_RELEASE, NULL);
    fake_raise_cause(fake, help, EVENT_ISDN_RELEASED, 27);
    g_assert_cmpstr(trunk_of(fake, help), ==, "spare");
    says_last(fake, two, "sip_bye:8 isdn_disconnect:8");
    fake_raise(fake, two, EVENT_ISDN_RELEASE, NULL);
    fake_raise_cause(fake, help, EVENT_ISDN_RELEASED, 27);
    says_last(fake, help, "sip_reject:502");
    fake_assert_gone(fake, help);
    fake_free(fake);
}

/* Without [emergency] trunks the routes decide, and their full trunks are gone over again. */
static void routes_decide_without_trunks(void)
{
    Fake *fake = fake_new();
    RouteSettings *route = fake_route(fake->settings, "to-pbx");
    guint32 victim, help;

    g_ptr_array_add(route->called, g_strdup("112"));
    fake->capacity = 1;
    victim = phone_talks(fake, "200");
    help = call_for_help(fake);
    g_assert_cmpstr(trunk_of(fake, help), ==, "spare"); /* the alternative, on cause 34 */
    answered_and_over(fake, help);
    phone_talks(fake, "201"); /* on spare */
    help = call_for_help(fake);
    says_last(fake, victim, "sip_bye:8 isdn_disconnect:8");
    fake_raise(fake, victim, EVENT_ISDN_RELEASE, NULL);
    g_assert_cmpstr(trunk_of(fake, help), ==, "pbx");
    answered_and_over(fake, help);
    fake_free(fake);
}

/* [route] emergency = yes alone does the same for numbers nobody else knows. */
static void route_alone_makes_it_so(void)
{
    Fake *fake = fake_new();
    RouteSettings *route = fake_route(fake->settings, "outside");
    guint32 victim, help = 0;

    route->emergency = TRUE;
    fake->capacity = 1;
    g_ptr_array_set_size(fake_route(fake->settings, "to-pbx")->targets, 1);
    victim = phone_talks(fake, "200");
    fake_call_from_phone(fake, "0911", &help);
    says_last(fake, victim, "sip_bye:8 isdn_disconnect:8");
    g_assert_true(call_is_sheltered(hall_find_call(fake->hall, help)));
    g_assert_cmpuint(counted(fake, "calls for emergency"), ==, 1);
    fake_free(fake);
}

static void no_limit_refuses_it(void)
{
    Fake *fake = help_new(0, "pbx", NULL);
    guint32 help = 0, other = 0;

    phone_talks(fake, "03");
    fake_trunk(fake->settings, "pbx")->min_digits = 5;
    fake->settings->sip.max_calls = 1;
    hall_set_draining(fake->hall, TRUE);
    g_assert_null(fake_call_from_phone(fake, "03", &other));
    help = call_for_help(fake);
    g_assert_cmpint(isdn_of(fake, help), ==, ISDN_INITIATED);
    /* A drill is no call for help in this. */
    fake->settings->emergency.drill = (char *)"199";
    fake->settings->emergency.drill_to = (char *)"205";
    g_assert_null(fake_call_from_phone(fake, "199", &other));
    fake_free(fake);
}

/* The time of grace clears all but the call for help; being told again clears that, too. */
static void grace_spares_it(void)
{
    Fake *fake = help_new(0, "pbx", NULL);
    guint32 ordinary = phone_talks(fake, "200"), help = call_for_help(fake);

    g_assert_cmpuint(hall_sheltered_count(fake->hall), ==, 1);
    hall_clear_ordinary(fake->hall, 41);
    says_last(fake, ordinary, "sip_bye:41 isdn_disconnect:41");
    g_assert_cmpint(isdn_of(fake, help), ==, ISDN_INITIATED);
    hall_clear_all(fake->hall, 41);
    says_last(fake, help, "sip_reject:503 isdn_disconnect:41");
    g_assert_cmpuint(hall_sheltered_count(fake->hall), ==, 0); /* only its RELEASE is to come */
    fake_free(fake);
}

static void number_is_rewritten(void)
{
    Fake *fake = help_new(0, "pbx", NULL);
    guint32 help = 0;

    fake_call_from_phone(fake, "0112", &help);
    g_assert_cmpstr(call_setup(hall_find_call(fake->hall, help))->called.digits, ==, "112");
    fake_free(fake);
}

typedef struct Told {
    guint begins, sent, ends;
    char trunk[TAG_MAX], callback[64];
    gboolean drill, answered;
} Told;

static void told_note(void *user, const EmergencyNews *news)
{
    Told *told = user;

    told->begins += news->stage == EMERGENCY_BEGINS;
    told->sent += news->stage == EMERGENCY_SENT;
    told->ends += news->stage == EMERGENCY_ENDS;
    told->drill = news->drill;
    told->answered = news->answered;
    g_strlcpy(told->trunk, news->trunk, sizeof(told->trunk));
    g_strlcpy(told->callback, news->callback, sizeof(told->callback));
}

static CallOrigin origin_at(const char *address, const char *caller)
{
    CallOrigin origin = {.kind = ORIGIN_SIP};

    origin.source.ss_family = AF_INET;
    g_assert_cmpint(inet_pton(AF_INET, address, &((struct sockaddr_in *)&origin.source)->sin_addr),
                    ==, 1);
    g_strlcpy(origin.caller, caller, sizeof(origin.caller));
    return origin;
}

/* The place's number goes out as ours, and the world is told once for each step. */
static void place_is_shown_and_told(void)
{
    Fake *fake = help_new(0, "spare", "pbx");
    ElinSettings elin = {.name = (char *)"hall", .number = (char *)"+497131555012"};
    CallOrigin origin = origin_at("192.0.2.7", "201");
    Told told = {0};
    guint32 help = 0;

    elin.extensions = g_ptr_array_new();
    g_ptr_array_add(elin.extensions, (char *)"2XX");
    g_ptr_array_add(fake->settings->elins, &elin);
    hall_set_emergency_func(fake->hall, told_note, &told);
    fake_call_from(fake, &origin, "112", &help);
    {
        const Number *calling = &call_setup(hall_find_call(fake->hall, help))->calling;

        g_assert_cmpstr(calling->digits, ==, "7131555012"); /* +49 is the trunk's own */
        g_assert_cmpint(calling->ton, ==, TON_NATIONAL);
        g_assert_cmpint(calling->screening, ==, SCREENING_NETWORK);
        g_assert_cmpint(calling->presentation, ==, PRESENTATION_ALLOWED);
    }
    g_assert_cmpuint(told.begins, ==, 1);
    g_assert_cmpuint(told.sent, ==, 1);
    g_assert_cmpstr(told.trunk, ==, "spare");
    fake_raise_cause(fake, help, EVENT_ISDN_RELEASED, 41);
    g_assert_cmpuint(told.sent, ==, 2);
    g_assert_cmpstr(told.trunk, ==, "pbx");
    answered_and_over(fake, help);
    g_assert_cmpuint(told.begins, ==, 1);
    g_assert_cmpuint(told.ends, ==, 1);
    g_assert_true(told.answered);
    g_assert_cmpstr(told.callback, ==, "+497131555012");
    g_ptr_array_unref(elin.extensions);
    fake_free(fake);
}

/* A drill takes the whole way, calls somebody else, and clears nobody unless it may. */
static void drill_calls_somebody_else(void)
{
    Fake *fake = help_new(1, "pbx", NULL);
    Told told = {0};
    guint32 drill = 0, victim, help;

    fake->settings->emergency.drill = (char *)"199";
    fake->settings->emergency.drill_to = (char *)"205";
    hall_set_emergency_func(fake->hall, told_note, &told);
    fake_call_from_phone(fake, "199", &drill);
    g_assert_cmpstr(call_setup(hall_find_call(fake->hall, drill))->called.digits, ==, "205");
    g_assert_true(told.drill);
    /* Who needs help does not wait for a drill. */
    help = call_for_help(fake);
    says_last(fake, drill, "sip_reject:500 isdn_disconnect:8");
    fake_raise(fake, drill, EVENT_ISDN_RELEASED, NULL);
    answered_and_over(fake, help);

    victim = phone_talks(fake, "200");
    g_assert_null(fake_call_from_phone(fake, "199", &drill));
    says(fake, drill, "sip_reject:503");
    g_assert_cmpint(isdn_of(fake, victim), ==, ISDN_ACTIVE);
    fake->settings->emergency.drill_preempt = TRUE;
    g_assert_nonnull(fake_call_from_phone(fake, "199", &drill));
    says_last(fake, victim, "sip_bye:8 isdn_disconnect:8");
    g_assert_cmpuint(counted(fake, "emergency drills"), ==, 3);
    g_assert_cmpuint(counted(fake, "calls for emergency"), ==, 1);
    fake_free(fake);
}

/* Beyond the rate a source is refused only while another call of its stands. */
static void rate_never_refuses_who_has_none(void)
{
    Fake *fake = help_new(0, "pbx", NULL);
    CallOrigin origin = origin_at("192.0.2.7", "201"), other = origin_at("192.0.2.8", "201");
    guint32 id = 0, ids[3];

    fake->settings->emergency.rate = 2;
    for (guint i = 0; i < 2; i++)
        g_assert_nonnull(fake_call_from(fake, &origin, "112", &ids[i]));
    g_assert_null(fake_call_from(fake, &origin, "112", &id));
    g_assert_cmpuint(id, ==, 0); /* there was no call at all */
    g_assert_nonnull(fake_call_from(fake, &other, "112", &ids[2]));
    for (guint i = 0; i < 2; i++)
        fake_raise_cause(fake, ids[i], EVENT_ISDN_RELEASED, 16);
    g_assert_nonnull(fake_call_from(fake, &origin, "112", &id));
    g_assert_cmpuint(counted(fake, "calls for emergency beyond the rate"), ==, 2);
    loop_virtual_advance(fake->loop, 1);
    fake_free(fake);
}

/* ---- the call back ------------------------------------------------------------------------------
 */

static gboolean finder(void *user, const char *trunk, const CallSetup *setup, char *uri, gsize size)
{
    g_assert_cmpstr(trunk, ==, "pbx");
    if (strcmp(setup->called.digits, user) != 0)
        return FALSE;
    g_strlcpy(uri, "sip:201@192.0.2.7:5060", size);
    return TRUE;
}

/* D-20: before the routes, and never in the way of anything. */
static void answering_point_calls_back(void)
{
    Fake *fake = help_new(1, "pbx", NULL);
    guint32 back = 0, help = 0;

    hall_set_callback_finder(fake->hall, finder, (char *)"555012");
    hall_set_draining(fake->hall, TRUE);
    g_assert_nonnull(fake_call_from_pbx(fake, "555012", TRUE, &back));
    g_assert_cmpstr(call_uri(hall_find_call(fake->hall, back)), ==, "sip:201@192.0.2.7:5060");
    fake_raise(fake, back, EVENT_SIP_RINGING, NULL);
    /* It gives way to nobody, another call for help included. */
    g_assert_null(fake_call_from_phone(fake, "112", &help));
    says_last(fake, help, "sip_reject:503");
    hall_clear_ordinary(fake->hall, 41);
    fake_raise(fake, back, EVENT_SIP_ANSWER, NULL);
    g_assert_cmpint(call_sip_state(hall_find_call(fake->hall, back)), ==, SIP_UP);
    fake_free(fake);
}

/* Dialled digit by digit, and to a phone that is not there: the routes name another. */
static void call_back_by_digits_and_beyond(void)
{
    Fake *fake = help_new(0, "pbx", NULL);
    CallNews news = CALL_NEWS_INIT;
    guint32 back = 0;

    hall_set_callback_finder(fake->hall, finder, (char *)"100");
    fake_call_from_pbx(fake, "1", FALSE, &back);
    g_strlcpy(news.digits, "00", sizeof(news.digits));
    fake_raise(fake, back, EVENT_ISDN_INFORMATION, &news);
    g_assert_cmpstr(call_uri(hall_find_call(fake->hall, back)), ==, "sip:201@192.0.2.7:5060");
    fake_raise_status(fake, back, 404);
    g_assert_cmpstr(call_uri(hall_find_call(fake->hall, back)), ==, "sip:100@192.0.2.1");
    fake_raise_status(fake, back, 486);
    says_last(fake, back, "isdn_disconnect_tone:17");
    fake_free(fake);
}

/* Joined by a transfer, the other half carries the call for help, or the call back, as well: it
 * gives way to nobody, and is not cleared. */
static void the_other_half_is_sheltered(void)
{
    for (guint back = FALSE; back <= TRUE; back++) {
        Fake *fake = help_new(2, "pbx", NULL);
        guint32 help = 0, half, more = 0;

        if (back) {
            hall_set_callback_finder(fake->hall, finder, (char *)"555012");
            g_assert_nonnull(fake_call_from_pbx(fake, "555012", TRUE, &help));
            fake_raise(fake, help, EVENT_SIP_ANSWER, NULL);
            fake_raise(fake, help, EVENT_ISDN_CONNECT_ACK, NULL);
        } else {
            help = call_for_help(fake);
            fake_raise(fake, help, EVENT_ISDN_CONNECT, NULL);
            fake_raise(fake, help, EVENT_SIP_ACK, NULL);
        }
        half = phone_talks(fake, "200");
        g_assert_false(call_is_sheltered(hall_find_call(fake->hall, half)));
        fake_of(fake, help)->legs.phone = fake_of(fake, half)->legs.phone = PHONE_NONE;
        call_set_sip_leg(hall_find_call(fake->hall, help), NULL);
        call_set_sip_leg(hall_find_call(fake->hall, half), NULL);
        transfer_join(hall_find_call(fake->hall, half), hall_find_call(fake->hall, help));
        g_assert_null(fake_call_from_phone(fake, "112", &more));
        says_last(fake, more, "sip_reject:503");
        hall_clear_ordinary(fake->hall, 41);
        g_assert_cmpint(isdn_of(fake, half), ==, ISDN_ACTIVE);
        g_assert_cmpuint(hall_sheltered_count(fake->hall), ==, 2);
        fake_free(fake);
    }
}

#define STORY(name) g_test_add_func("/emergency/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_open(LEVEL_ERROR, FALSE);
    STORY(newest_call_gives_way);
    STORY(unanswered_calls_give_way);
    STORY(next_victim_after_a_second);
    STORY(nothing_to_clear_is_503);
    STORY(channel_frees_itself_meanwhile);
    STORY(no_call_slips_in_between);
    STORY(caller_hangs_up_while_waiting);
    STORY(transit_call_gives_way);
    STORY(trunks_are_tried_on_any_cause);
    STORY(free_trunk_before_preemption);
    STORY(second_round_goes_on);
    STORY(routes_decide_without_trunks);
    STORY(route_alone_makes_it_so);
    STORY(no_limit_refuses_it);
    STORY(grace_spares_it);
    STORY(number_is_rewritten);
    STORY(place_is_shown_and_told);
    STORY(drill_calls_somebody_else);
    STORY(rate_never_refuses_who_has_none);
    STORY(answering_point_calls_back);
    STORY(call_back_by_digits_and_beyond);
    STORY(the_other_half_is_sheltered);
    return g_test_run();
}
