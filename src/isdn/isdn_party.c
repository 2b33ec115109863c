/* Who is at the ends of a call: numbers and names between libpri's parties and the house's.
 *
 * How libpri carries a name depends on the switch type: NI-2 and QSIG put the caller's into
 * Facility, QSIG the connected one's too; all others, and NI-2's CONNECT, have Display, which a
 * EuroISDN user does not send. After the answer only EuroISDN (EctInform, a number) and QSIG
 * (callTransferComplete, number and name) have words for another party.
 */
#define _GNU_SOURCE /* memmem() */
#include "isdn_party.h"
#include "frame_element.h"
#include "isdn_setup.h"
#include "number.h"

#include <string.h>

static int plan_of(const Number *number)
{
    return number->ton << 4 | number->npi;
}

gboolean isdn_party_may_claim(const TrunkSettings *trunk)
{
    return trunk->side == SIDE_NETWORK || trunk->switch_type == SWITCH_QSIG;
}

static int presentation_of(const TrunkSettings *trunk, const Number *number)
{
    return number->presentation << 5 |
           (isdn_party_may_claim(trunk) ? number->screening : SCREENING_USER_NOT_SCREENED);
}

/* RFC 4497 9.2.2, 9.2.3: an asserted identity, the From header only where the trunk says so. The
 * number a call for help is called back by is the operator's own word. */
gboolean isdn_party_may_leave(const TrunkSettings *trunk, const Number *number, gboolean help)
{
    if (help && number->screening == SCREENING_NETWORK)
        return TRUE;
    switch (trunk->identity) {
    case IDENTITY_PAI:
        return number->screening == SCREENING_NETWORK;
    case IDENTITY_FROM:
        return TRUE;
    case IDENTITY_NONE:
        return FALSE;
    }
    return FALSE;
}

static void name_write(const TrunkSettings *trunk, const Party *party, struct pri_party_name *name)
{
    gsize most = MIN(trunk->display_max, sizeof name->str - 1);
    gsize octets = name_to_display(party->name, trunk->charset, (guint8 *)name->str, most);

    name->str[octets] = '\0';
    name->valid = octets > 0;
    name->presentation = party->name_presentation << 5;
    name->char_set = PRI_CHAR_SET_ISO8859_1;
}

void isdn_party_write(const TrunkSettings *trunk, const Party *party, gboolean help,
                      struct pri_party_id *id)
{
    const Number *number = &party->number;

    *id = (struct pri_party_id){0};
    if (isdn_party_may_leave(trunk, number, help) &&
        digits_copy(number->digits, id->number.str, NUMBER_MAX + 1) && id->number.str[0]) {
        id->number.valid = 1;
        id->number.plan = plan_of(number);
        id->number.presentation = presentation_of(trunk, number);
    }
    if (trunk->send_display && party->name[0])
        name_write(trunk, party, &id->name);
}

/* Q.931 4.5.10 reserves the fourth value: what its meaning may be, it is not for showing. */
static Presentation presentation_read(int octet)
{
    Presentation presentation = (Presentation)(octet >> 5 & 3);

    return presentation <= PRESENTATION_UNAVAILABLE ? presentation : PRESENTATION_RESTRICTED;
}

static void number_read(const struct pri_party_number *party, Number *number)
{
    *number = (Number){.presentation = PRESENTATION_UNAVAILABLE};
    if (!party->valid)
        return;
    number->presentation = presentation_read(party->presentation);
    number->screening = (Screening)(party->presentation & 3);
    number->ton = (TypeOfNumber)(party->plan >> 4 & 7);
    number->npi = (NumberingPlan)(party->plan & 15);
    if (!digits_copy(party->str, number->digits, sizeof number->digits))
        number->digits[0] = '\0'; /* part of a number would be a wrong one */
}

static void name_read(const TrunkSettings *trunk, const struct pri_party_name *name, Party *party)
{
    if (!name->valid)
        return;
    party->name_presentation = presentation_read(name->presentation);
    if (name->char_set == PRI_CHAR_SET_ISO10646_UTF_8STRING)
        name_clean(name->str, party->name, sizeof party->name);
    else
        name_from_display((const guint8 *)name->str, strlen(name->str), trunk->charset, party->name,
                          sizeof party->name);
}

gboolean isdn_party_read(const TrunkSettings *trunk, const struct pri_party_id *id, Party *party)
{
    *party = (Party){0};
    number_read(&id->number, &party->number);
    name_read(trunk, &id->name, party);
    return id->number.valid || id->name.valid;
}

void isdn_party_hear(const DChannel *dchan, const struct pri_subcommands *subcommands,
                     CallNews *news)
{
    int count = subcommands ? MIN(subcommands->counter_subcmd, PRI_MAX_SUBCOMMANDS) : 0;

    for (int i = 0; i < count; i++) {
        const struct pri_subcommand *one = &subcommands->subcmd[i];

        if (one->cmd == PRI_SUBCMD_CONNECTED_LINE)
            news->has_party |=
                isdn_party_read(dchan_trunk(dchan), &one->u.connected_line.id, &news->party);
    }
}

/* Telcordia GR-2823's informationFollowing, 1.2.840.10005.0.4, as libpri writes and reads it: no
 * other invocation has these octets, and a SETUP that has them only by chance waits a moment. */
gboolean isdn_party_follows(const FrameNews *setup)
{
    static const guint8 operation[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x15, 0x00, 0x04};
    const guint8 *facility;

    for (guint nth = 0; (facility = frame_find_element(setup, FRAME_ELEMENT_FACILITY, nth)); nth++)
        if (memmem(facility + 2, facility[1], operation, sizeof operation))
            return TRUE;
    return FALSE;
}

/* Who is at LEG's SIP end; FALSE when nobody has said. */
static gboolean party_of(const IsdnLeg *leg, struct pri_party_connected_line *line)
{
    const Party *party = leg->call ? call_sip_party(leg->call) : NULL;

    *line = (struct pri_party_connected_line){0};
    if (party)
        isdn_party_write(dchan_trunk(leg->dchan), party, FALSE, &line->id);
    return line->id.number.valid || line->id.name.valid;
}

/* libpri says nothing itself in the states before CONNECT. */
void isdn_party_settle(IsdnLeg *leg)
{
    struct pri_party_connected_line line;

    if (party_of(leg, &line))
        pri_connected_line_update(dchan_pri(leg->dchan), leg->q931, &line);
}

void isdn_party_tell(IsdnLeg *leg)
{
    struct pri_party_connected_line line;

    if (!dchan_trunk(leg->dchan)->connected_updates || !leg->responded || leg->hanging_up ||
        !party_of(leg, &line))
        return;
    pri_connected_line_update(dchan_pri(leg->dchan), leg->q931, &line);
    dchan_rearm(leg->dchan);
}
