/* OpenSSL as Sofia-SIP has brought it into the process: found by name at run time, neither linked
 * nor included here. */
#pragma once

#include <glib.h>
#include <time.h>

typedef int (*OpensslPasswordFunc)(char *buffer, int size, int writing, void *user);

/* X-list of what is used: name, result, arguments. */
#define OPENSSL_CALLS(X)                                                                           \
    X(TLS_server_method, const void *, (void))                                                     \
    X(SSL_CTX_new, void *, (const void *method))                                                   \
    X(SSL_CTX_free, void, (void *context))                                                         \
    X(SSL_CTX_ctrl, long, (void *context, int what, long value, void *data))                       \
    X(SSL_CTX_set_options, guint64, (void *context, guint64 options))                              \
    X(SSL_CTX_set_cipher_list, int, (void *context, const char *text))                             \
    X(SSL_CTX_set_default_passwd_cb, void, (void *context, OpensslPasswordFunc func))              \
    X(SSL_CTX_set_session_id_context, int,                                                         \
      (void *context, const unsigned char *id, unsigned size))                                     \
    X(SSL_CTX_use_certificate_chain_file, int, (void *context, const char *file))                  \
    X(SSL_CTX_use_PrivateKey_file, int, (void *context, const char *file, int type))               \
    X(SSL_CTX_check_private_key, int, (const void *context))                                       \
    X(SSL_CTX_get0_certificate, void *, (const void *context))                                     \
    X(X509_get0_notAfter, const void *, (const void *certificate))                                 \
    X(ASN1_TIME_to_tm, int, (const void *time, struct tm *broken))                                 \
    X(SSL_free, void, (void *connection))                                                          \
    X(SSL_shutdown, int, (void *connection))                                                       \
    X(SSL_get_rbio, void *, (const void *connection))                                              \
    X(BIO_up_ref, int, (void *bio))                                                                \
    X(SSL_new, void *, (void *context))                                                            \
    X(SSL_read, int, (void *connection, void *buffer, int size))                                   \
    X(SSL_write, int, (void *connection, const void *buffer, int size))                            \
    X(ERR_peek_error, unsigned long, (void))                                                       \
    X(ERR_reason_error_string, const char *, (unsigned long error))                                \
    X(ERR_clear_error, void, (void))

#define OPENSSL_FIELD(name, result, arguments) result(*name) arguments;
typedef struct OpensslCalls {
    OPENSSL_CALLS(OPENSSL_FIELD)
} OpensslCalls;

/* The calls; NULL where Sofia came without OpenSSL, or with one that lacks any of them. */
const OpensslCalls *openssl_calls(void);
/* Why the last call failed; empties OpenSSL's list of errors. */
const char *openssl_reason(const OpensslCalls *calls);
