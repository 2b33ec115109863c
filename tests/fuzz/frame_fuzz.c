/* libFuzzer at the D-channel border: frame tap, libpri, the isdn room and a real hall, every switch
 * type, both sides.
 *
 * An input is a choice of line and then records of one operation, one length and so many octets.
 * The harness plays the far end's layer 2, so that messages reach layer 3 in sequence. After each
 * input every call must have ended and every channel be free.
 */
#include "call.h"
#include "dchan.h"
#include "isdn.h"
#include "log.h"
#include "loop_virtual.h"
#include "number.h"

#include <string.h>

/* The first octet of a record. */
typedef enum Operation {
    OP_MESSAGE, /* a Q.931 message in an I frame of good sequence */
    OP_FRAME,   /* a frame as it is */
    OP_TIME,    /* each octet: a quarter of a second and more */
    OP_PHONE,   /* a phone calls */
    OP_SIP,     /* each octet: an event of a call's SIP leg */
    OP_ALARM,   /* each octet: a set of alarms */
    OP_MAILBOX, /* each octet: so many messages wait, and the far end is told */
    OP_COUNT,
} Operation;

typedef struct Line {
    Settings *settings;
    Hall *hall;
    Isdn *isdn;
    gboolean network;   /* we are */
    guint8 sent, heard; /* the far end's N(S) and N(R) */
    gboolean sabme;     /* ours waits for UA */
} Line;

static Loop *loop;
static Line lines[12];

static void hear(void *user, guint8 span, const guint8 *frame, gsize length)
{
    Line *line = user;

    g_assert(span == 0 && length <= FRAME_MAX);
    if (length >= 4 && !(frame[2] & 1))
        line->heard = (frame[2] >> 1) + 1;
    else if (length == 3 && (frame[2] & 0xef) == 0x6f)
        line->sabme = TRUE;
}

static gboolean do_nothing(void *room, Call *call, const CallNews *news)
{
    (void)room;
    (void)call;
    (void)news;
    return TRUE;
}

static void log_nothing(const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer user)
{
}

static void rooms_set(Line *line)
{
    CallOps sip = {.room = line}, media = {.room = line}, isdn = isdn_call_ops(line->isdn);

    for (guint i = 1; i < CALL_ACTION_COUNT; i++) {
        if (g_str_has_prefix(call_action_name(i), "sip_"))
            sip.action[i] = do_nothing;
        else if (g_str_has_prefix(call_action_name(i), "media_"))
            media.action[i] = do_nothing;
    }
    hall_set_sip(line->hall, &sip);
    hall_set_media(line->hall, &media);
    hall_set_isdn(line->hall, &isdn);
}

static MwiVerdict mailbox_told(void *user, const char *trunk, const Number *served,
                               const MwiState *state)
{
    return served->digits[0] == '1' ? MWI_ACCEPTED : MWI_NO_SUCH_USER;
}

static void line_open(Line *line, guint index)
{
    gboolean mwi = index / 2 == SWITCH_EUROISDN || index / 2 == SWITCH_QSIG;
    g_autofree char *text = g_strdup_printf(
        "[span line]\nbackend = pair\ntype = %s\n"
        "[trunk pbx]\nspan = line\nswitch-type = %s\nside = %s\nchannel = %s\nt316 = 1s\n"
        "disconnect-tones = yes\npbx-transfer = yes\nmwi = %s\n"
        "[route out]\nfrom = 127.0.0.0/8\nto = trunk pbx\n"
        "[route in]\nfrom = pbx\ncalled = 1XX, 2.\nto = sip:{number}@127.0.0.1\n",
        index & 1 ? "e1" : "t1", switch_type_names[index / 2], index & 1 ? "network" : "cpe",
        index % 3 ? "exclusive" : "preferred", mwi ? "yes" : "no");
    IsdnLine out = {line, hear};

    line->network = index & 1;
    line->settings = settings_parse("fuzz", text, NULL);
    line->hall = hall_new(loop, line->settings);
    line->isdn = isdn_new(line->settings, loop, line->hall, &out, NULL);
    isdn_set_mwi(line->isdn, mailbox_told, NULL);
    rooms_set(line);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    g_log_set_default_handler(log_nothing, NULL);
    log_open(LEVEL_ERROR, FALSE);
    loop = loop_virtual_new();
    g_assert(callmap_open(NULL));
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++)
        line_open(&lines[i], i);
    loop_virtual_advance(loop, 1000);
    return 0;
}

