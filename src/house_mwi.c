/* Messages that wait, between the PBXs and SIP: whose mailbox it is, who may speak of it, and what
 * each side has said last. */
#include "house_private.h"

#include "log.h"
#include "number.h"
#include "route.h"

#include <string.h>

#define KIND "mwi"
/* What is kept is as old as its last change: a year without one, and nobody waits any more. */
#define GREETING_US (300 * G_TIME_SPAN_MILLISECOND)
#define KEPT_US (400 * G_TIME_SPAN_DAY)

/* ---- from a PBX ---------------------------------------------------------------------------------
 */

/* Where calls of TRUNK's PBX to SERVED go in SIP. */
static gboolean route_in(const Settings *settings, const char *trunk, const Number *served,
                         RouteMatch *match)
{
    CallOrigin origin = {.kind = ORIGIN_PRI};
    CallSetup setup = {.bearer = BEARER_SPEECH, .complete = TRUE, .called = *served};

    g_strlcpy(origin.trunk, trunk, sizeof origin.trunk);
    return route_match(settings, &origin, &setup, 0, match) == ROUTE_FOUND && !match->target.trunk;
}

/* One name for the mailbox of a phone that has several. */
static void mailbox_settle(const Settings *settings, char mailbox[TAG_MAX])
{
    const PhoneSettings *phone = settings_find_phone(settings, mailbox);

    if (phone)
        g_strlcpy(mailbox, phone->name, TAG_MAX);
}

/* Whom URI calls: as whom a telephone subscribes. FALSE: nobody. */
static gboolean mailbox_of_uri(const Settings *settings, const char *uri, char mailbox[TAG_MAX])
{
    const char *begin = strchr(uri, ':'), *end = strchr(uri, '@');
    g_autofree char *user = NULL;

    if (!begin || !end || end < begin)
        return FALSE;
    user = g_uri_unescape_segment(begin + 1, begin + 1 + strcspn(begin + 1, ";:@"), NULL);
    if (!user || !*user || g_strlcpy(mailbox, user, TAG_MAX) >= TAG_MAX)
        return FALSE;
    mailbox_settle(settings, mailbox);
    return TRUE;
}

static MwiVerdict on_pbx_told(void *user, const char *trunk, const Number *served,
                              const MwiState *state)
{
    House *house = user;
    MwiEntry entry = {.side = MWI_BY_PBX, .state = *state, .since_us = g_get_real_time()};
    RouteMatch match;

    if (!route_in(house->mwi_settings, trunk, served, &match) ||
        !mailbox_of_uri(house->mwi_settings, match.target.uri, entry.mailbox))
        return MWI_NO_SUCH_USER;
    g_strlcpy(entry.trunk, trunk, sizeof entry.trunk);
    switch (mwi_book_note(house->mwi_book, &entry)) {
    case MWI_SAME:
        return MWI_ACCEPTED;
    case MWI_FULL:
        return MWI_NO_ROOM;
    case MWI_CHANGED:
        break;
    }
    ua_tell_mwi(house->ua, entry.mailbox, state, match.target.uri, match.target.peer);
    return MWI_ACCEPTED;
}

/* ---- from SIP -----------------------------------------------------------------------------------
 */

static gboolean on_may_notify(void *user, const CallOrigin *origin)
{
    const House *house = user;
    const PeerSettings *peer =
        origin->peer[0] ? settings_find_peer(house->mwi_settings, origin->peer) : NULL;

    return peer && (peer->mwi == PEER_MWI_ACCEPT || peer->mwi == PEER_MWI_BOTH);
}

static guint16 on_notified(void *user, const CallOrigin *origin, const char *mailbox,
                           const MwiState *state)
{
    House *house = user;
    CallSetup setup = {.bearer = BEARER_SPEECH, .complete = TRUE};
    MwiEntry entry = {.side = MWI_BY_SIP, .state = *state, .since_us = g_get_real_time()};
    RouteMatch match;

    if (number_from_user(mailbox, &setup.called) != NUMBER_OK ||
        route_match(house->mwi_settings, origin, &setup, 0, &match) != ROUTE_FOUND ||
        !match.target.trunk || match.target.trunk->mwi == TRUNK_MWI_NO)
        return 404;
    route_dial(&match, &match.setup.called);
    g_strlcpy(entry.mailbox, mailbox, sizeof entry.mailbox);
    g_strlcpy(entry.trunk, match.target.trunk->name, sizeof entry.trunk);
    switch (mwi_book_note(house->mwi_book, &entry)) {
    case MWI_SAME:
        return 200;
    case MWI_FULL:
        return 503;
    case MWI_CHANGED:
        break;
    }
    if (isdn_tell_mwi(house->isdn, entry.trunk, &match.setup.called, state))
        return 200;
    mwi_book_forget(house->mwi_book, MWI_BY_SIP, mailbox);
    return 503;
}

