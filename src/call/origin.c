/* The origin of a SIP request, and the same as one sealed line of text. */
#include "origin.h"

#include "call_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SEAL_SIZE 32 /* of SHA-256 */

void origin_read(const Settings *settings, const struct sockaddr *source, CallOrigin *origin)
{
    const PeerSettings *peer = lookup_peer_of(settings, source);

    memset(origin, 0, sizeof(*origin));
    origin->kind = ORIGIN_SIP;
    memcpy(&origin->source, source,
           source->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                         : sizeof(struct sockaddr_in));
    if (!peer)
        return;
    g_strlcpy(origin->peer, peer->name, sizeof(origin->peer));
    origin->trusted = peer->trusted;
}

void origin_key_make(OriginKey *key)
{
    gsize have = 0;

    while (have < ORIGIN_KEY_SIZE) {
        ssize_t got = getrandom(key->octets + have, ORIGIN_KEY_SIZE - have, 0);

        if (got > 0)
            have += (gsize)got;
    }
}

/* The seal of TEXT's first LENGTH octets, in hexadecimal; caller frees. */
static char *seal_of(const OriginKey *key, const char *text, gsize length, const char *call_id)
{
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, key->octets, ORIGIN_KEY_SIZE);

    g_hmac_update(hmac, (const guchar *)text, (gssize)length);
    g_hmac_update(hmac, (const guchar *)"\n", 1);
    g_hmac_update(hmac, (const guchar *)call_id, -1);
    return g_strdup(g_hmac_get_string(hmac));
}

/* A name as it may stand in a header's value: what is no plain character is escaped. */
static char *name_escape(const char *name)
{
    /* A "-" alone stands for none. */
    return strcmp(name, "-") == 0 ? g_strdup("%2D") : g_uri_escape_string(name, NULL, FALSE);
}

void origin_seal(const OriginKey *key, const CallOrigin *origin, const char *call_id,
                 char text[ORIGIN_TEXT_MAX])
{
    char address[64];
    g_autofree char *peer = name_escape(origin->peer), *user = name_escape(origin->user);
    g_autofree char *class_name = name_escape(origin->class_name), *seal = NULL;
    gsize length;

    g_snprintf(text, ORIGIN_TEXT_MAX, "%s %s %s %s %s ",
               address_describe((const struct sockaddr *)&origin->source, address, sizeof(address)),
               *peer ? peer : "-", *user ? user : "-", *class_name ? class_name : "-",
               origin->emergency ? (origin->trusted ? "et" : "e")
               : origin->trusted ? "t"
                                 : "-");
    length = strlen(text);
    seal = seal_of(key, text, length, call_id);
    g_strlcpy(text + length, seal, ORIGIN_TEXT_MAX - length);
}

static gboolean name_unescape(const char *word, char name[TAG_MAX])
{
    g_autofree char *text =
        strcmp(word, "-") == 0 ? g_strdup("") : g_uri_unescape_string(word, NULL);

    return text && g_strlcpy(name, text, TAG_MAX) < TAG_MAX;
}

gboolean origin_unseal(const OriginKey *key, const char *text, const char *call_id,
                       CallOrigin *origin)
{
    const char *last = strrchr(text, ' ');
    g_autofree char *seal = NULL;
    g_auto(GStrv) words = NULL;
    CallOrigin read = {.kind = ORIGIN_SIP};
    guint8 differ = 0;

    if (!last || strlen(last + 1) != 2 * SEAL_SIZE)
        return FALSE;
    seal = seal_of(key, text, (gsize)(last + 1 - text), call_id);
    for (guint i = 0; i < 2 * SEAL_SIZE; i++) /* in the same time whatever differs */
        differ |= (guint8)(seal[i] ^ last[1 + i]);
    words = g_strsplit(text, " ", 7);
    if (differ || g_strv_length(words) != 6 || !address_parse(words[0], &read.source) ||
        !name_unescape(words[1], read.peer) || !name_unescape(words[2], read.user) ||
        !name_unescape(words[3], read.class_name))
        return FALSE;
    read.emergency = strchr(words[4], 'e') != NULL;
    read.trusted = strchr(words[4], 't') != NULL;
    *origin = read;
    return TRUE;
}