/* A command or response of the far end, by C/R (Q.921 3.3.2). */
static guint8 address(const Line *line, gboolean command)
{
    return line->network == command ? 0x00 : 0x02;
}

static void answer_sabme(Line *line)
{
    guint8 ua[] = {address(line, FALSE), 0x01, 0x73};

    if (!line->sabme)
        return;
    line->sabme = FALSE;
    line->sent = line->heard = 0;
    isdn_frame_received(line->isdn, 0, ua, sizeof ua);
}

static void establish(Line *line)
{
    guint8 sabme[] = {address(line, TRUE), 0x01, 0x7f};

    isdn_alarm_changed(line->isdn, 0, SPAN_ALARM_NONE);
    line->sabme = TRUE;
    answer_sabme(line);
    isdn_frame_received(line->isdn, 0, sabme, sizeof sabme);
    line->sent = line->heard = 0;
    loop_virtual_advance(loop, 600 * 1000);
    answer_sabme(line);
}

static void say(Line *line, const guint8 *message, gsize length)
{
    guint8 frame[4 + 256] = {address(line, TRUE), 0x01, line->sent << 1, line->heard << 1};

    line->sent = (line->sent + 1) & 0x7f;
    line->heard &= 0x7f;
    memcpy(frame + 4, message, length);
    isdn_frame_received(line->isdn, 0, frame, 4 + length);
}

static void phone_call(Line *line, const guint8 *octets, gsize length)
{
    CallOrigin origin = {.kind = ORIGIN_SIP};
    CallSetup setup = {.bearer = BEARER_3K1_AUDIO, .complete = TRUE};
    Call *call;

    address_parse("127.0.0.1", &origin.source);
    g_strlcpy(setup.called.digits, "200", sizeof setup.called.digits);
    if (length > 0) {
        gsize size = MIN(length, sizeof setup.name - 1);
        g_autofree char *name = g_strndup((const char *)octets, size);

        name_clean(name, setup.name, sizeof setup.name);
    }
    call = call_new(line->hall, &origin, &setup);
    if (call)
        call_event(call, EVENT_SIP_INVITE, NULL);
}

static void find_call(void *user, const Call *call)
{
    guint32 *wanted = user;

    if (wanted[0]-- == 0)
        wanted[1] = call_id(call);
}

/* Only what the user agent can raise in the SIP leg's state. */
static gboolean sip_fits(SipState state, CallEvent event)
{
    switch (state) {
    case SIP_INVITED:
    case SIP_RINGING:
    case SIP_PROGRESSING:
    case SIP_TREATED:
        return event == EVENT_SIP_CANCEL || event == EVENT_SIP_BYE;
    case SIP_CALLING:
    case SIP_PROCEEDING:
    case SIP_ALERTED:
    case SIP_EARLY:
        return event == EVENT_SIP_TRYING || event == EVENT_SIP_RINGING ||
               event == EVENT_SIP_RINGING_MEDIA || event == EVENT_SIP_PROGRESS ||
               event == EVENT_SIP_ANSWER || event == EVENT_SIP_FAILURE;
    case SIP_ANSWERED:
    case SIP_PARTING:
        return event == EVENT_SIP_ACK || event == EVENT_SIP_NO_ACK;
    case SIP_ABANDONED:
    case SIP_CANCELLING:
        return event == EVENT_SIP_ANSWER || event == EVENT_SIP_FAILURE;
    case SIP_UP:
        return event == EVENT_SIP_BYE || event == EVENT_SIP_LOST;
    case SIP_LEAVING:
        return event == EVENT_SIP_ENDED;
    case SIP_IDLE:
    case SIP_STATE_COUNT:
        break;
    }
    return FALSE;
}

