/* One D channel: its libpri controller, the frames that pass, and whether it can carry calls now.
 */
#pragma once

#include "bchan.h"
#include "frame_compose.h"
#include "room.h"

#include <libpri.h>

typedef struct Restarter Restarter;
typedef struct Audit Audit;
typedef struct Nfas Nfas;

/* SPAN and TRUNK are borrowed from the room's settings. libpri starts with dchan_start(). */
DChannel *dchan_new(Isdn *isdn, const SpanSettings *span, const TrunkSettings *trunk);
/* The libpri controller itself stays: the library has no destructor. */
void dchan_free(DChannel *dchan);
/* DCHAN's span has no D channel of its own, or the backup: HEAD's controller speaks for it, too.
 * Before dchan_start() of HEAD. */
void dchan_set_head(DChannel *dchan, DChannel *head);
/* Whose controller speaks for DCHAN's span; itself as a rule. */
DChannel *dchan_head(DChannel *dchan);
/* The span by whose line the far end spoke last: it means that one when it names no interface. */
DChannel *dchan_carrier(DChannel *head);
/* The span of HEAD's group that libpri's encoded channel, as "channel | interface << 8 | explicit
 * << 16", is on; NULL when there is no such interface. */
DChannel *dchan_find_interface(DChannel *head, int encoded);
/* The D channel of another span stands, and speaks for DCHAN's. */
gboolean dchan_is_spoken_for(const DChannel *dchan);
/* Channel NUMBER of DCHAN's span as libpri wants it. */
int dchan_encode(const DChannel *dchan, guint8 number);
/* HEAD and those it speaks for. */
guint dchan_group_size(const DChannel *head);
DChannel *dchan_group_nth(DChannel *head, guint i);
/* Two D channels: NFAS decides which line libpri's frames take. NULL: no more. */
void dchan_set_nfas(DChannel *dchan, Nfas *nfas);
Nfas *dchan_nfas(const DChannel *dchan);
/* A frame from the line: to libpri, or to the one of two data links that it belongs to. */
void dchan_line_frame(DChannel *dchan, const guint8 *frame, gsize length);
/* A frame out on DCHAN's own line. */
void dchan_send_line(DChannel *dchan, const guint8 *frame, gsize length);
/* Makes the libpri controller, which sends SABME at once. */
void dchan_start(DChannel *dchan);
/* The same span and trunk in new settings. */
void dchan_set_settings(DChannel *dchan, const SpanSettings *span, const TrunkSettings *trunk);

/* A frame for libpri; legal from inside any callback. */
void dchan_receive(DChannel *dchan, const guint8 *frame, gsize length);
void dchan_set_alarms(DChannel *dchan, SpanAlarms alarms);

/* Asks the far end's layer 2 for a sign of life. */
void dchan_ask_link(DChannel *dchan);

/* IN service, or out of it by the operator: no frame passes either way then. */
void dchan_set_service(DChannel *dchan, gboolean in);

/* To be called after libpri was asked for something outside an event: starts its next timer. */
void dchan_rearm(DChannel *dchan);

/* The Cause of the next MESSAGE of CALL (libpri's call reference) that leaves will be CAUSE,
 * whatever libpri writes. */
void dchan_override_cause(DChannel *dchan, int call, Q931Message message, guint8 cause);

/* ELEMENT, whole, goes into the next MESSAGE of CALL that leaves, in its place by identifier; a
 * SETUP or RELEASE that libpri repeats carries it again (but for FRAME_WHOLE). To be called before libpri is asked for
 * the message, and dchan_rearm() after that: of messages of which a call sends several, FACILITY
 * say, one takes what was added up to there. What finds no room within N201 is left out and
 * counted. */
void dchan_add_element(DChannel *dchan, int call, Q931Message message, FramePlace place,
                       const guint8 *element);
/* CALL is over, or its reference is a new call's. */
void dchan_forget_call(DChannel *dchan, int call);

Isdn *dchan_isdn(const DChannel *dchan);
struct pri *dchan_pri(const DChannel *dchan);
const SpanSettings *dchan_span(const DChannel *dchan);
const TrunkSettings *dchan_trunk(const DChannel *dchan);
BChannels *dchan_bchans(DChannel *dchan);
Restarter *dchan_restarter(const DChannel *dchan);
Audit *dchan_audit(const DChannel *dchan);
/* Of IsdnLeg*, owned by the legs themselves. */
GPtrArray *dchan_legs(const DChannel *dchan);

/* Up, settled and without alarm. */
gboolean dchan_is_usable(const DChannel *dchan);
/* Up and without alarm, settled or not: the far end may call us. */
gboolean dchan_is_linked(const DChannel *dchan);
/* Counts how often the link came up; a SETUP sent in an earlier epoch may be lost. */
guint dchan_epoch(const DChannel *dchan);
void dchan_status(const DChannel *dchan, IsdnSpanStatus *status);
void dchan_count(DChannel *dchan, IsdnCounter counter);
