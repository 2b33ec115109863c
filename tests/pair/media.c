/* Media against a real PBX span (CESoPSN over loopback) and real UDP phones, in real time; only the
 * hall is a stand-in. */
#include "media.h"
#include "cause.h"
#include "g711.h"
#include "rtcp.h"
#include "rtp.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PHONES 4
#define HEARD_MAX (8000 * 30)

/* ---- the stand-in hall --------------------------------------------------------------------------
 */

struct Call {
    guint32 id;
    Channel channel;
    struct sockaddr_storage local;
    gboolean has_remote;
    MediaRemote remote;
    gboolean wants_tones;
    gboolean ended;
    guint none_events, silent_events;
    guint8 cause;
};

static Call calls[PHONES];

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

void call_set_local_rtp(Call *call, const struct sockaddr_storage *address)
{
    call->local = *address;
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

/* Two sounds that no shift makes alike; neither is ever long at the idle octet. */
static guint8 sound(guint who, guint32 n)
{
    guint32 x = (n + who * 0x01000193u) * 2654435761u;

    return (guint8)((x ^ x >> 15) >> 8);
}

typedef struct Recording {
    guint8 octets[HEARD_MAX];
    guint count;
} Recording;

static void record(Recording *recording, const guint8 *octets, gsize count)
{
    gsize fits = MIN(count, HEARD_MAX - recording->count);

    memcpy(recording->octets + recording->count, octets, fits);
    recording->count += (guint)fits;
}

/* Are the samples FROM to TO those of WHO, through TABLE, from some point on? */
static gboolean is_sound_of(const Recording *recording, guint from, guint to, guint who,
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

static gboolean is_silent(const Recording *recording, guint from, guint8 idle)
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

typedef struct Phone {
    guint who;
    int rtp, rtcp;
    struct sockaddr_storage address, to; /* to: where the gateway's RTP port is */
    LoopWatch *watches[2];
    /* sending, by the PBX's clock */
    gboolean sends;
    guint ptime; /* samples */
    guint8 payload_type;
    guint owed;
    guint16 sequence;
    guint32 timestamp, ssrc;
    /* receiving */
    Recording heard;
    guint packets, markers, wrong;
    RtpPacket last;
    guint tos;
    guint reports, byes;
    RtcpReport report;
} Phone;

static int udp_socket(const char *host, struct sockaddr_storage *address)
{
    socklen_t length = sizeof(*address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

    g_assert_true(address_parse(host, address));
    g_assert_cmpint(bind(fd, (struct sockaddr *)address, address_length(address)), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)address, &length), ==, 0);
    g_assert_cmpint(setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)), ==, 0);
    return fd;
}

static void send_packet(int fd, const struct sockaddr_storage *to, const RtpPacket *packet)
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

