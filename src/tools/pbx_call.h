/* The calls of the PBX: made, answered and cleared on libpri, each with its audio.
 *
 * Home thread: the loop's.
 */
#pragma once

#include "pbx_audio.h"
#include "pbx_line.h"

typedef struct PbxCalls PbxCalls;

typedef enum PbxPhase {
    PHASE_SETUP,     /* SETUP sent or received, not connected yet */
    PHASE_CONNECTED, /* CONNECT sent or received */
    PHASE_CLEARING,  /* DISCONNECT or RELEASE sent or received */
} PbxPhase;

typedef struct PbxCall {
    guint id; /* counts the calls of this run from 1 */
    PbxCalls *calls;
    PbxLine *line; /* of its channel */
    q931_call *isdn; /* NULL: libpri has not reported it yet, or knows it no more */
    gint reference;
    gboolean incoming;
    gboolean responded;       /* we have sent something back */
    gboolean cleared_by_peer; /* its DISCONNECT came */
    guint8 channel;           /* 0: none yet, or held */
    char *called;             /* of a coming call; NULL: none */
    PbxPhase phase;
    gint cause; /* the first cause that cleared it; 0: none */
    PbxAudio *audio;
    GPtrArray *steps; /* of PbxCommand*: how a coming call is answered; NULL: all done */
    guint step;
    LoopTimer *timer; /* the next step, or our RELEASE */
    gboolean load;    /* one of a load: nobody expects its messages one by one */
    gint64 setup_us, alerting_us, connect_us; /* loop_now() */
} PbxCall;

/* What the calls tell the rest of the PBX. */
typedef struct PbxCallsEvents {
    void *user;
    /* A name came with the call. */
    void (*named)(void *user, PbxCall *call, const char *name);
    /* It is over; CALL is freed afterwards. */
    void (*gone)(void *user, PbxCall *call);
    /* CONNECT was sent or received. */
    void (*connected)(void *user, PbxCall *call);
    /* A step of an answer could not be taken. */
    void (*step_failed)(void *user, PbxCall *call, const PbxCommand *step, const char *why);
    /* A recording is not whole. */
    void (*record_failed)(void *user, PbxCall *call, const char *why);
} PbxCallsEvents;

PbxCalls *pbx_calls_new(Loop *loop, const PbxCallsEvents *events);
void pbx_calls_free(PbxCalls *calls);

/* Sends a SETUP on LINE as COMMAND says. NULL with ERROR. The call is borrowed. */
PbxCall *pbx_call_make(PbxCalls *calls, PbxLine *line, const PbxCommand *command, GError **error);
/* Does one command of the call verbs. FALSE with ERROR when the call does not allow it. */
gboolean pbx_call_act(PbxCall *call, const PbxCommand *command, GError **error);
/* An incoming call takes no further steps. */
void pbx_call_end_steps(PbxCall *call);
/* Clears CALL with CAUSE, whatever it is doing. */
void pbx_call_clear(PbxCall *call, gint cause);

/* How coming calls are answered: the steps of COMMAND, for its pattern of called numbers. */
void pbx_calls_behave(PbxCalls *calls, const PbxCommand *command);
/* Our RELEASE follows the peer's DISCONNECT after this time. */
void pbx_calls_set_clearing(PbxCalls *calls, gint64 delay_us);

/* News of LINE. The call a message belongs to is returned, NULL when it has none. */
PbxCall *pbx_calls_message(PbxCalls *calls, PbxLine *line, const PbxSeen *seen);
void pbx_calls_event(PbxCalls *calls, PbxLine *line, pri_event *event);
/* LINE's D channel speaks for its group from now on: its answered calls go on there. */
void pbx_calls_follow(PbxCalls *calls, PbxLine *line);
/* Calls that libpri refused by itself are let go. */
void pbx_calls_settled(PbxCalls *calls, PbxLine *line);
void pbx_calls_block(PbxLine *line, guint8 channel, const guint8 *rx, guint8 *tx, gsize count);
/* Drops the call on CHANNEL (0: every call on LINE's channels): a RESTART says so. */
void pbx_calls_restart(PbxCalls *calls, PbxLine *line, guint8 channel);

/* The live call of this id, NULL when there is none. */
PbxCall *pbx_calls_find(PbxCalls *calls, guint id);
/* Live calls. */
guint pbx_calls_count(const PbxCalls *calls);
PbxCall *pbx_calls_nth(const PbxCalls *calls, guint index);
/* The newest live call that is no load, NULL when there is none. */
PbxCall *pbx_calls_newest(const PbxCalls *calls);
/* TRUE when an incoming call has ever come. */
gboolean pbx_calls_had_incoming(const PbxCalls *calls);
/* Ends every recording. */
void pbx_calls_end_recordings(PbxCalls *calls);
/* A free B channel of LINE for a call of ours: the highest as user side, the lowest as network; 0
 * when all are busy. */
guint8 pbx_line_free_channel(const PbxLine *line);
