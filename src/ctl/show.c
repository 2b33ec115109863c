/* The commands that list what is there: spans, channels, calls, counters. All run in signalling. */
#include "clock.h"
#include "commands.h"
#include "joined.h"

static const char *d_channel_word(const IsdnSpanStatus *status)
{
    if (status->out_of_service)
        return "out of service";
    switch (status->state) {
    case DCHAN_DOWN:
        return "down";
    case DCHAN_SETTLING:
        return "settling";
    case DCHAN_UP:
        return "up";
    }
    return "?";
}

static const char *channel_word(ChannelState state)
{
    switch (state) {
    case CHANNEL_IDLE:
        return "idle";
    case CHANNEL_BUSY:
        return "busy";
    case CHANNEL_RESTARTING:
        return "restarting";
    case CHANNEL_ASIDE:
        return "aside";
    case CHANNEL_OUT_OF_SERVICE:
        return "out of service";
    }
    return "?";
}

/* ---- spans ---- */

static void d_channel_tell(const CtlScene *scene, guint8 index, JsonObject *row)
{
    IsdnSpanStatus status;

    if (!isdn_span_status(scene->rooms.isdn, index, &status))
        return;
    answer_text(row, "trunk", status.trunk);
    answer_text(row, "d_channel", d_channel_word(&status));
    answer_count(row, "since_s", (guint64)(clock_now_us() - status.since_us) / G_USEC_PER_SEC);
    answer_text(row, "d_role", status.d_role);
    answer_text(row, "busied_out", status.busied_out ? "yes" : NULL);
    answer_count(row, "channels", status.channels);
    answer_count(row, "busy", status.busy);
    answer_count(row, "blocked", status.blocked);
    answer_count(row, "frames_in", status.frames_in);
    answer_count(row, "frames_out", status.frames_out);
    answer_count(row, "frames_refused", status.frames_refused);
    answer_count(row, "ups", status.ups);
    answer_count(row, "downs", status.downs);
}

/* Who gives the line its clock. */
static void timing_tell(const SpanSettings *settings, const SpanCounters *counters, JsonObject *row)
{
    g_autofree char *text = NULL;

    switch (settings->backend) {
    case BACKEND_CESOPSN:
        text = g_strdup(settings->clock == SPAN_CLOCK_MASTER ? "master" : "slave");
        break;
    case BACKEND_DAHDI:
        text = counters->timing ? g_strdup_printf("driver's span %d", counters->timing)
                                : g_strdup("the card's own");
        break;
    case BACKEND_PAIR:
        text = g_strdup("none");
        break;
    }
    answer_text(row, "timing", text);
}

static void card_tell(const SpanCounters *counters, JsonObject *row)
{
    answer_count(row, "bpv", counters->bpv);
    answer_count(row, "crc4", counters->crc4);
    answer_count(row, "ebit", counters->ebit);
    answer_count(row, "fas", counters->fas);
    answer_count(row, "irq_misses", counters->irq_misses);
}

static void packets_tell(const SpanCounters *counters, JsonObject *row)
{
    answer_count(row, "packets_in", counters->packets_in);
    answer_count(row, "packets_out", counters->packets_out);
    answer_count(row, "lost", counters->lost);
    answer_count(row, "late", counters->late);
    answer_count(row, "duplicate", counters->duplicate);
    answer_count(row, "reordered", counters->reordered);
    answer_count(row, "malformed", counters->malformed);
    answer_count(row, "foreign", counters->foreign);
    answer_count(row, "late_ticks", counters->late_ticks);
}

static void line_tell(const CtlScene *scene, guint8 index, JsonObject *row)
{
    const SpanSettings *settings = g_ptr_array_index(scene->opened->spans, index);
    SpanCounters counters = {0};
    char buffer[64];
    SpanAlarms alarms = media_span_status(scene->rooms.media, index, &counters);

    answer_text(row, "alarms", span_alarms_describe(alarms, buffer, sizeof buffer));
    timing_tell(settings, &counters, row);
    if (settings->backend == BACKEND_DAHDI)
        card_tell(&counters, row);
    else
        packets_tell(&counters, row);
    answer_count(row, "slips", counters.slips);
    answer_count(row, "d_bad_fcs", counters.d_bad_fcs);
    answer_count(row, "d_aborts", counters.d_aborts);
    answer_count(row, "d_overlong", counters.d_overlong);
    answer_count(row, "d_dropped_out", counters.d_dropped_out);
}

COMMAND(command_show_spans)
{
    JsonArray *rows = json_array_new();

    for (guint i = 0; i < scene->opened->spans->len; i++) {
        JsonObject *row = answer_row(rows);

        answer_text(row, "span", answer_span(scene, i));
        line_tell(scene, (guint8)i, row);
        d_channel_tell(scene, (guint8)i, row);
    }
    return answer_array(rows);
}

/* ---- channels and calls ---- */

/* Where rows go while a room walks its own list. */
typedef struct Listing {
    const CtlScene *scene;
    JsonArray *rows;
} Listing;

static void stats_tell(const CtlScene *scene, guint32 call, JsonObject *row)
{
    MediaStats stats;

    if (!call || !media_port_stats(scene->rooms.media, call, &stats))
        return;
    answer_count(row, "port", stats.port);
    answer_count(row, "sent", stats.sent);
    answer_count(row, "received", stats.received);
    answer_count(row, "lost", stats.lost);
    answer_count(row, "late", stats.late);
    answer_count(row, "concealed", stats.concealed);
    answer_count(row, "slipped", stats.slipped);
    answer_count(row, "foreign", stats.foreign);
    answer_count(row, "malformed", stats.malformed);
    answer_count(row, "events", stats.events);
    answer_count(row, "jitter_us", stats.jitter_us);
    answer_count(row, "depth_ms", stats.depth_ms);
    answer_count(row, "remote_loss_permille", stats.remote_loss_permille);
}

