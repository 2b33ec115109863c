/* A far end's session description (RFC 4566), read into a value. */
#include "offer.h"

#include <arpa/inet.h>
#include <string.h>

#define DYNAMIC_FIRST 96 /* payload types, RFC 3551 6 */
#define DYNAMIC_LAST 127
#define LINES_MAX 2000 /* who sends more wants our time */

/* What a session or an m= section has said so far. */
typedef struct Section {
    gboolean has_address;
    gboolean named; /* an address that is not numeric, or of another family */
    struct sockaddr_storage address;
    gboolean has_direction;
    SdpDirection direction;
    guint ptime, maxptime;
    gboolean has_rtcp;
    struct sockaddr_storage rtcp; /* family 0: only a port was said */
    guint16 rtcp_port;
    guint16 port;
    gboolean served; /* RTP/AVP audio with PCMU or PCMA */
    guint8 formats[2];
    guint format_count;
    guint64 dynamic[2]; /* a bit for each payload type of the m= line */
    guint8 event_type;  /* 0: none */
} Section;

typedef struct Reader {
    SdpSession *session;
    int family;
    Section common, current, chosen;
    gboolean has_chosen;
    guint lines; /* of the text */
} Reader;

static gboolean reader_fail(Reader *reader, const char *why, const char *line)
{
    g_snprintf(reader->session->why, sizeof(reader->session->why), "%s: %.60s", why, line);
    return FALSE;
}

static void socket_address_set_port(struct sockaddr_storage *address, guint16 port)
{
    if (address->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)address)->sin_port = htons(port);
}

static gboolean address_is_any(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
    return ((const struct sockaddr_in *)address)->sin_addr.s_addr == INADDR_ANY;
}

/* RTP goes to one host: never to a group or to everyone. */
static gboolean address_is_one_host(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6)
        return !IN6_IS_ADDR_MULTICAST(&((const struct sockaddr_in6 *)address)->sin6_addr);
    in_addr_t host = ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);
    return !IN_MULTICAST(host) && host != INADDR_BROADCAST;
}

/* "IN IP4 192.0.2.7/127". A name is well-formed but no address to us: family stays 0. */
static gboolean read_connection(const char *text, struct sockaddr_storage *address)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_autofree char *host = NULL;

    memset(address, 0, sizeof(*address));
    if (g_strv_length(words) != 3 || strcmp(words[0], "IN") != 0 || !*words[2])
        return FALSE;
    host = g_strdup(words[2]);
    host[strcspn(host, "/")] = '\0';
    if (strcmp(words[1], "IP4") == 0) {
        if (inet_pton(AF_INET, host, &((struct sockaddr_in *)address)->sin_addr) == 1)
            address->ss_family = AF_INET;
        return TRUE;
    }
    if (strcmp(words[1], "IP6") == 0) {
        if (inet_pton(AF_INET6, host, &((struct sockaddr_in6 *)address)->sin6_addr) == 1)
            address->ss_family = AF_INET6;
        return TRUE;
    }
    return FALSE;
}

static gboolean read_number(const char *text, guint64 max, guint *number)
{
    guint64 value;

    if (!g_ascii_string_to_unsigned(text, 10, 0, max, &value, NULL))
        return FALSE;
    *number = (guint)value;
    return TRUE;
}

static gboolean read_rtcp(const char *text, Section *section)
{
    g_auto(GStrv) words = g_strsplit(text, " ", 2);
    guint port;

    if (!words[0] || !read_number(words[0], G_MAXUINT16, &port))
        return FALSE;
    if (words[1] && !read_connection(words[1], &section->rtcp))
        return FALSE;
    section->rtcp_port = (guint16)port;
    section->has_rtcp = port != 0;
    return TRUE;
}

/* "101 telephone-event/8000". The first one of the m= line's counts. */
static void read_map(const char *text, Section *section)
{
    g_auto(GStrv) words = g_strsplit(text, " ", 2);
    guint type;

    if (!words[0] || !words[1] || !read_number(words[0], DYNAMIC_LAST, &type) ||
        type < DYNAMIC_FIRST || section->event_type)
        return;
    if (g_ascii_strcasecmp(g_strchomp(words[1]), "telephone-event/8000") == 0 &&
        section->dynamic[type / 64] >> type % 64 & 1)
        section->event_type = (guint8)type;
}

