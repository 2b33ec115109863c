/* The frame tap: what a D-channel frame says, and whether libpri may see it.
 *
 * libpri reads past the end of malformed information elements and keeps several elements to itself
 * (progress of DISCONNECT, the location of a Cause, HLC, LLC). So every frame from the line is
 * checked and, where needed, trimmed here first, and what libpri hides is reported. Pure functions
 * over octets; home thread: any.
 */
#pragma once

#include <glib.h>

#define FRAME_INFORMATION_MAX 260 /* Q.921 N201 */
#define FRAME_MAX (4 + FRAME_INFORMATION_MAX)
#define FRAME_CALL_DUMMY (-1) /* call reference of length 0, Q.932 */
#define FRAME_CALL_FLAG 0x8000
#define FRAME_NUMBER_MAX 32

/* Q.931 4.4, Table 4-2. */
typedef enum Q931Message {
    MESSAGE_NONE = 0,
    MESSAGE_ALERTING = 0x01,
    MESSAGE_CALL_PROCEEDING = 0x02,
    MESSAGE_PROGRESS = 0x03,
    MESSAGE_SETUP = 0x05,
    MESSAGE_CONNECT = 0x07,
    MESSAGE_SETUP_ACKNOWLEDGE = 0x0d,
    MESSAGE_CONNECT_ACKNOWLEDGE = 0x0f,
    MESSAGE_USER_INFORMATION = 0x20,
    MESSAGE_DISCONNECT = 0x45,
    MESSAGE_RESTART = 0x46,
    MESSAGE_RELEASE = 0x4d,
    MESSAGE_RESTART_ACKNOWLEDGE = 0x4e,
    MESSAGE_RELEASE_COMPLETE = 0x5a,
    MESSAGE_FACILITY = 0x62,
    MESSAGE_REGISTER = 0x64,
    MESSAGE_NOTIFY = 0x6e,
    MESSAGE_STATUS_ENQUIRY = 0x75,
    MESSAGE_INFORMATION = 0x7b,
    MESSAGE_STATUS = 0x7d,
} Q931Message;

typedef enum FrameKind {
    FRAME_REFUSED, /* no Q.921 frame for us: nothing is handed on (Q.921 2.9) */
    FRAME_LINK,    /* supervisory or unnumbered: no message */
    FRAME_MESSAGE, /* I frame with a message */
    FRAME_HOLLOW,  /* I frame whose message cannot be used: handed on without it, so that layer 2
                      still acknowledges and its sequence holds */
} FrameKind;

/* What one frame says. */
typedef struct FrameNews {
    FrameKind kind;
    gboolean resets;      /* SABME, DISC, UA or DM: sequence numbers start anew */
    gboolean establishes; /* SABME */
    guint8 sequence;      /* N(S) of an I frame */
    guint8 discriminator; /* 0x08 Q.931; 0x03, 0x43 maintenance */
    int call;             /* call reference value with its flag in bit 16, as received or sent */
    guint8 message;       /* Q931Message, or another value of octet 3 */
    guint32 progress;     /* set of progress descriptions: bit n for description n (ITU-T coding) */
    guint8 cause;         /* Q.850, 0: no Cause */
    gint8 location;       /* of the Cause; -1: none */
    guint8 call_state;    /* STATUS */
    gboolean has_call_state;
    gboolean has_hlc, has_llc, sending_complete;
    gboolean has_channel, has_notification;
    gboolean
        restarts_channels;   /* the Restart indicator means those of the Channel identification */
    gboolean not_understood; /* an element is unknown that must be understood */
    guint64 elements_once;   /* those that may come only once and have; frame_element.c's own */
    gboolean exclusive;      /* of the channel */
    guint8 channel;          /* the first channel number; 0: any, none, or a slot map */
    gboolean has_interface; /* of the channel, explicitly; always with all RESTART says of spans */
    guint8 interface;
    guint8 change_status; /* SERVICE: 0 in service, 1 maintenance, 2 out of service */
    guint8 restart_class; /* RESTART: 0 the channels named, 6 one interface, 7 all of them */
    char called[FRAME_NUMBER_MAX + 1], calling[FRAME_NUMBER_MAX + 1]; /* printable, for people */
    guint refused_elements;     /* information elements taken out because they are malformed */
    gboolean mandatory_refused; /* one of them is mandatory in this message */
    const char *why;            /* of the first thing refused; NULL when nothing was */
    const char *misplaced;      /* why a sound message has no place here; NULL: it has */
    guint8 status_cause;        /* of the STATUS that answers it; 0: as libpri has it */
    const guint8 *octets; /* the checked frame, borrowed while its event is handled; or NULL */
    gsize length;         /* of octets */
} FrameNews;

/* Checks FRAME (without FCS) from the line and copies to CLEAN (FRAME_MAX octets) what libpri may
 * see: every information element lies within the frame, has its least length and ends its extension
 * octets. Returns the octets in CLEAN, 0 for FRAME_REFUSED. *NEWS tells what it says. */
gsize frame_check(const guint8 *frame, gsize length, guint8 *clean, FrameNews *news);

/* Reads a frame of our own making. */
void frame_read(const guint8 *frame, gsize length, FrameNews *news);

typedef enum FrameCallKnown {
    CALL_UNKNOWN,
    CALL_OURS /* we sent its SETUP */,
    CALL_THEIRS
} FrameCallKnown;

/* What this side knows of the call a message belongs to, as libpri has it. */
typedef struct FrameCall {
    FrameCallKnown known;
    gboolean initiated;    /* of ours: nothing but PROGRESS has answered the SETUP, Q.931 U1 */
    gboolean proceeding;   /* of ours: CALL PROCEEDING, ALERTING or CONNECT came */
    gboolean disconnected; /* their DISCONNECT came */
    gboolean clearing;     /* we have begun to clear it */
} FrameCall;

/* Changes a checked message in CLEAN that libpri 1.6 would take amiss into one that it answers as
 * Q.931 5.8 asks; NEWS follows. Returns the new length. */
gsize frame_adapt(guint8 *clean, gsize length, const FrameCall *call, FrameNews *news);

/* Finds the NTH (from 0) information element ID of codeset 0 in the frame whose octets NEWS has:
 * whole, with identifier and length. NULL when there is none, or NEWS is NULL. */
const guint8 *frame_find_element(const FrameNews *news, guint8 id, guint nth);

/* The message NEWS tells of has no place here, for the reason WHY: an I frame without it is left,
 * which layer 2 acknowledges. Returns its length. */
gsize frame_hollow(FrameNews *news, const char *why);

/* Writes CAUSE over the value of the Cause element in FRAME. FALSE when there is none. */
gboolean frame_set_cause(guint8 *frame, gsize length, guint8 cause);

/* Is it SERVICE, and not its acknowledgement? */
gboolean frame_is_service(const FrameNews *news);
/* "SETUP"; NULL for a message type that is not Q.931's. */
const char *frame_message_name(guint8 discriminator, guint8 message);
/* "SETUP 100→200 ch 5", "DISCONNECT cause 16 progress 8"; "SABME" and the like for the link. Points
 * to BUFFER. */
const char *frame_describe(const FrameNews *news, char *buffer, gsize size);
