/* The inside of a port, shared by its parts: port.c, port_rtp.c, port_rtcp.c and port_digits.c. */
#pragma once

#include "jitter.h"
#include "log.h"
#include "port.h"
#include "port_digits.h"
#include "reception.h"
#include "rtcp.h"
#include "source.h"

#define PTIME_MAX 30
#define SAMPLES_PER_MS 8
#define PACKET_SAMPLES_MAX (PTIME_MAX * SAMPLES_PER_MS)

/* The packet being filled. Its form is settled when its first sample comes. */
typedef struct PacketOut {
    guint filled, size; /* samples */
    guint8 payload_type;
    const guint8 *table; /* from the channel's law to the payload's */
    guint16 sequence;
    guint32 timestamp; /* of its first sample; runs on while nothing is sent */
    guint32 ssrc;
    gboolean talkspurt; /* the next packet sent is the first after silence */
    guint8 data[RTP_HEADER_SIZE + PACKET_SAMPLES_MAX];
} PacketOut;

typedef struct RtcpState {
    gint64 report_left;      /* samples until the next report */
    gint64 poll_left;        /* samples until the socket is looked at */
    guint64 sent_before[2];  /* RTP packets sent as of the last two reports */
    guint64 received_before; /* ... and received as of the last one */
    guint32 lsr;
    gint64 lsr_at_us; /* wall clock of its coming */
    gboolean spoke;   /* a report went out */
    char cname[RTCP_CNAME_SIZE];
} RtcpState;

struct Port {
    PortSetup setup;
    PortOrders orders;
    Law law;       /* of the channel */
    guint64 quiet; /* samples since the far end was last heard */
    gboolean told_silent;
    guint since_poll; /* samples since the RTP socket was looked at */
    Source rtp_source, rtcp_source;
    PacketOut out;
    RtcpState rtcp;
    Reception reception;
    MediaStats stats; /* what is counted here; the rest port_stats() gathers */
    guint64 octets_sent;
    LogLimit send_limit;
    TonePlayer tone;
    Jitter jitter;
    PortDigits digits;
};

/* A datagram as it came. */
typedef struct PortDatagram {
    const guint8 *data;
    gsize size;
    const struct sockaddr_storage *from;
    gint64 arrival_us; /* wall clock of its arrival in the socket */
    gint64 waited_us;  /* in the socket */
} PortDatagram;

typedef void (*PortDatagramFunc)(Port *port, const PortDatagram *datagram);

/* Gives what lies in FD to FUNC, at most some dozens. Over-long datagrams come with size 0. */
void port_read_socket(Port *port, int fd, PortDatagramFunc func);

/* The sockets of the family that the far end has. */
int port_rtp_socket(const Port *port);
int port_rtcp_socket(const Port *port);

/* May and can we send RTP now? NULL, or where to. */
const struct sockaddr_storage *port_target(const Port *port);

/* port_rtp.c */
void port_receive(Port *port);
void port_send(Port *port, const guint8 *rx, gsize count);
/* Sends the event packets that are due now. */
void port_send_event(Port *port);
/* Silences the newest samples of the packet being filled, at most COUNT. */
void port_hush_packet(Port *port, guint count);

/* port_digits.c */
void port_digits_open(Port *port);
/* The orders have changed. */
void port_digits_obey(Port *port);
/* A telephone-event PACKET came. FALSE when it is malformed. */
gboolean port_take_event(Port *port, const RtpPacket *packet);
/* Digits of the phone that sound take the place of what TX holds. */
void port_digits_fill(Port *port, guint8 *tx, gsize count);
/* Is the channel to be listened to for digits? */
gboolean port_hears_digits(const Port *port);
/* Is a digit being told the phone? */
gboolean port_digits_are_busy(const Port *port);
/* Listens to the first of COUNT samples and writes to CLEAN (DIGITS_CHUNK octets) what the phone
 * shall hear of them. Returns how many these are. */
gsize port_digits_hear(Port *port, const guint8 *rx, guint8 *clean, gsize count);

/* port_rtcp.c */
void port_rtcp_open(Port *port);
void port_rtcp_tick(Port *port, gsize count);
void port_rtcp_bye(Port *port);

guint32 random_word(void);
