/* Numbers that come in pieces: the INVITEs of one call, each with a longer number.
 *
 * Private to src/sip; home thread: signalling.
 */
#pragma once

#include "ua_leg.h"

/* succession.c: the INVITEs of one caller's call, each with a longer number (RFC 3578 4) */
void succession_open(Ua *ua);
void succession_close(Ua *ua);
/* The parser has met SIP. */
void succession_meet(Ua *ua, sip_t const *sip);
/* LEG's INVITE is SIP: it is the call's from now on. */
void succession_join(UaLeg *leg, sip_t const *sip);
/* LEG is being freed. */
void succession_leave(UaLeg *leg);
/* Whose Call-ID and From tag SIP, an INVITE, has: the leg of a call that lives; NULL: nobody's. */
UaLeg *succession_owner(Ua *ua, sip_t const *sip);
/* The leg of the call that SIP, an INVITE, goes on with; NULL: it begins one. */
UaLeg *succession_find(Ua *ua, sip_t const *sip);

/* series.c: our INVITEs of one call, each with a longer number (RFC 3578 3) */
Series *series_new(Ua *ua);
/* Frees a series that no leg has joined. */
void series_drop(Series *series);
const char *series_call_id(const Series *series);
/* The tag of From. */
const char *series_tag(const Series *series);
/* The CSeq before that of LEG's INVITE. */
guint32 series_cseq(const UaLeg *leg);
/* May LEG's INVITE, the newest of a series, go out once more? */
gboolean series_may_repeat(const UaLeg *leg);
/* Has an INVITE of it gone out? */
gboolean series_has_begun(const Series *series);
/* Is URI what the last INVITE was for? */
gboolean series_has_sent(const Series *series, const char *uri);
/* LEG is the next INVITE's, for URI. */
void series_join(Series *series, UaLeg *leg, const char *uri);
/* LEG is being freed. */
void series_leave(UaLeg *leg);
/* EVENT of an INVITE of a series. TRUE: the call does not hear of it, or has heard another one. */
gboolean series_hears(UaLeg *leg, CallEvent event, const CallNews *news);
/* No longer number will follow: when all have failed the call hears it. */
void series_end(Series *series, Call *call);
/* CANCEL to all that have had a response; to the others when they have. */
void series_cancel(Series *series, Call *call);
/* The call goes on without all INVITEs but LEG's, or without any. */
void series_abandon(Series *series, const UaLeg *leg);
/* The parser has met SIP. */
void series_meet(Ua *ua, sip_t const *sip);
/* Which of LEG's series SIP belongs to: LEG when it has none. */
UaLeg *series_pick(UaLeg *leg, sip_t const *sip);
/* The one at PLACE; LEG when it has none. */
UaLeg *series_at(UaLeg *leg, guint place);
/* LEG's Call-ID as its INVITE is to have it. In HOME. */
sip_call_id_t *series_header(su_home_t *home, const UaLeg *leg);
