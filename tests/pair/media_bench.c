/* The stand-in hall, the sounds, the phones and the PBX of the media test. */
#include "media_bench.h"
#include "digit_player.h"
#include "joined.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the stand-in hall --------------------------------------------------------------------------
 */

Call calls[PHONES];

Call *hall_find_call(Hall *hall, guint32 id)
{
    for (guint i = 0; i < PHONES; i++)
        if (calls[i].id == id && !calls[i].ended)
            return &calls[i];
    return NULL;
}

void call_event(Call *call, CallEvent event, const CallNews *news)
{
    call->none_events += event == EVENT_MEDIA_NONE;
    call->silent_events += event == EVENT_MEDIA_SILENT;
    if (event == EVENT_MEDIA_HEARD)
        g_strlcat(call->heard, news->digits, sizeof(call->heard));
    if (event == EVENT_MEDIA_TOLD)
        g_strlcat(call->told, news->digits, sizeof(call->told));
    call->cause = news->cause;
}

guint32 call_id(const Call *call)
{
    return call->id;
}

Channel call_channel(const Call *call)
{
    return call->channel;
}

const CallSetup *call_setup(const Call *call)
{
    return &call->setup;
}

void call_set_local_rtp(Call *call, const struct sockaddr_storage *address)
{
    call->local = *address;
}

gboolean call_takes_info(const Call *call)
{
    return call->takes_info;
}

guint32 call_joined(const Call *call)
{
    return call->joined;
}

gboolean call_takes_keypad(const Call *call)
{
    return call->takes_keypad;
}

guint32 call_twin(const Call *call)
{
    (void)call;
    return 0;
}

const MediaRemote *call_remote(const Call *call)
{
    return call->has_remote ? &call->remote : NULL;
}

gboolean call_ringback_wanted(const Call *call)
{
    return call->wants_tones;
}

/* ---- sounds -------------------------------------------------------------------------------------
 */

guint8 sound(guint who, guint32 n)
{
    guint32 x = (n + who * 0x01000193u) * 2654435761u;

    return (guint8)((x ^ x >> 15) >> 8);
}

static void record(Recording *recording, const guint8 *octets, gsize count)
{
    gsize fits = MIN(count, HEARD_MAX - recording->count);

    memcpy(recording->octets + recording->count, octets, fits);
    recording->count += (guint)fits;
}

gboolean is_sound_of(const Recording *recording, guint from, guint to, guint who,
                     const guint8 *table)
{
    if (to > recording->count || to - from < 200)
        return FALSE;
    for (guint32 start = 0; start < HEARD_MAX; start++) {
        guint i = 0;

        while (i < to - from) {
            guint8 octet = sound(who, start + i);

            if (recording->octets[from + i] != (table ? table[octet] : octet))
                break;
            i++;
        }
        if (i == to - from)
            return TRUE;
        if (i > 100)
            g_test_message("the sound of %u breaks off after %u of %u samples", who, i, to - from);
    }
    return FALSE;
}

gboolean is_silent(const Recording *recording, guint from, guint8 idle)
{
    if (from >= recording->count)
        return FALSE;
    for (guint i = from; i < recording->count; i++)
        if (recording->octets[i] != idle)
            return FALSE;
    return TRUE;
}

/* ---- a phone ------------------------------------------------------------------------------------
 */

int udp_socket(const char *host, struct sockaddr_storage *address)
{
    socklen_t length = sizeof(*address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

    g_assert_true(address_parse(host, address));
    g_assert_cmpint(bind(fd, (struct sockaddr *)address, address_length(address)), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)address, &length), ==, 0);
    g_assert_cmpint(setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)), ==, 0);
    return fd;
}

void send_packet(int fd, const struct sockaddr_storage *to, const RtpPacket *packet)
{
    guint8 data[RTP_HEADER_SIZE + 480];

    rtp_write_header(data, packet);
    memcpy(data + RTP_HEADER_SIZE, packet->payload, packet->length);
    sendto(fd, data, RTP_HEADER_SIZE + packet->length, 0, (const struct sockaddr *)to,
           address_length(to));
}

