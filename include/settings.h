/* The settings of the house: what tieline.conf says, checked, with defaults filled in.
 *
 * The rows that parse, check, print and document them stand in src/conf/settings_table.c; these structs
 * are what the rooms read. A Settings is immutable once loaded; a reload makes a new one.
 * Home thread: any (read-only). What concerns the phones' proxy alone stands in settings_phones.h.
 */
#pragma once

#include "settings_phones.h"
#include "values.h"

#include <stdio.h>

typedef enum SpanBackend { BACKEND_CESOPSN, BACKEND_PAIR, BACKEND_DAHDI } SpanBackend;
typedef enum SpanType { SPAN_E1, SPAN_T1, SPAN_BRI } SpanType;
typedef enum SpanClock { SPAN_CLOCK_MASTER, SPAN_CLOCK_SLAVE } SpanClock;
typedef enum SwitchType {
    SWITCH_EUROISDN,
    SWITCH_NI2,
    SWITCH_DMS100,
    SWITCH_5ESS,
    SWITCH_4ESS,
    SWITCH_QSIG,
} SwitchType;
typedef enum LineSide { SIDE_NETWORK, SIDE_CPE } LineSide;
typedef enum Hunting { HUNT_ASCENDING, HUNT_DESCENDING, HUNT_ROUND_ROBIN, HUNT_ROUND_ROBIN_SPANS, HUNT_LEAST_USED } Hunting;
typedef enum ChannelChoice { CHANNEL_EXCLUSIVE, CHANNEL_PREFERRED } ChannelChoice;
typedef enum NameCharset { CHARSET_IA5, CHARSET_LATIN1 } NameCharset;
typedef enum AutoChoice { CHOICE_AUTO, CHOICE_YES, CHOICE_NO } AutoChoice;
/* Dial tone while digits are asked for: of a SETUP without any (auto: where ringback is ours), or of each that lacks some. */
typedef enum DialTone { DIAL_TONE_AUTO, DIAL_TONE_YES, DIAL_TONE_ALWAYS, DIAL_TONE_NO } DialTone;
typedef enum IdentitySource { IDENTITY_PAI, IDENTITY_FROM, IDENTITY_NONE } IdentitySource;
/* How a call's diversions are told to a SIP peer. */
typedef enum DiversionField { DIVERSION_FIELD_NONE, DIVERSION_FIELD_DIVERSION, DIVERSION_FIELD_HISTORY } DiversionField;
/* How a phone hears inside a dialog that somebody else is at the other end. */
typedef enum IdentityUpdate { IDENTITY_UPDATE_ONLY, IDENTITY_UPDATE_INVITE, IDENTITY_UPDATE_NO } IdentityUpdate;
/* Who is told by a NOTIFY that nobody has subscribed to. */
typedef enum MwiUnsolicited { MWI_UNSOLICITED_NO, MWI_UNSOLICITED_REST, MWI_UNSOLICITED_ALWAYS } MwiUnsolicited;
/* When a changed setting takes effect. */
typedef enum SettingApplies { APPLIES_LIVE, APPLIES_NEW_CALLS, APPLIES_RESTART } SettingApplies;

/* [system] */
typedef struct SystemSettings {
    char *control;     /* path of the control socket */
    int log_level;     /* LogLevel */
    gint64 grace_us;   /* how long SIGTERM lets calls finish */
} SystemSettings;

/* An IPv4 or IPv6 network. */
typedef struct Network {
    struct sockaddr_storage address;
    guint prefix;
} Network;