/* An attribute we do not know, or whose value is odd, changes nothing (RFC 4566 5.13). */
static void read_attribute(const char *text, Section *section)
{
    static const struct {
        const char *name;
        SdpDirection direction;
    } directions[] = {{"sendrecv", SDP_SENDRECV},
                      {"sendonly", SDP_SENDONLY},
                      {"recvonly", SDP_RECVONLY},
                      {"inactive", SDP_INACTIVE}};
    guint number;

    for (guint i = 0; i < G_N_ELEMENTS(directions); i++) {
        if (strcmp(text, directions[i].name) != 0)
            continue;
        section->has_direction = TRUE;
        section->direction = directions[i].direction;
    }
    if (g_str_has_prefix(text, "rtpmap:"))
        read_map(text + 7, section);
    else if (g_str_has_prefix(text, "ptime:") && read_number(text + 6, 1000, &number))
        section->ptime = number;
    else if (g_str_has_prefix(text, "maxptime:") && read_number(text + 9, 1000, &number))
        section->maxptime = number;
    else if (g_str_has_prefix(text, "rtcp:") && !read_rtcp(text + 5, section))
        section->has_rtcp = FALSE;
}

static void section_note_dynamic(Section *section, char **formats)
{
    guint type;

    for (; *formats; formats++)
        if (read_number(*formats, DYNAMIC_LAST, &type))
            section->dynamic[type / 64] |= G_GUINT64_CONSTANT(1) << type % 64;
}

static void section_note_formats(Section *section, char **formats)
{
    for (; *formats && section->format_count < G_N_ELEMENTS(section->formats); formats++) {
        guint8 type = strcmp(*formats, "0") == 0 ? 0 : strcmp(*formats, "8") == 0 ? 8 : 255;

        if (type == 255 || (section->format_count && section->formats[0] == type))
            continue;
        section->formats[section->format_count++] = type;
    }
}

/* The section just ended is the stream we serve when it is the first that we can. */
static void reader_end_section(Reader *reader)
{
    if (!reader->session->count || reader->has_chosen || !reader->current.served)
        return;
    reader->chosen = reader->current;
    reader->has_chosen = TRUE;
    reader->session->audio = reader->session->count - 1;
}

static gboolean read_media(Reader *reader, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_autofree char *port_text = NULL;
    SdpLine *line;
    guint port;

    reader_end_section(reader);
    if (reader->session->count == SDP_MEDIA_MAX)
        return reader_fail(reader, "too many m= lines", text);
    if (g_strv_length(words) < 4 || !*words[0] || !*words[2] || !*words[3])
        return reader_fail(reader, "bad m= line", text);
    port_text = g_strdup(words[1]);
    port_text[strcspn(port_text, "/")] = '\0';
    if (!read_number(port_text, G_MAXUINT16, &port))
        return reader_fail(reader, "bad port in m= line", text);
    line = &reader->session->lines[reader->session->count++];
    if (g_strlcpy(line->type, words[0], sizeof(line->type)) >= sizeof(line->type) ||
        g_strlcpy(line->proto, words[2], sizeof(line->proto)) >= sizeof(line->proto) ||
        g_strlcpy(line->format, words[3], sizeof(line->format)) >= sizeof(line->format))
        return reader_fail(reader, "m= line with overlong word", text);
    reader->current = (Section){.port = (guint16)port};
    section_note_formats(&reader->current, words + 3);
    section_note_dynamic(&reader->current, words + 3);
    reader->current.served = port != 0 && strcmp(line->type, "audio") == 0 &&
                             strcmp(line->proto, "RTP/AVP") == 0 && reader->current.format_count;
    return TRUE;
}

