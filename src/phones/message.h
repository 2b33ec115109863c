/* Small things done to a Sofia message: headers without a class of their own, Max-Forwards, Via, a
 * response of ours. Private to src/phones. Home thread: signalling.
 */
#pragma once

#include <glib.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/sip.h>

/* The value of the first header NAME; NULL when there is none. */
const char *message_find_header(sip_t const *sip, const char *name);
void message_remove_header(msg_t *msg, sip_t *sip, const char *name);
gboolean message_add_header(msg_t *msg, sip_t *sip, const char *name, const char *value);
/* Max-Forwards less one; FALSE when none is left. */
gboolean message_count_down(msg_t *msg, sip_t *sip);
/* Its Max-Breadth, at most ours; ours when it says nothing of it. */
guint message_breadth(sip_t const *sip);
/* Takes our Via off a response; FALSE when no other is left, so that it was meant for nobody behind
 * us (RFC 3261 16.7 step 3). */
gboolean message_leave_via(msg_t *msg, sip_t *sip);
/* An answer of our own to IRQ's request, not sent yet; NULL without memory. */
msg_t *message_response(nta_incoming_t *irq, int status, const char *phrase);
/* Does SIP tell of EVENT, or ask for it (RFC 6665 8.2.1)? */
gboolean message_is_of_event(sip_t const *sip, const char *event);
