/* A double of the DAHDI driver. */
#include "dahdi_double.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

Double the_double;
static int waiting[1024]; /* descriptor to channel; 0: none yet */
#define CONTROL (-1)      /* in place of a channel: the control device */

static DoubleChannel *channel_of(int fd)
{
    g_assert_cmpint(waiting[fd], >, 0);
    return &the_double.channels[waiting[fd]];
}

static void show_readable(DoubleChannel *channel)
{
    guint64 one = 1, any;

    if (channel->fd < 0)
        return;
    if (channel->rx->length + channel->events->length > 0)
        g_assert_cmpint(write(channel->fd, &one, sizeof one), ==, sizeof one);
    else
        (void)!read(channel->fd, &any, sizeof any);
}

static int fail(int why)
{
    errno = why;
    return -1;
}

static int double_open(const char *path, int flags)
{
    int fd;

    (void)flags;
    if (the_double.open_errno)
        return fail(the_double.open_errno);
    fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (g_str_equal(path, "/dev/dahdi/ctl"))
        waiting[fd] = CONTROL;
    else
        g_assert_cmpstr(path, ==, "/dev/dahdi/channel");
    return fd;
}

static int double_close(int fd)
{
    if (waiting[fd] > 0)
        channel_of(fd)->fd = -1;
    waiting[fd] = 0;
    return close(fd);
}

static ssize_t double_read(int fd, void *data, size_t size)
{
    DoubleChannel *channel = channel_of(fd);
    g_autoptr(GBytes) bytes = NULL;
    gsize length;

    if (the_double.gone)
        return fail(ENODEV);
    if (channel->events->length > 0)
        return fail(ELAST);
    bytes = g_queue_pop_head(channel->rx);
    show_readable(channel);
    if (!bytes)
        return fail(EAGAIN);
    length = MIN(g_bytes_get_size(bytes), size); /* the rest of a block is lost */
    memcpy(data, g_bytes_get_data(bytes, NULL), length);
    return (ssize_t)length;
}

static ssize_t double_write(int fd, const void *data, size_t size)
{
    DoubleChannel *channel = channel_of(fd);
    guint length = (guint)size;

    if (the_double.gone)
        return fail(ENODEV);
    if (channel->events->length > 0)
        return fail(ELAST);
    if (channel->full)
        return fail(EAGAIN);
    g_byte_array_append(channel->tx, data, length);
    g_array_append_val(channel->writes, length);
    return (ssize_t)size;
}

static int specify(int fd, int number)
{
    DoubleChannel *channel;

    if (number < 1 || number >= DOUBLE_CHANNELS || !the_double.channels[number].rx)
        return fail(EINVAL);
    channel = &the_double.channels[number];
    if (channel->open_errno || channel->fd >= 0)
        return fail(channel->open_errno ? channel->open_errno : EBUSY);
    channel->fd = fd;
    waiting[fd] = number;
    show_readable(channel);
    return 0;
}

static int span_status(struct dahdi_spaninfo *status)
{
    g_assert_cmpint(status->spanno, <, 4);
    if (the_double.spans[status->spanno].totalchans == 0)
        return fail(EINVAL);
    *status = the_double.spans[status->spanno];
    return 0;
}

static int cancel(DoubleChannel *channel, const struct dahdi_echocanparams *params)
{
    if (channel->no_canceller && params->tap_length)
        return fail(ENODEV);
    g_assert_cmpuint(params->param_count, ==, 0);
    channel->taps = (int)params->tap_length;
    return 0;
}

static int control(unsigned long request, const struct dahdi_maintinfo *order)
{
    g_assert_cmpuint(request, ==, DAHDI_MAINT);
    if (the_double.maintenance_errno)
        return fail(the_double.maintenance_errno);
    the_double.maintenance = *order;
    the_double.maintenances++;
    return 0;
}

