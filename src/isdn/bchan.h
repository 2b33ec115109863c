/* The B channels of one span: which call holds each, and why one is not to be used. */
#pragma once

#include "isdn.h"

#define BCHAN_SLOTS 32
#define BUSIED_ALONE 1
#define BUSIED_WITH_SPAN 2
#define BCHAN_RESERVED G_MAXUINT32 /* in place of a call's id: for a SETUP in hand */

typedef struct BChannel {
    gboolean exists;          /* not the D channel, not framing */
    guint32 call;             /* the call that booked it; 0: none */
    gboolean incoming;        /* the far end has offered it */
    guint64 calls;            /* carried since the start */
    gboolean restarting;      /* our RESTART is unanswered */
    gboolean out_of_service;  /* our RESTART stayed unanswered */
    gboolean far_service_out; /* the far end's SERVICE took it out */
    gboolean operator_out;    /* with its whole span */
    guint8 busied;            /* by the operator: set of BUSIED_; its call goes on to its end */
    gboolean told_out;        /* our SERVICE took it out at the far end */
    ChannelReason blamed;     /* goes aside for it when its call ends */
    ChannelReason aside;      /* is put aside for it */
    ChannelReason reason;     /* as it was last told, and since when */
    gint64 since_us;
    gboolean restart_wanted; /* RESTART when idle and the link is up */
    gint64 retry_us;         /* when aside or out of service is to be tried again; 0: not waiting */
} BChannel;

typedef struct BChannels {
    BChannel slot[BCHAN_SLOTS]; /* by timeslot number */
} BChannels;

void bchans_init(BChannels *channels, const SpanSettings *span);
/* NULL when NUMBER is no B channel of the span. */
BChannel *bchans_find(BChannels *channels, guint number);
gboolean bchan_is_free(const BChannel *channel);
ChannelState bchan_state(const BChannel *channel);
/* Why it is not to be used, or will not be when its call has ended. */
ChannelReason bchan_reason(const BChannel *channel);
