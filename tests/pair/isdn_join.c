/* The PBX wants two of its calls joined: our isdn room answers a true libpri far end that asks as
 * each switch type does. */
#include "isdn_line.h"

#include "cause.h"
#include "isdn_leg.h"
#include "joined.h"
#include "room.h"

#include <string.h>

/* clang-format off */
static const struct {
    const char *trunk;
    gboolean t1;
} dialects[] = {
    {"side = network\nrestart = no\npbx-transfer = yes\n", FALSE},
    {"side = network\nrestart = no\npbx-transfer = yes\nswitch-type = ni2\n", TRUE},
    {"side = network\nrestart = no\npbx-transfer = yes\nswitch-type = 5ess\n", TRUE},
    {"side = network\nrestart = no\npbx-transfer = yes\nswitch-type = 4ess\n", TRUE},
    {"side = network\nrestart = no\npbx-transfer = yes\nswitch-type = dms100\n", TRUE},
};
/* clang-format on */
#define EUROISDN 0
#define NI2 1
#define DMS100 4

typedef struct Scene {
    Stage *stage;
    q931_call *one, *other;
    guint32 id, other_id;
} Scene;

static Call *call_of(Scene *scene, guint32 id)
{
    return hall_find_call(scene->stage->hall, id);
}

static void scene_stands(Scene *scene, guint32 id, SipState sip, IsdnState isdn)
{
    Call *call = call_of(scene, id);

    g_assert_nonnull(call);
    g_assert_cmpstr(sip_state_name(call_sip_state(call)), ==, sip_state_name(sip));
    g_assert_cmpstr(isdn_state_name(call_isdn_state(call)), ==, isdn_state_name(isdn));
}

static int call_reference(Scene *scene, guint32 id)
{
    const GPtrArray *legs = dchan_legs(isdn_find_dchan(scene->stage->isdn, 0));

    for (guint i = 0; i < legs->len; i++) {
        const IsdnLeg *leg = legs->pdata[i];

        if (leg->call_id == id)
            return leg->ref;
    }
    g_assert_not_reached();
}

static void event_of(Scene *scene, guint32 id, CallEvent event)
{
    CallNews news = CALL_NEWS_INIT;

    news.cause = 16;
    call_event(call_of(scene, id), event, &news);
    stage_run(scene->stage, 10);
}

/* A phone's call to NUMBER, which the PBX answers. */
static q931_call *phone_talks(Scene *scene, const char *number, guint32 *id)
{
    Stage *stage = scene->stage;

    stage_phone_calls(stage, number);
    *id = hall_last_call(stage->hall);
    g_assert_cmpint(pri_answer(stage->far, stage->far_call, stage->far_channel, 0), ==, 0);
    stage_run(stage, 10);
    event_of(scene, *id, EVENT_SIP_ACK);
    scene_stands(scene, *id, SIP_UP, ISDN_ACTIVE);
    return stage->far_call;
}

/* The PBX's call to a phone, which answers. */
static q931_call *pbx_talks(Scene *scene, guint32 *id)
{
    Stage *stage = scene->stage;

    stage_far_calls(stage, "105", 0, FALSE, TRUE);
    stage_run(stage, 10);
    *id = hall_last_call(stage->hall);
    event_of(scene, *id, EVENT_SIP_ANSWER);
    scene_stands(scene, *id, SIP_UP, ISDN_ACTIVE);
    return stage->far_call;
}

static void scene_open(Scene *scene, const char *trunk, gboolean t1)
{
    *scene = (Scene){.stage = stage_new(trunk, t1)};
    pri_facility_enable(scene->stage->far);
    scene->one = phone_talks(scene, "200", &scene->id);
    scene->other = pbx_talks(scene, &scene->other_id);
    stage_forget(scene->stage);
}

static void far_joins(Scene *scene)
{
    g_assert_cmpint(pri_channel_bridge(scene->one, scene->other), ==, 0);
    stage_run(scene->stage, 50);
}

static void scene_ends(Scene *scene)
{
    hall_clear_all(scene->stage->hall, 16);
    stage_run(scene->stage, 70000);
    stage_free(scene->stage);
}

