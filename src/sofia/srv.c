/* The order in which the servers of an SRV answer are tried (RFC 2782). */
#include "srv.h"

static int server_compare(gconstpointer a, gconstpointer b, gpointer unused)
{
    const SrvServer *one = a, *other = b;

    (void)unused;
    if (one->priority != other->priority)
        return one->priority < other->priority ? -1 : 1;
    /* Those of weight 0 stand first: then the smallest draw still finds them. */
    return (one->weight != 0) - (other->weight != 0);
}

/* Which of COUNT servers is drawn next. */
static gsize server_draw(const SrvServer *servers, gsize count,
                         guint32 (*draw)(void *user, guint32 limit), void *user)
{
    guint32 sum = 0, drawn;

    for (gsize i = 0; i < count; i++)
        sum += servers[i].weight;
    drawn = draw(user, sum);
    sum = 0;
    for (gsize i = 0; i < count; i++) {
        sum += servers[i].weight;
        if (sum >= drawn)
            return i;
    }
    return count - 1;
}

void srv_order(SrvServer *servers, gsize count, guint32 (*draw)(void *user, guint32 limit),
               void *user)
{
    if (!count)
        return;
    g_qsort_with_data(servers, (gint)count, sizeof *servers, server_compare, NULL);
    for (gsize from = 0; from < count; from++) {
        gsize end = from, chosen;
        SrvServer server;

        while (end < count && servers[end].priority == servers[from].priority)
            end++;
        chosen = from + server_draw(servers + from, end - from, draw, user);
        server = servers[chosen];
        /* The others keep their order. */
        for (gsize i = chosen; i > from; i--)
            servers[i] = servers[i - 1];
        servers[from] = server;
    }
}
