/* Where we listen: which places the settings name, what Sofia is told of one. */
#include "place.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *place_transport_name(PlaceTransport transport)
{
    static const char *const names[] = {"udp", "tcp", "tls"};

    return names[transport];
}

static void places_add(GArray *places, const SipSettings *sip,
                       const struct sockaddr_storage *address, const char *setting)
{
    Place place = {PLACE_UDP, *address, setting};

    g_array_append_val(places, place);
    place.transport = PLACE_TCP;
    if (sip->tcp)
        g_array_append_val(places, place);
}

GArray *places_of(const SipSettings *sip)
{
    GArray *places = g_array_new(FALSE, TRUE, sizeof(Place));

    places_add(places, sip, &sip->listen, "[sip] listen");
    for (guint i = 0; sip->also_listen && i < sip->also_listen->len; i++)
        places_add(places, sip, &g_array_index(sip->also_listen, struct sockaddr_storage, i),
                   "[sip] also-listen");
    return places;
}

void place_refuse(const Place *place, int why, GError **error)
{
    char text[64];

    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(why), "%s: %s (%s): %s",
                place->setting,
                address_describe((const struct sockaddr *)&place->address, text, sizeof(text)),
                place_transport_name(place->transport), g_strerror(why));
}

gboolean place_is_free(const Place *place, GError **error)
{
    int type = place->transport == PLACE_UDP ? SOCK_DGRAM : SOCK_STREAM, on = 1, why;
    int fd = socket(place->address.ss_family, type | SOCK_CLOEXEC, 0);

    if (fd >= 0 && type == SOCK_STREAM)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd >= 0 &&
        bind(fd, (const struct sockaddr *)&place->address, address_length(&place->address)) == 0) {
        close(fd);
        return TRUE;
    }
    why = errno;
    if (fd >= 0)
        close(fd);
    place_refuse(place, why, error);
    return FALSE;
}

char *place_host(const struct sockaddr_storage *address)
{
    struct sockaddr_storage bare = *address;
    char text[64];

    address_set_port(&bare, 0);
    address_describe((struct sockaddr *)&bare, text, sizeof(text));
    return bare.ss_family == AF_INET6 && *text != '[' ? g_strdup_printf("[%s]", text)
                                                      : g_strdup(text);
}

char *place_url(const Place *place, const char *public_host)
{
    guint16 number = address_port((const struct sockaddr *)&place->address);
    const char *scheme = place->transport == PLACE_TLS ? "sips" : "sip";
    const char *transport = place_transport_name(place->transport);
    g_autofree char *host = place_host(&place->address);

    if (public_host)
        return g_strdup_printf("%s:%s:%u;transport=%s;maddr=%s", scheme, public_host, number,
                               transport, host);
    return g_strdup_printf("%s:%s:%u;transport=%s", scheme, host, number, transport);
}