static gboolean read_line(Reader *reader, const char *line)
{
    Section *section = reader->session->count ? &reader->current : &reader->common;

    if (!g_ascii_islower(line[0]) || line[1] != '=')
        return reader_fail(reader, "no type= line", line);
    for (const char *c = line; *c; c++) {
        if (g_ascii_iscntrl(*c) && *c != '\t')
            return reader_fail(reader, "a control character", "");
    }
    if (reader->lines++ == 0 && strcmp(line, "v=0") != 0)
        return reader_fail(reader, "v=0 is missing", line);
    switch (line[0]) {
    case 'o': {
        g_auto(GStrv) words = g_strsplit(line + 2, " ", -1);
        return g_strv_length(words) == 6 || reader_fail(reader, "bad o= line", line);
    }
    case 'c':
        if (!read_connection(line + 2, &section->address))
            return reader_fail(reader, "bad c= line", line);
        section->has_address = TRUE;
        section->named = !section->address.ss_family ||
                         (reader->family && section->address.ss_family != reader->family);
        return TRUE;
    case 'm':
        return read_media(reader, line + 2);
    case 'a':
        read_attribute(line + 2, section);
        return TRUE;
    default: /* a letter of the network's, not an enum of ours */
        return TRUE;
    }
}

gboolean offer_has_audio(const SdpSession *session)
{
    for (guint i = 0; i < session->count; i++)
        if (strcmp(session->lines[i].type, "audio") == 0)
            return TRUE;
    return FALSE;
}

static void session_take_rtcp(SdpSession *session, const Section *section)
{
    session->rtcp = section->has_rtcp && section->rtcp.ss_family == session->rtp.ss_family
                        ? section->rtcp
                        : session->rtp;
    /* Without a=rtcp the next higher port (RFC 3550 11); 65535 has none. */
    guint16 port = section->has_rtcp ? section->rtcp_port : (guint16)(section->port + 1);

    if (port == 0)
        memset(&session->rtcp, 0, sizeof(session->rtcp));
    else
        socket_address_set_port(&session->rtcp, port);
}

/* The chosen stream's section, filled up from the session's, becomes the session's values. */
static SdpResult session_finish(Reader *reader)
{
    SdpSession *session = reader->session;
    const Section *chosen = &reader->chosen, *common = &reader->common;
    const Section *place = chosen->has_address ? chosen : common;

    if (!reader->has_chosen) {
        reader_fail(reader, "no RTP/AVP audio with PCMU or PCMA", "");
        return SDP_UNUSABLE;
    }
    if (!place->has_address) {
        reader_fail(reader, "no c= line", "");
        return SDP_MALFORMED;
    }
    session->held_by_address = !place->named && address_is_any(&place->address);
    if (place->named || (!session->held_by_address && !address_is_one_host(&place->address))) {
        session->foreign = place->named && place->address.ss_family;
        reader_fail(reader,
                    session->foreign ? "its address is of a family we do not have"
                                     : "no address we can send to",
                    "");
        return SDP_UNUSABLE;
    }
    session->family = place->address.ss_family;
    memcpy(session->formats, chosen->formats, sizeof(session->formats));
    session->format_count = chosen->format_count;
    session->event_type = chosen->event_type;
    session->direction = chosen->has_direction   ? chosen->direction
                         : common->has_direction ? common->direction
                                                 : SDP_SENDRECV;
    session->ptime_ms = (guint16)(chosen->ptime ? chosen->ptime : common->ptime);
    session->maxptime_ms = (guint16)(chosen->maxptime ? chosen->maxptime : common->maxptime);
    if (session->held_by_address)
        return SDP_OK;
    session->rtp = place->address;
    socket_address_set_port(&session->rtp, chosen->port);
    session_take_rtcp(session, chosen);
    return SDP_OK;
}

SdpResult offer_read(const char *text, gsize size, int family, SdpSession *session)
{
    Reader reader = {.session = session, .family = family};
    g_autofree char *copy = g_strndup(text, size);
    g_auto(GStrv) lines = NULL;

    memset(session, 0, sizeof(*session));
    if (strlen(copy) != size) {
        reader_fail(&reader, "a NUL octet", "");
        return SDP_MALFORMED;
    }
    lines = g_strsplit(g_strchomp(copy), "\n", -1);
    for (char **line = lines; *line; line++) {
        (*line)[strcspn(*line, "\r")] = '\0';
        if (reader.lines >= LINES_MAX) {
            reader_fail(&reader, "too many lines", *line);
            return SDP_MALFORMED;
        }
        if (!read_line(&reader, *line))
            return SDP_MALFORMED;
    }
    if (!reader.lines) {
        reader_fail(&reader, "empty", "");
        return SDP_MALFORMED;
    }
    reader_end_section(&reader);
    return session_finish(&reader);
}
