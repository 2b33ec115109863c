/* Sofia's epoll root behind the loop treaty, with Sofia's clock made steady. */
#include "root.h"

#include "clock.h"
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sofia-sip/su_log.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Sofia reads all its time here; exported by the library, absent from its headers. */
extern void (*_su_time)(su_time_t *now);

extern su_log_t tport_log[], nta_log[], nua_log[], nea_log[], soa_log[], su_log_default[];

/* Seconds from 1900, where Sofia's time starts, to 1970. */
#define SU_EPOCH_S G_GINT64_CONSTANT(2208988800)

struct LoopWatch {
    LoopFdFunc func;
    void *user;
    int fd;
    int index; /* su_root_register()'s */
};

struct LoopTimer {
    struct SofiaLoop *loop;
    LoopFunc func;
    void *user;
    su_timer_t *timer;
};

typedef struct PostedCall {
    LoopFunc func;
    void *data;
    GDestroyNotify destroy;
} PostedCall;

typedef struct SofiaLoop {
    Loop base;
    su_root_t *root;
    int wake; /* eventfd: something was posted */
    LoopWatch *wake_watch;
    guint timer_depth;    /* inside a timer's function */
    pthread_mutex_t lock; /* guards posted; not a GMutex, which ThreadSanitizer cannot see into */
    GQueue posted;        /* of PostedCall* */
} SofiaLoop;

static gint64 wall_offset_us;

/* Floored to whole milliseconds: Sofia waits in whole milliseconds and would spin through the rest.
 */
static void steady_time(su_time_t *now)
{
    gint64 us = (clock_now_us() + wall_offset_us) / 1000 * 1000;

    if (!now)
        return;
    now->tv_sec = (unsigned long)(us / G_USEC_PER_SEC + SU_EPOCH_S);
    now->tv_usec = (unsigned long)(us % G_USEC_PER_SEC);
}

static G_GNUC_PRINTF(2, 0) void sofia_logs(void *stream, const char *format, va_list arguments)
{
    g_autofree char *text = NULL;

    if (!log_wants(LEVEL_DEBUG))
        return;
    text = g_strdup_vprintf(format, arguments);
    g_strchomp(text);
    if (strstr(text, "received garbage")) /* the filter tells of it, or it was a keep-alive */
        return;
    log_line(LEVEL_DEBUG, "sofia: %s", text);
}

void sofia_open(void)
{
    su_log_t *const logs[] = {su_log_default, tport_log, nta_log, nua_log, nea_log, soa_log};

    wall_offset_us = clock_wall_us() - clock_now_us();
    _su_time = steady_time;
    su_init();
    for (guint i = 0; i < G_N_ELEMENTS(logs); i++) {
        su_log_init(logs[i]);
        su_log_redirect(logs[i], sofia_logs, NULL);
        su_log_set_level(logs[i], 3);
    }
}

void sofia_close(void)
{
    su_deinit();
}

static gint64 sofia_now(Loop *loop)
{
    return clock_now_us();
}

static int watch_ready(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
    LoopWatch *watch = (LoopWatch *)arg;
    int events = wait->revents;
    LoopReady ready =
        (events & POLLIN ? LOOP_READABLE : 0) | (events & POLLOUT ? LOOP_WRITABLE : 0) |
        (events & POLLPRI ? LOOP_URGENT : 0) | (events & (POLLERR | POLLHUP) ? LOOP_BROKEN : 0);

    if (ready)
        watch->func(watch->user, watch->fd, ready);
    return 0;
}

static LoopWatch *sofia_watch(Loop *loop, int fd, LoopReady events, LoopFdFunc func, void *user)
{
    SofiaLoop *self = (SofiaLoop *)loop;
    LoopWatch *watch = g_new0(LoopWatch, 1);
    int mask = (events & LOOP_READABLE ? POLLIN : 0) | (events & LOOP_WRITABLE ? POLLOUT : 0) |
               (events & LOOP_URGENT ? POLLPRI : 0);
    su_wait_t wait[1] = {SU_WAIT_INIT};

    *watch = (LoopWatch){.func = func, .user = user, .fd = fd, .index = -1};
    if (su_wait_create(wait, fd, mask) == 0)
        watch->index = su_root_register(self->root, wait, watch_ready, (su_wakeup_arg_t *)watch, 0);
    if (watch->index < 0)
        log_error("loop: cannot watch descriptor %d: %s", fd, g_strerror(errno));
    return watch;
}

static void sofia_unwatch(Loop *loop, LoopWatch *watch)
{
    if (watch->index >= 0)
        su_root_deregister(((SofiaLoop *)loop)->root, watch->index);
    g_free(watch);
}

static LoopTimer *sofia_timer_new(Loop *loop, LoopFunc func, void *user)
{
    SofiaLoop *self = (SofiaLoop *)loop;
    LoopTimer *timer = g_new0(LoopTimer, 1);

    *timer = (LoopTimer){.loop = self, .func = func, .user = user};
    timer->timer = su_timer_create(su_root_task(self->root), 0);
    if (!timer->timer)
        g_error("loop: Sofia gives no timer"); /* out of memory: as g_new() does */
    return timer;
}

