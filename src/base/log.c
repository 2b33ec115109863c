/* The log: one line, one write(2), a priority or a time of day in front. */
#include "log.h"
#include "clock.h"
#include "names.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *const level_names[] = {"error", "warning", "notice", "info", "debug"};
/* syslog(3) priorities, as sd-daemon(3) reads them at the front of a line. */
static const int level_priorities[] = {3, 4, 5, 6, 7};

static gint log_level = LEVEL_NOTICE;
static gint log_journal;

void log_open(LogLevel level, gboolean journal)
{
    g_atomic_int_set(&log_level, (gint)level);
    g_atomic_int_set(&log_journal, journal);
}

gboolean log_level_parse(const char *name, LogLevel *level)
{
    int found = names_find(level_names, G_N_ELEMENTS(level_names), name);

    if (found < 0)
        return FALSE;
    *level = (LogLevel)found;
    return TRUE;
}

gboolean log_wants(LogLevel level)
{
    return (gint)level <= g_atomic_int_get(&log_level);
}

static gsize line_begin(char *line, gsize size, LogLevel level)
{
    gint64 now = clock_wall_us();
    time_t seconds = now / G_USEC_PER_SEC;
    struct tm local;
    gsize used;

    if (g_atomic_int_get(&log_journal))
        return g_snprintf(line, size, "<%d>", level_priorities[level]);
    localtime_r(&seconds, &local);
    used = strftime(line, size, "%F %T", &local);
    return used + g_snprintf(line + used, size - used, ".%06d %-7s ", (int)(now % G_USEC_PER_SEC),
                             level_names[level]);
}

/* TEXT comes in part from the network: it must neither forge another line nor steer a terminal, and
 * who reads it may ask for UTF-8. */
static void line_clean(char *text)
{
    while (*text) {
        gunichar c = g_utf8_get_char_validated(text, -1);
        gboolean valid = c < 0x110000; /* else (gunichar)-1 or -2 */
        gsize octets = valid ? g_unichar_to_utf8(c, NULL) : 1;

        if (!valid || g_unichar_iscntrl(c))
            memset(text, '?', octets);
        text += octets;
    }
}

void log_line(LogLevel level, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    gsize start, end;
    va_list args;

    if (!log_wants(level))
        return;
    start = line_begin(line, sizeof(line), level);
    va_start(args, format);
    g_vsnprintf(line + start, sizeof(line) - start - 1, format, args);
    va_end(args);
    line_clean(line + start);
    end = strlen(line);
    line[end++] = '\n';
    if (write(STDERR_FILENO, line, end) < 0)
        return; /* nobody listens, and there is no other place to say so */
}

gboolean log_limit(LogLimit *limit, guint burst, gint64 per_us)
{
    gint64 now = clock_now_us();

    if (!limit->window_us || now - limit->window_us >= per_us) {
        limit->window_us = now;
        limit->count = 0;
    }
    if (limit->count < burst) {
        limit->count++;
        return TRUE;
    }
    limit->suppressed++;
    return FALSE;
}
