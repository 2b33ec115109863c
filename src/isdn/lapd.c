/* A data link of Q.921 between two points: sequence, acknowledgement and repetition of the messages
 * of one D channel.
 *
 *                  SABME sent                UA, or SABME of theirs
 *      LINK_DOWN -------------> LINK_AWAITS ------------------------> LINK_UP
 *          ^                       |    ^                                |
 *          | N200 times T200       |    | N200 times T200, DM, DISC,     |
 *          +-----------------------+    +--------------------------------+  wrong N(R), FRMR
 *
 * DOWN ends by itself after a pause: a D channel is wanted as long as it is open.
 */
#include "lapd.h"

#define T200_US G_USEC_PER_SEC
#define T203_US (10 * G_USEC_PER_SEC)
#define N200 3
#define WINDOW 7
#define WAITING_MAX 256 /* who leaves more untaken has no use for the link */

typedef enum LapdState { LINK_DOWN, LINK_AWAITS, LINK_UP } LapdState;

struct Lapd {
    Loop *loop;
    LapdOps ops;
    gboolean network;
    gboolean open;
    LapdState state;
    guint8 vs, va, vr;   /* modulo 128 */
    guint tries;         /* of what T200 supervises */
    gboolean recovering; /* our poll is unanswered */
    gboolean peer_busy;  /* RNR */
    gboolean rejected;   /* our REJ is unanswered */
    GQueue window;       /* of GBytes*: N(S) from V(A) to V(S) - 1 */
    GQueue waiting;      /* of GBytes*: not sent yet */
    GQueue unsent;       /* of GBytes*: of the link that ended, while ops.changed() is told */
    LoopTimer *t200, *t203;
    gboolean t200_runs;
};

/* ---- frames out ---------------------------------------------------------------------------------
 */

static void send_unnumbered(Lapd *lapd, guint8 control, gboolean command, gboolean poll)
{
    guint8 frame[LAPD_FRAME_MAX];

    lapd->ops.send(lapd->ops.user, frame,
                   lapd_frame_unnumbered(frame, lapd->network, control, command, poll));
}

static void send_supervisory(Lapd *lapd, guint8 control, gboolean command, gboolean poll)
{
    guint8 frame[LAPD_FRAME_MAX];

    lapd->ops.send(lapd->ops.user, frame,
                   lapd_frame_supervisory(frame, lapd->network, control, command, poll, lapd->vr));
}

static void send_information(Lapd *lapd, GBytes *bytes, guint8 number)
{
    guint8 frame[LAPD_FRAME_MAX];

    lapd->ops.send(lapd->ops.user, frame,
                   lapd_frame_information(frame, lapd->network, number, lapd->vr, bytes));
}

/* ---- timers and states --------------------------------------------------------------------------
 */

/* T200 while something is unanswered, T203 while nothing is (5.6.1, 5.10). A T200 that runs goes on
 * whatever else passes, unless it is to begin ANEW: for what was sent again, or after an
 * acknowledgement (5.6.3.2). */
static void watch(Lapd *lapd, gboolean anew)
{
    gboolean unanswered = lapd->state == LINK_AWAITS || lapd->recovering ||
                          !g_queue_is_empty(&lapd->window) ||
                          (lapd->state == LINK_DOWN && lapd->open);

    if (unanswered && lapd->t200_runs && !anew)
        return;
    loop_timer_stop(lapd->loop, lapd->t200);
    loop_timer_stop(lapd->loop, lapd->t203);
    lapd->t200_runs = unanswered;
    if (unanswered)
        loop_timer_start(lapd->loop, lapd->t200, T200_US);
    else if (lapd->state == LINK_UP)
        loop_timer_start(lapd->loop, lapd->t203, T203_US);
}

static void queues_forget(Lapd *lapd)
{
    g_queue_clear_full(&lapd->window, (GDestroyNotify)g_bytes_unref);
    g_queue_clear_full(&lapd->waiting, (GDestroyNotify)g_bytes_unref);
}

static void numbers_reset(Lapd *lapd)
{
    lapd->vs = lapd->va = lapd->vr = 0;
    lapd->tries = 0;
    lapd->recovering = lapd->peer_busy = lapd->rejected = FALSE;
}

/* What the link that ended has not got through can be taken meanwhile. */
static void tell_change(Lapd *lapd, gboolean up)
{
    lapd->ops.changed(lapd->ops.user, up);
    g_queue_clear_full(&lapd->unsent, (GDestroyNotify)g_bytes_unref);
}

