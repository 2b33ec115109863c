/* A Sofia message as the guard wants to see it, and the guard's answer as Sofia sends it.
 *
 * Private to src/phones. Home thread: signalling.
 */
#pragma once

#include "guard.h"

#include <sofia-sip/nta.h>
#include <sofia-sip/sip.h>

/* Fills in what SIP says: method, Request-URI, credentials by request->proxy, body. The texts live
 * in HOME, a home of the caller's that it unrefs when the answer was given. What the message does
 * not say (source, target, dialog, emergency, trust, forwarded, time) is the caller's to fill in,
 * proxy before this call. */
void guard_read_message(su_home_t *home, const sip_t *sip, GuardRequest *request);
/* Takes off MSG the credentials that made ANSWER's user known; REQUEST: as read from it. What was
 * shown to us is nobody else's business (RFC 3261 22.3); others of our realm may be for a primary
 * that has it too. */
void guard_take_credentials(msg_t *msg, sip_t *sip, const GuardRequest *request,
                            const GuardAnswer *answer);
/* Puts ANSWER's challenges into RESPONSE. */
void guard_put_challenges(msg_t *response, const GuardAnswer *answer);
/* The response to IRQ that CHALLENGE and REFUSE ask for, for nta_incoming_mreply(); NULL when there
 * is no memory. */
msg_t *guard_response(nta_incoming_t *irq, const GuardAnswer *answer);