static void phone_send(Phone *phone)
{
    guint8 octets[240];
    RtpPacket packet = {
        .payload_type = phone->payload_type,
        .sequence = phone->sequence++,
        .timestamp = phone->timestamp,
        .ssrc = phone->ssrc,
        .payload = octets,
        .length = phone->ptime,
    };

    for (guint i = 0; i < phone->ptime; i++)
        octets[i] = sound(phone->who, phone->timestamp + i);
    phone->timestamp += phone->ptime;
    send_packet(phone->rtp, &phone->to, &packet);
}

static gssize receive(int fd, guint8 *data, gsize size, guint *tos)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {data, size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    gssize got = recvmsg(fd, &message, 0);
    struct cmsghdr *c = got >= 0 ? CMSG_FIRSTHDR(&message) : NULL;

    if (c && c->cmsg_type == IP_TOS)
        *tos = *(guint8 *)CMSG_DATA(c);
    return got;
}

/* A digit's first packet has the marker, or was lost on the way. */
static void phone_hear_event(Phone *phone, const RtpPacket *packet)
{
    const char key[2] = {digit_names[packet->payload[0] & 15], 0};

    g_assert_cmpuint(packet->length, ==, 4);
    phone->ends += packet->payload[1] >> 7;
    phone->wrong += packet->sequence != (guint16)(phone->last.sequence + 1);
    phone->last.sequence = packet->sequence;
    phone->wrong += packet->marker != (packet->timestamp != phone->key_stamp);
    if (packet->marker)
        g_strlcat(phone->keys, key, sizeof(phone->keys));
    phone->key_stamp = packet->timestamp;
}

static void phone_on_rtp(void *user, int fd, LoopReady ready)
{
    Phone *phone = user;
    guint8 data[1500];
    gssize size;

    while ((size = receive(fd, data, sizeof(data), &phone->tos)) > 0) {
        RtpPacket packet;

        g_assert_true(rtp_read(data, (gsize)size, &packet));
        if (packet.payload_type == 101) {
            phone_hear_event(phone, &packet);
            continue;
        }
        if (phone->packets > 0)
            phone->wrong +=
                packet.ssrc != phone->last.ssrc ||
                packet.sequence != (guint16)(phone->last.sequence + 1) ||
                (!packet.marker && packet.timestamp != phone->last.timestamp + phone->last.length);
        phone->packets++;
        phone->markers += packet.marker;
        record(&phone->heard, packet.payload, packet.length);
        phone->last = packet;
        phone->last.payload = NULL;
    }
}

static void phone_on_rtcp(void *user, int fd, LoopReady ready)
{
    Phone *phone = user;
    guint8 data[1500];
    gssize size;

    while ((size = receive(fd, data, sizeof(data), &phone->tos)) > 0) {
        g_assert_true(rtcp_read(data, (gsize)size, phone->ssrc, &phone->report));
        phone->reports++;
        phone->byes += phone->report.bye;
    }
}

/* ---- the bench: one gateway, one PBX, some phones -----------------------------------------------
 */

static void pbx_on_block(void *user, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    Bench *bench = user;

    record(&bench->heard[channel], rx, count);
    if (bench->keys[channel]) {
        dtmf_tone_play(&bench->tones[channel],
                       bench->keys[channel] == ' ' ? 0 : bench->keys[channel], LAW_ALAW, tx, count);
        return;
    }
    for (gsize i = 0; i < count; i++)
        tx[i] = sound(100 + channel, bench->said[channel]++);
}

