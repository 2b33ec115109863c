/* A port of 127.0.0.1 that nobody has, for UDP and TCP alike; below those the kernel gives away by
 * itself and those of [media] ports, so that nobody takes it meanwhile. */
#pragma once

#include <arpa/inet.h>
#include <glib.h>
#include <sys/socket.h>
#include <unistd.h>

static inline gboolean port_is_nobodys(guint16 port, int type)
{
    struct sockaddr_in own = {.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                              .sin_port = htons(port)};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    gboolean free = bind(fd, (struct sockaddr *)&own, sizeof(own)) == 0;

    close(fd);
    return free;
}

static inline guint16 free_port(void)
{
    for (guint tries = 0; tries < 1000; tries++) {
        guint16 port = (guint16)g_random_int_range(10300, 16300);

        if (port_is_nobodys(port, SOCK_DGRAM) && port_is_nobodys(port, SOCK_STREAM))
            return port;
    }
    g_assert_not_reached();
}
