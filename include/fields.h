/* What a set-up carries beside its numbers, as SIP writes it: User-to-User, isub, Diversion, History-Info.
 *
 * Pure conversions between texts of header fields and values; what no text of that field says is "none". The
 * texts come from a network and may be anything. Home thread: any.
 */
#pragma once

#include "settings.h"
#include "values.h"

/* ---- user-to-user information (RFC 7433, RFC 7434) ---- */

/* Reads the VALUES (NULL-terminated) of all User-to-User header fields of a message: the one of purpose isdn-uui
 * (isdn-interwork, or none, is the same), in hex. None when there are two, when it is longer than USER_INFO_MAX, or is no
 * hex (RFC 7434 9, 11). */
void user_info_from_fields(const char *const *values, UserInfo *info);
/* The value of a User-to-User header field; NULL for none. Caller frees. */
char *user_info_to_field(const UserInfo *info);
/* COUNT octets of a User-user element, discriminator first; none when there are too many. */
void user_info_set(UserInfo *info, const guint8 *octets, gsize count);

/* ---- subaddresses (RFC 3966 3, RFC 4715) ---- */

/* Reads the values of the URI parameters isub and isub-encoding (NULL: not there), unescaped. FALSE, and none, when they
 * make no subaddress of ISDN. */
gboolean subaddress_from_isub(const char *isub, const char *encoding, Subaddress *subaddress);
/* The parameters, ";isub=1234", escaped; "" for none, for a user specified one, and for what is no NSAP. Caller frees. */
char *subaddress_to_isub(const Subaddress *subaddress);

/* ---- diversions (RFC 5806, RFC 7544, RFC 4458) ---- */

/* Reads the values of all Diversion and all History-Info header fields (NULL-terminated lists, in the order of the message;
 * NULL: none) into one chronology; CALLED is the number the call goes to now. URIs that are no numbers are lost
 * (RFC 5806 9.4.1), withheld ones count without their number. */
void diversions_from_fields(const char *const *diversion, const char *const *history, const Number *called,
                            Diversions *diversions);

/* What the texts need to know. */
typedef struct DiversionText {
    const TrunkSettings *trunk; /* the numbers came from it; NULL: from SIP */
    const char *host;           /* of our URIs, [] around IPv6 */
    gboolean trusted;           /* the next hop sees withheld numbers, and does so marked */
    const char *called;         /* the URI the call goes to, for History-Info */
} DiversionText;
/* Whole header lines, "Diversion: ...", the last diversion first, joined by CRLF; NULL for none. Caller frees. */
char *diversions_to_diversion(const Diversions *diversions, const DiversionText *text);
/* One line "History-Info: ...", the first number first, the called URI last; NULL for none. Caller frees. */
char *diversions_to_history(const Diversions *diversions, const DiversionText *text);
