/* Advice of charge toward the phone: the document of 3GPP TS 24.647, in INFO during the call and in
 * our BYE at its end. */
#include "sip_room.h"

#define TYPE_CHARGE "application/vnd.etsi.aoc+xml"

/* Units travel as what they are counted in; TS 24.647 has one element for both. */
static void recorded_write(GString *text, const CallCharge *charge)
{
    const char *name = charge->kind == CHARGE_UNITS ? "UNIT" : charge->currency;

    if (charge->kind == CHARGE_FREE) {
        g_string_append(text, "<free-charge/>");
        return;
    }
    g_string_append_printf(text, "<recorded-currency-units><currency-id>%s</currency-id>", name);
    if (charge->kind == CHARGE_UNITS)
        g_string_append_printf(text, "<currency-amount>%" G_GUINT64_FORMAT "</currency-amount>",
                               charge->amount);
    else
        g_string_append_printf(text,
                               "<currency-amount>%" G_GUINT64_FORMAT ".%03u</currency-amount>",
                               charge->amount / 1000, (guint)(charge->amount % 1000));
    g_string_append(text, "</recorded-currency-units>");
}

static char *charge_document(const CallCharge *charge)
{
    GString *text = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<aoc "
                                 "xmlns=\"http://uri.etsi.org/ngn/params/xml/simservs/aoc\">");

    g_string_append(text,
                    charge->final ? "<aoc-e>" : "<aoc-d><charging-info>total</charging-info>");
    g_string_append(text, "<recorded-charges>");
    recorded_write(text, charge);
    g_string_append(text, "</recorded-charges><billing-id>normal-charging</billing-id>");
    g_string_append(text, charge->final ? "</aoc-e></aoc>\r\n" : "</aoc-d></aoc>\r\n");
    return g_string_free(text, FALSE);
}

static const CallCharge *charge_wanted(const UaLeg *leg)
{
    const PeerSettings *peer = leg->call ? call_peer(leg->call) : NULL;
    const CallCharge *charge = leg->call ? call_charge(leg->call) : NULL;

    return peer && peer->charge && charge->kind != CHARGE_NONE ? charge : NULL;
}

char *charge_of_bye(const UaLeg *leg)
{
    const CallCharge *charge = charge_wanted(leg);

    return charge && charge->final ? charge_document(charge) : NULL;
}

void charge_send_due(UaLeg *leg)
{
    const CallCharge *charge = charge_wanted(leg);
    g_autofree char *body = NULL;

    if (!leg->charge_due || !digits_may_go(leg) || !charge)
        return;
    leg->charge_due = FALSE;
    leg->digit_is_out = TRUE; /* one INFO at a time */
    body = charge_document(charge);
    leg_note(leg, LADDER_OUT, "INFO");
    nua_info(leg->nh, SIPTAG_CONTENT_TYPE_STR(TYPE_CHARGE), SIPTAG_PAYLOAD_STR(body), TAG_END());
}

/* The whole charge comes with the call's clearing, and BYE carries it: behind an INFO that nobody
 * answers, NUA would keep that back. */
gboolean charge_send(void *room, Call *call, const CallNews *news)
{
    UaLeg *leg = call_sip_leg(call);

    if (leg && !call_charge(call)->final) {
        leg->charge_due = TRUE; /* the newest word replaces one that waits */
        charge_send_due(leg);
    }
    return TRUE;
}
