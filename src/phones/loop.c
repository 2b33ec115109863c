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

const char *loop_branch(su_home_t *home, const char *mark)
{
    return su_sprintf(home, "z9hG4bK%08x%08x.%s", g_random_int(), g_random_int(), mark);
}
