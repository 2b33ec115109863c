/* What tieline-pbx tells its reader: one JSON object a line on standard output. */
#include "pbx_report.h"

#include "clock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static struct {
    GString *line;
    gboolean verbose, open, fresh;
} report = {.verbose = TRUE};

void pbx_report_verbose(gboolean verbose)
{
    report.verbose = verbose;
}

static gboolean member_open(const char *name)
{
    if (!report.open)
        return FALSE;
    if (!report.fresh)
        g_string_append_c(report.line, ',');
    report.fresh = FALSE;
    g_string_append_printf(report.line, "\"%s\":", name);
    return TRUE;
}

static void text_append(const char *text)
{
    g_string_append_c(report.line, '"');
    for (const guchar *c = (const guchar *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_printf(report.line, "\\%c", *c);
        else if (*c < 0x20)
            g_string_append_printf(report.line, "\\u%04x", *c);
        else
            g_string_append_c(report.line, (char)*c);
    }
    g_string_append_c(report.line, '"');
}

void pbx_report_open(const char *event, gboolean important)
{
    gint64 now = clock_wall_us();

    report.open = important || report.verbose;
    if (!report.open)
        return;
    if (!report.line)
        report.line = g_string_sized_new(1024);
    g_string_printf(report.line, "{\"time\":%" G_GINT64_FORMAT ".%06d", now / G_USEC_PER_SEC,
                    (int)(now % G_USEC_PER_SEC));
    report.fresh = FALSE;
    pbx_report_string("event", event);
}

void pbx_report_string(const char *name, const char *value)
{
    if (!value || !member_open(name))
        return;
    if (g_utf8_validate(value, -1, NULL)) {
        text_append(value);
    } else {
        g_autofree char *valid = g_utf8_make_valid(value, -1);

        text_append(valid);
    }
}

void pbx_report_number(const char *name, gint64 value)
{
    if (member_open(name))
        g_string_append_printf(report.line, "%" G_GINT64_FORMAT, value);
}

void pbx_report_maybe(const char *name, gint value)
{
    if (value != MESSAGE_NOTHING)
        pbx_report_number(name, value);
}

void pbx_report_real(const char *name, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (member_open(name))
        g_string_append(report.line, g_ascii_formatd(text, sizeof text, "%.3f", value));
}

void pbx_report_flag(const char *name, gboolean value)
{
    if (value)
        pbx_report_verdict(name, TRUE);
}

void pbx_report_verdict(const char *name, gboolean value)
{
    if (member_open(name))
        g_string_append(report.line, value ? "true" : "false");
}

void pbx_report_hex(const char *name, const guint8 *octets, gsize length)
{
    if (!member_open(name))
        return;
    g_string_append_c(report.line, '"');
    for (gsize i = 0; i < length; i++)
        g_string_append_printf(report.line, "%02x", octets[i]);
    g_string_append_c(report.line, '"');
}

static void number_report(const char *name, const Number *number, gboolean party)
{
    char member[40];

    pbx_report_string(name, number->digits);
    g_snprintf(member, sizeof member, "%s_type", name);
    pbx_report_number(member, number->ton);
    g_snprintf(member, sizeof member, "%s_plan", name);
    pbx_report_number(member, number->npi);
    if (!party)
        return;
    g_snprintf(member, sizeof member, "%s_presentation", name);
    pbx_report_number(member, number->presentation);
    g_snprintf(member, sizeof member, "%s_screening", name);
    pbx_report_number(member, number->screening);
}

void pbx_report_message(const PbxMessage *message)
{
    char name[8];

    if (!report.open)
        return;
    pbx_report_string("message",
                      pbx_message_name(message->protocol, message->type, name, sizeof name));
    pbx_report_maybe("reference", message->reference);
    pbx_report_number("flag", message->to_originator);
    pbx_report_maybe("interface", message->interface);
    pbx_report_maybe("channel", message->channel);
    pbx_report_flag("any_channel", message->any_channel);
    if (message->channel != MESSAGE_NOTHING || message->any_channel)
        pbx_report_verdict("exclusive", message->exclusive);
    pbx_report_maybe("cause", message->cause);
    pbx_report_maybe("location", message->location);
    if (message->called.digits[0] || message->type == MESSAGE_SETUP)
        number_report("called", &message->called, FALSE);
    if (message->has_calling)
        number_report("calling", &message->calling, TRUE);
    if (message->has_connected)
        number_report("connected", &message->connected, TRUE);
    if (message->has_redirecting)
        number_report("redirecting", &message->redirecting, FALSE);
    pbx_report_maybe("progress", message->progress[0]);
    pbx_report_maybe("progress2", message->progress[1]);
    pbx_report_maybe("progress_location", message->progress_location);
    pbx_report_string("display", message->display[0] ? message->display : NULL);
    pbx_report_string("keypad", message->keypad[0] ? message->keypad : NULL);
    pbx_report_maybe("bearer", message->bearer);
    pbx_report_maybe("state", message->state);
    pbx_report_maybe("notify", message->notify);
    pbx_report_maybe("service", message->service);
    pbx_report_maybe("restart", message->restart);
    pbx_report_flag("complete", message->complete);
}

void pbx_report_object_open(const char *name)
{
    if (!member_open(name))
        return;
    g_string_append_c(report.line, '{');
    report.fresh = TRUE;
}

void pbx_report_object_close(void)
{
    if (!report.open)
        return;
    g_string_append_c(report.line, '}');
    report.fresh = FALSE;
}

void pbx_report_close(void)
{
    const char *at;
    gsize left;

    if (!report.open)
        return;
    report.open = FALSE;
    g_string_append(report.line, "}\n");
    at = report.line->str;
    left = report.line->len;
    while (left) {
        ssize_t written = write(STDOUT_FILENO, at, left);

        if (written < 0 && errno == EAGAIN) {
            struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};

            poll(&room, 1, -1);
            continue;
        }
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) /* nobody reads any more; the verdict is still the exit status */
            return;
        at += written;
        left -= (gsize)written;
    }
}
