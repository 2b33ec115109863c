/* Who does what to the user agent's legs: the functions that the files of src/sip share. */
#pragma once

#include "number.h"
#include "origin.h"
#include "reason.h"
#include "reply.h"
#include "root.h"
#include "transfer.h"
#include "ua_leg.h"

/* leg.c */
UaLeg *leg_new(Ua *ua, Call *call, nua_handle_t *nh, gboolean uas);
/* A leg that is not its call's SIP leg, not yet or never; without CALL it is a bare dialog. */
UaLeg *leg_new_beside(Ua *ua, Call *call, nua_handle_t *nh, gboolean uas);
/* The call goes on without LEG, which says nothing by this. */
void leg_leave(UaLeg *leg);
/* LEG's call is LEG's from now on; who was its leg before has left it. */
void leg_take_over(UaLeg *leg);
/* BYE of a dialog that its call has left: at once, or when its far end has had the time to send one. */
void leg_say_bye(UaLeg *leg);
void leg_say_bye_later(UaLeg *leg);
/* Frees LEG when the hall has parted from it and NUA has finished. LEG may be gone afterwards. */
void leg_settle(UaLeg *leg);
void leg_free(UaLeg *leg);
void leg_part(void *room, Call *call);
void leg_note(UaLeg *leg, LadderWay way, const char *format, ...) G_GNUC_PRINTF(3, 4);
void leg_note_request(UaLeg *leg, LadderWay way, sip_t const *sip, gboolean sdp);
/* "BYE cause 16"; just WHAT when CAUSE is 0. */
void leg_note_cause(UaLeg *leg, LadderWay way, const char *what, guint8 cause);
/* The Q.850 cause in the Reason headers of SIP, whoever sent it; 0: none. */
guint8 leg_cause_in(sip_t const *sip);
void leg_note_response(UaLeg *leg, LadderWay way, int status, const char *phrase,
                       const char *method, gboolean sdp);
/* call_event() while the leg has a call; nothing after. */
void leg_event(UaLeg *leg, CallEvent event, const CallNews *news);
/* The dialog died under us: BYE (when BYE), and SIP.LOST for the call. */
void leg_lost(UaLeg *leg, const char *why, guint8 cause, gboolean bye);
/* The law of the span that carries the call; A-law when none is known. */
Law leg_law(const UaLeg *leg);
/* Reads the media of LEG's remote description into NEWS when it differs from what the hall was
 * told. */
gboolean leg_news_media(UaLeg *leg, const SdpChoice *choice, CallNews *news);
/* The Reason header of the call's clearing cause; empty when there is none. */
void leg_reason(const UaLeg *leg, ReasonText *text);
/* The news of a Reason header in SIP from the leg's far end. */
void leg_news_reason(const UaLeg *leg, sip_t const *sip, CallNews *news);
gboolean leg_bye(void *room, Call *call, const CallNews *news);

/* ports.c: our addresses */
gboolean ports_open(Ua *ua, GError **error);
/* Runs the loop until their NUAs have shut down, for a second at most. */
void ports_close(Ua *ua);
void ports_use_settings(Ua *ua);
/* NUA reports, of SIP or of nothing: the ua's present port from now on. NULL: NUA is none of UA's ports. */
UaPort *ports_present(Ua *ua, nua_t *nua, sip_t const *sip);
/* The port that speaks to the host of URI; *tcp when it is to be by TCP. */
UaPort *ports_toward(const Ua *ua, const char *uri, gboolean *tcp);
/* The same for the address TO. */
UaPort *ports_toward_address(const Ua *ua, const struct sockaddr_storage *to);
/* The handles of NUAs are each one's own. The caller unrefs what is found; NULL: none. */
nua_handle_t *ports_handle_by_call_id(const Ua *ua, const char *call_id);
nua_handle_t *ports_handle_by_replaces(const Ua *ua, sip_replaces_t const *replaces);
/* Is one of our addresses HOST at NUMBER? */
gboolean ports_are_at(const Ua *ua, const char *host, guint16 number);
/* Is a far end at ADDRESS told our public addresses? */
gboolean ports_are_public_to(const Settings *settings, const struct sockaddr_storage *address);
/* The same for the host of URI: one that is a name counts as outside. */
gboolean ports_are_public_to_uri(const Settings *settings, const char *uri);
/* PORT's host in our URIs, and its Contact, for far ends OUTSIDE or not. */
const char *port_host(const UaPort *port, gboolean outside);
const char *port_contact(const UaPort *port, gboolean tcp, gboolean outside);
/* Our Contact, and the host of our URIs, in LEG's dialog. */
const char *leg_contact(const UaLeg *leg);
const char *leg_host(const UaLeg *leg);

