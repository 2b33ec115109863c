/* The numeric addresses of names, kept beyond their time for as long as no newer ones are to be
 * had.
 *
 * In an outage the name server is often gone as well: what it said last still leads somewhere,
 * nothing leads nowhere. Pure. Home thread: signalling.
 */
#pragma once

#include <glib.h>
#include <netinet/in.h>

/* Where a request can be sent without asking anybody. */
typedef struct NextHop {
    struct sockaddr_storage address; /* with its port */
    gboolean tcp;
    guint8 server;            /* which of its name's servers it is of */
    guint16 priority, weight; /* of that server's SRV record; 0 where there is none */
} NextHop;

typedef struct HopBook HopBook;

typedef enum HopAge {
    HOPS_UNKNOWN, /* none are known */
    HOPS_FRESH,
    HOPS_STALE, /* beyond their time: ask again, and use them meanwhile */
} HopAge;

HopBook *hop_book_new(void);
void hop_book_free(HopBook *book);

/* NAME's are HOPS (of NextHop; copied; at least one), for TTL_S seconds. */
void hop_book_put(HopBook *book, const char *name, const GArray *hops, guint ttl_s, gint64 now_us);
/* Nobody could say NAME's: what is known stays, and it is not asked for again within PAUSE_US. */
void hop_book_miss(HopBook *book, const char *name, gint64 pause_us, gint64 now_us);
/* NAME's hops (of NextHop, borrowed until the next put), or NULL; AGE (may be NULL) says how good
 * they are. */
const GArray *hop_book_get(HopBook *book, const char *name, gint64 now_us, HopAge *age);
/* Is it time to ask for NAME? */
gboolean hop_book_wants(const HopBook *book, const char *name, gint64 now_us);

/* Misses, and uses of hops beyond their time. */
guint64 hop_book_misses(const HopBook *book);
guint64 hop_book_stale_uses(const HopBook *book);

/* Puts HOPS (of NextHop) in the order of their servers' priorities, among equals drawn anew by
 * weight (RFC 2782); DRAW as for srv_order(). The addresses of a server stay as they stand. */
void hops_draw(GArray *hops, guint32 (*draw)(void *user, guint32 limit), void *user);
gboolean next_hop_equal(const NextHop *a, const NextHop *b);
