/* The mistakes found in a configuration file, gathered so that all are told at once.
 *
 * Private to src/conf. Home thread: any.
 */
#pragma once

#include <glib.h>

typedef struct Mistakes Mistakes;

/* FILE is the name messages begin with. */
Mistakes *mistakes_new(const char *file);
void mistakes_free(Mistakes *mistakes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mistakes, mistakes_free)

/* Adds "FILE:LINE: text"; LINE 0: it has none. */
void mistakes_add(Mistakes *mistakes, guint line, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* FALSE with ERROR holding every mistake in the order of lines, one a line; TRUE when there are
 * none. */
gboolean mistakes_tell(Mistakes *mistakes, GError **error);
