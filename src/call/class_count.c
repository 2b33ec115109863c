/* Counting callers in a table that never grows beyond its size, whoever calls. */
#include "class_count.h"

#include <string.h>

#define MINUTE_US (G_GINT64_CONSTANT(60) * G_USEC_PER_SEC)
#define HOUR_US (60 * MINUTE_US)

struct CallerTable {
    GHashTable *callers; /* char* (the caller's own) -> CallerCount*, owned */
    GQueue idle;         /* of CallerCount*, idle for longest first */
    guint capacity;
    CallerCount rest; /* of those for whom there was no room */
};

static void caller_free(gpointer data)
{
    CallerCount *caller = data;

    g_free(caller->key);
    g_free(caller);
}

CallerTable *callers_new(guint capacity)
{
    CallerTable *table = g_new0(CallerTable, 1);

    table->callers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, caller_free);
    table->capacity = capacity;
    return table;
}

void callers_free(CallerTable *table)
{
    if (!table)
        return;
    g_hash_table_destroy(table->callers);
    g_free(table);
}

guint callers_size(const CallerTable *table)
{
    return g_hash_table_size(table->callers);
}

/* Nobody is idle, and there is no room. */
static gboolean callers_is_full(const CallerTable *table)
{
    return callers_size(table) >= table->capacity && !table->idle.length;
}

CallerCount *callers_find(const CallerTable *table, const char *key)
{
    CallerCount *caller = g_hash_table_lookup(table->callers, key);

    if (!caller && callers_is_full(table))
        return (CallerCount *)&table->rest;
    return caller;
}

CallerCount *callers_take(CallerTable *table, const char *key)
{
    CallerCount *caller = callers_find(table, key);

    if (caller)
        return caller;
    if (callers_size(table) >= table->capacity) {
        GList *oldest = g_queue_pop_head_link(&table->idle);

        g_hash_table_remove(table->callers, ((CallerCount *)oldest->data)->key);
    }
    caller = g_new0(CallerCount, 1);
    caller->key = g_strdup(key);
    caller->idle_link.data = caller;
    g_hash_table_insert(table->callers, caller->key, caller);
    g_queue_push_tail_link(&table->idle, &caller->idle_link);
    return caller;
}

/* Empties the slots that time has passed over since the newest. */
static void caller_pass(CallerCount *caller, gint64 now_us)
{
    gint64 minute = now_us / MINUTE_US, hour = now_us / HOUR_US;

    if (minute - caller->hour_slot >= CLASS_HOUR_SLOTS)
        memset(caller->hour, 0, sizeof(caller->hour));
    else
        while (caller->hour_slot < minute)
            caller->hour[++caller->hour_slot % CLASS_HOUR_SLOTS] = 0;
    caller->hour_slot = minute;
    if (hour - caller->day_slot >= CLASS_DAY_SLOTS)
        memset(caller->day_us, 0, sizeof(caller->day_us));
    else
        while (caller->day_slot < hour)
            caller->day_us[++caller->day_slot % CLASS_DAY_SLOTS] = 0;
    caller->day_slot = hour;
}

void caller_begin(CallerTable *table, CallerCount *caller, gint64 now_us)
{
    caller_pass(caller, now_us);
    caller->hour[caller->hour_slot % CLASS_HOUR_SLOTS]++;
    if (caller->live++ == 0 && caller != &table->rest)
        g_queue_unlink(&table->idle, &caller->idle_link);
}

void caller_answer(CallerCount *caller, gint64 now_us)
{
    caller->answered++;
    caller->answered_sum_us += now_us;
}

void caller_end(CallerTable *table, CallerCount *caller, gint64 answered_us, gint64 now_us)
{
    caller_pass(caller, now_us);
    if (answered_us) {
        caller->answered--;
        caller->answered_sum_us -= answered_us;
        caller->day_us[caller->day_slot % CLASS_DAY_SLOTS] += now_us - answered_us;
    }
    if (--caller->live == 0 && caller != &table->rest)
        g_queue_push_tail_link(&table->idle, &caller->idle_link);
}

guint caller_hour_calls(CallerCount *caller, gint64 now_us)
{
    guint calls = 0;

    caller_pass(caller, now_us);
    for (guint i = 0; i < CLASS_HOUR_SLOTS; i++)
        calls += caller->hour[i];
    return calls;
}

gint64 caller_day_us(CallerCount *caller, gint64 now_us)
{
    gint64 us = caller->answered * now_us - caller->answered_sum_us;

    caller_pass(caller, now_us);
    for (guint i = 0; i < CLASS_DAY_SLOTS; i++)
        us += caller->day_us[i];
    return us;
}
