/* The audio of one call: what is played, recorded and compared, octet for octet. */
#include "config.h"

#include "pbx_audio.h"

#include <errno.h>
#include <gio/gio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SAMPLE_RATE 8000
/* A recording that begins a little after the connection still gets these octets. */
#define HEAD_OCTETS (2 * SAMPLE_RATE)
/* Comparison leaves the first half second out, and finds its place by this many octets. */
#define COMPARE_SKIP (SAMPLE_RATE / 2)
#define COMPARE_ANCHOR 64
/* How far into the pattern its place is looked for: far end and network may have begun earlier. */
#define COMPARE_REACH (64 * SAMPLE_RATE)
#define TONE_AMPLITUDE 8000.0

typedef enum PlayerKind {
    PLAYER_REST,
    PLAYER_FILE,
    PLAYER_PATTERN,
    PLAYER_TONE,
    PLAYER_ECHO
} PlayerKind;

struct PbxAudio {
    Law law;
    gboolean connected;
    guint64 heard, sent;
    /* player */
    PlayerKind player;
    GBytes *file;
    gsize at;
    gboolean again;
    PbxPattern pattern;
    double phase, step;
    /* recording */
    FILE *record;
    char *record_name;
    int record_errno;      /* why an octet was not written; 0: all were */
    gboolean record_waits; /* for the connection */
    guint64 recorded;
    GByteArray *head; /* the first octets since the connection; NULL: let go */
    /* comparison */
    GByteArray *compare;
    guint32 compare_seed;
};

/* splitmix64: small, and no cycle shorter than 2^64. */
void pbx_pattern_start(PbxPattern *pattern, guint32 seed)
{
    pattern->state = ((guint64)seed + 1) * G_GUINT64_CONSTANT(0x2545f4914f6cdd1d);
}

guint8 pbx_pattern_next(PbxPattern *pattern)
{
    guint64 z = pattern->state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return (guint8)((z ^ (z >> 31)) >> 24);
}

PbxAudio *pbx_audio_new(Law law)
{
    PbxAudio *audio = g_new0(PbxAudio, 1);

    audio->law = law;
    return audio;
}

void pbx_audio_rest(PbxAudio *audio)
{
    audio->player = PLAYER_REST;
    g_clear_pointer(&audio->file, g_bytes_unref);
}

void pbx_audio_free(PbxAudio *audio)
{
    if (!audio)
        return;
    pbx_audio_rest(audio);
    pbx_audio_record_end(audio, NULL);
    g_clear_pointer(&audio->head, g_byte_array_unref);
    g_clear_pointer(&audio->compare, g_byte_array_unref);
    g_free(audio);
}

void pbx_audio_connected(PbxAudio *audio)
{
    if (audio->connected)
        return;
    audio->connected = TRUE;
    audio->heard = audio->sent = 0;
    if (audio->record_waits)
        audio->record_waits = FALSE;
    else
        audio->head = g_byte_array_new();
}

/* ---- playing --------------------------------------------------------------------------------- */

/* ITU-T G.711 tables 1a to 2b, by segments. */
static guint8 alaw_encode(int linear)
{
    int sign = linear >= 0 ? 0x80 : 0;
    int magnitude = MIN(linear >= 0 ? linear : -linear - 1, 32767) >> 4;
    int segment = 0;

    for (int top = magnitude >> 4; top; top >>= 1)
        segment++;
    if (segment)
        magnitude = segment << 4 | ((magnitude >> (segment - 1)) & 15);
    return (guint8)((sign | magnitude) ^ 0x55);
}

static guint8 ulaw_encode(int linear)
{
    int sign = linear >= 0 ? 0x80 : 0;
    int magnitude = MIN(ABS(linear), 32635) / 4 + 33;
    int segment = 0;

    for (int top = magnitude >> 6; top; top >>= 1)
        segment++;
    return (guint8)(sign | (~(segment << 4 | ((magnitude >> (segment + 1)) & 15)) & 0x7f));
}

