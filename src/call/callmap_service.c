/* The call map's rows for supplementary services: holds of either side, diversions told and asked
 * for, redirections followed. */
#include "callmap_rows.h"

/* clang-format off */

#define ANSWERED_OR_UP (S(ANSWERED) | S(UP))

/* A suspended user or a far end that holds keeps its channel; the phone is told by its media's direction. */
static const CallRule suspended[] = {
    LIVE(ISDN_SUSPENDED, ANSWERED_OR_UP, TALKING, SAME, SAME,
         "RFC 3398 9.1; RFC 3264 8.4: re-INVITE with hold", SIP_HOLD),
    LIVE(ISDN_RESUMED, ANSWERED_OR_UP, TALKING & ~Q(HELD), SAME, SAME,
         "RFC 3398 9.1; RFC 3264 8.4: re-INVITE without", SIP_RESUME),
    STEP(ISDN_RESUMED, S(UP), Q(HELD), SAME, SAME,
         "Q.932 6.2: HOLD outlasts it, until RETRIEVE"),

    LIVE(ISDN_SILENCED, ANSWERED_OR_UP, TALKING, SAME, SAME,
         "RFC 3398 9.1: no more is sent, and nothing is said of it", MEDIA_PLAY),
    LIVE(ISDN_SOUNDED, ANSWERED_OR_UP, TALKING, SAME, SAME,
         "RFC 3398 9.2: the media goes on", MEDIA_THROUGH),

    LIVE(ISDN_CHARGED, S(UP), TALKING, SAME, SAME,
         "EN 300 182-1 9.2; RFC 6086 4.2; TS 24.647: INFO", SIP_CHARGE),

    LIVE(SIP_HELD, ANSWERED_OR_UP, TALKING, SAME, SAME,
         "RFC 3398 9.2; EN 300 141-1 9.2: NOTIFY remote hold", ISDN_NOTIFY_HELD),
    LIVE(SIP_RETRIEVED, ANSWERED_OR_UP, TALKING, SAME, SAME,
         "RFC 3398 9.2; EN 300 141-1 9.2: NOTIFY remote retrieval", ISDN_NOTIFY_RETRIEVED),
};

/* Q.932 6.2, EN 300 141-1: the call that is held gives up its channel, and gets one again. */
static const CallRule held[] = {
    LIVE(ISDN_HOLD, S(UP), Q(ACTIVE), SAME, HELD,
         "Q.932 6.2.3; RFC 3398 9.1", ISDN_HOLD_ACK, CHANNEL_FREE, MEDIA_UPDATE, SIP_HOLD),
    LIVE(ISDN_HOLD, S(UP), ALIVE & ~Q(ACTIVE), SAME, SAME,
         "Q.932 6.2.3: HOLD REJECT outside U10", ISDN_HOLD_REJECT),
    LIVE(ISDN_HOLD, ANY_SIP & ~S(UP), ALIVE, SAME, SAME,
         "Q.932 6.2.3: HOLD REJECT outside U10", ISDN_HOLD_REJECT),
    LIVE(ISDN_RETRIEVE, S(UP) | CALLED, Q(HELD), SAME, ACTIVE,
         "Q.932 6.2.4; RFC 3398 9.1", CHANNEL_RETAKE, ISDN_RETRIEVE_ACK, MEDIA_UPDATE, SIP_RESUME),
    LIVE(CHANNEL_NONE, S(UP) | CALLED, Q(ACTIVE), SAME, HELD,
         "Q.932 6.2.4: RETRIEVE REJECT, the call stays held", ISDN_RETRIEVE_REJECT),
    LIVE(ISDN_RETRIEVE, ANY_SIP & ~(S(UP) | CALLED), ALIVE, SAME, SAME,
         "Q.932 6.2.4: RETRIEVE REJECT of what is not held", ISDN_RETRIEVE_REJECT),
    LIVE(ISDN_RETRIEVE, S(UP) | CALLED, ALIVE & ~Q(HELD), SAME, SAME,
         "Q.932 6.2.4: RETRIEVE REJECT of what is not held", ISDN_RETRIEVE_REJECT),
};

static const CallRule diverted[] = {
    LIVE(ISDN_DIVERTING, UNANSWERED, OUTGOING, SAME, SAME,
         "EN 300 207-1 9.2; RFC 3261 21.1.3: 181", SIP_FORWARDED),
    LIVE(ISDN_REROUTED, UNANSWERED, OUTGOING, IDLE, DISCONNECT_REQUEST,
         "EN 300 207-1 9.2.5; RFC 7544 3.3: 302, the caller goes there itself",
         NOTE_CAUSE, MEDIA_CLOSE, SIP_REDIRECT, ISDN_DISCONNECT),

    LIVE(SIP_FORWARDED, S(CALLING), OFFERED, PROCEEDING, SAME,
         "RFC 4497 8.2.1.3: CALL PROCEEDING stands; RFC 3398 8.2.3", ISDN_NOTIFY_DIVERTING),
    LIVE(SIP_FORWARDED, HEARD, OFFERED, SAME, SAME,
         "RFC 4497 8.2.1.3: CALL PROCEEDING stands; RFC 3398 8.2.3", ISDN_NOTIFY_DIVERTING),
    STEP(SIP_FORWARDED, S(CALLING), TALKING, PROCEEDING, SAME, "RFC 5589 6.1: no message"),
    STEP(SIP_FORWARDED, HEARD, TALKING, SAME, SAME, "RFC 5589 6.1: no message"),
    LIVE(SIP_FORWARDED, S(ABANDONED), CLEARED, CANCELLING, SAME,
         "RFC 4497 8.4.1 (4); RFC 3261 9.1: CANCEL after a provisional", SIP_CANCEL),

    LIVE(SIP_REDIRECTED, CALLED, OFFERED, IDLE, SAME,
         "RFC 3398 8.2.5; RFC 4497 8.2.1.5; RFC 3261 8.1.3.4: followed here",
         NOTE_CAUSE, ISDN_NOTIFY_DIVERTING, REDIRECT),
    LIVE(SIP_REDIRECTED, CALLED, TALKING, IDLE, DISCONNECT_REQUEST,
         "RFC 5589 6.3; RFC 3398 8.2.6.1: one who was transferred goes no further",
         NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),
    STEP(SIP_REDIRECTED, GIVEN_UP, CLEARED, IDLE, SAME,
         "RFC 3261 9.1; RFC 4497 8.4.4: another final than 487"),
};

const CallRuleGroup callmap_groups_service[] = {
    GROUP("Suspended, resumed", suspended),
    GROUP("Held, retrieved", held),
    GROUP("Diverted, redirected", diverted),
    {NULL},
};
