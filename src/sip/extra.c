/* What SIP messages carry beside numbers and media: User-to-User, Diversion, History-Info. */
#include "sip_room.h"

#include "fields.h"

#include <string.h>

/* The values of all header fields NAME that Sofia does not know, borrowed, ended by NULL. */
static GPtrArray *values_of(sip_t const *sip, const char *name)
{
    GPtrArray *values = g_ptr_array_new();

    for (sip_unknown_t const *at = sip->sip_unknown; at; at = at->un_next)
        if (at->un_name && at->un_value && g_ascii_strcasecmp(at->un_name, name) == 0)
            g_ptr_array_add(values, (gpointer)at->un_value);
    g_ptr_array_add(values, NULL);
    return values;
}

static void user_info_read(sip_t const *sip, UserInfo *info)
{
    g_autoptr(GPtrArray) values = values_of(sip, "User-to-User");

    user_info_from_fields((const char *const *)values->pdata, info);
}

void extra_read(sip_t const *sip, CallSetup *setup)
{
    g_autoptr(GPtrArray) diversion = values_of(sip, "Diversion");
    g_autoptr(GPtrArray) history = values_of(sip, "History-Info");

    user_info_read(sip, &setup->user_info);
    diversions_from_fields((const char *const *)diversion->pdata,
                           (const char *const *)history->pdata, &setup->called, &setup->diversions);
}

/* RFC 7434 8: only where the set-up had some. */
static gboolean user_info_passes(const UaLeg *leg)
{
    return leg->call && call_asked(leg->call)->user_info.length > 0;
}

void extra_news(const UaLeg *leg, sip_t const *sip, CallNews *news)
{
    if (sip && user_info_passes(leg))
        user_info_read(sip, &news->user_info);
}

static char *user_info_line(const UserInfo *info)
{
    g_autofree char *value = user_info_to_field(info);

    return value ? g_strconcat("User-to-User: ", value, NULL) : NULL;
}

char *extra_user_info(const UaLeg *leg, const CallNews *news)
{
    return news && news->is_isdn && user_info_passes(leg) ? user_info_line(&news->user_info) : NULL;
}

/* How the way CALL has come is told to PEER; NULL: it is not. */
static char *diversion_lines(const UaLeg *leg, const UacInvite *invite, const char *uri)
{
    const PeerSettings *peer = invite->peer;
    DiversionText text = {
        .trunk = call_trunk(leg->call),
        .host = leg_host(leg),
        .trusted = peer && peer->trusted,
        .called = uri,
    };

    switch (peer ? (DiversionField)peer->diversion : DIVERSION_FIELD_DIVERSION) {
    case DIVERSION_FIELD_NONE:
        return NULL;
    case DIVERSION_FIELD_DIVERSION:
        return diversions_to_diversion(&invite->setup->diversions, &text);
    case DIVERSION_FIELD_HISTORY:
        return diversions_to_history(&invite->setup->diversions, &text);
    }
    return NULL;
}

char *extra_of_invite(const UaLeg *leg, const UacInvite *invite, const char *uri)
{
    g_autofree char *info = user_info_line(&invite->setup->user_info);
    g_autofree char *diversions = diversion_lines(leg, invite, uri);

    if (!info && !diversions)
        return NULL;
    return g_strconcat(info ? info : "", info && diversions ? "\r\n" : "",
                       diversions ? diversions : "", NULL);
}
