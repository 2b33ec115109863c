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
 * link had not got acknowledged is sent on the other one, and again where a link is established
 * anew: better twice than never. A message that the far end has heard already it ignores or answers
 * with STATUS (Q.931 5.8.3.2, 5.8.4), and the call stands; a digit of INFORMATION alone would count
 * twice, but the dialects that have NFAS have no overlap sending, and where EuroISDN has both the
 * far end clears a call that was being dialled when the link began anew (5.8.8, cause 41).
 *
 * Q.931 Annex F, as Bellcore SR-4994 has it for NI-2: the primary is active when both stand at the
 * start; SERVICE for the D channel itself tells the far end of a change where the switch type has
 * it; nothing goes back to the primary by itself, the operator or the far end's SERVICE does that.
 */
#include "nfas.h"
#include "lapd.h"
#include "link.h"
#include "log.h"
#include "nfas_inner.h"
#include "nfas_service.h"
#include "service.h"

#define PRIMARY_WAIT_US (3 * G_USEC_PER_SEC) /* so long the backup leaves the primary the start */
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
    NfasInner *inner;        /* what libpri speaks with */
    int active;              /* of links; NOBODY */
    const NfasLink *carrier; /* a message came by it last */
    GQueue rescued;          /* of GBytes*: what a failed link did not get through */
    LoopTimer *wait;         /* for the primary */
};

static DChannel *head_of(const Nfas *nfas)
{
    return nfas->links[0].dchan;
}

static void service_send(NfasLink *by, NfasLink *link, gboolean acknowledge, guint8 status)
{
    guint8 message[NFAS_SERVICE_LENGTH];

    if (!service_is_spoken(link->dchan))
        return;
    nfas_service_write(message, link->dchan, acknowledge, status);
    lapd_send(by->lapd, message, sizeof message);
}

/* The D channel that a maintenance message means which passed BY a link; NULL when it means a B
 * channel, or the interface. */
static NfasLink *link_meant(Nfas *nfas, const NfasLink *by, const FrameNews *news)
{
    for (guint i = 0; i < G_N_ELEMENTS(nfas->links); i++)
        if (nfas_service_means(news, by->dchan, nfas->links[i].dchan))
            return &nfas->links[i];
    return NULL;
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
    nfas_inner_open(nfas->inner);
}

static void rescued_forget(Nfas *nfas)
{
    g_queue_clear_full(&nfas->rescued, (GDestroyNotify)g_bytes_unref);
}

/* What LINK did not get through, but what it said of the D channels: on the other one that would be
 * a lie, as it may call the dead one active. */
static void rescue(Nfas *nfas, const NfasLink *link)
{
    GQueue unsent = G_QUEUE_INIT;
    GBytes *bytes;

    lapd_take_unsent(link->lapd, &unsent);
    while ((bytes = g_queue_pop_head(&unsent))) {
        gsize length;
        const guint8 *information = g_bytes_get_data(bytes, &length);
        FrameNews news;

        if (nfas_service_read(&news, information, length) && link_meant(nfas, link, &news))
            g_bytes_unref(bytes);
        else
            g_queue_push_tail(&nfas->rescued, bytes);
    }
}

static void active_lost(Nfas *nfas, NfasLink *link)
{
    NfasLink *other = &nfas->links[link == nfas->links];

    rescue(nfas, link);
    nfas->active = NOBODY;
    nfas_inner_renew(nfas->inner, FALSE);
    if (lapd_is_up(other->lapd)) {
        activate(nfas, other, TRUE);
        return;
    }
    rescued_forget(nfas);
    log_warning("trunk %s: both D channels are down", dchan_trunk(link->dchan)->name);
    nfas_inner_close(nfas->inner);
}

/* Messages of either side may be lost: ours are sent again, and libpri learns of it. */
static void active_renewed(Nfas *nfas, NfasLink *link)
{
    lapd_take_unsent(link->lapd, &nfas->rescued);
    send_rescued(nfas, link);
    nfas_inner_renew(nfas->inner, TRUE);
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

static void link_delivers(void *user, const guint8 *information, gsize length)
{
    NfasLink *link = user;
    Nfas *nfas = link->nfas;
    NfasLink *meant;
    FrameNews news;

    if (nfas_service_read(&news, information, length) && (meant = link_meant(nfas, link, &news))) {
        service_received(nfas, link, meant, &news);
        return;
    }
    if (nfas->active == NOBODY)
        activate(nfas, link, TRUE); /* the far end has begun already */
    nfas->carrier = link;
    nfas_inner_tell(nfas->inner, information, length);
}

static void link_sends(void *user, const guint8 *frame, gsize length)
{
    NfasLink *link = user;

    if (!link->barred)
        dchan_send_line(link->dchan, frame, length);
}

static void libpri_says(void *user, const guint8 *information, gsize length)
{
    Nfas *nfas = user;

    /* A link that refuses is lost in that moment, and the other one may be active. */
    for (guint i = 0; i < G_N_ELEMENTS(nfas->links) && nfas->active != NOBODY; i++)
        if (lapd_send(nfas->links[nfas->active].lapd, information, length))
            return;
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
    DChannel *const dchans[] = {head, backup};

    nfas->active = NOBODY;
    nfas->carrier = nfas->links;
    g_queue_init(&nfas->rescued);
    nfas->wait = loop_timer_new(loop, primary_is_late, nfas);
    nfas->inner = nfas_inner_new(head, libpri_says, nfas);
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
    loop_timer_free(dchan_isdn(head_of(nfas))->loop, nfas->wait);
    nfas_inner_free(nfas->inner);
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
    nfas_inner_frame(nfas->inner, frame, length);
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

DChannel *nfas_active(const Nfas *nfas)
{
    return nfas->active == NOBODY ? NULL : nfas->links[nfas->active].dchan;
}

gboolean nfas_stands(const Nfas *nfas)
{
    return nfas->active != NOBODY;
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
