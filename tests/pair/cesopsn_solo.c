/* One CESoPSN span and a scripted far end. */
#include "cesopsn_solo.h"

#include <string.h>

static void solo_send(void *user)
{
    Solo *self = user;

    far_send(&self->far, self->control, 0x7e, self->length);
    self->due_us += self->period_us;
    loop_timer_start(self->loop, self->timer, self->due_us - loop_now(self->loop));
}

void solo_init(Solo *self, SpanClock clock)
{
    guint16 here = end_free_port(), there = end_free_port();

    *self = (Solo){.loop = loop_virtual_new(), .period_us = 1000, .length = E1_PAYLOAD};
    end_init(&self->end, "solo", here, there);
    self->end.settings.clock = clock;
    far_open(&self->far, there, here, E1_PAYLOAD);
    self->timer = loop_timer_new(self->loop, solo_send, self);
}

void solo_start(Solo *self)
{
    self->due_us = loop_now(self->loop) + self->period_us / 2; /* between the span's own ticks */
    loop_timer_start(self->loop, self->timer, self->period_us / 2);
}

void solo_up(Solo *self)
{
    end_open(&self->end, self->loop);
    solo_start(self);
    g_assert_true(loop_virtual_wait(self->loop, 400 * MS, end_is_quiet, &self->end));
}

void solo_clear(Solo *self)
{
    end_clear(&self->end);
    loop_timer_free(self->loop, self->timer);
    far_close(&self->far);
    loop_virtual_advance(self->loop, 0);
    loop_virtual_free(self->loop);
}

gsize solo_last(Solo *self, guint8 *packet, gsize size)
{
    gsize length = 0, got;
    guint8 next[1500];

    while ((got = far_take(&self->far, next, sizeof(next)))) {
        g_assert_cmpuint(got, <=, size);
        memcpy(packet, next, got);
        length = got;
    }
    return length;
}
