/* User-to-user information: hex in a header field, octets in an information element. */
#include "field_list.h"
#include "fields.h"

#include <string.h>

void user_info_set(UserInfo *info, const guint8 *octets, gsize count)
{
    info->length = 0;
    if (count == 0 || count > USER_INFO_MAX)
        return;
    memcpy(info->octets, octets, count);
    info->length = (guint8)count;
}

/* NAME's value in PARAMS is one of the WORDS, or is missing. */
static gboolean param_is(const char *params, const char *name, const char *const *words)
{
    g_autofree char *value = field_param(params, name);

    for (; value && *words; words++)
        if (g_ascii_strcasecmp(value, *words) == 0)
            return TRUE;
    return !value;
}

/* "00aB", quoted or not. FALSE when it is no hex, or too long. */
static gboolean hex_read(const char *data, UserInfo *info)
{
    gsize length = strlen(data);

    if (length >= 2 && data[0] == '"' && data[length - 1] == '"') {
        data++;
        length -= 2;
    }
    if (length == 0 || length % 2 || length / 2 > USER_INFO_MAX)
        return FALSE;
    for (gsize i = 0; i < length; i += 2) {
        int high = g_ascii_xdigit_value(data[i]), low = g_ascii_xdigit_value(data[i + 1]);

        if (high < 0 || low < 0)
            return FALSE;
        info->octets[i / 2] = (guint8)(high << 4 | low);
    }
    info->length = (guint8)(length / 2);
    return TRUE;
}

void user_info_from_fields(const char *const *values, UserInfo *info)
{
    static const char *const purposes[] = {"isdn-uui", "isdn-interwork", NULL};
    static const char *const contents[] = {"isdn-uui", NULL}, *const encodings[] = {"hex", NULL};
    g_autoptr(GPtrArray) items = field_split(values);
    guint ours = 0;

    *info = (UserInfo){0};
    for (guint i = 0; i < items->len; i++) {
        const char *item = items->pdata[i];
        gsize length = *item == '"' ? 1 + strcspn(item + 1, "\"") + 1 : strcspn(item, "; \t");
        const char *params = item + MIN(length, strlen(item));
        g_autofree char *data = g_strndup(item, (gsize)(params - item));

        params += strspn(params, " \t");
        if (!param_is(params, "purpose", purposes))
            continue;
        ours++;
        if (!param_is(params, "content", contents) || !param_is(params, "encoding", encodings) ||
            !hex_read(data, info))
            info->length = 0;
    }
    if (ours != 1)
        *info = (UserInfo){0};
}

char *user_info_to_field(const UserInfo *info)
{
    GString *text;

    if (info->length == 0)
        return NULL;
    text = g_string_new(NULL);
    for (guint i = 0; i < info->length; i++)
        g_string_append_printf(text, "%02x", info->octets[i]);
    g_string_append(text, ";purpose=isdn-uui;content=isdn-uui;encoding=hex");
    return g_string_free(text, FALSE);
}
