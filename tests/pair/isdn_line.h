/* The stage of the isdn pair tests: our isdn room under a real hall on one side of a D channel,
 * libpri as the other side, frames between them in memory, time faked. */
#pragma once

#include "call.h"
#include "isdn.h"

#include <libpri.h>

typedef struct Stage Stage;

/* What happens to a frame on its way: returns FALSE to lose it. It may change it in place (not its
 * length). */
typedef gboolean (*StageHook)(Stage *stage, gboolean outward, guint8 *frame, gsize length);

struct Stage {
    Loop *loop;
    Settings *settings;
    Hall *hall;
    Isdn *isdn;
    struct pri *far;
    struct pri *second;      /* of the second D channel, if there is one */
    gboolean opening_second; /* libpri is making it */
    gboolean cut_second;     /* its line loses everything */
    GQueue to_second;
    LoopTimer *far_timer;
    GQueue to_far, to_us; /* of GBytes* */
    gboolean cut;         /* the line loses everything */
    StageHook hook;
    int hook_count; /* the hook's own */

    q931_call *far_call;  /* of the last RING, or made by the test */
    int far_presentation; /* of its calling number, as libpri has it */
    int far_channel;      /* asked for or given by us, last */
    struct pri_party_id far_party; /* who is at our end, as the far end heard it last in CONNECT or FACILITY */
    Screening screening;  /* of the number of phones that call; network provided unless a test says
                             otherwise */
    gboolean far_deaf;    /* does not answer DISCONNECT and RELEASE */
    GBytes *instead;      /* the message of the far end's next I frame; NULL: its own */

    GString *wire; /* Q.931 messages as they left: "> SETUP 100→200 ch 1\n" outward, "<" inward */
    GString *trace;    /* the hall's trace lines without their call number */
    GString *sip;      /* the SIP and media actions asked for */
    GString *far_told; /* events the far end saw */

    /* Of the last sip_reject. */
    guint8 reject_cause;
    gint8 reject_location;
    guint16 reject_status;
};

/* TRUNK: lines of the [trunk] group; T1 spans when T1. Where TRUNK begins with "#nfas backup" or
 * "#nfas none" the trunk has a second span, of interface 1, with that D channel: what passes on it
 * is written ">2" and "<2". The D channel is up and settled, and
 * RESTARTs are over. */
Stage *stage_new(const char *trunk, gboolean t1);
/* The same, but nothing has happened yet, and the far end sleeps. */
Stage *stage_new_dark(const char *trunk, gboolean t1);
void stage_far_wakes(Stage *stage);
void stage_free(Stage *stage);

/* Lets MS milliseconds pass. */
void stage_run(Stage *stage, guint ms);

/* A phone calls NUMBER. */
Call *stage_phone_calls(Stage *stage, const char *number);
/* The far end calls NUMBER from 100 on CHANNEL (0: any). */
void stage_far_calls(Stage *stage, const char *number, int channel, gboolean exclusive,
                     gboolean complete);

/* The message a far end would send that knows better than libpri, or worse: TYPE and elements as
 * "45 08 02 81 91", for call REFERENCE as it sends it. */
void stage_far_says(Stage *stage, int reference, const char *message);
/* The same from the protocol discriminator on. */
void stage_far_says_octets(Stage *stage, const char *message);
/* The far end's reference of the oldest leg's call. */
int stage_reference(Stage *stage);

/* A stage with a call from a phone that the far end has answered. */
Stage *stage_phone_talks(const char *trunk);

/* Asserts what passed since the last time, then forgets it. EXPECTED: messages one a line. */
#define stage_wire(stage, expected) stage_compare((stage)->wire, expected, G_STRLOC)
#define stage_sip(stage, expected) stage_compare((stage)->sip, expected, G_STRLOC)
#define stage_far(stage, expected) stage_compare((stage)->far_told, expected, G_STRLOC)
void stage_compare(GString *text, const char *expected, const char *where);
/* Forgets all that was recorded. */
void stage_forget(Stage *stage);

/* The one call in the hall stands at SIP and ISDN. */
void stage_stands(Stage *stage, SipState sip, IsdnState isdn);
/* No call, no busy channel, no leg left. */
void stage_is_quiet(Stage *stage);
guint64 stage_counter(Stage *stage, const char *name);
ChannelState stage_channel(Stage *stage, guint8 number);
Call *stage_call(Stage *stage);
/* Raises EVENT for the one call, with CAUSE. */
void stage_event(Stage *stage, CallEvent event, guint8 cause);

/* The phone says goodbye to whatever is left of its call, and the line is quiet in the end. */
void stage_ends(Stage *stage);
/* The same, but it is the far end that clears, as far as Q.931 lets it. */
void stage_far_ends(Stage *stage);
/* So many calls libpri keeps on our side of the line. */
guint stage_kept(Stage *stage);

/* The states in which any message may find a call; ended by a NULL name. PRESENT is none of them:
 * the hall answers a SETUP within the event that brings it. CONNECT_REQUEST is the user side's, but
 * for QSIG; DISCONNECT_INDICATION needs a trunk with disconnect-tones. */
typedef struct StateRow {
    const char *name;
    guint8 number; /* Q.931 4.5.7 */
    void (*enter)(Stage *stage);
} StateRow;
extern const StateRow stage_states[];
