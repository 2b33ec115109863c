/* A CESoPSN packet (RFC 5086 4.3): the control word before the timeslots' octets.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------+-+-+---+---+-----------+-------------------------------+
 *   |0 0 0 0|L|R| M |FRG|    LEN    |        sequence number        |
 *   +-------+-+-+---+---+-----------+-------------------------------+
 *
 * An RTP header, when used, stands before the control word on UDP (RFC 5086 4.1).
 */
#pragma once

#include <glib.h>

#define CESOPSN_CONTROL_BYTES 4
#define CESOPSN_RTP_BYTES 12 /* room kept before the control word */

/* M, as it reads while L is 0. */
typedef enum CesopsnModifier {
    CESOPSN_M_NORMAL = 0,
    CESOPSN_M_RESERVED = 1,
    CESOPSN_M_RDI = 2,        /* the far end's framer hears nothing good */
    CESOPSN_M_SIGNALLING = 3, /* CE application signalling, numbered apart: not for us */
} CesopsnModifier;

typedef struct CesopsnControl {
    gboolean invalid; /* L: the payload is no valid TDM data, and may be left out */
    gboolean losing;  /* R: the sender is losing our packets */
    CesopsnModifier modifier;
    guint16 sequence; /* every value is used, 0 too: RFC 5086 4.3 */
} CesopsnControl;

typedef enum CesopsnVerdict {
    CESOPSN_DATA,       /* CONTROL is filled; the payload follows it unless it was left out */
    CESOPSN_SIGNALLING, /* to be discarded */
    CESOPSN_MALFORMED,
} CesopsnVerdict;

/* Writes the 4 octets of the control word of a packet of LENGTH octets, RTP header included. */
void cesopsn_control_write(const CesopsnControl *control, gsize length, guint8 *out);

/* Reads a packet of LENGTH octets from its control word on, of a pseudowire of PAYLOAD octets a
 * packet. */
CesopsnVerdict cesopsn_packet_read(const guint8 *packet, gsize length, gsize payload,
                                   CesopsnControl *control);
/* The same with a header of HEADER octets before PACKET, which LEN counts, too (RFC 5086 4.3). */
CesopsnVerdict cesopsn_packet_read_behind(const guint8 *packet, gsize length, gsize header,
                                          gsize payload, CesopsnControl *control);
