/* Spans on the media thread's loop, and the table from channel to port. */
#include "engine.h"
#include "log.h"
#include "pairs.h"
#include "selftest.h"

#define CHANNELS 32
#define BOARD_EVERY_US (500 * 1000)

/* One span, and who serves its channels. */
typedef struct EngineSpan {
    Engine *engine;
    guint8 index;
    Span *span;
    SpanAlarms told;
    Port *ports[CHANNELS];
    Selftest *selftest; /* it has the channels then */
} EngineSpan;

struct Engine {
    Loop *loop;
    Board *board;
    EngineEvents events;
    guint span_count;
    EngineSpan *spans;
    GHashTable *ports; /* of Port, by call */
    GHashTable *joins; /* call to call, both ways: what their spans have bridged */
    Pairs *pairs;      /* ports that speak with each other and with no channel */
    LoopTimer *board_timer;
};

static void engine_on_frame(void *user, const guint8 *frame, gsize length)
{
    EngineSpan *line = user;
    EngineEvents *events = &line->engine->events;

    events->d_frame(events->user, line->index, frame, length);
}

static void engine_on_block(void *user, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    EngineSpan *line = user;

    if (line->selftest)
        selftest_block(line->selftest, channel, rx, tx, count);
    else if (channel < CHANNELS && line->ports[channel])
        port_block(line->ports[channel], rx, tx, count);
}

static void engine_on_alarm(void *user, SpanAlarms alarms)
{
    EngineSpan *line = user;
    EngineEvents *events = &line->engine->events;

    if (alarms == line->told)
        return;
    line->told = alarms;
    if (line->span)
        board_write_span(line->engine->board, line->index, alarms, &line->span->counters);
    events->alarm(events->user, line->index, alarms);
}

static void engine_write_board(void *user)
{
    Engine *self = user;
    GHashTableIter iter;
    gpointer port;

    for (guint i = 0; i < self->span_count; i++) {
        const Span *span = self->spans[i].span;

        board_write_span(self->board, i, span->alarms, &span->counters);
    }
    g_hash_table_iter_init(&iter, self->ports);
    while (g_hash_table_iter_next(&iter, NULL, &port)) {
        MediaStats stats;

        port_stats(port, &stats);
        board_write_port(self->board, &stats);
    }
    loop_timer_start(self->loop, self->board_timer, BOARD_EVERY_US);
}

static gboolean engine_open_span(Engine *self, const SpanSettings *settings, guint index,
                                 GError **error)
{
    EngineSpan *line = &self->spans[index];
    SpanEvents events = {
        .user = line,
        .d_frame = engine_on_frame,
        .b_block = engine_on_block,
        .alarm = engine_on_alarm,
    };

    line->engine = self;
    line->index = (guint8)index;
    line->span = span_open(settings, self->loop, &events, error);
    if (!line->span)
        return FALSE;
    /* A span may be born with an alarm that no change announces. */
    engine_on_alarm(line, line->span->alarms);
    return TRUE;
}

Engine *engine_new(const Settings *settings, Loop *loop, Board *board, const EngineEvents *events,
                   GError **error)
{
    Engine *self = g_new0(Engine, 1);

    self->loop = loop;
    self->board = board;
    self->events = *events;
    self->ports = g_hash_table_new(NULL, NULL);
    self->joins = g_hash_table_new(NULL, NULL);
    self->pairs = pairs_new(loop);
    self->board_timer = loop_timer_new(loop, engine_write_board, self);
    self->spans = g_new0(EngineSpan, settings->spans->len);
    for (guint i = 0; i < settings->spans->len; i++) {
        if (!engine_open_span(self, settings->spans->pdata[i], i, error)) {
            engine_free(self);
            return NULL;
        }
        self->span_count = i + 1;
    }
    engine_write_board(self);
    return self;
}

void engine_free(Engine *self)
{
    GHashTableIter iter;
    gpointer port;

    if (!self)
        return;
    for (guint i = 0; i < self->span_count; i++) {
        selftest_free(self->spans[i].selftest);
        span_close(self->spans[i].span);
    }
    pairs_free(self->pairs);
    g_hash_table_iter_init(&iter, self->ports);
    while (g_hash_table_iter_next(&iter, NULL, &port))
        port_free(port);
    g_hash_table_unref(self->ports);
    g_hash_table_unref(self->joins);
    loop_timer_free(self->loop, self->board_timer);
    g_free(self->spans);
    g_free(self);
}

/* The line of CHANNEL; NULL when it has none. */
static EngineSpan *engine_line(Engine *self, Channel channel)
{
    if (channel.number == 0 || channel.number >= CHANNELS || channel.span >= self->span_count)
        return NULL;
    return &self->spans[channel.span];
}

static void engine_detach(Engine *self, Port *port, Channel channel)
{
    EngineSpan *line = engine_line(self, channel);

    if (!line || line->ports[channel.number] != port)
        return;
    line->ports[channel.number] = NULL;
    span_b_close(line->span, channel.number);
}

static void engine_attach(Engine *self, Port *port, Channel channel)
{
    EngineSpan *line = engine_line(self, channel);

    if (!line || line->ports[channel.number] == port)
        return;
    if (line->selftest) {
        log_error("media: C%u on span %u, which is out of service", port_orders(port)->call,
                  channel.span);
        return;
    }
    if (line->ports[channel.number])
        log_warning("media: span %u channel %u passes from C%u to C%u", channel.span,
                    channel.number, port_orders(line->ports[channel.number])->call,
                    port_orders(port)->call);
    else
        span_b_open(line->span, channel.number, port_orders(port)->use);
    line->ports[channel.number] = port;
    port_drain(port);
}

