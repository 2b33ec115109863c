/* How the isdn pair tests bring a call into each Q.931 state, and to its end. */
#include "isdn_line.h"

#include "dchan.h"

/* The phone says goodbye to whatever is left of its call, and the line is quiet in the end. */
void stage_ends(Stage *stage)
{
    for (guint i = 0; i < 4 && stage_call(stage); i++) {
        SipState sip = call_sip_state(stage_call(stage));

        if (sip == SIP_LEAVING)
            stage_event(stage, EVENT_SIP_ENDED, 0);
        else if (sip == SIP_CANCELLING || sip == SIP_ABANDONED)
            stage_event(stage, EVENT_SIP_FAILURE, 0);
        else if (sip == SIP_PARTING)
            stage_event(stage, EVENT_SIP_ACK, 0);
        else if (sip != SIP_IDLE)
            stage_event(stage, EVENT_OPERATOR_CLEAR, 16);
        stage_run(stage, 100);
    }
    stage_run(stage, 45000);
    stage_is_quiet(stage);
}

void stage_far_ends(Stage *stage)
{
    static const char *const last_words[] = {"45 08 02 81 90", "5a 08 02 81 90"};

    for (gsize i = 0; i < G_N_ELEMENTS(last_words); i++)
        if (dchan_legs(isdn_find_dchan(stage->isdn, 0))->len > 0)
            stage_far_says(stage, stage_reference(stage), last_words[i]);
    g_assert_cmpuint(dchan_legs(isdn_find_dchan(stage->isdn, 0))->len, ==, 0);
    stage_ends(stage);
}

static void in_initiated(Stage *stage)
{
    stage_phone_calls(stage, "200");
    stage_stands(stage, SIP_INVITED, ISDN_INITIATED);
}

static void in_overlap_sending(Stage *stage)
{
    in_initiated(stage);
    pri_need_more_info(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_stands(stage, SIP_INVITED, ISDN_OVERLAP_SENDING);
}

static void in_outgoing_proceeding(Stage *stage)
{
    in_initiated(stage);
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_stands(stage, SIP_INVITED, ISDN_OUTGOING_PROCEEDING);
}

static void in_delivered(Stage *stage)
{
    in_outgoing_proceeding(stage);
    pri_acknowledge(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_stands(stage, SIP_RINGING, ISDN_DELIVERED);
}

static void in_active_outgoing(Stage *stage)
{
    in_delivered(stage);
    pri_answer(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_event(stage, EVENT_SIP_ACK, 0);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
}

static gboolean lose_disconnect(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (outward && length > 9 && !(frame[2] & 1) && frame[8] == 0x45)
        frame[4] = 0x09;
    return TRUE;
}

static void in_disconnect_request(Stage *stage)
{
    in_active_outgoing(stage);
    stage->hook = lose_disconnect;
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage->hook = NULL;
    stage_stands(stage, SIP_IDLE, ISDN_DISCONNECT_REQUEST);
}

static void in_overlap_receiving(Stage *stage)
{
    stage_far_calls(stage, "1", 1, TRUE, FALSE);
    stage_run(stage, 10);
    stage_stands(stage, SIP_IDLE, ISDN_OVERLAP_RECEIVING);
}

static void in_incoming_proceeding(Stage *stage)
{
    stage_far_calls(stage, "150", 1, TRUE, TRUE);
    stage_run(stage, 10);
    stage_stands(stage, SIP_CALLING, ISDN_INCOMING_PROCEEDING);
}

static void in_received(Stage *stage)
{
    in_incoming_proceeding(stage);
    stage_event(stage, EVENT_SIP_RINGING, 0);
    stage_stands(stage, SIP_ALERTED, ISDN_RECEIVED);
}

static gboolean lose_connect(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (outward && length >= 9 && !(frame[2] & 1) && frame[8] == 0x07)
        frame[4] = 0x09;
    return TRUE;
}

static void in_connect_request(Stage *stage)
{
    in_received(stage);
    stage->hook = lose_connect;
    stage_event(stage, EVENT_SIP_ANSWER, 0);
    stage->hook = NULL;
    stage_stands(stage, SIP_UP, ISDN_CONNECT_REQUEST);
}

static void in_active_incoming(Stage *stage)
{
    in_received(stage);
    stage_event(stage, EVENT_SIP_ANSWER, 0);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
}

/* The trunk wants the tones of a DISCONNECT heard. */
static void in_disconnect_indication(Stage *stage)
{
    in_outgoing_proceeding(stage);
    stage_far_says(stage, stage_reference(stage), "45 08 02 81 91 1e 02 81 88");
    stage_stands(stage, SIP_TREATED, ISDN_DISCONNECT_INDICATION);
}

static gboolean lose_release(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (outward && length > 9 && !(frame[2] & 1) && frame[8] == 0x4d)
        frame[4] = 0x09;
    return TRUE;
}

static void in_release_request(Stage *stage)
{
    in_active_outgoing(stage);
    stage->hook = lose_release;
    stage_far_says(stage, stage_reference(stage), "45 08 02 81 90");
    stage->hook = NULL;
    stage_stands(stage, SIP_LEAVING, ISDN_RELEASE_REQUEST);
}

const StateRow stage_states[] = {
    {"INITIATED", 1, in_initiated},
    {"OVERLAP_SENDING", 2, in_overlap_sending},
    {"OUTGOING_PROCEEDING", 3, in_outgoing_proceeding},
    {"DELIVERED", 4, in_delivered},
    {"RECEIVED", 7, in_received},
    {"CONNECT_REQUEST", 8, in_connect_request},
    {"INCOMING_PROCEEDING", 9, in_incoming_proceeding},
    {"ACTIVE outgoing", 10, in_active_outgoing},
    {"ACTIVE incoming", 10, in_active_incoming},
    {"DISCONNECT_REQUEST", 11, in_disconnect_request},
    {"DISCONNECT_INDICATION", 12, in_disconnect_indication},
    {"RELEASE_REQUEST", 19, in_release_request},
    {"OVERLAP_RECEIVING", 25, in_overlap_receiving},
    {NULL},
};
