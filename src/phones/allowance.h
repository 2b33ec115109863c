/* What the classes of service allow on the way through the proxy.
 *
 * Private to src/phones. Home thread: signalling.
 */
#pragma once

#include "class.h"
#include "primaries.h"

/* May IN, whose user is known by now, go on? FALSE with ANSWER; what is no new INVITE of a phone
 * always may. */
gboolean allowance_permits(Inbound *in, ClassAnswer *answer);
/* May URL, which FROM has named in a 3xx to FORK, be called? The log is told where not. */
gboolean allowance_permits_redirect(Fork *fork, const Target *from, const url_t *url);
/* May the caller of FORK reach URL, where the call is led without having been dialled? The log is
 * told where not. */
gboolean allowance_permits_place(Fork *fork, const url_t *url);
