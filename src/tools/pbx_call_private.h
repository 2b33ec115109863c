/* What the files of the PBX's calls share: the table, and doors between pbx_call, pbx_action and
 * pbx_behave.
 *
 * Home thread: the loop's.
 */
#pragma once

#include "pbx_call.h"

#define RESTART_ALL 7 /* class of the Restart indicator: all interfaces */

typedef struct PbxBehaviour {
    char *pattern;    /* NULL: any number */
    GPtrArray *steps; /* of PbxCommand* */
} PbxBehaviour;

struct PbxCalls {
    Loop *loop;
    PbxCallsEvents events;
    GPtrArray *live;       /* of PbxCall*, in order of id */
    GPtrArray *behaviours; /* of PbxBehaviour* */
    guint made;
    gboolean had_incoming;
    gint64 clearing_us;
    gint restart_class; /* of the RESTART that came last */
    PbxCall *making; /* whose SETUP libpri is writing now */
};

PbxCall *pbx_call_new(PbxCalls *calls, PbxLine *line, gboolean incoming);
/* Tells that CALL is gone, and frees it. */
void pbx_call_end(PbxCall *call);
/* Gives CALL's channel up and takes CHANNEL, 0: none. */
void pbx_call_take_channel(PbxCall *call, guint8 channel);
void pbx_call_connected(PbxCall *call);
/* The channel an answer of the peer, which came by the D channel of BY, names becomes the call's.
 */
void pbx_call_follow_channel(PbxCall *call, PbxLine *by, int encoded);
/* A held call has its channel again, or another one. */
void pbx_call_retrieved(PbxCall *call, PbxLine *by, int channel);
/* Where a coming call goes: the channel it asks for, another when it may, or a cause. */
gint pbx_call_ring_channel(PbxCall *call, const pri_event_ring *ring, guint8 *chosen);

/* Begins the steps that answer a coming call to CALLED. */
void pbx_call_behave(PbxCall *call, const char *called);
/* pbx_service.c: the commands of supplementary services. */
gboolean pbx_service_act(PbxCall *call, const PbxCommand *command);
/* pbx_party.c: who is at our end now; TRUE when libpri takes it. */
gboolean pbx_party_act(PbxCall *call, const PbxCommand *command);
/* The call's timer: its next step, or our RELEASE. */
void pbx_call_timer(void *call);
void pbx_behaviour_free(PbxBehaviour *behaviour);
