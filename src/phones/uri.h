/* SIP URIs as text: are two the same (RFC 3261 19.1.4)?
 *
 * Pure functions; home thread: any.
 */
#pragma once

#include <glib.h>
#include <netinet/in.h>

/* The comparison of RFC 3261 19.1.4. What is no sip: or sips: URI is compared as it stands. */
gboolean uri_same(const char *one, const char *other);
/* The value of URI parameter NAME, "" when it has none; NULL when the URI has no such parameter.
 * Caller frees. */
char *uri_param(const char *uri, const char *name);
/* The address and port of URI's host, port 0 when it says none; FALSE when its host is a name. */
gboolean uri_address(const char *uri, struct sockaddr_storage *address);

/* Cuts off the parameters of USER, a user part with its escapes: a telephone number has them (RFC
 * 3261 19.1.6), in any other user a semicolon is a letter (RFC 4475 3.1.1.9). */
void uri_cut_user(char *user);