/* ua_event.c: what NUA tells, and what belongs to no call */
void ua_event(nua_event_t event, int status, char const *phrase, nua_t *nua, Ua *ua,
              nua_handle_t *nh, UaLeg *leg, sip_t const *sip, tagi_t tags[]);
/* Refuses the request NUA is reporting, lets the handle go when it has no leg. WHY is for the log;
 * NULL when it has been told already. */
void ua_refuse(Ua *ua, nua_handle_t *nh, int status, const char *phrase, const char *why);
/* 488 with the Warning CODE (RFC 3261 20.43). */
void ua_refuse_session(Ua *ua, nua_handle_t *nh, guint code, const char *why);
/* 488 to the request with OFFER, which is SDP_UNUSABLE: its type of media, or its format. */
void ua_refuse_offer(Ua *ua, nua_handle_t *nh, const SdpSession *offer, const char *why);
/* Is the body SDP or absent? 0, 415 or 406. */
int ua_check_body(Ua *ua, sip_t const *sip);
/* The SDP of SIP, or NULL; *size its length. */
const char *sip_body_sdp(sip_t const *sip, gsize *size);
void ua_log_malformed(Ua *ua, const char *what, const char *why);

/* uas.c */
void uas_invited(Ua *ua, nua_handle_t *nh, sip_t const *sip);
void uas_pracked(UaLeg *leg, sip_t const *sip);
void uas_cancelled(UaLeg *leg, sip_t const *sip);
gboolean uas_ring(void *room, Call *call, const CallNews *news);
gboolean uas_ring_media(void *room, Call *call, const CallNews *news);
gboolean uas_progress(void *room, Call *call, const CallNews *news);
gboolean uas_progress_plain(void *room, Call *call, const CallNews *news);
gboolean uas_forwarded(void *room, Call *call, const CallNews *news);
gboolean uas_answer(void *room, Call *call, const CallNews *news);
gboolean uas_reject(void *room, Call *call, const CallNews *news);
gboolean uas_withdraw(void *room, Call *call, const CallNews *news);

/* service.c: the caller's class of service */
/* May the caller dial on to SETUP's number? Otherwise it has been refused. */
gboolean service_judge_digits(Ua *ua, nua_handle_t *nh, const CallOrigin *origin, const CallSetup *setup);
/* May the call of ORIGIN to SETUP's number be? Otherwise it has been refused. INSTEAD: of one of the
 * same caller's, which is counted. *max_us: how long it may last. */
gboolean service_judge(Ua *ua, nua_handle_t *nh, const CallOrigin *origin, const CallSetup *setup,
                       gboolean instead, gint64 *max_us);

/* uac.c */
/* What an INVITE of ours is to say. */
typedef struct UacInvite {
    const char *uri;
    const CallSetup *setup;
    const PeerSettings *peer; /* of the far end; NULL: none */
    const char *referred_by, *replaces, *require; /* header values, or NULL */
    const char *extra;        /* one whole header line, or NULL */
    Series *series;           /* it is the next INVITE of these, or the first; NULL: it is alone */
} UacInvite;
/* The leg of an INVITE that is out: CALL's, or BESIDE it. NULL with WHY and CAUSE. */
UaLeg *uac_begin(Ua *ua, Call *call, const UacInvite *invite, gboolean beside, guint8 *cause, const char **why);
gboolean uac_invite(void *room, Call *call, const CallNews *news);
gboolean uac_cancel(void *room, Call *call, const CallNews *news);
void uac_responded(UaLeg *leg, int status, const char *phrase, sip_t const *sip);

/* challenge.c: 401 and 407. */
/* Gives NUA the credentials of PEER for the challenges in SIP, which are NH's to a request that it then sends again. FALSE: we
 * have none, or they were refused. */
gboolean challenge_answer(Ua *ua, nua_handle_t *nh, const PeerSettings *peer, Answered *answered, sip_t const *sip);
void challenge_forget(Answered *answered);
/* The same for a request in LEG's dialog or of it, whose response METHOD's SIP is; tells the ladder. */
gboolean challenge_met(UaLeg *leg, int status, const char *phrase, sip_t const *sip);

/* health.c: servers under watch. */
void health_use_settings(Ua *ua); /* also at the start */
void health_close(Ua *ua);
/* NUA's news of a handle that is a watch's. FALSE: it is none's. */
gboolean health_hears(Ua *ua, nua_handle_t *nh, nua_event_t event, int status);
/* May a message from SOURCE be an answer to OPTIONS of ours; is SIP one? */
gboolean health_admits(const Ua *ua, const struct sockaddr *source);
gboolean health_reads(const Ua *ua, const struct sockaddr *source, sip_t const *sip);
void health_tell(const Ua *ua, const PeerSettings *settings, UaPeer *peer);

