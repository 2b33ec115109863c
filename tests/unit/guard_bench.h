/* A guard with its settings, a request to ask it about, and a phone that answers its challenges. */
#pragma once

#include "guard.h"

#define MINUTE (60 * G_TIME_SPAN_SECOND)
#define REALM "pbx.example"

typedef struct Bench {
    Settings *settings;
    Guard *guard;
    struct sockaddr_storage source;
    GuardRequest request;   /* an INVITE to a phone from 192.0.2.7:5062 */
    GuardAnswer answer;     /* to the last question */
    GPtrArray *credentials; /* of char*, owned: what the request shows */
} Bench;

/* How a phone answers; zero: as it should. */
typedef struct PhoneWays {
    const char *user, *password; /* NULL: "201", "secret" */
    DigestAlgorithm algorithm;   /* SHA-256 is 0 */
    DigestQop qop;               /* as digest_read() gives it */
    guint32 nc;
    const char *uri;   /* NULL: the Request-URI */
    const char *nonce; /* NULL: that of the challenge */
    const char *name;  /* of the algorithm; NULL: its own */
} PhoneWays;

/* The ways of a phone with qop auth, for its count NC. */
#define PHONE(count, ...)                                                                          \
    &(PhoneWays)                                                                                   \
    {                                                                                              \
        .qop = DIGEST_QOP_AUTH, .nc = count, __VA_ARGS__                                           \
    }

/* GROUPS: of tieline.conf, before [guard] users; USERS: lines of the users' file, NULL: none are
 * configured. */
Bench *bench_new(const char *groups, const char *users);
void bench_free(Bench *bench);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bench, bench_free)
/* 201 and 202 with hashes of "secret"; 202's class is "boss". The caller frees. */
char *bench_users(void);

/* Asks about the request with what credentials it has. */
GuardVerdict bench_judge(Bench *bench);
void bench_set_source(Bench *bench, const char *source);
void bench_set_method(Bench *bench, const char *method, PolicyTarget to);
/* Takes the credentials off the request. */
void bench_strip(Bench *bench);
/* Adds what the phone makes of the last challenge for its algorithm. */
void bench_add(Bench *bench, const PhoneWays *ways);
/* Adds a header value. */
void bench_add_text(Bench *bench, const char *text);
/* Strips, adds, judges. */
GuardVerdict bench_answer(Bench *bench, const PhoneWays *ways);
/* Strips and judges: the request comes without credentials and is challenged. */
void bench_challenge(Bench *bench);
/* The nonce of the last challenge for ALGORITHM. */
char *bench_nonce(const Bench *bench, DigestAlgorithm algorithm);
