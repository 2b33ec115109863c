/* The simulated line: packets arrive when their delay is over and are read as a port reads them. */
#include "jitter_line.h"

guint8 sound(guint32 timestamp)
{
    guint32 x = timestamp * 2654435761u;

    return (guint8)((x ^ x >> 15) >> 8);
}

static double emission(const Line *line, guint packet)
{
    return (packet + 1.0) * line->ptime / (1 + line->ppm * 1e-6);
}

static void line_put(Line *line, guint packet, double handled)
{
    guint8 octets[240];
    guint32 timestamp = line->first + packet * line->ptime;
    double waited = handled - line->arrival[packet % WINDOW_PACKETS];

    for (guint i = 0; i < line->ptime; i++)
        octets[i] = sound(timestamp + i);
    jitter_put(&line->jitter, timestamp, octets, line->ptime, (guint)MAX(waited, 0));
}

/* Reads what has arrived by HANDLED, in order of arrival. */
static void line_poll(Line *line, double handled)
{
    line->since_poll = 0;
    while (line->sent < line->unread + WINDOW_PACKETS - 1 &&
           emission(line, line->sent) <= handled) {
        double delay = line->delay ? line->delay(line, line->sent) : 0;

        line->arrival[line->sent % WINDOW_PACKETS] = emission(line, line->sent) + delay;
        line->read[line->sent % WINDOW_PACKETS] = delay < 0;
        line->sent++;
    }
    for (;;) {
        guint best = line->sent;

        for (guint i = line->unread; i < line->sent; i++)
            if (!line->read[i % WINDOW_PACKETS] && line->arrival[i % WINDOW_PACKETS] <= handled &&
                (best == line->sent ||
                 line->arrival[i % WINDOW_PACKETS] < line->arrival[best % WINDOW_PACKETS]))
                best = i;
        if (best == line->sent)
            break;
        line->read[best % WINDOW_PACKETS] = TRUE;
        line_put(line, best, handled);
    }
    while (line->unread < line->sent && line->read[line->unread % WINDOW_PACKETS])
        line->unread++;
}

Line *line_new(guint target_ms, guint ptime_ms, guint block)
{
    Line *line = g_new0(Line, 1);

    line->target = target_ms * 8;
    line->ptime = ptime_ms * 8;
    line->block = block;
    line->first = 0xfffff000; /* the timestamp wraps within the first second */
    line->random = g_rand_new_with_seed(3550);
    jitter_init(&line->jitter, LAW_ALAW, line->target);
    return line;
}

void line_free(Line *line)
{
    g_rand_free(line->random);
    g_free(line->heard);
    g_free(line);
}

void line_run(Line *line, guint seconds)
{
    line->seconds += seconds;
    line->heard = g_realloc(line->heard, line->seconds * SECOND + line->block);
    while (line->now < line->seconds * SECOND) {
        double handled = line->now + (line->stall ? line->stall(line, line->now) : 0);

        line->since_poll += line->block;
        if (line->since_poll >= POLL ||
            (line->jitter.running && !jitter_is_ready(&line->jitter, line->block)))
            line_poll(line, handled);
        jitter_play(&line->jitter, line->heard + line->now, line->block);
        line->now += line->block;
    }
}

/* The constant distance between our clock and the far end's timestamps at START; asserts that there
 * is one. */
guint32 line_offset(const Line *line, guint32 start)
{
    for (guint32 back = 0; back < SECOND; back++) {
        guint32 offset = line->first - back;
        guint i = 0;

        while (i < 64 && line->heard[start + i] == sound(start + i + offset))
            i++;
        if (i == 64)
            return offset;
    }
    g_test_message("nothing of the far end is heard at %u (target %u, ptime %u, block %u)", start,
                   line->target, line->ptime, line->block);
    g_assert_not_reached();
}

guint assert_exact(const Line *line, guint32 start)
{
    guint32 offset = line_offset(line, start);

    for (guint32 i = start; i < line->now; i++)
        if (line->heard[i] != sound(i + offset)) {
            g_test_message("differs after %u samples (target %u, ptime %u, block %u)", i,
                           line->target, line->ptime, line->block);
            g_assert_cmphex(line->heard[i], ==, sound(i + offset));
        }
    g_assert_cmpuint(line->jitter.stats.late, ==, 0);
    g_assert_cmpuint(line->jitter.stats.concealed, ==, 0);
    g_assert_cmpuint(line->jitter.stats.slipped, ==, 0);
    return line->first - offset;
}
