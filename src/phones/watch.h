/* The primary proxies under watch: OPTIONS to each, what relayed requests tell, and which of them
 * is used now.
 *
 * Home thread: signalling. Sofia's NTA; what it decides, primary.c decides.
 */
#pragma once

#include "hop_book.h"
#include "loop.h"
#include "primary.h"
#include "resolve.h"
#include "settings.h"

#include <sofia-sip/nta.h>

typedef struct Watch Watch;
/* One primary: one address. */
typedef struct Watched Watched;
/* A request that was relayed to a primary, from its sending to its end. */
typedef struct WatchTicket WatchTicket;

typedef struct WatchSettings {
    const GArray *places; /* of PrimaryPlace; copied */
    PrimaryPolicy policy;
    /* A primary was found, or is one no more: who is not admitted is not heard. NULL: everybody is.
     */
    void (*admit)(void *user, const struct sockaddr *address, gboolean in);
    const char *own_host; /* in From of OPTIONS */
    const char *user_agent;
} WatchSettings;

/* WATCHED has another state than BEFORE. */
typedef void (*WatchChangedFunc)(void *user, const Watched *watched, PrimaryState before);

/* AGENT, LOOP and RESOLVE outlive the watch. */
Watch *watch_new(nta_agent_t *agent, Loop *loop, Resolve *resolve, const WatchSettings *settings,
                 WatchChangedFunc changed, void *user);
/* Tickets that are still out go silent: only watch_end() is legal for them. */
void watch_free(Watch *watch);
/* Primaries that stay keep what is known of them. */
void watch_set_settings(Watch *watch, const WatchSettings *settings);

/* The primary that requests go to: the first that is UP, else the first that is not DOWN; NULL when
 * all are, or none is configured. Borrowed until the loop turns. */
Watched *watch_choose(const Watch *watch);
/* The one to try when AFTER was silent, or NULL. */
Watched *watch_choose_after(const Watch *watch, const Watched *after);
/* Is ADDRESS (its port does not count) a primary's? */
gboolean watch_knows(const Watch *watch, const struct sockaddr *address);

const NextHop *watched_hop(const Watched *watched);
/* "sip:192.0.2.1:5060;transport=udp": where to send. */
const char *watched_uri(const Watched *watched);
/* As configured: "pbx.example.com", "192.0.2.1:5070". */
const char *watched_place(const Watched *watched);
const Primary *watched_primary(const Watched *watched);

/* A request goes to WATCHED. FUNC is called once when it stays unanswered for longer than it
 * should: it has been counted as silent then, and the request is to be served otherwise. */
WatchTicket *watch_begin(Watched *watched, void (*func)(void *user), void *user);
/* Its response, any of them. */
void watch_heard(WatchTicket *ticket, guint status);
/* It could not be sent, or the network said that nobody listens. */
void watch_broke(WatchTicket *ticket);
/* Its response is final, or nobody waits for it any more; frees it. NULL is nothing. */
void watch_end(WatchTicket *ticket);

/* For the operator: every primary, in order. */
void watch_each(const Watch *watch, void (*func)(void *user, const Watched *watched), void *user);
/* Places whose name nobody knows. */
guint watch_unresolved(const Watch *watch);