static void queues_put_by(Lapd *lapd)
{
    GBytes *bytes;

    while ((bytes = g_queue_pop_head(&lapd->window)) || (bytes = g_queue_pop_head(&lapd->waiting)))
        g_queue_push_tail(&lapd->unsent, bytes);
}

static void set_up(Lapd *lapd)
{
    queues_put_by(lapd);
    numbers_reset(lapd);
    lapd->state = LINK_UP;
    watch(lapd, TRUE);
    tell_change(lapd, TRUE);
}

static void establish(Lapd *lapd)
{
    lapd->state = LINK_AWAITS;
    lapd->tries++;
    send_unnumbered(lapd, LAPD_SABME, TRUE, TRUE);
    watch(lapd, TRUE);
}

/* It was up, and is so no more. */
static void set_down(Lapd *lapd)
{
    gboolean was_up = lapd->state == LINK_UP;

    lapd->state = LINK_DOWN;
    lapd->recovering = FALSE;
    queues_put_by(lapd);
    if (was_up)
        tell_change(lapd, FALSE);
    lapd->tries = 0;
    if (lapd->open && lapd->state == LINK_DOWN)
        establish(lapd);
    else
        watch(lapd, TRUE);
}

static void transmit_waiting(Lapd *lapd)
{
    while (g_queue_get_length(&lapd->window) < WINDOW && !lapd->peer_busy && !lapd->recovering &&
           !g_queue_is_empty(&lapd->waiting)) {
        GBytes *bytes = g_queue_pop_head(&lapd->waiting);

        g_queue_push_tail(&lapd->window, bytes);
        send_information(lapd, bytes, lapd->vs);
        lapd->vs = (lapd->vs + 1) & 127;
    }
}

static void transmit_again(Lapd *lapd)
{
    guint8 number = lapd->va;

    for (GList *link = lapd->window.head; link; link = link->next) {
        send_information(lapd, link->data, number);
        number = (number + 1) & 127;
    }
}

static void t200_expired(void *user)
{
    Lapd *lapd = user;

    lapd->t200_runs = FALSE;
    if (lapd->state == LINK_DOWN) {
        if (lapd->open)
            establish(lapd);
        return;
    }
    if (lapd->tries >= N200) {
        if (lapd->state == LINK_UP) {
            set_down(lapd);
        } else {
            lapd->state = LINK_DOWN;
            lapd->tries = 0;
            watch(lapd, TRUE);
        }
        return;
    }
    if (lapd->state == LINK_AWAITS) {
        establish(lapd);
        return;
    }
    lapd->recovering = TRUE; /* 5.9: timer recovery */
    lapd->tries++;
    send_supervisory(lapd, LAPD_RR, TRUE, TRUE);
    watch(lapd, TRUE);
}

static void t203_expired(void *user)
{
    Lapd *lapd = user;

    lapd->tries = 0;
    t200_expired(lapd);
}

/* ---- frames in ----------------------------------------------------------------------------------
 */

static void unnumbered_received(Lapd *lapd, guint8 control, gboolean poll)
{
    switch (control) {
    case LAPD_SABME:
        send_unnumbered(lapd, lapd->open ? LAPD_UA : LAPD_DM, FALSE, poll);
        if (lapd->open)
            set_up(lapd);
        break;
    case LAPD_UA:
        if (lapd->state == LINK_AWAITS)
            set_up(lapd);
        break;
    case LAPD_DISC:
        send_unnumbered(lapd, lapd->state == LINK_UP ? LAPD_UA : LAPD_DM, FALSE, poll);
        if (lapd->state == LINK_UP)
            set_down(lapd);
        break;
    case LAPD_DM:
    case LAPD_FRMR:
        if (lapd->state == LINK_UP)
            set_down(lapd);
        break;
    }
}

/* FALSE when NUMBER acknowledges what was never sent (5.8.5): the link is gone then. */
static gboolean acknowledge(Lapd *lapd, guint8 number)
{
    if (((number - lapd->va) & 127) > ((lapd->vs - lapd->va) & 127)) {
        set_down(lapd);
        return FALSE;
    }
    while (lapd->va != number) {
        g_bytes_unref(g_queue_pop_head(&lapd->window));
        lapd->va = (lapd->va + 1) & 127;
        if (!lapd->recovering)
            lapd->tries = 0;
    }
    return TRUE;
}

