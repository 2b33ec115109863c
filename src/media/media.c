/* The media thread: its start and end, and the post between it and signalling. */
#include "media.h"
#include "cause.h"
#include "log.h"
#include "media_private.h"

#include <gio/gio.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

/* ---- news: from the media thread to signalling --------------------------------------------------
 */

typedef enum NewsKind {
    NEWS_FRAME,      /* span, frame, length */
    NEWS_ALARM,      /* span, alarms */
    NEWS_SILENT,     /* call */
    NEWS_CLOSED,     /* call, stats */
    NEWS_SELFTESTED, /* the report as its frame */
    NEWS_DIGIT,      /* call, digit, ms, heard */
} NewsKind;

typedef struct MediaNews {
    MediaLink *link;
    NewsKind kind;
    guint32 call;
    guint8 span;
    SpanAlarms alarms;
    MediaStats stats;
    char digit;
    guint ms;
    gboolean heard;
    gsize length;
    guint8 frame[];
} MediaNews;

static void media_link_unref(MediaLink *link)
{
    if (g_atomic_int_dec_and_test(&link->references))
        g_free(link);
}

static void media_news_free(void *data)
{
    MediaNews *news = data;

    media_link_unref(news->link);
    g_free(news);
}

static void media_hear_silence(Media *self, guint32 call_number)
{
    Call *call = hall_find_call(self->hall, call_number);
    CallNews news = CALL_NEWS_INIT;

    if (!call)
        return;
    news.cause = CAUSE_TIMER_EXPIRY; /* as the call map cites */
    g_strlcpy(news.detail, "media: no RTP from the phone for the time-out", sizeof(news.detail));
    call_event(call, EVENT_MEDIA_SILENT, &news);
}

static void media_hear_digit(Media *self, const MediaNews *told)
{
    Call *call = hall_find_call(self->hall, told->call);
    CallNews news = CALL_NEWS_INIT;

    if (!call)
        return;
    news.digits[0] = told->digit;
    news.digit_ms = (guint16)MIN(told->ms, G_MAXUINT16);
    call_event(call, told->heard ? EVENT_MEDIA_HEARD : EVENT_MEDIA_TOLD, &news);
}

static void media_hear_closed(Media *self, const MediaStats *stats)
{
    port_pairs_release(self->pairs, stats->port);
    log_info("C%u media: port %u closed: sent %" G_GUINT64_FORMAT " received %" G_GUINT64_FORMAT
             " lost %" G_GUINT64_FORMAT " late %" G_GUINT64_FORMAT " concealed %" G_GUINT64_FORMAT
             " slipped %" G_GUINT64_FORMAT " foreign %" G_GUINT64_FORMAT
             " malformed %" G_GUINT64_FORMAT " jitter %u us digits %" G_GUINT64_FORMAT
             " in %" G_GUINT64_FORMAT " out",
             stats->call, stats->port, stats->sent, stats->received, stats->lost, stats->late,
             stats->concealed, stats->slipped, stats->foreign, stats->malformed, stats->jitter_us,
             stats->digits_in, stats->digits_out);
}

static void media_hear_selftested(Media *self, const MediaNews *news)
{
    guint32 number = self->selftest.number;

    memcpy(&self->selftest, news->frame, sizeof(self->selftest));
    self->selftest.number = number;
    if (self->events.selftested)
        self->events.selftested(self->events.user, self->selftest.span);
}

static void media_hear(void *data)
{
    const MediaNews *news = data;
    Media *self = news->link->media;

    if (!self)
        return;
    switch (news->kind) {
    case NEWS_FRAME:
        self->events.d_frame(self->events.user, news->span, news->frame, news->length);
        break;
    case NEWS_ALARM:
        self->events.alarm(self->events.user, news->span, news->alarms);
        break;
    case NEWS_SILENT:
        media_hear_silence(self, news->call);
        break;
    case NEWS_CLOSED:
        media_hear_closed(self, &news->stats);
        break;
    case NEWS_SELFTESTED:
        media_hear_selftested(self, news);
        break;
    case NEWS_DIGIT:
        media_hear_digit(self, news);
        break;
    }
}

