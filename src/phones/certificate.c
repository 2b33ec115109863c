/* The process's SSL_new(), SSL_read() and what belongs to them: Sofia's TLS with our certificates.
 *
 * Sofia reads one certificate, without its chain, when a port is opened, and never again. A symbol
 * of the executable goes before that of every library linked (as in gettimeofday.c and resolver.c
 * of other rooms), so Sofia's context passes here when it is made, and whenever Sofia asks for a
 * connection of it, it gets one of the context we loaded last. A connection holds its context: old
 * ones go with their last connection. Sofia frees its own context with every connection, and the
 * connection never; both are put right where it says good-bye to it. Keep-alives are answered here
 * since Sofia knows them on TCP only.
 */
#include "certificate.h"

#include "openssl.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Of OpenSSL's ABI. */
#define CTRL_SET_MIN_PROTO_VERSION 123
#define VERSION_TLS_1_2 0x0303
#define VERSION_TLS_1_3 0x0304
#define OPTION_NO_RENEGOTIATION (G_GUINT64_CONSTANT(1) << 30)
#define OPTION_CIPHER_SERVER_PREFERENCE (G_GUINT64_CONSTANT(1) << 22)
#define FILETYPE_PEM 1

#define CIPHERS "HIGH:!aNULL:!eNULL:!MD5:!RC4:!3DES:!PSK:!SRP"

struct Certificate {
    void *context;     /* SSL_CTX of new connections */
    GPtrArray *stands; /* Sofia's own contexts, in whose place ours is */
    gint64 expires;
};

/* Of the thread that speaks Sofia; any other keeps to OpenSSL itself. */
static _Thread_local GSList *certificates;
static _Thread_local Certificate *opening;
static _Thread_local gboolean expected;       /* an accepted connection is about to come */
static _Thread_local GHashTable *connections; /* SSL* -> whether a write of it is unfinished */
static _Thread_local guint64 pongs;

void *SSL_CTX_new(const void *method);
void SSL_CTX_free(void *context);
int SSL_shutdown(void *connection);
void *SSL_new(void *context);
int SSL_read(void *connection, void *buffer, int size);
int SSL_write(void *connection, const void *buffer, int size);

/* Nobody is there to type a password. */
static int no_password(char *buffer, int size, int writing, void *user)
{
    return 0;
}

static gboolean file_is_there(const char *file, GError **error)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", file,
                    g_strerror(errno));
        return FALSE;
    }
    close(fd);
    return TRUE;
}

static gboolean file_refuse(const OpensslCalls *calls, const char *file, const char *what,
                            GError **error)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: no %s can be read from it (%s)", file,
                what, openssl_reason(calls));
    return FALSE;
}

static gboolean context_load(const OpensslCalls *calls, void *context,
                             const CertificateFiles *files, GError **error)
{
    const char *key = files->key ? files->key : files->chain;

    calls->ERR_clear_error();
    calls->SSL_CTX_set_default_passwd_cb(context, no_password);
    if (!file_is_there(files->chain, error) || !file_is_there(key, error))
        return FALSE;
    if (calls->SSL_CTX_use_certificate_chain_file(context, files->chain) != 1)
        return file_refuse(calls, files->chain, "certificate", error);
    if (calls->SSL_CTX_use_PrivateKey_file(context, key, FILETYPE_PEM) != 1)
        return file_refuse(calls, key, "key", error);
    if (calls->SSL_CTX_check_private_key(context) != 1) {
        calls->ERR_clear_error();
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s: is not the key of the certificate", key);
        return FALSE;
    }
    return TRUE;
}

static gint64 context_expires(const OpensslCalls *calls, const void *context)
{
    const void *certificate = calls->SSL_CTX_get0_certificate(context);
    struct tm broken = {0};

    if (!certificate || !calls->ASN1_TIME_to_tm(calls->X509_get0_notAfter(certificate), &broken))
        return G_MAXINT64;
    return (gint64)timegm(&broken);
}

/* A context with what FILES say; NULL with ERROR. */
static void *context_new(const OpensslCalls *calls, const CertificateFiles *files, GError **error)
{
    static const unsigned char id[] = "tieline";
    void *context = calls->SSL_CTX_new(calls->TLS_server_method());

    if (!context) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s", openssl_reason(calls));
        return NULL;
    }
    calls->SSL_CTX_ctrl(context, CTRL_SET_MIN_PROTO_VERSION,
                        files->only_1_3 ? VERSION_TLS_1_3 : VERSION_TLS_1_2, NULL);
    calls->SSL_CTX_set_options(context, OPTION_NO_RENEGOTIATION | OPTION_CIPHER_SERVER_PREFERENCE);
    calls->SSL_CTX_set_cipher_list(context, CIPHERS);
    calls->SSL_CTX_set_session_id_context(context, id, sizeof(id) - 1);
    if (context_load(calls, context, files, error))
        return context;
    calls->SSL_CTX_free(context);
    return NULL;
}