static void channel_tell(void *user, const ChannelStatus *status)
{
    const Listing *listing = user;
    JsonObject *row = answer_row(listing->rows);
    char buffer[TAG_MAX + 8];

    answer_text(row, "channel",
                answer_channel(listing->scene, status->channel, buffer, sizeof buffer));
    answer_text(row, "trunk", status->trunk);
    answer_text(row, "state", channel_word(status->state));
    if (status->reason) {
        answer_text(row, "reason", channel_reason_name(status->reason));
        answer_count(row, "since_s", (guint64)(clock_now_us() - status->since_us) / G_USEC_PER_SEC);
    }
    if (status->call)
        answer_count(row, "call", status->call);
    answer_count(row, "calls", status->calls);
    stats_tell(listing->scene, status->call, row);
}

COMMAND(command_show_channels)
{
    Listing listing = {scene, json_array_new()};

    isdn_each_channel(scene->rooms.isdn, channel_tell, &listing);
    return answer_array(listing.rows);
}

/* "trunk pbx" or "sip 192.0.2.7:5060 (proxy)". */
static void origin_tell(const CallOrigin *origin, JsonObject *row)
{
    char buffer[64];
    g_autofree char *from = NULL;

    switch (origin->kind) {
    case ORIGIN_PRI:
    case ORIGIN_TRANSIT:
        from = g_strdup_printf("trunk %s", origin->trunk);
        break;
    case ORIGIN_SIP:
        from = g_strdup_printf(
            "sip %s%s%s%s",
            address_describe((const struct sockaddr *)&origin->source, buffer, sizeof buffer),
            *origin->peer ? " (" : "", origin->peer, *origin->peer ? ")" : "");
        break;
    }
    answer_text(row, "from", from);
    json_object_set_boolean_member(row, "emergency", origin->emergency);
}

static void target_tell(const Call *call, JsonObject *row)
{
    const TrunkSettings *trunk = call_trunk(call);
    g_autofree char *to = NULL;

    /* From a trunk the call's own trunk is where it came from. */
    if (call_through(call))
        to = g_strdup_printf("trunk %s", call_through(call)->name);
    else if (*call_uri(call))
        to = g_strdup(call_uri(call));
    else if (trunk && call_origin(call)->kind == ORIGIN_SIP)
        to = g_strdup_printf("trunk %s", trunk->name);
    answer_text(row, "to", to);
    if (call_twin(call))
        answer_count(row, "twin", call_twin(call));
    if (call_joined(call))
        answer_count(row, "joined", call_joined(call));
}

static void call_tell(void *user, const Call *call)
{
    const Listing *listing = user;
    JsonObject *row = answer_row(listing->rows);
    char buffer[TAG_MAX + 8], charge[64];

    answer_count(row, "call", call_id(call));
    answer_count(row, "age_s", (guint64)MAX(call_age_us(call), 0) / G_USEC_PER_SEC);
    answer_text(row, "sip", sip_state_name(call_sip_state(call)));
    answer_text(row, "isdn", isdn_state_name(call_isdn_state(call)));
    answer_text(row, "channel",
                answer_channel(listing->scene, call_channel(call), buffer, sizeof buffer));
    answer_text(row, "calling", call_asked(call)->calling.digits);
    answer_text(row, "called", call_asked(call)->called.digits);
    answer_text(row, "name", call_asked(call)->name);
    origin_tell(call_origin(call), row);
    target_tell(call, row);
    answer_text(row, "rates", call_rates(call));
    answer_text(row, "charge", charge_describe(call_charge(call), charge, sizeof charge));
    if (call_cause(call))
        answer_count(row, "cause", call_cause(call));
    stats_tell(listing->scene, call_id(call), row);
}

COMMAND(command_show_calls)
{
    Listing listing = {scene, json_array_new()};

    hall_each_call(scene->rooms.hall, call_tell, &listing);
    return answer_array(listing.rows);
}

/* ---- counters ---- */

typedef struct CounterListing {
    const char *room;
    JsonArray *rows;
} CounterListing;

static void counter_tell(void *user, const char *name, guint64 value)
{
    const CounterListing *listing = user;
    JsonObject *row = answer_row(listing->rows);

    answer_text(row, "room", listing->room);
    answer_text(row, "counter", name);
    answer_count(row, "value", value);
}

COMMAND(command_show_counters)
{
    CounterListing listing = {"hall", json_array_new()};

    hall_each_counter(scene->rooms.hall, counter_tell, &listing);
    listing.room = "sip";
    counter_tell(&listing, "legs live", ua_leg_count(scene->rooms.ua));
    ua_each_counter(scene->rooms.ua, counter_tell, &listing);
    if (scene->rooms.phones)
        phones_each_counter(scene->rooms.phones, counter_tell, &listing);
    listing.room = "isdn";
    isdn_each_counter(scene->rooms.isdn, counter_tell, &listing);
    listing.room = "media";
    counter_tell(&listing, "port pairs in use", media_ports_used(scene->rooms.media));
    return answer_array(listing.rows);
}
