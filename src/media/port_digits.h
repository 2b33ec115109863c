/* The digits of a call, both ways: heard on the channel and told the phone, told by the phone and
 * sounded on the channel. */
#pragma once

#include "dtmf_tone.h"
#include "event_reader.h"
#include "event_writer.h"

#include <spandsp.h>
#include <spandsp/expose.h> /* the detector is part of the port, and tells its first suspicion there */

#define DIGITS_CHUNK 80 /* samples looked at in one go */

/* A digit for signalling to pass on: HEARD on the channel, or told by the phone. Media thread. */
typedef void (*DigitFunc)(void *user, guint32 call, char digit, guint ms, gboolean heard);

typedef struct PortDigits {
    /* from the phone */
    EventReader reader;
    DigitPlayer to_channel;
    DtmfTone channel_tone;
    /* from the channel */
    dtmf_rx_state_t detector;
    guint32 clock;    /* samples of the channel so far */
    char heard;       /* confirmed and still there; 0: none */
    guint heard_loud; /* its volume, in dBm0 without its sign */
    guint32 heard_at; /* clock */
    gboolean hushed;  /* the channel is kept from the phone */
    /* to the phone, by order of signalling */
    DigitPlayer to_phone;
    DtmfTone phone_tone;
    char source; /* the digit that is being told the phone; 0: none */
    EventWriter writer;
    guint64 in, out; /* digits taken from the phone, told the phone */
} PortDigits;
