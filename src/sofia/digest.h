/* Digest access authentication (RFC 7616, RFC 2617, RFC 8760): reading credentials, computing
 * responses.
 *
 * Pure: text in, values out. Home thread: any.
 */
#pragma once

#include <glib.h>

#define DIGEST_ALGORITHMS(X)                                                                       \
    X(SHA256, "SHA-256", 32, G_CHECKSUM_SHA256)                                                    \
    X(MD5, "MD5", 16, G_CHECKSUM_MD5)

/* In the order they are offered (RFC 8760 2.4). */
#define DIGEST_ALGORITHM_ID(id, name, octets, checksum) DIGEST_##id,
typedef enum DigestAlgorithm {
    DIGEST_ALGORITHMS(DIGEST_ALGORITHM_ID) DIGEST_ALGORITHM_COUNT
} DigestAlgorithm;

typedef enum DigestQop { DIGEST_QOP_NONE, DIGEST_QOP_AUTH, DIGEST_QOP_AUTH_INT } DigestQop;

#define DIGEST_OCTETS_MAX 32 /* of a hash */
#define DIGEST_HEX_SIZE (2 * DIGEST_OCTETS_MAX + 1)
#define DIGEST_HEADER_MAX 4096 /* octets of a header value that is read */
#define DIGEST_NAME_SIZE 256   /* of a user's name and of a realm */
#define DIGEST_NONCE_SIZE 256
#define DIGEST_URI_SIZE 1024
#define DIGEST_CNONCE_SIZE 256

/* Credentials as a client sent them; quoted strings without quotes and escapes. */
typedef struct DigestCredentials {
    char user[DIGEST_NAME_SIZE];
    char realm[DIGEST_NAME_SIZE];
    char nonce[DIGEST_NONCE_SIZE];
    char uri[DIGEST_URI_SIZE];
    char cnonce[DIGEST_CNONCE_SIZE]; /* "" without qop */
    gboolean algorithm_known;        /* FALSE: one we do not do, such as MD5-sess */
    DigestAlgorithm algorithm;
    DigestQop qop;
    char nc_text[9]; /* as it is hashed */
    guint32 nc;
    guint8 response[DIGEST_OCTETS_MAX]; /* as long as the algorithm's hash */
} DigestCredentials;

typedef enum DigestReading {
    DIGEST_READ,      /* credentials holds them */
    DIGEST_OTHER,     /* another scheme than Digest */
    DIGEST_MALFORMED, /* no credentials by the grammar, or too long; of a realm only a guess is
                         possible */
} DigestReading;

/* Reads the value of an Authorization or Proxy-Authorization header. WHY: for people, what is
 * malformed. */
DigestReading digest_read(const char *value, DigestCredentials *credentials, const char **why);

/* "SHA-256", "MD5". */
const char *digest_algorithm_name(DigestAlgorithm algorithm);
/* Octets of the algorithm's hash. */
guint digest_octets(DigestAlgorithm algorithm);

/* HA1 of a user: the hash of user:realm:password, in lower-case hex. */
void digest_hash_user(DigestAlgorithm algorithm, const char *user, const char *realm,
                      const char *password, char ha1[DIGEST_HEX_SIZE]);
/* The response that CREDENTIALS should hold for a user whose HA1 is given in hex: RFC 7616 3.4.1,
 * without qop RFC 2617 3.2.2.1. BODY is hashed for auth-int alone. */
void digest_compute(const DigestCredentials *credentials, const char *ha1, const char *method,
                    const void *body, gsize body_size, guint8 response[DIGEST_OCTETS_MAX]);
/* Is the response of CREDENTIALS this one? Takes as long whatever the answer. */
gboolean digest_matches(const DigestCredentials *credentials,
                        const guint8 response[DIGEST_OCTETS_MAX]);
/* The same of any SIZE octets. */
gboolean digest_equal(const void *one, const void *other, gsize size);

/* Does the uri of credentials name what the Request-URI names? Scheme, user and host count; ports
 * and parameters, which phones leave out at will, do not. */
gboolean digest_uri_fits(const char *uri, const char *request_uri);

/* Reads exactly SIZE octets of hex, upper or lower case. */
gboolean digest_hex_read(const char *text, guint8 *octets, gsize size);
/* Writes lower-case hex and a NUL: TEXT has 2 * SIZE + 1. */
void digest_hex_write(const guint8 *octets, gsize size, char *text);
