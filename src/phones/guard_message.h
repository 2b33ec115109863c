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
/* Answers IRQ with CHALLENGE's or REFUSE's status and headers; TAGS as nta_incoming_treply() takes
 * them. */
int guard_reply(nta_incoming_t *irq, const GuardAnswer *answer, tag_type_t tag, tag_value_t value,
                ...);
