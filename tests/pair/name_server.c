/* A name server of its own make (tests/lib/dns_server.py) for a test's time. */
#include "name_server.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

struct NameServer {
    char *zone; /* path */
    GPid process;
    FILE *says;
    guint16 port;
};

NameServer *name_server_new(const char *zone)
{
    NameServer *server = g_new0(NameServer, 1);
    g_autoptr(GError) error = NULL;
    int fd = g_file_open_tmp("tieline-zone-XXXXXX", &server->zone, &error);

    g_assert_no_error(error);
    close(fd);
    name_server_write(server, zone);
    name_server_start(server);
    return server;
}

void name_server_free(NameServer *server)
{
    name_server_stop(server);
    unlink(server->zone);
    g_free(server->zone);
    g_free(server);
}

guint16 name_server_port(const NameServer *server)
{
    return server->port;
}

void name_server_write(NameServer *server, const char *zone)
{
    g_autoptr(GError) error = NULL;

    g_file_set_contents(server->zone, zone, -1, &error);
    g_assert_no_error(error);
}

void name_server_stop(NameServer *server)
{
    if (!server->process)
        return;
    kill(server->process, SIGTERM);
    waitpid(server->process, NULL, 0);
    g_spawn_close_pid(server->process);
    server->process = 0;
    fclose(server->says);
}

void name_server_start(NameServer *server)
{
    g_autofree char *port = g_strdup_printf("%u", server->port);
    const char *arguments[] = {"python3", DNS_SERVER, server->zone, "--port", port, NULL};
    g_autoptr(GError) error = NULL;
    unsigned said = 0;
    int out;

    g_spawn_async_with_pipes(NULL, (char **)arguments, NULL,
                             G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                             &server->process, NULL, &out, NULL, &error);
    g_assert_no_error(error);
    server->says = fdopen(out, "r");
    g_assert_cmpint(fscanf(server->says, "port %u", &said), ==, 1);
    server->port = (guint16)said;
}
