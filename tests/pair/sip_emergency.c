/* What the sip room adds to a call for help: services by URN, what the caller claims, the reason of
 * a call that gave way, the mark of a call back. */
#include "sip_story.h"

#include <string.h>

/* The phone thinks better of it. */
static void give_up(Story *story)
{
    phone_cancel(story->phone, "");
    phone_hear(story->phone, "SIP/2.0 200");
    phone_hear(story->phone, "SIP/2.0 487");
    story_events(story, "CANCEL/16");
    hall_fake_end(story_call(story));
    story_settles(story);
}

/* RFC 5031: the service's number is called, in every request of the dialog's beginning alike. */
static void service_is_called_by_its_number(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", "urn:service:sos", "", SDP_BOTH);
    phone_hear(story.phone, "SIP/2.0 100");
    story_events(&story, "INVITE+media");
    g_assert_cmpstr(call_setup(story_call(&story))->called.digits, ==, "112");
    give_up(&story);

    phone_hang_up(story.phone);
    phone_request(story.phone, "INVITE", "URN:service:SOS.police.river", "", SDP_BOTH);
    phone_hear(story.phone, "SIP/2.0 100");
    story_events(&story, "INVITE+media");
    g_assert_cmpstr(call_setup(story_call(&story))->called.digits, ==, "110");
    give_up(&story);
    story_close(&story);
}

/* No number, 404; no service for help, 416 as of old. Neither is a call. */
static void unknown_service_is_not_found(void)
{
    Story story;
    guint64 refused;

    story_open(&story);
    g_ptr_array_set_size(story.settings->emergency.services, 0);
    refused = story_counter(&story, "INVITEs refused");
    phone_request(story.phone, "INVITE", "urn:service:sos.fire", "", SDP_BOTH);
    phone_hear(story.phone, "SIP/2.0 404");
    g_assert_cmpuint(story_counter(&story, "INVITEs refused"), ==, refused + 1);
    phone_hang_up(story.phone);
    phone_request(story.phone, "INVITE", "urn:service:counseling", "", SDP_BOTH);
    phone_hear(story.phone, "SIP/2.0 416");
    story_events(&story, "");
    story_close(&story);
}

/* Believed or not, the hall is told who says to be calling, and where he is to be reached. */
static void claims_are_told(void)
{
    Story story;
    const CallOrigin *origin;
    g_autofree char *contact = NULL;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri,
                  "P-Asserted-Identity: <tel:+49-7131-555012>\r\n", SDP_BOTH);
    phone_hear(story.phone, "SIP/2.0 100");
    story_events(&story, "INVITE+media");
    origin = call_origin(story_call(&story));
    contact = g_strdup_printf("sip:100@127.0.0.1:%u", phone_port(story.phone));
    g_assert_cmpstr(origin->caller, ==, "100");
    g_assert_cmpstr(origin->asserted, ==, "+497131555012");
    g_assert_cmpstr(origin->contact, ==, contact);
    give_up(&story);
    story_close(&story);
}

#define GAVE_WAY "preemption;cause=4;text=\"Non-IP Preemption\""

static void assert_gave_way(const char *message)
{
    /* Two headers or one with both: as RFC 3261 7.3.1 allows. */
    g_assert_nonnull(strstr(message, GAVE_WAY));
    g_assert_nonnull(strstr(message, "Q.850;cause=8;text=\"Preemption\""));
}

/* RFC 4411: BYE, final response and CANCEL of who gave way say so in both words. */
static void who_gives_way_hears_why(void)
{
    CallSetup plain = {.bearer = BEARER_SPEECH};
    Story story;
    Call *call;

    story_open(&story);
    story_talk(&story);
    hall_fake_set_cause(story_call(&story), 8, CAUSE_LOCATION_NONE, 0);
    hall_fake_act(story_call(&story), ACTION_SIP_BYE);
    hall_fake_set_state(story_call(&story), SIP_LEAVING);
    assert_gave_way(phone_hear(story.phone, "BYE sip:100@"));
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_events(&story, "ENDED");
    hall_fake_end(story_call(&story));
    story_settles(&story);

    phone_hang_up(story.phone);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    phone_hear(story.phone, "SIP/2.0 100");
    story_events(&story, "INVITE+media");
    hall_fake_set_cause(story_call(&story), 8, CAUSE_LOCATION_NONE, 500);
    hall_fake_act(story_call(&story), ACTION_SIP_REJECT);
    assert_gave_way(phone_hear(story.phone, "SIP/2.0 500"));
    phone_ack(story.phone, NULL);
    hall_fake_end(story_call(&story));
    story_settles(&story);

    phone_hang_up(story.phone);
    call = story_call_out(&story, story.phone, &plain, NULL);
    header_is(phone_last_heard(story.phone), "Priority", NULL);
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL);
    story_events(&story, "RINGING");
    hall_fake_set_cause(call, 8, CAUSE_LOCATION_NONE, 0);
    hall_fake_act(call, ACTION_SIP_CANCEL);
    hall_fake_set_state(call, SIP_CANCELLING);
    assert_gave_way(phone_hear(story.phone, "CANCEL"));
    phone_reply(story.phone, "CANCEL", "200 OK", "", NULL);
    phone_reply(story.phone, "INVITE", "487 Request Terminated", "", NULL);
    phone_hear(story.phone, "ACK");
    story_events(&story, "FAILURE/487");
    hall_fake_end(call);
    story_settles(&story);
    story_close(&story);
}

#define STORY(name) g_test_add_func("/sip/emergency/" #name, name)

void emergency_stories(void)
{
    STORY(service_is_called_by_its_number);
    STORY(unknown_service_is_not_found);
    STORY(claims_are_told);
    STORY(who_gives_way_hears_why);
}
