/* The types of values that tell of phones: where they are, what they are called, where their calls
 * go. */
#include "rows.h"

#include <string.h>

#define USER_MARKS "-_.!~*'()&=+$?/#"

/* An unescaped user part of RFC 3261 25.1, which a list can hold. */
static gboolean user_is_valid(const char *text)
{
    for (const char *at = text; *at; at++) {
        if (!g_ascii_isalnum(*at) && !strchr(USER_MARKS, *at))
            return FALSE;
    }
    return *text && strlen(text) < TAG_MAX;
}

static gboolean text_keep(const ValuePlace *place, const char *text)
{
    *(char **)place->field = g_strdup(text);
    return TRUE;
}

static void text_print(const ValuePlace *place, GString *out)
{
    const char *text = *(char *const *)place->field;

    g_string_append(out, text ? text : "");
}

static void text_clear(const ValuePlace *place)
{
    g_clear_pointer((char **)place->field, g_free);
}

static void pointers_clear(const ValuePlace *place)
{
    g_clear_pointer((GPtrArray **)place->field, g_ptr_array_unref);
}

/* ---- the store's file ---- */

static void store_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "an absolute path, or none");
}

static gboolean store_parse(const ValuePlace *place, const char *text, GError **error)
{
    if (strcmp(text, "none") == 0)
        return TRUE; /* NULL */
    if (g_path_is_absolute(text) && text[strlen(text) - 1] != '/' && strlen(text) < 4000)
        return text_keep(place, text);
    return value_refuse(place, text, error);
}

static void store_print(const ValuePlace *place, GString *out)
{
    const char *text = *(char *const *)place->field;

    g_string_append(out, text ? text : "none");
}

const SettingType type_store = {store_parse, store_print, text_clear, store_allowed};

/* ---- contacts of a phone that never registers ---- */

static void contacts_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of sip: URIs, like sip:201@192.0.2.7:5060 or "
                         "<sip:201@192.0.2.7>;q=0.5");
}

static void contact_free(gpointer data)
{
    PhoneContact *contact = data;

    g_free(contact->uri);
    g_free(contact);
}

/* RFC 3261 25.1 qvalue, in thousandths. */
static gboolean q_parse(const char *text, guint *q)
{
    gsize length = strlen(text);
    guint value = 0;

    if (length < 1 || length > 5 || (text[0] != '0' && text[0] != '1') ||
        (length > 1 && text[1] != '.'))
        return FALSE;
    for (gsize i = 2; i < 5; i++) {
        if (i < length && !g_ascii_isdigit(text[i]))
            return FALSE;
        value = value * 10 + (i < length ? (guint)(text[i] - '0') : 0);
    }
    *q = (guint)(text[0] - '0') * 1000 + value;
    return *q <= 1000;
}

static gboolean contact_parse(const ValuePlace *place, const char *text, PhoneContact *contact,
                              GError **error)
{
    const char *end = *text == '<' ? strchr(text, '>') : NULL;
    const char *fault;

    contact->q = 1000;
    if (*text == '<' &&
        (!end || (end[1] && (!g_str_has_prefix(end + 1, ";q=") || !q_parse(end + 4, &contact->q)))))
        return value_refuse(place, text, error);
    contact->uri = end ? g_strndup(text + 1, (gsize)(end - text - 1)) : g_strdup(text);
    fault = value_uri_fault(contact->uri, NULL);
    if (!fault && strlen(contact->uri) >= URI_MAX)
        fault = "it is too long";
    if (fault)
        g_set_error(error, VALUE_ERROR, "\"%s\": %s", text, fault);
    return fault == NULL;
}

static gboolean contacts_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);
    g_autoptr(GPtrArray) contacts = g_ptr_array_new_with_free_func(contact_free);

    for (guint i = 0; i < items->len; i++) {
        PhoneContact *contact = g_new0(PhoneContact, 1);

        g_ptr_array_add(contacts, contact);
        if (!contact_parse(place, g_ptr_array_index(items, i), contact, error))
            return FALSE;
    }
    if (contacts->len == 0)
        return value_refuse(place, "", error);
    *(GPtrArray **)place->field = g_steal_pointer(&contacts);
    return TRUE;
}

static void contacts_print(const ValuePlace *place, GString *out)
{
    const GPtrArray *contacts = *(GPtrArray *const *)place->field;

    for (guint i = 0; contacts && i < contacts->len; i++) {
        const PhoneContact *contact = g_ptr_array_index(contacts, i);

        g_string_append_printf(out, "%s<%s>;q=%u.%03u", i ? ", " : "", contact->uri,
                               contact->q / 1000, contact->q % 1000);
    }
}

const SettingType type_contacts = {contacts_parse, contacts_print, pointers_clear,
                                   contacts_allowed};

/* ---- user parts ---- */

static void users_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of user parts of letters, digits and " USER_MARKS);
}

static gboolean users_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);

    for (guint i = 0; i < items->len; i++) {
        if (!user_is_valid(g_ptr_array_index(items, i)))
            return value_refuse(place, g_ptr_array_index(items, i), error);
    }
    if (items->len == 0)
        return value_refuse(place, "", error);
    *(GPtrArray **)place->field = g_steal_pointer(&items);
    return TRUE;
}

static void users_print(const ValuePlace *place, GString *out)
{
    const GPtrArray *users = *(GPtrArray *const *)place->field;

    for (guint i = 0; users && i < users->len; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "",
                               (const char *)g_ptr_array_index(users, i));
}

const SettingType type_aliases = {users_parse, users_print, pointers_clear, users_allowed};

/* ---- where calls are forwarded ---- */

static void forward_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a user part or number of ours, or a sip: URI");
}

static gboolean forward_parse(const ValuePlace *place, const char *text, GError **error)
{
    const char *fault;

    if (!strchr(text, ':'))
        return user_is_valid(text) ? text_keep(place, text) : value_refuse(place, text, error);
    fault = value_uri_fault(text, NULL);
    if (!fault && strlen(text) >= URI_MAX)
        fault = "it is too long";
    if (!fault)
        return text_keep(place, text);
    g_set_error(error, VALUE_ERROR, "\"%s\": %s", text, fault);
    return FALSE;
}

const SettingType type_forward = {forward_parse, text_print, text_clear, forward_allowed};

/* ---- one word: the name of a group ---- */

static void word_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "the name of a group");
}

static gboolean word_parse(const ValuePlace *place, const char *text, GError **error)
{
    for (const char *at = text; *at; at++) {
        if (!g_ascii_isalnum(*at) && !strchr("-_.", *at))
            return value_refuse(place, text, error);
    }
    return *text && strlen(text) < TAG_MAX ? text_keep(place, text)
                                           : value_refuse(place, text, error);
}

const SettingType type_word = {word_parse, text_print, text_clear, word_allowed};

/* ---- RFC 5626 4.1 instance ---- */

static void instance_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a URN as in +sip.instance, like "
                         "urn:uuid:00000000-0000-1000-8000-000a95a0e128");
}

static gboolean instance_parse(const ValuePlace *place, const char *text, GError **error)
{
    for (const char *at = text; *at; at++) {
        if (!g_ascii_isgraph(*at) || strchr("<>\"\\", *at))
            return value_refuse(place, text, error);
    }
    if (g_ascii_strncasecmp(text, "urn:", 4) != 0 || strlen(text) > 200)
        return value_refuse(place, text, error);
    return text_keep(place, text);
}

const SettingType type_instance = {instance_parse, text_print, text_clear, instance_allowed};
