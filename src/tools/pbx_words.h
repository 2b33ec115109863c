/* The words of one command line, taken one by one: what the command parser is built on.
 *
 * Home thread: any.
 */
#pragma once

#include <glib.h>

/* A cursor over a line's words; quoted words may hold blanks. */
typedef struct PbxWords {
    GPtrArray *words; /* of char* */
    guint at;
    char *fault; /* the first thing that went wrong; NULL: nothing */
} PbxWords;

/* Splits TEXT; an open quote is a fault. */
void pbx_words_open(PbxWords *words, const char *text);
void pbx_words_close(PbxWords *words);

/* The word at hand, or NULL at the end. */
const char *pbx_words_peek(const PbxWords *words);
/* TRUE, and the word is behind us, when the word at hand is WORD (without case). */
gboolean pbx_words_take(PbxWords *words, const char *word);
/* The next word; at the end a fault "WHAT is missing" and "". */
const char *pbx_words_next(PbxWords *words, const char *what);
/* The next word as a number between LEAST and MOST; a fault and LEAST when it is none. */
gint pbx_words_number(PbxWords *words, const char *what, gint least, gint most);
/* The next word as a time; a fault and 0 when it is none. */
gint64 pbx_words_time(PbxWords *words, const char *what);
/* Notes the first fault. */
void pbx_words_fault(PbxWords *words, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The next words as a value of the language; a fault when they are none. Text and octets are the
 * caller's. */
gint pbx_words_cause(PbxWords *words);
gint pbx_words_progress(PbxWords *words);
char *pbx_words_digits(PbxWords *words, const char *what);
char *pbx_words_pattern(PbxWords *words, const char *what);
/* A message's name of one or two words. */
gint pbx_words_message(PbxWords *words);
/* Pairs of hexadecimal digits up to the end, or "on". */
GBytes *pbx_words_octets(PbxWords *words);
/* One word of octets: information elements, ids and lengths included. */
GBytes *pbx_words_elements(PbxWords *words);
