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

/* Who knows addresses of names. */
struct Resolve *primaries_resolver(const Phones *phones);
/* ... and which of these have failed of late. */
struct Graylist *primaries_graylist(const Phones *phones);

/* Is the host of URL a primary's, as configured? Its users are ours, too. */
gboolean primaries_has_host(const Phones *phones, const url_t *url);
/* Did IN come from a primary? */
gboolean primaries_sent(const Inbound *in);
/* Is ADDRESS, whatever its port, a primary's? */
gboolean primaries_know(const Phones *phones, const struct sockaddr *address);

/* The mode's word about IN, which is no request to the box itself. */
ModeVerdict primaries_judge(Inbound *in);
/* Is there one that requests go to? */
gboolean primaries_live(const Phones *phones);
/* How long a registration that is ours only while the primary is gone, or not yet its own again, is
 * granted at most. */
guint primaries_life_s(const Phones *phones);
/* Puts the primary before TARGETS. */
void primaries_put_first(Inbound *in, GQueue *targets);

/* Where TARGET goes now, and the ticket for it; FALSE: every primary is gone. Of a branch that is
 * being made. */
gboolean primaries_aim(Branch *branch);
/* A REGISTER whose sender knows Path (RFC 3327) asks the primary to come by us. FALSE: out of
 * memory. */
gboolean primaries_add_path(const Fork *fork, msg_t *msg, sip_t *sip);
/* BRANCH, to a primary, had a response: any; with SIP NULL one that NTA made up. */
void primaries_heard(Branch *branch, int status, gboolean made_up);
/* BRANCH's final response is STATUS. TRUE: that is the answer, whatever waits behind it. FALSE:
 * what still waits is tried. */
gboolean primaries_decided(Fork *fork, const Branch *branch, int status, gboolean made_up);

/* BRANCH's target is a phone or the PBX. FALSE: a copy of its INVITE that came another way has been
 * sent there already (RFC 3261 8.2.2.2), as by a primary that was slow and is not gone. */
gboolean primaries_first(Branch *branch);
/* BRANCH is over, with STATUS, or for want of another word with 0. */
void primaries_ended(Branch *branch, int status);

/* ---- register_relay.c: REGISTER and the primary ---- */

/* Takes IN, a REGISTER to us, where it is not ours to serve: passed on, or refused. FALSE: it is
 * served here. */
gboolean registers_take(Inbound *in);
/* Has who IN registers been registered here, without the primary? */
gboolean registers_are_local(const Inbound *in);
/* The primary's 2xx to the REGISTER of FORK is RESPONSE: what it accepted is served when it is
 * gone. */
void registers_learn(Fork *fork, sip_t const *response);
/* May IN pass without credentials, for the primary, now gone, has accepted who sends it? */
gboolean registers_vouch(const Inbound *in);

/* The binding that the primary's request IN means, by our Path or straight: its Request-URI is a
 * contact that registered through us. NULL: none. */
Target *registers_target(const Inbound *in, const char *uri);

/* What `show primary` tells of one. */
void primaries_each(const Phones *phones, PhonesPrimaryFunc func, void *user);
void primaries_each_counter(const Phones *phones, CounterFunc func, void *user);
