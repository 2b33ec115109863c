/* A scripted SIP phone on a UDP socket, or on TCP: it says what the story says, and hears what the
 * user agent answers.
 *
 * It knows nothing of SIP but how to copy headers, so nothing hides what is on the wire.
 */
#pragma once

#include "loop.h"

#include <netinet/in.h>

typedef struct Phone Phone;

/* A phone at ADDRESS ("127.0.0.1", "::1") and any port, which talks to the user agent at port
 * UA_PORT. */
Phone *phone_new(Loop *loop, const char *address, guint16 ua_port);
/* The same over TCP: it takes connections at its port, and makes one when it has none to speak on.
 */
Phone *phone_new_tcp(Loop *loop, const char *address, guint16 ua_port);
/* The user agent is spoken to at ADDRESS from now on. */
void phone_turn_to(Phone *phone, const char *address);
/* Over TCP: closes the connections that stand; takes none from now on. How many it has had. */
void phone_break(Phone *phone);
void phone_close_door(Phone *phone);
guint phone_connections(const Phone *phone);
/* Where the last message came from. */
const struct sockaddr *phone_heard_from(const Phone *phone);
void phone_free(Phone *phone);
guint16 phone_port(const Phone *phone);

/* Begins a new dialog: another Call-ID and tag. */
void phone_hang_up(Phone *phone);

/* Sends a request in the phone's dialog. EXTRA: more header lines, each with "\r\n", or "". BODY:
 * SDP or NULL. */
void phone_request(Phone *phone, const char *method, const char *uri, const char *extra,
                   const char *body);
/* ACK of the last INVITE's 2xx; CANCEL of the last INVITE. */
void phone_ack(Phone *phone, const char *body);
void phone_cancel(Phone *phone, const char *extra);
/* Answers the last request heard with METHOD. */
void phone_reply(Phone *phone, const char *method, const char *status, const char *extra,
                 const char *body);
/* The phone's dialog: its Call-ID, BEFORE_FAR and the user agent's tag, BEFORE_OWN and the phone's
 * tag. Caller frees. */
char *phone_dialog(const Phone *phone, const char *before_far, const char *before_own);
/* The message phone_hear() gave last; the text of the last reply. */
const char *phone_last_heard(const Phone *phone);
const char *phone_last_sent(const Phone *phone);
void phone_send_raw(Phone *phone, const void *octets, gsize size);

/* Runs the loop until a message begins with START, skipping 100 Trying and retransmissions unless
 * asked for; fails the test after 3 s. The message lasts until the next phone_hear(). */
const char *phone_hear(Phone *phone, const char *start);
/* What was heard and not asked for is forgotten. */
void phone_forget(Phone *phone);
/* Runs the loop for MS milliseconds; TRUE when nothing was heard. */
gboolean phone_hears_nothing(Phone *phone, guint ms);
/* The value of the first header NAME of MESSAGE, or NULL; Caller frees. */
char *message_header(const char *message, const char *name);
const char *message_body(const char *message);
/* Header NAME of MESSAGE is WANTED (NULL: there is none); begins with WANTED. */
void header_is(const char *message, const char *name, const char *wanted);
void header_begins(const char *message, const char *name, const char *wanted);
/* Messages heard so far, retransmissions included. */
guint phone_heard_count(const Phone *phone);

/* Runs LOOP for MS milliseconds. */
void loop_rest(Loop *loop, guint ms);
/* Between these two, time can leap while nothing waits for an answer; Sofia and the legs see only
 * this clock. */
void loop_begin_leaps(void);
void loop_end_leaps(void);
void loop_leap(Loop *loop, guint seconds);
