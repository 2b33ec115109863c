/* What the files of the guard share. */
#pragma once

#include "backoff.h"
#include "guard.h"
#include "log.h"
#include "nonce.h"

#define GUARD_PLACE_SIZE 64
#define GUARD_KEY_SIZE (GUARD_PLACE_SIZE + DIGEST_NAME_SIZE)

struct Guard {
    const Settings *settings;   /* borrowed */
    Users *users;               /* NULL: none */
    guint algorithms;           /* 1 << DigestAlgorithm: what can be offered */
    guint8 key[NONCE_KEY_SIZE]; /* of the hashes of users that are none */
    Nonces *nonces;
    Backoff *backoff;
    GuardCounters counters;
    LogLimit failure_limit, block_limit;
};

/* What became of the credentials of a request. */
typedef struct GuardFinding {
    GuardReason reason;          /* NONE: they are right */
    char user[DIGEST_NAME_SIZE]; /* as the request says, "" when it does not */
    guint used;                  /* which of the credentials */
    const User *found;           /* with NONE */
} GuardFinding;

/* guard_policy.c: the action for REQUEST. */
PolicyAction guard_decide(const Guard *guard, const GuardRequest *request);
/* guard_check.c: looks for our credentials in REQUEST and checks them. PLACE: of the source. Counts
 * nothing and blocks nobody, but uses up the nonce's count. */
void guard_check(Guard *guard, const GuardRequest *request, const char *place,
                 GuardFinding *finding);
/* 1 << DigestAlgorithm of what is offered to SOURCE. */
guint guard_offers(const Guard *guard, const struct sockaddr *source);
/* guard_challenge.c: fills in ANSWER's challenges. */
void guard_challenge(Guard *guard, const GuardRequest *request, const char *place,
                     GuardAnswer *answer);
/* guard_tell.c: the host that failures are counted for, of IPv6 its /64. */
void guard_place(const struct sockaddr *source, char place[GUARD_PLACE_SIZE]);
/* Under which the failures of USER from PLACE are counted. */
void guard_key(const char *place, const char *user, char key[GUARD_KEY_SIZE]);
/* The line of log: the caller frees. SUPPRESSED: how many were swallowed since the start. */
char *guard_line(GuardReason reason, const GuardRequest *request, const char *user,
                 guint64 suppressed);
/* Writes it, unless there were too many of late. */
void guard_tell(LogLimit *limit, GuardReason reason, const GuardRequest *request, const char *user);
