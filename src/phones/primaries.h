/* The primary proxies' part in the room: who serves a request, and what a primary's answer means
 * for it.
 *
 * Private to src/phones. Home thread: signalling.
 */
#pragma once

#include "mode.h"
#include "room.h"

/* Opens what [proxy] says of primaries, names and numbers. */
gboolean primaries_open(Phones *phones, GError **error);
/* When every fork has gone. */
void primaries_close(Phones *phones);
void primaries_set_settings(Phones *phones);

/* Is the host of URL a primary's, as configured? Its users are ours, too. */
gboolean primaries_has_host(const Phones *phones, const url_t *url);
/* Did IN come from a primary? */
gboolean primaries_sent(const Inbound *in);

/* The mode's word about IN, which is no request to the box itself. */
ModeVerdict primaries_judge(Inbound *in);
/* Puts the primary before TARGETS. */
void primaries_put_first(Inbound *in, GQueue *targets);

/* Where TARGET goes now, and the ticket for it; FALSE: every primary is gone. Of a branch that is
 * being made. */
gboolean primaries_aim(Branch *branch);
/* BRANCH, to a primary, had a response: any; with SIP NULL one that NTA made up. */
void primaries_heard(Branch *branch, int status, gboolean made_up);
/* BRANCH's final response is STATUS. TRUE: that is the answer, whatever waits behind it. FALSE:
 * what still waits is tried. */
gboolean primaries_decided(Fork *fork, const Branch *branch, int status, gboolean made_up);

/* What `show primary` tells of one. */
void primaries_each(const Phones *phones, PhonesPrimaryFunc func, void *user);
void primaries_each_counter(const Phones *phones, CounterFunc func, void *user);
