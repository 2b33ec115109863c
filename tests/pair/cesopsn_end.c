/* What the CESoPSN tests share: a recording span, a scripted far end, a relay. */
#define _GNU_SOURCE /* memmem */
#include "cesopsn_end.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in loopback(guint16 port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int socket_bound(guint16 port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    return fd;
}

guint16 end_free_port(void)
{
    struct sockaddr_in address;
    socklen_t length = sizeof(address);
    int fd = socket_bound(0);

    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void end_take_frame(void *user, const guint8 *frame, gsize length)
{
    g_ptr_array_add(((End *)user)->frames, g_bytes_new(frame, length));
}

static void end_block(void *user, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    End *self = user;

    for (gsize i = 0; i < count; i++) {
        g_assert_cmphex(tx[i], ==, span_idle_octet(&self->settings));
        tx[i] = (guint8)g_rand_int(self->random);
    }
    g_byte_array_append(self->heard[channel], rx, (guint)count);
    g_byte_array_append(self->sent[channel], tx, (guint)count);
}

static void end_tick(void *user, gsize count)
{
    End *self = user;

    self->ticks += count;
    if (self->on_tick)
        self->on_tick(self->on_tick_user);
}

static void end_alarm(void *user, SpanAlarms alarms)
{
    g_array_append_val(((End *)user)->alarms, alarms);
}

void end_init(End *self, const char *name, guint16 local, guint16 remote)
{
    struct sockaddr_in here = loopback(local), there = loopback(remote);

    *self = (End){
        .settings =
            {
                .name = (char *)name,
                .backend = BACKEND_CESOPSN,
                .type = SPAN_E1,
                .law = LAW_ALAW,
                .packet_ms = 1,
                .clock = SPAN_CLOCK_MASTER,
                .buffer_packets = 4,
                .dscp = 46,
                .d_channel = 16,
            },
        .random = g_rand_new_with_seed(g_str_hash(name)),
        .frames = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref),
        .alarms = g_array_new(FALSE, FALSE, sizeof(SpanAlarms)),
    };
    memcpy(&self->settings.local, &here, sizeof(here));
    memcpy(&self->settings.remote, &there, sizeof(there));
}

void end_open(End *self, Loop *loop)
{
    g_autoptr(GError) error = NULL;
    SpanEvents events = {self, end_take_frame, end_block, end_tick, end_alarm};

    self->span = span_open(&self->settings, loop, &events, &error);
    g_assert_no_error(error);
}

void end_close(End *self)
{
    span_close(g_steal_pointer(&self->span));
}

void end_clear(End *self)
{
    end_close(self);
    for (guint i = 0; i < G_N_ELEMENTS(self->sent); i++) {
        g_clear_pointer(&self->sent[i], g_byte_array_unref);
        g_clear_pointer(&self->heard[i], g_byte_array_unref);
    }
    g_ptr_array_unref(self->frames);
    g_array_unref(self->alarms);
    g_rand_free(self->random);
}

void end_b_open(End *self, guint8 channel)
{
    if (!self->sent[channel]) {
        self->sent[channel] = g_byte_array_new();
        self->heard[channel] = g_byte_array_new();
    }
    span_b_open(self->span, channel, SPAN_USE_SPEECH);
}

SpanAlarms end_last_alarms(const End *self)
{
    return self->alarms->len ? g_array_index(self->alarms, SpanAlarms, self->alarms->len - 1)
                             : SPAN_ALARM_NONE;
}

gboolean end_is_quiet(void *end)
{
    const End *self = end;

    return self->alarms->len > 0 && self->span->alarms == SPAN_ALARM_NONE;
}

