/* A CESoPSN span from the inside: what its turn and its clock share. */
#pragma once

#include "backends.h"
#include "cesopsn_alarms.h"
#include "cesopsn_buffer.h"
#include "cesopsn_packet.h"
#include "cesopsn_rtp.h"
#include "cesopsn_socket.h"
#include "hdlc.h"
#include "log.h"

#define CESOPSN_FRAMES_MAX 40 /* 125 us frames in a packet of 5 ms */

typedef struct CesopsnClock {
    LoopWatch *watch; /* slave: an arriving packet is a tick */
    LoopTimer *timer;
    gint64 period_us;  /* of a packet */
    gint64 due_us;     /* the next turn of our own clock, by a schedule that never slides */
    gboolean coasting; /* slave: hearing nothing, on our own clock */
    gint64 turned_us;  /* slave: when the last arrival made a turn */
    gint64 allowed_us; /* slave: when the next turn would be at the highest rate allowed */
} CesopsnClock;

typedef struct Cesopsn {
    Span base;
    Loop *loop;
    CesopsnSocket *socket;
    CesopsnBuffer *buffer;
    CesopsnAlarms alarms;
    LogLimit malformed_limit;
    CesopsnClock clock;
    guint slots, frames; /* timeslots a frame, frames a packet */
    gsize payload;       /* octets: slots times frames */
    guint32 b_open;      /* bit N: timeslot N is an open B channel */
    guint16 sequence;    /* of the next packet out */
    CesopsnRtp rtp;      /* where settings->rtp_header */
    HdlcSender *d_sender;
    HdlcReceiver d_receiver;
    guint8 out[CESOPSN_RTP_BYTES + CESOPSN_CONTROL_BYTES + SPAN_SLOTS_MAX * CESOPSN_FRAMES_MAX];
} Cesopsn;

/* Takes what has arrived into the buffer. */
void cesopsn_receive(Cesopsn *self);
/* One packet's turn: plays one, lets the channels hear and speak, sends one. */
void cesopsn_turn(Cesopsn *self);

/* Starts the clock settings->clock asks for. */
void cesopsn_clock_start(Cesopsn *self);
void cesopsn_clock_stop(Cesopsn *self);
