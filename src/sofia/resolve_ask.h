/* One question to the name server by Sofia's resolver, and its answer as values.
 *
 * Private to the resolver. Home thread: signalling.
 */
#pragma once

#include "hop_book.h"
#include "loop.h"
#include "srv.h"

typedef struct Asker Asker;
typedef struct Ask Ask;

typedef enum AskResult {
    ASK_FOUND,
    ASK_NOTHING, /* the name server says that there is none */
    ASK_FAILED,  /* it says nothing, or that it does not know */
} AskResult;

typedef enum AskType { ASK_A, ASK_AAAA, ASK_SRV, ASK_NAPTR } AskType;

/* An answer. Texts live as long as the call of the function that is given it. */
typedef struct AskAnswer {
    const Ask *ask; /* whose it is; no more when its function returns */
    AskResult result;
    AskType type;
    guint ttl_s;
    GArray *addresses; /* ASK_A, ASK_AAAA: of struct sockaddr_storage, port 0 */
    GArray *servers;   /* ASK_SRV: of SrvServer, as they came */
    GArray *records;   /* ASK_NAPTR: of EnumRecord */
} AskAnswer;

typedef void (*AskFunc)(void *user, guint tag, const AskAnswer *answer);

/* NAME_SERVER NULL: those of /etc/resolv.conf. */
Asker *asker_new(Loop *loop, const struct sockaddr_storage *name_server, GError **error);
void asker_free(Asker *asker);

/* Asks for NAME's records of TYPE; FUNC(USER, TAG, ...) is called once, later. NULL when nothing
 * could be asked. */
Ask *ask_new(Asker *asker, AskType type, const char *name, AskFunc func, void *user, guint tag);
/* Its function will not be called. NULL is nothing. */
void ask_cancel(Ask *ask);
