/* How a call for help is known, and by which number its place is called back. */
#include "emergency.h"

#include "call_private.h"
#include "number.h"
#include "route.h"

#include <string.h>

#define URN_SERVICE "urn:service:"

/* ---- by number ----------------------------------------------------------------------------------
 */

/* Digits as patterns see them. */
static void number_text(const Number *number, char *text, gsize size)
{
    g_snprintf(text, size, "%s%s", number->ton == TON_INTERNATIONAL ? "+" : "", number->digits);
}

static void dial_digits(Number *dial, const char *digits)
{
    if (!dial)
        return;
    *dial = (Number){0};
    g_strlcpy(dial->digits, digits, sizeof(dial->digits));
}

static gboolean numbers_hold(const GPtrArray *numbers, const char *text, Number *dial)
{
    for (guint i = 0; numbers && i < numbers->len; i++) {
        const NamedNumber *one = numbers->pdata[i];

        if (pattern_match(one->name, text) != PATTERN_YES)
            continue;
        if (one->number)
            dial_digits(dial, one->number);
        return TRUE;
    }
    return FALSE;
}

static gboolean services_hold(const GPtrArray *services, const char *text)
{
    for (guint i = 0; services && i < services->len; i++)
        if (strcmp(((const NamedNumber *)services->pdata[i])->number, text) == 0)
            return TRUE;
    return FALSE;
}

EmergencyKind emergency_recognize(const Settings *settings, const Number *called, Number *dial)
{
    const EmergencySettings *emergency = &settings->emergency;
    char text[NUMBER_MAX + 2];

    if (dial)
        *dial = *called;
    if (!called->digits[0])
        return EMERGENCY_NONE;
    number_text(called, text, sizeof(text));
    if (emergency->drill && emergency->drill_to && strcmp(text, emergency->drill) == 0) {
        dial_digits(dial, emergency->drill_to);
        return EMERGENCY_DRILL;
    }
    return numbers_hold(emergency->numbers, text, dial) || services_hold(emergency->services, text)
               ? EMERGENCY_CALL
               : EMERGENCY_NONE;
}

/* ---- by service ---------------------------------------------------------------------------------
 */

/* "sos.police" of its URN; NULL when it is none. */
static const char *urn_service(const char *uri)
{
    const char *service;

    if (!uri || g_ascii_strncasecmp(uri, URN_SERVICE, strlen(URN_SERVICE)) != 0)
        return NULL;
    service = uri + strlen(URN_SERVICE);
    if (g_ascii_strncasecmp(service, "sos", 3) != 0 || (service[3] && service[3] != '.'))
        return NULL;
    return service;
}

gboolean emergency_is_urn(const char *uri)
{
    return urn_service(uri) != NULL;
}

/* The first of [emergency] numbers that is one number rather than a pattern, as it is dialled: by
 * that it is known as one. */
static const char *first_number(const GPtrArray *numbers)
{
    for (guint i = 0; numbers && i < numbers->len; i++) {
        const NamedNumber *one = numbers->pdata[i];

        if (!one->name[strspn(one->name, "+0123456789*#")])
            return one->name;
    }
    return NULL;
}

const char *emergency_service_number(const Settings *settings, const char *uri)
{
    const GPtrArray *services = settings->emergency.services;
    const char *told = urn_service(uri);
    g_autofree char *service = g_strdup(told ? told : "");

    /* RFC 5031 4.2: what is not known is what stands above it. */
    while (told && *service) {
        char *dot = strrchr(service, '.');

        for (guint i = 0; services && i < services->len; i++) {
            const NamedNumber *one = services->pdata[i];

            if (g_ascii_strcasecmp(one->name, service) == 0)
                return one->number;
        }
        if (!dot)
            break;
        *dot = '\0';
    }
    return told && !(services && services->len) ? first_number(settings->emergency.numbers) : NULL;
}

/* ---- by which number the place is called back ---------------------------------------------------
 */

static gboolean extension_fits(const char *extension, const char *user)
{
    return strcmp(extension, user) == 0 ||
           (pattern_check(extension, NULL) && pattern_match(extension, user) == PATTERN_YES);
}

static gboolean extensions_fit(const GPtrArray *extensions, const char *user)
{
    for (guint i = 0; *user && i < extensions->len; i++)
        if (extension_fits(extensions->pdata[i], user))
            return TRUE;
    return FALSE;
}

static const char *caller_of(const CallOrigin *origin)
{
    return *origin->user ? origin->user : origin->caller;
}

static gboolean elin_fits(const ElinSettings *elin, const CallOrigin *origin)
{
    if (!elin->extensions && !elin->networks)
        return FALSE; /* only an asserted identity speaks of it */
    if (elin->networks && !lookup_network(elin->networks, (const struct sockaddr *)&origin->source))
        return FALSE;
    return !elin->extensions || extensions_fit(elin->extensions, caller_of(origin));
}

/* The place that [phone CALLER] names, if its network allows that. */
static const ElinSettings *elin_of_phone(const Settings *settings, const CallOrigin *origin)
{
    const PhoneSettings *phone = NULL;

    for (guint i = 0; settings->phones && i < settings->phones->len && !phone; i++) {
        const PhoneSettings *one = settings->phones->pdata[i];

        if (strcmp(one->name, caller_of(origin)) == 0)
            phone = one;
    }
    for (guint i = 0; phone && phone->elin && settings->elins && i < settings->elins->len; i++) {
        const ElinSettings *elin = settings->elins->pdata[i];

        if (strcmp(elin->name, phone->elin) == 0 &&
            (!elin->networks ||
             lookup_network(elin->networks, (const struct sockaddr *)&origin->source)))
            return elin;
    }
    return NULL;
}

/* The place whose number NAMED is; a leading + makes no difference to who is meant. */
static const ElinSettings *elin_of_number(const GPtrArray *elins, const char *named)
{
    for (guint i = 0; elins && i < elins->len; i++) {
        const ElinSettings *elin = elins->pdata[i];

        if (strcmp(elin->number + (*elin->number == '+'), named + (*named == '+')) == 0)
            return elin;
    }
    return NULL;
}

const ElinSettings *emergency_elin(const Settings *settings, const CallOrigin *origin)
{
    const GPtrArray *elins = settings->elins;
    const ElinSettings *named = NULL;

    if (*origin->asserted && settings->emergency.networks &&
        lookup_network(settings->emergency.networks, (const struct sockaddr *)&origin->source))
        named = elin_of_number(elins, origin->asserted);
    if (!named)
        named = elin_of_phone(settings, origin);
    if (named)
        return named;
    for (guint i = 0; elins && i < elins->len; i++)
        if (elin_fits(elins->pdata[i], origin))
            return elins->pdata[i];
    return NULL;
}

const char *emergency_callback_number(const Settings *settings, const CallOrigin *origin,
                                      const char *trunk)
{
    const ElinSettings *elin = emergency_elin(settings, origin);
    const GPtrArray *numbers = settings->emergency.callback_numbers;
    const char *rest = NULL;

    if (elin)
        return elin->number;
    for (guint i = 0; numbers && i < numbers->len; i++) {
        const NamedNumber *one = numbers->pdata[i];

        if (one->name && trunk && strcmp(one->name, trunk) == 0)
            return one->number;
        if (!one->name && !rest)
            rest = one->number;
    }
    return rest;
}
