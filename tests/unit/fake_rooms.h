/* A hall with rooms made of paper: their legs only remember, judge every action, and refuse when
 * told to. */
#pragma once

#include "call.h"
#include "legs.h"
#include "loop_virtual.h"

#define SECOND G_USEC_PER_SEC

/* Two trunks, "pbx" (network side, +49, prefix 00) and "spare"; see fake_rooms.c for the routes. */
Settings *fake_settings_new(void);
void fake_settings_free(Settings *settings);
TrunkSettings *fake_trunk(const Settings *settings, const char *name);
RouteSettings *fake_route(const Settings *settings, const char *name);

typedef struct FakeCall {
    Legs legs;
    CallEvent event; /* being handled */
    guint sip_parts, isdn_parts, media_parts;
    GString *messages; /* what the legs were asked to say, with causes and statuses */
} FakeCall;

typedef struct Fake {
    Loop *loop;
    Settings *settings;
    Hall *hall;
    GHashTable *calls; /* id -> FakeCall*, also of calls that ended */
    GString *lines;    /* the trace, without the "C42 " */
    Channel next_channel;
    guint capacity; /* channels of each trunk; 0: no end of them */
    GArray *claims; /* of guint32: calls that wait for one */
    guint idle;            /* times the idle func was called */
    guint64 refuse;        /* set of actions that are refused, 1 << CallAction */
    guint refuse_permille; /* the chance of any other refusal */
    guint8 refuse_cause;
    gboolean quiet; /* lines and messages are not kept */
    guint8 progress; /* in the PBX's SETUPs */
    GRand *dice;
} Fake;

Fake *fake_new(void);
void fake_free(Fake *fake);

/* A call from the phone to CALLED, from the PBX to CALLED; their first event is raised. NULL: the
 * hall refused, or it is over already. */
Call *fake_call_from_phone(Fake *fake, const char *called, guint32 *id);
Call *fake_call_from(Fake *fake, const CallOrigin *origin, const char *called, guint32 *id);
Call *fake_call_from_pbx(Fake *fake, const char *called, gboolean complete, guint32 *id);
FakeCall *fake_of(Fake *fake, guint32 id);

/* The stack raises EVENT for call ID, which must be live and able to; CAUSE or STATUS may be 0. */
void fake_raise(Fake *fake, guint32 id, CallEvent event, const CallNews *news);
void fake_raise_cause(Fake *fake, guint32 id, CallEvent event, guint8 cause);
void fake_raise_status(Fake *fake, guint32 id, guint16 status);

/* The trace since the last time, then forgotten. Caller frees. */
char *fake_take_lines(Fake *fake);
/* The trace since the last time must be EXPECTED; what call ID's legs were asked so far must be, or
 * must end with, EXPECTED. */
void tells(Fake *fake, const char *expected);
void says(Fake *fake, guint32 id, const char *expected);
void says_last(Fake *fake, guint32 id, const char *expected);
/* Fails unless call ID has ended and left nothing behind. */
void fake_assert_gone(Fake *fake, guint32 id);