static guint8 tone_next(PbxAudio *audio)
{
    int linear = (int)lrint(TONE_AMPLITUDE * sin(audio->phase));

    audio->phase = fmod(audio->phase + audio->step, 2 * G_PI);
    return audio->law == LAW_ALAW ? alaw_encode(linear) : ulaw_encode(linear);
}

gboolean pbx_audio_play(PbxAudio *audio, const PbxSource *source, const char *file, GError **error)
{
    pbx_audio_rest(audio);
    switch (source->kind) {
    case SOURCE_FILE: {
        char *octets;
        gsize length;

        if (!g_file_get_contents(file, &octets, &length, error))
            return FALSE;
        audio->file = g_bytes_new_take(octets, length);
        audio->at = 0;
        audio->again = source->again && length > 0;
        audio->player = PLAYER_FILE;
        break;
    }
    case SOURCE_PATTERN:
        pbx_pattern_start(&audio->pattern, source->value);
        audio->player = PLAYER_PATTERN;
        break;
    case SOURCE_TONE:
        audio->phase = 0;
        audio->step = 2 * G_PI * source->value / SAMPLE_RATE;
        audio->player = PLAYER_TONE;
        break;
    }
    return TRUE;
}

void pbx_audio_echo(PbxAudio *audio)
{
    pbx_audio_rest(audio);
    audio->player = PLAYER_ECHO;
}

static void file_block(PbxAudio *audio, guint8 *tx, gsize count)
{
    gsize size;
    const guint8 *octets = g_bytes_get_data(audio->file, &size);

    for (gsize i = 0; i < count; i++) {
        if (audio->at == size && audio->again)
            audio->at = 0;
        if (audio->at == size) { /* the rest of the block stays idle */
            pbx_audio_rest(audio);
            return;
        }
        tx[i] = octets[audio->at++];
    }
}

static void play_block(PbxAudio *audio, const guint8 *rx, guint8 *tx, gsize count)
{
    switch (audio->player) {
    case PLAYER_REST:
        break;
    case PLAYER_FILE:
        file_block(audio, tx, count);
        break;
    case PLAYER_PATTERN:
        for (gsize i = 0; i < count; i++)
            tx[i] = pbx_pattern_next(&audio->pattern);
        break;
    case PLAYER_TONE:
        for (gsize i = 0; i < count; i++)
            tx[i] = tone_next(audio);
        break;
    case PLAYER_ECHO:
        memcpy(tx, rx, count);
        break;
    }
}

/* ---- recording ------------------------------------------------------------------------------- */

static gboolean record_fail(const char *file, int why, GError **error)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(why), "%s: %s", file, g_strerror(why));
    return FALSE;
}

/* What is written stays in memory for a while: only the file's close tells the last of it. */
gboolean pbx_audio_record_end(PbxAudio *audio, GError **error)
{
    FILE *record = g_steal_pointer(&audio->record);
    g_autofree char *name = g_steal_pointer(&audio->record_name);

    audio->record_waits = FALSE;
    if (!record)
        return TRUE;
    if (fclose(record) && !audio->record_errno)
        audio->record_errno = errno;
    return !audio->record_errno || record_fail(name, audio->record_errno, error);
}

static gboolean record_write(PbxAudio *audio, const guint8 *octets, gsize count, GError **error)
{
    gsize written = count ? fwrite(octets, 1, count, audio->record) : 0;

    audio->recorded += written;
    if (written == count)
        return TRUE;
    audio->record_errno = errno;
    return pbx_audio_record_end(audio, error);
}

gboolean pbx_audio_record(PbxAudio *audio, const char *file, gboolean early, GError **error)
{
    g_autoptr(GByteArray) head = NULL;

    if (!pbx_audio_record_end(audio, error))
        return FALSE;
    audio->record = fopen(file, "wb");
    if (!audio->record)
        return record_fail(file, errno, error);
    audio->record_name = g_strdup(file);
    audio->record_errno = 0;
    audio->recorded = 0;
    audio->record_waits = !early && !audio->connected;
    head = g_steal_pointer(&audio->head);
    return !head || record_write(audio, head->data, head->len, error);
}

