/* Stands in for pattern_check() of the room call until it lands. */
#include "route.h"

#include <string.h>

gboolean pattern_check(const char *pattern, GError **error)
{
    if (strchr(pattern, '[') && !strchr(pattern, ']')) {
        g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
                    "pattern '%s', place 1: no ']'", pattern);
        return FALSE;
    }
    return TRUE;
}
