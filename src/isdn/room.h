/* What the files of this room share: the room itself, its D channels, trunk groups and counters. */
#pragma once

#include "isdn.h"

typedef struct DChannel DChannel;
typedef struct IsdnLeg IsdnLeg;
typedef struct TrunkGroup TrunkGroup;
typedef struct MwiSender MwiSender;

#define ISDN_COUNTERS(X)                                                                           \
    X(FRAMES_REFUSED, "frames refused")         /* not Q.921 frames of this link */                \
    X(MESSAGES_REFUSED, "messages refused")     /* acknowledged by layer 2, not used */            \
    X(MESSAGES_MISPLACED, "messages misplaced") /* sound, but of no such call or side */           \
    X(MESSAGES_REPEATED, "messages repeated")   /* by layer 2 */                                   \
    X(ELEMENTS_REFUSED, "elements refused")     /* taken out of their message */                   \
    X(ELEMENTS_LEFT_OUT, "elements left out")   /* of a message of ours that had no room */        \
    X(SETUPS_IN, "SETUPs in")                                                                      \
    X(SETUPS_OUT, "SETUPs out")                                                                    \
    X(SETUPS_REFUSED, "SETUPs refused")   /* refused before the hall saw a call */                 \
    X(SETUPS_REPEATED, "SETUPs repeated") /* lost to a link that came up twice */                  \
    X(GLARE, "channels in glare")         /* both sides took one channel */                        \
    X(RESTARTS_SENT, "RESTARTs sent")                                                              \
    X(RESTARTS_RECEIVED, "RESTARTs received")                                                      \
    X(RESTARTS_UNANSWERED, "RESTARTs unanswered") /* T316 twice: channel out of service */         \
    X(SERVICES_SENT, "SERVICEs sent")                                                              \
    X(SERVICES_RECEIVED, "SERVICEs received")                                                      \
    X(CHANNELS_BLAMED, "channels blamed")         /* put aside: causes 6, 44, 82, or T308 twice */ \
    X(REROUTINGS, "calls rerouted")               /* by the far end, before the answer */          \
    X(JOININGS, "calls joined for the far end")   /* two each time */                              \
    X(JOININGS_REFUSED, "joinings refused")                                                        \
    X(MCID, "malicious calls identified")         /* by the far end */                             \
    X(MWI_HEARD, "mailboxes heard of")            /* the far end told of them */                   \
    X(MWI_TOLD, "mailboxes told")                 /* ... and has been */                           \
    X(MWI_REFUSED, "mailboxes refused")           /* by the far end */                             \
    X(CALLS_OVER_LIMIT, "calls over limit")       /* [trunk] max-calls, -in, -out */               \
    X(CHANNELS_ASTRAY, "channels astray")         /* audit: busy without a call */                 \
    X(ENQUIRIES_SENT, "STATUS ENQUIRYs sent")     /* audit */                                      \
    X(ENQUIRIES_UNANSWERED, "STATUS ENQUIRYs unanswered")                                          \
    X(CALLS_ASTRAY, "calls astray")               /* audit: the far end has them no more */        \
    X(D_SWITCHES, "D channels made active")       /* of two, NFAS */                               \
    X(CALLS_LOST, "calls lost")                   /* with the link or the line */

#define ISDN_COUNTER_ENUM(id, name) COUNT_##id,
typedef enum IsdnCounter { ISDN_COUNTERS(ISDN_COUNTER_ENUM) ISDN_COUNTER_COUNT } IsdnCounter;

struct Isdn {
    Loop *loop;
    Hall *hall;
    const Settings *settings;
    IsdnLine line;
    GPtrArray *dchans; /* of DChannel*, owned, in order of trunks and their spans */
    GPtrArray *nfas;   /* of Nfas*, owned: groups with two D channels */
    GPtrArray *groups; /* of TrunkGroup*, owned, in order of settings */
    GPtrArray *mwi_senders; /* of MwiSender*, owned: one for each trunk that was told something */
    IsdnMwiFunc mwi_func;   /* NULL: nobody hears */
    void *mwi_user;
    LoopTimer *start;  /* the first turn of the loop */
    guint64 counters[ISDN_COUNTER_COUNT];
};

/* NULL when SPAN belongs to no trunk. */
DChannel *isdn_find_dchan(const Isdn *isdn, guint8 span);
TrunkGroup *isdn_find_group(const Isdn *isdn, const char *name);
