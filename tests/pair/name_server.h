/* A name server of its own make (tests/lib/dns_server.py) for a test's time. */
#pragma once

#include <glib.h>

typedef struct NameServer NameServer;

/* One that answers from ZONE, in the form of dns_server.py, on 127.0.0.1. */
NameServer *name_server_new(const char *zone);
void name_server_free(NameServer *server);
guint16 name_server_port(const NameServer *server);
/* Answers from ZONE from now on. */
void name_server_write(NameServer *server, const char *zone);
/* Ends it; starts it again at the same port. */
void name_server_stop(NameServer *server);
void name_server_start(NameServer *server);
