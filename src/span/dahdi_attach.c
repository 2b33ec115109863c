/* Taking hold of a DAHDI span: every channel opened and compared with the settings, each mistake in
 * one line that names the setting to change. */
#include "dahdi.h"

#include <errno.h>
#include <string.h>

#define D_BUFFERS 32
#define D_BUFFER_SIZE 1024

G_GNUC_PRINTF(4, 5)
static gboolean refuse(const DahdiSpan *self, const char *key, GError **error, const char *format,
                       ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "[span %s] %s: %s",
                self->base.settings->name, key, text);
    return FALSE;
}

static const char *d_key(const DahdiSpan *self)
{
    return self->base.settings->hardhdlc ? "hardhdlc" : "dchan";
}

static const char *key_of(const DahdiSpan *self, guint slot)
{
    return slot == self->base.settings->d_channel ? d_key(self) : "bchan";
}

static gboolean refuse_open(const DahdiSpan *self, guint slot, guint number, int why,
                            GError **error)
{
    switch (why) {
    case ENOENT:
        return refuse(self, "backend", error,
                      "there is no " DAHDI_DEVICE ": is the dahdi module loaded?");
    case EACCES:
    case EPERM:
        return refuse(self, "backend", error,
                      DAHDI_DEVICE ": permission denied: is our udev rule installed, and are we "
                                   "in the group tieline?");
    case EBUSY:
        return refuse(self, key_of(self, slot), error, "channel %u is held by another program",
                      number);
    case ENXIO: /* there it is, and is for nothing */
        return refuse(self, key_of(self, slot), error,
                      "channel %u is not configured: is it in /etc/dahdi/system.conf, and has "
                      "dahdi_cfg run?",
                      number);
    case EINVAL:
    case ENODEV:
        return refuse(self, key_of(self, slot), error,
                      "the driver has no channel %u: see /proc/dahdi for those it has", number);
    default: /* an errno, not an enum of ours */
        return refuse(self, key_of(self, slot), error, "channel %u: %s", number, g_strerror(why));
    }
}

static gboolean check_signalling(const DahdiSpan *self, guint slot, guint number,
                                 DahdiSignalling is, GError **error)
{
    static const char *const words[] = {"bchan", "dchan", "hardhdlc", "something else", "nothing"};
    DahdiSignalling wanted = slot != self->base.settings->d_channel ? DAHDI_FOR_B
                             : self->base.settings->hardhdlc        ? DAHDI_FOR_HARD_D
                                                                    : DAHDI_FOR_D;

    if (is == wanted)
        return TRUE;
    return refuse(self, key_of(self, slot), error,
                  "channel %u is %s in /etc/dahdi/system.conf, not %s", number, words[is],
                  words[wanted]);
}

static gboolean check_place(DahdiSpan *self, guint slot, guint number, const DahdiChannelInfo *info,
                            GError **error)
{
    const SpanSettings *settings = self->base.settings;

    if (slot == settings->d_channel)
        self->number = info->span;
    else if (info->span != self->number)
        return refuse(self, "bchan", error,
                      "channel %u is of the driver's span %u, %s %u of span %u", number, info->span,
                      d_key(self), settings->first_channel + settings->d_channel - 1, self->number);
    if (info->timeslot != slot)
        return refuse(self, "first-channel", error,
                      "channel %u is timeslot %u of the driver's span %u, not %u; first-channel "
                      "would be %d",
                      number, info->timeslot, info->span, slot,
                      (int)number - (int)info->timeslot + 1);
    return TRUE;
}

static gboolean check_law(const DahdiSpan *self, guint slot, guint number, Law law, GError **error)
{
    static const char *const words[] = {[LAW_ALAW] = "alaw", [LAW_ULAW] = "mulaw"};

    if (slot == self->base.settings->d_channel || law == self->base.settings->law)
        return TRUE;
    return refuse(self, "law", error,
                  "the driver has channel %u as %s: put %s=%u into /etc/dahdi/system.conf, or set "
                  "law = %s",
                  number, words[law], words[self->base.settings->law], number,
                  law == LAW_ALAW ? "alaw" : "ulaw");
}

static gboolean check_type(DahdiSpan *self, GError **error)
{
    static const char *const words[] = {[SPAN_E1] = "e1", [SPAN_T1] = "t1", [SPAN_BRI] = "bri"};
    guint wanted = span_slot_count(self->base.settings);
    DahdiSpanInfo info;

    if (!dahdi_span_info(self->d_fd, self->number, &info))
        return refuse(self, d_key(self), error, "the driver tells nothing of span %u",
                      self->number);
    if (info.channels == wanted)
        return TRUE;
    return refuse(
        self, "type", error, "%s has %u channels, the driver's span %u (%s) has %u: it is %s",
        words[self->base.settings->type], wanted, self->number, info.description, info.channels,
        info.channels == 31   ? "e1"
        : info.channels == 24 ? "t1"
        : info.channels == 3  ? "bri"
                              : "none of e1, t1, bri");
}

static gboolean attach_channel(DahdiSpan *self, guint slot, int *fd, GError **error)
{
    guint number = self->base.settings->first_channel + slot - 1;
    DahdiChannelInfo info;

    *fd = dahdi_channel_open(number);
    if (*fd < 0)
        return refuse_open(self, slot, number, errno, error);
    if (!dahdi_channel_info(*fd, &info))
        return refuse_open(self, slot, number, errno, error);
    return check_signalling(self, slot, number, info.signalling, error) &&
           check_place(self, slot, number, &info, error) &&
           (slot != self->base.settings->d_channel || check_type(self, error)) &&
           check_law(self, slot, number, info.law, error);
}

gboolean dahdi_attach(DahdiSpan *self, GError **error)
{
    const SpanSettings *settings = self->base.settings;

    if (!attach_channel(self, settings->d_channel, &self->d_fd, error))
        return FALSE;
    dahdi_set_buffers(self->d_fd, D_BUFFERS, D_BUFFER_SIZE);
    for (guint slot = 1; slot <= span_slot_count(settings); slot++) {
        if (span_has_b_channel(settings, (guint8)slot) &&
            !attach_channel(self, slot, &self->channels[slot].fd, error))
            return FALSE;
    }
    return TRUE;
}
