/* The data link between libpri and us, where a group of spans has two D channels: libpri's own
 * layer 2 ends here. */
#include "nfas_inner.h"
#include "lapd.h"

#define UNHEARD_MAX 256

struct NfasInner {
    DChannel *head;
    NfasSaid said;
    void *user;
    Lapd *lapd;     /* libpri's far end */
    GQueue spoken;  /* of GBytes*: frames of libpri's, which must not be answered while it writes */
    GQueue unheard; /* of GBytes*: messages for libpri, whose link is not up yet */
    gboolean renew; /* the active link was established anew: libpri's will be so too */
    LoopTimer *turn; /* the frames are heard then */
};

static void forget(GQueue *queue)
{
    g_queue_clear_full(queue, (GDestroyNotify)g_bytes_unref);
}

static void inner_delivers(void *user, const guint8 *information, gsize length)
{
    NfasInner *inner = user;

    inner->said(inner->user, information, length);
}

static void inner_sends(void *user, const guint8 *frame, gsize length)
{
    NfasInner *inner = user;

    dchan_receive(inner->head, frame, length);
}

static void inner_changed(void *user, gboolean up)
{
    NfasInner *inner = user;
    GQueue again = G_QUEUE_INIT;
    GBytes *bytes;

    /* libpri tells its own view. */
    lapd_take_unsent(inner->lapd, &again);
    while ((bytes = g_queue_pop_tail(&again)))
        g_queue_push_head(&inner->unheard, bytes);
    while (up && (bytes = g_queue_pop_head(&inner->unheard))) {
        gsize length;
        const guint8 *information = g_bytes_get_data(bytes, &length);

        lapd_send(inner->lapd, information, length);
        g_bytes_unref(bytes);
    }
}

static void libpri_is_heard(void *user)
{
    NfasInner *inner = user;
    GBytes *bytes;

    while ((bytes = g_queue_pop_head(&inner->spoken))) {
        gsize length;
        const guint8 *frame = g_bytes_get_data(bytes, &length);

        lapd_receive(inner->lapd, frame, length);
        g_bytes_unref(bytes);
    }
    if (inner->renew)
        lapd_renew(inner->lapd);
    inner->renew = FALSE;
}

NfasInner *nfas_inner_new(DChannel *head, NfasSaid said, void *user)
{
    NfasInner *inner = g_new0(NfasInner, 1);
    Loop *loop = dchan_isdn(head)->loop;
    LapdOps ops = {inner, inner_sends, inner_delivers, inner_changed};

    *inner = (NfasInner){.head = head, .said = said, .user = user};
    g_queue_init(&inner->spoken);
    g_queue_init(&inner->unheard);
    inner->turn = loop_timer_new(loop, libpri_is_heard, inner);
    inner->lapd = lapd_new(loop, &ops, dchan_trunk(head)->side != SIDE_NETWORK);
    return inner;
}

void nfas_inner_free(NfasInner *inner)
{
    forget(&inner->spoken);
    forget(&inner->unheard);
    loop_timer_free(dchan_isdn(inner->head)->loop, inner->turn);
    lapd_free(inner->lapd);
    g_free(inner);
}

void nfas_inner_open(NfasInner *inner)
{
    lapd_open(inner->lapd);
}

void nfas_inner_close(NfasInner *inner)
{
    forget(&inner->unheard);
    lapd_close(inner->lapd);
}

void nfas_inner_renew(NfasInner *inner, gboolean renew)
{
    inner->renew = renew;
    if (renew)
        loop_timer_start(dchan_isdn(inner->head)->loop, inner->turn, 0);
}

void nfas_inner_tell(NfasInner *inner, const guint8 *information, gsize length)
{
    if (!lapd_send(inner->lapd, information, length) &&
        g_queue_get_length(&inner->unheard) < UNHEARD_MAX)
        g_queue_push_tail(&inner->unheard, g_bytes_new(information, length));
}

void nfas_inner_frame(NfasInner *inner, const guint8 *frame, gsize length)
{
    g_queue_push_tail(&inner->spoken, g_bytes_new(frame, length));
    loop_timer_start(dchan_isdn(inner->head)->loop, inner->turn, 0);
}
