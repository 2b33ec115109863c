/* Digits that wait to be sounded, one after the other, each as long as was asked for, with pauses.
 *
 * Pure: it says what is to sound, the tone is made elsewhere. The newest digit may be live: its key
 * is still held, and it sounds until that ends.
 */
#pragma once

#include <glib.h>

#define DIGIT_SHORTEST 560 /* samples of 8 kHz: 70 ms, what old receivers want to hear */
#define DIGIT_PAUSE 400    /* samples between two digits: 50 ms */
#define DIGIT_LONGEST 80000
#define DIGIT_QUEUE 64

/* The digits of DTMF in the order of RFC 4733's events 0 to 15. */
extern const char digit_names[17];
/* The event of DIGIT; -1: it is none. */
int digit_event(char digit);

typedef struct DigitWanted {
    char digit;
    guint32 samples; /* at least so long */
    gboolean live;   /* and until told otherwise; only the newest */
} DigitWanted;

typedef struct DigitPlayer {
    DigitWanted queue[DIGIT_QUEUE];
    guint first, count;
    guint32 played;      /* of the first one */
    guint32 pause;       /* samples of the pause that still runs */
    guint32 rest;        /* length of the pause after the last digit; at least DIGIT_PAUSE */
    guint64 taken, lost; /* digits; lost: the queue was full */
} DigitPlayer;

/* FALSE when the queue is full. */
gboolean digit_player_add(DigitPlayer *player, char digit, guint32 samples);
/* The same for a key that is held. */
gboolean digit_player_begin(DigitPlayer *player, char digit, guint32 samples);
/* The live digit is now known to have lasted SAMPLES; nothing when none is live. */
void digit_player_extend(DigitPlayer *player, guint32 samples);
/* The live digit ends where it is known to. */
void digit_player_end(DigitPlayer *player);

/* Does a digit sound, wait, or a pause run? */
gboolean digit_player_is_busy(const DigitPlayer *player);
/* What sounds during the next samples, at most *count, which is cut to how long that lasts: a
 * digit, or 0 in a pause. Only while busy. */
char digit_player_step(DigitPlayer *player, gsize *count);
/* Takes the oldest digit away unheard; 0: none waits. */
char digit_player_take(DigitPlayer *player);
void digit_player_clear(DigitPlayer *player);
