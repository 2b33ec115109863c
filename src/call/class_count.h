/* What is counted of one user: live calls, calls of the last hour, call time of the last day. */
#pragma once

#include <glib.h>

#define CLASS_HOUR_SLOTS 60 /* of a minute */
#define CLASS_DAY_SLOTS 24  /* of an hour */

typedef struct CallerCount {
    char *key;
    guint live;
    GList idle_link; /* in the table's idle queue while live is 0 */
    /* Answered calls that still last: their time is answered * now - answered_sum_us. */
    guint answered;
    gint64 answered_sum_us;
    gint64 hour_slot, day_slot;     /* the newest slot */
    guint32 hour[CLASS_HOUR_SLOTS]; /* calls begun */
    gint64 day_us[CLASS_DAY_SLOTS]; /* time of calls that have ended */
} CallerCount;

/* Callers by key, at most CAPACITY: the one idle for longest makes room. */
typedef struct CallerTable CallerTable;

CallerTable *callers_new(guint capacity);
void callers_free(CallerTable *table);
/* NULL when KEY is unknown. When nobody is idle and there is no room, one count serves all that are
 * not in the table. */
CallerCount *callers_find(const CallerTable *table, const char *key);
/* The count of KEY, made if need be. */
CallerCount *callers_take(CallerTable *table, const char *key);
guint callers_size(const CallerTable *table);

void caller_begin(CallerTable *table, CallerCount *caller, gint64 now_us);
void caller_answer(CallerCount *caller, gint64 now_us);
/* ANSWERED_US: when the call was answered; 0: it was not. */
void caller_end(CallerTable *table, CallerCount *caller, gint64 answered_us, gint64 now_us);
/* Calls begun in the last hour; time of answered calls in the last day, those still going on too.
 */
guint caller_hour_calls(CallerCount *caller, gint64 now_us);
gint64 caller_day_us(CallerCount *caller, gint64 now_us);
