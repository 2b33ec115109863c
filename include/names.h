/* X-lists: an enum, its names and its sets written once, so that they cannot disagree.
 *
 *   #define DIRECTIONS(X) X(INWARD, "inward") X(OUTWARD, "outward")
 */
#pragma once

#include <glib.h>

#define NAMES_ENUM_ROW(prefix, id) prefix##id,
#define NAMES_TEXT_ROW(id, text) text,

/* The index of NAME in NAMES (COUNT of them), compared without case; -1 when it is none. */
int names_find(const char *const *names, gsize count, const char *name);

/* "one, two, three": the allowed names as an error message lists them. Caller frees. */
char *names_list(const char *const *names, gsize count);
