/* The best of the final responses of a fork (RFC 3261 16.7 steps 6 and 7). */
#include "room.h"

/* Among 4xx, those that tell the caller how to try again come first. */
static guint rank_of(int status)
{
    switch (status) {
    case 401:
    case 407:
        return 1;
    case 415:
    case 420:
    case 484:
        return 2;
    default:
        return status == 408 || status == 503 ? 4 : 3;
    }
}

static gboolean is_better(int status, int than)
{
    if (status >= 600 || than >= 600)
        return status >= 600 && than < 600;
    if (status / 100 != than / 100) {
        /* Nobody's definite answer is a timer of ours, nor a refusal by a full or dead place. */
        if (rank_of(status) == 4 || rank_of(than) == 4)
            return rank_of(status) != 4;
        return status / 100 < than / 100;
    }
    return rank_of(status) < rank_of(than);
}

/* Step 7: all challenges go back together. */
static void challenges_add(msg_t *to, sip_t const *from)
{
    sip_t *sip = sip_object(to);

    /* Each of the two takes the whole list. */
    msg_header_add_dup(to, (msg_pub_t *)sip, (msg_header_t const *)from->sip_www_authenticate);
    msg_header_add_dup(to, (msg_pub_t *)sip, (msg_header_t const *)from->sip_proxy_authenticate);
}

static gboolean is_challenge(int status)
{
    return status == 401 || status == 407;
}

msg_t *best_of(msg_t *one, msg_t *other)
{
    int first, second;
    msg_t *better, *worse;

    if (!one || !other)
        return one ? one : other;
    first = sip_object(one)->sip_status->st_status;
    second = sip_object(other)->sip_status->st_status;
    better = is_better(second, first) ? other : one;
    worse = better == one ? other : one;
    if (is_challenge(first) && is_challenge(second))
        challenges_add(better, sip_object(worse));
    msg_destroy(worse);
    return better;
}
