/* Every setting of tieline.conf as one row: key, type, default, range, when it applies, and its sentence. */
#include "settings_choices.h"

#include <stddef.h>
#include <string.h>

#define MS G_GINT64_CONSTANT(1000)
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

/* The first address of the other family than that of [sip] listen; NULL: none. */
static const struct sockaddr_storage *other_listen(const SipSettings *sip)
{
    for (guint i = 0; sip->also_listen && i < sip->also_listen->len; i++) {
        const struct sockaddr_storage *one = &g_array_index(sip->also_listen, struct sockaddr_storage, i);

        if (one->ss_family != sip->listen.ss_family && !address_is_wildcard(one))
            return one;
    }
    return NULL;
}

static const char *derive_media_address(const Settings *settings, const void *group, char *buffer,
                                        gsize size)
{
    struct sockaddr_storage address = settings->sip.listen;
    const struct sockaddr_storage *other = other_listen(&settings->sip);
    gsize used;

    address_set_port(&address, 0);
    address_describe((const struct sockaddr *)&address, buffer, size);
    if (!other || !settings->sip.listen.ss_family)
        return buffer;
    used = strlen(buffer);
    g_strlcpy(buffer + used, ", ", size - used);
    address = *other;
    address_set_port(&address, 0);
    address_describe((const struct sockaddr *)&address, buffer + used + 2, size - used - 2);
    return buffer;
}

static const char *derive_law(const Settings *settings, const void *group, char *buffer, gsize size)
{
    return ((const SpanSettings *)group)->type == SPAN_T1 ? "ulaw" : "alaw";
}

static const char *derive_first_channel(const Settings *settings, const void *group, char *buffer,
                                        gsize size)
{
    const SpanSettings *span = group;
    guint first = span->dchan ? span->dchan : span->hardhdlc;

    if (span->bchan && (first == 0 || g_array_index(span->bchan, guint16, 0) < first))
        first = g_array_index(span->bchan, guint16, 0);
    g_snprintf(buffer, size, "%u", MAX(first, 1));
    return buffer;
}

static const char *derive_d_channel(const Settings *settings, const void *group, char *buffer,
                                    gsize size)
{
    static const char *const by_type[] = { [SPAN_E1] = "16", [SPAN_T1] = "24", [SPAN_BRI] = "3" };
    const SpanSettings *span = group;
    guint number = span->dchan ? span->dchan : span->hardhdlc;

    if (span->d_role == D_NONE)
        return "0";
    if (number < span->first_channel || number - span->first_channel >= 31)
        return by_type[span->type]; /* none is named, or check.c will complain */
    g_snprintf(buffer, size, "%u", number - span->first_channel + 1);
    return buffer;
}

static const char *derive_ring_time(const Settings *settings, const void *group, char *buffer,
                                    gsize size)
{
    g_snprintf(buffer, size, "%" G_GINT64_FORMAT "ms", settings->proxy.ring_us / MS);
    return buffer;
}

/* The brackets of an IPv6 address keep its colons apart from those of the users' file. */
static const char *derive_realm(const Settings *settings, const void *group, char *buffer, gsize size)
{
    struct sockaddr_storage address = settings->sip.listen;
    char text[64];

    if (settings->sip.public_host)
        return settings->sip.public_host;
    if (!address.ss_family)
        return ""; /* [sip] listen is none, as its own mistake says */
    address_set_port(&address, 0);
    address_describe((const struct sockaddr *)&address, text, sizeof text);
    g_snprintf(buffer, size, strchr(text, ':') && *text != '[' ? "[%s]" : "%s", text);
    return buffer;
}

const GroupRow setting_groups[GROUP_COUNT] = {
    [GROUP_SYSTEM] = { "system", FALSE, sizeof(SystemSettings), offsetof(Settings, system),
                       "The daemon itself." },
    [GROUP_SIP] = { "sip", FALSE, sizeof(SipSettings), offsetof(Settings, sip),
                    "SIP: where it is spoken, and with whom." },
    [GROUP_MEDIA] = { "media", FALSE, sizeof(MediaSettings), offsetof(Settings, media),
                      "RTP toward the phones." },
    [GROUP_SPAN] = { "span", TRUE, sizeof(SpanSettings), offsetof(Settings, spans),
                     "One T1, E1 or BRI line. Spans count from 0 in the order of the file." },
    [GROUP_TRUNK] = { "trunk", TRUE, sizeof(TrunkSettings), offsetof(Settings, trunks),
                      "A trunk group: spans to one PBX that share a switch type and a side." },
    [GROUP_ROUTE] = { "route", TRUE, sizeof(RouteSettings), offsetof(Settings, routes),
                      "Where calls go. The first route of the file that matches decides." },
    [GROUP_PEER] = { "peer", TRUE, sizeof(PeerSettings), offsetof(Settings, peers),
                     "A SIP element that is known by its network." },
    [GROUP_PROXY] = { "proxy", FALSE, sizeof(ProxySettings), offsetof(Settings, proxy),
                      "The phones' backup and emergency proxy, at the addresses of [sip] listen and also-listen. The gateway is one of its targets." },
    [GROUP_REGISTRAR] = { "registrar", FALSE, sizeof(RegistrarSettings), offsetof(Settings, registrar),
                          "Where phones register." },
    [GROUP_PHONE] = { "phone", TRUE, sizeof(PhoneSettings), offsetof(Settings, phones),
                      "An address of record: NAME is its user part. A phone that registers needs no such group." },
    [GROUP_GUARD] = { "guard", FALSE, sizeof(GuardSettings), offsetof(Settings, guard),
                      "Who must authenticate, and how, where [proxy] mode is not off. When users are configured, REGISTER "
                      "and every other request outside a dialog are challenged (RFC 3261 22, RFC 8760), unless a [policy] "
                      "says otherwise; OPTIONS to us, what a trusted peer or the primary sends, what goes to the "
                      "primary, and devices that it accepted are not. Requests in a dialog, ACK, CANCEL and emergency calls are never challenged, refused or blocked here. Without users "
                      "nobody is." },
    [GROUP_POLICY] = { "policy", TRUE, sizeof(PolicySettings), offsetof(Settings, policies),
                       "Which requests outside a dialog need credentials. The first policy of the file that matches a request "
                       "decides, before the rule of [guard]." },
    [GROUP_CLASS] = { "class", TRUE, sizeof(ClassSettings), offsetof(Settings, classes),
                      "A class of service: what its phones may call. A user or a phone names its class; the others have that of their network, or the class \"default\" where there is one. Without any class the routes alone decide. Emergency calls are never refused." },
    [GROUP_EMERGENCY] = { "emergency", FALSE, sizeof(EmergencySettings), offsetof(Settings, emergency),
                          "Calls for help: how they are known, which way they go, and what gives way to them. They are never refused for the number of calls, while draining, for a short number or for want of a permission; SIGTERM waits for them without a bound, and only a second one clears them." },
    [GROUP_ELIN] = { "elin", TRUE, sizeof(ElinSettings), offsetof(Settings, elins),
                     "An emergency location identification number: the number by which the answering point calls a place back. The first of the file that fits the caller counts; where both extension and network are given, both have to fit." },
};

#define ROW_AT(the_group, Struct, member, the_key, the_type, ...)                                  \
    { .group = the_group, .key = the_key, .type = &type_##the_type,                                \
      .offset = offsetof(Struct, member), .size = sizeof(((Struct *)0)->member), __VA_ARGS__ }
#define FAMILY_AT(the_group, Struct, member, the_key, the_type, ...)                               \
    { .group = the_group, .key = the_key, .type = &type_##the_type,                                \
      .offset = offsetof(Struct, member), .size = sizeof(((Struct *)0)->member[0]), __VA_ARGS__ }
#define SYSTEM(...) ROW_AT(GROUP_SYSTEM, SystemSettings, __VA_ARGS__)
#define SIP(...) ROW_AT(GROUP_SIP, SipSettings, __VA_ARGS__)
#define MEDIA(...) ROW_AT(GROUP_MEDIA, MediaSettings, __VA_ARGS__)
#define SPAN(...) ROW_AT(GROUP_SPAN, SpanSettings, __VA_ARGS__)
#define TRUNK(...) ROW_AT(GROUP_TRUNK, TrunkSettings, __VA_ARGS__)
#define ROUTE(...) ROW_AT(GROUP_ROUTE, RouteSettings, __VA_ARGS__)
#define PEER(...) ROW_AT(GROUP_PEER, PeerSettings, __VA_ARGS__)
#define PROXY(...) ROW_AT(GROUP_PROXY, ProxySettings, __VA_ARGS__)
#define REGISTRAR(...) ROW_AT(GROUP_REGISTRAR, RegistrarSettings, __VA_ARGS__)
#define PHONE(...) ROW_AT(GROUP_PHONE, PhoneSettings, __VA_ARGS__)
#define GUARD(...) ROW_AT(GROUP_GUARD, GuardSettings, __VA_ARGS__)
#define POLICY(...) ROW_AT(GROUP_POLICY, PolicySettings, __VA_ARGS__)
#define CLASS(...) ROW_AT(GROUP_CLASS, ClassSettings, __VA_ARGS__)
#define EMERGENCY(...) ROW_AT(GROUP_EMERGENCY, EmergencySettings, __VA_ARGS__)
#define ELIN(...) ROW_AT(GROUP_ELIN, ElinSettings, __VA_ARGS__)
#define TRUNK_FAMILY(...) FAMILY_AT(GROUP_TRUNK, TrunkSettings, __VA_ARGS__)

