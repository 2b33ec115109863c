/* How often a source has called for help within a minute. */
#include "emergency.h"

#define MINUTE_US (60 * G_USEC_PER_SEC)
#define SOURCES_MAX 1024

struct EmergencyRate {
    GHashTable *sources; /* char* -> GArray of gint64: when it called, oldest first */
};

EmergencyRate *emergency_rate_new(void)
{
    EmergencyRate *rate = g_new0(EmergencyRate, 1);

    rate->sources =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
    return rate;
}

void emergency_rate_free(EmergencyRate *rate)
{
    if (!rate)
        return;
    g_hash_table_unref(rate->sources);
    g_free(rate);
}

static gint64 last_of(const GArray *times)
{
    return g_array_index(times, gint64, times->len - 1);
}

static gboolean is_over(gpointer key, gpointer value, gpointer now_us)
{
    return last_of(value) <= *(gint64 *)now_us - MINUTE_US;
}

/* Room for one more: who is silent longest goes, all the same who that is. */
static void rate_make_room(EmergencyRate *rate, gint64 now_us)
{
    GHashTableIter iter;
    gpointer key, value, oldest = NULL;
    gint64 least = G_MAXINT64;

    if (g_hash_table_size(rate->sources) < SOURCES_MAX)
        return;
    if (g_hash_table_foreach_remove(rate->sources, is_over, &now_us))
        return;
    g_hash_table_iter_init(&iter, rate->sources);
    while (g_hash_table_iter_next(&iter, &key, &value))
        if (last_of(value) < least) {
            least = last_of(value);
            oldest = key;
        }
    g_hash_table_remove(rate->sources, oldest);
}

guint emergency_rate_note(EmergencyRate *rate, const char *source, gint64 now_us)
{
    GArray *times = g_hash_table_lookup(rate->sources, source);
    guint gone = 0;

    if (!times) {
        rate_make_room(rate, now_us);
        times = g_array_new(FALSE, FALSE, sizeof(gint64));
        g_hash_table_insert(rate->sources, g_strdup(source), times);
    }
    while (gone < times->len && g_array_index(times, gint64, gone) <= now_us - MINUTE_US)
        gone++;
    /* The highest rate that can be set is 10,000: what is beyond needs no more memory. */
    if (times->len - gone > 10000)
        gone++;
    g_array_remove_range(times, 0, gone);
    g_array_append_val(times, now_us);
    return times->len;
}
