/* Stateless nonces and their replay window: see nonce.h. */
#include "nonce.h"

#include <string.h>

#define MAC_OCTETS 16
#define PLAIN_OCTETS 12 /* time and serial */
#define NONCE_OCTETS (PLAIN_OCTETS + MAC_OCTETS)

struct Nonces {
    guint8 key[NONCE_KEY_SIZE];
    gint64 lifetime_us;
    guint limit;
    guint32 serial;
    GTree *seen;     /* NonceTrace*, by age; key and value are one */
    gint64 floor_us; /* nonces made until then are forgotten, and stale unless seen */
};

/* The counts of one nonce that were used. */
typedef struct NonceTrace {
    NonceId id; /* first: a key is an id */
    guint32 highest;
    guint64 window; /* bit N: count highest - N was used */
} NonceTrace;

static gint id_compare(gconstpointer one, gconstpointer other, gpointer user)
{
    const NonceId *a = one, *b = other;

    if (a->made_us != b->made_us)
        return a->made_us < b->made_us ? -1 : 1;
    return (a->serial > b->serial) - (a->serial < b->serial);
}

Nonces *nonces_new(const guint8 key[NONCE_KEY_SIZE], gint64 lifetime_us, guint limit)
{
    Nonces *nonces = g_new0(Nonces, 1);

    memcpy(nonces->key, key, NONCE_KEY_SIZE);
    nonces->lifetime_us = lifetime_us;
    nonces->limit = MAX(limit, 1);
    nonces->seen = g_tree_new_full(id_compare, NULL, NULL, g_free);
    nonces->floor_us = -1;
    return nonces;
}

void nonces_free(Nonces *nonces)
{
    if (!nonces)
        return;
    g_tree_unref(nonces->seen);
    memset(nonces->key, 0, NONCE_KEY_SIZE);
    g_free(nonces);
}

void nonces_set_lifetime(Nonces *nonces, gint64 lifetime_us)
{
    nonces->lifetime_us = lifetime_us;
}

guint nonces_size(const Nonces *nonces)
{
    return (guint)g_tree_nnodes(nonces->seen);
}

static void id_write(const NonceId *id, guint8 octets[PLAIN_OCTETS])
{
    guint64 made = GUINT64_TO_BE((guint64)id->made_us);
    guint32 serial = GUINT32_TO_BE(id->serial);

    memcpy(octets, &made, sizeof(made));
    memcpy(octets + sizeof(made), &serial, sizeof(serial));
}

static void id_read(const guint8 octets[PLAIN_OCTETS], NonceId *id)
{
    guint64 made;
    guint32 serial;

    memcpy(&made, octets, sizeof(made));
    memcpy(&serial, octets + sizeof(made), sizeof(serial));
    id->made_us = (gint64)GUINT64_FROM_BE(made);
    id->serial = GUINT32_FROM_BE(serial);
}

/* The texts are hashed with the NUL behind them, so that no two uses look alike. */
static void mac_compute(const Nonces *nonces, const NonceUse *use, const guint8 plain[PLAIN_OCTETS],
                        guint8 mac[MAC_OCTETS])
{
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, nonces->key, NONCE_KEY_SIZE);
    guint8 whole[32];
    gsize size = sizeof(whole);
    const char *algorithm = digest_algorithm_name(use->algorithm);

    g_hmac_update(hmac, plain, PLAIN_OCTETS);
    g_hmac_update(hmac, (const guchar *)use->realm, (gssize)strlen(use->realm) + 1);
    g_hmac_update(hmac, (const guchar *)algorithm, (gssize)strlen(algorithm) + 1);
    g_hmac_update(hmac, (const guchar *)use->place, (gssize)strlen(use->place) + 1);
    g_hmac_get_digest(hmac, whole, &size);
    memcpy(mac, whole, MAC_OCTETS);
}

void nonce_make(Nonces *nonces, const NonceUse *use, gint64 now_us, char text[NONCE_SIZE])
{
    NonceId id = {.made_us = now_us, .serial = nonces->serial++};
    guint8 octets[NONCE_OCTETS];

    id_write(&id, octets);
    mac_compute(nonces, use, octets, octets + PLAIN_OCTETS);
    digest_hex_write(octets, sizeof(octets), text);
}

static gboolean id_is_old(const Nonces *nonces, const NonceId *id, gint64 now_us)
{
    return id->made_us > now_us || now_us - id->made_us >= nonces->lifetime_us;
}

NonceState nonce_check(Nonces *nonces, const char *text, const NonceUse *use, gint64 now_us,
                       NonceId *id)
{
    guint8 octets[NONCE_OCTETS], mac[MAC_OCTETS];

    if (!digest_hex_read(text, octets, sizeof(octets)))
        return NONCE_FOREIGN;
    mac_compute(nonces, use, octets, mac);
    if (!digest_equal(mac, octets + PLAIN_OCTETS, MAC_OCTETS))
        return NONCE_FOREIGN;
    id_read(octets, id);
    if (id_is_old(nonces, id, now_us) ||
        (id->made_us <= nonces->floor_us && !g_tree_lookup(nonces->seen, id)))
        return NONCE_STALE;
    return NONCE_GOOD;
}

/* Makes room for one more: what is stale goes, and when that does not help the oldest. */
static void traces_trim(Nonces *nonces, gint64 now_us)
{
    GTreeNode *first;

    while ((first = g_tree_node_first(nonces->seen))) {
        const NonceTrace *oldest = g_tree_node_value(first);
        gint64 made_us = oldest->id.made_us;

        if (!id_is_old(nonces, &oldest->id, now_us) && nonces_size(nonces) < nonces->limit)
            return;
        g_tree_remove(nonces->seen, &oldest->id);
        nonces->floor_us = MAX(nonces->floor_us, made_us);
    }
}

/* The first use of a nonce may come with any count: the phone may have sent others that were lost.
 */
static NonceState trace_add(Nonces *nonces, const NonceId *id, guint32 nc, gint64 now_us)
{
    NonceTrace *trace;

    if (id->made_us <= nonces->floor_us)
        return NONCE_STALE; /* forgotten: no other has to go for it */
    traces_trim(nonces, now_us);
    if (id->made_us <= nonces->floor_us)
        return NONCE_STALE; /* older than what had to go for it */
    trace = g_new0(NonceTrace, 1);
    trace->id = *id;
    trace->highest = nc;
    trace->window = 1;
    g_tree_insert(nonces->seen, trace, trace);
    return NONCE_GOOD;
}

NonceState nonce_count(Nonces *nonces, const NonceId *id, guint32 nc, gint64 now_us)
{
    NonceTrace *trace;
    guint32 behind;

    if (nc == 0)
        return NONCE_REPLAYED;
    if (id_is_old(nonces, id, now_us))
        return NONCE_STALE;
    trace = g_tree_lookup(nonces->seen, id);
    if (!trace)
        return trace_add(nonces, id, nc, now_us);
    if (nc > trace->highest) {
        guint32 ahead = nc - trace->highest;

        trace->window = ahead < NONCE_WINDOW ? trace->window << ahead | 1 : 1;
        trace->highest = nc;
        return NONCE_GOOD;
    }
    behind = trace->highest - nc;
    if (behind >= NONCE_WINDOW || trace->window & G_GUINT64_CONSTANT(1) << behind)
        return NONCE_REPLAYED;
    trace->window |= G_GUINT64_CONSTANT(1) << behind;
    return NONCE_GOOD;
}
