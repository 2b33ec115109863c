/* Numbers and names at the border: from a URI's user part to a party number, and back.
 *
 * Nothing but 0-9 * # ever enters an information element. Home thread: any.
 */
#pragma once

#include "settings.h"
#include "values.h"

typedef enum NumberResult {
    NUMBER_OK,
    NUMBER_NOT_A_NUMBER, /* 404: other text than digits and visual separators */
    NUMBER_TOO_SHORT,    /* 484: no digits at all, or only "+" */
    NUMBER_TOO_LONG,     /* 484: more than NUMBER_MAX digits */
} NumberResult;

/* Reads the unescaped USER part of a sip: or tel: URI (without parameters) into digits, with ton INTERNATIONAL for a leading
 * '+', else UNKNOWN. Visual separators "-.()" and spaces are dropped (RFC 3966 5.1.1). On any
 * result but NUMBER_OK *number is empty. */
NumberResult number_from_user(const char *user, Number *number);

/* Fits NUMBER to what TRUNK dials: +CC of the trunk's own country becomes NATIONAL, other countries stay INTERNATIONAL
 * (ie-mapping 1). Numbers without '+' stay as dialled. */
void number_to_trunk(const TrunkSettings *trunk, Number *number);

/* The user part of a URI for a number that came from TRUNK: INTERNATIONAL "+digits", NATIONAL "+CCdigits" when the trunk has a
 * country code, else the digits as received (ie-mapping 1); those of a private plan with the trunk's phone-context. Caller
 * frees. */
char *number_to_user(const TrunkSettings *trunk, const Number *number);

/* TRUE when NUMBER leaves TRUNK's country: '+' with another country code, TON international likewise, or digits that begin with the trunk's
 * international prefix. */
gboolean number_is_international(const TrunkSettings *trunk, const Number *number);

/* The same for a NUMBER that came from TRUNK and has the type it came with. */
gboolean number_came_international(const TrunkSettings *trunk, const Number *number);

/* "+49 7131 ..." style text for logs: "'100' (unknown/E.164)". Points to BUFFER. */
const char *number_describe(const Number *number, char *buffer, gsize size);

/* Is ONE told as OTHER is? */
gboolean party_equal(const Party *one, const Party *other);

/* Copies TEXT into NAME as valid UTF-8 without control characters, clipped at a character to SIZE-1 octets. */
void name_clean(const char *text, char *name, gsize size);

/* NAME as a Display IE carries it: ISO 8859-1 or IA5 by CHARSET, characters that have no equal transliterated
 * or '?', at most MAX octets. Returns the octets written to OUT (not terminated). */
gsize name_to_display(const char *name, NameCharset charset, guint8 *out, gsize max);
/* The reverse: octets of a Display IE to clean UTF-8. */
void name_from_display(const guint8 *octets, gsize count, NameCharset charset, char *name, gsize size);