/* mwi.c: NOTIFYs of mailboxes, in and out. */
void mwi_open(Ua *ua);
/* Also at the start. */
void mwi_use_settings(Ua *ua);
void mwi_close(Ua *ua);
void mwi_free(Ua *ua);
/* SIP, in MSG, is whole: a NOTIFY outside a dialog is answered. TRUE: it was. In the parser. */
gboolean mwi_notified(UaPort *port, msg_t *msg, sip_t const *sip);
/* NUA's news of a handle that is a NOTIFY's or a subscription's. FALSE: it is none's. */
gboolean mwi_hears(Ua *ua, nua_handle_t *nh, nua_event_t event, int status, sip_t const *sip, tagi_t tags[]);
/* mwi_subscription.c: SUBSCRIBE (RFC 6665). */
void mwi_subscribed(Ua *ua, nua_handle_t *nh, sip_t const *sip);

/* register.c: our own registrations with the servers of peers. */
void register_open(Ua *ua);
/* Also when the settings have changed. */
void register_use_settings(Ua *ua);
void register_close(Ua *ua);
/* NUA's news of a handle that is a registration's. FALSE: it is none's. */
gboolean register_hears(Ua *ua, nua_handle_t *nh, nua_event_t event, int status, const char *phrase, sip_t const *sip);
/* Is SOURCE of a peer with which we are registered: may it call the Contact that it was told? */
gboolean register_admits(const Ua *ua, const struct sockaddr *source);
gboolean uac_dial(void *room, Call *call, const CallNews *news);
gboolean uac_dialled_all(void *room, Call *call, const CallNews *news);

/* early.c */
/* The parser has met a 100 to an INVITE of ours; another provisional response, which begins an
 * early dialog; a BYE. The status of the BYE's answer, 0 when no INVITE of ours is pending in its
 * call. */
void early_note_trying(Ua *ua, sip_t const *sip);
void early_note_ringing(Ua *ua, sip_t const *sip);
int early_note_bye(Ua *ua, sip_t const *sip);
/* May a stranger at SOURCE send SIP because we called it: is SIP a request inside a call of ours to
 * it? */
gboolean early_is_spoken_to(Ua *ua, sip_t const *sip, const struct sockaddr *source);
void early_tell_heard(void *user); /* a Ua: what was noted becomes events */
void early_heard_free(gpointer heard);

/* dialog.c: requests inside an early or confirmed dialog. */
void dialog_offered(UaLeg *leg, sip_t const *sip); /* re-INVITE or UPDATE, to be answered */
void dialog_acked(UaLeg *leg,
                  sip_t const *sip); /* ACK to our 2xx, perhaps with the answer to our offer */
void dialog_bye(UaLeg *leg, sip_t const *sip);
void dialog_bye_answered(UaLeg *leg, int status, const char *phrase, sip_t const *sip);
void dialog_terminated(UaLeg *leg);
void dialog_failed(UaLeg *leg, int status, const char *phrase); /* nua_i_error */
/* The families of the addresses that a description may have, as offer_read() wants it. */
int dialog_family(const Settings *settings);
/* Our RTP address as LEG's far end is told it. FALSE when none is booked. */
gboolean dialog_rtp(const UaLeg *leg, struct sockaddr_storage *rtp);
/* Writes our answer to LEG's remote description, or our offer, into LEG->ours. FALSE without an RTP
 * port. */
gboolean dialog_describe(UaLeg *leg, const SdpChoice *choice);
/* The same; an offer says DIRECTION. */
gboolean dialog_describe_as(UaLeg *leg, const SdpChoice *choice, SdpDirection direction);
/* How long a request that crossed one of theirs (491) waits for its next try, and how often it is tried in all. */
#define DIALOG_TRIES 5
gint64 dialog_retry_us(const UaLeg *leg);
/* Reads the SDP of SIP into LEG's remote description. SDP_OK when it holds one; *why tells
 * otherwise. */
SdpResult dialog_read(UaLeg *leg, sip_t const *sip, const char **why);

