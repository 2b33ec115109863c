/* The epoll loop: descriptors, microsecond timers and posted calls in one thread. */
#include "clock.h"
#include "log.h"
#include "loop.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 64

struct LoopWatch {
    int fd;
    LoopFdFunc func;
    void *user;
    gboolean gone; /* unwatched during this turn; freed at its end */
};

struct LoopTimer {
    gint64 at_us;
    LoopFunc func;
    void *user;
    GSequenceIter *place; /* in EpollLoop.timers; NULL at rest */
};

typedef struct PostedCall {
    LoopFunc func;
    void *data;
    GDestroyNotify destroy;
} PostedCall;

typedef struct EpollLoop {
    Loop base;
    int epoll;
    int wake;             /* eventfd: something was posted */
    GSequence *timers;    /* of LoopTimer*, soonest first */
    GPtrArray *gone;      /* of LoopWatch* */
    pthread_mutex_t lock; /* guards posted; not a GMutex, which ThreadSanitizer cannot see into */
    GQueue posted;        /* of PostedCall* */
    gint quitting;
} EpollLoop;

static gint64 epoll_now(Loop *loop)
{
    (void)loop;
    return clock_now_us();
}

static guint32 epoll_events_of(LoopReady events)
{
    return (events & LOOP_READABLE ? EPOLLIN : 0u) | (events & LOOP_WRITABLE ? EPOLLOUT : 0u) |
           (events & LOOP_URGENT ? EPOLLPRI : 0u);
}

static LoopReady ready_of(guint32 events)
{
    return (events & EPOLLIN ? LOOP_READABLE : 0) | (events & EPOLLOUT ? LOOP_WRITABLE : 0) |
           (events & EPOLLPRI ? LOOP_URGENT : 0) |
           (events & (EPOLLERR | EPOLLHUP) ? LOOP_BROKEN : 0);
}

