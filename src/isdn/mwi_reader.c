/* What the far end says of mailboxes, and our answer in the place of libpri's.
 *
 *      QSIG      SETUP (call independent) mwiActivate  ->
 *                <-  CONNECT result
 *                RELEASE  ->   <-  RELEASE COMPLETE
 *      EuroISDN  REGISTER MWIActivate  ->   <-  RELEASE COMPLETE result
 *      EuroISDN  FACILITY (dummy reference)  ->   <-  FACILITY (dummy reference) result
 *
 * MWIIndicate has no answer.
 */
#include "mwi_reader.h"

#include "bare.h"
#include "cause.h"
#include "dchan.h"
#include "elements.h"
#include "frame_element.h"
#include "log.h"
#include "mwi_component.h"
#include "mwi_sender.h"

#include <string.h>

#define VISIT_MARK 0x10000
#define ELEMENT_CHANNEL 0x18
#define ELEMENT_CALLED 0x70
#define CHANNEL_IS_D 0x04

/* ---- the connections we have answered -----------------------------------------------------------
 */

static void visit_begin(MwiVisits *visits, int call)
{
    visits->reference[visits->next++ % MWI_VISITS] = call | VISIT_MARK;
}

/* The far end goes on speaking on a connection that libpri knows nothing of. TRUE: it is one. */
static gboolean visit_hears(DChannel *dchan, MwiVisits *visits, const FrameNews *news)
{
    guint at = 0;

    while (at < MWI_VISITS && visits->reference[at] != (news->call | VISIT_MARK))
        at++;
    if (at == MWI_VISITS || news->call == FRAME_CALL_DUMMY)
        return FALSE;
    switch (news->message) {
    case MESSAGE_RELEASE: /* libpri answers it, with 81 */
        dchan_override_cause(dchan, news->call, MESSAGE_RELEASE_COMPLETE,
                             CAUSE_NORMAL_CALL_CLEARING);
        visits->reference[at] = 0;
        return FALSE;
    case MESSAGE_CONNECT_ACKNOWLEDGE:
    case MESSAGE_FACILITY:
        return TRUE;
    default:
        visits->reference[at] = 0;
        return FALSE;
    }
}

/* ---- answers ------------------------------------------------------------------------------------
 */

/* The beginning of a MESSAGE that answers the one in NEWS; returns its length. */
static gsize answer_begin(const FrameNews *news, Q931Message message, guint8 *out)
{
    const guint8 *octets = news->octets + 4;
    gsize size = octets[1];

    memcpy(out, octets, 2 + size);
    if (size)
        out[2] ^= 0x80; /* to the side that made the reference */
    out[2 + size] = (guint8)message;
    return 3 + size;
}

/* The message that goes in the place of libpri's RELEASE COMPLETE. */
static void answer_instead(DChannel *dchan, int call, const guint8 *message, gsize length)
{
    guint8 whole[ELEMENT_ROOM] = {0, (guint8)length};

    memcpy(whole + 2, message, length);
    dchan_add_element(dchan, call, MESSAGE_RELEASE_COMPLETE, FRAME_WHOLE, whole);
}

static void answer_send(DChannel *dchan, MwiVisits *visits, const FrameNews *news,
                        const MwiComponent *invoke, MwiFault fault)
{
    guint8 message[ELEMENT_ROOM], facility[ELEMENT_ROOM];
    gboolean connects = news->message == MESSAGE_SETUP,
             registers = news->message == MESSAGE_REGISTER;
    gsize length = answer_begin(news,
                                connects    ? MESSAGE_CONNECT
                                : registers ? MESSAGE_RELEASE_COMPLETE
                                            : MESSAGE_FACILITY,
                                message);

    if (registers) {
        static const guint8 cause[] = {0x08, 0x02, 0x81, 0x80 | CAUSE_NORMAL_CALL_CLEARING};

        memcpy(message + length, cause, sizeof cause);
        length += sizeof cause;
    }
    if (connects) { /* ECMA-165 7.3: the one that was asked for */
        const guint8 *channel = frame_find_element(news, ELEMENT_CHANNEL, 0);

        memcpy(message + length, channel, 2u + channel[1]);
        length += 2u + channel[1];
    }
    mwi_component_answer(invoke, fault, facility);
    memcpy(message + length, facility, 2u + facility[1]);
    length += 2u + facility[1];
    if (connects)
        visit_begin(visits, news->call);
    if (connects || registers)
        answer_instead(dchan, news->call, message, length);
    else
        bare_send(dchan, message, length);
}

