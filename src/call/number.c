/* Party numbers at the border: from a URI's user part to digits with a type, and back. */
#include "number.h"

#include <string.h>

static gboolean is_visual_separator(char c)
{
    return c == '-' || c == '.' || c == '(' || c == ')' || c == ' ';
}

static gboolean is_dialled(char c)
{
    return g_ascii_isdigit(c) || c == '*' || c == '#';
}

NumberResult number_from_user(const char *user, Number *number)
{
    gsize count = 0;
    Number read = {0};

    memset(number, 0, sizeof(*number));
    if (!user)
        return NUMBER_TOO_SHORT;
    if (*user == '+') {
        read.ton = TON_INTERNATIONAL;
        read.npi = NPI_E164;
        user++;
    }
    for (; *user; user++) {
        if (is_visual_separator(*user))
            continue;
        /* RFC 3966 3: a global number is digits only. */
        if (!is_dialled(*user) || (read.ton == TON_INTERNATIONAL && !g_ascii_isdigit(*user)))
            return NUMBER_NOT_A_NUMBER;
        if (count < NUMBER_MAX)
            read.digits[count] = *user;
        count++;
    }
    if (count == 0)
        return NUMBER_TOO_SHORT;
    if (count > NUMBER_MAX)
        return NUMBER_TOO_LONG;
    *number = read;
    return NUMBER_OK;
}

/* The length of the trunk's own country code when DIGITS begin with it, else 0. */
static gsize own_country_length(const TrunkSettings *trunk, const char *digits)
{
    if (!trunk || !trunk->country_code || !*trunk->country_code)
        return 0;
    return g_str_has_prefix(digits, trunk->country_code) ? strlen(trunk->country_code) : 0;
}

void number_to_trunk(const TrunkSettings *trunk, Number *number)
{
    gsize own;

    if (!number->digits[0])
        return;
    if (number->ton == TON_UNKNOWN) {
        number->ton = trunk->called_ton;
        if (number->ton != TON_UNKNOWN)
            number->npi = NPI_E164;
        return;
    }
    own = number->ton == TON_INTERNATIONAL ? own_country_length(trunk, number->digits) : 0;
    if (!own || !number->digits[own])
        return;
    memmove(number->digits, number->digits + own, strlen(number->digits) - own + 1);
    number->ton = TON_NATIONAL;
    number->npi = NPI_E164;
}

char *number_to_user(const TrunkSettings *trunk, const Number *number)
{
    if (number->npi == NPI_PRIVATE && number->digits[0] && trunk && trunk->phone_context)
        return g_strconcat(number->digits, ";phone-context=", trunk->phone_context, NULL);
    if (number->npi == NPI_PRIVATE) /* its types are levels of the private plan (Q.931 Table 4-11) */
        return g_strdup(number->digits);
    if (number->ton == TON_INTERNATIONAL && number->digits[0])
        return g_strconcat("+", number->digits, NULL);
    if (number->ton == TON_NATIONAL && number->digits[0] && trunk && trunk->country_code &&
        *trunk->country_code)
        return g_strconcat("+", trunk->country_code, number->digits, NULL);
    return g_strdup(number->digits);
}

static gboolean number_leaves(const TrunkSettings *trunk, const Number *number, TypeOfNumber ton)
{
    if (!number->digits[0])
        return FALSE;
    if (ton == TON_INTERNATIONAL)
        return own_country_length(trunk, number->digits) == 0;
    return trunk && trunk->international_prefix && *trunk->international_prefix &&
           g_str_has_prefix(number->digits, trunk->international_prefix);
}

gboolean number_is_international(const TrunkSettings *trunk, const Number *number)
{
    /* What the trunk will be told counts, not what was dialled. */
    return number_leaves(trunk, number,
                         number->ton == TON_UNKNOWN && trunk ? trunk->called_ton : number->ton);
}

gboolean number_came_international(const TrunkSettings *trunk, const Number *number)
{
    return number_leaves(trunk, number, number->ton);
}

static const char *ton_name(TypeOfNumber ton)
{
    switch (ton) {
    case TON_UNKNOWN:
        return "unknown";
    case TON_INTERNATIONAL:
        return "international";
    case TON_NATIONAL:
        return "national";
    case TON_NETWORK_SPECIFIC:
        return "network specific";
    case TON_SUBSCRIBER:
        return "subscriber";
    case TON_ABBREVIATED:
        return "abbreviated";
    }
    return "reserved"; /* as received */
}

static const char *npi_name(NumberingPlan npi)
{
    switch (npi) {
    case NPI_UNKNOWN:
        return "unknown";
    case NPI_E164:
        return "E.164";
    case NPI_PRIVATE:
        return "private";
    }
    return "other"; /* as received */
}

const char *number_describe(const Number *number, char *buffer, gsize size)
{
    if (!number->digits[0])
        g_strlcpy(buffer, number->presentation == PRESENTATION_RESTRICTED ? "withheld" : "none",
                  size);
    else
        g_snprintf(buffer, size, "'%s%s' (%s/%s)", number->ton == TON_INTERNATIONAL ? "+" : "",
                   number->digits, ton_name(number->ton), npi_name(number->npi));
    return buffer;
}

gboolean party_equal(const Party *one, const Party *other)
{
    const Number *a = &one->number, *b = &other->number;

    return strcmp(a->digits, b->digits) == 0 && a->ton == b->ton && a->npi == b->npi &&
           a->presentation == b->presentation && a->screening == b->screening &&
           strcmp(one->name, other->name) == 0 && one->name_presentation == other->name_presentation;
}
