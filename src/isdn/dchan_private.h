/* What the files of a D channel share: the channel itself. */
#pragma once

#include "additions.h"
#include "audit.h"
#include "dchan.h"
#include "frame_memory.h"
#include "link.h"
#include "linkpoll.h"
#include "mwi_reader.h"
#include "nfas.h"
#include "outgoing.h"
#include "restart.h"

struct DChannel {
    Isdn *isdn;
    const SpanSettings *span;
    const TrunkSettings *trunk;
    struct pri *pri;
    BChannels bchans;
    Link *link;
    LinkPoll poll;
    Restarter *restarter;
    Audit *audit;
    DChannel *head;     /* the controller is its; NULL: ours */
    GPtrArray *members; /* of DChannel*: whom ours speaks for, too; borrowed */
    Nfas *nfas;         /* NULL: our own line carries what the controller says */
    GPtrArray *legs;
    LoopTimer *timer; /* libpri's next */
    GQueue waiting;   /* of GBytes*: frames that arrived while one was in hand */
    gboolean busy;    /* a frame or a timer is in hand */
    guint8 in_hand[FRAME_MAX];
    gsize in_hand_length;    /* 0: libpri has taken it */
    gboolean out_of_service; /* by the operator */
    Outgoing outgoing;
    Additions additions;
    MwiVisits visits;
    FrameMemory seen[2]; /* by LadderWay */
    SpanAlarms alarms;
    guint64 frames_in, frames_out, frames_refused;
};

/* Whose controller speaks for DCHAN's span. */
static inline DChannel *dchan_head_of(const DChannel *dchan)
{
    return dchan->head ? dchan->head : (DChannel *)dchan;
}

/* libpri's call-backs: a frame that it sends, the frame in hand that it takes. */
int dchan_frame_from_libpri(struct pri *pri, void *buffer, int length_with_fcs);
int dchan_frame_to_libpri(struct pri *pri, void *buffer, int size);
/* libpri's next timer is due; USER is the DChannel. */
void dchan_timer_expired(void *user);
