/* What libpri reads of advice of charge, as the house's charges and as words. */
#include "isdn_charge.h"
#include "isdn_event.h"
#include "log.h"

static guint64 thousandths(const struct pri_aoc_amount *amount)
{
    guint64 value = amount->cost > 0 ? (guint64)amount->cost : 0;

    for (int i = PRI_AOC_MULTIPLIER_THOUSANDTH; i < amount->multiplier && i < 6; i++)
        value = value > G_MAXUINT64 / 10 ? G_MAXUINT64 : value * 10;
    return value;
}

static void money_read(const struct pri_aoc_recorded_currency *money, CallCharge *charge)
{
    gsize used = 0;

    charge->kind = CHARGE_CURRENCY;
    charge->amount = thousandths(&money->amount);
    for (const char *c = money->currency; *c && used + 1 < sizeof charge->currency; c++)
        if (g_ascii_isalnum(*c))
            charge->currency[used++] = *c;
}

static void units_read(const struct pri_aoc_recorded_units *units, CallCharge *charge)
{
    charge->kind = CHARGE_UNITS;
    for (int i = 0; i < units->num_items && i < (int)G_N_ELEMENTS(units->item); i++)
        charge->amount += units->item[i].number > 0 ? (guint64)units->item[i].number : 0;
}

static void on_charge(IsdnLeg *leg, int kind, const struct pri_aoc_recorded_currency *money,
                      const struct pri_aoc_recorded_units *units, gboolean final)
{
    CallCharge charge = {.final = final};
    CallNews news = CALL_NEWS_INIT;
    char text[64];

    if (!leg->call)
        return;
    if (kind == PRI_AOC_DE_CHARGE_FREE)
        charge.kind = CHARGE_FREE;
    else if (kind == PRI_AOC_DE_CHARGE_CURRENCY)
        money_read(money, &charge);
    else if (kind == PRI_AOC_DE_CHARGE_UNITS)
        units_read(units, &charge);
    else
        return;
    call_note_charge(leg->call, &charge);
    charge_describe(&charge, text, sizeof text);
    log_info("C%u costs %s", leg->call_id, text);
    hall_note(dchan_isdn(leg->dchan)->hall, leg->call_id, LADDER_ISDN, LADDER_IN, "charge %s",
              text);
    g_strlcpy(news.detail, text, sizeof news.detail);
    isdn_event_raise(leg, EVENT_ISDN_CHARGED, &news);
}

/* ---- rates, at the set-up ---------------------------------------------------------------------
 */

static void rate_append_money(GString *text, const struct pri_aoc_amount *amount,
                              const char *currency)
{
    guint64 value = thousandths(amount);

    g_string_append_printf(text, " %" G_GUINT64_FORMAT ".%03u ", value / 1000,
                           (guint)(value % 1000));
    for (const char *c = currency; *c; c++)
        if (g_ascii_isalnum(*c))
            g_string_append_c(text, *c);
}

static void rate_append_time(GString *text, const struct pri_aoc_time *time)
{
    static const char *const scales[] = {"0.01 s", "0.1 s", "s", "10 s", "min", "h", "d"};

    if (time->length <= 0 || time->scale < 0 || time->scale >= (int)G_N_ELEMENTS(scales))
        return;
    if (time->length == 1)
        g_string_append_printf(text, " per %s", scales[time->scale]);
    else
        g_string_append_printf(text, " per %ld x %s", time->length, scales[time->scale]);
}

static const char *item_name(int chargeable)
{
    static const char *const names[] = {"",       "special arrangement", "communication", "attempt",
                                        "set-up", "user information",    "service"};

    return chargeable > 0 && chargeable < (int)G_N_ELEMENTS(names) ? names[chargeable]
                                                                   : "something";
}

static void rate_append(GString *text, const struct pri_aoc_s_element *item)
{
    g_string_append_printf(text, "%s%s", text->len ? ", " : "", item_name(item->chargeable));
    switch (item->rate_type) {
    case PRI_AOC_RATE_TYPE_FREE:
    case PRI_AOC_RATE_TYPE_FREE_FROM_BEGINNING:
        g_string_append(text, " free");
        break;
    case PRI_AOC_RATE_TYPE_DURATION:
        rate_append_money(text, &item->rate.duration.amount, item->rate.duration.currency);
        rate_append_time(text, &item->rate.duration.time);
        break;
    case PRI_AOC_RATE_TYPE_FLAT:
        rate_append_money(text, &item->rate.flat.amount, item->rate.flat.currency);
        break;
    case PRI_AOC_RATE_TYPE_VOLUME:
        rate_append_money(text, &item->rate.volume.amount, item->rate.volume.currency);
        g_string_append(text, " by volume");
        break;
    case PRI_AOC_RATE_TYPE_SPECIAL_CODE:
        g_string_append_printf(text, " %d", item->rate.special);
        break;
    default: /* libpri's "not available", or a value of the far end's */
        g_string_append(text, " not told");
        break;
    }
}

static void on_rates(IsdnLeg *leg, const struct pri_subcmd_aoc_s *rates)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (!leg->call)
        return;
    for (int i = 0; i < MIN(rates->num_items, (int)G_N_ELEMENTS(rates->item)); i++)
        rate_append(text, &rates->item[i]);
    if (!text->len)
        return;
    call_note_rates(leg->call, text->str);
    log_info("C%u rates: %s", leg->call_id, text->str);
    hall_note(dchan_isdn(leg->dchan)->hall, leg->call_id, LADDER_ISDN, LADDER_IN, "rates %s",
              text->str);
}

gboolean isdn_charge_told(IsdnLeg *leg, const struct pri_subcommand *command)
{
    switch (command->cmd) {
    case PRI_SUBCMD_AOC_S:
        on_rates(leg, &command->u.aoc_s);
        return TRUE;
    case PRI_SUBCMD_AOC_D:
        on_charge(leg, command->u.aoc_d.charge, &command->u.aoc_d.recorded.money,
                  &command->u.aoc_d.recorded.unit, FALSE);
        return TRUE;
    case PRI_SUBCMD_AOC_E:
        on_charge(leg, command->u.aoc_e.charge, &command->u.aoc_e.recorded.money,
                  &command->u.aoc_e.recorded.unit, TRUE);
        return TRUE;
    default: /* others' business */
        return FALSE;
    }
}