/* [sip] */
typedef struct SipSettings {
    struct sockaddr_storage listen; /* the first public address and port */
    GArray *also_listen;     /* of struct sockaddr_storage: more of them; NULL: none */
    gboolean tcp;            /* TCP on every one of them, too */
    gint64 idle_us;          /* a TCP or TLS connection without a word for this long is closed */
    guint max_connections;   /* TCP and TLS, in all */
    guint max_per_source;    /* of one address */
    guint queue;             /* messages that wait for one connection; connections that wait to be taken */
    GArray *local_networks; /* of Network: far ends that are told our own addresses, not the public ones; NULL: none */
    char *public_host;      /* host in Contact and Via when not the listen address; NULL: the listen address */
    GArray *allow;          /* of Network: who may call; default loopback */
    char *user_agent;
    guint t1_ms, t2_ms;     /* RFC 3261 17: 500, 4000 */
    guint session_expires_s; /* RFC 4028 interval we ask for; 0: none */
    guint min_se_s;         /* 90 */
    gint64 no_answer_us;    /* how long a phone may ring */
    guint max_calls;        /* live calls in the whole box */
    guint dscp;             /* of SIP packets */
    gboolean transfer;       /* REFER, Replaces and BYE with Also are followed */
    IdentityUpdate identity_update; /* what tells of another party, or of a late name */
    MwiUnsolicited mwi_unsolicited; /* of mailboxes at a PBX: rest, where nobody has subscribed */
    guint max_mailboxes;     /* whose waiting messages are known at once */
    gboolean require_100rel; /* Require: 100rel in our INVITE; else only Supported */
    gint64 fail_over_us;    /* silence of one of a server's addresses after which the next is tried */
    gint64 graylist_us;     /* how long one that failed is tried after the others; 0: not */
    gint64 retry_after_us;  /* the longest Retry-After that is heeded; 0: none is */
} SipSettings;

/* [media] */
typedef struct MediaSettings {
    struct sockaddr_storage address; /* address in our SDP and of the RTP sockets (port 0) */
    struct sockaddr_storage other;   /* the same of the other family of the Internet; ss_family 0: none */
    /* What far ends outside [sip] local-networks are told instead, one of each family (port 0); ss_family 0: nothing else. */
    struct sockaddr_storage public_address, public_other;
    guint16 port_first, port_last;   /* even first port of the range */
    guint dscp;
    guint ptime_ms;          /* what we offer: 10, 20, 30 */
    guint jitter_ms;         /* depth the jitter buffer aims at on a LAN */
    gint64 rtp_timeout_us;   /* silence that ends an answered, not held call; 0: never */
    char *tones;             /* country of dial, ringback and busy tone: libtonezone code, "us", "de", "fr" ... */
} MediaSettings;

/* Which D channel a span has in its trunk: its own (of a group of spans that share one, the primary), the group's second one, or
 * none (NFAS) */
typedef enum DRole { D_OWN, D_BACKUP, D_NONE } DRole;

/* [span NAME] */
typedef struct SpanSettings {
    char *name;
    guint8 index;            /* counts the spans from 0 in file order */
    SpanBackend backend;
    SpanType type;
    Law law;                 /* default: alaw on E1, ulaw on T1 */
    struct sockaddr_storage local, remote; /* cesopsn: UDP addresses and ports */
    guint packet_ms;         /* cesopsn: 1, 2 or 5 */
    gboolean rtp_header;     /* cesopsn: an RTP header stands before the control word */
    guint rtp_type, rtp_ssrc, rtp_khz; /* its payload type, SSRC (0: any) and the clock of its timestamps */
    SpanClock clock;
    guint buffer_packets;    /* cesopsn: depth of the packet jitter buffer, 2-32 */
    guint dscp;
    guint8 d_channel;        /* timeslot: 16 on E1, 24 on T1, 3 on BRI; 0: D_NONE */
    DRole d_role;
    guint8 interface;        /* its identifier in Channel identification, where spans share a D channel */
    /* dahdi; channels are numbered as in /etc/dahdi/system.conf */
    GArray *bchan;           /* of guint16, ascending; NULL: every timeslot but the D channel's */
    guint dchan, hardhdlc;   /* one of them: the D channel's number; 0: not this way */
    guint first_channel;     /* number of timeslot 1 */
    guint block_ms;          /* 10 or 20: how often a B channel is served */
    guint cushion_ms;        /* how late we may come to a B channel before the line hears a gap */
    guint echo_cancel_ms;    /* tail that is cancelled on speech; 0: none */
} SpanSettings;