static int double_ioctl(int fd, unsigned long request, void *argument)
{
    DoubleChannel *channel = waiting[fd] > 0 ? channel_of(fd) : NULL;

    if (the_double.gone)
        return fail(ENODEV);
    if (waiting[fd] == CONTROL)
        return control(request, argument);
    if (request == DAHDI_SPECIFY)
        return specify(fd, *(int *)argument);
    g_assert_nonnull(channel); /* SPECIFY comes first */
    switch (request) {
    case DAHDI_GET_PARAMS:
        *(struct dahdi_params *)argument = channel->params;
        return 0;
    case DAHDI_SPANSTAT:
        return span_status(argument);
    case DAHDI_GETEVENT:
        *(int *)argument = GPOINTER_TO_INT(g_queue_pop_head(channel->events));
        show_readable(channel);
        return 0;
    case DAHDI_SET_BUFINFO:
        channel->buffers = *(struct dahdi_bufferinfo *)argument;
        return 0;
    case DAHDI_FLUSH:
        channel->flushes++;
        return 0;
    case DAHDI_AUDIOMODE:
        channel->audio = *(int *)argument;
        return 0;
    case DAHDI_ECHOCANCEL_PARAMS:
        return cancel(channel, argument);
    case DAHDI_SETCONF:
        channel->peer = ((struct dahdi_confinfo *)argument)->confmode == DAHDI_CONF_DIGITALMON
                            ? ((struct dahdi_confinfo *)argument)->confno
                            : 0;
        return 0;
    case DAHDI_BUFFER_EVENTS:
        return fail(ENOTTY); /* as older drivers say */
    default:                 /* the driver's words */
        g_assert_not_reached();
    }
    return 0;
}

void double_set_up(guint number, guint first, guint count, int law, guint d, int sigtype)
{
    static const DahdiCalls calls = {double_open, double_close, double_read, double_write,
                                     double_ioctl};
    struct dahdi_spaninfo *span = &the_double.spans[number];

    dahdi_use_calls(&calls);
    the_double.open_errno = 0;
    the_double.gone = FALSE;
    span->spanno = (int)number;
    span->totalchans = (int)count;
    g_strlcpy(span->desc, "Wildcard TE133 Card 0", sizeof span->desc);
    for (guint i = first; i < first + count; i++) {
        DoubleChannel *channel = &the_double.channels[i];

        *channel = (DoubleChannel){.fd = -1, .audio = -1, .taps = -1};
        channel->params.channo = (int)i;
        channel->params.spanno = (int)number;
        channel->params.chanpos = (int)(i - first + 1);
        channel->params.sigtype = i == d ? sigtype : DAHDI_SIG_CLEAR;
        channel->params.curlaw = law;
        channel->rx = g_queue_new();
        channel->events = g_queue_new();
        channel->tx = g_byte_array_new();
        channel->writes = g_array_new(FALSE, FALSE, sizeof(guint));
    }
}

void double_tear_down(void)
{
    for (guint i = 0; i < DOUBLE_CHANNELS; i++) {
        DoubleChannel *channel = &the_double.channels[i];

        if (!channel->rx)
            continue;
        g_assert_cmpint(channel->fd, ==, -1); /* the span has closed what it opened */
        g_queue_free_full(channel->rx, (GDestroyNotify)g_bytes_unref);
        g_queue_free(channel->events);
        g_byte_array_unref(channel->tx);
        g_array_unref(channel->writes);
    }
    the_double = (Double){0};
    dahdi_use_calls(NULL);
}

void double_hear(guint channel, const void *octets, gsize count)
{
    g_queue_push_tail(the_double.channels[channel].rx, g_bytes_new(octets, count));
    show_readable(&the_double.channels[channel]);
}

void double_raise(guint channel, int event)
{
    g_queue_push_tail(the_double.channels[channel].events, GINT_TO_POINTER(event));
    show_readable(&the_double.channels[channel]);
}
