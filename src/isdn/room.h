/* What the files of this room share: the room itself, its D channels, trunk groups and counters. */
#pragma once

#include "isdn.h"

typedef struct DChannel DChannel;
typedef struct IsdnLeg IsdnLeg;
typedef struct TrunkGroup TrunkGroup;

#define ISDN_COUNTERS(X)                                                                           \
    X(FRAMES_REFUSED, "isdn.frames_refused")     /* not Q.921 frames of this link */               \
    X(MESSAGES_REFUSED, "isdn.messages_refused") /* acknowledged by layer 2, not used */           \
    X(ELEMENTS_REFUSED, "isdn.elements_refused") /* taken out of their message */                  \
    X(SETUPS_IN, "isdn.setups_in")                                                                 \
    X(SETUPS_OUT, "isdn.setups_out")                                                               \
    X(SETUPS_REFUSED, "isdn.setups_refused")   /* refused before the hall saw a call */            \
    X(SETUPS_REPEATED, "isdn.setups_repeated") /* lost to a link that came up twice */             \
    X(GLARE, "isdn.glare")                     /* both sides took one channel */                   \
    X(RESTARTS_SENT, "isdn.restarts_sent")                                                         \
    X(RESTARTS_RECEIVED, "isdn.restarts_received")                                                 \
    X(RESTARTS_UNANSWERED, "isdn.restarts_unanswered") /* T316 twice: channel out of service */    \
    X(CHANNELS_BLAMED, "isdn.channels_blamed") /* put aside: causes 6, 44, 82, or T308 twice */    \
    X(CALLS_LOST, "isdn.calls_lost")           /* with the link or the line */

#define ISDN_COUNTER_ENUM(id, name) COUNT_##id,
typedef enum IsdnCounter { ISDN_COUNTERS(ISDN_COUNTER_ENUM) ISDN_COUNTER_COUNT } IsdnCounter;

struct Isdn {
    Loop *loop;
    Hall *hall;
    const Settings *settings;
    IsdnLine line;
    GPtrArray *dchans; /* of DChannel*, owned, in order of trunks and their spans */
    GPtrArray *groups; /* of TrunkGroup*, owned, in order of settings */
    LoopTimer *start;  /* the first turn of the loop */
    guint64 counters[ISDN_COUNTER_COUNT];
};

/* NULL when SPAN belongs to no trunk. */
DChannel *isdn_find_dchan(const Isdn *isdn, guint8 span);
TrunkGroup *isdn_find_group(const Isdn *isdn, const char *name);
