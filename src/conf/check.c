/* Combinations of settings that cannot be: each value is allowed, together they are not. */
#include "reading.h"

#include <netinet/in.h>
#include <string.h>

gboolean hosts_overlap(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    struct sockaddr_storage one = *a, other = *b;

    if (address_is_wildcard(a) || address_is_wildcard(b))
        return TRUE;
    address_set_port(&one, 0);
    address_set_port(&other, 0);
    return one.ss_family == other.ss_family && memcmp(&one, &other, sizeof one) == 0;
}

static guint16 port_of(const struct sockaddr_storage *address)
{
    return address_port((const struct sockaddr *)address);
}

static gboolean in_rtp_ports(const MediaSettings *media, const struct sockaddr_storage *address)
{
    return (hosts_overlap(&media->address, address) ||
            (media->other.ss_family && hosts_overlap(&media->other, address))) &&
           port_of(address) >= media->port_first && port_of(address) <= media->port_last;
}

const char *sip_key_of(const SipSettings *sip, const struct sockaddr_storage *address)
{
    if (hosts_overlap(&sip->listen, address) && port_of(&sip->listen) == port_of(address))
        return "listen";
    for (guint i = 0; sip->also_listen && i < sip->also_listen->len; i++) {
        const struct sockaddr_storage *one =
            &g_array_index(sip->also_listen, struct sockaddr_storage, i);

        if (hosts_overlap(one, address) && port_of(one) == port_of(address))
            return "also-listen";
    }
    return NULL;
}

void reading_check_endpoints(Reading *reading, Section *section, const char *key,
                             const GArray *endpoints)
{
    for (guint i = 0; endpoints && i < endpoints->len; i++) {
        const struct sockaddr_storage *one = &g_array_index(endpoints, struct sockaddr_storage, i);

        if (address_is_wildcard(one) && !reading->settings->sip.public_host)
            reading_complain(reading, section, key, "a wildcard address needs [sip] public-host");
        for (guint j = 0; j < i; j++) {
            const struct sockaddr_storage *other =
                &g_array_index(endpoints, struct sockaddr_storage, j);

            if (hosts_overlap(one, other) && port_of(one) == port_of(other))
                reading_complain(reading, section, key, "%u is listed twice", port_of(one));
        }
    }
}

static void also_listen_check(Reading *reading, Section *section)
{
    const SipSettings *sip = &reading->settings->sip;

    if (!reading_is_sound(section, "listen", "also-listen", NULL))
        return;
    reading_check_endpoints(reading, section, "also-listen", sip->also_listen);
    for (guint i = 0; sip->also_listen && i < sip->also_listen->len; i++) {
        const struct sockaddr_storage *one =
            &g_array_index(sip->also_listen, struct sockaddr_storage, i);

        if (hosts_overlap(one, &sip->listen) && port_of(one) == port_of(&sip->listen))
            reading_complain(reading, section, "also-listen", "%u is the port of listen",
                             port_of(one));
    }
}

static void sip_check(Reading *reading)
{
    const SipSettings *sip = &reading->settings->sip;
    Section *section = reading_section(reading, sip);

    if (reading_is_sound(section, "t1", "t2", NULL) && sip->t1_ms > sip->t2_ms)
        reading_complain(reading, section, "t1", "%ums is longer than t2, %ums", sip->t1_ms,
                         sip->t2_ms);
    if (reading_is_sound(section, "session-expires", "min-se", NULL) && sip->session_expires_s &&
        sip->session_expires_s < sip->min_se_s)
        reading_complain(reading, section, "session-expires", "%us is shorter than min-se, %us",
                         sip->session_expires_s, sip->min_se_s);
    if (reading_is_sound(section, "listen", "public-host", NULL) &&
        address_is_wildcard(&sip->listen) && !sip->public_host)
        reading_complain(reading, section, "public-host",
                         "is missing: [sip] listen is no address that a phone could call");
    if (reading_is_sound(section, "local-networks", "listen", NULL) && sip->local_networks &&
        address_is_wildcard(&sip->listen))
        reading_complain(reading, section, "local-networks",
                         "listen is every address: which is one that they could call?");
    also_listen_check(reading, section);
}

