/* The DAHDI driver's ioctls: the one file that knows dahdi/user.h. */
#include "dahdi_driver.h"

#include <dahdi/user.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int kernel_open(const char *path, int flags)
{
    return open(path, flags);
}

static int kernel_ioctl(int fd, unsigned long request, void *argument)
{
    return ioctl(fd, request, argument);
}

static const DahdiCalls kernel = {kernel_open, close, read, write, kernel_ioctl};
static const DahdiCalls *calls = &kernel;

void dahdi_use_calls(const DahdiCalls *other)
{
    calls = other ? other : &kernel;
}

const DahdiCalls *dahdi_calls(void)
{
    return calls;
}

int dahdi_channel_open(guint number)
{
    int fd = calls->open(DAHDI_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    int channel = (int)number, why;

    if (fd < 0 || calls->ioctl(fd, DAHDI_SPECIFY, &channel) == 0)
        return fd;
    why = errno;
    calls->close(fd);
    errno = why;
    return -1;
}

static DahdiSignalling signalling_of(int sigtype)
{
    switch (sigtype & G_MAXINT) { /* the top bit is DAHDI_SIG_BROKEN */
    case DAHDI_SIG_NONE:
        return DAHDI_FOR_NOTHING;
    case DAHDI_SIG_CLEAR:
        return DAHDI_FOR_B;
    case DAHDI_SIG_HDLCFCS:
        return DAHDI_FOR_D;
    case DAHDI_SIG_HARDHDLC:
        return DAHDI_FOR_HARD_D;
    default: /* the driver's words, not an enum of ours */
        return DAHDI_FOR_OTHER;
    }
}

gboolean dahdi_channel_info(int fd, DahdiChannelInfo *info)
{
    struct dahdi_params params = {0};

    if (calls->ioctl(fd, DAHDI_GET_PARAMS, &params) != 0)
        return FALSE;
    *info = (DahdiChannelInfo){
        .span = (guint)params.spanno,
        .timeslot = (guint)params.chanpos,
        .signalling = signalling_of(params.sigtype),
        .law = params.curlaw == DAHDI_LAW_ALAW ? LAW_ALAW : LAW_ULAW,
    };
    return TRUE;
}

/* RECOVER: the driver still waits for the line to stay good. NOTOPEN: the span is not started. */
static SpanAlarms alarms_of(int alarms)
{
    SpanAlarms out = SPAN_ALARM_NONE;

    if (alarms & (DAHDI_ALARM_RED | DAHDI_ALARM_RECOVER | DAHDI_ALARM_NOTOPEN))
        out |= SPAN_ALARM_RED;
    if (alarms & DAHDI_ALARM_YELLOW)
        out |= SPAN_ALARM_YELLOW;
    if (alarms & DAHDI_ALARM_BLUE)
        out |= SPAN_ALARM_BLUE;
    return out;
}

gboolean dahdi_span_info(int fd, guint span, DahdiSpanInfo *info)
{
    struct dahdi_spaninfo status = {.spanno = (int)span};

    if (calls->ioctl(fd, DAHDI_SPANSTAT, &status) != 0)
        return FALSE;
    *info = (DahdiSpanInfo){
        .channels = (guint)status.totalchans,
        .alarms = alarms_of(status.alarms),
        .looped = (status.alarms & DAHDI_ALARM_LOOPBACK) != 0,
        .bpv = (guint)status.bpvcount,
        .crc4 = (guint)status.crc4count,
        .ebit = (guint)status.ebitcount,
        .fas = (guint)status.fascount,
        .irq_misses = (guint)status.irqmisses,
        .timing = status.syncsrc,
    };
    memcpy(info->description, status.desc, sizeof(status.desc));
    return TRUE;
}

DahdiEvent dahdi_next_event(int fd)
{
    int event = DAHDI_EVENT_NONE;

    if (calls->ioctl(fd, DAHDI_GETEVENT, &event) != 0)
        return errno == ENODEV ? DAHDI_GONE : DAHDI_NO_EVENT;
    switch (event) {
    case DAHDI_EVENT_NONE:
        return DAHDI_NO_EVENT;
    case DAHDI_EVENT_ALARM:
        return DAHDI_ALARM_ON;
    case DAHDI_EVENT_NOALARM:
        return DAHDI_ALARM_OFF;
    case DAHDI_EVENT_ABORT:
        return DAHDI_HDLC_ABORT;
    case DAHDI_EVENT_OVERRUN:
        return DAHDI_HDLC_OVERRUN;
    case DAHDI_EVENT_BADFCS:
        return DAHDI_HDLC_BAD_FCS;
    case DAHDI_EVENT_REMOVED:
        return DAHDI_GONE;
    case DAHDI_EVENT_EC_DISABLED:
    case DAHDI_EVENT_TX_CED_DETECTED:
    case DAHDI_EVENT_RX_CED_DETECTED:
        return DAHDI_FAX_TONE;
    case DAHDI_EVENT_READ_OVERRUN:
        return DAHDI_READ_LATE;
    case DAHDI_EVENT_WRITE_UNDERRUN:
        return DAHDI_WRITE_LATE;
    default: /* the driver's words, not an enum of ours */
        return DAHDI_OTHER_EVENT;
    }
}

gboolean dahdi_set_buffers(int fd, guint buffers, guint size)
{
    struct dahdi_bufferinfo info = {
        .txbufpolicy = DAHDI_POLICY_IMMEDIATE,
        .rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
        .numbufs = (int)buffers,
        .bufsize = (int)size,
    };

    return calls->ioctl(fd, DAHDI_SET_BUFINFO, &info) == 0;
}

void dahdi_report_buffers(int fd)
{
    int on = 1;

    (void)calls->ioctl(fd, DAHDI_BUFFER_EVENTS, &on);
}

void dahdi_flush(int fd)
{
    int what = DAHDI_FLUSH_ALL;

    (void)calls->ioctl(fd, DAHDI_FLUSH, &what);
}

gboolean dahdi_set_audio(int fd, gboolean on)
{
    int mode = on ? 1 : 0;

    return calls->ioctl(fd, DAHDI_AUDIOMODE, &mode) == 0;
}

gboolean dahdi_cancel_echo(int fd, guint taps)
{
    struct dahdi_echocanparams params = {.tap_length = taps};

    return calls->ioctl(fd, DAHDI_ECHOCANCEL_PARAMS, &params) == 0;
}

gboolean dahdi_bridge(int fd, guint number)
{
    struct dahdi_confinfo conference = {
        .confno = (int)number,
        .confmode = number ? DAHDI_CONF_DIGITALMON : DAHDI_CONF_NORMAL,
    };

    return calls->ioctl(fd, DAHDI_SETCONF, &conference) == 0;
}

gboolean dahdi_loop_locally(guint span, gboolean on)
{
    struct dahdi_maintinfo order = {
        .spanno = (int)span,
        .command = on ? DAHDI_MAINT_LOCALLOOP : DAHDI_MAINT_NONE,
    };
    int fd = calls->open(DAHDI_CONTROL, O_RDWR | O_CLOEXEC), result, why;

    if (fd < 0)
        return FALSE;
    result = calls->ioctl(fd, DAHDI_MAINT, &order);
    why = errno;
    calls->close(fd);
    errno = why;
    return result == 0;
}
