/* Supplementary services that a command asks of libpri for one call: hold, rerouting, charges,
 * malicious call identification. */
#include "pbx_call_private.h"
#include "pbx_group.h"

#include <string.h>

static gboolean act_reroute(PbxCall *call, const PbxCommand *command)
{
    struct pri_party_redirecting deflection;
    struct pri_party_number *to = &deflection.to.number;
    const char *digits = command->called;

    memset(&deflection, 0, sizeof deflection);
    to->valid = deflection.from.number.valid = 1;
    to->plan = digits[0] == '+' ? PRI_INTERNATIONAL_ISDN : PRI_UNKNOWN;
    g_strlcpy(to->str, digits[0] == '+' ? digits + 1 : digits, sizeof to->str);
    deflection.from.number.plan = PRI_UNKNOWN;
    g_strlcpy(deflection.from.number.str, call->called ? call->called : "",
              sizeof deflection.from.number.str);
    deflection.orig_called = deflection.from;
    deflection.count = 1;
    deflection.reason = deflection.orig_reason = command->number;
    return pri_reroute_call(pbx_line_speaker(call->line)->isdn, call->isdn, NULL, &deflection, 2) ==
           0;
}

/* AMOUNT is in hundredths of the currency. */
static struct pri_aoc_recorded_currency money_of(const PbxCommand *command)
{
    struct pri_aoc_recorded_currency money;

    memset(&money, 0, sizeof money);
    money.amount.cost = command->count;
    money.amount.multiplier = PRI_AOC_MULTIPLIER_HUNDREDTH;
    g_strlcpy(money.currency, command->name, sizeof money.currency);
    return money;
}

static struct pri_aoc_recorded_units units_of(const PbxCommand *command)
{
    struct pri_aoc_recorded_units units;

    memset(&units, 0, sizeof units);
    units.num_items = 1;
    units.item[0].number = command->count;
    units.item[0].type = -1;
    return units;
}

/* By the minute, for the communication itself. */
static gboolean act_rates(PbxCall *call, const PbxCommand *command)
{
    struct pri_aoc_recorded_currency money = money_of(command);
    struct pri_subcmd_aoc_s rates;
    struct pri_aoc_duration *duration = &rates.item[0].rate.duration;

    memset(&rates, 0, sizeof rates);
    rates.num_items = 1;
    rates.item[0].chargeable = PRI_AOC_CHARGED_ITEM_BASIC_COMMUNICATION;
    rates.item[0].rate_type = PRI_AOC_RATE_TYPE_DURATION;
    duration->amount = money.amount;
    duration->time.length = 1;
    duration->time.scale = PRI_AOC_TIME_SCALE_MINUTE;
    g_strlcpy(duration->currency, money.currency, sizeof duration->currency);
    return pri_aoc_s_send(call->line->isdn, call->isdn, &rates) == 0;
}

/* With the next message where it is the END of the call, else at once. */
static gboolean act_charge(PbxCall *call, const PbxCommand *command)
{
    struct pri *isdn = pbx_line_speaker(call->line)->isdn;
    int charge = command->name ? PRI_AOC_DE_CHARGE_CURRENCY : PRI_AOC_DE_CHARGE_UNITS;
    struct pri_subcmd_aoc_d during;
    struct pri_subcmd_aoc_e end;

    memset(&during, 0, sizeof during);
    memset(&end, 0, sizeof end);
    during.charge = end.charge = charge;
    during.billing_id = PRI_AOC_D_BILLING_ID_NORMAL;
    end.billing_id = PRI_AOC_E_BILLING_ID_NORMAL;
    if (command->name)
        during.recorded.money = end.recorded.money = money_of(command);
    else
        during.recorded.unit = end.recorded.unit = units_of(command);
    return (command->on ? pri_aoc_e_send(isdn, call->isdn, &end)
                        : pri_aoc_d_send(isdn, call->isdn, &during)) == 0;
}

gboolean pbx_service_act(PbxCall *call, const PbxCommand *command)
{
    struct pri *isdn = pbx_line_speaker(call->line)->isdn;

    switch ((int)command->verb) {
    case VERB_NOTIFY:
        return pri_notify(isdn, call->isdn, pbx_line_encode(call->line, call->channel),
                          command->number) == 0;
    case VERB_HOLD:
        return pri_hold(isdn, call->isdn) == 0;
    case VERB_RETRIEVE:
        return pri_retrieve(isdn, call->isdn,
                            command->channel ? pbx_line_encode(call->line, command->channel) : 0) ==
               0;
    case VERB_REROUTE:
        return act_reroute(call, command);
    case VERB_CHARGE:
        return command->overlap ? act_rates(call, command) : act_charge(call, command);
    case VERB_MCID:
        return pri_mcid_req_send(isdn, call->isdn) == 0;
    }
    return FALSE;
}
