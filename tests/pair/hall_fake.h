/* A hall without a call map: it writes down what the sip room raises, and the story orders the
 * actions itself. */
#pragma once

#include "call.h"

/* "INVITE(0) RINGING" ...: events since the last time, as the story asserts them; Caller frees. */
char *hall_fake_events(Hall *hall);
/* The ladder's lines since the start: ">INVITE 200 SDP\n<100 Trying\n". */
const char *hall_fake_ladder(const Hall *hall);
/* The Contacts of the last 3xx: "sip:a@b sip:200@us ours". */
const char *hall_fake_offered(const Hall *hall);
void hall_fake_set_charge(Call *call, const CallCharge *charge);
/* The last call made. */
Call *hall_fake_last(Hall *hall);
/* The news of the last event. */
const CallNews *hall_fake_news(const Hall *hall);
/* A call toward URI, as ROUTE.PEER would leave it. */
Call *hall_fake_call_to(Hall *hall, const char *uri, const CallSetup *setup,
                        const TrunkSettings *trunk, const PeerSettings *peer);
/* Runs one action of the sip room. */
gboolean hall_fake_act(Call *call, CallAction action);
gboolean hall_fake_act_news(Call *call, CallAction action, const CallNews *news);
void hall_fake_set_state(Call *call, SipState state);
void hall_fake_set_cause(Call *call, guint8 cause, gint8 location, guint16 status);
/* The ISDN end has said that PARTY is there. */
void hall_fake_set_isdn_party(Call *call, const Party *party);
/* The leg rests: part() is called, and the call ends. */
void hall_fake_end(Call *call);
