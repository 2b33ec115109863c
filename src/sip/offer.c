/* Offer and answer (RFC 3264): what two descriptions have in common, and our own written. */
#include "offer.h"

#include "clock.h"

#include <arpa/inet.h>
#include <string.h>

#define EVENT_TYPE                                                                                 \
    101 /* of telephone-event in our offers: any dynamic one, this is what most use */

static SdpDirection direction_answer(SdpDirection theirs)
{
    switch (theirs) {
    case SDP_SENDRECV:
        return SDP_SENDRECV;
    case SDP_SENDONLY:
        return SDP_RECVONLY;
    case SDP_RECVONLY:
        return SDP_SENDONLY;
    case SDP_INACTIVE:
        return SDP_INACTIVE;
    }
    return SDP_INACTIVE;
}

static const char *direction_name(SdpDirection direction)
{
    switch (direction) {
    case SDP_SENDRECV:
        return "sendrecv";
    case SDP_SENDONLY:
        return "sendonly";
    case SDP_RECVONLY:
        return "recvonly";
    case SDP_INACTIVE:
        return "inactive";
    }
    return "inactive";
}

/* 10, 20 or 30: what comes nearest to their wish, or to OURS when they have none. */
static guint16 ptime_we_send(const SdpSession *session, guint ours)
{
    guint wanted = session->ptime_ms ? session->ptime_ms : ours;

    if (session->maxptime_ms && wanted > session->maxptime_ms)
        wanted = session->maxptime_ms;
    return wanted >= 30 ? 30 : wanted >= 20 ? 20 : 10;
}

static void choice_fill(const SdpSession *session, guint8 payload_type, guint ptime_ms,
                        SdpChoice *choice)
{
    SdpDirection ours = direction_answer(session->direction);

    /* Who holds by address still may send: it only takes nothing (RFC 3264 8.4). */
    if (session->held_by_address)
        ours = session->direction == SDP_SENDRECV || session->direction == SDP_SENDONLY
                   ? SDP_RECVONLY
                   : SDP_INACTIVE;
    *choice = (SdpChoice){.payload_type = payload_type, .ours = ours};
    choice->remote = (MediaRemote){
        .rtp = session->rtp,
        .rtcp = session->rtcp,
        .payload_type = payload_type,
        .law = payload_type == 8 ? LAW_ALAW : LAW_ULAW,
        .ptime_ms = ptime_we_send(session, ptime_ms),
        .event_payload_type = session->event_type ? (gint8)session->event_type : -1,
        .send = ours == SDP_SENDRECV || ours == SDP_SENDONLY,
        .receive = ours == SDP_SENDRECV || ours == SDP_RECVONLY,
    };
}

void offer_choose(const SdpSession *session, Law law, guint ptime_ms, SdpChoice *choice)
{
    guint8 wanted = law == LAW_ALAW ? 8 : 0;
    guint8 type = session->formats[0];

    if (session->format_count == 2 && session->formats[1] == wanted)
        type = wanted;
    choice_fill(session, type, ptime_ms, choice);
}

void offer_settle(const SdpSession *session, guint ptime_ms, SdpChoice *choice)
{
    choice_fill(session, session->formats[0], ptime_ms, choice);
}

/* RFC 3264 6.1, 8.3.2: in an answer, and ever after, the number means what the offerer said. */
static guint event_type_of(const SdpTerms *terms, const SdpSession *theirs, const SdpChoice *choice)
{
    if (choice)
        return choice->remote.event_payload_type > 0 ? (guint)choice->remote.event_payload_type : 0;
    if (!terms->events)
        return 0;
    return theirs && theirs->event_type ? theirs->event_type : EVENT_TYPE;
}

