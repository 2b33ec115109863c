/* The source filter before an agent of Sofia's: what a room says of who may be heard there. */
#pragma once

#include "root.h"

#include <sofia-sip/sip.h>
#include <sys/socket.h>

typedef struct SourceFilter SourceFilter;

/* What the room behind the port decides. Called in the parser: nothing may be sent or freed there
 * but by reply_send(). */
typedef struct FilterOps {
    const char *room; /* begins the log's lines */
    /* May SOURCE send requests? */
    gboolean (*allows)(void *user, const struct sockaddr *source);
    /* Of a SOURCE that may not: is a request of its worth reading up to the end of its headers, and
     * may SIP, now that they are known, be heard after all? Both NULL: never. */
    gboolean (*reads)(void *user, const struct sockaddr *source);
    gboolean (*hears)(void *user, sip_t const *sip, const struct sockaddr *source);
    /* The headers of SIP, with Call-ID and CSeq among them, are known; WHY: what is wrong with
     * them, or NULL. Returns what it has found wrong itself, NULL for nothing; may take headers
     * out. NULL: not told. */
    const char *(*met)(void *user, msg_t *msg, sip_t *sip, const char *why);
    /* All of SIP has come, with its body, a request in which nothing is wrong; may take its request
     * line out. NULL: not told. */
    void (*whole)(void *user, msg_t *msg, sip_t *sip);
    /* For the room's counters and log: a request was dropped; WHAT was malformed, and WHY. */
    void (*dropped)(void *user);
    void (*malformed)(void *user, const char *what, const char *why);
} FilterOps;

/* To be made right before the agent that gets its class (NTATAG_MCLASS, with TPTAG_STUN_SERVER(1)),
 * to be freed after it. OPS is borrowed. */
SourceFilter *filter_new(const FilterOps *ops, void *user);
void filter_free(SourceFilter *filter);
msg_mclass_t *filter_mclass(SourceFilter *filter);

/* An address without its port, as a key. Caller frees. */
char *filter_host_key(const struct sockaddr *address);
