/* Two D channels for a group of spans (NFAS): which of them carries the messages, and the change
 * from one to the other.
 *
 *                                  +-- Lapd -- line of the primary D channel
 *      libpri -- LAPD -- inner ----+                                          (one of them active)
 *                        Lapd      +-- Lapd -- line of the backup D channel
 *
 * libpri has one controller for the whole group and never learns of a change: to it the data link
 * stands as long as either does, and so T309 (link.c) begins when both are gone. (libpri's own
 * pri_enslave() shares calls between two controllers; but a call goes on speaking by the dead one
 * until a message comes by the other, and its end is never told to the far end.) What the failed
 * link had not got acknowledged is sent on the other one: better twice than never.
 *
 * Q.931 Annex F, as Bellcore SR-4994 has it for NI-2: the primary is active when both stand at the
 * start; SERVICE for the D channel itself tells the far end of a change where the switch type has
 * it; nothing goes back to the primary by itself, the operator or the far end's SERVICE does that.
 */
#include "nfas.h"
#include "lapd.h"
#include "link.h"
#include "log.h"
#include "service.h"

#include <string.h>

#define PRIMARY_WAIT_US (3 * G_USEC_PER_SEC) /* so long the backup leaves the primary the start */
#define UNHEARD_MAX 256
#define NOBODY (-1)

typedef struct NfasLink {
    Nfas *nfas;
    DChannel *dchan;
    Lapd *lapd;
    LoopTimer *hold; /* it is barred, and not given up yet */
    gboolean barred;
    gboolean wanted; /* the far end would have it active; it is down */
} NfasLink;

struct Nfas {
    NfasLink links[2];       /* the primary's first */
    Lapd *inner;             /* libpri's far end */
    int active;              /* of links; NOBODY */
    const NfasLink *carrier; /* a message came by it last */
    GQueue spoken; /* of GBytes*: frames of libpri's, which must not be answered while it writes */
    LoopTimer *turn; /* they are heard then */
    GQueue unheard;  /* of GBytes*: messages for libpri, whose link is not up yet */
    gboolean renew;  /* the active link was established anew: libpri's will be so too */
    GQueue rescued;  /* of GBytes*: what a failed link did not get through */
    LoopTimer *wait; /* for the primary */
};

static DChannel *head_of(const Nfas *nfas)
{
    return nfas->links[0].dchan;
}

/* ---- SERVICE of a D channel ---------------------------------------------------------------------
 */

/* The Channel identification names the interface and the D channel's own timeslot. */
static void service_send(NfasLink *by, NfasLink *link, gboolean acknowledge, guint8 status)
{
    const SpanSettings *span = dchan_span(link->dchan);
    gboolean national = dchan_trunk(link->dchan)->switch_type == SWITCH_NI2;
    guint8 message[] = {national ? 0x43 : 0x03,
                        2,
                        acknowledge ? 0x80 : 0,
                        0,
                        national == !acknowledge ? 0x07 : 0x0f,
                        0x01,
                        1,
                        0xc0 | status,
                        0x18,
                        4,
                        0xe9,
                        (guint8)(0x80 | span->interface),
                        0x83,
                        (guint8)(0x80 | span->d_channel)};

    if (service_is_spoken(link->dchan))
        lapd_send(by->lapd, message, sizeof message);
}

/* ---- which one is active ------------------------------------------------------------------------
 */

static void send_rescued(Nfas *nfas, NfasLink *link)
{
    GBytes *bytes;

    while ((bytes = g_queue_pop_head(&nfas->rescued))) {
        gsize length;
        const guint8 *information = g_bytes_get_data(bytes, &length);

        lapd_send(link->lapd, information, length);
        g_bytes_unref(bytes);
    }
}