static gboolean record_block(PbxAudio *audio, const guint8 *rx, gsize count, GError **error)
{
    if (audio->head) {
        if (audio->head->len + count > HEAD_OCTETS)
            g_clear_pointer(&audio->head, g_byte_array_unref);
        else
            g_byte_array_append(audio->head, rx, (guint)count);
    }
    if (audio->compare && audio->compare->len < COMPARE_REACH)
        g_byte_array_append(audio->compare, rx, (guint)count);
    return !audio->record || audio->record_waits || record_write(audio, rx, count, error);
}

gboolean pbx_audio_block(PbxAudio *audio, const guint8 *rx, guint8 *tx, gsize count, GError **error)
{
    gboolean recorded;

    audio->heard += count;
    recorded = record_block(audio, rx, count, error);
    play_block(audio, rx, tx, count);
    audio->sent += count;
    return recorded;
}

gboolean pbx_audio_is_playing(const PbxAudio *audio)
{
    return audio->player != PLAYER_REST;
}

guint64 pbx_audio_heard(const PbxAudio *audio)
{
    return audio->connected ? audio->heard : 0;
}

guint64 pbx_audio_sent(const PbxAudio *audio)
{
    return audio->connected ? audio->sent : 0;
}

guint64 pbx_audio_recorded(const PbxAudio *audio)
{
    return audio->recorded;
}

/* ---- comparing ------------------------------------------------------------------------------- */

void pbx_audio_compare(PbxAudio *audio, guint32 seed)
{
    g_clear_pointer(&audio->compare, g_byte_array_unref);
    audio->compare = g_byte_array_new();
    audio->compare_seed = seed;
}

/* Where in the first REACH octets of the pattern ANCHOR stands, followed by COUNT octets: a new
 * block of them; NULL: nowhere. */
static guint8 *pattern_find(guint32 seed, const guint8 *anchor, gsize count, gsize reach,
                            gsize *offset)
{
    g_autofree guint8 *octets = g_malloc(reach + count);
    PbxPattern pattern;
    const guint8 *found;

    pbx_pattern_start(&pattern, seed);
    for (gsize i = 0; i < reach + count; i++)
        octets[i] = pbx_pattern_next(&pattern);
    found = memmem(octets, reach + COMPARE_ANCHOR, anchor, COMPARE_ANCHOR);
    if (!found)
        return NULL;
    *offset = (gsize)(found - octets);
    return g_memdup2(found, count);
}

PbxComparison pbx_audio_compared(PbxAudio *audio, gsize count, char **why)
{
    const GByteArray *heard = audio->compare;
    g_autofree guint8 *wanted = NULL;
    gsize wrong = 0, first = 0, offset = 0;

    count = MAX(count, COMPARE_ANCHOR);
    if (!heard || heard->len < COMPARE_SKIP + count) {
        *why = g_strdup_printf("only %u octets were heard", heard ? heard->len : 0);
        return COMPARE_WAITING;
    }
    /* Mostly its place is near; looking far away at once would hold the loop, and the line, up. */
    for (gsize reach = 2 * SAMPLE_RATE; !wanted && reach <= COMPARE_REACH; reach *= 2)
        wanted =
            pattern_find(audio->compare_seed, heard->data + COMPARE_SKIP, count, reach, &offset);
    if (!wanted) {
        *why = g_strdup("what was heard is nowhere in the pattern");
        return COMPARE_DIFFERENT;
    }
    for (gsize i = 0; i < count; i++)
        if (wanted[i] != heard->data[COMPARE_SKIP + i] && !wrong++)
            first = i;
    if (wrong) {
        *why = g_strdup_printf("%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
                               " octets differ, the first is number %" G_GSIZE_FORMAT,
                               wrong, count, first);
        return COMPARE_DIFFERENT;
    }
    *why = g_strdup_printf("%" G_GSIZE_FORMAT " octets are the same, pattern octet %" G_GSIZE_FORMAT
                           " came first",
                           count, offset);
    return COMPARE_SAME;
}