/* The phones' clock is the PBX's, as a good phone's nearly is. */
static void pbx_on_tick(void *user, gsize count)
{
    Bench *bench = user;

    for (guint i = 0; i < PHONES; i++) {
        Phone *phone = &bench->phones[i];

        if (!phone->sends)
            continue;
        for (phone->owed += (guint)count; phone->owed >= phone->ptime; phone->owed -= phone->ptime)
            phone_send(phone);
    }
}

static void pbx_on_frame(void *user, const guint8 *frame, gsize length)
{
    Bench *bench = user;

    g_assert_cmpmem(frame, length, "to the PBX", 10);
    bench->frames_at_pbx++;
}

void gateway_on_frame(void *user, guint8 span, const guint8 *frame, gsize length)
{
    Bench *bench = user;

    g_assert_cmpuint(span, ==, 0);
    g_assert_cmpmem(frame, length, "to us", 5);
    bench->frames_at_gateway++;
}

void gateway_on_alarm(void *user, guint8 span, SpanAlarms alarms)
{
    Bench *bench = user;

    bench->alarm_news++;
    bench->alarms = alarms;
}

void gateway_on_selftested(void *user, guint8 span)
{
    Bench *bench = user;

    bench->selftests++;
    bench->selftested = span;
}

static void quit_loop(void *user)
{
    loop_epoll_quit(((Bench *)user)->loop);
}

void run_ms(Bench *bench, guint ms)
{
    loop_timer_start(bench->loop, bench->timer, ms * 1000);
    loop_epoll_run(bench->loop);
}

/* Ports apart from those of the same test run elsewhere on this machine. */
static guint16 port_base(void)
{
    return (guint16)(40000 + getpid() % 400 * 50);
}

void bench_set_spans(Bench *bench)
{
    SpanSettings span = {
        .name = (char *)"e1",
        .backend = BACKEND_CESOPSN,
        .type = SPAN_E1,
        .law = LAW_ALAW,
        .packet_ms = 5,
        .clock = SPAN_CLOCK_SLAVE,
        .buffer_packets = 16,
        .d_channel = 16,
    };

    g_assert_true(address_parse("127.0.0.1", &span.local));
    span.remote = span.local;
    bench->gateway_span = bench->pbx_span = span;
    bench->pbx_span.clock = SPAN_CLOCK_MASTER;
    address_set_port(&bench->gateway_span.local, port_base());
    address_set_port(&bench->gateway_span.remote, (guint16)(port_base() + 1));
    address_set_port(&bench->pbx_span.local, (guint16)(port_base() + 1));
    address_set_port(&bench->pbx_span.remote, port_base());
}

Bench *bench_new(void)
{
    Bench *bench = g_new0(Bench, 1);

    memset(calls, 0, sizeof(calls));
    bench->loop = loop_epoll_new(NULL);
    bench->timer = loop_timer_new(bench->loop, quit_loop, bench);
    bench_set_spans(bench);
    g_assert_true(address_parse("127.0.0.1", &bench->settings.media.address));
    bench->settings.media.port_first = (guint16)(port_base() + 2);
    bench->settings.media.port_last = (guint16)(port_base() + 21);
    bench->settings.media.dscp = 46;
    bench->settings.media.ptime_ms = 20;
    bench->settings.media.jitter_ms = 60; /* a busy machine stalls us all for a while */
    bench->settings.media.tones = (char *)"us";
    bench->settings.spans = g_ptr_array_new();
    g_ptr_array_add(bench->settings.spans, &bench->gateway_span);
    return bench;
}

void bench_open(Bench *bench)
{
    MediaSpanEvents span_events = {bench, gateway_on_frame, gateway_on_alarm,
                                   gateway_on_selftested};
    SpanEvents pbx_events = {
        .user = bench,
        .d_frame = pbx_on_frame,
        .b_block = pbx_on_block,
        .tick = pbx_on_tick,
    };
    g_autoptr(GError) error = NULL;

    bench->media = media_new(&bench->settings, bench->loop, (Hall *)bench, &span_events, &error);
    g_assert_no_error(error);
    bench->ops = media_call_ops(bench->media);
    bench->pbx = span_open(&bench->pbx_span, bench->loop, &pbx_events, &error);
    g_assert_no_error(error);
    /* Both ends hear each other: nothing of what follows is lost in starting up. */
    RUN_UNTIL(bench, bench->alarm_news > 0 && bench->alarms == 0 && bench->pbx->alarms == 0);
}