static void supervisory_received(Lapd *lapd, const LapdFrame *frame)
{
    gboolean again = frame->control == LAPD_REJ, anew;
    guint8 before = lapd->va;

    lapd->peer_busy = frame->control == LAPD_RNR;
    if (frame->command && frame->poll)
        send_supervisory(lapd, LAPD_RR, FALSE, TRUE);
    if (!acknowledge(lapd, frame->nr))
        return;
    if (!frame->command && frame->poll && lapd->recovering) {
        lapd->recovering = FALSE;
        lapd->tries = 0;
        again = TRUE;
    }
    anew = !lapd->recovering && (again || lapd->va != before);
    if (again && !lapd->recovering && !lapd->peer_busy)
        transmit_again(lapd);
    transmit_waiting(lapd);
    watch(lapd, anew);
}

static void information_received(Lapd *lapd, const LapdFrame *frame)
{
    gboolean wanted = frame->ns == lapd->vr;
    guint8 before = lapd->va;

    if (!acknowledge(lapd, frame->nr))
        return;
    if (wanted) {
        lapd->vr = (lapd->vr + 1) & 127;
        lapd->rejected = FALSE;
        send_supervisory(lapd, LAPD_RR, FALSE, frame->poll);
    } else if (!lapd->rejected || frame->poll) {
        send_supervisory(lapd, LAPD_REJ, FALSE, frame->poll);
        lapd->rejected = TRUE;
    }
    transmit_waiting(lapd);
    watch(lapd, !lapd->recovering && lapd->va != before);
    if (wanted && frame->length)
        lapd->ops.deliver(lapd->ops.user, frame->information, frame->length);
}

void lapd_receive(Lapd *lapd, const guint8 *octets, gsize length)
{
    LapdFrame frame;

    if (!lapd_frame_read(&frame, lapd->network, octets, length))
        return;
    if (!frame.numbered && (frame.control & 3) == 3)
        unnumbered_received(lapd, frame.control, frame.poll);
    else if (lapd->state != LINK_UP)
        return; /* 5.5.2: of a link that is no more, or not yet */
    else if (frame.numbered)
        information_received(lapd, &frame);
    else
        supervisory_received(lapd, &frame);
}

/* ---- the door -----------------------------------------------------------------------------------
 */

Lapd *lapd_new(Loop *loop, const LapdOps *ops, gboolean network)
{
    Lapd *lapd = g_new0(Lapd, 1);

    lapd->loop = loop;
    lapd->ops = *ops;
    lapd->network = network;
    g_queue_init(&lapd->window);
    g_queue_init(&lapd->waiting);
    g_queue_init(&lapd->unsent);
    lapd->t200 = loop_timer_new(loop, t200_expired, lapd);
    lapd->t203 = loop_timer_new(loop, t203_expired, lapd);
    return lapd;
}

void lapd_free(Lapd *lapd)
{
    queues_forget(lapd);
    g_queue_clear_full(&lapd->unsent, (GDestroyNotify)g_bytes_unref);
    loop_timer_free(lapd->loop, lapd->t200);
    loop_timer_free(lapd->loop, lapd->t203);
    g_free(lapd);
}

void lapd_open(Lapd *lapd)
{
    if (lapd->open)
        return;
    lapd->open = TRUE;
    lapd->tries = 0;
    establish(lapd);
}

void lapd_close(Lapd *lapd)
{
    gboolean was_up = lapd->state == LINK_UP;

    lapd->open = FALSE;
    lapd->state = LINK_DOWN;
    lapd->recovering = FALSE;
    queues_forget(lapd);
    watch(lapd, TRUE);
    if (was_up)
        send_unnumbered(lapd, LAPD_DISC, TRUE, TRUE);
}

void lapd_renew(Lapd *lapd)
{
    if (lapd->state != LINK_UP)
        return;
    lapd->tries = 0;
    lapd->recovering = FALSE;
    establish(lapd);
}

void lapd_drop(Lapd *lapd)
{
    if (lapd->state == LINK_UP)
        set_down(lapd);
}

gboolean lapd_is_up(const Lapd *lapd)
{
    return lapd->state == LINK_UP;
}

gboolean lapd_send(Lapd *lapd, const guint8 *information, gsize length)
{
    if (lapd->state != LINK_UP || length == 0 || length > LAPD_INFORMATION_MAX)
        return FALSE;
    if (g_queue_get_length(&lapd->waiting) >= WAITING_MAX) {
        set_down(lapd);
        return FALSE;
    }
    g_queue_push_tail(&lapd->waiting, g_bytes_new(information, length));
    transmit_waiting(lapd);
    watch(lapd, FALSE);
    return TRUE;
}

void lapd_take_unsent(Lapd *lapd, GQueue *out)
{
    GBytes *bytes;

    while ((bytes = g_queue_pop_head(&lapd->unsent)))
        g_queue_push_tail(out, bytes);
}