#define LIVE .applies = APPLIES_LIVE
#define NEW_CALLS .applies = APPLIES_NEW_CALLS
#define RESTART .applies = APPLIES_RESTART
#define DEFAULT(text) .standard = text
#define DERIVED(words, function) .standard = words, .derive = function
#define REQUIRED .standard = NULL
#define RANGE(from, to) .min = from, .max = to
#define ONE_OF(table) .choices = table
#define IN_US .scale = 1
#define IN_MS .scale = MS
#define IN_S .scale = SECOND
#define SAYS .sentence =

const KeyMove key_moves[] = {
    { GROUP_PROXY, "also-listen", "sip" },
    { GROUP_PROXY, "tcp", "sip" },
    { GROUP_PROXY, "idle", "sip" },
    { GROUP_PROXY, "max-connections", "sip" },
    { GROUP_PROXY, "max-connections-per-source", "sip" },
    { GROUP_PROXY, "queue", "sip" },
    { 0 },
};

const SettingRow setting_rows[] = {
    SYSTEM(control, "control", path, DEFAULT("/run/tieline/control"), RESTART,
           SAYS "The Unix socket that tielinectl speaks to. Its mode is 0660: members of the daemon's group may use it."),
    SYSTEM(log_level, "log-level", choice, DEFAULT("info"), ONE_OF(levels), LIVE,
           SAYS "The least important lines that are still logged. At info every call event gives one line."),
    SYSTEM(grace_us, "grace", duration, DEFAULT("30s"), RANGE(0, HOUR), IN_US, LIVE,
           SAYS "How long SIGTERM lets calls in progress finish before they are cleared with cause 41."),

    SIP(listen, "listen", endpoint, DEFAULT("127.0.0.1:5060"), RESTART,
        SAYS "The address and port of SIP, numeric: UDP, and TCP where tcp is yes."),
    SIP(also_listen, "also-listen", endpoints, DEFAULT(""), RESTART,
        SAYS "More addresses and ports, IPv4 or IPv6, numeric: UDP, and TCP where tcp is yes. A call goes on where it began: its Contact names the address and the transport that it came by. Calls of ours leave from the address that this host speaks to the far end from, else from the first of the far end's family; a host that is named and not numeric is called from listen's family."),
    SIP(tcp, "tcp", flag, DEFAULT("yes"), RESTART,
        SAYS "The addresses of listen and also-listen are served on TCP as well as on UDP. Calls of ours go by TCP where the URI says transport=tcp."),
    SIP(idle_us, "idle", duration, DEFAULT("65m"), RANGE(SECOND, 24 * HOUR), IN_US, LIVE,
        SAYS "How long a TCP or TLS connection may be silent before it is closed. A phone behind NAT is lost with its connection: this is longer than its registration, or it sends keep-alives."),
    SIP(max_connections, "max-connections", number, DEFAULT("4000"), RANGE(1, 100000), .unit = "connections", LIVE,
        SAYS "TCP and TLS connections in all. Those above it are closed at once."),
    SIP(max_per_source, "max-connections-per-source", number, DEFAULT("200"), RANGE(1, 100000), .unit = "connections", LIVE,
        SAYS "TCP and TLS connections from one address. Those above it are closed at once."),
    SIP(queue, "queue", number, DEFAULT("256"), RANGE(16, 999), .unit = "messages", RESTART,
        SAYS "How many messages may wait for a slow TCP or TLS connection before further ones fail, and how many new connections may wait to be taken."),
    SIP(public_host, "public-host", host, DEFAULT(""), RESTART,
        SAYS "The host in our Contact and Via where it is not the address we listen at, as behind a one-to-one NAT. Empty: that address."),
    SIP(local_networks, "local-networks", networks, DEFAULT(""), NEW_CALLS,
        SAYS "The networks on our side of a NAT, where [proxy] mode is off: far ends there are told our own addresses, all others public-host and [media] public-address. A server that is called by its name counts by the address that it is called at. Via says public-host to all of them: answers come to where a request came from. Empty: the public ones are told to everybody."),
    SIP(allow, "allow", networks, DEFAULT("127.0.0.0/8, ::1"), LIVE,
        SAYS "The networks whose requests are answered. Requests from elsewhere are dropped without an answer."),
    SIP(user_agent, "user-agent", product, DEFAULT("tieline"), LIVE,
        SAYS "What the User-Agent and Server headers say."),
    SIP(t1_ms, "t1", duration, DEFAULT("500ms"), RANGE(10 * MS, 10 * SECOND), IN_MS, RESTART,
        SAYS "RFC 3261 T1, the round-trip estimate. An INVITE without any response fails after 64 times T1."),
    SIP(t2_ms, "t2", duration, DEFAULT("4s"), RANGE(10 * MS, 60 * SECOND), IN_MS, RESTART,
        SAYS "RFC 3261 T2, the longest interval between retransmissions."),
    SIP(session_expires_s, "session-expires", duration, DEFAULT("30m"), RANGE(0, 24 * HOUR), IN_S, NEW_CALLS,
        SAYS "The RFC 4028 session interval asked for. 0: no session timer is asked for."),
    SIP(min_se_s, "min-se", duration, DEFAULT("90s"), RANGE(90 * SECOND, HOUR), IN_S, NEW_CALLS,
        SAYS "The shortest session interval accepted (RFC 4028 Min-SE)."),
    SIP(no_answer_us, "no-answer", duration, DEFAULT("180s"), RANGE(SECOND, HOUR), IN_US, NEW_CALLS,
        SAYS "How long a phone may ring before the call is cancelled and cleared toward the PBX with cause 19."),
    SIP(max_calls, "max-calls", number, DEFAULT("1000"), RANGE(1, 100000), .unit = "calls", NEW_CALLS,
        SAYS "Live calls in the whole box. Calls above it are refused with 503 or cause 41."),
    SIP(dscp, "dscp", number, DEFAULT("24"), RANGE(0, 63), RESTART,
        SAYS "The DSCP of SIP packets; 24 is CS3."),
    SIP(require_100rel, "require-100rel", flag, DEFAULT("no"), NEW_CALLS,
        SAYS "Require reliable provisional responses (RFC 3262) in our INVITE. No: they are only offered."),
    SIP(fail_over_us, "fail-over-after", duration, DEFAULT("4s"), RANGE(100 * MS, 32 * SECOND), IN_US, NEW_CALLS,
        SAYS "Silence after which a call to a server whose name has several addresses goes to the next one, and after the last of them to the route's next target, where on-causes and tries allow it. What has nothing behind it has 64 times T1. Where [proxy] mode is off."),
    SIP(graylist_us, "graylist", duration, DEFAULT("30s"), RANGE(0, HOUR), IN_US, NEW_CALLS,
        SAYS "How long an address of a server that was silent, could not be reached or answered 503 is tried after the server's others; where all are such, all are tried. The proxy heeds it for names, from one request to the next. 0: not at all."),
    SIP(retry_after_us, "retry-after", duration, DEFAULT("5m"), RANGE(0, HOUR), IN_US, NEW_CALLS,
        SAYS "The longest Retry-After of a 503 that is heeded: so long no call goes to the address it came from, calls for help excepted. A route's next target is tried; where none is left the call is cleared like one refused with 503. 0: Retry-After says nothing. Where [proxy] mode is off."),
    SIP(identity_update, "identity-update", choice, DEFAULT("update"), ONE_OF(identity_updates), NEW_CALLS,
        SAYS "How a phone is told inside a call that the PBX has named another party, or the caller's name late: update is UPDATE where the phone allows it, else nothing; invite is UPDATE or else re-INVITE; no tells nobody."),
    SIP(mwi_unsolicited, "mwi-unsolicited", choice, DEFAULT("rest"), ONE_OF(unsolicited), LIVE,
        SAYS "Who is told of a mailbox at a PBX without having subscribed to it. no: nobody. rest: where calls for the user go, or all that the user has registered, when there is no subscription to the mailbox. always: the same beside subscriptions."),
    SIP(max_mailboxes, "max-mailboxes", number, DEFAULT("1000"), RANGE(1, 10000), .unit = "mailboxes", LIVE,
        SAYS "Mailboxes of which something is known at once. Those without messages make room for others; when all have some, no further one is taken."),
    SIP(transfer, "transfer", flag, DEFAULT("yes"), NEW_CALLS,
        SAYS "Whether phones in allow may transfer their calls: by REFER, INVITE with Replaces, or BYE with Also. The party on the PBX goes where a route takes the phone's own call, or the party's own, or to a SIP host that a [peer], allow or a route names; two calls on the PBX may be joined, whatever a route's transit says. No: REFER and Replaces get 603, and BYE ends the call."),

    MEDIA(address, "address", both, DERIVED("the address of [sip] listen, and the first of the other family in also-listen", derive_media_address), RESTART,
          SAYS "The addresses in our SDP and of the RTP sockets. Where there is one of IPv4 and one of IPv6, a call has both, on one port, and its media go by that of the far end's description, or of its signalling; where there is none of the far end's family, its offer gets 488 with Warning 301."),
    MEDIA(public_address, "public-address", both, DEFAULT(""), NEW_CALLS,
          SAYS "What our SDP says in place of address, as behind a one-to-one NAT that leaves ports as they are; to far ends outside [sip] local-networks. Needs [proxy] mode = off. Empty: address."),
    MEDIA(port_first, "ports", ports, DEFAULT("16384-32767"), RESTART,
          SAYS "The UDP ports for RTP and RTCP, first and last. The first is even; every call takes a pair."),
    MEDIA(dscp, "dscp", number, DEFAULT("46"), RANGE(0, 63), RESTART,
          SAYS "The DSCP of RTP packets; 46 is EF."),
    MEDIA(ptime_ms, "ptime", choice, DEFAULT("20ms"), ONE_OF(ptimes), NEW_CALLS,
          SAYS "The packet time we offer, and send unless the far end wishes another."),
    MEDIA(jitter_ms, "jitter", duration, DEFAULT("20ms"), RANGE(10 * MS, 200 * MS), IN_MS, NEW_CALLS,
          SAYS "The depth of the jitter buffer: a packet that comes later than this is lost, and what it carried made up."),
    MEDIA(rtp_timeout_us, "rtp-timeout", duration, DEFAULT("5m"), RANGE(0, 24 * HOUR), IN_US, NEW_CALLS,
          SAYS "Silence on RTP after which an answered call that is not on hold is cleared. 0: never."),
    MEDIA(tones, "tones", tones, DEFAULT("us"), NEW_CALLS,
          SAYS "The country whose dial, ringback and busy tones the PBX hears, by its libtonezone code."),

    SPAN(backend, "backend", choice, DEFAULT("cesopsn"), ONE_OF(backends), RESTART,
         SAYS "Where the line is: cesopsn is an RFC 5086 pseudowire over UDP; dahdi is a card under the DAHDI driver; pair joins two spans in one process and is for tests."),
    SPAN(type, "type", choice, DEFAULT("e1"), ONE_OF(span_types), RESTART,
         SAYS "E1 has timeslots 1-31, T1 has 1-24, BRI (point to point) has 1-3. Any switch type may run on either."),
    SPAN(law, "law", choice, DERIVED("alaw on E1 and BRI, ulaw on T1", derive_law), ONE_OF(laws), RESTART,
         SAYS "How G.711 samples are coded on the line. On DAHDI it must be what the driver has."),
    SPAN(local, "local", endpoint, DEFAULT(""), RESTART,
         SAYS "Our UDP address and port of the pseudowire, numeric. Needed for cesopsn; no two spans share one."),
    SPAN(remote, "remote", endpoint, DEFAULT(""), RESTART,
         SAYS "The far end's UDP address and port of the pseudowire, numeric. Needed for cesopsn; packets from elsewhere are dropped."),
    SPAN(packet_ms, "packet", choice, DEFAULT("1ms"), ONE_OF(packets), RESTART,
         SAYS "How much of the line one pseudowire packet carries. Both ends have the same."),
    SPAN(rtp_header, "rtp-header", flag, DEFAULT("no"), RESTART,
         SAYS "An RTP header of 12 octets stands before the control word (RFC 5086 4.3). Both ends have it or neither has."),
    SPAN(rtp_type, "rtp-type", number, DEFAULT("96"), RANGE(0, 127), RESTART,
         SAYS "The payload type in that header, both ways."),
    SPAN(rtp_ssrc, "rtp-ssrc", number, DEFAULT("0"), RANGE(0, G_MAXINT32), RESTART,
         SAYS "The SSRC in that header, both ways: packets with another one are dropped as malformed. 0: a random one is sent, and any is taken."),
    SPAN(rtp_khz, "rtp-clock", choice, DEFAULT("8kHz"), ONE_OF(rtp_clocks), RESTART,
         SAYS "The clock that its timestamps count, which is the line's, multiplied."),
    SPAN(clock, "clock", choice, DEFAULT("master"), ONE_OF(clocks), RESTART,
         SAYS "Master gives the line its clock; slave follows the packets that arrive."),
    SPAN(buffer_packets, "buffer", number, DEFAULT("4"), RANGE(2, 32), .unit = "packets", RESTART,
         SAYS "Depth of the pseudowire's jitter buffer."),
    SPAN(dscp, "dscp", number, DEFAULT("46"), RANGE(0, 63), RESTART,
         SAYS "The DSCP of pseudowire packets; 46 is EF."),
    SPAN(bchan, "bchan", channels, DEFAULT(""), RESTART,
         SAYS "The B channels of a DAHDI span, by their numbers as in /etc/dahdi/system.conf. Needed for dahdi."),
    SPAN(dchan, "dchan", number, DEFAULT("0"), RANGE(0, 1023), RESTART,
         SAYS "The D channel of a DAHDI span whose HDLC is the driver's (dchan= in system.conf). dahdi needs this or hardhdlc. 0: none."),
    SPAN(hardhdlc, "hardhdlc", number, DEFAULT("0"), RANGE(0, 1023), RESTART,
         SAYS "The D channel of a DAHDI span whose HDLC is the card's (hardhdlc= in system.conf). 0: none."),
    SPAN(first_channel, "first-channel", number, DERIVED("the lowest of bchan, dchan and hardhdlc", derive_first_channel), RANGE(1, 1023), RESTART,
         SAYS "The number of the DAHDI span's timeslot 1, where bchan begins with a later one."),
    SPAN(block_ms, "block", choice, DEFAULT("20ms"), ONE_OF(blocks), RESTART,
         SAYS "How often a B channel of a DAHDI span is served: less is less delay and more load."),
    SPAN(cushion_ms, "cushion", duration, DEFAULT("8ms"), RANGE(1 * MS, 200 * MS), IN_MS, RESTART,
         SAYS "How late we may come to a B channel of a DAHDI span before the line hears a gap. It is delay toward the PBX."),
    SPAN(echo_cancel_ms, "echo-cancel", choice, DEFAULT("16ms"), ONE_OF(echo_tails), RESTART,
         SAYS "The tail that DAHDI's echo canceller spans on speech and 3.1 kHz calls; never on data, and off from the first fax tone. 0: none."),
    SPAN(d_channel, "d-channel", number, DERIVED("16 on E1, 24 on T1, 3 on BRI, that of dchan or hardhdlc on DAHDI", derive_d_channel), RANGE(0, 31), RESTART,
         SAYS "The timeslot that carries the D channel; on T1 at most 24. 0, where d-role is none: it is a B channel like the others."),
    SPAN(d_role, "d-role", choice, DEFAULT("own"), ONE_OF(d_roles), RESTART,
         SAYS "Where the spans of a trunk share a D channel (NFAS), one of them has its own, all others have none, but one may have the backup: when the link of the active D channel fails, the other one takes over, and calls stand. The PBX must have the same. Not on QSIG or BRI; none is not on DAHDI yet."),
    SPAN(interface, "interface", number, DEFAULT("0"), RANGE(0, 126), RESTART,
         SAYS "Where spans share a D channel: the span's interface identifier in Channel identification, as the PBX has it. No two spans of the trunk share one."),

    TRUNK(spans, "span", spans, REQUIRED, RESTART,
          SAYS "The spans of the group, in the order they are hunted. A span is in one trunk only. When the PBX refuses a call on one of them for want of room or a way on (causes 34, 38, 41, 42, 47) the others are tried, each once, and then the route's next target."),
    TRUNK(switch_type, "switch-type", choice, DEFAULT("euroisdn"), ONE_OF(switch_types), RESTART,
          SAYS "The dialect of Q.931 that the PBX speaks."),
    TRUNK(side, "side", choice, DEFAULT("network"), ONE_OF(sides), RESTART,
          SAYS "Which side of the line we are: network toward a PBX's trunk port, cpe toward a public exchange."),
    TRUNK(hunting, "hunting", choice, DEFAULT("ascending"), ONE_OF(huntings), NEW_CALLS,
          SAYS "How a free B channel is chosen, span after span in their order: ascending and descending take the first free one, round-robin the next after the last one taken, least-used the one that carried the fewest calls. round-robin-spans goes to the next span with each call, and there to the channel that carried the fewest: no D channel gets several set-ups in a row. The far end had best hunt the other way, to avoid glare."),
    TRUNK(channel, "channel", choice, DEFAULT("exclusive"), ONE_OF(channel_choices), NEW_CALLS,
          SAYS "Whether the channel in our SETUP is exclusive, or preferred and the far end may choose another."),
    TRUNK(restart, "restart", flag, DEFAULT("yes"), LIVE,
          SAYS "Send RESTART for every idle channel when the D channel comes up."),
    TRUNK(settle_us, "settle", duration, DEFAULT("500ms"), RANGE(0, MINUTE), IN_US, LIVE,
          SAYS "How long no SETUP is sent after the D channel came up; some switches lose one sent at once."),
    TRUNK(t301_us, "t301", duration, DEFAULT("180s"), RANGE(SECOND, HOUR), IN_US, NEW_CALLS,
          SAYS "Q.931 T301: how long the PBX may alert before the call is cleared with cause 19."),
    TRUNK(t302_us, "t302", duration, DEFAULT("15s"), RANGE(SECOND, MINUTE), IN_US, NEW_CALLS,
          SAYS "Q.931 T302: how long we wait for the next digit of an overlap call."),
    TRUNK(t303_us, "t303", duration, DEFAULT("4s"), RANGE(100 * MS, MINUTE), IN_US, LIVE,
          SAYS "Q.931 T303: how long a SETUP may stay without any answer. It is sent twice, then the call is cleared with cause 18."),
    TRUNK(t304_us, "t304", duration, DEFAULT("20s"), RANGE(SECOND, 2 * MINUTE), IN_US, NEW_CALLS,
          SAYS "Q.931 T304: how long the PBX may leave a call in overlap sending before it is cleared with cause 102."),
    TRUNK(t305_us, "t305", duration, DEFAULT("30s"), RANGE(100 * MS, 5 * MINUTE), IN_US, LIVE,
          SAYS "Q.931 T305: how long a DISCONNECT may stay unanswered before RELEASE is sent."),
    TRUNK(t306_us, "t306", duration, DEFAULT("30s"), RANGE(SECOND, 2 * MINUTE), IN_US, NEW_CALLS,
          SAYS "Q.931 T306: how long the tones after DISCONNECT are heard, where disconnect-tones is yes."),
    TRUNK(t308_us, "t308", duration, DEFAULT("4s"), RANGE(100 * MS, MINUTE), IN_US, LIVE,
          SAYS "Q.931 T308: how long a RELEASE may stay unanswered. It is sent twice, then the call is over and its channel is put aside."),
    TRUNK(t309_us, "t309", duration, DEFAULT("6s"), RANGE(100 * MS, 5 * MINUTE), IN_US, LIVE,
          SAYS "Q.931 T309: how long answered calls outlive the loss of the data link before they are cleared with cause 27."),
    TRUNK(t310_us, "t310", duration, DEFAULT("60s"), RANGE(SECOND, 10 * MINUTE), IN_US, NEW_CALLS,
          SAYS "Q.931 T310: how long a call may stay at CALL PROCEEDING before it is cleared with cause 102."),
    TRUNK(t313_us, "t313", duration, DEFAULT("4s"), RANGE(100 * MS, MINUTE), IN_US, LIVE,
          SAYS "Q.931 T313: how long our CONNECT may stay without CONNECT ACKNOWLEDGE, as user side, before the call is cleared with cause 102."),
    TRUNK(progress_us, "progress", duration, DEFAULT("5m"), RANGE(10 * SECOND, HOUR), IN_US, NEW_CALLS,
          SAYS "How long an announcement or a queue after CALL PROCEEDING with in-band information or PROGRESS may last before the call is cleared with cause 102, toward the phone with 408."),
    TRUNK(interwork_us, "interwork", duration, DEFAULT("20s"), RANGE(100 * MS, 2 * MINUTE), IN_US, NEW_CALLS,
          SAYS "How long the announcement of a PROGRESS with a cause is heard, or our busy tone by a caller whose SETUP has progress 1 or 3, before the call is cleared with that cause."),
    TRUNK(t316_us, "t316", duration, DEFAULT("120s"), RANGE(100 * MS, 10 * MINUTE), IN_US, LIVE,
          SAYS "Q.931 T316: how long a RESTART may stay unanswered. It is sent twice, then the channel is out of service."),
    TRUNK(restart_retry_us, "restart-retry", duration, DEFAULT("60s"), RANGE(100 * MS, HOUR), IN_US, LIVE,
          SAYS "When RESTART is tried again on a channel that it took out of service."),
    TRUNK(trust_calling, "trust-calling", flag, DEFAULT("yes"), NEW_CALLS,
          SAYS "The PBX's calling number is believed and goes into P-Asserted-Identity. No: only numbers that the network provided or that passed its screening do."),
    TRUNK(name_wait_us, "name-wait", duration, DEFAULT("500ms"), RANGE(0, 2 * SECOND), IN_US, NEW_CALLS,
          SAYS "How long a call whose SETUP announces that the caller's name follows waits for it before the INVITE goes out. 0: not at all. A name that comes later is told by UPDATE. Calls for help and the calls that answer them never wait."),
    TRUNK(connected_updates, "connected-updates", flag, DEFAULT("no"), NEW_CALLS,
          SAYS "Tell the PBX in a connected call when the SIP end becomes another party, by a transfer or by UPDATE: EuroISDN EctInform, QSIG callTransferComplete. Other switch types have no words for it."),
    TRUNK(identity, "identity", choice, DEFAULT("pai"), ONE_OF(identities), NEW_CALLS,
          SAYS "Where the calling number toward the PBX comes from: pai is the P-Asserted-Identity of a trusted peer, from is also the From header (user provided, not screened), none sends no number."),
    TRUNK(second_calling, "second-calling", flag, DEFAULT("no"), NEW_CALLS,
          SAYS "Where a caller's From has another number than P-Asserted-Identity, send it as a second Calling party number, user provided, not screened (the special arrangement of ETS 300 092)."),
    TRUNK(redirecting, "redirecting", flag, DEFAULT("yes"), NEW_CALLS,
          SAYS "Tell the PBX who diverted a call (Redirecting number, on QSIG divertingLegInformation2): what a trusted peer says in Diversion or History-Info, with identity = from what any caller says."),
    TRUNK(user_info, "user-info", flag, DEFAULT("yes"), NEW_CALLS,
          SAYS "User-to-user information passes between the User-user element and SIP's User-to-User (RFC 7434), both ways."),
    TRUNK(hlc, "send-hlc", choice, DEFAULT("none"), ONE_OF(high_layers), NEW_CALLS,
          SAYS "The High layer compatibility in our SETUP. none: there is none, but a call from another trunk keeps its own."),
    TRUNK(origin_progress, "send-origin-progress", flag, DEFAULT("no"), NEW_CALLS,
          SAYS "Our SETUP says by progress indicator 3 that the call's origin is not ISDN; NI-2 has it always."),
    TRUNK(phone_context, "phone-context", host, DEFAULT(""), NEW_CALLS,
          SAYS "The domain of the PBX's private numbering plan: its numbers carry it as phone-context in SIP (RFC 3966 5.1.5), and numbers with a domain as phone-context are sent as private ones. Empty: private numbers are digits like any."),
    TRUNK(ringback, "ringback", choice, DEFAULT("auto"), ONE_OF(autos), NEW_CALLS,
          SAYS "We play ringback and busy tone toward the PBX. auto: where we are the network side. The busy tone goes with DISCONNECT, or, where SETUP has said by progress 1 or 3 that the caller is not end-to-end ISDN, with PROGRESS; that call the PBX clears, or interwork."),
    TRUNK(dial_tone, "dial-tone", choice, DEFAULT("auto"), ONE_OF(dial_tones), NEW_CALLS,
          SAYS "A caller of the PBX whose SETUP has no digits, on a route that asks for them, hears dial tone until the first one comes: SETUP ACKNOWLEDGE has progress indicator 8. auto: where ringback is ours. always: after a SETUP that has some digits, too."),
    TRUNK(disconnect_tones, "disconnect-tones", flag, DEFAULT("no"), NEW_CALLS,
          SAYS "Before answer, hear out the tones of a DISCONNECT with progress indicator 8. No: DISCONNECT ends the call at once."),
    TRUNK(send_display, "send-display", flag, DEFAULT("yes"), NEW_CALLS,
          SAYS "Send the caller's name to the PBX."),
    TRUNK(charset, "charset", choice, DEFAULT("ia5"), ONE_OF(charsets), NEW_CALLS,
          SAYS "The character set of names on the line; latin1 is ISO 8859-1."),
    TRUNK(display_max, "display-max", choice, DEFAULT("34"), ONE_OF(display_lengths), .unit = "octets", NEW_CALLS,
          SAYS "The longest name the PBX takes, in octets."),
    TRUNK(notify_hold, "notify-hold", choice, DEFAULT("reinvite"), ONE_OF(holds_told), NEW_CALLS,
          SAYS "What the phone is told when the PBX says by NOTIFY that its user is suspended or holds: reinvite is a re-INVITE with a=sendonly (a=inactive where the phone holds too), and one with a=sendrecv when the user is back. silent: nothing, and no RTP either, until the user is back. none: nothing, what the PBX plays is heard."),
    TRUNK(tell_hold, "tell-hold", flag, DEFAULT("no"), NEW_CALLS,
          SAYS "Tell the PBX by NOTIFY when the phone holds an answered call and when it retrieves it. On EuroISDN alone."),
    TRUNK(tell_diverting, "tell-diverting", flag, DEFAULT("no"), NEW_CALLS,
          SAYS "Tell the PBX by NOTIFY that its call is being forwarded, at a 181 and where a 3xx is followed. On EuroISDN alone."),
    TRUNK(hold, "hold", flag, DEFAULT("no"), LIVE,
          SAYS "Serve HOLD and RETRIEVE of the PBX: the call gives up its channel, the phone is told by a re-INVITE. No: HOLD is rejected with cause 69."),
    TRUNK(mwi, "mwi", choice, DEFAULT("no"), ONE_OF(trunk_mwis), LIVE,
          SAYS "Message waiting passes both ways: what the PBX says of a user's mailbox becomes a NOTIFY (RFC 3842) to those who have subscribed, and by mwi-unsolicited of [sip] to where a route takes calls for the user; the NOTIFY of a [peer] whose mwi says so is told to the PBX for the user to whom a route by this trunk leads. yes: as mwiActivate and mwiDeactivate on QSIG (ECMA-242), as MWIActivate and MWIDeactivate on EuroISDN (EN 300 745-1). indicate: on EuroISDN as MWIIndicate, as an exchange tells its users; both are understood. The other switch types have none."),
    TRUNK(rerouting, "rerouting", flag, DEFAULT("yes"), LIVE,
          SAYS "Call rerouting and call deflection that the PBX asks for before it has answered become a 302 with the new number toward the phone. No: the PBX is refused, and the call goes on."),
    TRUNK(pbx_transfer, "pbx-transfer", flag, DEFAULT("no"), LIVE,
          SAYS "Join two answered calls of this trunk when the PBX asks for it: explicit call transfer on EuroISDN, two B channel transfer on ni2, 5ess and 4ess, release link trunk on dms100. Both channels become free, and the two SIP ends talk to each other through the gateway for as long as they like: whoever may transfer on the PBX connects callers to numbers that they might not call themselves. No: the PBX is refused, and both calls go on."),
    TRUNK(country_code, "country-code", digits, DEFAULT(""), RANGE(0, 3), NEW_CALLS,
          SAYS "The country of the trunk, such as 49: +49 numbers are sent as national, others as international. Empty: numbers pass as they are."),
    TRUNK(international_prefix, "international-prefix", digits, DEFAULT("00"), RANGE(0, 8), NEW_CALLS,
          SAYS "The digits that leave the country when dialled on this trunk, such as 00 or 011. Empty: none do."),
    TRUNK(called_ton, "called-ton", choice, DEFAULT("unknown"), ONE_OF(tons), NEW_CALLS,
          SAYS "The type of number sent for called numbers without a leading +."),
    TRUNK(keypad, "dtmf", choice, DEFAULT("inband"), ONE_OF(trunk_digits), NEW_CALLS,
          SAYS "How digits that the phone dials in a call reach the PBX: inband as DTMF on the B channel, keypad as INFORMATION with Keypad facility. From the PBX both are understood."),
    TRUNK(max_calls, "max-calls", number, DEFAULT("0"), RANGE(0, 100000), .unit = "calls", NEW_CALLS,
          SAYS "Calls at once on the trunk, both ways together. More are refused with cause 34, toward the phone with the route's next target or 503; emergency calls never. 0: as many as there are channels."),
    TRUNK(max_in, "max-calls-in", number, DEFAULT("0"), RANGE(0, 100000), .unit = "calls", NEW_CALLS,
          SAYS "The same of calls that come from the PBX."),
    TRUNK(max_out, "max-calls-out", number, DEFAULT("0"), RANGE(0, 100000), .unit = "calls", NEW_CALLS,
          SAYS "The same of calls that go to the PBX."),
    TRUNK(audit_us, "audit", duration, DEFAULT("10m"), RANGE(0, 24 * HOUR), IN_US, LIVE,
          SAYS "How often the trunk's channels and answered calls are audited: a channel that is busy without a call is put aside and RESTARTed, and the PBX is asked by STATUS ENQUIRY whether it has each call, too. Only an answer that it has not ends the call. Where no answer comes within 4 s (T322) it is asked again, twice, and then by the next audit; a PBX that answers anything else is not asked for a day, or until the next reload. 0: never."),
    TRUNK(min_digits, "min-digits", number, DEFAULT("1"), RANGE(0, NUMBER_MAX), .unit = "digits", NEW_CALLS,
          SAYS "Called numbers shorter than this are refused with 484."),
    TRUNK_FAMILY(cause_status, "cause.N", number, DEFAULT(""), RANGE(400, 699), .first = 1, .last = 127, NEW_CALLS,
          SAYS "The SIP status that Q.850 cause N becomes toward the phone, instead of the table's."),
    TRUNK_FAMILY(status_cause, "status.N", number, DEFAULT(""), RANGE(1, 127), .first = 300, .last = 699, NEW_CALLS,
          SAYS "The Q.850 cause that SIP status N becomes toward the PBX, instead of the table's."),

    ROUTE(from_trunks, "from", from, DEFAULT(""), NEW_CALLS,
          SAYS "Where the call comes from: names of trunks, and networks of SIP callers. Empty: anywhere."),
    ROUTE(called, "called", patterns, DEFAULT(""), NEW_CALLS,
          SAYS "Patterns, one of which the called number fits. Empty: any number."),
    ROUTE(calling, "calling", patterns, DEFAULT(""), NEW_CALLS,
          SAYS "Patterns, one of which the calling number fits. Empty: any number, or none."),
    ROUTE(strip, "strip", number, DEFAULT("0"), RANGE(0, NUMBER_MAX), .unit = "digits", NEW_CALLS,
          SAYS "How many leading digits are taken from the called number."),
    ROUTE(prepend, "prepend", digits, DEFAULT(""), RANGE(0, NUMBER_MAX), NEW_CALLS,
          SAYS "Digits put before the called number, after strip."),
    ROUTE(calling_strip, "calling-strip", number, DEFAULT("0"), RANGE(0, NUMBER_MAX), .unit = "digits", NEW_CALLS,
          SAYS "How many leading digits are taken from the calling number."),
    ROUTE(calling_prepend, "calling-prepend", digits, DEFAULT(""), RANGE(0, NUMBER_MAX), NEW_CALLS,
          SAYS "Digits put before the calling number, after calling-strip."),
    ROUTE(ton, "ton", choice, DEFAULT("keep"), ONE_OF(tons_or_kept), NEW_CALLS,
          SAYS "The type of the called number as sent. keep: as it came."),
    ROUTE(npi, "npi", choice, DEFAULT("keep"), ONE_OF(npis_or_kept), NEW_CALLS,
          SAYS "The numbering plan of the called number as sent. keep: as it came."),
    ROUTE(targets, "to", targets, REQUIRED, NEW_CALLS,
          SAYS "Where the call goes: \"trunk NAME\" or a SIP URI in which {number} stands for the called number. Several, with commas between, are tried in turn when on-causes says so."),
    ROUTE(on_causes, "on-causes", causes, DEFAULT(""), NEW_CALLS,
          SAYS "The Q.850 causes after which the next target is tried. Empty: 34, 38, 41, 42, 47, and 102 where nobody has answered at all, or 504 says so. 17 (user busy) is never one."),
    ROUTE(tries, "tries", number, DEFAULT("3"), RANGE(1, 32), .unit = "ways", NEW_CALLS,
          SAYS "How many ways a call tries in all after such causes: spans of a trunk, trunks, and SIP targets. A channel that the PBX refuses (44, 6, 82) is followed by another one of its span, and counts for nothing here. Calls for help try them all."),
    ROUTE(international, "international", flag, DEFAULT("no"), NEW_CALLS,
          SAYS "Numbers that leave the country of the trunk are allowed: of the one the call goes to, and where it goes to a SIP URI of the one it came from. No: they are refused with 403, toward the PBX with cause 21."),
    ROUTE(transit, "transit", flag, DEFAULT("no"), NEW_CALLS,
          SAYS "Calls from a trunk to a trunk are allowed by this route. A SIP caller's call to a SIP URI is a proxy's work: such a target is passed over, and refused with cause 79 when it is the last."),
    ROUTE(emergency, "emergency", flag, DEFAULT("no"), NEW_CALLS,
          SAYS "Calls by this route count as emergency calls."),
    ROUTE(overlap, "overlap", choice, DEFAULT("auto"), ONE_OF(route_overlaps), NEW_CALLS,
          SAYS "How a number is taken that comes in pieces. auto: the first digits that a pattern takes are the number, and the PBX is asked for more as long as only a longer one would fit. no: what SETUP brings is the number. collect: where a pattern leaves the end open the PBX is asked for more until the number is whole, and then it goes on in one piece. sip: from min-digits on each piece goes to SIP in an INVITE of its own (RFC 3578), and from SIP to the PBX in INFORMATION; the SETUP has no Sending complete then. A number is whole when Sending complete, stop-digit or max-digits say so, when the patterns take no longer one, and after t10. The INVITE of a caller who dials on by another one (RFC 4497 8.3.9) is answered with 484; where the route says anything but sip the PBX's call is cleared and made anew."),
    ROUTE(min_digits, "min-digits", number, DEFAULT("0"), RANGE(0, NUMBER_MAX), .unit = "digits", NEW_CALLS,
          SAYS "A called number with fewer digits, as dialled, is too short: pieces are waited for until t302, then the PBX hears cause 28; a SIP caller hears 484."),
    ROUTE(max_digits, "max-digits", number, DEFAULT("0"), RANGE(0, NUMBER_MAX), .unit = "digits", NEW_CALLS,
          SAYS "With so many digits, as dialled, a number that comes in pieces is whole. 0: the patterns decide."),
    ROUTE(stop_digit, "stop-digit", choice, DEFAULT("none"), ONE_OF(stop_digits), NEW_CALLS,
          SAYS "The digit that ends a number dialled in pieces; it is no part of it."),
    ROUTE(t10_us, "t10", duration, DEFAULT("5s"), RANGE(100 * MS, MINUTE), IN_US, NEW_CALLS,
          SAYS "RFC 3578 T10: how long after its last digit a number counts as whole that has min-digits but might go on."),
    ROUTE(t302_us, "t302", duration, DEFAULT("0"), RANGE(0, MINUTE), IN_US, NEW_CALLS,
          SAYS "Q.931 T302 for numbers that begin as this route's, instead of the trunk's. 0: the trunk's."),

    PEER(networks, "network", networks, REQUIRED, NEW_CALLS,
         SAYS "The networks the peer sends from. Where the networks of two peers overlap, the first of the file counts."),
    PEER(trusted, "trusted", flag, DEFAULT("no"), NEW_CALLS,
         SAYS "The peer's P-Asserted-Identity and Reason are believed, and restricted identities are sent to it (RFC 3325)."),
    PEER(dtmf, "dtmf", choice, DEFAULT("auto"), ONE_OF(peer_digits), NEW_CALLS,
         SAYS "How digits in a call pass to and from the peer. auto: as telephone-events (RFC 4733) where it has them, else in band; its INFO is understood, too. rfc4733: the same, but INFO is answered and not listened to, for those who send each digit both ways. info: by INFO with application/dtmf-relay, info-dtmf: with application/dtmf; telephone-event is not offered. inband: neither."),
    PEER(diversion, "diversion", choice, DEFAULT("diversion"), ONE_OF(diversion_fields), NEW_CALLS,
         SAYS "The header field that tells the peer who diverted a call from a trunk; who is no peer gets Diversion (RFC 5806), which most telephones and servers read and the others ignore. Of a peer both are read."),
    PEER(server, "server", uri, DEFAULT(""), NEW_CALLS,
         SAYS "The URI of the peer's server, such as sip:192.0.2.20:5060: where we register, and where calls go whose route has the peer's name as the host of its URI. Empty: none."),
    PEER(user, "user", secret, DEFAULT(""), NEW_CALLS,
         SAYS "The name by which we answer the peer's challenges (401 and 407, digest with SHA-256 or MD5), and register there."),
    PEER(password, "password", secret, DEFAULT(""), NEW_CALLS,
         SAYS "The password that belongs to user. Without one a challenge ends the call with cause 21."),
    PEER(realm, "realm", secret, DEFAULT(""), NEW_CALLS,
         SAYS "The realm that user and password are for: a response that asks with another one has no answer of ours. Empty: up to four in a dialog are answered, whatever they are, as the peer may pass on those of others. Whoever gets an answer can try passwords on it in peace, so name the realm where it is known. In a call nobody is answered but the peer: the address that its INVITE, or its first answer to ours, came from, and its network."),
    PEER(registers, "register", flag, DEFAULT("no"), LIVE,
         SAYS "Register as user at server, and take the peer's calls to the Contact that it is told, whatever allow of [sip] says. Where [proxy] mode is off."),
    PEER(check_us, "check", duration, DEFAULT("0"), RANGE(0, HOUR), IN_US, LIVE,
         SAYS "How often server is asked by OPTIONS whether it lives. After three failures in a row, silence for 2 s or 503, no call goes there; a call that fails so is one, too, and has it asked at once. Of a name each address is watched, and one that is down is tried last. When all are, a route's next target is tried at once, and where none is left the call is cleared with cause 38. It is asked four times as often then, and two answers in a row bring it back. Calls for help are sent there all the same. 0: it is not asked."),
    PEER(register_expires_s, "register-expires", duration, DEFAULT("1h"), RANGE(MINUTE, 24 * HOUR), IN_S, NEW_CALLS,
         SAYS "How long a registration is asked for. It is refreshed in the second half of what the server grants."),

    PEER(charge, "charge", flag, DEFAULT("no"), NEW_CALLS,
         SAYS "The peer is told what the PBX says that a call costs (advice of charge): as application/vnd.etsi.aoc+xml of 3GPP TS 24.647, in INFO during the call, in our BYE at its end. Charging units are sent as the currency UNIT."),
    PEER(follow, "follow", flag, DEFAULT("no"), NEW_CALLS,
         SAYS "The peer is a redirect server: its 3xx answers to calls from a PBX are followed, at most five in a row and no place twice. Their Contacts may lead where a call of the PBX may go, or to a host that a [peer], [sip] allow or a route names. No: such a call is cleared with cause 23."),

    PEER(mwi, "mwi", choice, DEFAULT("no"), ONE_OF(peer_mwis), LIVE,
         SAYS "Message waiting and the peer. notify: where a route takes calls for a user there, it is told of the user's mailbox at the PBX. accept: it is a voice-mail server whose NOTIFY is told to the PBX. both: both. Phones and others that are no peer are told, but never heard."),

    PROXY(mode, "mode", choice, DEFAULT("off"), ONE_OF(proxy_modes), RESTART,
          SAYS "off: there is no proxy, phones and servers speak to the gateway itself. standby: phones come here when their primary proxy is silent. outbound: phones always come here, and are passed on to the primary proxy while it lives. emergency-only: only emergency calls are served."),
    PROXY(domains, "domains", hosts, DEFAULT(""), NEW_CALLS,
          SAYS "Hosts and domains whose users are ours, besides our addresses and [sip] public-host: what phones have after the @."),
    PROXY(foreign, "foreign", flag, DEFAULT("no"), NEW_CALLS,
          SAYS "Phones may send requests to URIs of other domains. No: they are refused with 403. Calls of the gateway go where the route says."),
    PROXY(redirect, "redirect", uri, DEFAULT(""), NEW_CALLS,
          SAYS "The redirect server that is asked first about calls to users of ours, such as sip:192.0.2.40:5060. Its 300 and 302 answers are followed in the order of their q. When it has no answer, the call goes where it would go without it. Empty: none."),
    PROXY(follow, "follow", networks, DEFAULT(""), NEW_CALLS,
          SAYS "The networks of other elements whose 3xx answers are followed here. Those of all others are told to the caller, who may follow them."),
    PROXY(redirect_hops, "redirect-hops", number, DEFAULT("5"), RANGE(0, 20), NEW_CALLS,
          SAYS "How many 3xx answers may lead from one to the next."),
    PROXY(ring_us, "ring", duration, DEFAULT("20s"), RANGE(100 * MS, 10 * MINUTE), IN_US, NEW_CALLS,
          SAYS "How long a phone rings before the next target is tried, where one waits."),
    PROXY(max_transactions, "max-transactions", number, DEFAULT("5000"), RANGE(10, 1000000), .unit = "requests", NEW_CALLS,
          SAYS "Requests that may wait for their answers at once; each holds about 30 kB. More are refused with 503, emergency calls never, and those of calls that stand only above twice as many. As many refusals are remembered for their repetitions; what is refused beyond is answered anew each time."),
    PROXY(timer_c_us, "timer-c", duration, DEFAULT("185s"), RANGE(SECOND, HOUR), IN_US, NEW_CALLS,
          SAYS "RFC 3261 Timer C: how long an INVITE may stay without a new response before it is cancelled; the RFC asks for more than three minutes."),

    PROXY(primaries, "primary", primaries, DEFAULT(""), LIVE,
          SAYS "The primary proxies, in the order they are tried: HOST, HOST:PORT or HOST:PORT/tcp. A name without a port stands for the servers of its SRV records. OPTIONS tell whether they live, and so do the requests that are passed on to them: any answer but 503 is life. Empty: none."),
    PROXY(check_us, "check", duration, DEFAULT("10s"), RANGE(100 * MS, HOUR), IN_US, LIVE,
          SAYS "How often a primary that lives is asked by OPTIONS."),
    PROXY(check_down_us, "check-down", duration, DEFAULT("2s"), RANGE(100 * MS, HOUR), IN_US, LIVE,
          SAYS "How often one is asked that left something unanswered, or is down."),
    PROXY(fail_over_us, "fail-over-after", duration, DEFAULT("2s"), RANGE(100 * MS, 32 * SECOND), IN_US, LIVE,
          SAYS "Silence of a primary after which a request that was passed on to it is served here. While it answers others, one request may wait four times as long."),
    PROXY(down_after, "down-after", number, DEFAULT("3"), RANGE(1, 100), .unit = "failures", LIVE,
          SAYS "Failures in a row after which a primary is down: requests are served without asking it first."),
    PROXY(up_after, "up-after", number, DEFAULT("3"), RANGE(1, 1000), .unit = "answers", LIVE,
          SAYS "Answers in a row to OPTIONS after which one that is down is up again."),
    PROXY(up_time_us, "up-time", duration, DEFAULT("10s"), RANGE(0, HOUR), IN_US, LIVE,
          SAYS "How long those answers must have come. It doubles, at most four times, for a primary that fails again soon after it returned."),
    PROXY(outage_expires_s, "outage-expires", duration, DEFAULT("3m"), RANGE(15 * SECOND, 24 * HOUR), IN_S, LIVE,
          SAYS "How long a registration is granted at most that is taken only because the primary is gone: so soon the phone comes again, and can go back."),
    PROXY(handback_rate, "handback-rate", number, DEFAULT("20"), RANGE(0, 10000), .unit = "registrations a second", LIVE,
          SAYS "How many phones a second go back to a primary that has returned; the others are served here a little longer. 0: all at once."),
    PROXY(name_server, "name-server", server, DEFAULT(""), RESTART,
          SAYS "The name server that is asked for primaries, next hops and numbers. Empty: those of /etc/resolv.conf."),
    PROXY(dns_wait_us, "dns-wait", duration, DEFAULT("1s"), RANGE(10 * MS, 10 * SECOND), IN_US, RESTART,
          SAYS "How long a call waits for a name server. What it said last is used while it is silent."),
    PROXY(enum_suffix, "enum", domain, DEFAULT(""), NEW_CALLS,
          SAYS "The domain below which called numbers with + are asked for (ENUM, RFC 6116), such as e164.arpa. The sip: URI that is found is called first. Empty: none is asked for."),
    PROXY(port.tls_listen, "tls-listen", endpoints, DEFAULT(""), RESTART,
          SAYS "Addresses and ports for phones that connect by TLS, numeric. Needs tls-certificate. Empty: no TLS."),
    PROXY(port.tls_certificate, "tls-certificate", file, DEFAULT(""), LIVE,
          SAYS "The PEM file of our certificate, followed by those of its chain. It is read anew at every reload; connections stay as they are, and a file that cannot be used leaves the old certificate in force."),
    PROXY(port.tls_key, "tls-key", file, DEFAULT(""), LIVE,
          SAYS "The PEM file of the certificate's key, without a password. Empty: it stands in tls-certificate."),
    PROXY(port.tls_min, "tls-min", choice, DEFAULT("1.2"), ONE_OF(tls_mins), LIVE,
          SAYS "The lowest version of TLS that is spoken."),

    REGISTRAR(store, "store", store, DEFAULT("/var/lib/tieline/tieline.db"), RESTART,
              SAYS "The SQLite file that keeps registrations over a restart. none: they are kept in memory only."),
    REGISTRAR(min_expires_s, "min-expires", duration, DEFAULT("60s"), RANGE(SECOND, HOUR), IN_S, LIVE,
              SAYS "The shortest registration accepted. Shorter ones are refused with 423 and Min-Expires."),
    REGISTRAR(max_expires_s, "max-expires", duration, DEFAULT("2h"), RANGE(SECOND, 24 * HOUR), IN_S, LIVE,
              SAYS "The longest registration granted. Longer ones are cut to it."),
    REGISTRAR(default_expires_s, "default-expires", duration, DEFAULT("1h"), RANGE(SECOND, 24 * HOUR), IN_S, LIVE,
              SAYS "What a phone is granted that does not say how long."),
    REGISTRAR(max_contacts, "max-contacts", number, DEFAULT("10"), RANGE(1, 100), .unit = "contacts", LIVE,
              SAYS "Registered contacts of one address of record. A registration beyond it is refused with 403."),
    REGISTRAR(max_bindings, "max-bindings", number, DEFAULT("10000"), RANGE(1, 100000), .unit = "contacts", LIVE,
              SAYS "Registered contacts in all. A registration beyond it is refused with 503."),
    REGISTRAR(accept, "accept", choice, DEFAULT("always"), ONE_OF(registrar_accepts), LIVE,
              SAYS "Whether a standby registrar takes registrations at any time, or only while the primary is gone."),
    REGISTRAR(device_days, "device-days", number, DEFAULT("30"), RANGE(0, 365), .unit = "days", LIVE,
              SAYS "How long a device that the primary accepted is remembered: for so long it may register while the primary is gone without a password of ours, from the same address, as the same user."),

    PHONE(contacts, "contact", contacts, DEFAULT(""), LIVE,
          SAYS "Where the phone can be reached without registering. A higher q is tried first. Empty: only where it registers."),
    PHONE(aliases, "aliases", aliases, DEFAULT(""), LIVE,
          SAYS "More user parts by which it can be called and may register."),
    PHONE(ring_time_us, "ring-time", duration, DERIVED("ring of [proxy]", derive_ring_time), RANGE(100 * MS, 10 * MINUTE), IN_US, NEW_CALLS,
          SAYS "How long it may ring before the next target is tried, where there is one."),
    PHONE(always, "always", forward, DEFAULT(""), NEW_CALLS,
          SAYS "Where its calls go instead: a user part or number of ours, or a sip: URI."),
    PHONE(busy, "busy", forward, DEFAULT(""), NEW_CALLS,
          SAYS "Where its calls go when it is busy."),
    PHONE(no_answer, "no-answer", forward, DEFAULT(""), NEW_CALLS,
          SAYS "Where its calls go when it does not answer within ring-time, or cannot be reached."),
    PHONE(class_name, "class", word, DEFAULT(""), NEW_CALLS,
          SAYS "Its class of service. Empty: that of its network, or the default."),
    PHONE(elin, "elin", word, DEFAULT(""), NEW_CALLS,
          SAYS "The emergency location number its emergency calls show. Empty: by its network."),
    PHONE(instance, "instance", instance, DEFAULT(""), LIVE,
          SAYS "The only device that may register as it, by its +sip.instance. Empty: any."),

    GUARD(realm, "realm", realm, DERIVED("the public host, or the address of [sip] listen", derive_realm), LIVE,
          SAYS "The realm of our challenges. The users' hashes are made for it."),
    GUARD(users, "users", users, DEFAULT(""), LIVE,
          SAYS "The file of the users, read at start and at every reload; see USERS. A reload with a broken file keeps the users it had. Empty: there are none, and nobody is challenged."),
    GUARD(algorithms, "algorithms", set, DEFAULT("sha-256, md5"), ONE_OF(digest_algorithms), LIVE,
          SAYS "The hash algorithms offered, SHA-256 before MD5. One that some user has no hash of is not offered."),
    GUARD(md5_networks, "md5-networks", networks, DEFAULT(""), LIVE,
          SAYS "Networks of phones that give up when SHA-256 is offered beside MD5, as old ones do: they are offered MD5 alone. Empty: none."),
    GUARD(auth_int, "auth-int", flag, DEFAULT("no"), LIVE,
          SAYS "Offer qop auth-int, which protects the body, beside auth."),
    GUARD(without_qop, "without-qop", flag, DEFAULT("no"), LIVE,
          SAYS "Accept responses without qop, as phones before RFC 2617 make them. Who hears one can repeat it until its nonce is stale."),
    GUARD(check_uri, "check-uri", flag, DEFAULT("no"), LIVE,
          SAYS "Refuse credentials whose uri names another user or host than the Request-URI, as RFC 2617 asks; not of requests that another proxy forwarded. Some phones write the server's address there, whatever they call."),
    GUARD(nonce_lifetime_us, "nonce-lifetime", duration, DEFAULT("5m"), RANGE(SECOND, 24 * HOUR), IN_US, LIVE,
          SAYS "How long a nonce is good. Then the phone is told that it is stale, and answers the next one by itself."),
    GUARD(fail_limit, "fail-limit", number, DEFAULT("10"), RANGE(0, 10000), .unit = "times", LIVE,
          SAYS "Wrong credentials of one user from one address, within fail-window, after which this user is not answered from there for a time. Ten times as many, of whatever users, block the address (of IPv6: the /64). 0: never."),
    GUARD(fail_window_us, "fail-window", duration, DEFAULT("1m"), RANGE(SECOND, HOUR), IN_US, LIVE,
          SAYS "The time in which wrong credentials are counted together."),
    GUARD(fail_block_us, "fail-block", duration, DEFAULT("1m"), RANGE(SECOND, HOUR), IN_US, LIVE,
          SAYS "How long the first block lasts; each that follows within an hour lasts twice as long as the one before, at most an hour."),

    POLICY(from, "from", networks, DEFAULT(""), LIVE,
           SAYS "The networks the request comes from. Empty: any."),
    POLICY(methods, "methods", methods, DEFAULT(""), LIVE,
           SAYS "The methods, like REGISTER, INVITE. Empty: any."),
    POLICY(to, "to", set, DEFAULT("any"), ONE_OF(policy_targets), LIVE,
           SAYS "What the request is for: here is what we answer ourselves, such as REGISTER; phones are those registered or configured here; trunks are the PBX's; primary is the primary proxy; outside is any other place."),
    POLICY(action, "action", choice, REQUIRED, ONE_OF(policy_actions), LIVE,
           SAYS "What becomes of it: challenge asks for credentials, allow lets it pass without, refuse answers 403."),
    CLASS(networks, "networks", networks, DEFAULT(""), NEW_CALLS,
          SAYS "The networks whose phones are of this class when neither their user nor a [phone] group names one. The first class of the file counts."),
    CLASS(allow, "allow", patterns, DEFAULT(""), NEW_CALLS,
          SAYS "Patterns of the numbers that may be called, as dialled. Empty: any."),
    CLASS(deny, "deny", patterns, DEFAULT(""), NEW_CALLS,
          SAYS "Patterns of numbers that may not be called, as dialled or as a route sends them; they go before allow."),
    CLASS(international, "international", flag, DEFAULT("no"), NEW_CALLS,
          SAYS "Numbers that leave the country of the trunk they go to are allowed, where the route allows them too."),
    CLASS(premium, "premium", flag, DEFAULT("no"), NEW_CALLS,
          SAYS "Numbers that fit premium-numbers are allowed."),
    CLASS(premium_numbers, "premium-numbers", patterns, DEFAULT("+1900., 1900XXXXXX., +49900., 0900., +449., +979., +88[123]."), NEW_CALLS,
          SAYS "Patterns of numbers that cost extra, as dialled or as a route sends them. The default knows some of North America, Germany and the United Kingdom, and satellites."),
    CLASS(calls, "calls", number, DEFAULT("0"), RANGE(0, 100000), .unit = "calls", NEW_CALLS,
          SAYS "Calls that one user may have at once; phones that do not authenticate count by address. 0: no limit."),
    CLASS(group_calls, "group-calls", number, DEFAULT("0"), RANGE(0, 100000), .unit = "calls", NEW_CALLS,
          SAYS "Calls that the whole class may have at once. 0: no limit."),
    CLASS(hour_calls, "calls-per-hour", number, DEFAULT("0"), RANGE(0, 60000), .unit = "calls", NEW_CALLS,
          SAYS "Calls that one user may begin in an hour. 0: no limit."),
    CLASS(day_minutes, "minutes-per-day", number, DEFAULT("0"), RANGE(0, 100000), .unit = "minutes", NEW_CALLS,
          SAYS "Minutes of answered calls that one user has in 24 hours; when they are used up no call begins. 0: no limit."),
    CLASS(max_duration_us, "max-duration", duration, DEFAULT("0"), RANGE(0, 24 * HOUR), IN_US, NEW_CALLS,
          SAYS "How long an answered call through a trunk may last before it is cleared. 0: no limit."),
    CLASS(transit, "transit", flag, DEFAULT("no"), NEW_CALLS,
          SAYS "A transfer or a forwarding may join two trunks."),
    CLASS(forward, "forward", flag, DEFAULT("yes"), NEW_CALLS,
          SAYS "A phone of the class may forward calls by a 3xx; the target is checked against the class all the same."),
    EMERGENCY(numbers, "numbers", emergency_numbers, DEFAULT(""), NEW_CALLS,
              SAYS "What is dialled for help, as patterns; a call from SIP to one of them is an emergency call. PATTERN:NUMBER tells the trunk another number than was dialled, like 0112:112."),
    EMERGENCY(services, "services", emergency_services, DEFAULT(""), NEW_CALLS,
              SAYS "The numbers of the services that phones call by urn:service:sos (RFC 5031), like sos:112, sos.police:110. A service that is not listed is what stands before its last dot; without any it is refused with 404. Empty: each of them is the first of numbers that is no pattern. These numbers count as emergency numbers, too."),
    EMERGENCY(trunks, "trunks", trunks, DEFAULT(""), NEW_CALLS,
              SAYS "The trunks emergency calls from SIP take, in this order, each with all its spans, after any cause. Those with a free channel come first; when none has carried the call, the full ones are tried again and a call on them gives way. Empty: the routes decide."),
    EMERGENCY(preempt, "preempt", choice, DEFAULT("newest"), ONE_OF(preempt_policies), NEW_CALLS,
              SAYS "Which call is cleared with cause 8 for an emergency call when its trunks are full: newest is the last ordinary call that began, never an emergency call nor one that answers it. no: none."),
    EMERGENCY(preempt_wait_us, "preempt-wait", duration, DEFAULT("1s"), RANGE(100 * MS, 10 * SECOND), IN_US, NEW_CALLS,
              SAYS "How long an emergency call waits for a channel of the call that gives way, before the next one is cleared."),
    EMERGENCY(reserved, "reserved-channels", number, DEFAULT("0"), RANGE(0, 1000), .unit = "channels", NEW_CALLS,
              SAYS "How many channels of each emergency trunk (of every trunk when trunks is empty) ordinary calls leave free. A channel the PBX asks for by its number is the PBX's all the same."),
    EMERGENCY(callback_us, "callback-time", duration, DEFAULT("30m"), RANGE(0, 24 * HOUR), IN_US, NEW_CALLS,
              SAYS "How long after an emergency call a call to its ELIN rings the phone it came from, before the routes are asked. 0: never."),
    EMERGENCY(callback_numbers, "callback-number", callback_numbers, DEFAULT(""), NEW_CALLS,
              SAYS "The number emergency calls show when no [elin] fits the caller, or TRUNK:NUMBER for those by one trunk. Empty: the caller's, as the trunk's identity says."),
    EMERGENCY(networks, "network", networks, DEFAULT(""), NEW_CALLS,
              SAYS "The networks whose P-Asserted-Identity is heeded in an emergency call, if it is the number of an [elin]."),
    EMERGENCY(rate, "rate", number, DEFAULT("10"), RANGE(1, 10000), .unit = "calls a minute", NEW_CALLS,
              SAYS "Emergency calls from one source in a minute above which they are logged as too many, and refused with 503 while another one of that source stands. Who has no emergency call is never refused."),
    EMERGENCY(hook, "hook", program, DEFAULT(""), NEW_CALLS,
              SAYS "A program that is run for every emergency call, to tell people on the site; what it is told stands in its environment, see EMERGENCY HOOK. Empty: none."),
    EMERGENCY(drill, "drill", digits, DEFAULT(""), RANGE(0, NUMBER_MAX), NEW_CALLS,
              SAYS "The number that is dialled to try all this without calling for help."),
    EMERGENCY(drill_to, "drill-to", digits, DEFAULT(""), RANGE(0, NUMBER_MAX), NEW_CALLS,
              SAYS "The number a drill calls in place of an emergency number, by the same trunks. drill needs it."),
    EMERGENCY(drill_preempt, "drill-preempt", flag, DEFAULT("no"), NEW_CALLS,
              SAYS "A drill clears a call when the trunks are full. No: the log only tells which one it would be."),

    ELIN(number, "number", dialable, REQUIRED, NEW_CALLS,
         SAYS "The number, as the exchange is to show it and calls it back."),
    ELIN(extensions, "extension", extensions, DEFAULT(""), NEW_CALLS,
         SAYS "The callers, as patterns or words: the user who gave credentials, else the user of From. Empty: any caller of network."),
    ELIN(networks, "network", networks, DEFAULT(""), NEW_CALLS,
         SAYS "The networks the place's phones call from. Empty: any, where extension fits."),
};

const guint setting_row_count = G_N_ELEMENTS(setting_rows);