/* Copies NEWS and FRAME. */
static void media_tell(Media *self, const MediaNews *news, const guint8 *frame)
{
    MediaNews *copy = g_malloc(sizeof(*copy) + news->length);

    *copy = *news;
    copy->link = self->link;
    g_atomic_int_inc(&copy->link->references);
    if (news->length)
        memcpy(copy->frame, frame, news->length);
    loop_post(self->signalling, media_hear, copy, media_news_free);
}

static void media_on_frame(void *user, guint8 span, const guint8 *frame, gsize length)
{
    media_tell(user, &(MediaNews){.kind = NEWS_FRAME, .span = span, .length = length}, frame);
}

static void media_on_alarm(void *user, guint8 span, SpanAlarms alarms)
{
    media_tell(user, &(MediaNews){.kind = NEWS_ALARM, .span = span, .alarms = alarms}, NULL);
}

static void media_on_selftested(void *user, const SelftestReport *report)
{
    media_tell(user, &(MediaNews){.kind = NEWS_SELFTESTED, .length = sizeof(*report)},
               (const guint8 *)report);
}

void media_on_silent(void *user, guint32 call)
{
    media_tell(user, &(MediaNews){.kind = NEWS_SILENT, .call = call}, NULL);
}

void media_on_digit(void *user, guint32 call, char digit, guint ms, gboolean heard)
{
    media_tell(
        user,
        &(MediaNews){.kind = NEWS_DIGIT, .call = call, .digit = digit, .ms = ms, .heard = heard},
        NULL);
}

/* ---- commands: from signalling to the media thread ----------------------------------------------
 */

static void media_command_free(void *data)
{
    MediaCommand *command = data;

    port_free(command->port);
    g_free(command);
}

static void media_close_port(Media *self, guint32 call)
{
    MediaNews news = {.kind = NEWS_CLOSED, .call = call};

    if (engine_remove_port(self->engine, call, &news.stats))
        media_tell(self, &news, NULL);
}

static void media_obey(void *data)
{
    MediaCommand *command = data;
    Engine *engine = command->media->engine;

    switch (command->kind) {
    case COMMAND_OPEN:
        engine_add_port(engine, g_steal_pointer(&command->port));
        break;
    case COMMAND_ORDER:
        engine_order_port(engine, &command->orders);
        break;
    case COMMAND_CLOSE:
        media_close_port(command->media, command->orders.call);
        break;
    case COMMAND_D_SEND:
        engine_d_send(engine, command->span, command->frame, command->length);
        break;
    case COMMAND_SELFTEST:
        engine_selftest(engine, command->span);
        break;
    case COMMAND_DIGITS:
        engine_play_digits(engine, command->orders.call, command->digits, command->ms,
                           command->to_phone);
        break;
    case COMMAND_STOP:
        loop_epoll_quit(command->media->loop);
        break;
    }
}

static void media_post(Media *self, const MediaCommand *command, const guint8 *frame)
{
    MediaCommand *copy = g_malloc(sizeof(*copy) + command->length);

    *copy = *command;
    copy->media = self;
    if (command->length)
        memcpy(copy->frame, frame, command->length);
    loop_post(self->loop, media_obey, copy, media_command_free);
}

void media_command(Media *self, const MediaCommand *command)
{
    media_post(self, command, NULL);
}

void media_d_send(Media *self, guint8 span, const guint8 *frame, gsize length)
{
    media_post(self, &(MediaCommand){.kind = COMMAND_D_SEND, .span = span, .length = length},
               frame);
}

/* ---- the thread ---------------------------------------------------------------------------------
 */

static gboolean media_thread_open(Media *self, GError **error)
{
    EngineEvents events = {self, media_on_frame, media_on_alarm, media_on_selftested};

    self->loop = loop_epoll_new(error);
    if (!self->loop)
        return FALSE;
    self->engine = engine_new(self->settings, self->loop, self->board, &events, error);
    return self->engine != NULL;
}

/* The line's clock does not wait: where the system permits, this thread goes before all ordinary
 * ones. Where it does not, nothing is lost on a machine with time to spare. */
static void media_thread_hurry(void)
{
    struct sched_param param = {.sched_priority = 1}; /* the least there is */
    int why = pthread_setschedparam(pthread_self(), SCHED_RR, &param);

    if (why)
        log_debug("media: no real-time scheduling: %s", g_strerror(why));
}