/* ---- calls that enter and leave by this box -----------------------------------------------------
 *
 * Two ports that send to each other are two channels: where their spans can join them, no sample
 * takes the way through RTP, and none is lost or delayed there.
 */

static Port *engine_find(Engine *self, gpointer call)
{
    return call ? g_hash_table_lookup(self->ports, call) : NULL;
}

static void engine_part(Engine *self, Port *port)
{
    gpointer call = GUINT_TO_POINTER(port_orders(port)->call);
    gpointer other_call = g_hash_table_lookup(self->joins, call);
    Port *other = engine_find(self, other_call);
    Channel a, b;

    if (!other)
        return;
    a = port_orders(port)->channel;
    b = port_orders(other)->channel;
    span_b_part(self->spans[a.span].span, a.number, self->spans[b.span].span, b.number);
    g_hash_table_remove(self->joins, call);
    g_hash_table_remove(self->joins, other_call);
}

/* The port that PORT speaks with, when that one speaks with PORT; NULL: somebody else. */
static Port *engine_counterpart(Engine *self, Port *port)
{
    GHashTableIter iter;
    gpointer value;

    if (!port_is_through(port))
        return NULL;
    g_hash_table_iter_init(&iter, self->ports);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (value != port && port_is_through(value) && port_speaks_with(port, value) &&
            port_speaks_with(value, port))
            return value;
    }
    return NULL;
}

static void engine_join(Engine *self, Port *port)
{
    Port *other = engine_counterpart(self, port);
    Channel a = port_orders(port)->channel, b;

    if (!other)
        return;
    b = port_orders(other)->channel;
    if (!engine_line(self, a) || !engine_line(self, b) ||
        !span_b_bridge(self->spans[a.span].span, a.number, self->spans[b.span].span, b.number))
        return;
    g_hash_table_insert(self->joins, GUINT_TO_POINTER(port_orders(port)->call),
                        GUINT_TO_POINTER(port_orders(other)->call));
    g_hash_table_insert(self->joins, GUINT_TO_POINTER(port_orders(other)->call),
                        GUINT_TO_POINTER(port_orders(port)->call));
    log_info("media: C%u and C%u are joined by the driver", port_orders(port)->call,
             port_orders(other)->call);
}

/* PORT has no channel: the other one's port is in its place, once that says the same of it. */
static void engine_pair(Engine *self, Port *port)
{
    const PortOrders *orders = port_orders(port);
    Port *partner = engine_find(self, GUINT_TO_POINTER(orders->partner));

    if (partner && port_orders(partner)->partner == orders->call)
        pairs_join(self->pairs, port, partner);
    else
        pairs_part(self->pairs, port);
}

/* The law in which PORT speaks to a channel: that of the line, or of its far end where there is
 * only another port. */
static Law engine_law(Engine *self, const PortOrders *orders)
{
    EngineSpan *line = engine_line(self, orders->channel);

    if (orders->partner && orders->has_remote)
        return orders->remote.law;
    return line ? line->span->settings->law : LAW_ALAW;
}

void engine_add_port(Engine *self, Port *port)
{
    g_hash_table_insert(self->ports, GUINT_TO_POINTER(port_orders(port)->call), port);
}

void engine_order_port(Engine *self, const PortOrders *orders)
{
    Port *port = g_hash_table_lookup(self->ports, GUINT_TO_POINTER(orders->call));
    Channel before;

    if (!port)
        return;
    engine_part(self, port);
    before = port_orders(port)->channel;
    if (before.span != orders->channel.span || before.number != orders->channel.number)
        engine_detach(self, port, before);
    port_obey(port, orders, engine_law(self, orders));
    engine_attach(self, port, orders->channel);
    engine_pair(self, port);
    engine_join(self, port);
}

void engine_play_digits(Engine *self, guint32 call, const char *digits, guint ms, gboolean to_phone)
{
    Port *port = g_hash_table_lookup(self->ports, GUINT_TO_POINTER(call));

    if (port)
        port_play_digits(port, digits, ms, to_phone);
}

gboolean engine_remove_port(Engine *self, guint32 call, MediaStats *stats)
{
    Port *port = g_hash_table_lookup(self->ports, GUINT_TO_POINTER(call));

    if (!port)
        return FALSE;
    engine_part(self, port);
    pairs_part(self->pairs, port);
    engine_detach(self, port, port_orders(port)->channel);
    g_hash_table_remove(self->ports, GUINT_TO_POINTER(call));
    port_stats(port, stats);
    port_free(port);
    return TRUE;
}

static void engine_on_selftested(void *user, const SelftestReport *report)
{
    EngineSpan *line = user;
    EngineEvents *events = &line->engine->events;
    SelftestReport told = *report;

    told.span = line->index;
    g_clear_pointer(&line->selftest, selftest_free);
    events->selftested(events->user, &told);
}

void engine_selftest(Engine *self, guint8 span)
{
    EngineSpan *line = span < self->span_count ? &self->spans[span] : NULL;

    if (line && !line->selftest)
        line->selftest = selftest_new(line->span, self->loop, engine_on_selftested, line);
}

void engine_d_send(Engine *self, guint8 span, const guint8 *frame, gsize length)
{
    if (span < self->span_count)
        span_d_send(self->spans[span].span, frame, length);
}