void bench_free(Bench *bench)
{
    for (guint i = 0; i < PHONES; i++) {
        Phone *phone = &bench->phones[i];

        if (!phone->ptime)
            continue;
        loop_unwatch(bench->loop, phone->watches[0]);
        loop_unwatch(bench->loop, phone->watches[1]);
        close(phone->rtp);
        close(phone->rtcp);
    }
    media_free(bench->media);
    span_close(bench->pbx);
    loop_timer_free(bench->loop, bench->timer);
    loop_epoll_free(bench->loop);
    g_ptr_array_unref(bench->settings.spans);
    g_free(bench);
}

gboolean act(Bench *bench, guint i, CallAction action)
{
    static const CallNews news = CALL_NEWS_INIT;

    return bench->ops.action[action](bench->ops.room, &calls[i], &news);
}

Phone *bench_add_phone(Bench *bench, guint i, const char *host)
{
    Phone *phone = &bench->phones[i];
    Call *call = &calls[i];
    struct sockaddr_storage rtcp;

    *phone = (Phone){.who = i + 1, .ptime = 160, .payload_type = 8, .ssrc = 0x1000 + i};
    phone->rtp = udp_socket(host, &phone->address);
    phone->rtcp = udp_socket(host, &rtcp);
    phone->watches[0] = loop_watch(bench->loop, phone->rtp, LOOP_READABLE, phone_on_rtp, phone);
    phone->watches[1] = loop_watch(bench->loop, phone->rtcp, LOOP_READABLE, phone_on_rtcp, phone);
    call->id = i + 1;
    call->channel = (Channel){0, (guint8)(i + 1)};
    call->remote = (MediaRemote){
        .rtp = phone->address,
        .rtcp = rtcp,
        .payload_type = 8,
        .law = LAW_ALAW,
        .ptime_ms = 20,
        .event_payload_type = 101,
        .send = TRUE,
        .receive = TRUE,
    };
    span_b_open(bench->pbx, (guint8)(i + 1), SPAN_USE_SPEECH);
    return phone;
}

void bench_open_port(Bench *bench, guint i)
{
    g_assert_true(act(bench, i, ACTION_MEDIA_OPEN));
    bench->phones[i].to = calls[i].local;
}

void bench_answer(Bench *bench, guint i)
{
    calls[i].has_remote = TRUE;
    g_assert_true(act(bench, i, ACTION_MEDIA_UPDATE));
    g_assert_true(act(bench, i, ACTION_MEDIA_THROUGH));
    bench->phones[i].sends = TRUE;
}

MediaStats stats_of(Bench *bench, guint i)
{
    MediaStats stats;

    g_assert_true(media_port_stats(bench->media, i + 1, &stats));
    return stats;
}

gboolean line_was_good(Bench *bench)
{
    SpanCounters ours;

    run_ms(bench, 600); /* the board is at most half a second old */
    media_span_status(bench->media, 0, &ours);
    if (ours.lost + ours.late + ours.slips + bench->pbx->counters.lost + bench->pbx->counters.late +
            bench->pbx->counters.slips ==
        0)
        return TRUE;
    g_test_message("the machine was too busy: our span lost %" G_GUINT64_FORMAT
                   " slipped %" G_GUINT64_FORMAT ", the PBX's %" G_GUINT64_FORMAT
                   " and %" G_GUINT64_FORMAT,
                   ours.lost, ours.slips, bench->pbx->counters.lost, bench->pbx->counters.slips);
    return FALSE;
}
