/* The origin of a SIP request, and the same as one sealed line of text: how phones tells the gateway's user agent where a request came from.
 *
 * The line travels in a SIP header of the box's own (ORIGIN_HEADER), which phones takes out of whatever comes from
 * elsewhere; the seal, HMAC-SHA256 over the line and the Call-ID under a key made at every start, says that it is ours.
 * Pure functions; home thread: any.
 */
#pragma once

#include "settings.h"
#include "values.h"

/* The origin of a request that came from SOURCE by SIP: the [peer] whose network holds it, and how far that is trusted. */
void origin_read(const Settings *settings, const struct sockaddr *source, CallOrigin *origin);

#define ORIGIN_HEADER "X-Tieline-Origin"
#define ORIGIN_KEY_SIZE 32
#define ORIGIN_TEXT_MAX 1024 /* three names with every octet escaped, and the rest */

typedef struct OriginKey {
    guint8 octets[ORIGIN_KEY_SIZE];
} OriginKey;

/* Fills KEY from the kernel's random source. */
void origin_key_make(OriginKey *key);
/* Writes ORIGIN (of kind ORIGIN_SIP) with its seal for the request with CALL_ID to TEXT. */
void origin_seal(const OriginKey *key, const CallOrigin *origin, const char *call_id, char text[ORIGIN_TEXT_MAX]);
/* The reverse. FALSE, ORIGIN untouched, when TEXT is not whole or was not sealed by KEY for CALL_ID. */
gboolean origin_unseal(const OriginKey *key, const char *text, const char *call_id, CallOrigin *origin);
