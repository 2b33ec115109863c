/* The body application/simple-message-summary (RFC 3842 5.2): text and what it says.
 *
 *      Messages-Waiting: yes
 *      Message-Account: sip:200@pbx.example.com
 *      Voice-Message: 2/8 (0/2)
 */
#include "mwi.h"

#include <string.h>

#define LINES_MAX 64

/* ---- reading ------------------------------------------------------------------------------------
 */

/* The text still to be read; no line of it holds a control character. */
typedef struct Reader {
    const char *at, *end;
    guint lines;
} Reader;

/* A line without its end; FALSE after the last. */
static gboolean line_next(Reader *reader, const char **line, gsize *length)
{
    const char *stop;

    if (reader->at >= reader->end)
        return FALSE;
    *line = reader->at;
    stop = memchr(reader->at, '\n', (gsize)(reader->end - reader->at));
    reader->at = stop ? stop + 1 : reader->end;
    *length = (gsize)((stop ? stop : reader->end) - *line);
    if (stop && *length && (*line)[*length - 1] == '\r')
        (*length)--;
    reader->lines++;
    return TRUE;
}

static const char *text_fault(const char *text, gsize size)
{
    guint lines = 1;

    if (size > MWI_BODY_MAX)
        return "the body is too long";
    for (gsize i = 0; i < size; i++) {
        guchar c = (guchar)text[i];

        if (c == '\r' && i + 1 < size && text[i + 1] != '\n')
            return "a line ends amiss";
        if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
            return "a control character";
        if (c == '\n' && ++lines > LINES_MAX)
            return "too many lines";
    }
    return NULL;
}

/* Splits LINE at its colon (HCOLON: blanks before and after it); VALUE is terminated, within SIZE.
 */
static gboolean line_split(const char *line, gsize length, char *name, gsize name_size, char *value,
                           gsize value_size)
{
    const char *colon = memchr(line, ':', length);
    g_autofree char *left = NULL, *right = NULL;

    if (!colon)
        return FALSE;
    left = g_strchomp(g_strndup(line, (gsize)(colon - line)));
    right = g_strstrip(g_strndup(colon + 1, length - (gsize)(colon + 1 - line)));
    return *left && g_strlcpy(name, left, name_size) < name_size &&
           g_strlcpy(value, right, value_size) < value_size;
}

static gboolean number_read(const char **at, guint32 *number)
{
    guint64 value = 0;
    const char *start = *at;

    for (; g_ascii_isdigit(**at); (*at)++) {
        value = value * 10 + (guint64)(**at - '0');
        if (value > G_MAXUINT32)
            return FALSE;
    }
    *number = (guint32)value;
    return *at > start;
}

static void blanks_skip(const char **at)
{
    *at += strspn(*at, " \t");
}

/* "2/8", with SLASH's blanks. */
static gboolean pair_read(const char **at, guint32 *fresh, guint32 *old)
{
    blanks_skip(at);
    if (!number_read(at, fresh))
        return FALSE;
    blanks_skip(at);
    if (*(*at)++ != '/')
        return FALSE;
    blanks_skip(at);
    return number_read(at, old);
}

/* "2/8 (0/2)" */
static gboolean counts_read(const char *value, MwiState *state)
{
    MwiState read = {.counted = TRUE};

    if (!pair_read(&value, &read.fresh, &read.old))
        return FALSE;
    blanks_skip(&value);
    if (*value == '(') {
        value++;
        if (!pair_read(&value, &read.urgent_fresh, &read.urgent_old))
            return FALSE;
        blanks_skip(&value);
        if (*value++ != ')')
            return FALSE;
        blanks_skip(&value);
    }
    if (*value)
        return FALSE;
    read.waiting = state->waiting;
    *state = read;
    return TRUE;
}

