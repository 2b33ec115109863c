/* One line of log: every room writes what happened, to whom, and in which state, in one form.
 *
 * Home thread: any. A line is formatted in the caller's thread and leaves with a single write(2).
 */
#pragma once

#include <glib.h>

typedef enum LogLevel {
    LEVEL_ERROR,   /* something is lost or refused, an operator must act */
    LEVEL_WARNING, /* something is wrong and handled */
    LEVEL_NOTICE,  /* a change of state an operator wants to see */
    LEVEL_INFO,    /* one line per call event */
    LEVEL_DEBUG,   /* protocol detail */
} LogLevel;

/* Sends the log to standard error in LEVEL and above. With JOURNAL, lines carry "<N>" priorities
 * and no time of day, as systemd's journal wants them. May be called again to change the level. */
void log_open(LogLevel level, gboolean journal);

/* Reads a level's name ("error" ... "debug"). FALSE when NAME is none of them. */
gboolean log_level_parse(const char *name, LogLevel *level);

/* TRUE when lines of LEVEL are written; lets a caller save the work of building one. */
gboolean log_wants(LogLevel level);

/* Writes one line; a line feed at the end is ours to add. Control characters and what
 * is not UTF-8 become '?'. */
void log_line(LogLevel level, const char *format, ...) G_GNUC_PRINTF(2, 3);

#define log_error(...) log_line(LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)                                                                             \
    do {                                                                                           \
        if (log_wants(LEVEL_DEBUG))                                                                \
            log_line(LEVEL_DEBUG, __VA_ARGS__);                                                    \
    } while (0)

/* Keeps hostile input from flooding the log: TRUE at most BURST times in any PER_US microseconds.
 * One LogLimit per place that logs; zero-initialised; home thread: the place's own. */
typedef struct LogLimit {
    gint64 window_us;
    guint count;
    guint64 suppressed; /* lines swallowed since the start */
} LogLimit;

gboolean log_limit(LogLimit *limit, guint burst, gint64 per_us);
