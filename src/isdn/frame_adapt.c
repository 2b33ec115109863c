/* Sound messages in the wrong place: what libpri 1.6 takes amiss, turned into what it answers as
 * Q.931 5.8 asks.
 *
 * Left alone, libpri begins a call record for any message of an unknown call and forgets to free it
 * (NOTIFY, HOLD, STATUS without its elements), takes a SETUP on the dummy or global call reference
 * for a call, restarts a single call, overwrites a live call by a repeated SETUP, accepts CONNECT
 * from the calling side, goes back to U3 by a CALL PROCEEDING after ALERTING, begins to clear anew
 * by a second DISCONNECT, and stops T305 and T308 for good by a CONNECT ACKNOWLEDGE that crosses.
 */
#include "frame.h"

static gsize hollow(FrameNews *news, const char *why)
{
    news->kind = FRAME_HOLLOW;
    news->misplaced = why;
    return 4;
}

/* The message without its elements, as another TYPE. */
static gsize recast(guint8 *clean, Q931Message type, FrameNews *news, const char *why)
{
    gsize header = 4 + 3 + clean[5];

    clean[header - 1] = (guint8)type;
    news->misplaced = why;
    return header;
}

/* Q.931 5.8.3.2 d, e: the global call reference is for RESTART, its answer carries the flag; STATUS
 * is not answered, anything else with STATUS, cause 81. libpri begins a call for most of it, but
 * answers STATUS to USER INFORMATION. */
static gsize adapt_global(guint8 *clean, gsize length, FrameNews *news)
{
    static const char why[] = "not for the global call reference";
    gboolean flagged = (news->call & FRAME_CALL_FLAG) != 0;

    if (news->discriminator != 0x08)
        return news->message == 0x0f || news->message == 0x07
                   ? length
                   : hollow(news, "unknown maintenance message");
    switch (news->message) {
    case MESSAGE_RESTART:
        return flagged ? hollow(news, why) : length;
    case MESSAGE_RESTART_ACKNOWLEDGE:
        return flagged ? length : hollow(news, why);
    case MESSAGE_STATUS:
        return hollow(news, why);
    default:
        news->status_cause = 81;
        return recast(clean, MESSAGE_USER_INFORMATION, news, why);
    }
}

/* Q.931 5.8.3.2 a-d: an unknown call reference. */
static gsize adapt_unknown(guint8 *clean, gsize length, FrameNews *news)
{
    switch (news->message) {
    case MESSAGE_SETUP:
    case MESSAGE_REGISTER:
        if (news->call & FRAME_CALL_FLAG)
            return hollow(news, "call reference flag");
        return length;
    case MESSAGE_RELEASE:
        return length;
    case MESSAGE_RELEASE_COMPLETE:
        return hollow(news, "unknown call reference");
    case MESSAGE_STATUS:
        if (!news->has_call_state || news->call_state == 0 || news->cause == 0)
            return hollow(news, "unknown call reference");
        return length;
    default:
        /* libpri answers a STATUS ENQUIRY of an unknown call with RELEASE COMPLETE, cause 81. */
        return recast(clean, MESSAGE_STATUS_ENQUIRY, news, "unknown call reference");
    }
}

/* Q.931 5.8.4: messages of a known call that have no place in its state, where libpri sees none. */
static const char *misfit(const FrameCall *call, guint8 message)
{
    switch (message) {
    case MESSAGE_RESTART:
    case MESSAGE_RESTART_ACKNOWLEDGE:
        return "RESTART of a call reference";
    case MESSAGE_CONNECT:
        return call->known == CALL_THEIRS ? "CONNECT from the calling side" : NULL;
    case MESSAGE_CONNECT_ACKNOWLEDGE:
        if (call->known == CALL_THEIRS && !call->clearing && !call->disconnected)
            return NULL;
        return "CONNECT ACKNOWLEDGE of no CONNECT";
    case MESSAGE_CALL_PROCEEDING:
        return call->proceeding ? "CALL PROCEEDING of a call that proceeds" : NULL;
    case MESSAGE_DISCONNECT:
        return call->disconnected ? "second DISCONNECT" : NULL;
    default:
        return NULL;
    }
}

/* Q.931 5.8.6.1, 5.8.7.1: messages that libpri acts on whatever they lack. */
static const char *lacking(const FrameNews *news)
{
    switch (news->message) {
    case MESSAGE_NOTIFY:
        if (!news->has_notification)
            return "NOTIFY of nothing";
        break;
    case MESSAGE_CONNECT_ACKNOWLEDGE:
    case MESSAGE_FACILITY:
    case MESSAGE_INFORMATION:
    case MESSAGE_STATUS_ENQUIRY:
        break;
    default:
        return NULL;
    }
    return news->not_understood ? "an element that must be understood" : NULL;
}

/* The message to which libpri answers STATUS, cause 101, and does nothing else. */
static Q931Message unwanted(const FrameCall *call)
{
    return call->initiated ? MESSAGE_CONNECT_ACKNOWLEDGE : MESSAGE_SETUP_ACKNOWLEDGE;
}

gsize frame_adapt(guint8 *clean, gsize length, const FrameCall *call, FrameNews *news)
{
    const char *why;

    if (news->kind != FRAME_MESSAGE)
        return length;
    if (news->call == FRAME_CALL_DUMMY)
        return hollow(news, "dummy call reference");
    if ((news->call & ~FRAME_CALL_FLAG) == 0)
        return adapt_global(clean, length, news);
    if (news->discriminator != 0x08)
        return hollow(news, "maintenance message of a call");
    if (call->known == CALL_UNKNOWN)
        return adapt_unknown(clean, length, news);
    if ((why = misfit(call, news->message)))
        return recast(clean, unwanted(call), news, why);
    if (news->message == MESSAGE_SETUP || news->message == MESSAGE_REGISTER)
        return hollow(news, "SETUP of a live call");
    /* PROGRESS without its indicator is answered with STATUS, cause 96, in every state. */
    if ((why = lacking(news)))
        return recast(clean, MESSAGE_PROGRESS, news, why);
    return length;
}

gsize frame_hollow(FrameNews *news, const char *why)
{
    return hollow(news, why);
}
