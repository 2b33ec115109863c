/* The bench media is tested on: one gateway span, one PBX span, UDP phones, and a stand-in hall,
 * all in real time. */
#pragma once

#include "dtmf_tone.h"
#include "media.h"
#include "rtcp.h"
#include "rtp.h"

#define PHONES 4
#define HEARD_MAX (8000 * 30)

/* The stand-in for the hall's call. */
struct Call {
    guint32 id;
    Channel channel;
    guint32 joined;
    CallSetup setup; /* speech */
    struct sockaddr_storage local;
    gboolean has_remote;
    MediaRemote remote;
    gboolean wants_tones, takes_info, takes_keypad;
    char heard[64], told[64]; /* digits of MEDIA.HEARD, MEDIA.TOLD */
    gboolean ended;
    guint none_events, silent_events;
    guint8 cause;
};

extern Call calls[PHONES];

typedef struct Recording {
    guint8 octets[HEARD_MAX];
    guint count;
} Recording;

/* By the PBX's clock. Sending: WHO's sound; receiving: what came. */
typedef struct Phone {
    guint who;
    int rtp, rtcp;
    struct sockaddr_storage address, to; /* to: where the gateway's RTP port is */
    LoopWatch *watches[2];
    /* sending, by the PBX's clock */
    gboolean sends;
    guint ptime; /* samples */
    guint8 payload_type;
    guint owed;
    guint16 sequence;
    guint32 timestamp, ssrc;
    /* receiving */
    Recording heard;
    guint packets, markers, wrong;
    RtpPacket last; /* of audio */
    char keys[64];  /* digits that events told of */
    guint ends;     /* packets with an event's end */
    guint32 key_stamp;
    guint tos;
    guint reports, byes;
    RtcpReport report;
} Phone;

typedef struct Bench {
    Loop *loop; /* signalling, the PBX and the phones */
    LoopTimer *timer;
    SpanSettings gateway_span, pbx_span;
    Settings settings;
    Media *media;
    CallOps ops;
    Span *pbx;
    Recording heard[32]; /* by the PBX, by channel */
    guint32 said[32];
    char keys[32]; /* the digit the PBX sends on a channel instead; ' ': silence; 0: its sound */
    DtmfTone tones[32];
    Phone phones[PHONES];
    guint frames_at_gateway, frames_at_pbx;
    guint selftests; /* ends told */
    guint8 selftested;
    guint alarm_news;
    SpanAlarms alarms;
} Bench;

/* Sample N of WHO's sound. Two sounds that no shift makes alike: phone I is I + 1, channel C of the
 * PBX is 100 + C. */
guint8 sound(guint who, guint32 n);
/* Are the samples FROM to TO those of WHO, through TABLE (NULL: as they are), from some point on?
 */
gboolean is_sound_of(const Recording *recording, guint from, guint to, guint who,
                     const guint8 *table);
/* Is everything from FROM on the IDLE octet? */
gboolean is_silent(const Recording *recording, guint from, guint8 idle);

/* The bench, its settings still to be changed. */
Bench *bench_new(void);
void bench_set_spans(Bench *bench);
/* Opens media and the PBX; returns when both hear each other. */
void bench_open(Bench *bench);
void bench_free(Bench *bench);
void gateway_on_frame(void *user, guint8 span, const guint8 *frame, gsize length);
void gateway_on_alarm(void *user, guint8 span, SpanAlarms alarms);
void gateway_on_selftested(void *user, guint8 span);

/* Phone I, at HOST; call I has the id I + 1 and the B channel I + 1. */
Phone *bench_add_phone(Bench *bench, guint i, const char *host);
/* Opens call I's port, its far end not yet known. */
void bench_open_port(Bench *bench, guint i);
/* The far end is known, and both ways are through. */
void bench_answer(Bench *bench, guint i);
/* Does ACTION for call I. */
gboolean act(Bench *bench, guint i, CallAction action);
MediaStats stats_of(Bench *bench, guint i);
/* FALSE when the machine spoilt the test: the spans lost or slipped something. */
gboolean line_was_good(Bench *bench);

int udp_socket(const char *host, struct sockaddr_storage *address);
void send_packet(int fd, const struct sockaddr_storage *to, const RtpPacket *packet);

void run_ms(Bench *bench, guint ms);
/* Runs until CONDITION, at most 8 s. */
#define RUN_UNTIL(bench, condition)                                                                \
    for (guint spent_ms = 0; !(condition); spent_ms += 10) {                                       \
        g_assert_cmpuint(spent_ms, <, 8000);                                                       \
        run_ms(bench, 10);                                                                         \
    }
