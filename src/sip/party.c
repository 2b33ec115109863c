/* Who is at the far end of a dialog, as its messages tell; and who is at the ISDN end, as ours do.
 */
#include "sip_room.h"

/* The party of the caller that an INVITE named. */
void party_of_setup(const CallSetup *setup, Party *party)
{
    *party = (Party){.number = setup->calling, .name_presentation = setup->name_presentation};
    g_strlcpy(party->name, setup->name, sizeof(party->name));
}

void party_know_far(UaLeg *leg, url_t const *url)
{
    g_free(leg->heard_from);
    leg->heard_from = g_strdup(url->url_user ? url->url_user : "");
}

gboolean party_of_uri(const char *uri, Party *party)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    gboolean found;
    url_t *url;

    *party = (Party){0};
    su_home_init(home);
    url = url_make(home, uri);
    found = url && identity_number(url, &party->number) == NUMBER_OK;
    su_home_deinit(home);
    party->number.screening = SCREENING_NETWORK; /* we have called it ourselves */
    return found;
}

/* RFC 4916 4.4.2: another From than before, of one who knows what that means. */
static gboolean party_from_changed(UaLeg *leg, sip_t const *sip, Party *party)
{
    const char *user;

    if (!sip->sip_request || !leg->hears_from)
        return FALSE;
    user = sip->sip_from->a_url->url_user;
    if (g_strcmp0(user ? user : "", leg->heard_from) == 0)
        return FALSE;
    party_know_far(leg, sip->sip_from->a_url);
    identity_from_party(sip, party);
    return TRUE;
}

/* RFC 4497 9.2.3: whom a trusted far end asserts, where that is another one than it said last. */
void party_hear(UaLeg *leg, sip_t const *sip, CallNews *news)
{
    Party party;

    if (!(leg->trusted && identity_party(sip, &party)) && !party_from_changed(leg, sip, &party))
        return;
    if (party_equal(&party, &leg->heard_party))
        return;
    leg->heard_party = party;
    news->has_party = TRUE;
    news->party = party;
}

void party_hear_request(UaLeg *leg, sip_t const *sip)
{
    CallNews news = CALL_NEWS_INIT;

    party_hear(leg, sip, &news);
    if (news.has_party)
        leg_event(leg, EVENT_SIP_IDENTITY, &news);
}

void party_write_known(UaLeg *leg, IdentityOut *out)
{
    Party party;

    *out = (IdentityOut){0};
    if (!leg->call)
        return;
    call_find_isdn_party(leg->call, &party);
    leg->told_party = party;
    identity_write_party(&party, call_trunk(leg->call), leg->trusted, leg_host(leg), out);
}

gboolean party_is_news(const UaLeg *leg)
{
    Party party;

    if (!leg->call)
        return FALSE;
    call_find_isdn_party(leg->call, &party);
    return !party_equal(&party, &leg->told_party);
}

gboolean party_write(UaLeg *leg, IdentityOut *out)
{
    *out = (IdentityOut){0};
    if (!leg->call || !call_isdn_party(leg->call))
        return FALSE;
    party_write_known(leg, out);
    return TRUE;
}