#define CAUSE_OVERRIDE_NONE 0

typedef enum HoldTold { HOLD_TOLD_REINVITE, HOLD_TOLD_BY_SILENCE, HOLD_TOLD_NOT } HoldTold;
/* Message waiting on a trunk. */
typedef enum TrunkMwi {
    TRUNK_MWI_NO,
    TRUNK_MWI_YES,      /* activated and deactivated for a user by number: QSIG, EuroISDN */
    TRUNK_MWI_INDICATE, /* EuroISDN: indicated to the user, as an exchange does */
} TrunkMwi;

/* [trunk NAME]: spans with one switch type and side, hunted as one group */
typedef struct TrunkSettings {
    char *name;
    GPtrArray *spans;        /* of const SpanSettings*, borrowed from Settings.spans */
    SwitchType switch_type;
    LineSide side;
    Hunting hunting;
    ChannelChoice channel;   /* exclusive or preferred in our SETUP */
    gboolean restart;        /* RESTART idle channels when the D channel comes up */
    gint64 settle_us;        /* no SETUP for this long after the D channel came up */
    gint64 t301_us, t302_us, t303_us, t304_us, t305_us, t306_us, t308_us, t309_us, t310_us, t313_us, t316_us;
    gint64 restart_retry_us; /* until a channel whose RESTART stayed unanswered is tried again */
    gint64 progress_us;      /* how long an announcement or a queue before ALERTING may last */
    gint64 interwork_us;     /* how long the announcement of a PROGRESS with Cause is heard, or busy tone of ours */
    gboolean trust_calling;  /* the PBX's calling number is believed */
    gint64 name_wait_us;     /* 0 or how long a SETUP that announces the caller's name waits for it */
    gboolean connected_updates; /* the PBX is told of another party in a connected call */
    IdentitySource identity; /* where the calling number toward the PBX comes from */
    AutoChoice ringback;     /* we play ringback and busy tone toward the PBX; auto: where we are the network side */
    DialTone dial_tone;      /* heard by a caller whose digits are being asked for */
    gboolean second_calling; /* From's number goes along as a second calling number */
    gboolean redirecting;    /* send who diverted the call */
    gboolean user_info;      /* user-to-user information passes */
    int hlc;                 /* High layer compatibility in our SETUP: HLC_TELEPHONY, HLC_FACSIMILE; 0: none */
    gboolean origin_progress; /* our SETUP says that the origin is not ISDN */
    char *phone_context;     /* of numbers of the private plan; NULL: they are written without, and not made */
    gboolean disconnect_tones; /* hear tones after DISCONNECT with progress 8 before answer */
    gboolean send_display;   /* send names */
    NameCharset charset;
    guint display_max;       /* octets of a Display IE: 34 or 82 */
    char *country_code;      /* "49"; NULL: none, numbers pass as they are */
    char *international_prefix; /* "00" or "011": digits that leave the country */
    TypeOfNumber called_ton; /* for numbers without '+': unknown by default */
    gboolean keypad;         /* digits in a call go to the PBX as Keypad facility, not in band */
    HoldTold notify_hold;    /* what NOTIFY user suspended and remote hold become toward the phone */
    gboolean tell_hold;      /* NOTIFY remote hold when the phone holds; EuroISDN alone */
    gboolean tell_diverting; /* NOTIFY call is diverting at 181 and 3xx; EuroISDN alone */
    gboolean hold;           /* HOLD and RETRIEVE are served; no: HOLD REJECT 69 */
    gboolean pbx_transfer;   /* two of its calls that the PBX wants joined are, and it leaves them */
    TrunkMwi mwi;            /* message waiting is heard from the PBX, and told to it so */
    gboolean rerouting;      /* call rerouting and deflection before the answer become 302 */
    guint max_calls, max_in, max_out; /* calls at once, from the PBX and to it; 0: as many as there are channels */
    gint64 audit_us;         /* between two audits of channels and calls; 0: none */
    guint min_digits;        /* called numbers shorter than this are 484 */
    guint16 cause_status[128]; /* cause.N = STATUS overrides; CAUSE_OVERRIDE_NONE: the table */
    guint8 status_cause[700];  /* status.N = CAUSE overrides, by status */
} TrunkSettings;

