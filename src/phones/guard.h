/* The guard: may this request pass, must it show credentials, is it refused?
 *
 * The rules are those of [guard] and [policy NAME] in tieline.conf(5). What it answers with is made
 * here too: challenges of RFC 7616 with RFC 8760's order, their nonces, the check of what comes
 * back. It counts, and writes one line of log for each refusal in a form that fail2ban reads
 * (contrib/fail2ban):
 *
 *     guard: wrong-credentials from 203.0.113.7 port 5060: REGISTER, user "201"
 *
 * first the reason, one of GUARD_REASONS; nothing that the network says stands before the address.
 * Lines above a rate are swallowed, "(N such lines suppressed)" at the end of the next tells of
 * them.
 *
 * Pure: values in, values out, no sockets. Private to src/phones. Home thread: signalling;
 * guard_load_users() any.
 */
#pragma once

#include "settings.h"
#include "users.h"

#include <sys/socket.h>

/* What is told of a request that was not let pass: id, the log line's word. */
#define GUARD_REASONS(X)                                                                           \
    X(NONE, "")                                                                                    \
    X(NO_CREDENTIALS, "no-credentials")       /* logged of a REFER; else every phone begins so */  \
    X(STALE, "stale-nonce")                   /* not logged */                                     \
    X(WRONG, "wrong-credentials")             /* password or user */                               \
    X(REPLAYED, "replayed-nonce")             /* a nonce count that was used */                    \
    X(UNSUPPORTED, "unsupported-credentials") /* an algorithm or qop that was not offered */       \
    X(FOREIGN_URI, "foreign-uri")             /* made for another Request-URI */                   \
    X(MALFORMED, "malformed-credentials")                                                          \
    X(FOREIGN_TO, "foreign-to") /* REGISTER for somebody else */                                   \
    X(POLICY, "refused-by-policy")                                                                 \
    X(BLOCKED, "blocked")  /* the failure that begins a block */                                   \
    X(BACKOFF, "back-off") /* not logged: dropped during a block */
#define GUARD_REASON_ID(id, word) GUARD_REASON_##id,
typedef enum GuardReason { GUARD_REASONS(GUARD_REASON_ID) } GuardReason;

/* X-list of the guard's counters: field, name. */
#define GUARD_COUNTERS(X)                                                                          \
    X(passed, "requests with right credentials")                                                   \
    X(challenged, "requests challenged")                                                           \
    X(stale, "stale nonces")                                                                       \
    X(wrong, "wrong credentials")                                                                  \
    X(replayed, "replayed nonces")                                                                 \
    X(unsupported, "credentials not as offered")                                                   \
    X(foreign_uri, "credentials for another Request-URI")                                          \
    X(malformed, "malformed credentials")                                                          \
    X(foreign_to, "REGISTERs for somebody else")                                                   \
    X(refused, "requests refused by policy")                                                       \
    X(blocks, "blocks begun")                                                                      \
    X(dropped, "requests dropped while blocked")
#define GUARD_COUNTER_FIELD(field, name) guint64 field;
typedef struct GuardCounters {
    GUARD_COUNTERS(GUARD_COUNTER_FIELD)
} GuardCounters;

typedef enum GuardVerdict {
    GUARD_PASS,      /* user and class_name say who, "" when nobody had to */
    GUARD_CHALLENGE, /* answer status with the challenges */
    GUARD_REFUSE,    /* answer status: 403, 400 for malformed credentials */
    GUARD_DROP,      /* no answer at all: the source is blocked */
} GuardVerdict;

#define GUARD_CREDENTIALS_MAX 8 /* further ones of a request are not looked at */

typedef struct GuardRequest {
    const char *method;
    const char *uri;               /* the Request-URI, as it came */
    const struct sockaddr *source; /* of the packet */
    PolicyTarget to;               /* one bit */
    gboolean proxy;                /* FALSE: we answer ourselves: 401 and Authorization; TRUE: 407,
                                      Proxy-Authorization */
    gboolean in_dialog; /* of a dialog that is known to be one: a tag in To alone proves nothing */
    gboolean emergency;
    gboolean trusted; /* the primary or a trusted peer sent it: passes where no policy matches */
    /* The primary accepted this very device, which may serve itself while it is away: passes where
     * no policy matches. Not for who has a password here: a source address is soon forged. */
    gboolean learnt;
    gboolean forwarded; /* came by another proxy, which may have rewritten the Request-URI (RFC
                           3261 22.4) */
    /* Found right by an earlier question about this very request (for another target): its
     * credentials, whose count is used up, are not looked at again. NULL or "": nobody yet. */
    const char *user, *class_name;
    const char *const *credentials; /* values of Authorization or Proxy-Authorization, in order */
    guint credential_count;
    const void *body;
    gsize body_size;
    gint64 now_us; /* of the steady clock */
} GuardRequest;

#define GUARD_CHALLENGE_SIZE 512
typedef struct GuardAnswer {
    GuardVerdict verdict;
    GuardReason reason;
    int status;         /* 401, 407, 403, 400; 0 with PASS and DROP */
    const char *phrase; /* its reason phrase */
    gboolean stale;
    guint challenge_count;
    char challenges[DIGEST_ALGORITHM_COUNT]
                   [GUARD_CHALLENGE_SIZE]; /* values of WWW- or Proxy-Authenticate, in order */
    int used; /* which of the credentials made the user known; -1: none did */
    char user[TAG_MAX];
    char class_name[TAG_MAX];
} GuardAnswer;

typedef struct Guard Guard;

/* Reads the users that SETTINGS names: NULL without ERROR when it names none. An ERROR is fit for
 * an operator. Blocks. */
Users *guard_load_users(const Settings *settings, GError **error);
/* SETTINGS is borrowed until the next guard_set(). USERS: a reference is taken; NULL: none. */
Guard *guard_new(const Settings *settings, Users *users);
/* After a reload. USERS NULL where SETTINGS has some: they could not be read, those from before
 * stay. */
void guard_set(Guard *guard, const Settings *settings, Users *users);
void guard_free(Guard *guard);
/* Is NAME one of the users? Then CLASS_NAME is its class, or "". */
gboolean guard_knows(const Guard *guard, const char *name, char class_name[TAG_MAX]);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guard, guard_free)

GuardVerdict guard_judge(Guard *guard, const GuardRequest *request, GuardAnswer *answer);
/* The second question about a REGISTER that passed: does the authenticated user own AOR, the
 * unescaped user part of To (NULL: it has none)? PASS, or REFUSE with 403. Asked only when ANSWER
 * has a user: without one there is nobody to compare with. */
GuardVerdict guard_judge_register(Guard *guard, const GuardRequest *request, const char *aor,
                                  GuardAnswer *answer);
const GuardCounters *guard_counters(const Guard *guard);
/* "wrong-credentials" */
const char *guard_reason_word(GuardReason reason);