static void write_formats(GString *text, const SdpTerms *terms, const SdpSession *theirs,
                          const SdpChoice *choice, guint16 port)
{
    static const char *const maps[] = {
        [0] = "a=rtpmap:0 PCMU/8000\r\n", [1] = "a=rtpmap:8 PCMA/8000\r\n"};
    guint first = choice ? choice->payload_type == 8 : terms->law == LAW_ALAW;
    guint events = event_type_of(terms, theirs, choice);

    g_string_append_printf(text, "m=audio %u RTP/AVP %u", port, first ? 8 : 0);
    if (!choice)
        g_string_append_printf(text, " %u", first ? 0 : 8);
    if (events)
        g_string_append_printf(text, " %u", events);
    g_string_append_printf(text, "\r\n%s", maps[first]);
    if (!choice)
        g_string_append(text, maps[!first]);
    if (events) /* RFC 4733 2.4.1: the sixteen digits of DTMF */
        g_string_append_printf(text, "a=rtpmap:%u telephone-event/8000\r\na=fmtp:%u 0-15\r\n",
                               events, events);
    g_string_append_printf(text, "a=ptime:%u\r\na=%s\r\n", terms->ptime_ms,
                           direction_name(choice ? choice->ours : terms->direction));
}

static guint16 socket_address_text(const struct sockaddr_storage *address, char *text, gsize size)
{
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;

        inet_ntop(AF_INET6, &in6->sin6_addr, text, (socklen_t)size);
        return ntohs(in6->sin6_port);
    }
    const struct sockaddr_in *in4 = (const struct sockaddr_in *)address;

    inet_ntop(AF_INET, &in4->sin_addr, text, (socklen_t)size);
    return ntohs(in4->sin_port);
}

void offer_write(SdpLocal *local, const SdpTerms *terms, const SdpSession *theirs,
                 const SdpChoice *choice)
{
    g_autoptr(GString) text = g_string_sized_new(512);
    char host[INET6_ADDRSTRLEN] = "";
    guint16 port = socket_address_text(terms->rtp, host, sizeof(host));
    const char *kind = terms->rtp->ss_family == AF_INET6 ? "IP6" : "IP4";

    g_string_printf(text, "s=-\r\nc=IN %s %s\r\nt=0 0\r\n", kind, host);
    if (!theirs || !theirs->count)
        write_formats(text, terms, theirs, choice, port);
    for (guint i = 0; theirs && i < theirs->count; i++) {
        const SdpLine *line = &theirs->lines[i];

        if (i == theirs->audio)
            write_formats(text, terms, theirs, choice, port);
        else /* every line needs its twin, in order (RFC 3264 6) */
            g_string_append_printf(text, "m=%s 0 %s %s\r\n", line->type, line->proto, line->format);
    }
    if (!local->version)
        local->id = (guint64)(clock_wall_us() / 1000);
    if (!local->version || strcmp(local->text, text->str) != 0)
        local->version++;
    g_strlcpy(local->text, text->str, sizeof(local->text));
    g_snprintf(local->body, sizeof(local->body),
               "v=0\r\no=tieline %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " IN %s %s\r\n%s",
               local->id, local->version, kind, host, text->str);
}

static gboolean same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return FALSE;
    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *left = (const void *)a, *right = (const void *)b;

        return left->sin_port == right->sin_port && left->sin_addr.s_addr == right->sin_addr.s_addr;
    }
    if (a->ss_family == AF_INET6) {
        const struct sockaddr_in6 *left = (const void *)a, *right = (const void *)b;

        return left->sin6_port == right->sin6_port &&
               IN6_ARE_ADDR_EQUAL(&left->sin6_addr, &right->sin6_addr);
    }
    return TRUE;
}

gboolean media_remote_equal(const MediaRemote *a, const MediaRemote *b)
{
    return same_address(&a->rtp, &b->rtp) && same_address(&a->rtcp, &b->rtcp) &&
           a->payload_type == b->payload_type && a->law == b->law && a->ptime_ms == b->ptime_ms &&
           a->event_payload_type == b->event_payload_type && a->send == b->send &&
           a->receive == b->receive;
}
