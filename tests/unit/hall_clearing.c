/* Timers, restart, loss, silence and collisions: whatever ends a call ends both legs once. */
#include "cause.h"
#include "fake_rooms.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

static void timers_tell_their_status(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_PROCEEDING, NULL);
    loop_virtual_advance(fake->loop, 61 * SECOND);
    says_last(fake, id, "sip_reject:408 isdn_disconnect:102");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_SETUP_ACK, NULL);
    loop_virtual_advance(fake->loop, 21 * SECOND);
    says_last(fake, id, "sip_reject:408 isdn_disconnect:102");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_PROCEEDING, NULL);
    fake_raise(fake, id, EVENT_ISDN_ALERTING, NULL);
    loop_virtual_advance(fake->loop, 179 * SECOND);
    g_assert_cmpint(call_sip_state(hall_find_call(fake->hall, id)), ==, SIP_RINGING);
    loop_virtual_advance(fake->loop, 2 * SECOND);
    says_last(fake, id, "sip_reject:480 isdn_disconnect:19");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);

    /* T303 is libpri's; it says 18. */
    fake_call_from_phone(fake, "200", &id);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 18);
    says_last(fake, id, "sip_reject:408");
    fake_free(fake);
}

/* D-13 and D-12: the cause toward SIP, and no message toward the PBX. */
static void restart_and_loss_clear_by_state(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise(fake, id, EVENT_ISDN_RESTART, NULL);
    says_last(fake, id, "media_close sip_bye:41 isdn_forget channel_free");
    fake_raise(fake, id, EVENT_SIP_ENDED, NULL);

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_ALERTING, NULL);
    fake_raise(fake, id, EVENT_ISDN_LOST, NULL);
    says_last(fake, id, "media_close sip_reject:502 isdn_forget channel_free");

    fake_call_from_pbx(fake, "100", TRUE, &id);
    fake_raise(fake, id, EVENT_SIP_RINGING, NULL);
    fake_raise(fake, id, EVENT_ISDN_LOST, NULL);
    says_last(fake, id, "media_close sip_cancel:27 isdn_forget channel_free");
    fake_raise_status(fake, id, 487);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* D-15. */
static void collisions_clear_once(void)
{
    Fake *fake = fake_new();
    guint32 id;

    /* DISCONNECT crosses DISCONNECT, then RELEASE crosses RELEASE. */
    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise(fake, id, EVENT_SIP_BYE, NULL);
    fake_raise_cause(fake, id, EVENT_ISDN_DISCONNECT, 16);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASE, 16);
    says_last(fake, id, "isdn_disconnect:16 media_hush isdn_release isdn_forget channel_free");
    fake_assert_gone(fake, id);

    /* BYE crosses our BYE after DISCONNECT. */
    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise_cause(fake, id, EVENT_ISDN_DISCONNECT, 16);
    fake_raise(fake, id, EVENT_SIP_BYE, NULL);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise(fake, id, EVENT_SIP_ENDED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

static void silence_clears_both_ends(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise(fake, id, EVENT_MEDIA_SILENT, NULL);
    says_last(fake, id, "media_close sip_bye:102 isdn_disconnect:102");
    fake_free(fake);
}

static void a_lost_span_is_told_where_it_can_be(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise(fake, id, EVENT_ISDN_STRANDED, NULL);
    says_last(fake, id, "media_close sip_bye:27 isdn_disconnect:27");
    fake_free(fake);
}

/* Where the trunk has tones of its own, for one who is shown the cause, for help, or when PROGRESS
 * cannot be sent, it is as ever. */
static void tone_takes_the_place_of_disconnect_or_not(void)
{
    static const struct {
        guint8 progress;
        AutoChoice ringback;
        gboolean help, refused;
        const char *expected;
    } rows[] = {
        {1, CHOICE_AUTO, FALSE, FALSE, "media_busy isdn_progress"},
        {3, CHOICE_YES, FALSE, FALSE, "media_busy isdn_progress"},
        {0, CHOICE_AUTO, FALSE, FALSE, "media_busy isdn_disconnect_tone:17"},
        {3, CHOICE_NO, FALSE, FALSE, "media_busy isdn_disconnect_tone:17"},
        {3, CHOICE_AUTO, TRUE, FALSE, "media_busy isdn_disconnect_tone:17"},
        {3, CHOICE_AUTO, FALSE, TRUE, "media_busy media_hush isdn_forget channel_free"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fake *fake = fake_new();
        guint32 id;

        fake->progress = rows[i].progress;
        fake_trunk(fake->settings, "pbx")->ringback = rows[i].ringback;
        fake_route(fake->settings, "to-phones")->emergency = rows[i].help;
        fake->refuse = rows[i].refused ? G_GUINT64_CONSTANT(1) << ACTION_ISDN_PROGRESS : 0;
        fake_call_from_pbx(fake, "100", TRUE, &id);
        fake_raise_status(fake, id, 486);
        says_last(fake, id, rows[i].expected);
        fake_free(fake);
    }
}

/* An alternative comes first, nobody listens to a tone for ever, and whoever ends the call says
 * why. */
static void tone_in_place_of_disconnect_has_an_end(void)
{
    static const struct {
        CallEvent event;
        guint8 cause;
        const char *expected;
    } rows[] = {
        {EVENT_TIMER_INTERWORK, 0, "media_hush isdn_disconnect:17"},
        {EVENT_OPERATOR_CLEAR, 0, "media_hush isdn_disconnect:41"},
        {EVENT_CALL_PREEMPTED, 0, "media_hush isdn_disconnect:8"},
        {EVENT_ISDN_DISCONNECT_MEDIA, 16, "media_hush isdn_release"},
        {EVENT_ISDN_RELEASE, 16, "media_hush isdn_release_complete:17 channel_free"},
        {EVENT_ISDN_RELEASED, 16, "media_hush channel_free"},
        {EVENT_ISDN_RESTART, 0, "media_hush isdn_forget channel_free"},
        {EVENT_ISDN_LOST, 0, "media_hush isdn_forget channel_free"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fake *fake = fake_new();
        guint32 id;

        fake->progress = 1;
        fake_trunk(fake->settings, "pbx")->interwork_us = 5 * SECOND;
        fake_call_from_pbx(fake, "100", TRUE, &id);
        loop_virtual_advance(fake->loop, 4 * SECOND);
        fake_raise_status(fake, id, 503);
        loop_virtual_advance(fake->loop, 4 * SECOND);
        fake_raise_status(fake, id, 486);
        says_last(fake, id, "sip_invite media_busy isdn_progress");
        loop_virtual_advance(fake->loop, 4 * SECOND);
        says_last(fake, id, "sip_invite media_busy isdn_progress");
        if (rows[i].event == EVENT_TIMER_INTERWORK)
            loop_virtual_advance(fake->loop, 2 * SECOND);
        else
            fake_raise_cause(fake, id, rows[i].event, rows[i].cause);
        says_last(fake, id, rows[i].expected);
        fake_free(fake);
    }
}

#define STORY(name) g_test_add_func("/clearing/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_open(LEVEL_ERROR, FALSE);
    STORY(timers_tell_their_status);
    STORY(restart_and_loss_clear_by_state);
    STORY(collisions_clear_once);
    STORY(silence_clears_both_ends);
    STORY(a_lost_span_is_told_where_it_can_be);
    STORY(tone_takes_the_place_of_disconnect_or_not);
    STORY(tone_in_place_of_disconnect_has_an_end);
    return g_test_run();
}
