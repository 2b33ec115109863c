/* A pattern of octets for each channel, and an ear that finds its own, or another's, in what is
 * heard. */
#include "pattern.h"

#include <string.h>

/* Octets between two searches: each costs some thousand comparisons. The channels take turns, so
 * that what all of them need does not fall into one moment. */
#define SEARCH_EVERY 160
#define SEARCH_APART 40
#define SILENT_PER_CENT 1 /* of changes at most */

guint8 pattern_octet(guint32 seed, guint channel, guint32 n)
{
    guint32 x = (seed ^ channel << 24) + n;

    /* The finalizer of MurmurHash3: every bit of N turns half of the result's. */
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return (guint8)(x ^ x >> 16);
}

void pattern_ear_init(PatternEar *ear, guint32 seed, guint own, guint32 among)
{
    *ear = (PatternEar){.seed = seed, .own = own, .among = among};
}

/* The last octet heard is that of CHANNEL, sent DELAY before. */
static gboolean is_at(const PatternEar *ear, guint channel, guint32 delay)
{
    guint32 first = ear->count - PATTERN_WINDOW;

    for (guint32 n = first; n != ear->count; n++)
        if (ear->window[n % PATTERN_WINDOW] != pattern_octet(ear->seed, channel, n - delay))
            return FALSE;
    return TRUE;
}

static gboolean search(PatternEar *ear, guint channel)
{
    guint32 most = MIN(ear->count - PATTERN_WINDOW, PATTERN_DELAY_MAX);

    for (guint32 delay = 0; delay <= most; delay++) {
        if (!is_at(ear, channel, delay))
            continue;
        ear->heard = channel;
        ear->delay = delay;
        return TRUE;
    }
    return FALSE;
}

/* Its own pattern each time, and in turn one of the others'. */
static void search_all(PatternEar *ear)
{
    guint other = ++ear->tries % PATTERN_CHANNELS;

    if (search(ear, ear->own) || other == ear->own || !(ear->among >> other & 1))
        return;
    search(ear, other);
}

static void hear_octet(PatternEar *ear, guint8 octet)
{
    guint32 n = ear->count++;

    ear->changes += n > 0 && octet != ear->last;
    ear->last = octet;
    if (ear->heard) {
        ear->compared++;
        ear->errors += octet != pattern_octet(ear->seed, ear->heard, n - ear->delay);
        return;
    }
    ear->window[n % PATTERN_WINDOW] = octet;
    if (ear->count >= PATTERN_WINDOW &&
        (ear->count + ear->own * SEARCH_APART) % SEARCH_EVERY == 0 && !pattern_ear_is_silent(ear))
        search_all(ear);
}

void pattern_ear_hear(PatternEar *ear, const guint8 *octets, gsize count)
{
    for (gsize i = 0; i < count; i++)
        hear_octet(ear, octets[i]);
}

gboolean pattern_ear_is_silent(const PatternEar *ear)
{
    return ear->changes * 100 <= ear->count * SILENT_PER_CENT;
}