/* ---- what is told -------------------------------------------------------------------------------
 */

/* Whom an indication is for stands beside it (EN 300 745-1 9.5, the Called party number). */
static void served_read(const FrameNews *news, Number *served)
{
    const guint8 *element = frame_find_element(news, ELEMENT_CALLED, 0);

    *served = (Number){.presentation = PRESENTATION_ALLOWED};
    if (element)
        called_from_element(element, served);
}

static MwiFault told(DChannel *dchan, const MwiComponent *invoke)
{
    Isdn *isdn = dchan_isdn(dchan);
    MwiState state;
    char text[64];
    MwiVerdict verdict;

    if (!mwi_service_is_voice(invoke->service))
        return MWI_FAULT_SERVICE;
    mwi_component_state(invoke, &state);
    dchan_count(dchan, COUNT_MWI_HEARD);
    log_info("span %s: mailbox of %s: %s", dchan_span(dchan)->name, invoke->served.digits,
             mwi_state_describe(&state, text, sizeof text));
    if (!invoke->served.digits[0])
        return MWI_FAULT_NO_SUCH_USER;
    verdict = isdn->mwi_func(isdn->mwi_user, dchan_trunk(dchan)->name, &invoke->served, &state);
    switch (verdict) {
    case MWI_ACCEPTED:
        break;
    case MWI_NO_SUCH_USER:
        return MWI_FAULT_NO_SUCH_USER;
    case MWI_NO_ROOM:
        return MWI_FAULT_FULL;
    }
    return MWI_FAULT_NONE;
}

static void invoke_heard(DChannel *dchan, MwiVisits *visits, const FrameNews *news,
                         MwiComponent *invoke)
{
    MwiFault fault;

    if (invoke->operation == MWI_INDICATE)
        served_read(news, &invoke->served);
    fault = told(dchan, invoke);
    if (fault)
        log_notice("span %s: message waiting for '%s' is refused: %s", dchan_span(dchan)->name,
                   invoke->served.digits,
                   fault == MWI_FAULT_SERVICE ? "no voice messages"
                   : fault == MWI_FAULT_FULL  ? "[sip] max-mailboxes"
                                              : "no route leads to that user");
    if (invoke->operation != MWI_INDICATE)
        answer_send(dchan, visits, news, invoke, fault);
}

/* May an invoke come by this message? A connection must be call independent, and new. */
static gboolean carries_invokes(const DChannel *dchan, const FrameCall *call, const FrameNews *news)
{
    const guint8 *channel;

    if (news->call == FRAME_CALL_DUMMY)
        return news->message == MESSAGE_FACILITY;
    if (call->known != CALL_UNKNOWN || (news->call & FRAME_CALL_FLAG) || news->call == 0)
        return FALSE;
    if (dchan_trunk(dchan)->switch_type != SWITCH_QSIG)
        return news->message == MESSAGE_REGISTER;
    channel = frame_find_element(news, ELEMENT_CHANNEL, 0);
    return news->message == MESSAGE_SETUP && channel && channel[2] & CHANNEL_IS_D &&
           channel[1] <= 8;
}

gboolean mwi_reader_hears(DChannel *dchan, MwiVisits *visits, const FrameCall *call,
                          const FrameNews *news)
{
    const guint8 *element;
    MwiComponent component;
    gboolean invokes;

    if (news->kind != FRAME_MESSAGE || news->discriminator != 0x08 ||
        dchan_trunk(dchan)->mwi == TRUNK_MWI_NO || !dchan_isdn(dchan)->mwi_func)
        return FALSE;
    if (visit_hears(dchan, visits, news))
        return TRUE;
    invokes = carries_invokes(dchan, call, news);
    for (guint i = 0; (element = frame_find_element(news, FRAME_ELEMENT_FACILITY, i)); i++) {
        if (!mwi_component_read(element, &component))
            continue;
        if (component.kind == MWI_INVOKE && !invokes)
            continue;
        if (component.kind == MWI_INVOKE)
            invoke_heard(dchan, visits, news, &component);
        else
            mwi_sender_answered(dchan, news->call, &component);
        return news->call == FRAME_CALL_DUMMY; /* one message has one answer */
    }
    return FALSE;
}
