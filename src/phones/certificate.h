/* The certificate of the proxy's TLS ports: what new connections show, replaced while others go on.
 */
#pragma once

#include <glib.h>

typedef struct Certificate Certificate;

/* The PEM files, and the lowest version spoken. */
typedef struct CertificateFiles {
    const char *chain; /* the certificate first */
    const char *key;   /* NULL: in chain, too */
    gboolean only_1_3; /* else TLS 1.2 as well */
} CertificateFiles;

/* Reads FILES. NULL with ERROR ("/etc/tieline/proxy.pem: No such file or directory"). Home thread:
 * signalling. */
Certificate *certificate_new(const CertificateFiles *files, GError **error);
/* New connections show what FILES say now; those that stand keep theirs. FALSE with ERROR: all
 * stays as it is. */
gboolean certificate_load(Certificate *certificate, const CertificateFiles *files, GError **error);
void certificate_free(Certificate *certificate);
/* Unix seconds after which it is not valid. */
gint64 certificate_expires(const Certificate *certificate);

/* Between begin and end the TLS ports that Sofia opens become CERTIFICATE's, which must outlive
 * them. */
void certificate_begin(Certificate *certificate);
void certificate_end(Certificate *certificate);
/* A connection to one of its ports was just accepted: the next that Sofia asks for is that one.
 * Those it would open itself it does not get, and their requests fail at once. */
void certificate_expect(void);

/* Double CRLF received on TLS and answered by one (RFC 5626 3.5.1), which Sofia does on TCP only;
 * of this thread. */
guint64 certificate_pongs(void);
