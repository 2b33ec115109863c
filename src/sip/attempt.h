/* One INVITE of ours and the addresses of its server that it is tried at, one after the other.
 *
 * Private to src/sip; home thread: signalling.
 */
#pragma once

#include "sip_room.h"

/* What the INVITE says; texts are owned, NULL: none. */
typedef struct InviteText {
    char *uri, *from, *to;
    char *pai, *privacy, *require, *referred_by, *replaces;
    char *extra, *more; /* whole header lines */
} InviteText;

/* LEG's INVITE is TEXT, which is taken over. It goes out now, or when the name server has said
 * where to. AFTER: the leg of an INVITE of the same call whose server this one goes to, too; NULL:
 * none. The leg may be another one later: what is told of it goes to the one that has the call. */
void attempt_begin(UaLeg *leg, InviteText *text, const UaLeg *after);
void attempt_free(Attempt *attempt);

/* Has LEG's INVITE not gone out yet? */
gboolean attempt_is_unsent(const UaLeg *leg);
/* STATUS, which is no failure of the server, came to LEG's INVITE. */
void attempt_heard(UaLeg *leg, int status);
/* LEG's INVITE has come to STATUS (SIP NULL: of our own making). TRUE: it goes on at another
 * address, and LEG is no more of this call. */
gboolean attempt_goes_on(UaLeg *leg, int status, sip_t const *sip);
/* What is sent between these two for LEG, whose INVITE was challenged, goes where that went. */
void attempt_aim(UaLeg *leg);
void attempt_unaim(UaLeg *leg);
