/* Copies under a lock. The lock is pthread's own, into which ThreadSanitizer can see. */
#include "board.h"

#include <pthread.h>

typedef struct BoardSpan {
    SpanAlarms alarms;
    SpanCounters counters;
} BoardSpan;

struct Board {
    pthread_mutex_t lock;
    guint span_count;
    BoardSpan *spans;
    GHashTable *ports; /* of MediaStats, by call */
};

Board *board_new(guint spans)
{
    Board *self = g_new0(Board, 1);

    pthread_mutex_init(&self->lock, NULL);
    self->span_count = spans;
    self->spans = g_new0(BoardSpan, spans);
    self->ports = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return self;
}

void board_free(Board *self)
{
    if (!self)
        return;
    g_hash_table_unref(self->ports);
    g_free(self->spans);
    pthread_mutex_destroy(&self->lock);
    g_free(self);
}

void board_write_span(Board *self, guint span, SpanAlarms alarms, const SpanCounters *counters)
{
    g_return_if_fail(span < self->span_count);
    pthread_mutex_lock(&self->lock);
    self->spans[span] = (BoardSpan){alarms, *counters};
    pthread_mutex_unlock(&self->lock);
}

SpanAlarms board_read_span(Board *self, guint span, SpanCounters *counters)
{
    BoardSpan read = {0};

    pthread_mutex_lock(&self->lock);
    if (span < self->span_count)
        read = self->spans[span];
    pthread_mutex_unlock(&self->lock);
    if (counters)
        *counters = read.counters;
    return read.alarms;
}

void board_add_port(Board *self, const MediaStats *stats)
{
    pthread_mutex_lock(&self->lock);
    g_hash_table_insert(self->ports, GUINT_TO_POINTER(stats->call),
                        g_memdup2(stats, sizeof(*stats)));
    pthread_mutex_unlock(&self->lock);
}

void board_write_port(Board *self, const MediaStats *stats)
{
    MediaStats *line;

    pthread_mutex_lock(&self->lock);
    line = g_hash_table_lookup(self->ports, GUINT_TO_POINTER(stats->call));
    if (line)
        *line = *stats;
    pthread_mutex_unlock(&self->lock);
}

void board_wipe_port(Board *self, guint32 call)
{
    pthread_mutex_lock(&self->lock);
    g_hash_table_remove(self->ports, GUINT_TO_POINTER(call));
    pthread_mutex_unlock(&self->lock);
}

gboolean board_read_port(Board *self, guint32 call, MediaStats *stats)
{
    const MediaStats *line;

    pthread_mutex_lock(&self->lock);
    line = g_hash_table_lookup(self->ports, GUINT_TO_POINTER(call));
    if (line)
        *stats = *line;
    pthread_mutex_unlock(&self->lock);
    return line != NULL;
}
