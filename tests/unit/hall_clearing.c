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

#define STORY(name) g_test_add_func("/clearing/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_open(LEVEL_ERROR, FALSE);
    STORY(timers_tell_their_status);
    STORY(restart_and_loss_clear_by_state);
    STORY(collisions_clear_once);
    STORY(silence_clears_both_ends);
    return g_test_run();
}
