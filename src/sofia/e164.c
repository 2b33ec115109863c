/* ENUM: from a telephone number to the URI that its DNS entry names (RFC 6116, RFC 3402). */
#include "e164.h"

#include <string.h>

#define E164_DIGITS 15
#define REGEXP_MAX 255 /* a character-string of RFC 1035 */
#define URI_LENGTH_MAX 255
/* A number has 16 characters: an expression that needs more steps was written to stop us. */
#define STEPS_LIMIT "(*LIMIT_MATCH=20000)"

char *e164_domain(const char *number, const char *suffix)
{
    GString *domain;
    gsize digits;

    if (*number != '+')
        return NULL;
    digits = strspn(number + 1, "0123456789");
    if (digits == 0 || digits > E164_DIGITS || number[1 + digits])
        return NULL;
    domain = g_string_new(NULL);
    for (gsize i = digits; i > 0; i--)
        g_string_append_printf(domain, "%c.", number[i]);
    g_string_append(domain, suffix + (*suffix == '.'));
    return g_string_free(domain, FALSE);
}

/* The parts of a substitution expression, delimiters taken away. */
typedef struct Substitution {
    char *pattern, *replacement;
    gboolean ignore_case;
} Substitution;

static void substitution_clear(Substitution *parts)
{
    g_free(parts->pattern);
    g_free(parts->replacement);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Substitution, substitution_clear)

/* Takes what stands before the next DELIMITER that no backslash precedes; an escaped delimiter is
 * the character itself. NULL when there is no further delimiter. */
static char *part_take(const char **from, char delimiter)
{
    g_autoptr(GString) part = g_string_new(NULL);

    for (const char *c = *from; *c; c++) {
        if (*c == delimiter) {
            *from = c + 1;
            return g_string_free(g_steal_pointer(&part), FALSE);
        }
        if (*c == '\\' && c[1] == delimiter)
            c++;
        else if (*c == '\\' && c[1])
            g_string_append_c(part, *c++);
        g_string_append_c(part, *c);
    }
    return NULL;
}

static gboolean substitution_read(const char *regexp, Substitution *parts)
{
    const char *from = regexp + 1;

    /* RFC 3402 3.2: no digit, which would be a back reference when escaped, and not the flag. */
    if (!*regexp || strlen(regexp) > REGEXP_MAX || strchr("0123456789i\\", *regexp))
        return FALSE;
    parts->pattern = part_take(&from, *regexp);
    parts->replacement = parts->pattern ? part_take(&from, *regexp) : NULL;
    if (!parts->replacement)
        return FALSE;
    parts->ignore_case = strcmp(from, "i") == 0;
    return !*from || parts->ignore_case;
}

/* POSIX's extended expressions are a part of what PCRE reads, but for what begins with a question
 * mark or an asterisk after a parenthesis: there PCRE's own language begins, which is none of a
 * stranger's business. */
static gboolean pattern_is_posix(const char *pattern)
{
    return *pattern && !strstr(pattern, "(?") && !strstr(pattern, "(*");
}

/* PARTS' replacement with \1 to \9 filled in. */
static char *replacement_fill(const char *replacement, const GMatchInfo *match)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (const char *c = replacement; *c; c++) {
        if (*c != '\\') {
            g_string_append_c(out, *c);
            continue;
        }
        c++;
        if (*c >= '1' && *c <= '9') {
            g_autofree char *group = g_match_info_fetch(match, *c - '0');

            if (*c - '0' >= g_match_info_get_match_count(match) && !group)
                return NULL;
            g_string_append(out, group ? group : "");
        } else if (*c == '\\') {
            g_string_append_c(out, '\\');
        } else {
            return NULL;
        }
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *e164_substitute(const char *regexp, const char *text)
{
    g_auto(Substitution) parts = {0};
    g_autofree char *limited = NULL;
    g_autoptr(GRegex) pattern = NULL;
    g_autoptr(GMatchInfo) match = NULL;

    if (!g_utf8_validate(regexp, -1, NULL) || !substitution_read(regexp, &parts) ||
        !pattern_is_posix(parts.pattern))
        return NULL;
    limited = g_strconcat(STEPS_LIMIT, parts.pattern, NULL);
    pattern = g_regex_new(limited, parts.ignore_case ? G_REGEX_CASELESS : 0, 0, NULL);
    if (!pattern || !g_regex_match_full(pattern, text, -1, 0, 0, &match, NULL))
        return NULL;
    return replacement_fill(parts.replacement, match);
}

/* "E2U+sip", and one of several as in "E2U+voice:tel+sip" (RFC 6116 3.4.3). */
static gboolean services_have_sip(const char *services)
{
    g_auto(GStrv) words = g_strsplit(services, "+", -1);

    if (!words[0] || g_ascii_strcasecmp(words[0], "E2U") != 0)
        return FALSE;
    for (char **word = words + 1; *word; word++) {
        gsize type = strcspn(*word, ":");

        if (type == 3 && g_ascii_strncasecmp(*word, "sip", 3) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean uri_is_good(const char *uri)
{
    const char *rest = g_ascii_strncasecmp(uri, "sip:", 4) == 0    ? uri + 4
                       : g_ascii_strncasecmp(uri, "sips:", 5) == 0 ? uri + 5
                                                                   : NULL;

    if (!rest || !*rest || strlen(uri) > URI_LENGTH_MAX)
        return FALSE;
    for (const char *c = rest; *c; c++) {
        if ((guchar)*c <= ' ' || (guchar)*c >= 0x7f || strchr("<>\"\\^`{}|", *c))
            return FALSE;
    }
    return TRUE;
}

static EnumOutcome record_apply(const EnumRecord *record, const char *number, char **result)
{
    if (g_ascii_strcasecmp(record->flags, "u") == 0 && services_have_sip(record->services)) {
        g_autofree char *uri = e164_substitute(record->regexp, number);

        if (!uri || !uri_is_good(uri))
            return ENUM_NOTHING;
        *result = g_steal_pointer(&uri);
        return ENUM_URI;
    }
    /* RFC 6116 5.2.1: non-terminal records have no flag, no service and no expression. */
    if (!*record->flags && !*record->services && !*record->regexp && *record->replacement &&
        strcmp(record->replacement, ".") != 0) {
        *result = g_strdup(record->replacement);
        return ENUM_DOMAIN;
    }
    return ENUM_NOTHING;
}

static int record_compare(gconstpointer a, gconstpointer b)
{
    const EnumRecord *one = *(const EnumRecord *const *)a, *other = *(const EnumRecord *const *)b;

    if (one->order != other->order)
        return one->order < other->order ? -1 : 1;
    return (one->preference > other->preference) - (one->preference < other->preference);
}

EnumOutcome e164_choose(const EnumRecord *records, gsize count, const char *number, char **result)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new((guint)count);

    for (gsize i = 0; i < count; i++)
        g_ptr_array_add(sorted, (gpointer)&records[i]);
    g_ptr_array_sort(sorted, record_compare);
    for (guint i = 0; i < sorted->len; i++) {
        EnumOutcome outcome = record_apply(g_ptr_array_index(sorted, i), number, result);

        if (outcome != ENUM_NOTHING)
            return outcome;
    }
    return ENUM_NOTHING;
}
