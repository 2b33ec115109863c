/* The command language of tieline-pbx: one line of text into one command value.
 *
 * Home thread: any.
 */
#pragma once

#include "pbx_message.h"

#include <glib.h>

/* What a command does; tieline-pbx(1) explains each. */
typedef enum PbxVerb {
    VERB_NOTHING, /* an empty line or a comment */
    /* on one call */
    VERB_PROCEED,
    VERB_SETUP_ACK,
    VERB_ALERT,
    VERB_PROGRESS,
    VERB_ANSWER,
    VERB_DISCONNECT,
    VERB_RELEASE,
    VERB_COMPLETE, /* RELEASE COMPLETE */
    VERB_REJECT,   /* RELEASE COMPLETE as the first answer, DISCONNECT later (Q.931 5.2.5.3) */
    VERB_DIGITS,
    VERB_NOTIFY,
    VERB_HOLD,
    VERB_RETRIEVE,
    VERB_REROUTE, /* the caller is to call another number */
    VERB_CHARGE,  /* advice of charge */
    VERB_MCID,    /* malicious call identification */
    VERB_JOIN,    /* two calls are to become one at the far end */
    VERB_PARTY, /* another one is at our end */
    VERB_PLAY,
    VERB_RECORD,
    VERB_ECHO,
    VERB_STOP,
    VERB_NAME,
    VERB_RAW,
    VERB_EXPECT,
    /* on a span, or all */
    VERB_BEHAVE, /* steps for coming calls */
    VERB_CALL,
    VERB_RATE,
    VERB_RESTART,
    VERB_MWI,     /* a user has messages waiting, or none */
    VERB_SERVICE, /* a channel, or all, out of service or back */
    VERB_RAW_FRAME,
    VERB_IGNORE,
    VERB_HEED,
    VERB_LATE, /* what follows a message is heard later */
    VERB_LINE,
    VERB_DCHANNEL,
    VERB_SWITCH, /* to the D channel of a span */
    VERB_TIMER,
    VERB_CLEARING, /* how long after DISCONNECT our RELEASE goes */
    VERB_WAIT,
    VERB_FORGET,
    VERB_CHECK_IDLE,
    VERB_SERVE,
    VERB_QUIT,
} PbxVerb;

typedef enum PbxSourceKind { SOURCE_FILE, SOURCE_PATTERN, SOURCE_TONE } PbxSourceKind;

/* What `play` plays. */
typedef struct PbxSource {
    PbxSourceKind kind;
    guint32 value;  /* seed of a pattern, hertz of a tone */
    gboolean again; /* a file from its start when it ends */
} PbxSource;

typedef enum PbxExpectKind {
    EXPECT_MESSAGE,
    EXPECT_UP,
    EXPECT_DOWN,
    EXPECT_ALARM,
    EXPECT_NO_ALARM,
    EXPECT_IDLE,
    EXPECT_NAME,
    EXPECT_MWI,    /* message waiting has come */
    EXPECT_OCTETS,  /* so many octets heard since the connection */
    EXPECT_PLAYED,  /* the call's player came to its end */
    EXPECT_PATTERN, /* the pattern is heard, octet for octet */
} PbxExpectKind;

#define EXPECT_ANY (-1)
#define EXPECT_ABSENT (-2)

/* What `expect` waits for; EXPECT_ANY and NULL do not matter. */
typedef struct PbxExpectation {
    PbxExpectKind kind;
    gboolean none; /* "no": it must not come */
    gboolean sent; /* one of our own messages */
    gint message;
    gint cause, location, progress, channel, interface, state, notify;
    guint64 amount; /* octets, or the pattern's seed */
    char *called, *calling, *connected, *name;
    gint64 within_us;
    gint64 for_us;
} PbxExpectation;

typedef struct PbxCommand {
    PbxVerb verb;
    guint line;
    char *text; /* the line as written; of a step its own words */
    char *call; /* "call 2 ...": number or name; NULL: the current one */
    struct PbxCommand
        *action; /* VERB_BEHAVE whose words are as well an action on a call; NULL: they are not */
    GPtrArray *steps; /* VERB_BEHAVE: of PbxCommand*, in order */
    char *pattern;    /* VERB_BEHAVE: called numbers; NULL: any */
    gint64 after_us;  /* a step's delay after the one before it */

    char *called, *calling, *name, *as;
    gboolean restricted; /* presentation restricted */
    gboolean follows;    /* the name is in no Display: on NI-2 it comes behind SETUP */
    gboolean overlap; /* of VERB_CHARGE: rates, at the set-up */
    gint span;    /* -1: any */
    gint channel; /* 0: ours to choose, -1: all */
    gboolean exclusive;
    gint bearer;
    gint cause, progress; /* 0: none */
    gint number;          /* message type, counter or indicator, by verb */
    gint count;           /* how often; -1: always */
    gboolean on;
    double rate;   /* calls a second */
    guint at_most; /* simultaneous calls; 0: as many as there are channels */
    gint64 time_us;
    char *file;
    PbxSource source;
    GBytes *octets;
    GBytes *extra; /* elements for the message; NULL: none */
    PbxExpectation expect;
} PbxCommand;

/* NULL with ERROR (without file and line): "expect: no message is called FOO". LINE is kept for
 * reports. The caller owns the result. */
PbxCommand *pbx_command_parse(const char *text, guint line, GError **error);
void pbx_command_free(PbxCommand *command);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PbxCommand, pbx_command_free)

/* "500ms", "2s", "1.5s", "1m"; a bare number is seconds. FALSE when TEXT is none. */
gboolean pbx_time_parse(const char *text, gint64 *time_us);
