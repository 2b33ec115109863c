/* The lines of a configuration file in GKeyFile's syntax: groups and keys, each with its line.
 *
 * GKeyFile itself forgets lines and merges duplicates silently. Private to src/conf. Home thread:
 * any.
 */
#pragma once

#include "mistakes.h"

typedef struct ScanKey {
    guint line;
    char *key;
    char *value; /* without the blanks around it, escapes resolved */
} ScanKey;

typedef struct ScanGroup {
    guint line;
    char *header;    /* "trunk pbx", blanks collapsed */
    GPtrArray *keys; /* of ScanKey*, each key once */
} ScanGroup;

/* Reads TEXT (LENGTH octets) into an array of ScanGroup*, each header once; what is not a line of
 * the syntax, and what comes twice, goes to MISTAKES and is left out. The caller owns the result.
 */
GPtrArray *scan_text(const char *text, gsize length, Mistakes *mistakes);

/* VALUE as the file says it: with the escapes that scan_text() resolves. Appended to OUT. */
void scan_escape(const char *value, GString *out);
