/* The options of tieline-pbx: which lines, which script.
 *
 * Home thread: the main one.
 */
#pragma once

#include "pbx_line.h"

typedef struct PbxOptions {
    GPtrArray *lines;  /* of PbxLineSettings* */
    char *script;      /* NULL: standard input */
    gint64 timeout_us; /* 0: none */
    gboolean quiet;
    gboolean keep_going;
    gboolean check; /* read the script, do nothing */
    gboolean version;
    int log_level;         /* LogLevel */
    gint64 pattern_octets; /* write so many octets of the pattern, and exit; -1: no */
    guint32 pattern_seed;
} PbxOptions;

/* FALSE with ERROR: "--side: network or cpe, not \"foo\"". OPTIONS is filled either way and the
 * caller's to clear. */
gboolean pbx_options_read(PbxOptions *options, int *argc, char ***argv, GError **error);
void pbx_options_clear(PbxOptions *options);

/* "127.0.0.1:4001" or "[::1]:4001". */
gboolean pbx_address_parse(const char *text, struct sockaddr_storage *address);