static void two_calls_become_one(void)
{
    static const char *const wires[] = {
        /* EctLinkIdRequest, its result, ExplicitEctExecute; the result goes with the DISCONNECT */
        "< FACILITY\n> FACILITY\n< FACILITY\n> DISCONNECT cause 16\n> DISCONNECT cause 16\n",
        "< FACILITY\n> FACILITY\n> DISCONNECT cause 16\n> DISCONNECT cause 16\n",
    };

    for (guint i = 0; i < G_N_ELEMENTS(dialects); i++) {
        Scene scene;
        Stage *stage;

        scene_open(&scene, dialects[i].trunk, dialects[i].t1);
        stage = scene.stage;
        far_joins(&scene);
        g_test_message("%s%s", dialects[i].trunk, stage->wire->str);
        g_assert_true(g_str_has_prefix(stage->wire->str, wires[i > 0]));
        g_assert_cmpuint(call_joined(call_of(&scene, scene.id)), ==, scene.other_id);
        scene_stands(&scene, scene.id, SIP_UP, ISDN_NULL);
        scene_stands(&scene, scene.other_id, SIP_UP, ISDN_NULL);
        stage_sip(stage, "media_join sip_resume sip_party media_join sip_resume sip_party");
        for (guint8 channel = 1; channel < 24; channel++)
            g_assert_cmpint(stage_channel(stage, channel), ==, CHANNEL_IDLE);
        event_of(&scene, scene.id, EVENT_SIP_BYE);
        event_of(&scene, scene.other_id, EVENT_SIP_ENDED);
        stage_is_quiet(stage);
        g_assert_cmpuint(stage_counter(stage, "calls joined for the far end"), ==, 1);
        stage_free(stage);
    }
}

/* Both calls go on, and the far end is told so. */
static void scene_is_refused(Scene *scene, const char *wire)
{
    stage_wire(scene->stage, wire);
    scene_stands(scene, scene->id, SIP_UP, ISDN_ACTIVE);
    scene_stands(scene, scene->other_id, SIP_UP, ISDN_ACTIVE);
    stage_sip(scene->stage, "");
    scene_ends(scene);
}

static void the_trunk_does_not_let_it(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(dialects); i++) {
        g_autofree char *trunk = g_strdup_printf("%spbx-transfer = no\n", "");
        g_auto(GStrv) parts = g_strsplit(dialects[i].trunk, "pbx-transfer = yes\n", 2);
        Scene scene;

        g_free(trunk);
        trunk = g_strconcat(parts[0], parts[1], NULL); /* no is the default */
        scene_open(&scene, trunk, dialects[i].t1);
        if (i == DMS100) { /* it was not told that it could ask */
            g_assert_cmpint(pri_channel_bridge(scene.one, scene.other), ==, -1);
            scene_is_refused(&scene, "");
            continue;
        }
        far_joins(&scene);
        scene_is_refused(&scene, "< FACILITY\n> FACILITY\n");
    }
}

static void a_call_that_only_rings_is_not_joined(void)
{
    for (guint i = 0; i < 2; i++) {
        Scene scene = {.stage = stage_new(dialects[i].trunk, dialects[i].t1)};
        Stage *stage = scene.stage;

        pri_facility_enable(stage->far);
        scene.one = phone_talks(&scene, "200", &scene.id);
        stage_far_calls(stage, "105", 0, FALSE, TRUE);
        stage_run(stage, 10);
        scene.other = stage->far_call;
        stage_forget(stage);
        far_joins(&scene);
        stage_wire(stage, i == EUROISDN ? "< FACILITY\n> FACILITY\n< FACILITY\n> FACILITY\n"
                                        : "< FACILITY\n> FACILITY\n");
        scene_stands(&scene, scene.id, SIP_UP, ISDN_ACTIVE);
        g_assert_cmpuint(stage_counter(stage, "joinings refused"), ==, 1);
        scene_ends(&scene);
    }
}

/* EctExecute says which call is held, and libpri takes any other one of the trunk for the active
 * one. */
static void a_third_call_makes_it_unclear(void)
{
    for (guint third = 0; third < 2; third++) {
        Scene scene;
        Stage *stage;
        guint32 id;

        scene_open(&scene, "side = network\nrestart = no\npbx-transfer = yes\nhold = yes\n", FALSE);
        stage = scene.stage;
        if (third)
            phone_talks(&scene, "201", &id);
        g_assert_cmpint(pri_hold(stage->far, scene.one), ==, 0);
        stage_run(stage, 10);
        scene_stands(&scene, scene.id, SIP_UP, ISDN_HELD);
        stage_forget(stage);
        stage_far_says(stage, stage_reference(stage), "62 1c 09 91 a1 06 02 01 05 02 01 06");
        stage_run(stage, 50);
        scene_stands(&scene, scene.other_id, SIP_UP, third ? ISDN_ACTIVE : ISDN_NULL);
        g_assert_cmpuint(call_joined(call_of(&scene, scene.id)), ==, third ? 0 : scene.other_id);
        scene_ends(&scene);
    }
}

