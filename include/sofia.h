/* What every room that speaks Sofia-SIP stands on: the library's start, and its epoll root as a Loop.
 *
 * Sofia-SIP is spoken in src/sofia, src/sip and src/phones only; its types stay in their own headers below src.
 */
#pragma once

#include "loop.h"

/* Installs the monotonic clock hook and initialises Sofia; once, before any other Sofia call. Main thread. */
void sofia_open(void);
void sofia_close(void);

/* Sofia's epoll root behind the loop treaty. Create, run and free in the signalling thread; loop_post() and sofia_loop_quit() work from any. */
Loop *sofia_loop_new(GError **error);
void sofia_loop_run(Loop *loop);
void sofia_loop_quit(Loop *loop);
void sofia_loop_free(Loop *loop);

/* How often a name server could not even be connected, since the start. Any thread. */
guint64 resolver_unreachable(void);
/* A port beside 53 that name servers are asked at: they are guarded there, too. Any thread. */
void resolver_set_port(guint16 port);
