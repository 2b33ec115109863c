/* What the stories of the proxy's port share: a port, certificates, far ends that obey. */
#pragma once

#include "port.h"
#include "sofia.h"

typedef struct Peer Peer;

typedef struct Story {
    Settings *settings;
    Loop *loop;
    ProxyPort *port;
    guint16 number, tls_number;
    guint requests; /* received, and answered with 200 */
    gboolean hears; /* what the room says of strangers */
    GString *told;  /* statuses of our own requests */
} Story;

#define OK "SIP/2.0 200 OK"
#define V4 "127.0.0.1 127.0.0.1" /* from, to */
#define EC "ec -pkeyopt ec_paramgen_curve:prime256v1"
#define WITH_TLS "tls-listen = %TLS\ntls-certificate = %CERT\n"

extern char *port_folder; /* of the files */
/* NAME in the folder; caller frees. */
char *file_of(const char *name);
/* A shell command in the folder, which must succeed. */
void run(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* NAME.crt, a certificate that signs itself, NAME.key, and both in NAME.pem; KIND is openssl's. */
void make_certificate(const char *name, const char *kind, int days);
/* root.crt signs middle.crt signs leaf.crt, whose key is leaf.key; chain.pem is what a server
 * shows. */
void make_chain(void);

/* A port that nobody has at HOST now. */
guint16 free_port(int type, const char *host);
Settings *settings_of(const char *format, ...) G_GNUC_PRINTF(1, 2);
ProxyPort *port_of(Story *story, Settings *settings, GError **error);
/* MORE: keys of [proxy]; %CERT stands for the file one.pem, %TLS for the story's TLS port. */
void story_open(Story *story, const char *more);
void story_open_at(Story *story, const char *host, const char *more);
void story_close(Story *story);
void rest(Story *story, guint ms);
guint64 counter(Story *story, const char *name);

/* tests/lib/sip_peer.py. */
Peer *peer_new(Story *story);
void peer_free(Peer *peer);
/* Has PEER do a line of sip_peer.py, which it must answer with something that begins with WANTED.
 */
void peer_does(Peer *peer, const char *wanted, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* The same in two steps; caller frees. */
void peer_begin(Peer *peer, const char *line);
char *peer_end(Peer *peer);

/* Stories of a file of their own. */
void port_tls_stories(void);
