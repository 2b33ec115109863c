/* The check of source addresses, and symmetric RTP (RFC 4961) learnt once. */
#include "source.h"
#include "settings.h"

#include <string.h>

static gboolean host_equal(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return FALSE;
    if (a->ss_family == AF_INET)
        return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
               ((const struct sockaddr_in *)b)->sin_addr.s_addr;
    return a->ss_family == AF_INET6 &&
           memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
                  &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

static gboolean source_equal(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    return host_equal(a, b) &&
           address_port((const struct sockaddr *)a) == address_port((const struct sockaddr *)b);
}

void source_agree(Source *self, const struct sockaddr_storage *address)
{
    if (address->ss_family == self->agreed.ss_family &&
        (address->ss_family == AF_UNSPEC || source_equal(address, &self->agreed)))
        return;
    *self = (Source){.agreed = *address};
}

gboolean source_is_foreign(const Source *self, const struct sockaddr_storage *from)
{
    if (source_equal(from, &self->agreed))
        return FALSE;
    return self->heard ||
           (self->learnt.ss_family != AF_UNSPEC && !source_equal(from, &self->learnt));
}

void source_hear(Source *self, const struct sockaddr_storage *from)
{
    if (source_equal(from, &self->agreed)) {
        self->heard = TRUE;
        self->learnt = (struct sockaddr_storage){0};
    } else {
        self->learnt = *from;
    }
}

const struct sockaddr_storage *source_target(const Source *self)
{
    if (self->agreed.ss_family == AF_UNSPEC)
        return NULL;
    if (self->learnt.ss_family != AF_UNSPEC && !host_equal(&self->learnt, &self->agreed))
        return &self->learnt;
    return &self->agreed;
}