static void media_check(Reading *reading)
{
    const Settings *settings = reading->settings;
    Section *section = reading_section(reading, &settings->media);
    Section *sip = reading_section(reading, &settings->sip);

    if (!reading_is_sound(sip, "listen", "also-listen", NULL) ||
        !reading_is_sound(section, "address", NULL))
        return;
    if (address_is_wildcard(&settings->media.address) ||
        (settings->media.other.ss_family && address_is_wildcard(&settings->media.other))) {
        reading_complain(reading, section, "address",
                         "has to be one that phones can send to, not every address");
        return;
    }
    if (reading_is_sound(section, "public-address", NULL) &&
        settings->media.public_address.ss_family && settings->proxy.mode != PROXY_OFF)
        reading_complain(reading, section, "public-address", "needs [proxy] mode = off");
    if (reading_is_sound(section, "ports", NULL) &&
        in_rtp_ports(&settings->media, &settings->sip.listen))
        reading_complain(reading, section, "ports", "%u-%u holds the port of [sip] listen, %u",
                         settings->media.port_first, settings->media.port_last,
                         port_of(&settings->sip.listen));
    for (guint i = 0; reading_is_sound(section, "ports", NULL) && settings->sip.also_listen &&
                      i < settings->sip.also_listen->len;
         i++) {
        const struct sockaddr_storage *one =
            &g_array_index(settings->sip.also_listen, struct sockaddr_storage, i);

        if (in_rtp_ports(&settings->media, one))
            reading_complain(reading, section, "ports",
                             "%u-%u holds the port of [sip] also-listen, %u",
                             settings->media.port_first, settings->media.port_last, port_of(one));
    }
}

static void pseudowire_check(Reading *reading, Section *section, const SpanSettings *span)
{
    const Settings *settings = reading->settings;
    Section *sip = reading_section(reading, &settings->sip);
    Section *media = reading_section(reading, &settings->media);

    if (!span->local.ss_family)
        reading_complain(reading, section, "local", "is missing: backend cesopsn needs it");
    if (!span->remote.ss_family)
        reading_complain(reading, section, "remote", "is missing: backend cesopsn needs it");
    if (!reading_is_sound(section, "local", "remote", NULL))
        return;
    if (address_is_wildcard(&span->remote))
        reading_complain(reading, section, "remote", "has to be one far end, not every address");
    else if (span->local.ss_family != span->remote.ss_family)
        reading_complain(reading, section, "remote",
                         "local and remote are not both IPv4 or both IPv6");
    else if (hosts_overlap(&span->local, &span->remote) &&
             port_of(&span->local) == port_of(&span->remote) && !address_is_wildcard(&span->local))
        reading_complain(reading, section, "remote", "is the same as local");
    if (reading_is_sound(sip, "listen", "also-listen", NULL) &&
        sip_key_of(&settings->sip, &span->local))
        reading_complain(reading, section, "local", "is the port of [sip] %s, %u",
                         sip_key_of(&settings->sip, &span->local), port_of(&span->local));
    else if (reading_is_sound(media, "address", "ports", NULL) &&
             in_rtp_ports(&settings->media, &span->local))
        reading_complain(reading, section, "local", "port %u lies in [media] ports, %u-%u",
                         port_of(&span->local), settings->media.port_first,
                         settings->media.port_last);
}

/* Does the number of a DAHDI channel lie in the span? */
static gboolean in_span(const SpanSettings *span, guint number)
{
    guint slots = span->type == SPAN_E1 ? 31 : span->type == SPAN_T1 ? 24 : 3;

    return number >= span->first_channel && number - span->first_channel < slots;
}

static gboolean bchan_has(const SpanSettings *span, guint number)
{
    for (guint i = 0; span->bchan && i < span->bchan->len; i++)
        if (g_array_index(span->bchan, guint16, i) == number)
            return TRUE;
    return FALSE;
}

