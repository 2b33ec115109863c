/* Two CESoPSN ends that face each other. */
#include "cesopsn_line.h"

void line_init(Line *self, gboolean relayed)
{
    guint16 ends[2] = {end_free_port(), end_free_port()};
    guint16 ports[2] = {ends[1], ends[0]};

    *self = (Line){.loop = loop_virtual_new(), .relayed = relayed};
    if (relayed) {
        ports[0] = end_free_port();
        ports[1] = end_free_port();
        relay_open(&self->relay, self->loop, ends, ports);
    }
    end_init(&self->a, "a", ends[0], ports[0]);
    end_init(&self->b, "b", ends[1], ports[1]);
    self->b.settings.clock = SPAN_CLOCK_SLAVE;
}

void line_open(Line *self)
{
    end_open(&self->a, self->loop);
    end_open(&self->b, self->loop);
}

void line_up(Line *self)
{
    line_open(self);
    g_assert_true(loop_virtual_wait(self->loop, 400 * MS, end_is_quiet, &self->a));
    g_assert_true(loop_virtual_wait(self->loop, 400 * MS, end_is_quiet, &self->b));
}

void line_clear(Line *self)
{
    end_clear(&self->a);
    end_clear(&self->b);
    if (self->relayed)
        relay_close(&self->relay);
    loop_virtual_advance(self->loop, 0);
    loop_virtual_free(self->loop);
}

void assert_undisturbed(const End *end)
{
    const SpanCounters *counters = &end->span->counters;

    g_assert_cmpuint(counters->lost, ==, 0);
    g_assert_cmpuint(counters->late, ==, 0);
    g_assert_cmpuint(counters->duplicate, ==, 0);
    g_assert_cmpuint(counters->reordered, ==, 0);
    g_assert_cmpuint(counters->malformed, ==, 0);
    g_assert_cmpuint(counters->foreign, ==, 0);
    g_assert_cmpuint(counters->slips, ==, 0);
    g_assert_cmpuint(counters->late_ticks, ==, 0);
}