/* GR-2865: the call reference names the other one; what names none joins nothing. */
static void nobody_knows_the_other_one(void)
{
    static const char *const others[] = {
        "30 03 02 01 63", /* 99 */
        "30 04 02 02 7f ff",
        "30 05 02 03 00 80 63",
        "30 08 02 06 00 00 00", /* more than is there */
        "30 00",
        "02 01 01",
    };

    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        Scene scene;
        Stage *stage;
        g_autofree char *message = NULL;
        guint length = (guint)(strlen(others[i]) + 1) / 3;

        scene_open(&scene, dialects[NI2].trunk, TRUE);
        stage = scene.stage;
        message = g_strdup_printf("62 1c %02x 91 a1 %02x 02 01 05 06 07 2a 86 48 ce 15 00 08 %s",
                                  15 + length, 12 + length, others[i]);
        stage_far_says(stage, stage_reference(stage), message);
        stage_run(stage, 50);
        scene_stands(&scene, scene.id, SIP_UP, ISDN_ACTIVE);
        scene_stands(&scene, scene.other_id, SIP_UP, ISDN_ACTIVE);
        scene_ends(&scene);
    }
}

/* With the name of a D channel it is a call on another span, whatever has its reference here. */
static void a_call_of_another_d_channel_is_not_joined(void)
{
    for (guint i = 0; i < 2; i++) {
        Scene scene;
        Stage *stage;
        g_autofree char *message = NULL, *other = NULL;
        guint length, reference;

        scene_open(&scene, dialects[NI2].trunk, TRUE);
        stage = scene.stage;
        reference = (guint)call_reference(&scene, scene.other_id) & 0xffff;
        other = g_strdup_printf(i ? "30 04 02 02 %02x %02x" : "30 07 02 02 %02x %02x 04 01 01",
                                reference >> 8, reference & 0xff);
        length = (guint)(strlen(other) + 1) / 3;
        message = g_strdup_printf("62 1c %02x 91 a1 %02x 02 01 05 06 07 2a 86 48 ce 15 00 08 %s",
                                  15 + length, 12 + length, other);
        stage_far_says(stage, call_reference(&scene, scene.id), message);
        stage_run(stage, 50);
        scene_stands(&scene, scene.other_id, SIP_UP, i ? ISDN_NULL : ISDN_ACTIVE);
        g_assert_cmpuint(call_joined(call_of(&scene, scene.id)), ==, i ? scene.other_id : 0);
        scene_ends(&scene);
    }
}

/* Makes 7 of the invocation in SETUP, and counts the CONNECT that answers it by that. */
static gboolean invoke_otherwise(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    guint8 message = length > 8 ? frame[8] : 0;

    for (gsize at = 9; at + 6 < length; at++) {
        guint8 *octets = frame + at;

        if (octets[0] != 0x11 || octets[1] != 0xbe || octets[4] != 0x02 || octets[5] != 1)
            continue;
        if (!outward && message == 0x05)
            octets[6] = 7;
        else if (outward && message == 0x07 && octets[2] == 0xa2 && octets[6] == 7)
            stage->hook_count++;
    }
    return TRUE;
}

static void an_ability_is_told_by_its_invocation(void)
{
    Scene scene = {.stage = stage_new(dialects[DMS100].trunk, TRUE)};

    pri_facility_enable(scene.stage->far);
    scene.stage->hook = invoke_otherwise;
    pbx_talks(&scene, &scene.id);
    g_assert_cmpint(scene.stage->hook_count, ==, 1);
    scene_ends(&scene);
}

/* What layer 2 sends again leaves the same: the far end hears one answer, whole. */
static gboolean lose_the_answer(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (!outward || length < 9 || frame[2] & 1 || frame[8] != 0x62 || stage->hook_count > 0)
        return TRUE;
    stage->hook_count++;
    return FALSE;
}

static void a_lost_answer_is_repeated(void)
{
    Scene scene;

    scene_open(&scene, dialects[NI2].trunk, TRUE);
    scene.stage->hook = lose_the_answer;
    far_joins(&scene);
    stage_run(scene.stage, 3000);
    g_assert_cmpint(scene.stage->hook_count, ==, 1);
    scene_stands(&scene, scene.id, SIP_UP, ISDN_NULL);
    scene_ends(&scene);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/join/two-calls-become-one", two_calls_become_one);
    g_test_add_func("/join/the-trunk-does-not-let-it", the_trunk_does_not_let_it);
    g_test_add_func("/join/a-call-that-only-rings-is-not-joined",
                    a_call_that_only_rings_is_not_joined);
    g_test_add_func("/join/a-third-call-makes-it-unclear", a_third_call_makes_it_unclear);
    g_test_add_func("/join/nobody-knows-the-other-one", nobody_knows_the_other_one);
    g_test_add_func("/join/another-d-channel", a_call_of_another_d_channel_is_not_joined);
    g_test_add_func("/join/ability", an_ability_is_told_by_its_invocation);
    g_test_add_func("/join/a-lost-answer-is-repeated", a_lost_answer_is_repeated);
    return g_test_run();
}
