/* A Q.931 message of the PBX's line as a value: decoded octets, names of message types.
 *
 * Home thread: any.
 */
#pragma once

#include "values.h"

/* Q.931 table 4-2; SERVICE and its acknowledgement stand under their own protocol discriminators.
 */
typedef enum PbxMessageType {
    MESSAGE_ALERTING = 0x01,
    MESSAGE_CALL_PROCEEDING = 0x02,
    MESSAGE_PROGRESS = 0x03,
    MESSAGE_SETUP = 0x05,
    MESSAGE_CONNECT = 0x07,
    MESSAGE_SETUP_ACKNOWLEDGE = 0x0d,
    MESSAGE_CONNECT_ACKNOWLEDGE = 0x0f,
    MESSAGE_DISCONNECT = 0x45,
    MESSAGE_RESTART = 0x46,
    MESSAGE_RELEASE = 0x4d,
    MESSAGE_RESTART_ACKNOWLEDGE = 0x4e,
    MESSAGE_RELEASE_COMPLETE = 0x5a,
    MESSAGE_FACILITY = 0x62,
    MESSAGE_NOTIFY = 0x6e,
    MESSAGE_STATUS_ENQUIRY = 0x75,
    MESSAGE_INFORMATION = 0x7b,
    MESSAGE_STATUS = 0x7d,
} PbxMessageType;

#define MESSAGE_PROTOCOL_Q931 0x08
/* A protocol discriminator that no protocol has: Q.931 5.8.1 lets the receiver ignore such a
 * message. */
#define MESSAGE_PROTOCOL_NONE 0x4f
/* SERVICE and its answer, which AT&T and NI-2 number the other way round under discriminators of
 * their own: types here that Q.931 cannot have. */
#define MESSAGE_SERVICE 0x8f
#define MESSAGE_SERVICE_ACKNOWLEDGE 0x87
#define MESSAGE_NOTHING (-1)

/* What a message says. An element that is not there is MESSAGE_NOTHING, or "". */
typedef struct PbxMessage {
    guint8 protocol;
    guint8 type;
    gint reference;         /* call reference value; 0 is the global one */
    gboolean to_originator; /* the flag: sent toward the side that made the reference */
    gint cause, location;
    gint channel; /* 0: no channel; MESSAGE_NOTHING: none named */
    gint interface; /* its identifier in Channel identification */
    gboolean any_channel;
    gboolean exclusive;
    gint progress[2];
    gint progress_location;
    gint bearer;
    gint state;        /* Call state */
    gint notify;       /* Notification indicator */
    gint service;      /* Change status of SERVICE: 0 in service, 1 maintenance, 2 out of service */
    gint restart;      /* Restart indicator's class: 0 channels, 6 interface, 7 all */
    gboolean complete; /* Sending complete */
    Number called, calling, connected, redirecting;
    gboolean has_calling, has_connected, has_redirecting;
    char keypad[NUMBER_MAX + 1];
    char display[NAME_MAX_BYTES + 1]; /* octets outside printable ASCII are '?' */
} PbxMessage;

/* Reads LENGTH octets from the protocol discriminator on. NULL when MESSAGE is filled; else why
 * libpri must not see them (Q.931 5.8.2, 5.8.3, 5.8.7: too short, a bad call reference, an element
 * that runs over the end, an element shorter than its fixed part). MESSAGE then holds what was read
 * so far. */
const char *pbx_message_read(PbxMessage *message, const guint8 *octets, gsize length);

/* "CALL PROCEEDING"; "0x31" style names, in BUFFER, for types Q.931 does not have. */
const char *pbx_message_name(guint8 protocol, guint8 type, char *buffer, gsize size);

/* The type TEXT names, "RELEASE COMPLETE" and short forms such as "SETUP ACK"; -1 when none. */
gint pbx_message_type(const char *text);

/* TRUE when DIGITS match PATTERN: X is 0-9, Z 1-9, N 2-9, '.' the rest, everything else itself. */
gboolean pbx_number_matches(const char *pattern, const char *digits);