/* hold.c: holds of either side. The actions sip_hold and sip_resume. */
gboolean hold_begin(void *room, Call *call, const CallNews *news);
gboolean hold_end(void *room, Call *call, const CallNews *news);
/* An exchange is over: what is still to be said of a hold of ours is said now. */
void hold_pursue(UaLeg *leg);
/* The response to our re-INVITE about a hold. */
void hold_responded(UaLeg *leg, int status, const char *phrase, sip_t const *sip);
/* CHOICE of our answer, or of theirs, as our own hold leaves it. */
void hold_apply(const UaLeg *leg, SdpChoice *choice);
/* Our answer to an offer of theirs said CHOICE. */
void hold_answered(UaLeg *leg, const SdpChoice *choice);
/* Their last description is read: SIP.HELD or SIP.RETRIEVED when that changes anything. */
void hold_heard(UaLeg *leg);

/* charge.c: what the call costs. The action sip_charge. */
gboolean charge_send(void *room, Call *call, const CallNews *news);
/* INFO may go out now: what waits goes. */
void charge_send_due(UaLeg *leg);
/* The body of our BYE, where the whole charge is known and wanted; NULL: none. Caller frees. */
char *charge_of_bye(const UaLeg *leg);

/* redirect.c: 3xx */
/* May a Contact of the 3xx to LEG's INVITE be called instead? */
gboolean redirect_offered(UaLeg *leg, int status, sip_t const *sip);
gboolean redirect_send(void *room, Call *call, const CallNews *news);

/* digits.c: INFO */
/* Does telephone-event belong into LEG's descriptions? */
gboolean digits_are_events(const UaLeg *leg);
/* What SESSION says of telephone-event does not count where they do not. */
void digits_settle(const UaLeg *leg, SdpSession *session);
void digits_asked(UaLeg *leg, sip_t const *sip);
gboolean digits_send(void *room, Call *call, const CallNews *news);
void digits_answered(UaLeg *leg, int status, const char *phrase, sip_t const *sip);
/* May an INFO go out? One at a time, and not beside a re-INVITE of ours: NUA gives credentials to the
 * wrong one of two. */
gboolean digits_may_go(const UaLeg *leg);
/* An exchange is over: what waits goes. */
void digits_pursue(UaLeg *leg);

/* inform.c: what the far end is told inside the dialog, as soon as that allows it */
/* Who is at the ISDN end has changed. */
void inform_party(UaLeg *leg);
/* SIP is a provisional response to our INVITE: where its early dialog can be spoken to. */
void inform_learn_early(UaLeg *leg, sip_t const *sip, gboolean reliable);
/* Something in LEG's dialog has come to an end: what is due may go out now. */
void inform_try(UaLeg *leg);
/* The final response to the request that told it. */
void inform_answered(UaLeg *leg, int status, sip_t const *sip, gboolean by_invite);
/* SIP, in MSG, answers an UPDATE: NUA shall not hang up for a 5xx or 600. */
void inform_spare_dialog(Ua *ua, msg_t *msg, sip_t *sip);
/* Does NUA hang up for STATUS in answer to a request inside a dialog, though RFC 5057 5.1 does not ask it to? */
gboolean inform_alarms_nua(int status);
/* NUA, which is about to read STATUS in MSG, is told of a refusal that it passes over. */
void inform_hide_status(msg_t *msg, sip_status_t *status);
/* What it answered, where NUA was told otherwise. */
void inform_true_status(int *status, const char **phrase);
gboolean inform_act(void *room, Call *call, const CallNews *news); /* sip_party */

/* session.c: RFC 4028. */
void session_asked(UaLeg *leg, sip_t const *message);
/* A 2xx to INVITE or UPDATE settled the timer anew; SIP: the 2xx received, NULL when we sent it. */
void session_settled(UaLeg *leg, sip_t const *response);
void session_refreshed(UaLeg *leg, int status, const char *phrase, sip_t const *sip,
                       gboolean by_invite);
/* How NUA ends a request for which there are no credentials: it has been told before. */
#define NO_CREDENTIALS 904
/* NUA waits for credentials after a 401 or 407: there are none. */
void session_give_up_challenge(UaLeg *leg, int status);
/* SIP, in MSG, is a 401 or 407: without credentials for its leg NUA shall not wait for any, nor hang
 * up when it is given none for a re-INVITE. */
void session_spare_challenge(Ua *ua, msg_t *msg, sip_t *sip);
/* SIP, in MSG, refuses a re-INVITE of ours: the call stays as it was (RFC 3261 14.1). */
void session_spare_refusal(Ua *ua, msg_t *msg, sip_t *sip);
/* The answer to our OPTIONS in the dialog of a peer without timers. */
void session_probed(UaLeg *leg, int status, const char *phrase, sip_t const *sip);

/* origin.c */
/* Who sent the initial request SIP that came from SOURCE; FALSE when it may not be believed. */
gboolean origin_of_request(const Ua *ua, sip_t const *sip, const struct sockaddr *source,
                           CallOrigin *origin);