/* How a number that comes in pieces is taken (RFC 4497 8.2.2, 8.3.9; RFC 3578). */
typedef enum RouteOverlap {
    OVERLAP_AUTO,    /* the patterns decide: the first digits one of them takes are the number */
    OVERLAP_NO,      /* no piece is waited for */
    OVERLAP_COLLECT, /* pieces are collected, the number goes on whole */
    OVERLAP_SIP,     /* pieces go on to SIP, or from SIP to the PBX, as they come */
} RouteOverlap;

/* [route NAME] */
typedef struct RouteSettings {
    char *name;
    GPtrArray *from_trunks;  /* of const TrunkSettings*; NULL with from_networks NULL: any origin */
    GArray *from_networks;   /* of Network: SIP sources */
    GPtrArray *called;       /* of char*: patterns; NULL: any */
    GPtrArray *calling;      /* of char*: patterns; NULL: any */
    guint strip;             /* leading digits taken from the called number */
    char *prepend;           /* digits put before it; NULL: none */
    guint calling_strip;
    char *calling_prepend;
    int ton, npi;            /* TypeOfNumber, NumberingPlan of the called number; -1: as it comes */
    GPtrArray *targets;      /* of RouteTo*: the target and its alternatives in order */
    GArray *on_causes;       /* of guint8: causes that try the next target; NULL: the default list; 17 never */
    guint tries;             /* ways a call tries in all: spans, trunks, SIP targets */
    gboolean international;  /* numbers that leave the country are allowed */
    gboolean transit;        /* SIP to SIP, or PRI to PRI, is allowed */
    gboolean emergency;      /* calls by this route count as emergency calls */
    RouteOverlap overlap;
    guint min_digits;        /* of the called number as dialled; 0: as the patterns say */
    guint max_digits;        /* with so many it is whole; 0: as the patterns say */
    int stop_digit;          /* '#' or '*' ends a number that comes in pieces; 0: none does */
    gint64 t10_us;           /* RFC 3578 2.2: until a number that may be whole counts as whole */
    gint64 t302_us;          /* for the trunk's; 0: that counts */
} RouteSettings;

/* One target: a trunk group or a SIP URI in which {number} stands for the called number's user part. */
typedef struct RouteTo {
    const TrunkSettings *trunk;
    char *uri;
} RouteTo;

/* How digits pass to and from a peer during a call. */
typedef enum PeerDigits {
    PEER_DIGITS_AUTO,     /* telephone-event where it has that, else in band; INFO is taken */
    PEER_DIGITS_EVENT,    /* the same, and INFO is not */
    PEER_DIGITS_INFO,     /* INFO with application/dtmf-relay; telephone-event is not offered */
    PEER_DIGITS_INFO_DTMF, /* ... with application/dtmf */
    PEER_DIGITS_INBAND,   /* in band; telephone-event is not offered, INFO not taken */
} PeerDigits;

/* Message waiting and a peer. */
typedef enum PeerMwi {
    PEER_MWI_NO,
    PEER_MWI_NOTIFY, /* it is told by NOTIFY what a PBX says */
    PEER_MWI_ACCEPT, /* its NOTIFY is told to a PBX */
    PEER_MWI_BOTH,
} PeerMwi;
/* [peer NAME]: SIP elements we know by their network */
typedef struct PeerSettings {
    char *name;
    GArray *networks;        /* of Network */
    gboolean trusted;        /* its P-Asserted-Identity and Reason are believed; restricted identities are sent to it */
    PeerDigits dtmf;
    int diversion;           /* DiversionField */
    gboolean charge;         /* it is told what calls cost */
    gboolean follow;         /* its 3xx answers to calls from a PBX are followed */
    PeerMwi mwi;
    char *server;            /* URI of the server that is registered with; NULL: none */
    char *user, *password;   /* our credentials where it asks for some; NULL: none */
    char *realm;             /* the only one they are for; NULL: whichever it asks with */
    gboolean registers;      /* we register there */
    gint64 check_us;         /* how often the server is asked by OPTIONS whether it lives; 0: never */
    guint register_expires_s; /* what we ask for */
} PeerSettings;

