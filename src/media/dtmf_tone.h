/* The two frequencies of a digit (ITU-T Q.23), as samples. */
#pragma once

#include "g711.h"

typedef struct DtmfTone {
    char digit; /* that sounds; 0: none */
    guint32 phase[2];
    gint32 rate[2];
} DtmfTone;

/* The next COUNT octets of DIGIT, which goes on without a click where it sounded before; 0:
 * silence. */
void dtmf_tone_play(DtmfTone *tone, char digit, Law law, guint8 *out, gsize count);