/* The transport's source of the message NUA is reporting; family 0 when it has none. */
void origin_source(nua_t *nua, struct sockaddr_storage *source);
/* SOURCE of SIP for people. Behind the proxy: what its seal says, else where the proxy has it from,
 * which stands in the Via under the proxy's own. */
const char *origin_describe(const Ua *ua, sip_t const *sip, const struct sockaddr *source, char *text, gsize size);

/* identity.c */
NumberResult identity_called(sip_t const *sip, CallSetup *setup);
NumberResult identity_number(url_t const *url, Number *number);
void identity_calling(sip_t const *sip, const CallOrigin *origin, CallSetup *setup);
/* What SIP says of its caller, believed or not, into ORIGIN. */
void identity_claims(sip_t const *sip, CallOrigin *origin);
/* A Request-URI urn:service:sos... becomes the SIP URI of its number, in HOME. FALSE when the
 * service has none. */
gboolean identity_settle_service(su_home_t *home, sip_request_t *request, const Ua *ua);
typedef struct IdentityOut {
    char *from;    /* header values; owned */
    char *pai;     /* NULL: none */
    char *privacy; /* NULL: none */
} IdentityOut;
void identity_write(const CallSetup *asked, const TrunkSettings *trunk, gboolean trusted,
                    const char *host, IdentityOut *out);
/* The same for PARTY, connected or new in the call. */
void identity_write_party(const Party *party, const TrunkSettings *trunk, gboolean trusted,
                          const char *host, IdentityOut *out);
/* Whom SIP asserts: number, name, and by its Privacy whether they may be shown; FALSE: nobody. */
gboolean identity_party(sip_t const *sip, Party *party);
/* The same of its From, believed or not. */
void identity_from_party(sip_t const *sip, Party *party);
void identity_out_clear(IdentityOut *out);
/* The user part of a URI for NUMBER, which came from TRUNK. Caller frees. */
char *identity_user(const TrunkSettings *trunk, const Number *number);
/* URI with user=phone when its user part is a number and it names no other user kind, and with SUBADDRESS as isub. Caller
 * frees. */
char *identity_phone_uri(const char *uri, const Subaddress *subaddress);

/* extra.c: what messages carry beside numbers and media. Lines are whole header fields, joined by CRLF; NULL: none. Caller
 * frees. */
void extra_read(sip_t const *sip, CallSetup *setup);
char *extra_of_invite(const UaLeg *leg, const UacInvite *invite, const char *uri);
/* The PBX's user information in NEWS for a message in LEG's dialog; that in SIP, from LEG's far end, into NEWS. */
char *extra_user_info(const UaLeg *leg, const CallNews *news);
void extra_news(const UaLeg *leg, sip_t const *sip, CallNews *news);

/* party.c: who is at the ends */
/* The caller of SETUP. */
void party_of_setup(const CallSetup *setup, Party *party);
/* Whom SIP, of LEG's far end, says to be there, where that is news to the call. */
void party_hear(UaLeg *leg, sip_t const *sip, CallNews *news);
/* The same of a request inside the dialog that has been accepted: it is told to the call. */
void party_hear_request(UaLeg *leg, sip_t const *sip);
/* URL is how the far end is called in From and To. */
void party_know_far(UaLeg *leg, url_t const *url);
/* Whoever URI's number is. FALSE when it has none. */
gboolean party_of_uri(const char *uri, Party *party);
/* P-Asserted-Identity and Privacy of who is at the ISDN end of LEG's call; FALSE when nobody has said there. */
gboolean party_write(UaLeg *leg, IdentityOut *out);
/* Is who is there now another one than LEG's far end was told? */
gboolean party_is_news(const UaLeg *leg);
/* The same for one who takes a call over: by all that is known. */
void party_write_known(UaLeg *leg, IdentityOut *out);

/* target.c: a dialog that MSG, which came to PORT, begins or moves will go to an address: names of hosts get the address
 * MSG came from, a Contact or Record-Route to which nothing could be sent is taken out. The name of
 * what was taken out, or NULL when all was well. */
const char *target_settle(const UaPort *port, msg_t *msg, sip_t *sip);

/* hearing.c: the source filters of the user agent's ports */
void hearing_open(UaPort *port);
void hearing_close(UaPort *port);
/* May SOURCE make a connection to us? USER is a Ua. */
gboolean hearing_connects(void *user, const struct sockaddr *source);
/* The far end of a call we made is heard though it may not call us. */
void hearing_admit(Ua *ua, const struct sockaddr_storage *address);
void hearing_forget(Ua *ua, const struct sockaddr_storage *address);
