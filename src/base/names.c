/* Looks names up and lists them, for settings and commands. */
#include "names.h"

int names_find(const char *const *names, gsize count, const char *name)
{
    for (gsize i = 0; i < count; i++)
        if (names[i] && g_ascii_strcasecmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

char *names_list(const char *const *names, gsize count)
{
    GString *list = g_string_new(NULL);

    for (gsize i = 0; i < count; i++) {
        if (!names[i])
            continue;
        if (list->len)
            g_string_append(list, ", ");
        g_string_append(list, names[i]);
    }
    return g_string_free(list, FALSE);
}