typedef struct Settings {
    char *file;              /* where it was read from */
    SystemSettings system;
    SipSettings sip;
    MediaSettings media;
    ProxySettings proxy;
    GPtrArray *spans;        /* of SpanSettings* */
    GPtrArray *trunks;       /* of TrunkSettings* */
    GPtrArray *routes;       /* of RouteSettings*, first match wins */
    GPtrArray *peers;        /* of PeerSettings* */
    RegistrarSettings registrar;
    GPtrArray *phones;       /* of PhoneSettings* */
    GuardSettings guard;
    GPtrArray *policies;     /* of PolicySettings*, first match wins */
    GPtrArray *classes;      /* of ClassSettings* */
    EmergencySettings emergency;
    GPtrArray *elins;        /* of ElinSettings* */
} Settings;

/* Reads FILE. NULL with every mistake found, one a line, as "file:line: [group] key: what; allowed". The caller
 * owns the result. */
Settings *settings_load(const char *file, GError **error);
/* The same from text; NAME stands for the file in messages. */
Settings *settings_parse(const char *name, const char *text, GError **error);
void settings_free(Settings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Settings, settings_free)

/* Writes SETTINGS in the file's own syntax, every key with its value in force, such that settings_parse() reads the same. */
void settings_print(const Settings *settings, FILE *out);
/* Writes the rows as the body of tieline.conf(5). */
void settings_print_man(FILE *out);

/* Reads anew the file of OPENED, the settings that the spans, trunks and sockets were opened with. What needs a restart keeps
 * the value it was OPENED with; spans and trunks stay where they stood, those that the file has added stand behind them.
 * WAITING: the names of what the file says otherwise, "[sip] listen, [span e2] added", or NULL; caller frees. NULL with ERROR as
 * settings_load(). */
Settings *settings_reload(const Settings *opened, char **waiting, GError **error);

const TrunkSettings *settings_find_trunk(const Settings *settings, const char *name);
const PeerSettings *settings_find_peer(const Settings *settings, const char *name);
/* The phone whose name or alias is USER, a user part without escapes; NULL when none. */
const PhoneSettings *settings_find_phone(const Settings *settings, const char *user);
/* The peer whose network holds ADDRESS, first in file order; NULL when none. */
const PeerSettings *settings_peer_of(const Settings *settings, const struct sockaddr *address);
/* Is ADDRESS in one of NETWORKS (of Network)? */
gboolean network_contains(const GArray *networks, const struct sockaddr *address);
/* "10.0.0.0/8", "::1", "192.0.2.7". FALSE when TEXT is none. */
gboolean network_parse(const char *text, Network *network);
/* "192.0.2.7:5060", "[::1]:5060", "192.0.2.7" (port 0). FALSE when TEXT is none. Numeric only. */
gboolean address_parse(const char *text, struct sockaddr_storage *address);
/* The reverse, with port when it is not 0; points to BUFFER (at least 64). */
const char *address_describe(const struct sockaddr *address, char *buffer, gsize size);
/* Are both one address, with and without regard to the port? Never where one is none of the
 * Internet's. */
gboolean address_equal(const struct sockaddr *one, const struct sockaddr *other);
gboolean address_same_host(const struct sockaddr *one, const struct sockaddr *other);
/* Is ADDRESS no place but every one of this host: 0.0.0.0, [::]? */
gboolean address_is_wildcard(const struct sockaddr_storage *address);
guint16 address_port(const struct sockaddr *address);
void address_set_port(struct sockaddr_storage *address, guint16 port);
socklen_t address_length(const struct sockaddr_storage *address);

extern const char *const switch_type_names[]; /* indexed by SwitchType: "euroisdn", "ni2", "dms100", "5ess", "4ess", "qsig" */