static void phone_on_rtp(void *user, int fd, LoopReady ready)
{
    Phone *phone = user;
    guint8 data[1500];
    gssize size;

    while ((size = receive(fd, data, sizeof(data), &phone->tos)) > 0) {
        RtpPacket packet;

        g_assert_true(rtp_read(data, (gsize)size, &packet));
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

typedef struct Bench {
    Loop *loop; /* signalling, the PBX and the phones */
    LoopTimer *timer;
    SpanSettings gateway_span, pbx_span;
    Settings settings;
    Media *media;
    CallOps ops;
    Span *pbx;
    Recording heard[32]; /* by the PBX, by channel */
    guint32 said[32];
    Phone phones[PHONES];
    guint frames_at_gateway, frames_at_pbx;
    guint8 frame[8];
    guint alarm_news;
    SpanAlarms alarms;
} Bench;

static void pbx_on_block(void *user, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    Bench *bench = user;

    record(&bench->heard[channel], rx, count);
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

static void gateway_on_frame(void *user, guint8 span, const guint8 *frame, gsize length)
{
    Bench *bench = user;

    g_assert_cmpuint(span, ==, 0);
    g_assert_cmpmem(frame, length, "to us", 5);
    bench->frames_at_gateway++;
}

static void gateway_on_alarm(void *user, guint8 span, SpanAlarms alarms)
{
    Bench *bench = user;

    bench->alarm_news++;
    bench->alarms = alarms;
}

static void quit_loop(void *user)
{
    loop_epoll_quit(((Bench *)user)->loop);
}

static void run_ms(Bench *bench, guint ms)
{
    loop_timer_start(bench->loop, bench->timer, ms * 1000);
    loop_epoll_run(bench->loop);
}

#define RUN_UNTIL(bench, condition)                                                                \
    for (guint spent_ms = 0; !(condition); spent_ms += 10) {                                       \
        g_assert_cmpuint(spent_ms, <, 8000);                                                       \
        run_ms(bench, 10);                                                                         \
    }

/* Ports apart from those of the same test run elsewhere on this machine. */
static guint16 port_base(void)
{
    return (guint16)(40000 + getpid() % 400 * 50);
}

static void bench_set_spans(Bench *bench)
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

static Bench *bench_new(void)
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

static void bench_open(Bench *bench)
{
    MediaSpanEvents span_events = {bench, gateway_on_frame, gateway_on_alarm};
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

static void bench_free(Bench *bench)
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

static gboolean act(Bench *bench, guint i, CallAction action)
{
    static const CallNews news = CALL_NEWS_INIT;

    return bench->ops.action[action](bench->ops.room, &calls[i], &news);
}

/* Phone I, at HOST; call I has the id I + 1 and the B channel I + 1. */
static Phone *bench_add_phone(Bench *bench, guint i, const char *host)
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
    span_b_open(bench->pbx, (guint8)(i + 1));
    return phone;
}

/* Opens call I's port, its far end not yet known. */
static void bench_open_port(Bench *bench, guint i)
{
    g_assert_true(act(bench, i, ACTION_MEDIA_OPEN));
    bench->phones[i].to = calls[i].local;
}

static void bench_answer(Bench *bench, guint i)
{
    calls[i].has_remote = TRUE;
    g_assert_true(act(bench, i, ACTION_MEDIA_UPDATE));
    g_assert_true(act(bench, i, ACTION_MEDIA_THROUGH));
    bench->phones[i].sends = TRUE;
}

static MediaStats stats_of(Bench *bench, guint i)
{
    MediaStats stats;

    g_assert_true(media_port_stats(bench->media, i + 1, &stats));
    return stats;
}

/* Nothing the machine did to us spoils the test: the spans lost and slipped nothing. */
static gboolean line_was_good(Bench *bench)
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

/* ---- the tests ----------------------------------------------------------------------------------
 */

typedef struct Shape {
    guint8 payload_type;
    guint ptime_ms, phone_ptime_ms; /* toward the phone, from the phone */
} Shape;

static const Shape shapes[PHONES] = {{8, 20, 20}, {0, 20, 20}, {8, 10, 30}, {8, 30, 10}};

static gboolean try_sample_exact(void)
{
    Bench *bench = bench_new();
    gboolean good;

    bench_open(bench);
    for (guint i = 0; i < PHONES; i++) {
        Phone *phone = bench_add_phone(bench, i, "127.0.0.1");

        calls[i].remote.payload_type = phone->payload_type = shapes[i].payload_type;
        calls[i].remote.law = shapes[i].payload_type == 0 ? LAW_ULAW : LAW_ALAW;
        calls[i].remote.ptime_ms = (guint16)shapes[i].ptime_ms;
        phone->ptime = shapes[i].phone_ptime_ms * 8;
        bench_open_port(bench, i);
        bench_answer(bench, i);
    }
    run_ms(bench, 2000);
    RUN_UNTIL(bench, bench->phones[0].reports > 0 && bench->phones[1].reports > 0);
    good = line_was_good(bench);
    for (guint i = 0; good && i < PHONES; i++) {
        Phone *phone = &bench->phones[i];
        Recording *pbx = &bench->heard[i + 1];
        MediaStats stats = stats_of(bench, i);
        gboolean ulaw = shapes[i].payload_type == 0;

        g_test_message("call %u: sent %u received %u late %u concealed %u slipped %u jitter %u us",
                       i + 1, (guint)stats.sent, (guint)stats.received, (guint)stats.late,
                       (guint)stats.concealed, (guint)stats.slipped, stats.jitter_us);
        g_assert_true(is_sound_of(&phone->heard, 4000, 4000 + 8000, 100 + i + 1,
                                  ulaw ? law_table(LAW_ALAW, LAW_ULAW) : NULL));
        g_assert_true(is_sound_of(pbx, pbx->count - 12000, pbx->count - 2000, i + 1,
                                  ulaw ? law_table(LAW_ULAW, LAW_ALAW) : NULL));
        g_assert_cmpuint(phone->wrong, ==, 0);
        g_assert_cmpuint(phone->markers, ==, 1);
        g_assert_cmpuint(phone->last.length, ==, shapes[i].ptime_ms * 8);
        g_assert_cmpuint(phone->last.payload_type, ==, shapes[i].payload_type);
        g_assert_cmpuint(phone->tos, ==, 46 << 2);
        g_assert_cmpuint(stats.lost + stats.late + stats.concealed + stats.slipped, ==, 0);
        g_assert_cmpuint(stats.foreign + stats.malformed, ==, 0);
        g_assert_cmpuint(stats.received, >, 2000 / shapes[i].phone_ptime_ms - 5);
    }
    if (good) { /* an SR that tells what was sent, and what was heard of us */
        Phone *phone = &bench->phones[0];

        g_assert_true(phone->report.sender);
        g_assert_cmphex(phone->report.ssrc, ==, phone->last.ssrc);
        g_assert_cmpuint(phone->report.octets, ==, phone->report.packets * 160);
        g_assert_true(phone->report.has_block);
        g_assert_cmpint(phone->report.block.lost, ==, 0);
    }
    for (guint i = 0; i < PHONES; i++)
        act(bench, i, ACTION_MEDIA_CLOSE);
    RUN_UNTIL(bench, media_ports_used(bench->media) == 0);
    run_ms(bench, 20);
    for (guint i = 0; i < PHONES; i++)
        g_assert_cmpuint(bench->phones[i].byes, ==, 1);
    bench_free(bench);
    return good;
}

static void test_sample_exact(void)
{
    for (guint tries = 0; tries < 4; tries++)
        if (try_sample_exact())
            return;
    g_test_skip("this machine stalls for too long to judge samples");
}

/* One call from its first tone to its last: each stretch is heard where it should be, and nowhere
 * else. */
static void test_stages(void)
{
    Bench *bench = bench_new();
    Phone *phone;
    Recording *pbx = &bench->heard[1];
    guint mark, packets, timestamp;

    bench->settings.media.jitter_ms = 20;
    bench_open(bench);
    phone = bench_add_phone(bench, 0, "127.0.0.1");
    calls[0].wants_tones = TRUE;
    bench_open_port(bench, 0);
    g_assert_cmpuint(media_ports_used(bench->media), ==, 1);

    g_assert_true(act(bench, 0, ACTION_MEDIA_RINGBACK));
    run_ms(bench, 400);
    g_assert_false(is_silent(pbx, pbx->count - 800, 0xd5)); /* the ringback's two seconds on */
    g_assert_cmpuint(phone->packets, ==, 0);

    calls[0].has_remote = TRUE; /* 183 with SDP: the phone is heard, and hears nothing */
    act(bench, 0, ACTION_MEDIA_UPDATE);
    act(bench, 0, ACTION_MEDIA_PLAY);
    phone->sends = TRUE;
    run_ms(bench, 600);
    g_assert_true(is_sound_of(pbx, pbx->count - 1000, pbx->count, 1, NULL));
    g_assert_cmpuint(phone->packets, ==, 0);

    act(bench, 0, ACTION_MEDIA_LISTEN);
    run_ms(bench, 400);
    g_assert_true(is_silent(pbx, pbx->count - 1000, 0xd5));
    g_assert_cmpuint(phone->packets, >, 5);
    g_assert_cmpuint(phone->markers, ==, 1);

    act(bench, 0, ACTION_MEDIA_THROUGH);
    run_ms(bench, 400);
    g_assert_true(is_sound_of(pbx, pbx->count - 1000, pbx->count, 1, NULL));

    calls[0].remote.send = FALSE; /* held: sendonly of the phone */
    act(bench, 0, ACTION_MEDIA_UPDATE);
    run_ms(bench, 60);
    packets = phone->packets;
    timestamp = phone->last.timestamp;
    run_ms(bench, 400);
    g_assert_cmpuint(phone->packets, ==, packets);
    g_assert_true(is_sound_of(pbx, pbx->count - 1000, pbx->count, 1, NULL));

    calls[0].remote.send =
        TRUE; /* resumed: a talkspurt, its timestamp as if it had never stopped */
    act(bench, 0, ACTION_MEDIA_UPDATE);
    RUN_UNTIL(bench, phone->packets > packets);
    g_assert_cmpuint(phone->markers, ==, 2);
    g_assert_cmpuint(phone->last.timestamp - timestamp, >=, 400 * 8);
    g_assert_cmpuint((phone->last.timestamp - timestamp) % 160, ==, 0);

    calls[0].remote.receive =
        FALSE; /* recvonly of the phone: what it sends all the same is not heard */
    act(bench, 0, ACTION_MEDIA_UPDATE);
    run_ms(bench, 400);
    g_assert_true(is_silent(pbx, pbx->count - 1000, 0xd5));
    calls[0].remote.receive = TRUE;

    calls[0].remote.rtp = (struct sockaddr_storage){0}; /* c=0.0.0.0 */
    act(bench, 0, ACTION_MEDIA_UPDATE);
    run_ms(bench, 60);
    packets = phone->packets;
    run_ms(bench, 200);
    g_assert_cmpuint(phone->packets, ==, packets);

    act(bench, 0, ACTION_MEDIA_BUSY);
    run_ms(bench, 300);
    g_assert_false(is_silent(pbx, pbx->count - 400, 0xd5));
    g_assert_false(is_sound_of(pbx, pbx->count - 400, pbx->count, 1, NULL));
    mark = pbx->count;

    g_assert_cmpuint(phone->wrong, ==, 0);
    act(bench, 0, ACTION_MEDIA_CLOSE);
    g_assert_cmpuint(calls[0].local.ss_family, ==, AF_UNSPEC);
    RUN_UNTIL(bench, media_ports_used(bench->media) == 0);
    run_ms(bench, 200);
    g_assert_cmpuint(pbx->count, >, mark + 1200);
    g_assert_true(is_silent(pbx, pbx->count - 800, 0xd5));
    bench_free(bench);
}

/* Without the trunk's wish there is no tone of ours. */
static void test_no_tones_unasked(void)
{
    Bench *bench = bench_new();

    bench_open(bench);
    bench_add_phone(bench, 0, "127.0.0.1");
    bench_open_port(bench, 0);
    act(bench, 0, ACTION_MEDIA_RINGBACK);
    run_ms(bench, 200);
    g_assert_true(is_silent(&bench->heard[1], 0, 0xd5));
    act(bench, 0, ACTION_MEDIA_CLOSE);
    bench_free(bench);
}

static void test_foreign_source(void)
{
    Bench *bench = bench_new();
    struct sockaddr_storage address;
    guint8 noise[160] = {0}, junk[4] = {0};
    RtpPacket packet = {.payload_type = 8, .ssrc = 66, .payload = noise, .length = 160};
    RtpPacket event = {.payload_type = 101, .ssrc = 0x1000, .payload = noise, .length = 4};
    RtpPacket wrong = {.payload_type = 34, .ssrc = 0x1000, .payload = noise, .length = 160};
    Recording *pbx = &bench->heard[1];
    Phone *phone;
    int thief;

    bench_open(bench);
    phone = bench_add_phone(bench, 0, "127.0.0.1");
    bench_open_port(bench, 0);
    bench_answer(bench, 0);
    run_ms(bench, 500);
    thief = udp_socket("127.0.0.1", &address);
    for (guint i = 0; i < 20; i++) {
        packet.sequence++;
        packet.timestamp += 160;
        send_packet(thief, &phone->to, &packet);
        run_ms(bench, 20);
    }
    sendto(phone->rtp, junk, sizeof(junk), 0, (struct sockaddr *)&phone->to,
           address_length(&phone->to));
    send_packet(phone->rtp, &phone->to, &wrong);
    for (guint i = 0; i < 3; i++) {
        event.sequence = phone->sequence++; /* in the phone's own numbers, as RFC 4733 has it */
        event.timestamp = phone->timestamp;
        send_packet(phone->rtp, &phone->to, &event);
    }
    run_ms(bench, 700);
    g_assert_cmpuint(stats_of(bench, 0).foreign, ==, 20);
    g_assert_cmpuint(stats_of(bench, 0).malformed, ==, 2);
    g_assert_cmpuint(stats_of(bench, 0).events, ==, 3);
    g_assert_cmpuint(stats_of(bench, 0).lost, ==, 0);
    g_assert_true(is_sound_of(pbx, pbx->count - 8000, pbx->count - 800, 1, NULL));
    close(thief);
    act(bench, 0, ACTION_MEDIA_CLOSE);
    bench_free(bench);
}

/* The address agreed is a private one; the phone speaks from another: it is heard, and spoken to
 * there. */
static void test_behind_nat(void)
{
    Bench *bench = bench_new();
    Phone *phone;

    bench_open(bench);
    phone = bench_add_phone(bench, 0, "127.0.0.2");
    g_assert_true(address_parse("127.0.0.9:4000", &calls[0].remote.rtp));
    bench_open_port(bench, 0);
    bench_answer(bench, 0);
    run_ms(bench, 600);
    g_assert_cmpuint(phone->packets, >, 15);
    g_assert_true(
        is_sound_of(&bench->heard[1], bench->heard[1].count - 800, bench->heard[1].count, 1, NULL));
    act(bench, 0, ACTION_MEDIA_CLOSE);
    bench_free(bench);
}

static void test_silence_is_told(void)
{
    Bench *bench = bench_new();

    bench->settings.media.rtp_timeout_us = 300 * 1000;
    bench_open(bench);
    for (guint i = 0; i < 3; i++) {
        bench_add_phone(bench, i, "127.0.0.1");
        bench_open_port(bench, i);
        bench_answer(bench, i);
    }
    run_ms(bench, 600);
    g_assert_cmpuint(calls[0].silent_events, ==, 0);
    calls[1].remote.send = FALSE; /* held */
    act(bench, 1, ACTION_MEDIA_UPDATE);
    calls[2].ended = TRUE; /* its news will find nobody */
    for (guint i = 0; i < 3; i++)
        bench->phones[i].sends = FALSE;
    run_ms(bench, 900);
    g_assert_cmpuint(calls[0].silent_events, ==, 1);
    g_assert_cmpuint(calls[0].cause, !=, 0);
    g_assert_cmpuint(calls[1].silent_events, ==, 0);
    g_assert_cmpuint(calls[2].silent_events, ==, 0);
    calls[1].remote.send = TRUE; /* resumed: the time-out begins now */
    act(bench, 1, ACTION_MEDIA_UPDATE);
    run_ms(bench, 150);
    g_assert_cmpuint(calls[1].silent_events, ==, 0);
    run_ms(bench, 400);
    g_assert_cmpuint(calls[1].silent_events, ==, 1);
    for (guint i = 0; i < 3; i++)
        act(bench, i, ACTION_MEDIA_CLOSE);
    bench_free(bench);
}

static void test_ports_run_out(void)
{
    Bench *bench = bench_new();
    guint16 first;
    MediaStats stats;

    bench->settings.media.port_last = (guint16)(bench->settings.media.port_first + 3);
    bench_open(bench);
    for (guint i = 0; i < 3; i++)
        bench_add_phone(bench, i, "127.0.0.1");
    bench_open_port(bench, 0);
    bench_open_port(bench, 1);
    first = address_port((struct sockaddr *)&calls[0].local);
    g_assert_cmpuint(first % 2, ==, 0);
    g_assert_false(act(bench, 2, ACTION_MEDIA_OPEN));
    g_assert_cmpuint(calls[2].none_events, ==, 1);
    g_assert_cmpuint(calls[2].cause, ==, CAUSE_RESOURCE_UNAVAILABLE);
    g_assert_false(media_port_stats(bench->media, 3, &stats));
    g_assert_true(act(bench, 0, ACTION_MEDIA_OPEN)); /* again: it keeps its port */
    g_assert_cmpuint(address_port((struct sockaddr *)&calls[0].local), ==, first);
    g_assert_cmpuint(media_ports_used(bench->media), ==, 2);

    act(bench, 0, ACTION_MEDIA_CLOSE);
    g_assert_false(media_port_stats(bench->media, 1, &stats));
    RUN_UNTIL(bench, media_ports_used(bench->media) == 1);
    bench_open_port(bench, 2);
    g_assert_cmpuint(address_port((struct sockaddr *)&calls[2].local), ==, first);

    calls[0].has_remote = TRUE;
    calls[0].remote.payload_type = 9; /* G.722 */
    g_assert_false(act(bench, 0, ACTION_MEDIA_OPEN));
    g_assert_cmpuint(calls[0].cause, ==, CAUSE_BEARER_NOT_IMPLEMENTED);

    bench->ops.part(bench->ops.room, &calls[2]); /* the call ends with its port open */
    act(bench, 1, ACTION_MEDIA_CLOSE);
    act(bench, 1, ACTION_MEDIA_CLOSE); /* nothing any more */
    act(bench, 1, ACTION_MEDIA_THROUGH);
    RUN_UNTIL(bench, media_ports_used(bench->media) == 0);
    bench_free(bench);
}

/* Another channel after the first was refused (cause 44): the port follows it. */
static void test_other_channel(void)
{
    Bench *bench = bench_new();

    bench_open(bench);
    bench_add_phone(bench, 0, "127.0.0.1");
    span_b_open(bench->pbx, 9);
    calls[0].channel = (Channel){0}; /* none booked yet */
    bench_open_port(bench, 0);
    calls[0].channel = (Channel){0, 1};
    bench_answer(bench, 0);
    run_ms(bench, 300);
    calls[0].channel = (Channel){0, 9};
    act(bench, 0, ACTION_MEDIA_OPEN);
    run_ms(bench, 500);
    g_assert_true(
        is_sound_of(&bench->heard[9], bench->heard[9].count - 800, bench->heard[9].count, 1, NULL));
    g_assert_true(is_silent(&bench->heard[1], bench->heard[1].count - 800, 0xd5));
    g_assert_true(is_sound_of(&bench->phones[0].heard, bench->phones[0].heard.count - 800,
                              bench->phones[0].heard.count, 100 + 9, NULL));
    act(bench, 0, ACTION_MEDIA_CLOSE);
    bench_free(bench);
}

static void test_frames_and_alarms(void)
{
    Bench *bench = bench_new();
    SpanCounters counters;

    bench_open(bench);
    for (guint i = 0; i < 10; i++) {
        media_d_send(bench->media, 0, (const guint8 *)"to the PBX", 10);
        span_d_send(bench->pbx, (const guint8 *)"to us", 5);
    }
    RUN_UNTIL(bench, bench->frames_at_gateway == 10 && bench->frames_at_pbx == 10);
    run_ms(bench, 600);
    g_assert_cmpuint(media_span_status(bench->media, 0, &counters), ==, 0);
    g_assert_cmpuint(counters.d_frames_in, ==, 10);
    g_assert_cmpuint(counters.d_frames_out, ==, 10);
    g_assert_cmpuint(media_span_status(bench->media, 7, &counters), ==, 0);
    g_assert_cmpuint(counters.packets_in, ==, 0);
    g_clear_pointer(&bench->pbx, span_close);
    RUN_UNTIL(bench, bench->alarms & SPAN_ALARM_RED);
    g_assert_true(media_span_status(bench->media, 0, NULL) & SPAN_ALARM_RED);
    bench_free(bench);
}

static void test_errors_of_opening(void)
{
    Bench *bench = bench_new();
    MediaSpanEvents events = {bench, gateway_on_frame, gateway_on_alarm};
    g_autoptr(GError) error = NULL;

    g_assert_true(address_parse("192.0.2.1:4000", &bench->gateway_span.local)); /* not ours */
    g_assert_null(media_new(&bench->settings, bench->loop, NULL, &events, &error));
    g_assert_nonnull(strstr(error->message, "e1"));
    g_clear_error(&error);
    bench_set_spans(bench);
    bench->settings.media.tones = (char *)"xx";
    g_assert_null(media_new(&bench->settings, bench->loop, NULL, &events, &error));
    g_assert_nonnull(strstr(error->message, "[media] tones"));
    bench_free(bench);
}

/* The media thread ends while calls are up and news are under way: all is given back (the leak
 * checker judges). */
static void test_ends_in_mid_call(void)
{
    Bench *bench = bench_new();

    bench->settings.media.rtp_timeout_us = 50 * 1000;
    bench_open(bench);
    for (guint i = 0; i < PHONES; i++) {
        bench_add_phone(bench, i, "127.0.0.1");
        bench_open_port(bench, i);
        bench_answer(bench, i);
    }
    run_ms(bench, 200);
    act(bench, 0, ACTION_MEDIA_CLOSE);
    media_d_send(bench->media, 0, (const guint8 *)"to the PBX", 10);
    g_clear_pointer(&bench->media, media_free);
    run_ms(bench, 50); /* late news find nobody */
    for (guint i = 1; i < PHONES; i++)
        g_assert_cmpuint(bench->phones[i].byes, ==, 1);
    bench_free(bench);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/media/sample-exact-both-ways", test_sample_exact);
    g_test_add_func("/media/every-stage-of-a-call", test_stages);
    g_test_add_func("/media/no-tones-unasked", test_no_tones_unasked);
    g_test_add_func("/media/foreign-and-unwanted-packets", test_foreign_source);
    g_test_add_func("/media/behind-a-nat", test_behind_nat);
    g_test_add_func("/media/silence-is-told", test_silence_is_told);
    g_test_add_func("/media/ports-run-out-and-come-back", test_ports_run_out);
    g_test_add_func("/media/the-port-follows-the-channel", test_other_channel);
    g_test_add_func("/media/frames-and-alarms-cross", test_frames_and_alarms);
    g_test_add_func("/media/errors-of-opening", test_errors_of_opening);
    g_test_add_func("/media/ends-in-mid-call", test_ends_in_mid_call);
    return g_test_run();
}