static LoopWatch *epoll_watch(Loop *loop, int fd, LoopReady events, LoopFdFunc func, void *user)
{
    EpollLoop *self = (EpollLoop *)loop;
    LoopWatch *watch = g_new0(LoopWatch, 1);
    struct epoll_event event = {.events = epoll_events_of(events), .data.ptr = watch};

    *watch = (LoopWatch){.fd = fd, .func = func, .user = user};
    if (epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        log_error("loop: cannot watch descriptor %d: %s", fd, g_strerror(errno));
    return watch;
}

static void epoll_unwatch(Loop *loop, LoopWatch *watch)
{
    EpollLoop *self = (EpollLoop *)loop;

    epoll_ctl(self->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    watch->gone = TRUE;
    g_ptr_array_add(self->gone, watch);
}

static gint timer_compare(gconstpointer a, gconstpointer b, gpointer unused)
{
    const LoopTimer *first = a, *second = b;

    (void)unused;
    return (first->at_us > second->at_us) - (first->at_us < second->at_us);
}

static LoopTimer *epoll_timer_new(Loop *loop, LoopFunc func, void *user)
{
    LoopTimer *timer = g_new0(LoopTimer, 1);

    (void)loop;
    timer->func = func;
    timer->user = user;
    return timer;
}

static void epoll_timer_stop(Loop *loop, LoopTimer *timer)
{
    (void)loop;
    if (timer->place)
        g_sequence_remove(g_steal_pointer(&timer->place));
}

static void epoll_timer_start(Loop *loop, LoopTimer *timer, gint64 delay_us)
{
    EpollLoop *self = (EpollLoop *)loop;

    epoll_timer_stop(loop, timer);
    timer->at_us = clock_now_us() + MAX(delay_us, 0);
    timer->place = g_sequence_insert_sorted(self->timers, timer, timer_compare, NULL);
}

static void epoll_timer_free(Loop *loop, LoopTimer *timer)
{
    epoll_timer_stop(loop, timer);
    g_free(timer);
}

static void loop_wake(EpollLoop *self)
{
    guint64 one = 1;

    if (write(self->wake, &one, sizeof(one)) < 0 && errno != EAGAIN)
        log_error("loop: cannot wake: %s", g_strerror(errno));
}

static void epoll_post(Loop *loop, LoopFunc func, void *data, GDestroyNotify destroy)
{
    EpollLoop *self = (EpollLoop *)loop;
    PostedCall *call = g_new(PostedCall, 1);
    gboolean first;

    *call = (PostedCall){func, data, destroy};
    pthread_mutex_lock(&self->lock);
    first = g_queue_is_empty(&self->posted);
    g_queue_push_tail(&self->posted, call);
    pthread_mutex_unlock(&self->lock);
    if (first)
        loop_wake(self);
}

static void posted_call_drop(PostedCall *call)
{
    if (call->destroy)
        call->destroy(call->data);
    g_free(call);
}

static void loop_run_posted(EpollLoop *self)
{
    GQueue taken;
    PostedCall *call;
    guint64 count;

    if (read(self->wake, &count, sizeof(count)) < 0 && errno != EAGAIN)
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

static void loop_run_timers(EpollLoop *self)
{
    gint64 now = clock_now_us();

    /* NOW is read once: a timer that starts itself anew with 0 waits for the next turn. */
    while (!g_sequence_is_empty(self->timers)) {
        LoopTimer *timer = g_sequence_get(g_sequence_get_begin_iter(self->timers));

        if (timer->at_us > now)
            break;
        g_sequence_remove(g_steal_pointer(&timer->place));
        timer->func(timer->user);
    }
}

static int loop_wait(EpollLoop *self, struct epoll_event *events)
{
    struct timespec wait, *limit = NULL;

    if (!g_sequence_is_empty(self->timers)) {
        LoopTimer *timer = g_sequence_get(g_sequence_get_begin_iter(self->timers));
        gint64 left = MAX(timer->at_us - clock_now_us(), 0);

        wait = (struct timespec){left / G_USEC_PER_SEC, left % G_USEC_PER_SEC * 1000};
        limit = &wait;
    }
    return epoll_pwait2(self->epoll, events, EVENTS_AT_ONCE, limit, NULL);
}

static void loop_turn(EpollLoop *self)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = loop_wait(self, events);

    for (int i = 0; i < count; i++) {
        LoopWatch *watch = events[i].data.ptr;

        if (!watch)
            loop_run_posted(self);
        else if (!watch->gone)
            watch->func(watch->user, watch->fd, ready_of(events[i].events));
    }
    loop_run_timers(self);
    g_ptr_array_set_size(self->gone, 0);
}

static const LoopOps epoll_ops = {
    .now = epoll_now,
    .watch = epoll_watch,
    .unwatch = epoll_unwatch,
    .timer_new = epoll_timer_new,
    .timer_start = epoll_timer_start,
    .timer_stop = epoll_timer_stop,
    .timer_free = epoll_timer_free,
    .post = epoll_post,
};

Loop *loop_epoll_new(GError **error)
{
    EpollLoop *self = g_new0(EpollLoop, 1);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

    self->base.ops = &epoll_ops;
    self->epoll = epoll_create1(EPOLL_CLOEXEC);
    self->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->timers = g_sequence_new(NULL);
    self->gone = g_ptr_array_new_with_free_func(g_free);
    pthread_mutex_init(&self->lock, NULL);
    g_queue_init(&self->posted);
    if (self->epoll < 0 || self->wake < 0 ||
        epoll_ctl(self->epoll, EPOLL_CTL_ADD, self->wake, &event) < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "event loop: %s",
                    g_strerror(errno));
        loop_epoll_free(&self->base);
        return NULL;
    }
    return &self->base;
}

void loop_epoll_free(Loop *loop)
{
    EpollLoop *self = (EpollLoop *)loop;
    PostedCall *call;

    if (!self)
        return;
    while ((call = g_queue_pop_head(&self->posted)))
        posted_call_drop(call);
    g_ptr_array_unref(self->gone);
    g_sequence_free(self->timers);
    pthread_mutex_destroy(&self->lock);
    if (self->epoll >= 0)
        close(self->epoll);
    if (self->wake >= 0)
        close(self->wake);
    g_free(self);
}

void loop_epoll_run(Loop *loop)
{
    EpollLoop *self = (EpollLoop *)loop;

    while (!g_atomic_int_get(&self->quitting))
        loop_turn(self);
    g_atomic_int_set(&self->quitting, FALSE);
}

void loop_epoll_quit(Loop *loop)
{
    EpollLoop *self = (EpollLoop *)loop;

    g_atomic_int_set(&self->quitting, TRUE);
    loop_wake(self);
}
