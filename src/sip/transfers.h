/* Transfers as the rest of src/sip sees them: REFER, Replaces, BYE with Also.
 *
 * referral.h has what their own files share. Home thread: signalling.
 */
#pragma once

#include "number.h"
#include "ua_leg.h"

/* refer.c: REFER. */
void referral_asked(Ua *ua, nua_handle_t *nh, UaLeg *leg, sip_t const *sip, tagi_t tags[]);
/* The parser has met a REFER from SOURCE: the status of its answer where NUA shall not see it, or 0. */
int referral_met(Ua *ua, sip_t const *sip, const struct sockaddr *source);
/* referral.c: a transfer under way. NUA's news of a NOTIFY. */
void referral_notified(UaLeg *leg, int status, tagi_t tags[]);
/* EVENT of a leg that is tried beside its call. TRUE: the call does not hear of it. */
gboolean referral_hears(UaLeg *leg, CallEvent event, const CallNews *news);
/* also.c: BYE came in LEG's dialog: TRUE when the call goes on without it, by a transfer under way or by SIP's Also header. FALSE
 * with NEWS' cause when Also could not be followed. */
gboolean referral_leaves(UaLeg *leg, sip_t const *sip, CallNews *news);
/* The call in LEG's dialog is being cleared: what is sought for it is given up. */
void referral_forsake(UaLeg *leg);
/* LEG is tried beside the call instead of BEFORE. */
void referral_follow(UaLeg *leg, UaLeg *before);
/* LEG is being freed. */
void referral_forget(UaLeg *leg);
/* One line, one count: METHOD, SIP, from where NUA's present request came from. */
void referral_tell_refused(Ua *ua, sip_t const *sip, const char *method, int status, const char *why);

/* refer_to.c: where a transfer shall lead, as Refer-To or Also says. */
typedef struct ReferTo {
    char *uri;       /* without headers and method; owned, as the rest */
    char *method;    /* NULL: INVITE */
    char *replaces;  /* value of a Replaces header, or NULL */
    char *require;   /* value of a Require header, or NULL */
    gboolean is_sip; /* sip:, sips: or tel: */
    gboolean ours;   /* it leads to this gateway */
    NumberResult has_number;
    Number number; /* in its user part */
} ReferTo;
void refer_to_read(const Ua *ua, url_t const *url, ReferTo *to);
void refer_to_clear(ReferTo *to);
/* The leg that Replaces names by VALUE; NULL: none of ours. *early_only as it says. */
UaLeg *replaces_find(Ua *ua, const char *value, gboolean *early_only);
/* replaces.c: INVITE with Replaces. */
void replaces_invited(Ua *ua, nua_handle_t *nh, sip_t const *sip);