void end_assert_exact(const End *speaker, const End *listener, guint8 channel, gsize from)
{
    const GByteArray *sent = speaker->sent[channel], *heard = listener->heard[channel];
    const guint8 *found;
    gsize count;

    g_assert_cmpuint(heard->len, >, from + 64);
    found = memmem(sent->data, sent->len, heard->data + from, 64);
    g_assert_nonnull(found);
    count = MIN(heard->len - from, (gsize)(sent->data + sent->len - found));
    g_assert_cmpuint(count + 8 * 40 * 20, >, heard->len - from); /* nearly all has a counterpart */
    g_assert_cmpint(memcmp(found, heard->data + from, count), ==, 0);
}

void far_open(Far *self, guint16 local, guint16 span_port, gsize payload)
{
    *self = (Far){.fd = socket_bound(local), .span = loopback(span_port), .payload = payload};
}

void far_close(Far *self)
{
    close(self->fd);
}

void far_send_raw(Far *self, const guint8 *packet, gsize length)
{
    ssize_t sent =
        sendto(self->fd, packet, length, 0, (struct sockaddr *)&self->span, sizeof(self->span));

    g_assert_cmpint(sent, ==, (gssize)length);
}

void far_send(Far *self, CesopsnControl control, guint8 octet, gsize length)
{
    guint8 packet[1500];

    /* Written here by hand, not with the function under test. */
    packet[0] = (guint8)((control.invalid ? 8 : 0) + (control.losing ? 4 : 0) + control.modifier);
    packet[1] = length + 4 < 64 ? (guint8)(length + 4) : 0;
    packet[2] = (guint8)(self->sequence / 256);
    packet[3] = (guint8)(self->sequence % 256);
    self->sequence++;
    memset(packet + 4, octet, length);
    far_send_raw(self, packet, length + 4);
}

gsize far_take(Far *self, guint8 *packet, gsize size)
{
    ssize_t got = recv(self->fd, packet, size, 0);

    return got < 0 ? 0 : (gsize)got;
}

static void relay_send(Relay *self, guint way, const guint8 *packet, gsize length)
{
    sendto(self->fds[!way], packet, length, 0, (struct sockaddr *)&self->ends[!way],
           sizeof(self->ends[0]));
}

static void relay_packet(Relay *self, guint way, const guint8 *packet, gsize length)
{
    guint64 number = self->count[way]++;

    switch (self->fate ? self->fate(self->user, way, number) : RELAY_PASS) {
    case RELAY_PASS:
        relay_send(self, way, packet, length);
        break;
    case RELAY_DROP:
        break;
    case RELAY_TWICE:
        relay_send(self, way, packet, length);
        relay_send(self, way, packet, length);
        break;
    case RELAY_HOLD:
        g_assert_cmpuint(self->held_length[way], ==, 0);
        memcpy(self->held[way], packet, length);
        self->held_length[way] = length;
        self->held_until[way] = number + self->hold_for;
        break;
    }
    if (self->held_length[way] && number >= self->held_until[way]) {
        relay_send(self, way, self->held[way], self->held_length[way]);
        self->held_length[way] = 0;
    }
}

static void relay_readable(void *user, int fd, LoopReady ready)
{
    Relay *self = user;
    guint way = fd == self->fds[1];
    guint8 packet[1500];
    ssize_t got;

    (void)ready;
    while ((got = recv(fd, packet, sizeof(packet), 0)) >= 0)
        relay_packet(self, way, packet, (gsize)got);
}

void relay_open(Relay *self, Loop *loop, const guint16 ends[2], const guint16 ports[2])
{
    *self = (Relay){.loop = loop, .hold_for = 1};
    for (guint i = 0; i < 2; i++) {
        self->fds[i] = socket_bound(ports[i]);
        self->ends[i] = loopback(ends[i]);
        self->watches[i] = loop_watch(loop, self->fds[i], LOOP_READABLE, relay_readable, self);
    }
}

void relay_close(Relay *self)
{
    for (guint i = 0; i < 2; i++) {
        loop_unwatch(self->loop, self->watches[i]);
        close(self->fds[i]);
    }
}
