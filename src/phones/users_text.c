/* Users from a text file: one a line, user:realm:HA1-MD5[:HA1-SHA-256[:class]]. */
#include "users_private.h"

#include <string.h>

#define FIELDS_MAX 5

/* Cuts LINE at its colons into FIELDS, those that are not there "". A realm may be an IPv6 address
 * in brackets. Gives their number, FIELDS_MAX + 1 when there are too many. */
static guint line_split(char *line, char *fields[FIELDS_MAX])
{
    guint count = 0;

    for (guint i = 0; i < FIELDS_MAX; i++)
        fields[i] = line + strlen(line);
    for (char *at = line; at;) {
        char *bracket = count == 1 && *at == '[' ? strchr(at, ']') : NULL;
        char *colon = strchr(bracket ? bracket : at, ':');

        if (count == FIELDS_MAX)
            return FIELDS_MAX + 1;
        if (colon)
            *colon = '\0';
        fields[count++] = at;
        at = colon ? colon + 1 : NULL;
    }
    return count;
}

static void line_read(UsersReading *reading, const char *place, char *line)
{
    char *fields[FIELDS_MAX];
    guint count = line_split(line, fields);
    UserText text = {.name = fields[0], .realm = fields[1], .class_name = fields[4]};

    if (count < 3 || count > FIELDS_MAX) {
        users_complain(reading, place,
                       "is not user:realm:HA1-MD5[:HA1-SHA-256[:class]], an empty hash for none");
        return;
    }
    text.ha1[DIGEST_MD5] = fields[2];
    text.ha1[DIGEST_SHA256] = fields[3];
    users_add(reading, place, &text);
}

void users_read_text(UsersReading *reading, const char *text, gsize size)
{
    const char *end = text + size;
    guint number = 0;

    for (const char *at = text; at < end;) {
        const char *stop = memchr(at, '\n', (gsize)(end - at));
        gsize length = (gsize)((stop ? stop : end) - at);
        g_autofree char *copy = g_strndup(at, length), *place = NULL;
        char *line = copy;

        number++;
        place = g_strdup_printf("%s:%u", reading->file, number);
        if (memchr(at, '\0', length))
            users_complain(reading, place, "holds a NUL");
        else if (*g_strstrip(line) && *line != '#')
            line_read(reading, place, line);
        explicit_bzero(copy, length);
        at += length + 1;
    }
}
