/* Whose packets are ours: the address that was agreed, or the first one heard while that one is
 * silent. */
#pragma once

#include <glib.h>
#include <netinet/in.h>

typedef struct Source {
    struct sockaddr_storage agreed; /* ss_family 0: none */
    struct sockaddr_storage learnt; /* ss_family 0: none */
    gboolean heard;                 /* the agreed address has sent: nothing is learnt any more */
} Source;

/* ADDRESS was agreed in offer and answer (ss_family 0: none). A new one forgets what was learnt. */
void source_agree(Source *source, const struct sockaddr_storage *address);

/* Would a packet from FROM be another's? */
gboolean source_is_foreign(const Source *source, const struct sockaddr_storage *from);
/* A good packet came from FROM, which is not foreign. */
void source_hear(Source *source, const struct sockaddr_storage *from);

/* Where to send; NULL when nothing is agreed. The learnt address when it is another host (a NAT
 * stands between), else the agreed one: a host may receive on another port than it sends from. */
const struct sockaddr_storage *source_target(const Source *source);
