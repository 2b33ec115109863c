/* Answers to digest challenges of others (RFC 3261 22.2, RFC 7616, RFC 8760): a scheme of Sofia's,
 * in the place of its own, which knows MD5 alone.
 *
 * NUA keeps challenges and credentials by handle, repeats a request that was challenged, and puts
 * credentials into the later ones of a dialog. Home thread: signalling.
 */
#pragma once

#include <glib.h>
#include <sofia-sip/sip.h>

/* From now on Sofia answers Digest by this file. Idempotent. */
void credentials_open(void);
/* CHALLENGES or the first behind it that could be answered; NULL when none is. */
msg_auth_t const *credentials_next(msg_auth_t const *challenges);
/* The realm of CHALLENGE as it stands there, in quotes; NULL when it has none. */
const char *credentials_realm(msg_auth_t const *challenge);
/* Is that REALM, without quotes? */
gboolean credentials_is_for(msg_auth_t const *challenge, const char *realm);
/* What NUTAG_AUTH wants for the challenges of REALM, as credentials_realm() gave it. Caller frees.
 */
char *credentials_write(const char *realm, const char *user, const char *password);
