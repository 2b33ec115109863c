/* The settings of the phones' proxy: [proxy], [registrar], [phone], [guard], [policy], [class], [emergency], [elin].
 *
 * Read as the others are, see settings.h. Home thread: any (read-only).
 */
#pragma once

#include <glib.h>
#include <sys/socket.h>

typedef enum ProxyMode { PROXY_OFF, PROXY_STANDBY, PROXY_OUTBOUND, PROXY_EMERGENCY_ONLY } ProxyMode;

/* A primary proxy as configured: a name may stand for several addresses. */
typedef struct PrimaryPlace {
    char *host;              /* a name or a numeric address, without [] */
    guint16 port;            /* 0: as SRV says, else 5060 */
    gboolean tcp;
} PrimaryPlace;

/* The transports of [proxy] */
typedef enum TlsMin { TLS_MIN_1_2, TLS_MIN_1_3 } TlsMin;
typedef struct PortSettings {
    GArray *tls_listen;      /* of struct sockaddr_storage; NULL: no TLS */
    char *tls_certificate;   /* PEM file: the certificate, then its chain */
    char *tls_key;           /* PEM file of its key; NULL: in tls_certificate */
    TlsMin tls_min;
} PortSettings;

/* [proxy]: the phones' backup and emergency proxy */
typedef struct ProxySettings {
    PortSettings port;
    ProxyMode mode;
    GPtrArray *domains;      /* of char*: hosts that are ours besides our addresses and the public host; NULL: none */
    gboolean foreign;        /* phones may call URIs of other domains */
    char *redirect;          /* URI of the redirect server that is asked first; NULL: none */
    GArray *follow;          /* of Network: whose 3xx is followed here, besides the redirect server's; NULL: nobody's */
    guint redirect_hops;     /* 3xx that lead to 3xx */
    gint64 ring_us;          /* how long one target rings where others wait behind it */
    gint64 timer_c_us;       /* RFC 3261 16.6 step 11 */
    guint max_transactions;  /* requests under way at once */
    GArray *primaries;       /* of PrimaryPlace, in the order they are tried; NULL: none */
    gint64 check_us, check_down_us; /* between OPTIONS to a primary: while it is up, and else */
    gint64 fail_over_us;     /* silence after which a request is served without the primary */
    guint down_after;        /* failures in a row that begin an outage */
    guint up_after;          /* answers in a row that end one ... */
    gint64 up_time_us;       /* ... and the time they must cover */
    guint outage_expires_s;  /* how long a registration is granted that is the primary's by right */
    guint handback_rate;     /* registrations a second that go back to a primary that returned; 0: all at once */
    struct sockaddr_storage name_server; /* ss_family 0: those of /etc/resolv.conf */
    gint64 dns_wait_us;      /* how long a call waits for a name server */
    char *enum_suffix;       /* where numbers with + are asked for; NULL: nowhere */
} ProxySettings;

/* "pbx.example:5070/tcp"; caller frees. */
char *primary_place_describe(const PrimaryPlace *place);

/* When the registrar takes registrations, where [proxy] mode leaves the choice. */
typedef enum RegistrarAccept { REGISTRAR_ALWAYS, REGISTRAR_OUTAGE } RegistrarAccept;

/* [registrar] */
typedef struct RegistrarSettings {
    char *store;             /* path of the SQLite file; NULL: memory only */
    guint min_expires_s, max_expires_s, default_expires_s;
    guint max_contacts;      /* of one address of record */
    guint max_bindings;      /* in all */
    int accept;              /* RegistrarAccept */
    guint device_days;       /* how long a device that the primary accepted is remembered */
} RegistrarSettings;

/* One contact of a phone that never registers: "<sip:201@192.0.2.7>;q=0.5". */
typedef struct PhoneContact {
    char *uri;
    guint q;                 /* thousandths, 0-1000 */
} PhoneContact;

/* [phone NAME]: an address of record of ours; NAME is its user part */
typedef struct PhoneSettings {
    char *name;
    GPtrArray *contacts;     /* of PhoneContact*, where it can be reached without registering; NULL: nowhere */
    GPtrArray *aliases;      /* of char*: more user parts that mean it; NULL: none */
    gint64 ring_time_us;     /* how long it may ring before the next target is tried */
    char *always, *busy, *no_answer; /* forwarding: a user part of ours or a sip: URI; NULL: none */
    char *class_name;        /* of [class NAME]; NULL: none */
    char *elin;              /* of [elin NAME]; NULL: none */
    char *instance;          /* the only +sip.instance that may register as it; NULL: any */
} PhoneSettings;