static void card_check(Reading *reading, Section *section, const SpanSettings *span)
{
    guint number = span->dchan ? span->dchan : span->hardhdlc;
    const char *key = span->hardhdlc ? "hardhdlc" : "dchan";

    if (!reading_is_sound(section, "bchan", "dchan", "hardhdlc", "first-channel", NULL))
        return;
    if (!span->bchan)
        reading_complain(reading, section, "bchan", "is missing: backend dahdi needs it");
    if (span->dchan && span->hardhdlc)
        reading_complain(reading, section, "hardhdlc", "a span has dchan or hardhdlc, not both");
    else if (!number)
        reading_complain(reading, section, "dchan",
                         "is missing: backend dahdi needs it, or hardhdlc");
    else if (!in_span(span, number))
        reading_complain(reading, section, key,
                         "%u is none of the span's channels, which begin with %u", number,
                         span->first_channel);
    else if (bchan_has(span, number))
        reading_complain(reading, section, key, "%u is in bchan, too", number);
    else if (span->d_channel != number - span->first_channel + 1)
        reading_complain(reading, section, "d-channel", "%u is not %s, %u", span->d_channel, key,
                         number);
    for (guint i = 0; span->bchan && i < span->bchan->len; i++) {
        guint one = g_array_index(span->bchan, guint16, i);

        if (!in_span(span, one))
            reading_complain(reading, section, "bchan",
                             "%u is none of the span's channels, which begin with %u", one,
                             span->first_channel);
    }
}

static void span_check(Reading *reading, guint index)
{
    const GPtrArray *spans = reading->settings->spans;
    const SpanSettings *span = g_ptr_array_index(spans, index);
    Section *section = reading_section(reading, span);

    if (span->type == SPAN_T1 && span->d_channel > 24)
        reading_complain(reading, section, "d-channel", "%u is not allowed on T1; allowed: 1-24",
                         span->d_channel);
    if (reading_is_sound(section, "d-channel", "d-role", NULL) &&
        (span->d_channel == 0) != (span->d_role == D_NONE))
        reading_complain(reading, section, "d-channel", "%u is not allowed where d-role is %s",
                         span->d_channel, span->d_role == D_NONE ? "none" : "own or backup");
    if (span->d_role != D_OWN &&
        (span->type == SPAN_BRI || (span->d_role == D_NONE && span->backend == BACKEND_DAHDI)))
        reading_complain(reading, section, "d-role", "is not allowed on %s",
                         span->type == SPAN_BRI ? "BRI" : "backend dahdi");
    if (span->backend == BACKEND_DAHDI)
        card_check(reading, section, span);
    if (span->backend != BACKEND_CESOPSN)
        return;
    pseudowire_check(reading, section, span);
    for (guint i = 0; i < index && reading_is_sound(section, "local", NULL); i++) {
        const SpanSettings *other = g_ptr_array_index(spans, i);

        if (other->backend == BACKEND_CESOPSN && other->local.ss_family &&
            hosts_overlap(&other->local, &span->local) &&
            port_of(&other->local) == port_of(&span->local))
            reading_complain(reading, section, "local", "is the port of [span %s] local, %u",
                             other->name, port_of(&span->local));
    }
}

/* Spans that share a D channel (NFAS): one owns it, one at most has the backup, interfaces differ.
 */
static void nfas_check(Reading *reading, Section *section, const TrunkSettings *trunk)
{
    guint own = 0, backup = 0;

    for (guint i = 0; i < trunk->spans->len; i++) {
        const SpanSettings *span = g_ptr_array_index(trunk->spans, i);

        own += span->d_role == D_OWN;
        backup += span->d_role == D_BACKUP;
    }
    if (own == trunk->spans->len)
        return;
    if (own != 1)
        reading_complain(reading, section, "span",
                         "%u of its spans have a D channel of their own; allowed where one has "
                         "none or the backup: one",
                         own);
    if (backup > 1)
        reading_complain(reading, section, "span", "%u of its spans have the backup D channel",
                         backup);
    if (trunk->switch_type == SWITCH_QSIG)
        reading_complain(reading, section, "switch-type", "qsig knows no interface identifiers");
    for (guint i = 0; i < trunk->spans->len; i++) {
        const SpanSettings *span = g_ptr_array_index(trunk->spans, i);

        for (guint j = 0; j < i; j++) {
            const SpanSettings *other = g_ptr_array_index(trunk->spans, j);

            if (other->interface == span->interface)
                reading_complain(reading, reading_section(reading, span), "interface",
                                 "%u is that of [span %s]", span->interface, other->name);
        }
    }
}

