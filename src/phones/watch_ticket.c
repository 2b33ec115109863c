/* A request that was relayed to a primary: how long it is waited for, and what it tells of the
 * primary. */
#include "watch_private.h"

struct WatchTicket {
    Watched *watched; /* a reference */
    Loop *loop;
    LoopTimer *timer;
    gint64 sent_us;
    void (*func)(void *user);
    void *user;
    gboolean told; /* what the primary did with it is known */
};

static void ticket_silent(WatchTicket *ticket)
{
    ticket->told = TRUE;
    watched_hear(ticket->watched, PRIMARY_BY_TRAFFIC, PRIMARY_SILENT);
}

static void ticket_overdue(void *user)
{
    WatchTicket *ticket = user;
    Watch *watch = ticket->watched->watch;
    gint64 left = watch ? primary_patience_us(&ticket->watched->primary, &watch->policy,
                                              ticket->sent_us, loop_now(ticket->loop))
                        : 0;

    if (left > 0) {
        loop_timer_start(ticket->loop, ticket->timer, left);
        return;
    }
    ticket_silent(ticket);
    ticket->func(ticket->user);
}

WatchTicket *watch_begin(Watched *watched, void (*func)(void *user), void *user)
{
    Watch *watch = watched->watch;
    WatchTicket *ticket;

    g_return_val_if_fail(watch != NULL, NULL);
    ticket = g_new0(WatchTicket, 1);
    *ticket = (WatchTicket){.watched = watched_ref(watched),
                            .loop = watch->loop,
                            .sent_us = loop_now(watch->loop),
                            .func = func,
                            .user = user};
    ticket->timer = loop_timer_new(watch->loop, ticket_overdue, ticket);
    loop_timer_start(watch->loop, ticket->timer, watch->policy.patience_us);
    return ticket;
}

void watch_heard(WatchTicket *ticket, guint status)
{
    loop_timer_stop(ticket->loop, ticket->timer);
    /* A first response says that it lives, a later 503 that it did not do what was asked. */
    if (ticket->told && status != 503)
        return;
    ticket->told = TRUE;
    watched_hear(ticket->watched, PRIMARY_BY_TRAFFIC, primary_sign_of(status));
}

void watch_broke(WatchTicket *ticket)
{
    loop_timer_stop(ticket->loop, ticket->timer);
    if (!ticket->told)
        ticket_silent(ticket);
}

void watch_end(WatchTicket *ticket)
{
    if (!ticket)
        return;
    loop_timer_free(ticket->loop, ticket->timer);
    watched_unref(ticket->watched);
    g_free(ticket);
}
