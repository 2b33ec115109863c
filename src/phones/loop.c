/* Loops: a request that comes back as it went out is told from one that came back changed (RFC
 * 5393). */
#include "room.h"
#include "seal.h"

#include <string.h>

/* What decides where a request goes: one that differs in none of it would go round for ever. */
static void mark_update(Seal *seal, const char *text)
{
    if (text)
        seal_add(seal, text, strlen(text));
    seal_add(seal, "\n", 1);
}

static void mark_update_header(Seal *seal, msg_header_t const *header)
{
    char text[1024];

    for (; header; header = header->sh_next) {
        msg_header_field_e(text, sizeof(text), header, 0);
        text[sizeof(text) - 1] = '\0';
        mark_update(seal, text);
    }
}

void loop_mark(const Phones *phones, sip_t const *sip, char mark[33])
{
    char uri[1024], number[16];
    guint8 octets[SEAL_SIZE];
    Seal seal;

    seal_begin(&seal, phones->secret.octets);
    url_e(uri, sizeof(uri), sip->sip_request->rq_url);
    uri[sizeof(uri) - 1] = '\0';
    g_snprintf(number, sizeof(number), "%u", (unsigned)sip->sip_cseq->cs_seq);
    mark_update(&seal, uri);
    mark_update(&seal, sip->sip_from->a_tag);
    mark_update(&seal, sip->sip_to->a_tag);
    mark_update(&seal, sip->sip_call_id->i_id);
    mark_update(&seal, number);
    mark_update_header(&seal, (msg_header_t const *)sip->sip_route);
    mark_update_header(&seal, (msg_header_t const *)sip->sip_proxy_require);
    mark_update_header(&seal, (msg_header_t const *)sip->sip_proxy_authorization);
    seal_end(&seal, octets);
    seal_write(octets, sizeof(octets), mark);
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
#define BRANCH_SEAL 8 /* octets of the seal */

static void seal_update_name(Seal *seal, const char *name)
{
    g_autofree char *low = name ? g_ascii_strdown(name, -1) : NULL;

    mark_update(seal, low);
}

/* All that says where an answer goes. */
static void seal_update_via(Seal *seal, sip_via_t const *via)
{
    if (!via)
        return;
    seal_update_name(seal, via->v_protocol);
    seal_update_name(seal, via->v_host);
    seal_update_name(seal, via->v_port);
    seal_update_name(seal, via->v_maddr);
    seal_update_name(seal, via->v_received);
    seal_update_name(seal, via->v_rport);
}

/* Of the random digits, the mark, the call, and BELOW, the Via that comes next: an answer goes by
 * what it says, so the callee may not write another. No URI begins as this does: it is no
 * loop_mark(). */
static void branch_seal(const Phones *phones, const char *random, const char *mark,
                        const char *call_id, sip_via_t const *below, char text[2 * BRANCH_SEAL + 1])
{
    guint8 octets[SEAL_SIZE];
    Seal seal;

    seal_begin(&seal, phones->secret.octets);
    seal_add(&seal, "\n", 1);
    seal_add(&seal, random, RANDOM_SIZE);
    mark_update(&seal, mark);
    mark_update(&seal, call_id);
    seal_update_via(&seal, below);
    seal_end(&seal, octets);
    seal_write(octets, BRANCH_SEAL, text);
}

const char *loop_branch(const Phones *phones, su_home_t *home, const char *mark, sip_t const *sip)
{
    char random[RANDOM_SIZE + 1], seal[2 * BRANCH_SEAL + 1];

    g_snprintf(random, sizeof(random), "%08x%08x", g_random_int(), g_random_int());
    branch_seal(phones, random, mark, sip->sip_call_id->i_id, sip->sip_via, seal);
    return su_sprintf(home, COOKIE "%s%s.%s", random, seal, mark);
}

gboolean loop_made_branch(const Phones *phones, sip_t const *response)
{
    sip_via_t const *via = response->sip_via;
    const char *branch = via ? via->v_branch : NULL;
    const char *random = branch ? branch + strlen(COOKIE) : NULL, *told;
    char seal[2 * BRANCH_SEAL + 1];

    if (!branch || !response->sip_call_id ||
        strlen(branch) <= strlen(COOKIE) + RANDOM_SIZE + 2 * BRANCH_SEAL ||
        !g_str_has_prefix(branch, COOKIE))
        return FALSE;
    told = random + RANDOM_SIZE;
    if (told[2 * BRANCH_SEAL] != '.')
        return FALSE;
    branch_seal(phones, random, told + 2 * BRANCH_SEAL + 1, response->sip_call_id->i_id,
                via->v_next, seal);
    return strncmp(seal, told, 2 * BRANCH_SEAL) == 0;
}