static void mwi_check(Reading *reading, Section *section, const TrunkSettings *trunk)
{
    gboolean etsi = trunk->switch_type == SWITCH_EUROISDN;

    if (!reading_is_sound(section, "mwi", "switch-type", NULL) || trunk->mwi == TRUNK_MWI_NO)
        return;
    if (!etsi && (trunk->switch_type != SWITCH_QSIG || trunk->mwi == TRUNK_MWI_INDICATE))
        reading_complain(reading, section, "mwi", "%s is not allowed where switch-type is %s",
                         trunk->mwi == TRUNK_MWI_YES ? "yes" : "indicate",
                         switch_type_names[trunk->switch_type]);
}

static void trunk_check(Reading *reading, guint index)
{
    const GPtrArray *trunks = reading->settings->trunks;
    const TrunkSettings *trunk = g_ptr_array_index(trunks, index);
    Section *section = reading_section(reading, trunk);

    if (trunk->spans)
        nfas_check(reading, section, trunk);
    mwi_check(reading, section, trunk);
    for (guint i = 0; i < index; i++) {
        const TrunkSettings *other = g_ptr_array_index(trunks, i);

        for (guint j = 0; trunk->spans && other->spans && j < trunk->spans->len; j++) {
            const SpanSettings *span = g_ptr_array_index(trunk->spans, j);

            if (g_ptr_array_find(other->spans, span, NULL))
                reading_complain(reading, section, "span", "%s belongs to [trunk %s] already",
                                 span->name, other->name);
        }
    }
}

/* What a registration and a watch need. */
static void registration_check(Reading *reading, Section *section, const PeerSettings *peer)
{
    if (peer->check_us && !peer->server)
        reading_complain(reading, section, "check", "watching needs server; set it, or check = 0");
    else if (peer->check_us && peer->check_us < 100 * 1000)
        reading_complain(reading, section, "check", "less than 100ms is too often");
    if (peer->check_us && reading->settings->proxy.mode != PROXY_OFF)
        reading_complain(reading, section, "check", "watching needs [proxy] mode = off");
    if (!peer->registers)
        return;
    if (!peer->server || !peer->user)
        reading_complain(reading, section, "register",
                         "registering needs server and user; set both, or register = no");
    else if (g_ascii_strncasecmp(peer->server, "sip:", 4) != 0 || strchr(peer->server, '@'))
        reading_complain(reading, section, "server", "a server is sip:HOST or sip:HOST:PORT");
    if (reading->settings->proxy.mode != PROXY_OFF)
        reading_complain(reading, section, "register", "registering needs [proxy] mode = off");
}

/* Two peers with one and the same network: the second would never be met. */
static void peer_check(Reading *reading, guint index)
{
    const GPtrArray *peers = reading->settings->peers;
    const PeerSettings *peer = g_ptr_array_index(peers, index);
    Section *section = reading_section(reading, peer);

    registration_check(reading, section, peer);
    for (guint i = 0; i < index; i++) {
        const PeerSettings *other = g_ptr_array_index(peers, i);

        for (guint j = 0; peer->networks && other->networks && j < peer->networks->len; j++) {
            const Network *network = &g_array_index(peer->networks, Network, j);

            for (guint k = 0; k < other->networks->len; k++) {
                if (memcmp(network, &g_array_index(other->networks, Network, k), sizeof *network) ==
                    0)
                    reading_complain(reading, section, "network",
                                     "[peer %s] has the same network already", other->name);
            }
        }
    }
}

void reading_check(Reading *reading)
{
    const Settings *settings = reading->settings;

    sip_check(reading);
    media_check(reading);
    for (guint i = 0; i < settings->spans->len; i++)
        span_check(reading, i);
    for (guint i = 0; i < settings->trunks->len; i++)
        trunk_check(reading, i);
    for (guint i = 0; i < settings->peers->len; i++)
        peer_check(reading, i);
    reading_check_phones(reading);
}
