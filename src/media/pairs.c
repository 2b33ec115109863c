/* Pairs of ports, and the clock that takes the place of a channel's for them. */
#include "pairs.h"
#include "g711.h"

#include <string.h>

#define BLOCK 80 /* samples: 10 ms */
#define BLOCK_US (10 * 1000)
#define BEHIND_US (20 * BLOCK_US) /* who is later than that does not catch up */

typedef struct Pair {
    Port *one, *other;
    guint8 said[BLOCK]; /* by OTHER in the block before, in the law of ONE */
} Pair;

struct Pairs {
    Loop *loop;
    LoopTimer *timer;
    gint64 due_us; /* when the next block is */
    GArray *pairs; /* of Pair */
};

/* What came from FROM, as TO's channel would have it. */
static void translate(const Port *from, const Port *to, guint8 *octets)
{
    guint8 before[BLOCK];

    if (port_law(from) == port_law(to))
        return;
    memcpy(before, octets, BLOCK);
    law_convert(law_table(port_law(from), port_law(to)), octets, before, BLOCK);
}

static void pair_block(Pair *pair)
{
    guint8 said[BLOCK];

    memset(said, law_silence(port_law(pair->one)), BLOCK);
    port_block(pair->one, pair->said, said, BLOCK);
    translate(pair->one, pair->other, said);
    memset(pair->said, law_silence(port_law(pair->other)), BLOCK);
    port_block(pair->other, said, pair->said, BLOCK);
    translate(pair->other, pair->one, pair->said);
}

static void pairs_run(void *user)
{
    Pairs *self = user;
    gint64 now = loop_now(self->loop);

    self->due_us = MAX(self->due_us, now - BEHIND_US);
    for (; self->due_us <= now; self->due_us += BLOCK_US)
        for (guint i = 0; i < self->pairs->len; i++)
            pair_block(&g_array_index(self->pairs, Pair, i));
    loop_timer_start(self->loop, self->timer, self->due_us - now);
}

Pairs *pairs_new(Loop *loop)
{
    Pairs *self = g_new0(Pairs, 1);

    self->loop = loop;
    self->timer = loop_timer_new(loop, pairs_run, self);
    self->pairs = g_array_new(FALSE, FALSE, sizeof(Pair));
    return self;
}

void pairs_free(Pairs *self)
{
    if (!self)
        return;
    loop_timer_free(self->loop, self->timer);
    g_array_unref(self->pairs);
    g_free(self);
}

void pairs_join(Pairs *self, Port *one, Port *other)
{
    Pair pair = {one, other, {0}};

    for (guint i = 0; i < self->pairs->len; i++) {
        const Pair *there = &g_array_index(self->pairs, Pair, i);

        if ((there->one == one && there->other == other) ||
            (there->one == other && there->other == one))
            return;
    }
    memset(pair.said, law_silence(port_law(one)), BLOCK);
    port_drain(one);
    port_drain(other);
    g_array_append_val(self->pairs, pair);
    if (self->pairs->len > 1)
        return;
    self->due_us = loop_now(self->loop) + BLOCK_US;
    loop_timer_start(self->loop, self->timer, BLOCK_US);
}

void pairs_part(Pairs *self, Port *port)
{
    for (guint i = self->pairs->len; i-- > 0;) {
        const Pair *pair = &g_array_index(self->pairs, Pair, i);

        if (pair->one == port || pair->other == port)
            g_array_remove_index(self->pairs, i);
    }
    if (self->pairs->len == 0)
        loop_timer_stop(self->loop, self->timer);
}
