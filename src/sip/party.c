/* Who is at the far end of a dialog, as its messages tell; and who is at the ISDN end, as ours do.
 */
#include "sip_room.h"

/* The party of the caller that an INVITE named. */
void party_of_setup(const CallSetup *setup, Party *party)
{
    *party = (Party){.number = setup->calling, .name_presentation = setup->name_presentation};
    g_strlcpy(party->name, setup->name, sizeof(party->name));
}

/* RFC 4497 9.2.3: whom a trusted far end asserts, where that is another one than it said last. */
void party_hear(UaLeg *leg, sip_t const *sip, CallNews *news)
{
    Party party;

    if (!leg->trusted || !identity_party(sip, &party) || party_equal(&party, &leg->heard_party))
        return;
    leg->heard_party = party;
    news->has_party = TRUE;
    news->party = party;
}

gboolean party_write(const UaLeg *leg, IdentityOut *out)
{
    Party party;

    *out = (IdentityOut){0};
    if (!leg->call || !call_isdn_party(leg->call))
        return FALSE;
    call_find_isdn_party(leg->call, &party);
    identity_write_party(&party, call_trunk(leg->call), leg->trusted, leg->ua->host, out);
    return TRUE;
}