gboolean certificate_load(Certificate *certificate, const CertificateFiles *files, GError **error)
{
    const OpensslCalls *calls = openssl_calls();
    void *context = calls ? context_new(calls, files, error) : NULL;

    if (!calls)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSYS, "%s: this Sofia-SIP has no TLS",
                    files->chain);
    if (!context)
        return FALSE;
    if (certificate->context)
        calls->SSL_CTX_free(certificate->context); /* its connections hold it still */
    certificate->context = context;
    certificate->expires = context_expires(calls, context);
    return TRUE;
}

Certificate *certificate_new(const CertificateFiles *files, GError **error)
{
    Certificate *certificate = g_new0(Certificate, 1);

    certificate->stands = g_ptr_array_new();
    certificates = g_slist_prepend(certificates, certificate);
    if (!connections)
        connections = g_hash_table_new(NULL, NULL);
    if (certificate_load(certificate, files, error))
        return certificate;
    certificate_free(certificate);
    return NULL;
}

void certificate_free(Certificate *certificate)
{
    if (!certificate)
        return;
    certificates = g_slist_remove(certificates, certificate);
    if (certificate->context)
        openssl_calls()->SSL_CTX_free(certificate->context);
    for (guint i = 0; i < certificate->stands->len; i++)
        openssl_calls()->SSL_CTX_free(certificate->stands->pdata[i]);
    g_ptr_array_unref(certificate->stands);
    g_free(certificate);
    if (!certificates)
        g_clear_pointer(&connections, g_hash_table_destroy);
}

gint64 certificate_expires(const Certificate *certificate)
{
    return certificate->expires;
}

void certificate_begin(Certificate *certificate)
{
    opening = certificate;
}

void certificate_end(Certificate *certificate)
{
    opening = NULL;
}

void certificate_expect(void)
{
    expected = TRUE;
}

guint64 certificate_pongs(void)
{
    return pongs;
}

/* The certificate that took the place of Sofia's CONTEXT. */
static Certificate *certificate_instead(void *context)
{
    for (GSList *at = certificates; at; at = at->next) {
        if (g_ptr_array_find(((Certificate *)at->data)->stands, context, NULL))
            return at->data;
    }
    return NULL;
}

/* Home thread: any. */
void *SSL_CTX_new(const void *method)
{
    const OpensslCalls *calls = openssl_calls();
    void *context = calls ? calls->SSL_CTX_new(method) : NULL;

    if (context && opening)
        g_ptr_array_add(opening->stands, context);
    return context;
}

/* Home thread: any. */
void SSL_CTX_free(void *context)
{
    const OpensslCalls *calls = openssl_calls();

    if (calls && !certificate_instead(context)) /* else certificate_free() does it, once */
        calls->SSL_CTX_free(context);
}

/* Home thread: any. */
void *SSL_new(void *context)
{
    const OpensslCalls *calls = openssl_calls();
    Certificate *certificate = certificate_instead(context);
    void *connection;

    if (!calls || !certificate)
        return calls ? calls->SSL_new(context) : NULL;
    if (!expected)
        return NULL;
    expected = FALSE;
    connection = calls->SSL_new(certificate->context);
    if (connection)
        g_hash_table_insert(connections, connection, GINT_TO_POINTER(FALSE));
    return connection;
}

/* Sofia's last word to a connection. It frees the BIO by itself afterwards.
 * Home thread: any. */
int SSL_shutdown(void *connection)
{
    const OpensslCalls *calls = openssl_calls();
    int result = calls ? calls->SSL_shutdown(connection) : -1;

    if (connections && g_hash_table_remove(connections, connection)) {
        calls->ERR_clear_error();
        calls->BIO_up_ref(calls->SSL_get_rbio(connection));
        calls->SSL_free(connection);
    }
    return result;
}

/* Were OCTETS keep-alives alone? Where a writer cut a message just there, the pong that comes is
 * white space between two messages to its reader. */
static gboolean octets_ping(const char *octets, int count)
{
    if (count < 4 || count % 2)
        return FALSE;
    for (int i = 0; i < count; i += 2) {
        if (octets[i] != '\r' || octets[i + 1] != '\n')
            return FALSE;
    }
    return TRUE;
}

/* Home thread: any. */
int SSL_read(void *connection, void *buffer, int size)
{
    const OpensslCalls *calls = openssl_calls();
    int result = calls ? calls->SSL_read(connection, buffer, size) : -1;
    gpointer unfinished;

    if (result <= 0 || !octets_ping(buffer, result) || !connections ||
        !g_hash_table_lookup_extended(connections, connection, NULL, &unfinished) || unfinished)
        return result;
    if (SSL_write(connection, "\r\n", 2) == 2)
        pongs++;
    return result;
}

/* What OpenSSL could not write it wants again before anything else.
 * Home thread: any. */
int SSL_write(void *connection, const void *buffer, int size)
{
    const OpensslCalls *calls = openssl_calls();
    int result = calls ? calls->SSL_write(connection, buffer, size) : -1;

    if (connections && g_hash_table_contains(connections, connection))
        g_hash_table_insert(connections, connection, GINT_TO_POINTER(result <= 0));
    return result;
}