/* One's own mailbox may be heard of, and by who vouches for its users any. Where nobody shows
 * credentials, [sip] allow says who is at home. */
static guint16 on_subscribed(void *user, const CallOrigin *origin, char mailbox[TAG_MAX],
                             MwiState *state)
{
    const House *house = user;
    const MwiEntry *entry;

    mailbox_settle(house->mwi_settings, mailbox);
    if (origin->user[0] && strcmp(origin->user, mailbox) != 0 && !origin->trusted)
        return 403;
    entry = mwi_book_find(house->mwi_book, MWI_BY_PBX, mailbox);
    if (entry)
        *state = entry->state;
    return 200;
}

/* ---- phones that come ---------------------------------------------------------------------------
 */

/* "sip:201@host:port" of a user of the proxy's. Caller frees. */
static char *user_uri(const Settings *settings, const char *user)
{
    g_autofree char *plain = g_uri_escape_string(user, "+*!~'()&=$,", FALSE);
    char text[64];

    if (!settings->sip.public_host)
        return g_strdup_printf(
            "sip:%s@%s", plain,
            address_describe((const struct sockaddr *)&settings->sip.listen, text, sizeof text));
    return g_strdup_printf("sip:%s@%s:%u", plain, settings->sip.public_host,
                           address_port((const struct sockaddr *)&settings->sip.listen));
}

static void greet(House *house, const char *aor)
{
    const MwiEntry *entry = mwi_book_find(house->mwi_book, MWI_BY_PBX, aor);
    g_autofree char *uri = entry ? user_uri(house->mwi_settings, aor) : NULL;

    if (entry)
        ua_greet_mwi(house->ua, aor, &entry->state, uri);
}

static void greet_all(void *user)
{
    House *house = user;
    GHashTableIter iter;
    gpointer aor;

    g_hash_table_iter_init(&iter, house->mwi_arrivals);
    while (g_hash_table_iter_next(&iter, &aor, NULL))
        greet(house, aor);
    g_hash_table_remove_all(house->mwi_arrivals);
}

/* A telephone that was off knows nothing of its lamp. It hears the answer to its REGISTER first. */
void house_mwi_arrived(void *user, const char *aor)
{
    House *house = user;

    if (!house->mwi_book || !mwi_book_find(house->mwi_book, MWI_BY_PBX, aor))
        return;
    if (g_hash_table_size(house->mwi_arrivals) == 0)
        loop_timer_start(house->signalling, house->mwi_timer, GREETING_US);
    g_hash_table_add(house->mwi_arrivals, g_strdup(aor));
}

/* ---- the house's part ---------------------------------------------------------------------------
 */

static void book_save(void *user, const char *key, const char *value)
{
    House *house = user;

    if (house->phones)
        phones_keep(house->phones, KIND, key, value, value ? g_get_real_time() + KEPT_US : 0);
}

static void book_load(void *user, const char *key, const char *value, gint64 expires_us)
{
    House *house = user;

    (void)expires_us;
    if (!mwi_book_load(house->mwi_book, key, value))
        log_warning("house: what was kept of the mailbox %s is not read", key);
}

void house_mwi_open(House *house, const Settings *settings)
{
    UaMwi ops = {house, on_may_notify, on_notified, on_subscribed};

    house->mwi_settings = settings;
    house->mwi_book = mwi_book_new(settings->sip.max_mailboxes);
    house->mwi_arrivals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    house->mwi_timer = loop_timer_new(house->signalling, greet_all, house);
    if (house->phones)
        phones_each_kept(house->phones, KIND, book_load, house);
    mwi_book_set_saver(house->mwi_book, book_save, house);
    isdn_set_mwi(house->isdn, on_pbx_told, house);
    ua_set_mwi(house->ua, &ops);
}

void house_mwi_set_settings(House *house, const Settings *settings)
{
    house->mwi_settings = settings;
    mwi_book_set_limit(house->mwi_book, settings->sip.max_mailboxes);
}

void house_mwi_close(House *house)
{
    if (!house->mwi_book)
        return;
    loop_timer_free(house->signalling, house->mwi_timer);
    g_clear_pointer(&house->mwi_arrivals, g_hash_table_unref);
    g_clear_pointer(&house->mwi_book, mwi_book_free);
}
