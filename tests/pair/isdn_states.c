/* How the isdn pair tests bring a call into each Q.931 state, and to its end. */
#include "isdn_line.h"

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

const StateRow stage_states[] = {
    {"INITIATED", in_initiated},
    {"OVERLAP_SENDING", in_overlap_sending},
    {"OUTGOING_PROCEEDING", in_outgoing_proceeding},
    {"DELIVERED", in_delivered},
    {"ACTIVE outgoing", in_active_outgoing},
    {"DISCONNECT_REQUEST", in_disconnect_request},
    {"OVERLAP_RECEIVING", in_overlap_receiving},
    {"INCOMING_PROCEEDING", in_incoming_proceeding},
    {"RECEIVED", in_received},
    {"CONNECT_REQUEST", in_connect_request},
    {"ACTIVE incoming", in_active_incoming},
    {NULL},
};