/* The user part of "sip:200@host", "<sip:200@host>" or "tel:200"; what does not fit is none. */
static void account_read(const char *value, char *account)
{
    const char *uri = *value == '<' ? value + 1 : value;
    g_autofree char *scheme = g_ascii_strdown(uri, (gssize)strcspn(uri, ":"));
    gboolean is_tel = strcmp(scheme, "tel") == 0;
    g_autofree char *raw = NULL, *user = NULL;

    if (!is_tel && strcmp(scheme, "sip") != 0 && strcmp(scheme, "sips") != 0)
        return;
    uri += strlen(scheme) + 1;
    if (!is_tel && !strchr(uri, '@'))
        return;
    raw = g_strndup(uri, strcspn(uri, is_tel ? ";>" : ";:@"));
    user = g_uri_unescape_string(raw, NULL);
    if (!user || g_strlcpy(account, user, TAG_MAX) >= TAG_MAX)
        account[0] = '\0';
}

static gboolean status_read(const char *name, const char *value, MwiState *state)
{
    if (g_ascii_strcasecmp(name, "Messages-Waiting") != 0)
        return FALSE;
    state->waiting = g_ascii_strcasecmp(value, "yes") == 0;
    return state->waiting || g_ascii_strcasecmp(value, "no") == 0;
}

/* A count of another class is checked and forgotten. */
static const char *line_read(const char *name, const char *value, MwiBody *body)
{
    static const char *const others[] = {"Fax-Message", "Pager-Message", "Multimedia-Message",
                                         "Text-Message", "None"};
    MwiState unused = {FALSE};

    if (g_ascii_strcasecmp(name, "Message-Account") == 0) {
        account_read(value, body->account);
    } else if (g_ascii_strcasecmp(name, "Voice-Message") == 0) {
        if (body->state.counted)
            return "a second Voice-Message";
        if (!counts_read(value, &body->state))
            return "Voice-Message is no pair of counts";
    } else {
        for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
            if (g_ascii_strcasecmp(name, others[i]) == 0 && !counts_read(value, &unused))
                return "a count is no number";
    }
    return NULL;
}

gboolean mwi_body_read(const char *text, gsize size, MwiBody *body, const char **why)
{
    Reader reader = {text, text + size, 0};
    char name[64], value[URI_MAX];
    const char *line;
    gsize length;

    *body = (MwiBody){.account = ""};
    *why = text_fault(text, size);
    while (!*why && line_next(&reader, &line, &length)) {
        if (length == 0 && reader.lines > 1)
            break; /* what follows is of single messages */
        if (!line_split(line, length, name, sizeof name, value, sizeof value))
            *why = "a line is no header field, or too long";
        else if (reader.lines > 1)
            *why = line_read(name, value, body);
        else if (!status_read(name, value, &body->state))
            *why = "it does not begin with Messages-Waiting: yes or no";
    }
    if (!*why && reader.lines == 0)
        *why = "the body is empty";
    return *why == NULL;
}

/* ---- writing ------------------------------------------------------------------------------------
 */

/* Nothing that ends a line or a URI may get in. */
static gboolean account_is_sound(const char *account)
{
    for (const char *c = account; *c; c++)
        if (*c <= ' ' || *c >= 0x7f || strchr("<>\"", *c))
            return FALSE;
    return *account && strlen(account) < URI_MAX;
}

char *mwi_body_write(const MwiState *state, const char *account)
{
    GString *body = g_string_new(NULL);

    g_string_append_printf(body, "Messages-Waiting: %s\r\n", state->waiting ? "yes" : "no");
    if (account && account_is_sound(account))
        g_string_append_printf(body, "Message-Account: %s\r\n", account);
    if (state->counted)
        g_string_append_printf(body, "Voice-Message: %u/%u (%u/%u)\r\n", state->fresh, state->old,
                               state->urgent_fresh, state->urgent_old);
    return g_string_free(body, FALSE);
}

/* ---- values -------------------------------------------------------------------------------------
 */

gboolean mwi_state_equal(const MwiState *one, const MwiState *other)
{
    if (one->waiting != other->waiting || one->counted != other->counted)
        return FALSE;
    return !one->counted ||
           (one->fresh == other->fresh && one->old == other->old &&
            one->urgent_fresh == other->urgent_fresh && one->urgent_old == other->urgent_old);
}

const char *mwi_state_describe(const MwiState *state, char *buffer, gsize size)
{
    if (state->counted && (state->fresh || state->old))
        g_snprintf(buffer, size, "%u new, %u old", state->fresh, state->old);
    else
        g_strlcpy(buffer, state->waiting ? "waiting" : "none", size);
    return buffer;
}