static void activate(Nfas *nfas, NfasLink *link, gboolean tell)
{
    int number = (int)(link - nfas->links);

    if (nfas->active == number)
        return;
    nfas->active = number;
    nfas->links[0].wanted = nfas->links[1].wanted = FALSE;
    loop_timer_stop(dchan_isdn(link->dchan)->loop, nfas->wait);
    dchan_count(link->dchan, COUNT_D_SWITCHES);
    log_notice("trunk %s: the D channel of span %s is active", dchan_trunk(link->dchan)->name,
               dchan_span(link->dchan)->name);
    if (tell)
        service_send(link, link, FALSE, 0);
    send_rescued(nfas, link);
    lapd_open(nfas->inner);
}

static void rescued_forget(Nfas *nfas)
{
    g_queue_clear_full(&nfas->rescued, (GDestroyNotify)g_bytes_unref);
}

static void unheard_forget(Nfas *nfas)
{
    g_queue_clear_full(&nfas->unheard, (GDestroyNotify)g_bytes_unref);
}

static void active_lost(Nfas *nfas, NfasLink *link)
{
    NfasLink *other = &nfas->links[link == nfas->links];

    lapd_take_unsent(link->lapd, &nfas->rescued);
    nfas->active = NOBODY;
    nfas->renew = FALSE;
    if (lapd_is_up(other->lapd)) {
        activate(nfas, other, TRUE);
        return;
    }
    rescued_forget(nfas);
    unheard_forget(nfas);
    log_warning("trunk %s: both D channels are down", dchan_trunk(link->dchan)->name);
    lapd_close(nfas->inner);
}

/* Messages of either side may be lost: ours are sent again, and libpri learns of it. */
static void active_renewed(Nfas *nfas, NfasLink *link)
{
    lapd_take_unsent(link->lapd, &nfas->rescued);
    send_rescued(nfas, link);
    nfas->renew = TRUE;
    loop_timer_start(dchan_isdn(link->dchan)->loop, nfas->turn, 0);
}

static void link_changed(void *user, gboolean up)
{
    NfasLink *link = user;
    Nfas *nfas = link->nfas;
    gboolean primary = link == nfas->links;

    log_info("span %s: data link %s", dchan_span(link->dchan)->name, up ? "up" : "down");
    if (!up && nfas->active == (int)(link - nfas->links))
        active_lost(nfas, link);
    else if (up && nfas->active == (int)(link - nfas->links))
        active_renewed(nfas, link);
    else if (up && link->wanted)
        activate(nfas, link, FALSE);
    else if (up && nfas->active == NOBODY && primary)
        activate(nfas, link, TRUE);
    else if (up && nfas->active == NOBODY)
        loop_timer_start(dchan_isdn(link->dchan)->loop, nfas->wait, PRIMARY_WAIT_US);
}

static void primary_is_late(void *user)
{
    Nfas *nfas = user;

    for (guint i = 0; i < G_N_ELEMENTS(nfas->links); i++) {
        if (nfas->active == NOBODY && lapd_is_up(nfas->links[i].lapd))
            activate(nfas, &nfas->links[i], TRUE);
    }
}

/* ---- messages -----------------------------------------------------------------------------------
 */

/* The D channel that a maintenance message means which came BY a link; NULL when it means a B
 * channel, or the interface. */
static NfasLink *link_meant(Nfas *nfas, const NfasLink *by, const FrameNews *news)
{
    guint8 interface = news->has_interface ? news->interface : dchan_span(by->dchan)->interface;

    for (guint i = 0; i < G_N_ELEMENTS(nfas->links); i++) {
        const SpanSettings *span = dchan_span(nfas->links[i].dchan);

        if (news->channel && interface == span->interface && news->channel == span->d_channel)
            return &nfas->links[i];
    }
    return NULL;
}

/* The far end takes a D channel into service, which makes it the active one, or out of it. */
static void service_received(Nfas *nfas, NfasLink *by, NfasLink *link, const FrameNews *news)
{
    NfasLink *other = &nfas->links[link == nfas->links];

    if (!frame_is_service(news))
        return; /* the answer to ours */
    dchan_count(link->dchan, COUNT_SERVICES_RECEIVED);
    service_send(by, link, TRUE, news->change_status);
    link->wanted = news->change_status == 0 && !lapd_is_up(link->lapd);
    if (link->wanted)
        log_notice("span %s: the far end wants its D channel, which is down",
                   dchan_span(link->dchan)->name);
    else if (news->change_status == 0)
        activate(nfas, link, FALSE);
    else if (nfas->active == (int)(link - nfas->links) && lapd_is_up(other->lapd))
        activate(nfas, other, TRUE);
}

