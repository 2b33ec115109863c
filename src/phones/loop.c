/* Loops: a request that comes back as it went out is told from one that came back changed (RFC
 * 5393). */
#include "room.h"

#include <string.h>

/* What decides where a request goes: one that differs in none of it would go round for ever. */
static void mark_update(GHmac *hmac, const char *text)
{
    g_hmac_update(hmac, (const guchar *)(text ? text : ""), -1);
    g_hmac_update(hmac, (const guchar *)"\n", 1);
}

static void mark_update_header(GHmac *hmac, msg_header_t const *header)
{
    char text[1024];

    for (; header; header = header->sh_next) {
        msg_header_field_e(text, sizeof(text), header, 0);
        text[sizeof(text) - 1] = '\0';
        mark_update(hmac, text);
    }
}

void loop_mark(const Phones *phones, sip_t const *sip, char mark[33])
{
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, phones->secret.octets, ORIGIN_KEY_SIZE);
    char uri[1024], number[16];

    url_e(uri, sizeof(uri), sip->sip_request->rq_url);
    uri[sizeof(uri) - 1] = '\0';
    g_snprintf(number, sizeof(number), "%u", (unsigned)sip->sip_cseq->cs_seq);
    mark_update(hmac, uri);
    mark_update(hmac, sip->sip_from->a_tag);
    mark_update(hmac, sip->sip_to->a_tag);
    mark_update(hmac, sip->sip_call_id->i_id);
    mark_update(hmac, number);
    mark_update_header(hmac, (msg_header_t const *)sip->sip_route);
    mark_update_header(hmac, (msg_header_t const *)sip->sip_proxy_require);
    mark_update_header(hmac, (msg_header_t const *)sip->sip_proxy_authorization);
    g_strlcpy(mark, g_hmac_get_string(hmac), 33);
}

gboolean loop_found(const Phones *phones, sip_t const *sip, const char *mark)
{
    for (sip_via_t const *via = sip->sip_via; via; via = via->v_next) {
        const char *own = via->v_branch ? strrchr(via->v_branch, '.') : NULL;

        /* The seal of the mark says that it is ours, whatever name sent-by has. */
        if (own && strcmp(own + 1, mark) == 0)
            return TRUE;
    }
    return FALSE;
}

/* ---- branches: "z9hG4bK", 16 random digits, 16 of a seal, "." and the mark ---------------------
 */

#define COOKIE "z9hG4bK"
#define RANDOM_SIZE 16
#define SEAL_SIZE 16

/* Of the random digits, the mark and the call. */
static void branch_seal(const Phones *phones, const char *random, const char *mark,
                        const char *call_id, char seal[SEAL_SIZE + 1])
{
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, phones->secret.octets, ORIGIN_KEY_SIZE);

    g_hmac_update(hmac, (const guchar *)random, RANDOM_SIZE);
    mark_update(hmac, mark);
    mark_update(hmac, call_id);
    g_strlcpy(seal, g_hmac_get_string(hmac), SEAL_SIZE + 1);
}

const char *loop_branch(const Phones *phones, su_home_t *home, const char *mark,
                        const char *call_id)
{
    char random[RANDOM_SIZE + 1], seal[SEAL_SIZE + 1];

    g_snprintf(random, sizeof(random), "%08x%08x", g_random_int(), g_random_int());
    branch_seal(phones, random, mark, call_id, seal);
    return su_sprintf(home, COOKIE "%s%s.%s", random, seal, mark);
}

gboolean loop_made_branch(const Phones *phones, const char *branch, const char *call_id)
{
    const char *random = branch + strlen(COOKIE), *told = random + RANDOM_SIZE;
    char seal[SEAL_SIZE + 1];

    if (strlen(branch) <= strlen(COOKIE) + RANDOM_SIZE + SEAL_SIZE ||
        !g_str_has_prefix(branch, COOKIE) || told[SEAL_SIZE] != '.')
        return FALSE;
    branch_seal(phones, random, told + SEAL_SIZE + 1, call_id, seal);
    return strncmp(seal, told, SEAL_SIZE) == 0;
}