/* [guard]: who must authenticate, and how (RFC 7616, RFC 8760) */
#define GUARD_SHA256 1u
#define GUARD_MD5 2u
typedef struct GuardSettings {
    char *realm;             /* of our challenges, and of the users' hashes */
    char *users;             /* path of the users' file or SQLite database; NULL: nobody is challenged */
    guint algorithms;        /* GUARD_SHA256, GUARD_MD5: what is offered, in this order */
    GArray *md5_networks;    /* of Network: phones that are offered MD5 alone; NULL: none */
    gboolean auth_int;       /* offer qop auth-int too */
    gboolean check_uri;      /* credentials are for the Request-URI they come with */
    gboolean without_qop;    /* accept the responses of RFC 2069, which a listener may repeat while the nonce lives */
    gint64 nonce_lifetime_us;
    guint fail_limit;        /* wrong credentials of one user from one address before it is blocked; 0: never */
    gint64 fail_window_us;   /* ... within this time */
    gint64 fail_block_us;    /* the first block; each further one lasts twice as long, up to an hour */
} GuardSettings;

/* What a request is for: bits of PolicySettings.to. */
typedef enum PolicyTarget {
    POLICY_TO_HERE = 1,      /* we answer it ourselves: REGISTER, OPTIONS to us */
    POLICY_TO_PHONES = 2,
    POLICY_TO_TRUNKS = 4,
    POLICY_TO_PRIMARY = 8,
    POLICY_TO_OUTSIDE = 16,  /* any other place */
    POLICY_TO_ANY = 31,
} PolicyTarget;
typedef enum PolicyAction { POLICY_CHALLENGE, POLICY_ALLOW, POLICY_REFUSE } PolicyAction;

/* [policy NAME]: the first of the file that matches a request decides */
typedef struct PolicySettings {
    char *name;
    GArray *from;            /* of Network; NULL: anywhere */
    GPtrArray *methods;      /* of char*; NULL: any */
    guint to;                /* of PolicyTarget */
    PolicyAction action;
} PolicySettings;

/* [class NAME]: what the phones of the class may call; 0 is no limit everywhere */
typedef struct ClassSettings {
    char *name;
    GArray *networks;        /* of Network: phones that neither their user nor their group puts elsewhere; NULL: none */
    GPtrArray *allow;        /* of char*: patterns of numbers as dialled; NULL: any */
    GPtrArray *deny;         /* of char*: patterns of numbers as dialled or as sent; NULL: none */
    gboolean international;  /* numbers that leave the country of the trunk are allowed */
    gboolean premium;        /* premium_numbers are allowed */
    GPtrArray *premium_numbers; /* of char*: patterns of numbers as dialled or as sent */
    guint calls;             /* of one user at once */
    guint group_calls;       /* of the whole class at once */
    guint hour_calls;        /* of one user in an hour */
    guint day_minutes;       /* answered, of one user in a day */
    gint64 max_duration_us;  /* of an answered call */
    gboolean transit;        /* a call or transfer from a trunk to a trunk is allowed */
    gboolean forward;        /* a 3xx of the phone's is followed */
} ClassSettings;

/* A number under a name: of a pattern, of an emergency service, of a trunk. */
typedef struct NamedNumber {
    char *name;   /* the pattern, "sos.police", the trunk's name; NULL: of any trunk */
    char *number; /* NULL: what was dialled */
} NamedNumber;

typedef enum PreemptPolicy { PREEMPT_NO, PREEMPT_NEWEST } PreemptPolicy;

/* [emergency] */
typedef struct EmergencySettings {
    GPtrArray *numbers;      /* of NamedNumber*: what is dialled for help, and what the trunk is told; NULL: none */
    GPtrArray *services;     /* of NamedNumber*: urn:service:sos and its kin; NULL: none */
    GPtrArray *trunks;       /* of const TrunkSettings*, in the order they are tried; NULL: the routes decide */
    PreemptPolicy preempt;   /* what is cleared when a trunk is full */
    gint64 preempt_wait_us;  /* until the next call is cleared */
    guint reserved;          /* channels of each trunk that ordinary calls leave free */
    gint64 callback_us;      /* how long a call back is led to the phone that called */
    GPtrArray *callback_numbers; /* of NamedNumber*: for callers without an ELIN, by trunk; NULL: none */
    GArray *networks;        /* of Network: their P-Asserted-Identity may name an ELIN; NULL: none */
    guint rate;              /* calls a minute from one source */
    char *hook;              /* program; NULL: none */
    char *drill;             /* the number of a drill; NULL: none */
    char *drill_to;          /* whom it calls */
    gboolean drill_preempt;  /* a drill clears calls, too */
} EmergencySettings;

/* [elin NAME]: a place of callers and the number it is called back by */
typedef struct ElinSettings {
    char *name;
    char *number;            /* as the exchange knows it, perhaps with a leading + */
    GPtrArray *extensions;   /* of char*: patterns or words; NULL: any */
    GArray *networks;        /* of Network: NULL: any */
} ElinSettings;