static void tell_libpri(Nfas *nfas, const guint8 *information, gsize length)
{
    if (!lapd_send(nfas->inner, information, length) &&
        g_queue_get_length(&nfas->unheard) < UNHEARD_MAX)
        g_queue_push_tail(&nfas->unheard, g_bytes_new(information, length));
}

static void link_delivers(void *user, const guint8 *information, gsize length)
{
    NfasLink *link = user;
    Nfas *nfas = link->nfas;
    guint8 frame[4 + LAPD_INFORMATION_MAX] = {0, 1, 0, 0};
    NfasLink *meant;
    FrameNews news;

    memcpy(frame + 4, information, length);
    frame_read(frame, 4 + length, &news);
    if (news.kind == FRAME_MESSAGE && news.discriminator != 0x08 &&
        (meant = link_meant(nfas, link, &news))) {
        service_received(nfas, link, meant, &news);
        return;
    }
    if (nfas->active == NOBODY)
        activate(nfas, link, TRUE); /* the far end has begun already */
    nfas->carrier = link;
    tell_libpri(nfas, information, length);
}

static void link_sends(void *user, const guint8 *frame, gsize length)
{
    NfasLink *link = user;

    if (!link->barred)
        dchan_send_line(link->dchan, frame, length);
}

static void inner_delivers(void *user, const guint8 *information, gsize length)
{
    Nfas *nfas = user;

    /* A link that refuses is lost in that moment, and the other one may be active. */
    for (guint i = 0; i < G_N_ELEMENTS(nfas->links) && nfas->active != NOBODY; i++)
        if (lapd_send(nfas->links[nfas->active].lapd, information, length))
            return;
}

static void inner_sends(void *user, const guint8 *frame, gsize length)
{
    Nfas *nfas = user;

    dchan_receive(head_of(nfas), frame, length);
}

static void inner_changed(void *user, gboolean up)
{
    Nfas *nfas = user;
    GQueue again = G_QUEUE_INIT;
    GBytes *bytes;

    /* libpri tells its own view. */
    lapd_take_unsent(nfas->inner, &again);
    while ((bytes = g_queue_pop_tail(&again)))
        g_queue_push_head(&nfas->unheard, bytes);
    while (up && (bytes = g_queue_pop_head(&nfas->unheard))) {
        gsize length;
        const guint8 *information = g_bytes_get_data(bytes, &length);

        lapd_send(nfas->inner, information, length);
        g_bytes_unref(bytes);
    }
}

static void libpri_is_heard(void *user)
{
    Nfas *nfas = user;
    GBytes *bytes;

    while ((bytes = g_queue_pop_head(&nfas->spoken))) {
        gsize length;
        const guint8 *frame = g_bytes_get_data(bytes, &length);

        lapd_receive(nfas->inner, frame, length);
        g_bytes_unref(bytes);
    }
    if (nfas->renew)
        lapd_renew(nfas->inner);
    nfas->renew = FALSE;
}

static void barred_too_long(void *user)
{
    NfasLink *link = user;

    if (link->barred)
        lapd_drop(link->lapd);
}

/* ---- the door -----------------------------------------------------------------------------------
 */

