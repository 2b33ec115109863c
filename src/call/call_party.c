/* Who is at the ends of a call: what each end says of itself, kept for the other. */
#include "call_private.h"

#include <string.h>

void call_note_party(Call *call, CallEvent event, const CallNews *news)
{
    if (event == EVENT_SIP_REPLACED || event == EVENT_SIP_MOVED)
        call->has_sip_party = FALSE; /* it was another one's word */
    if (!news->has_party)
        return;
    if (event_is_isdn(event) || event == EVENT_CALL_JOINED || event == EVENT_CALL_PARTY) {
        call->isdn_party = news->party;
        call->has_isdn_party = TRUE;
    } else {
        call->sip_party = news->party;
        call->has_sip_party = TRUE;
    }
}

void call_collect_name(Call *call, const CallNews *news)
{
    CallSetup *asked = &call->asked;

    if (!news->has_party || !*news->party.name)
        return;
    g_strlcpy(asked->name, news->party.name, sizeof(asked->name));
    asked->name_presentation = news->party.name_presentation;
}

const Party *call_sip_party(const Call *call)
{
    return call->has_sip_party ? &call->sip_party : NULL;
}

const Party *call_isdn_party(const Call *call)
{
    return call->has_isdn_party ? &call->isdn_party : NULL;
}

/* What is known of the ISDN end without its own word. */
static void party_expected(const Call *call, Party *party)
{
    *party = (Party){0};
    if (call->origin.kind != ORIGIN_PRI) {
        party->number = call->setup.called;
        party->number.screening = SCREENING_NETWORK; /* we have called it ourselves */
        return;
    }
    party->number = call->setup.calling; /* as the route has written it */
    g_strlcpy(party->name, call->setup.name, sizeof(party->name));
    party->name_presentation = call->setup.name_presentation;
}

/* A late name comes with the number that SETUP had. */
static gboolean number_is_the_callers(const Call *call, const Number *number)
{
    const Number *calling = &call->asked.calling;

    return call->origin.kind == ORIGIN_PRI && strcmp(number->digits, calling->digits) == 0 &&
           number->presentation == calling->presentation;
}

void call_find_isdn_party(const Call *call, Party *party)
{
    const Party *told = &call->isdn_party;

    party_expected(call, party);
    if (!call->has_isdn_party)
        return;
    if ((*told->number.digits || told->number.presentation != PRESENTATION_UNAVAILABLE) &&
        !number_is_the_callers(call, &told->number))
        party->number = told->number;
    g_strlcpy(party->name, told->name, sizeof(party->name));
    party->name_presentation = told->name_presentation;
}
