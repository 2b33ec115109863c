/* Ringback and busy tone as a country's table has them, as octets of a law. */
#pragma once

#include "g711.h"
#include "media.h"

#define TONE_STEPS_MAX 16

typedef struct ToneStep {
    guint16 hz[2];      /* 0: not there; both 0: silence */
    gboolean modulated; /* hz[0] swells with hz[1], instead of both sounding together */
    guint32 samples;    /* 0: for ever */
} ToneStep;

/* A value: the steps from `loop` on are repeated. */
typedef struct ToneScript {
    guint count, loop;
    ToneStep steps[TONE_STEPS_MAX];
} ToneScript;

/* Reads libtonezone's notation: "440+480/2000,0/4000". FALSE when it is none. */
gboolean tone_script_parse(ToneScript *script, const char *text);
/* COUNTRY's TONE. FALSE when the library knows neither. */
gboolean tone_script_find(ToneScript *script, const char *country, Tone tone);

typedef struct TonePlayer {
    ToneScript script;
    guint step;
    guint32 left; /* samples of this step */
    guint32 phase[2];
    gint32 rate[2];
    gint16 scale;
} TonePlayer;

void tone_player_start(TonePlayer *player, const ToneScript *script);
/* The next COUNT octets of the tone; for ever. */
void tone_player_play(TonePlayer *player, Law law, guint8 *out, gsize count);