Nfas *nfas_new(DChannel *head, DChannel *backup)
{
    Nfas *nfas = g_new0(Nfas, 1);
    Loop *loop = dchan_isdn(head)->loop;
    gboolean network = dchan_trunk(head)->side == SIDE_NETWORK;
    LapdOps inner = {nfas, inner_sends, inner_delivers, inner_changed};
    DChannel *const dchans[] = {head, backup};

    nfas->active = NOBODY;
    nfas->carrier = nfas->links;
    g_queue_init(&nfas->rescued);
    g_queue_init(&nfas->spoken);
    g_queue_init(&nfas->unheard);
    nfas->turn = loop_timer_new(loop, libpri_is_heard, nfas);
    nfas->wait = loop_timer_new(loop, primary_is_late, nfas);
    nfas->inner = lapd_new(loop, &inner, !network);
    for (guint i = 0; i < G_N_ELEMENTS(nfas->links); i++) {
        NfasLink *link = &nfas->links[i];
        LapdOps ops = {link, link_sends, link_delivers, link_changed};

        link->nfas = nfas;
        link->dchan = dchans[i];
        link->lapd = lapd_new(loop, &ops, network);
        link->hold = loop_timer_new(loop, barred_too_long, link);
        dchan_set_nfas(dchans[i], nfas);
    }
    return nfas;
}

void nfas_free(Nfas *nfas)
{
    rescued_forget(nfas);
    unheard_forget(nfas);
    g_queue_clear_full(&nfas->spoken, (GDestroyNotify)g_bytes_unref);
    loop_timer_free(dchan_isdn(head_of(nfas))->loop, nfas->turn);
    loop_timer_free(dchan_isdn(head_of(nfas))->loop, nfas->wait);
    lapd_free(nfas->inner);
    for (guint i = 0; i < G_N_ELEMENTS(nfas->links); i++) {
        dchan_set_nfas(nfas->links[i].dchan, NULL);
        loop_timer_free(dchan_isdn(nfas->links[i].dchan)->loop, nfas->links[i].hold);
        lapd_free(nfas->links[i].lapd);
    }
    g_free(nfas);
}

void nfas_start(Nfas *nfas)
{
    for (guint i = 0; i < G_N_ELEMENTS(nfas->links); i++)
        lapd_open(nfas->links[i].lapd);
}

static NfasLink *link_of(Nfas *nfas, const DChannel *dchan)
{
    return &nfas->links[dchan != head_of(nfas)];
}

void nfas_line_frame(Nfas *nfas, DChannel *dchan, const guint8 *frame, gsize length)
{
    NfasLink *link = link_of(nfas, dchan);

    if (!link->barred)
        lapd_receive(link->lapd, frame, length);
}

void nfas_libpri_frame(Nfas *nfas, const guint8 *frame, gsize length)
{
    g_queue_push_tail(&nfas->spoken, g_bytes_new(frame, length));
    loop_timer_start(dchan_isdn(head_of(nfas))->loop, nfas->turn, 0);
}

void nfas_line_barred(Nfas *nfas, DChannel *dchan, gboolean barred)
{
    NfasLink *link = link_of(nfas, dchan);
    const NfasLink *other = &nfas->links[link == nfas->links];
    Loop *loop = dchan_isdn(dchan)->loop;

    if (link->barred == barred)
        return;
    link->barred = barred;
    /* Where the other one cannot take over, a short alarm costs no call. */
    if (!barred)
        loop_timer_stop(loop, link->hold);
    else if (lapd_is_up(other->lapd) && !other->barred)
        lapd_drop(link->lapd);
    else
        loop_timer_start(loop, link->hold, ALARM_HOLD_US);
}

DChannel *nfas_carrier(const Nfas *nfas)
{
    return nfas->carrier->dchan;
}

gboolean nfas_switch(Nfas *nfas, DChannel *dchan, GError **error)
{
    NfasLink *link = link_of(nfas, dchan);

    if (lapd_is_up(link->lapd)) {
        activate(nfas, link, TRUE);
        return TRUE;
    }
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN, "the data link of span %s is down",
                dchan_span(dchan)->name);
    return FALSE;
}

const char *nfas_word(const Nfas *nfas, const DChannel *dchan)
{
    guint i = dchan != head_of(nfas);

    if (!lapd_is_up(nfas->links[i].lapd))
        return "down";
    return nfas->active == (int)i ? "active" : "standby";
}