static void sip_event(Line *line, guint8 octet)
{
    static const CallEvent events[] = {
        EVENT_SIP_TRYING, EVENT_SIP_RINGING, EVENT_SIP_RINGING_MEDIA, EVENT_SIP_PROGRESS,
        EVENT_SIP_ANSWER, EVENT_SIP_FAILURE, EVENT_SIP_ACK,           EVENT_SIP_NO_ACK,
        EVENT_SIP_CANCEL, EVENT_SIP_BYE,     EVENT_SIP_LOST,          EVENT_SIP_ENDED,
    };
    guint32 wanted[2] = {octet >> 4, 0};
    CallEvent event = events[(octet & 15) % G_N_ELEMENTS(events)];
    CallNews news = CALL_NEWS_INIT;
    Call *call;

    hall_each_call(line->hall, find_call, wanted);
    call = hall_find_call(line->hall, wanted[1]);
    news.cause = 1 + octet % 127;
    news.status = 480;
    if (call && sip_fits(call_sip_state(call), event))
        call_event(call, event, &news);
}

static void mailbox_tell(Line *line, guint8 octet)
{
    const MwiState state = {.waiting = octet > 0, .counted = TRUE, .fresh = octet};
    Number served = {.ton = octet & 3, .npi = octet & 8 ? NPI_E164 : NPI_UNKNOWN};

    g_snprintf(served.digits, sizeof served.digits, "1%u", octet & 7);
    isdn_tell_mwi(line->isdn, "pbx", &served, &state);
}

static void operate(Line *line, Operation operation, const guint8 *octets, gsize length)
{
    switch (operation) {
    case OP_MESSAGE:
        say(line, octets, length);
        break;
    case OP_FRAME:
        isdn_frame_received(line->isdn, 0, octets, length);
        break;
    case OP_TIME:
        for (gsize i = 0; i < MIN(length, 8); i++)
            loop_virtual_advance(loop, (1 + octets[i]) * G_GINT64_CONSTANT(250000));
        break;
    case OP_PHONE:
        phone_call(line, octets, length);
        break;
    case OP_SIP:
        for (gsize i = 0; i < length; i++)
            sip_event(line, octets[i]);
        break;
    case OP_ALARM:
        for (gsize i = 0; i < length; i++)
            isdn_alarm_changed(line->isdn, 0, octets[i] & 15);
        break;
    case OP_MAILBOX:
        for (gsize i = 0; i < length; i++)
            mailbox_tell(line, octets[i]);
        break;
    case OP_COUNT:
        break;
    }
    loop_virtual_advance(loop, 0);
    answer_sabme(line);
}

/* The line falls silent for good: nothing may be left of any call. */
static void check_quiet(Line *line)
{
    IsdnSpanStatus status;

    isdn_alarm_changed(line->isdn, 0, SPAN_ALARM_RED);
    loop_virtual_advance(loop, 7 * G_USEC_PER_SEC);
    for (guint i = 0; i < 64 && hall_call_count(line->hall) > 0; i++)
        for (guint8 octet = 0; octet < 16; octet++)
            sip_event(line, octet);
    loop_virtual_advance(loop, 60 * G_USEC_PER_SEC);
    g_assert(hall_call_count(line->hall) == 0);
    isdn_span_status(line->isdn, 0, &status);
    g_assert(status.busy == 0);
    g_assert(dchan_legs(isdn_find_dchan(line->isdn, 0))->len == 0);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    Line *line;

    if (size < 1)
        return 0;
    line = &lines[data[0] % G_N_ELEMENTS(lines)];
    establish(line);
    for (gsize at = 1; at + 2 <= size;) {
        gsize length = MIN(data[at + 1], size - at - 2);

        operate(line, data[at] % OP_COUNT, data + at + 2, length);
        at += 2 + length;
    }
    check_quiet(line);
    return 0;
}