static gpointer media_thread_main(gpointer user)
{
    Media *self = user;
    GError *trouble = NULL;
    gboolean open = media_thread_open(self, &trouble);

    media_thread_hurry();

    pthread_mutex_lock(&self->lock);
    self->answered = TRUE;
    self->trouble = trouble;
    pthread_cond_signal(&self->started);
    pthread_mutex_unlock(&self->lock);
    if (open)
        loop_epoll_run(self->loop);
    engine_free(self->engine);
    return NULL;
}

static gboolean media_thread_start(Media *self, GError **error)
{
    self->thread = g_thread_try_new("media", media_thread_main, self, error);
    if (!self->thread)
        return FALSE;
    pthread_mutex_lock(&self->lock);
    while (!self->answered)
        pthread_cond_wait(&self->started, &self->lock);
    pthread_mutex_unlock(&self->lock);
    if (!self->trouble)
        return TRUE;
    g_thread_join(g_steal_pointer(&self->thread));
    g_propagate_error(error, g_steal_pointer(&self->trouble));
    return FALSE;
}

static gboolean media_find_tones(Media *self, const Settings *settings, GError **error)
{
    const char *country = settings->media.tones;

    if (tone_script_find(&self->dial, country, TONE_DIAL) &&
        tone_script_find(&self->ringback, country, TONE_RINGBACK) &&
        tone_script_find(&self->busy, country, TONE_BUSY))
        return TRUE;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "[media] tones: no tones for \"%s\"",
                country ? country : "");
    return FALSE;
}

Media *media_new(const Settings *settings, Loop *signalling, Hall *hall,
                 const MediaSpanEvents *events, GError **error)
{
    Media *self = g_new0(Media, 1);

    self->settings = settings;
    self->signalling = signalling;
    self->hall = hall;
    self->events = *events;
    self->link = g_new0(MediaLink, 1);
    *self->link = (MediaLink){1, self};
    self->board = board_new(settings->spans->len);
    self->pairs = port_pairs_new(&settings->media);
    self->bookings = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->started, NULL);
    if (!port_pairs_check(self->pairs, error) || !media_find_tones(self, settings, error) ||
        !media_thread_start(self, error)) {
        media_free(self);
        return NULL;
    }
    return self;
}

void media_free(Media *self)
{
    if (!self)
        return;
    if (self->thread) {
        /* Behind whatever was ordered before: last frames and closings still go out. */
        media_command(self, &(MediaCommand){.kind = COMMAND_STOP});
        g_thread_join(g_steal_pointer(&self->thread));
    }
    if (self->loop)
        loop_epoll_free(self->loop);
    self->link->media = NULL;
    media_link_unref(self->link);
    g_hash_table_unref(self->bookings);
    port_pairs_free(self->pairs);
    board_free(self->board);
    pthread_cond_destroy(&self->started);
    pthread_mutex_destroy(&self->lock);
    g_free(self);
}

void media_set_settings(Media *self, const Settings *settings)
{
    g_autoptr(GError) error = NULL;

    if (!media_find_tones(self, settings, &error))
        log_error("media: the old tones stay: %s", error->message);
    self->settings = settings;
}

SpanAlarms media_span_status(Media *self, guint8 span, SpanCounters *counters)
{
    return board_read_span(self->board, span, counters);
}

gboolean media_port_stats(Media *self, guint32 call, MediaStats *stats)
{
    return board_read_port(self->board, call, stats);
}

guint media_ports_used(const Media *self)
{
    return port_pairs_used(self->pairs);
}

guint32 media_selftest(Media *self, guint8 span)
{
    guint32 number = self->selftest.number + 1;

    g_return_val_if_fail(!self->selftest.running, self->selftest.number);
    self->selftest = (SelftestReport){.number = number, .span = span, .running = TRUE};
    media_command(self, &(MediaCommand){.kind = COMMAND_SELFTEST, .span = span});
    return number;
}

gboolean media_selftest_report(const Media *self, SelftestReport *report)
{
    *report = self->selftest;
    return report->number > 0;
}
