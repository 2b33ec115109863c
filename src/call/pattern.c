/* Dial patterns: X Z N, classes, a tail of anything; fitted digit by digit, so that overlap knows
 * when to wait. */
#include "route.h"

#include <string.h>

/* A class [1-5] or [13-5] that begins at PATTERN: does it hold DIGIT? *NEXT is what follows the
 * class. */
static gboolean class_holds(const char *pattern, char digit, const char **next)
{
    gboolean holds = FALSE;

    for (pattern++; *pattern && *pattern != ']'; pattern++)
        if (pattern[1] == '-' && pattern[2] && pattern[2] != ']') {
            holds |= digit >= pattern[0] && digit <= pattern[2];
            pattern += 2;
        } else {
            holds |= digit == *pattern;
        }
    *next = *pattern ? pattern + 1 : pattern;
    return holds;
}

/* Does the first element of PATTERN take DIGIT? *NEXT is what follows the element. */
static gboolean element_takes(const char *pattern, char digit, const char **next)
{
    *next = pattern + 1;
    switch (g_ascii_toupper(*pattern)) {
    case 'X':
        return g_ascii_isdigit(digit);
    case 'Z':
        return digit >= '1' && digit <= '9';
    case 'N':
        return digit >= '2' && digit <= '9';
    case '[':
        return class_holds(pattern, digit, next);
    default:
        return digit == *pattern;
    }
}

PatternFit pattern_match(const char *pattern, const char *digits)
{
    while (*pattern) {
        const char *next;

        if (*pattern == '!')
            return PATTERN_YES;
        if (*pattern == '.')
            return *digits ? PATTERN_YES : PATTERN_PARTIAL;
        if (!*digits)
            return PATTERN_PARTIAL;
        if (!element_takes(pattern, *digits, &next))
            return PATTERN_NO;
        pattern = next;
        digits++;
    }
    return *digits ? PATTERN_NO : PATTERN_YES;
}

gboolean pattern_is_open(const char *pattern)
{
    gsize length = strlen(pattern);

    return length > 0 && (pattern[length - 1] == '.' || pattern[length - 1] == '!');
}

static gboolean pattern_wrong(GError **error, const char *pattern, const char *at, const char *what)
{
    g_set_error(error, g_quark_from_static_string("tieline-pattern-error"), 0,
                "pattern '%s', place %d: %s", pattern, (int)(at - pattern) + 1, what);
    return FALSE;
}

/* Checks the class at *AT and moves behind it. */
static gboolean class_check(const char *pattern, const char **at, GError **error)
{
    const char *c = *at + 1;

    if (*c == ']')
        return pattern_wrong(error, pattern, *at, "an empty class");
    for (; *c != ']'; c++) {
        if (!g_ascii_isdigit(*c) && (!*c || !strchr("*#", *c)))
            return pattern_wrong(error, pattern, c, *c ? "a class holds digits" : "no ']'");
        if (c[1] != '-')
            continue;
        if (!g_ascii_isdigit(c[0]) || !g_ascii_isdigit(c[2]) || c[2] < c[0])
            return pattern_wrong(error, pattern, c, "a range goes from a digit up to a digit");
        c += 2;
    }
    *at = c + 1;
    return TRUE;
}

gboolean pattern_check(const char *pattern, GError **error)
{
    const char *c = pattern;

    if (!*pattern)
        return pattern_wrong(error, pattern, c, "it is empty");
    while (*c) {
        if (*c == '[') {
            if (!class_check(pattern, &c, error))
                return FALSE;
            continue;
        }
        if ((*c == '.' || *c == '!') && c[1])
            return pattern_wrong(error, pattern, c, "'.' and '!' stand at the end only");
        if (*c == '+' && c != pattern)
            return pattern_wrong(error, pattern, c, "'+' stands at the beginning only");
        if (!g_ascii_isdigit(*c) && !strchr("XZNxzn*#+.!", *c))
            return pattern_wrong(error, pattern, c, "allowed are X Z N 0-9 * # + [ ] . !");
        c++;
    }
    return TRUE;
}
