/* The audio of one call: what is played, recorded and compared, octet for octet.
 *
 * Home thread: the loop's.
 */
#pragma once

#include "pbx_script.h"

typedef struct PbxAudio PbxAudio;

/* LAW is what tones are coded in. */
PbxAudio *pbx_audio_new(Law law);
/* Ends the recording, whole or not. */
void pbx_audio_free(PbxAudio *audio);

/* The call is connected: octets are counted, and a waiting recording begins, from here. */
void pbx_audio_connected(PbxAudio *audio);

/* Plays SOURCE (FILE: its file) from its first octet, beginning with the next block. FALSE with
 * ERROR. */
gboolean pbx_audio_play(PbxAudio *audio, const PbxSource *source, const char *file, GError **error);
/* Sends back what is heard. */
void pbx_audio_echo(PbxAudio *audio);
/* Ends playing and echo. */
void pbx_audio_rest(PbxAudio *audio);
/* Ends the recording. FALSE with ERROR when the file does not hold every octet of it. */
gboolean pbx_audio_record_end(PbxAudio *audio, GError **error);

/* Writes every octet heard from the connection on to FILE (EARLY: from now on, before the
 * connection). Begun within 2 s after the connection it still holds every octet from there. FALSE
 * with ERROR, also when the recording before it was not whole. */
gboolean pbx_audio_record(PbxAudio *audio, const char *file, gboolean early, GError **error);

/* One block of the channel. FALSE with ERROR when it could not be recorded: the recording has ended
 * with it. */
gboolean pbx_audio_block(PbxAudio *audio, const guint8 *rx, guint8 *tx, gsize count,
                         GError **error);

gboolean pbx_audio_is_playing(const PbxAudio *audio);
/* Octets heard, sent, and written to the recording, since the connection. */
guint64 pbx_audio_heard(const PbxAudio *audio);
guint64 pbx_audio_sent(const PbxAudio *audio);
guint64 pbx_audio_recorded(const PbxAudio *audio);

/* Begins to compare what is heard with the pattern of SEED. */
void pbx_audio_compare(PbxAudio *audio, guint32 seed);
typedef enum PbxComparison { COMPARE_WAITING, COMPARE_SAME, COMPARE_DIFFERENT } PbxComparison;
/* Are COUNT octets after the first half second those of the pattern, under one constant offset? WHY
 * (caller frees) tells what differs; it is filled while waiting too. */
PbxComparison pbx_audio_compared(PbxAudio *audio, gsize count, char **why);

/* The pattern of SEED: octets that do not repeat, every value as likely as any other. */
typedef struct PbxPattern {
    guint64 state;
} PbxPattern;
void pbx_pattern_start(PbxPattern *pattern, guint32 seed);
guint8 pbx_pattern_next(PbxPattern *pattern);