static void timer_expired(su_root_magic_t *magic, su_timer_t *expired, su_timer_arg_t *arg)
{
    LoopTimer *timer = (LoopTimer *)arg;
    SofiaLoop *self = timer->loop;

    self->timer_depth++;
    timer->func(timer->user);
    self->timer_depth--;
}

/* Sofia counts whole milliseconds of a floored clock: DELAY_US ends in the first of them that is
 * not early. */
static void sofia_timer_start(Loop *loop, LoopTimer *timer, gint64 delay_us)
{
    SofiaLoop *self = (SofiaLoop *)loop;
    gint64 now = clock_now_us() + wall_offset_us;
    gint64 ms = (now + MAX(delay_us, 0) + 999) / 1000 - now / 1000;

    if (delay_us <= 0)
        ms =
            self->timer_depth ? 1 : 0; /* a timer that starts itself anew waits for the next turn */
    su_timer_set_interval(timer->timer, timer_expired, (su_timer_arg_t *)timer,
                          (su_duration_t)MIN(ms, SU_DURATION_MAX));
}

static void sofia_timer_stop(Loop *loop, LoopTimer *timer)
{
    su_timer_reset(timer->timer);
}

static void sofia_timer_free(Loop *loop, LoopTimer *timer)
{
    su_timer_destroy(timer->timer);
    g_free(timer);
}

static void sofia_post(Loop *loop, LoopFunc func, void *data, GDestroyNotify destroy)
{
    SofiaLoop *self = (SofiaLoop *)loop;
    PostedCall *call = g_new(PostedCall, 1);
    guint64 one = 1;
    gboolean first;

    *call = (PostedCall){func, data, destroy};
    pthread_mutex_lock(&self->lock);
    first = g_queue_is_empty(&self->posted);
    g_queue_push_tail(&self->posted, call);
    pthread_mutex_unlock(&self->lock);
    if (first && write(self->wake, &one, sizeof(one)) < 0 && errno != EAGAIN)
        log_error("loop: cannot wake: %s", g_strerror(errno));
}

static void posted_call_drop(PostedCall *call)
{
    if (call->destroy)
        call->destroy(call->data);
    g_free(call);
}

static void posted_ready(void *user, int fd, LoopReady ready)
{
    SofiaLoop *self = user;
    GQueue taken;
    PostedCall *call;
    guint64 count;

    if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
        log_error("loop: cannot read the wake-up: %s", g_strerror(errno));
    pthread_mutex_lock(&self->lock);
    taken = self->posted;
    g_queue_init(&self->posted);
    pthread_mutex_unlock(&self->lock);
    while ((call = g_queue_pop_head(&taken))) {
        call->func(call->data);
        posted_call_drop(call);
    }
}

static const LoopOps sofia_ops = {
    .now = sofia_now,
    .watch = sofia_watch,
    .unwatch = sofia_unwatch,
    .timer_new = sofia_timer_new,
    .timer_start = sofia_timer_start,
    .timer_stop = sofia_timer_stop,
    .timer_free = sofia_timer_free,
    .post = sofia_post,
};

Loop *sofia_loop_new(GError **error)
{
    SofiaLoop *self = g_new0(SofiaLoop, 1);

    self->base.ops = &sofia_ops;
    pthread_mutex_init(&self->lock, NULL);
    g_queue_init(&self->posted);
    self->root = su_root_create(NULL);
    self->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!self->root || self->wake < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "signalling loop: %s", g_strerror(errno));
        sofia_loop_free(&self->base);
        return NULL;
    }
    su_root_threading(self->root, 0);
    self->wake_watch = loop_watch(&self->base, self->wake, LOOP_READABLE, posted_ready, self);
    return &self->base;
}

void sofia_loop_free(Loop *loop)
{
    SofiaLoop *self = (SofiaLoop *)loop;
    PostedCall *call;

    if (!self)
        return;
    loop_unwatch(loop, self->wake_watch);
    while ((call = g_queue_pop_head(&self->posted)))
        posted_call_drop(call);
    if (self->root)
        su_root_destroy(self->root);
    if (self->wake >= 0)
        close(self->wake);
    pthread_mutex_destroy(&self->lock);
    g_free(self);
}

void sofia_loop_run(Loop *loop)
{
    su_root_run(((SofiaLoop *)loop)->root);
}

static void loop_break(void *user)
{
    su_root_break(((SofiaLoop *)user)->root);
}

void sofia_loop_quit(Loop *loop)
{
    loop_post(loop, loop_break, loop, NULL);
}

su_root_t *sofia_loop_root(Loop *loop)
{
    return loop->ops == &sofia_ops ? ((SofiaLoop *)loop)->root : NULL;
}

void sofia_loop_step(Loop *loop, guint ms)
{
    su_root_step(((SofiaLoop *)loop)->root, (su_duration_t)ms);
}
