/* ENUM: from a telephone number to the URI that its DNS entry names (RFC 6116, RFC 3402).
 *
 * Pure; the question itself is resolve.c's. Home thread: signalling.
 */
#pragma once

#include <glib.h>

/* One NAPTR record, as it came. */
typedef struct EnumRecord {
    guint16 order, preference;
    const char *flags, *services, *regexp, *replacement;
} EnumRecord;

typedef enum EnumOutcome {
    ENUM_NOTHING, /* no record leads to a sip: or sips: URI */
    ENUM_URI,     /* to this URI */
    ENUM_DOMAIN,  /* ask this domain next (a non-terminal record) */
} EnumOutcome;

/* "+441632960083" in SUFFIX "e164.arpa": "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa". NULL when NUMBER is
 * no + with 1 to 15 digits. Caller frees. */
char *e164_domain(const char *number, const char *suffix);

/* What RECORDS say of NUMBER (with its +): the first of them in order and preference that applies.
 * URI or domain in *RESULT; caller frees. */
EnumOutcome e164_choose(const EnumRecord *records, gsize count, const char *number, char **result);

/* Applies the substitution expression REGEXP, like "!^.*$!sip:info@example.com!", to TEXT. NULL
 * when it does not fit or is none. Caller frees. */
char *e164_substitute(const char *regexp, const char *text);
