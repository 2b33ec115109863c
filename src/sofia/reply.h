/* A response without a transaction. */
#pragma once

#include "root.h"

#include <sofia-sip/sip.h>
#include <sys/socket.h>

/* Who tells a STUN server of the process's sockets tells of them here. */
void reply_add_socket(int socket);
void reply_remove_socket(int socket);
/* Answers SIP, the request that MSG is, from the port LISTEN over UDP, or on the connection that it
 * came by, with STATUS and what the request brings. */
void reply_send_with(const struct sockaddr *listen, msg_t *msg, sip_t const *sip, int status,
                     const char *header);
/* The same without HEADER, one whole header line or NULL. */
void reply_send(const struct sockaddr *listen, msg_t *msg, sip_t const *sip, int status);
