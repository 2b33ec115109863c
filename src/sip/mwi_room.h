/* What the files about mailboxes share: who is told, and what is under way. */
#pragma once

#include "sip_room.h"

struct Mailboxes {
    UaMwi ops;   /* may_notify NULL: nobody has set any */
    gboolean on; /* a trunk has mwi set, and NUA knows the event */
    sip_accept_t *accept;
    GHashTable *tellings; /* mailbox -> Telling*, owned: to be told without a subscription */
    GQueue waiting;       /* of Telling*: not begun */
    guint under_way;
    GHashTable *subscriptions; /* nua_handle_t* -> Subscription*, owned */
};

/* mwi_subscription.c */
/* Tells who has subscribed to MAILBOX. How many there were. */
guint subscriptions_tell(Ua *ua, const char *mailbox, const MwiState *state);
guint subscriptions_of(const Ua *ua, const char *mailbox);
/* Is NH that of a subscription? */
gboolean subscription_is(const Ua *ua, const nua_handle_t *nh);
gboolean subscription_hears(Ua *ua, nua_handle_t *nh, nua_event_t event, int status, tagi_t tags[]);
void subscription_free(gpointer data);

/* mwi.c */
/* The user part of URL without escapes, "" where it has none or the one of the gateway itself. */
void mwi_user_of(url_t const *url, char user[TAG_MAX]);
/* "<sip:200@host>": a mailbox here. Caller frees. */
char *mwi_uri(const UaPort *port, const char *mailbox);
