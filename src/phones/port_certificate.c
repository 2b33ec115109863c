/* The certificate of the proxy's port: opened, read anew at a reload, its end told in time. */
#include "port_private.h"

#include "clock.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define DAY_US (G_GINT64_CONSTANT(86400) * G_USEC_PER_SEC)
#define EXPIRY_WARNING_S (30 * 86400)

static CertificateFiles port_certificate_files(const Settings *settings)
{
    const PortSettings *ports = &settings->proxy.port;

    return (CertificateFiles){ports->tls_certificate, ports->tls_key,
                              ports->tls_min == TLS_MIN_1_3};
}

void port_tell_expiry(void *user)
{
    ProxyPort *port = user;
    gint64 expires = certificate_expires(port->certificate);
    gint64 left = expires - clock_wall_us() / G_USEC_PER_SEC;
    const char *file = port->settings->proxy.port.tls_certificate;
    char day[32] = "";
    time_t when = (time_t)expires;
    struct tm broken;

    loop_timer_start(port->loop, port->daily, DAY_US);
    if (left >= EXPIRY_WARNING_S || !file)
        return;
    if (gmtime_r(&when, &broken))
        strftime(day, sizeof(day), "%F %T UTC", &broken);
    if (left <= 0)
        log_error("[proxy] tls-certificate: %s: has expired on %s", file, day);
    else
        log_warning("[proxy] tls-certificate: %s: expires on %s, in %" G_GINT64_FORMAT " days",
                    file, day, left / 86400);
}

static void port_check_key_mode(const Settings *settings)
{
    const PortSettings *ports = &settings->proxy.port;
    const char *file = ports->tls_key ? ports->tls_key : ports->tls_certificate;
    struct stat is;

    if (stat(file, &is) == 0 && is.st_mode & (S_IROTH | S_IWOTH))
        log_warning("[proxy] %s: %s: everybody may read the key",
                    ports->tls_key ? "tls-key" : "tls-certificate", file);
}

/* The setting that ERROR, of certificate.c, is about. */
static const char *certificate_setting(const Settings *settings, const GError *error)
{
    const char *key = settings->proxy.port.tls_key;

    return key && g_str_has_prefix(error->message, key) ? "tls-key" : "tls-certificate";
}

gboolean port_open_certificate(ProxyPort *port, GError **error)
{
    CertificateFiles files = port_certificate_files(port->settings);
    GError *why = NULL;

    if (!port->settings->proxy.port.tls_listen)
        return TRUE;
    if (!(port->certificate = certificate_new(&files, &why))) {
        g_propagate_prefixed_error(error, why,
                                   "[proxy] %s: ", certificate_setting(port->settings, why));
        return FALSE;
    }
    port_check_key_mode(port->settings);
    port->daily = loop_timer_new(port->loop, port_tell_expiry, port);
    port_tell_expiry(port);
    return TRUE;
}

void port_reload_certificate(ProxyPort *port)
{
    CertificateFiles files = port_certificate_files(port->settings);
    g_autoptr(GError) error = NULL;

    if (!port->certificate)
        return;
    if (!files.chain) {
        log_error("[proxy] tls-certificate: is missing; the old certificate stays");
        return;
    }
    if (!certificate_load(port->certificate, &files, &error)) {
        log_error("[proxy] %s: %s; the old certificate stays",
                  certificate_setting(port->settings, error), error->message);
        return;
    }
    port_check_key_mode(port->settings);
    port_tell_expiry(port);
}
